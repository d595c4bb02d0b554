//! What is wrong with a regular expression, told to its author: in characters of the pattern as it was
//! written, not as it was handed to an engine, and with a way out.

use std::fmt;

use fancy_regex::{CompileError, Error, ParseError};

/// Where the parts of a translated pattern stand in the author's, in characters from 1.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Offset in the translated pattern, and the author's character that it comes from.
    pub(super) origins: Vec<(usize, usize)>,
}

impl Places {
    fn origin(&self, offset: usize) -> Option<usize> {
        let after = self.origins.partition_point(|&(start, _)| start <= offset);
        Some(self.origins.get(after.checked_sub(1)?)?.1)
    }
}

/// What an engine refused; its text is for a person.
pub(super) struct Mistake<'e> {
    /// Of the linear-time engine, where it was asked.
    pub(super) linear_error: Option<&'e regex::Error>,
    /// Of the backtracking engine.
    pub(super) error: &'e Error,
    pub(super) places: &'e Places,
    /// Bytes before the translated pattern in what the engines saw.
    pub(super) wrapper: usize,
}

impl fmt::Display for Mistake<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(regex::Error::CompiledTooBig(limit)) = self.linear_error {
            return write!(
                f,
                "it takes more than {limit} bytes when compiled; lower its repetition counts"
            );
        }
        match self.error {
            Error::ParseError(offset, error) => self.parse_error(f, *offset, error),
            Error::CompileError(error) => self.compile_error(f, error),
            error => write!(f, "{error}; simplify the pattern"),
        }
    }
}

impl Mistake<'_> {
    fn parse_error(
        &self,
        f: &mut fmt::Formatter<'_>,
        offset: usize,
        error: &ParseError,
    ) -> fmt::Result {
        // The wrapper is right, so the first character is the earliest that can be wrong.
        let at = self.places.origin(offset.saturating_sub(self.wrapper)).unwrap_or(1);
        match error {
            ParseError::InvalidBackref | ParseError::InvalidGroupNameBackref(_) => write!(
                f,
                "a back reference at character {at} names no group; name one that stands before it"
            ),
            ParseError::InvalidClass => write!(
                f,
                "the class at character {at} cannot be read; write `\\[` for the character itself"
            ),
            ParseError::RecursionExceeded => {
                write!(f, "it nests too deeply at character {at}; use fewer groups inside groups")
            }
            error => write!(
                f,
                "{} at character {at}; write `\\\\` for a backslash itself",
                error.to_string().to_lowercase()
            ),
        }
    }

    fn compile_error(&self, f: &mut fmt::Formatter<'_>, error: &CompileError) -> fmt::Result {
        match (error, self.linear_error) {
            (_, Some(regex::Error::Syntax(picture))) => self.pictured(f, picture),
            (CompileError::InnerError(error), None) => match error.syntax_error() {
                Some(error) => write!(f, "{}; correct that part", reason(&error.to_string())),
                None => write!(f, "{error}; simplify the pattern"),
            },
            (error, _) => write!(f, "{error}; simplify the pattern"),
        }
    }

    /// An error of the linear-time engine, which draws the pattern and marks the place below it.
    fn pictured(&self, f: &mut fmt::Formatter<'_>, picture: &str) -> fmt::Result {
        let reason = reason(picture);
        write!(f, "{reason}")?;
        if let Some(at) = self.marked_place(picture) {
            write!(f, ", at character {at}")?;
        }
        let way_out = if reason.contains("range") {
            "swap the two ends"
        } else if reason.contains("property") {
            "correct its name, as in `\\p{Alpha}`"
        } else {
            "correct that part"
        };
        write!(f, "; {way_out}")
    }

    fn marked_place(&self, picture: &str) -> Option<usize> {
        let mut lines = picture.lines();
        let pattern = lines.by_ref().find(|line| line.starts_with("    \\A"))?;
        let marks = lines.next().filter(|line| line.trim_start().starts_with('^'))?;
        let column = marks.find('^')?;
        let offset: usize = pattern.chars().take(column).map(char::len_utf8).sum();
        self.places.origin(offset.checked_sub(4 + self.wrapper)?)
    }
}

/// An engine's message without the picture that it draws over several lines.
fn reason(message: &str) -> String {
    message
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or(message)
        .trim()
        .trim_start_matches("error: ")
        .to_owned()
}
