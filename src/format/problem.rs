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

/// The mistakes found so far: reading goes on after each.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a mistake.
    pub(super) fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.0.push(Problem::new(rule::INVALID_VALUE, span, message));
    }

    /// Notes a mistake and what to do about it.
    pub(super) fn add_with_hint(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.0.push(Problem::new(rule::INVALID_VALUE, span, message).with_hint(hint));
    }

    /// Notes a mistake of some other kind than a wrong value.
    pub(super) fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Notes a mistake, unless one is noted inside that span already: of which this one would only
    /// be the consequence.
    pub(super) fn add_unless_within(&mut self, span: Range<usize>, message: &str, hint: &str) {
        let is_inside =
            |problem: &Problem| span.start <= problem.span.start && problem.span.end <= span.end;
        if !self.0.iter().any(is_inside) {
            self.add_with_hint(span, message, hint);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// All of them in the order of the text.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.0.sort_by_key(|problem| problem.span.start);
        self.0
    }
}
