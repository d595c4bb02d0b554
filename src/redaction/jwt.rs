//! JSON Web Tokens (RFC 7519), as far as sanitising must know them.

use std::ops::Range;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{codec::json, model::Json};

/// A token that lives no longer than this is kept in answers: clients verify it, and by the time
/// anyone reads the recording it has expired.
const SHORT_LIFE: u64 = 24 * 60 * 60;

/// What is longer is no token, in bytes.
const LONGEST: usize = 16 * 1024;

/// The token at the start of `text`: its length and its signature. Of an encrypted token
/// (RFC 7516) all but the header counts as signature.
pub(super) fn at_start(text: &[u8]) -> Option<(usize, Range<usize>)> {
    if !text.starts_with(b"eyJ") {
        return None;
    }
    let length = text
        .iter()
        .take(LONGEST + 1)
        .position(|&byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')))
        .unwrap_or(text.len());
    if length > LONGEST {
        return None;
    }
    // A full stop after a token ends a sentence.
    let token = text.get(..length)?;
    let token = token.strip_suffix(b".").unwrap_or(token);
    let parts: Vec<&[u8]> = token.split(|&byte| byte == b'.').collect();
    match parts.as_slice() {
        [head, claims, signature]
            if head.len() >= 10 && claims.starts_with(b"e") && signature.len() >= 10 =>
        {
            let start = head.len() + claims.len() + 2;
            Some((token.len(), start..token.len()))
        }
        [head, _, _, sealed, tag] if head.len() >= 10 && !sealed.is_empty() && !tag.is_empty() => {
            Some((token.len(), head.len() + 1..token.len()))
        }
        _ => None,
    }
}

/// Whether a whole value is one token; the place of its signature.
pub(super) fn whole(value: &str) -> Option<Range<usize>> {
    at_start(value.as_bytes()).filter(|(length, _)| *length == value.len()).map(|(_, range)| range)
}

/// Whether answers keep the token: it expires within a day of its making, says only when it expires,
/// or tells a client who has logged in and opens nothing.
pub(super) fn is_kept(token: &[u8]) -> bool {
    claims(token).is_some_and(|claims| {
        is_id_token(&claims) || lifetime(&claims).is_some_and(|seconds| seconds <= SHORT_LIFE)
    })
}

fn claims(token: &[u8]) -> Option<Json> {
    let claims = token.split(|&byte| byte == b'.').nth(1)?;
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    json::parse(&text).ok()
}

/// By claims that only ID tokens have (OpenID Connect Core §2, §3.3.2.11).
fn is_id_token(claims: &Json) -> bool {
    ["iss", "sub", "aud"].iter().all(|name| claims.member(name).is_some())
        && ["nonce", "at_hash", "c_hash"].iter().any(|name| claims.member(name).is_some())
}

fn lifetime(claims: &Json) -> Option<u64> {
    // Seconds may have a fraction (RFC 7519 §2).
    let time = |name: &str| claims.member(name).and_then(Json::as_f64);
    let expires = time("exp")?;
    let made = time("iat").or_else(|| time("nbf")).unwrap_or(expires);
    let seconds = (expires - made).clamp(0.0, 1e12);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped above")]
    let whole = seconds as u64;
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(r#"{"alg":"HS256"}"#), part(claims), part("signature-bytes"))
    }

    #[test]
    fn finds_the_signature() {
        let token = token(r#"{"sub":"joe"}"#);
        let range = whole(&token).unwrap();
        assert_eq!(&token[range], URL_SAFE_NO_PAD.encode("signature-bytes"));
        let text = format!("{token}. And more");
        assert_eq!(at_start(text.as_bytes()).unwrap().0, token.len());
        assert!(whole("eyJhbGciOi.not.a-token").is_none());
    }

    #[test]
    fn a_day_is_short_and_forever_is_not() {
        let check = |claims: &str| is_kept(token(claims).as_bytes());
        assert!(check(r#"{"iat":1000,"exp":87400}"#));
        assert!(check(r#"{"exp":87400}"#));
        assert!(!check(r#"{"iat":1000,"exp":87401}"#));
        assert!(!check(r#"{"sub":"joe"}"#));
        assert!(!check("not json"));
    }

    #[test]
    fn an_id_token_may_live_for_long() {
        let check = |claims: &str| is_kept(token(claims).as_bytes());
        let common = r#""iss":"https://id.test","sub":"joe","aud":"app","iat":1000,"exp":999999"#;
        assert!(check(&format!(r#"{{{common},"nonce":"n"}}"#)));
        assert!(!check(&format!("{{{common}}}")));
    }
}
