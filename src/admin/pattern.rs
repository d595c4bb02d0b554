//! A request pattern that a client sends to find requests by.

use super::problem::Problem;
use crate::{
    format::wiremock::parts,
    matching::{CompileError, CompiledRequest},
    model::RequestPattern,
};

/// A pattern and its compiled form.
pub(super) struct Pattern {
    pub(super) pattern: RequestPattern,
    pub(super) compiled: CompiledRequest,
}

/// Reads the pattern of a body.
///
/// # Errors
///
/// 422: it is none, or cannot be used.
pub(super) fn pattern(text: &str) -> Result<Pattern, Problem> {
    let pattern =
        parts::read_pattern(text).map_err(|mistakes| Problem::in_text(text, &mistakes))?;
    match CompiledRequest::compile(&pattern) {
        Ok(compiled) => Ok(Pattern { pattern, compiled }),
        Err(CompileError { pointer, message }) => {
            // Places of patterns are given as if they stood in a mapping.
            let pointer = pointer.strip_prefix("/request").unwrap_or(&pointer).to_owned();
            Err(Problem::uncompiled(&CompileError { pointer, message }))
        }
    }
}
