//! The `ringer` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    ringer::cli::run(std::env::args_os())
}
