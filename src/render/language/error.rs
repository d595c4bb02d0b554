//! Where and why a template failed.

use thiserror::Error;

/// A mistake in a template, or a failure of its rendering, with its place.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{line}:{column}: {message}{}", near_text(near))]
pub struct TemplateError {
    /// Where, in bytes from the start of the template.
    pub offset: usize,
    /// The line of that place, from 1.
    pub line: usize,
    /// The column of that place in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The text at that place.
    pub near: String,
}

/// So much of the text at an error is shown, in characters.
const NEAR: usize = 24;

impl TemplateError {
    /// An error at an offset of a template.
    pub fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = source.get(..offset).unwrap_or(source);
        let (line, column) = line_and_column(before);
        let rest = source.get(offset..).unwrap_or_default();
        let near = rest.lines().next().unwrap_or_default().chars().take(NEAR).collect();
        Self { offset: before.len(), line, column, message: message.into(), near }
    }
}

/// Line and column, from 1, of what follows this text.
pub(super) fn line_and_column(before: &str) -> (usize, usize) {
    let line = 1 + before.matches('\n').count();
    let last = before.rsplit('\n').next().unwrap_or_default();
    (line, 1 + last.chars().count())
}

fn near_text(near: &str) -> String {
    if near.is_empty() { String::new() } else { format!(" near `{near}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_counts_lines_and_characters() {
        let error = TemplateError::at("ä\nöü{{x", 5 + 2, "tag is never closed");
        assert_eq!((error.line, error.column), (2, 3));
        assert_eq!(error.to_string(), "2:3: tag is never closed near `{{x`");
    }
}
