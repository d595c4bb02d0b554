//! Credentials of the `Basic` scheme (RFC 7617): base64 of `user:password`.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// As tolerant as servers are: padding may be missing, unused bits may be set.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// User name and password.
pub(super) fn decode(encoded: &str) -> Option<(String, String)> {
    let text = String::from_utf8(TOLERANT.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    (!text.chars().any(char::is_control)).then(|| (user.to_owned(), password.to_owned()))
}

pub(super) fn encode(user: &str, password: &str) -> String {
    TOLERANT.encode(format!("{user}:{password}"))
}
