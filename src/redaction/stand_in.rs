//! What stands in the place of `Basic` credentials: base64 again, so that servers and clients can read it.

use super::{
    basic,
    pseudonym::{Pseudonyms, is_pseudonym},
    shapes,
};

/// What stands for `user:password` in base64.
pub(super) struct StandIn {
    pub(super) encoded: String,
    /// The secrets in it and their pseudonyms.
    pub(super) values: Vec<(String, String)>,
}

/// `None` when there is nothing in it to replace. Some APIs take a key as user name, with no
/// password or a fixed one.
pub(super) fn of(keys: &Pseudonyms, user: &str, password: &str) -> Option<StandIn> {
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
    (!values.is_empty()).then(|| StandIn { encoded: basic::encode(&user, &password), values })
}
