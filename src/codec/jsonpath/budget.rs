//! The bounds of one expression while it is read.

use super::{cursor::Cursor, error::JsonPathError};

/// Steps of all paths of an expression together: each may be a frame on the stack.
const MAX_STEPS: usize = 256;
/// How deep brackets, filters and arguments may be nested.
const MAX_DEPTH: usize = 64;

/// What is left of the bounds. The parser adds how paths are read.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
    depth: usize,
}

impl Budget {
    /// The bounds of a fresh expression.
    pub(super) fn new() -> Self {
        Self { steps: MAX_STEPS, depth: MAX_DEPTH }
    }

    /// Takes one step.
    pub(super) fn step(&mut self, cursor: &Cursor<'_>) -> Result<(), JsonPathError> {
        self.steps = self.steps.checked_sub(1).ok_or_else(|| {
            cursor.error(format!("more than {MAX_STEPS} steps; write it shorter"))
        })?;
        Ok(())
    }

    /// Goes one level deeper for as long as `read` runs.
    pub(super) fn deeper<T>(
        &mut self,
        cursor: &mut Cursor<'_>,
        read: impl FnOnce(&mut Self, &mut Cursor<'_>) -> Result<T, JsonPathError>,
    ) -> Result<T, JsonPathError> {
        if self.depth == 0 {
            let message = format!("nested deeper than {MAX_DEPTH} levels; write it flatter");
            return Err(cursor.error(message));
        }
        self.depth -= 1;
        let result = read(self, cursor);
        self.depth += 1;
        result
    }
}
