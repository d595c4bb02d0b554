//! `ringer completions`: prints a shell's completion script.

use clap_complete::Shell;

use super::{args, printer};

/// Prints the script.
///
/// # Errors
///
/// When stdout cannot be written.
pub fn run(shell: Shell) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "ringer", &mut script);
    printer::data(&String::from_utf8(script)?)?;
    Ok(0)
}
