//! Where text goes: data to stdout, all else to stderr; colour only where it is wanted.
//!
//! `NO_COLOR`, `CLICOLOR_FORCE`, dumb terminals and redirected output are honoured by `anstream`.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
};

use super::{hint, style};
use crate::config::ConfigError;

/// Width of lines when the terminal does not tell.
const DEFAULT_WIDTH: usize = 100;

/// Writes data, what the command was asked for, to stdout.
///
/// # Errors
///
/// When stdout cannot be written. A reader that has gone away (`| head`) is no error.
pub fn data(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// JSON as people and programs read it, a line at its end.
///
/// # Errors
///
/// When it has no text.
pub fn pretty(value: &serde_json::Value) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// Writes data that goes on to stdout; `false` when its reader has gone away, who wants no more.
///
/// # Errors
///
/// When stdout cannot be written for another reason.
pub fn passed(text: &str) -> io::Result<bool> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        result => result.map(|()| true),
    }
}

/// Writes a line for people to stderr. That stderr cannot be written is nothing to stop for.
pub fn say(line: &str) {
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{line}");
}

/// Whether a person sees stderr as it comes.
pub fn is_live() -> bool {
    io::stderr().is_terminal()
}

/// The width of the terminal behind stderr.
pub fn width() -> usize {
    terminal_size::terminal_size_of(io::stderr())
        .map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0).clamp(40, 160))
}

/// An error with its causes and, where there is one, what to do.
pub fn failure(error: &anyhow::Error) -> String {
    if let Some(ConfigError::File { problems }) = error.downcast_ref() {
        let blocks: String = problems.iter().map(|problem| problem.render(true)).collect();
        return blocks.trim_end().to_owned();
    }
    let mut text = format!("{} {error}", style::paint(style::BAD, "error:"));
    let mut above = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        // Errors that repeat their cause's words would say everything twice.
        if !above.contains(&message) {
            let _ = write!(text, "\n  {} {message}", style::paint(style::BAD, "Caused by:"));
        }
        above = message;
        cause = error.source();
    }
    if let Some(hint) = hint::of(error) {
        let _ = write!(text, "\n{} {hint}", style::paint(style::NOTE, "hint:"));
    }
    text
}

/// A warning.
pub fn warning(message: &str) -> String {
    format!("{} {message}", style::paint(style::WARN, "warning:"))
}

/// A number with its noun: `1 stub`, `3 stubs`.
pub fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{} {noun}s", thousands(number)) }
}

/// A number in groups of three: `12,345`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use anyhow::Context as _;

    use super::*;
    use crate::config::{self, Layer};

    fn plain(styled: &str) -> String {
        strip_str(styled).to_string()
    }

    #[test]
    fn an_error_shows_its_causes_and_one_hint() {
        let error = Err::<(), _>(io::Error::from(io::ErrorKind::AddrInUse))
            .context("cannot listen on 127.0.0.1:8080")
            .context("ringer could not start")
            .unwrap_err();
        insta::assert_snapshot!(plain(&failure(&error)), @"
        error: ringer could not start
          Caused by: cannot listen on 127.0.0.1:8080
          Caused by: address in use
        hint: another program listens there; `--listen 0` picks a free port
        ");
    }

    #[test]
    fn a_cause_that_its_error_already_told_is_not_told_again() {
        let error = anyhow::anyhow!("the disk is full").context("saving failed: the disk is full");
        insta::assert_snapshot!(plain(&failure(&error)), @"error: saving failed: the disk is full");
    }

    #[test]
    fn mistakes_in_the_configuration_point_at_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ringer.toml");
        std::fs::write(&path, "seed = 7\n[service.pay]\n\tlatancy = \"none\"\nmode = \"replai\"\n")
            .unwrap();
        let error = config::load(Layer::default(), Some(&path), &|_| None).unwrap_err();
        let text = plain(&failure(&error.into()));
        insta::assert_snapshot!(text.replace(&folder.path().display().to_string(), "DIR"), @r#"
        error: unknown key `latancy`
          ┌ DIR/ringer.toml:3:2
          │
        3 │     latancy = "none"
          │     ^^^^^^^ did you mean `latency`?
          └
        error: unknown mode `replai`, expected one of fallback, passthrough, record, record-missing, replay
          ┌ DIR/ringer.toml:4:8
          │
        4 │ mode = "replai"
          │        ^^^^^^^^
          └
        "#);
    }

    #[test]
    fn numbers_are_grouped_and_nouns_follow_them() {
        assert_eq!(counted(1, "stub"), "1 stub");
        assert_eq!(counted(0, "stub"), "0 stubs");
        assert_eq!(counted(1_234_567, "stub"), "1,234,567 stubs");
    }
}
