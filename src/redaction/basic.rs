//! Credentials of the `Basic` scheme (RFC 7617): base64 of `user:password`.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    pseudonym::{Pseudonyms, is_pseudonym},
    shapes,
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

/// What stands for `user:password` in base64.
pub(super) struct StandIn {
    pub(super) encoded: String,
    /// The secrets in it and their pseudonyms.
    pub(super) values: Vec<(String, String)>,
}

/// `None` when there is nothing in it to replace. Some APIs take a key as user name, with no
/// password or a fixed one.
pub(super) fn stand_in(keys: &Pseudonyms, user: &str, password: &str) -> Option<StandIn> {
    let user_is_key = matches!(password, "" | "x" | "X" | "x-oauth-basic" | "api_token")
        || shapes::find(user.as_bytes(), 0).is_some();
    let mut values = Vec::new();
    let mut replace = |value: &str, is_secret: bool| -> String {
        let range = shapes::secret_part(value);
        let secret = value.get(range.clone()).unwrap_or_default();
        if !is_secret || secret.is_empty() || is_pseudonym(value) {
            return value.to_owned();
        }
        let pseudonym = keys.of(secret);
        values.push((secret.to_owned(), pseudonym.clone()));
        [
            value.get(..range.start).unwrap_or_default(),
            &pseudonym,
            value.get(range.end..).unwrap_or_default(),
        ]
        .concat()
    };
    let user = replace(user, user_is_key);
    let password =
        replace(password, !matches!(password, "x" | "X" | "x-oauth-basic" | "api_token"));
    (!values.is_empty()).then(|| StandIn { encoded: encode(&user, &password), values })
}
