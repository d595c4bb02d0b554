//! One arm a command; an error becomes text and an exit code.

use std::{ffi::OsString, process::ExitCode};

use anyhow::Context as _;
use clap::FromArgMatches as _;

use super::{
    args::{self, Cli, Command},
    ca, check, completions, ctl, demo, explain, printer, record, replay, serve, tail, verify,
    wiremock,
};

/// Exit code of a command that could not run.
const COULD_NOT_RUN: u8 = 2;

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let parsed = args::command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` come this way too; nobody can be told if this fails.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(COULD_NOT_RUN)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match execute(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            printer::say(&printer::failure(&error));
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

fn execute(cli: Cli) -> anyhow::Result<u8> {
    let global = cli.global;
    match cli.command {
        Command::Ca(args) => ca::run(&global, &args),
        Command::Check(args) => check::run(&global, &args),
        Command::Completions { shell } => completions::run(shell),
        Command::Explain(args) => explain::run(&global, &args),
        Command::Ctl(args) => in_runtime(ctl::run(&global, &args)),
        Command::Demo => in_runtime(demo::run()),
        Command::Record(args) => in_runtime(record::run(&global, args)),
        Command::Replay(args) => in_runtime(replay::run(&global, args)),
        Command::Serve(args) => in_runtime(serve::run(&global, args)),
        Command::Tail(args) => in_runtime(tail::run(&global, &args)),
        Command::Verify(args) => in_runtime(verify::run(&global, &args)),
        Command::Wiremock(args) => in_runtime(wiremock::run(&global, *args)),
    }
}

fn in_runtime(command: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(command);
    // What still blocks a thread, such as a file watcher, is nothing to wait for.
    runtime.shutdown_background();
    result
}
