//! What is wrong with an expression, and where.

use thiserror::Error;

/// An expression that is not JSONPath.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct JsonPathError {
    /// Where, in bytes from the start of the expression.
    pub offset: usize,
    /// What was expected there, and a way out where there is one.
    pub message: String,
}
