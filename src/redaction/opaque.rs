//! Does a value look like a token that a machine made, or like a word, a name, a date, a version?

/// At least 12 characters of the token alphabet, letters and digits mixed within a word.
pub(super) fn looks_opaque(value: &str) -> bool {
    (12..=8192).contains(&value.len())
        && value.bytes().all(is_token_byte)
        && !is_uuid(value)
        && !is_date(value)
        && !is_file_or_host(value)
        && !is_product(value)
        && (has_mixed_word(value) || is_base64(value))
}

/// The alphabet of tokens: unreserved characters of URLs, and base64.
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'~' | b'+' | b'/' | b'=' | b'-')
}

/// Words that stand where a credential could, and placeholders of templates and masks.
pub(super) fn is_placeholder(value: &str) -> bool {
    const WORDS: [&str; 30] = [
        "null",
        "none",
        "nil",
        "true",
        "false",
        "undefined",
        "string",
        "integer",
        "number",
        "boolean",
        "object",
        "array",
        "password",
        "token",
        "secret",
        "bearer",
        "basic",
        "required",
        "optional",
        "anonymous",
        "public",
        "default",
        "redacted",
        "hidden",
        "invalid",
        "expired",
        "missing",
        "enabled",
        "disabled",
        "guest",
    ];
    let inner = value.trim();
    inner.is_empty()
        || WORDS.iter().any(|word| inner.eq_ignore_ascii_case(word))
        || inner.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-' | b'_' | b'?'))
        || (inner.starts_with("${") && inner.ends_with('}'))
        || (inner.starts_with("{{") && inner.ends_with("}}"))
        || (inner.starts_with('<') && inner.ends_with('>'))
}

/// A value that could be a word of a language: not looked for in other places.
pub(super) fn could_be_a_word(value: &str) -> bool {
    value.len() < 12 && is_spelled_as_a_word(value)
}

/// Letters only, in the case of a word. In an answer, a `token` may be one of a language model.
pub(super) fn is_spelled_as_a_word(value: &str) -> bool {
    let rest = value.get(1..).unwrap_or_default();
    value.bytes().all(|byte| byte.is_ascii_uppercase())
        || (value.bytes().all(|byte| byte.is_ascii_alphabetic())
            && rest.bytes().all(|byte| byte.is_ascii_lowercase()))
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `2026-11-23…`, `20261123T…`
fn is_date(value: &str) -> bool {
    let digits = |from: usize, to: usize| {
        value.as_bytes().get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let byte = |at: usize| value.as_bytes().get(at).copied();
    (digits(0, 4) && byte(4) == Some(b'-') && digits(5, 7) && byte(7) == Some(b'-'))
        || (digits(0, 8) && byte(8) == Some(b'T'))
}

/// Ends in a dot and some letters: `photo-2024.jpeg`, `eu-west-1.example.com`.
fn is_file_or_host(value: &str) -> bool {
    value.rsplit_once('.').is_some_and(|(_, ending)| {
        (1..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// `python-requests/2.31.0`, `application/vnd.api2`
fn is_product(value: &str) -> bool {
    let Some((name, version)) = value.split_once('/') else {
        return false;
    };
    let is_word = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'))
    };
    is_word(name)
        && (version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            || version
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || b".+-0123456789".contains(&byte))
                && version.len() < 12)
}

/// Has a character that words are not joined with, and letters of both cases and digits around it.
fn is_base64(value: &str) -> bool {
    value.contains(['+', '='])
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_lowercase())
        && value.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// A word of eight or more with both letters and digits, or two such words of any length.
fn has_mixed_word(value: &str) -> bool {
    let mut mixed = 0;
    for word in value.split(|c: char| !c.is_ascii_alphanumeric()) {
        let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
        let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
        if has_digit && has_letter {
            mixed += if word.len() >= 8 { 2 } else { 1 };
        }
    }
    mixed >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_opaque() {
        for value in [
            concat!("MARK", "gqlsession44"),
            "MARK-session-token-s3-77d1",
            "8f14e45fceea167a5a36dedd4bea2543",
            "ya29.a0AfH6SMBx3kd02ksl20",
            "c2VjcmV0LXZhbHVlLTEyMw==",
        ] {
            assert!(looks_opaque(value), "{value}");
        }
    }

    #[test]
    fn what_people_and_formats_write_is_not() {
        for value in [
            "550e8400-e29b-41d4-a716-446655440000",
            "2026-11-23T06-40-12Z",
            "python-requests/2.31.0",
            "application/vnd.api2",
            "photo-2024-01-12a.jpeg",
            "my-post-title-2024",
            "order-12345678901",
            "hello world 12",
            "someone12345@example.test",
            "https://a.test/b12345678",
            "123456789012345",
            "abcdefghijklmnop",
        ] {
            assert!(!looks_opaque(value), "{value}");
        }
    }
}
