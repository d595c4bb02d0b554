//! Credentials of the `Basic` scheme (RFC 7617): base64 of `user:password`.

use base64::Engine as _;

use crate::codec::base64::STANDARD;

/// User name and password.
pub(super) fn decode(encoded: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    (!text.chars().any(char::is_control)).then(|| (user.to_owned(), password.to_owned()))
}

pub(super) fn encode(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}
