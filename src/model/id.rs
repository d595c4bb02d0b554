//! Names of things: stubs and services.

use std::{fmt, sync::Arc};

use uuid::Uuid;

/// Identifies a stub for as long as its file exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StubId(pub Uuid);

impl fmt::Display for StubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A service: one API that ringer stands in for, and the name of its folder under `stubs/`.
///
/// Made from the upstream's authority, with `:` written `_` so that it is a file name everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceName(Arc<str>);

impl ServiceName {
    /// Takes any text; characters that are unsafe in a file name become `_`.
    pub fn new(name: &str) -> Self {
        let safe: String = name
            .chars()
            .map(
                |c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' },
            )
            .collect();
        Self(if safe.trim_matches('.').is_empty() { "_".into() } else { safe.into() })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
