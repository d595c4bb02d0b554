//! What is wrong with a text, and where.

use std::ops::Range;

use super::rule::{self, Rule};

/// A mistake in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which kind of mistake.
    pub rule: &'static Rule,
    /// What is wrong, in one line, naming keys and values.
    pub message: String,
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A mistake of some kind.
    pub fn new(rule: &'static Rule, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), span, hint: None }
    }

    /// With what to do about it.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// The mistakes found so far: reading goes on after each. Of a text with a great many, the first are
/// kept.
#[derive(Debug, Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    n_found: usize,
}

impl Problems {
    /// So many are kept.
    const MAX: usize = 500;

    /// Notes a mistake.
    pub(super) fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.push(Problem::new(rule::INVALID_VALUE, span, message));
    }

    /// Whether further mistakes are only counted, and nothing need be said of them.
    pub(super) fn is_full(&self) -> bool {
        self.kept.len() >= Self::MAX
    }

    /// Notes a mistake and what to do about it.
    pub(super) fn add_with_hint(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(Problem::new(rule::INVALID_VALUE, span, message).with_hint(hint));
    }

    /// Notes a mistake of some other kind than a wrong value.
    pub(super) fn push(&mut self, problem: Problem) {
        self.n_found += 1;
        if !self.is_full() {
            self.kept.push(problem);
        }
    }

    /// Notes a mistake, unless one is noted inside that span already: of which this one would only
    /// be the consequence.
    pub(super) fn add_unless_within(&mut self, span: Range<usize>, message: &str, hint: &str) {
        let is_inside =
            |problem: &Problem| span.start <= problem.span.start && problem.span.end <= span.end;
        if !self.kept.iter().any(is_inside) {
            self.add_with_hint(span, message, hint);
        }
    }

    /// How many there are, kept or not.
    pub(super) fn count(&self) -> usize {
        self.n_found
    }

    /// Those that were kept, in the order of the text.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.kept.sort_by_key(|problem| problem.span.start);
        self.kept
    }
}
