//! The few colours that ringer uses. Each only repeats what the words say.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// What is wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What deserves a look.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What is neither, but stands out.
pub const NOTE: Style = AnsiColor::Cyan.on_default();
/// Names and headings.
pub const STRONG: Style = Style::new().bold();
/// What can be skipped when reading.
pub const FAINT: Style = Style::new().dimmed();
/// Nothing special.
pub const PLAIN: Style = Style::new();

/// Text in a style.
pub fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The style of a status code.
pub fn of_status(status: u16) -> Style {
    match status {
        200..=299 => GOOD,
        400..=499 => WARN,
        500..=599 => BAD,
        _ => NOTE,
    }
}
