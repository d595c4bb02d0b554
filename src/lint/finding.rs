//! Something found in a stub.

use crate::format::Rule;

/// Something found in a stub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which kind.
    pub rule: &'static Rule,
    /// The stub: its place in the list that was looked at.
    pub stub: usize,
    /// JSON pointer (RFC 6901) into its mapping.
    pub pointer: String,
    /// Offset in bytes of the text at the pointer, where the mistake is inside of it.
    pub inside: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    /// Something found at a pointer.
    pub(super) fn new(
        rule: &'static Rule,
        stub: usize,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            stub,
            pointer: pointer.into(),
            inside: None,
            message: message.into(),
            hint: None,
        }
    }

    /// With what to do about it.
    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// A name as a token of a JSON pointer (RFC 6901 §3).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
