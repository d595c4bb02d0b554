//! Names of things: stubs, services and sessions.

use std::{fmt, str::FromStr, sync::Arc};

use http::HeaderName;
use thiserror::Error;

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

/// A session: one run of a test, whose state no other run sees.
///
/// Any visible ASCII characters but `,`, `;`, `"` and `\\`, so that the name of a test is one and that a
/// header, a member of W3C baggage and a user name can carry it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionName(Arc<str>);

/// Why a text names no session.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no name of a session: 1 to {MAX} visible ASCII characters without `,`, `;`, `\"` and `\\` are expected",
    MAX = SessionName::MAX_LENGTH
)]
pub struct SessionNameError(String);

impl SessionName {
    /// The header by which a request or a call of the admin API names its session.
    pub const HEADER: HeaderName = HeaderName::from_static("x-ringer-session");

    /// Bytes of a name, at most.
    pub const MAX_LENGTH: usize = 200;

    /// What users call the session of requests that name none.
    const DEFAULT: &str = "default";

    /// Whether it is the session of requests that name none.
    pub fn is_default(&self) -> bool {
        self.0.is_empty()
    }

    /// The name in keys and draws; empty for the default session.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in keys and draws, shared.
    pub fn shared(&self) -> &Arc<str> {
        &self.0
    }
}

impl Default for SessionName {
    /// The session of requests that name none.
    fn default() -> Self {
        Self("".into())
    }
}

impl FromStr for SessionName {
    type Err = SessionNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_good = |byte: u8| byte.is_ascii_graphic() && !b",;\"\\".contains(&byte);
        if text == Self::DEFAULT {
            Ok(Self::default())
        } else if (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(is_good) {
            Ok(Self(text.into()))
        } else {
            Err(SessionNameError(text.chars().take(Self::MAX_LENGTH).collect()))
        }
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_default() { Self::DEFAULT } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_what_a_header_can_carry() {
        for good in ["a", "tests/test_pay.py::test_retry[card]", "7f3c-1", "user@host", "A=b%20"] {
            assert_eq!(good.parse::<SessionName>().unwrap().to_string(), good);
        }
        for bad in ["", "a b", "a,b", "a;b", "\"a\"", "a\\b", "\u{e4}", "a\n", &"x".repeat(201)] {
            assert!(bad.parse::<SessionName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_default_session_has_a_name_too() {
        let name: SessionName = "default".parse().unwrap();
        assert!(name.is_default() && name == SessionName::default());
        assert_eq!((name.as_str(), name.to_string().as_str()), ("", "default"));
    }
}
