//! What goes beside an answer, among its extensions, for the journal alone.

use std::sync::Arc;

use bytes::Bytes;

use crate::model::is_usual_spelling;

/// Names of an answer's fields as another server spelled them, where they are known. Among the
/// extensions of an answer, it is for the journal.
#[derive(Clone, Debug, Default)]
pub struct FieldNames(pub Option<Arc<[String]>>);

impl FieldNames {
    /// The same, without names where all are spelled as is usual.
    pub(super) fn unusual(&self) -> Self {
        let names = self.0.clone();
        Self(names.filter(|names| names.iter().any(|name| !is_usual_spelling(name))))
    }

    /// How a name is spelled.
    pub fn spelled(&self, name: &str) -> Option<&str> {
        let names = self.0.as_deref()?;
        names.iter().find(|spelled| spelled.eq_ignore_ascii_case(name)).map(String::as_str)
    }
}

/// The body that an answer would have had, had it not been asked for by HEAD. Among the extensions of
/// an answer, it is for the journal.
#[derive(Clone, Debug)]
pub struct UnsentBody(pub Bytes);
