//! What is wrong with a text, and where.

use std::ops::Range;

/// A mistake in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one line, naming keys and values.
    pub message: String,
    /// Where, in bytes of the text.
    pub span: Range<usize>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The mistakes found so far: reading goes on after each.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a mistake.
    pub(super) fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.0.push(Problem { message: message.into(), span, hint: None });
    }

    /// Notes a mistake and what to do about it.
    pub(super) fn add_with_hint(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.0.push(Problem { message: message.into(), span, hint: Some(hint.into()) });
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
