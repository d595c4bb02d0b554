//! What can be wrong with a configuration, and where.

use std::{fmt, io, ops::Range, path::PathBuf};

/// Why no configuration came about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is there but has mistakes.
    #[error("{}", mistakes(path, text, problems))]
    File {
        /// The file.
        path: PathBuf,
        /// What it says.
        text: String,
        /// Every mistake, in the order of the file; at least one.
        problems: Vec<Problem>,
    },
    /// The file that was asked for is not there or cannot be read.
    #[error("configuration file `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An environment variable has a wrong value.
    #[error("environment variable `{name}`: {message}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong and what is expected.
        message: String,
    },
}

/// A mistake in the configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes from the start of the file.
    pub span: Range<usize>,
    /// What would be right, where that can be told.
    pub hint: Option<String>,
}

impl Problem {
    pub(super) fn new(span: Range<usize>, message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), span, hint: None }
    }

    pub(super) fn unknown(what: &str, name: &str, span: Range<usize>, known: &[&str]) -> Self {
        let hint = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        Self { message: format!("unknown {what} `{name}`"), span, hint: Some(hint) }
    }

    /// Line and column of the mistake, both from 1, the column in characters.
    pub fn place(&self, text: &str) -> (usize, usize) {
        let before = text.get(..self.span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

fn mistakes(path: &std::path::Path, text: &str, problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| {
            let (line, column) = problem.place(text);
            let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{}:{line}:{column}: {}{hint}", path.display(), problem.message)
        })
        .collect();
    lines.join("\n")
}

/// The known name that `name` was most likely meant to be.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let tolerated = (name.len() / 3).clamp(1, 3);
    known
        .iter()
        .map(|&candidate| (distance(name, candidate), candidate))
        .filter(|&(distance, _)| distance <= tolerated)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits that turn one name into the other, letter by letter; `-` and `_` are alike.
fn distance(a: &str, b: &str) -> usize {
    let fold = |c: char| if c == '-' { '_' } else { c.to_ascii_lowercase() };
    let b: Vec<char> = b.chars().map(fold).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().map(fold).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, &other) in row.iter_mut().skip(1).zip(&b) {
            let kept = diagonal + usize::from(letter != other);
            diagonal = *cell;
            left = kept.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        let known = ["latency", "listen", "rate_limit", "upstream"];
        assert_eq!(nearest("lissen", &known), Some("listen"));
        assert_eq!(nearest("rate-limit", &known), Some("rate_limit"));
        assert_eq!(nearest("Upstream", &known), Some("upstream"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("", &known), None);
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn a_place_counts_characters_not_bytes() {
        let problem = Problem::new(8..9, "x");
        assert_eq!(problem.place("a\nbüü c"), (2, 5));
    }
}
