//! The state of one evaluation: the document, and what is left of the work.

use crate::model::Json;

/// Values that an evaluation may look at.
const WORK_LIMIT: usize = 1_000_000;
/// How deep a value may be nested that has to be copied or compared.
pub(super) const MAX_DEPTH: usize = 256;

/// Why an evaluation ended before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Jayway's `PathNotFoundException`.
    Missing,
    /// Java's `IndexOutOfBoundsException`.
    OutOfBounds,
    /// Jayway's `InvalidPathException`: inside a filter, the item is not accepted.
    Invalid(String),
    /// Anything else, too much work among it.
    Failed(String),
}

/// One evaluation of an expression: the document and what is left of the work.
#[derive(Debug)]
pub(super) struct Evaluation<'j> {
    root: &'j Json,
    work_left: usize,
}

impl<'j> Evaluation<'j> {
    pub(super) fn new(root: &'j Json) -> Self {
        Self { root, work_left: WORK_LIMIT }
    }

    pub(super) fn root(&self) -> &'j Json {
        self.root
    }

    /// Takes from what work is left.
    pub(super) fn charge(&mut self, work: usize) -> Result<(), Stop> {
        self.work_left = self.work_left.checked_sub(work).ok_or_else(|| {
            Stop::Failed(format!("too much work: more than {WORK_LIMIT} values to look at"))
        })?;
        Ok(())
    }

    /// Charges for a copy of a value.
    pub(super) fn charge_copy(&mut self, value: &Json) -> Result<(), Stop> {
        let mut stack = vec![(value, 0_usize)];
        while let Some((value, depth)) = stack.pop() {
            if depth > MAX_DEPTH {
                return Err(Stop::Failed(format!("a value nested deeper than {MAX_DEPTH}")));
            }
            let size = match value {
                Json::String(text) | Json::Number(text) => text.len() / 16,
                _ => 0,
            };
            self.charge(1 + size)?;
            match value {
                Json::Array(items) => stack.extend(items.iter().map(|item| (item, depth + 1))),
                Json::Object(members) => {
                    stack.extend(members.iter().map(|(_, value)| (value, depth + 1)));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
