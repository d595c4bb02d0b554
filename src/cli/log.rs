//! The log on stderr, for people or as JSON lines.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Program};

/// Variable with filter directives (`ringer::upstream=debug`) that replace `-v` and `-q`.
const DIRECTIVES: &str = "RINGER_LOG";

/// Starts the log. Later calls change nothing.
pub fn start(program: &Program) {
    let level = match (program.quiet, program.verbose) {
        (true, _) => "error",
        // What rustls warns of is what clients do, for each of their connections.
        (false, 0) => "warn,rustls=error",
        (false, 1) => "warn,rustls=error,ringer=info",
        (false, 2) => "info,ringer=debug",
        (false, _) => "trace",
    };
    // What people read on the console, programs read here.
    let events = if program.log_format == LogFormat::Json && !program.quiet {
        ",ringer::console=info"
    } else {
        ""
    };
    let filter = EnvFilter::try_from_env(DIRECTIVES)
        .unwrap_or_else(|_| EnvFilter::new(format!("{level}{events}")));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, as in tests, finds the first one's log in place.
    let _ = match program.log_format {
        LogFormat::Json => log.json().flatten_event(true).try_init(),
        LogFormat::Text => log
            .with_ansi(has_colour())
            .without_time()
            .with_target(program.verbose > 1)
            .compact()
            .try_init(),
    };
}

fn has_colour() -> bool {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    choice != anstream::ColorChoice::Never && std::io::stderr().is_terminal()
}
