//! What kind of text is looked through.

/// What kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes that something may count or frame: nothing may move.
    Binary,
    /// A header field: long numbers in it are ids.
    Field,
    /// Text of a person or a program.
    Text,
}
