//! What is looked at.

use crate::model::Stub;

/// A stub, and what people call the place where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'s> {
    /// The stub.
    pub stub: &'s Stub,
    /// Its file, for messages.
    pub file: &'s str,
}
