//! What a value looks like that a program makes anew at each run: random ids, digests, times.
//!
//! A shape alone never makes two values interchangeable where they could name two things: random
//! ones must also be unlike each other all over, so that `…-0001` and `…-0002` or two cursors of one
//! list stay apart.

use std::sync::LazyLock;

use base64::Engine as _;
use regex::Regex;

use super::random::{class, is_like_draw, is_random, is_unlike, turns, word_prefix};
use crate::codec::base64::{STANDARD, URL_SAFE};

/// What marks a pseudonym that redaction put in a secret's place.
pub(super) const PSEUDONYM_MARK: &str = "r1ng";

/// Draws this long cannot be taken for names.
const LONG_DRAW: usize = 32;

/// The shape of a value that varies from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A day: `2026-11-23`, `20261123`.
    Date,
    /// A day with a time of day, in one of the usual spellings.
    DateTime(DateTimeKind),
    /// Time since 1970 in digits: seconds, or 3, 6 or 9 decimal places finer.
    Epoch(u8),
    /// `0.8437583475834`: what random number functions return.
    Fraction,
    /// Hexadecimal digits: object ids, digests, nonces.
    Hex,
    /// A JSON Web Token.
    Jwt,
    /// `127.0.0.1:43121`: where a program listens for itself.
    LoopbackPort,
    /// Replaced by redaction.
    Pseudonym,
    /// Base62, base64 or base32 of random bytes.
    Random,
    /// A UUID.
    Uuid,
}

/// How a time is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateTimeKind {
    /// `Mon Nov 23 06:40:12 2026`
    Asctime,
    /// `23/Nov/2026:06:40:12 +0000`
    CommonLog,
    /// `Mon, 23 Nov 2026 06:40:12 GMT`, with `-` in cookies and the old form.
    Http,
    /// `2026-11-23T06:40:12Z` and its variants.
    Iso,
    /// `20261123T064012Z`
    IsoBasic,
}

/// The shape of a whole token; `None` for what could be a name, a number or a word.
pub(super) fn shape(token: &str) -> Option<Shape> {
    if token.contains(PSEUDONYM_MARK) {
        is_pseudonym(token).then_some(Shape::Pseudonym)
    } else if is_uuid(token) {
        Some(Shape::Uuid)
    } else if let Some((length, shape)) = leading_composite(token)
        && length == token.len()
    {
        Some(shape)
    } else if let Some(shape) = digits_shape(token) {
        Some(shape)
    } else if is_jwt(token) {
        Some(Shape::Jwt)
    } else if is_hex(token) && has_mixed_digits(token) {
        Some(Shape::Hex)
    } else if is_random(token) {
        Some(Shape::Random)
    } else {
        None
    }
}

/// A pseudonym by itself, and not a URL, a sentence or a list that has some in it.
pub(super) fn is_pseudonym(token: &str) -> bool {
    token.matches(PSEUDONYM_MARK).count() == 1
        && !token.trim_end_matches('=').contains('=')
        && (token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+=@%".contains(&byte))
            || is_base64_pseudonym(token))
}

/// The pseudonym of a base64 text has slashes where the text could have them.
pub(super) fn is_base64_pseudonym(token: &str) -> bool {
    let Some(rest) = token.strip_prefix(PSEUDONYM_MARK) else { return false };
    let body = rest.trim_end_matches('=');
    token.len().is_multiple_of(4)
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
        && (body.len() < rest.len() || is_random(body))
}

/// Whether two tokens differ only as two draws of one shape do.
pub(super) fn is_same_draw(a: &str, b: &str) -> bool {
    // A number that happens to have only digits is as good a hexadecimal one as its partner.
    if is_hex(a) && is_hex(b) && (has_mixed_digits(a) || has_mixed_digits(b)) {
        let slack = usize::from(a.len().min(b.len()) >= 12);
        return a.len().abs_diff(b.len()) <= slack && is_unlike(a, b);
    }
    let (of_a, of_b) = (shape(a), shape(b));
    let slack = match (of_a, of_b) {
        // Some servers strip what they cannot use out of their draws: the length varies with it.
        (Some(Shape::Random), Some(Shape::Random)) => match a.len().min(b.len()) {
            length @ LONG_DRAW.. => length / 4,
            _ => 2,
        },
        // A draw without a digit looks like a word by itself, but not beside another draw.
        (Some(Shape::Random), None) if is_like_draw(b, a) => 0,
        (None, Some(Shape::Random)) if is_like_draw(a, b) => 0,
        _ => return of_a.is_some() && of_a == of_b,
    };
    let (prefix_a, prefix_b) = (word_prefix(a), word_prefix(b));
    // Base64 may begin like a word and an underscore by chance, but not on both sides.
    let is_one_kind = prefix_a == prefix_b || prefix_a.is_empty() || prefix_b.is_empty();
    a.len().abs_diff(b.len()) <= slack && is_one_kind && is_unlike(a, b)
}

/// The text inside base64, when it is one: then the text is what counts, not its coding.
pub(super) fn base64_text(token: &str) -> Option<String> {
    let bytes = STANDARD.decode(token).or_else(|_| URL_SAFE.decode(token)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let is_printable = text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace());
    (text.len() >= 8 && is_printable).then_some(text)
}

/// A time or an address at the start of a text, and its length: these hold delimiters of their own.
pub(super) fn leading_composite(text: &str) -> Option<(usize, Shape)> {
    static COMPOSITES: LazyLock<Vec<(Shape, Regex)>> = LazyLock::new(|| {
        let time = r"[0-2][0-9]:[0-5][0-9]:[0-6][0-9]";
        let month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
        let day = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
        let iso = r"([0-9]{4})-[01][0-9]-[0-3][0-9]";
        let patterns = [
            (
                Shape::DateTime(DateTimeKind::Iso),
                format!(
                    r"{iso}[Tt _](?:{time}(?:[.,][0-9]{{1,9}})?|[0-2][0-9]:[0-5][0-9])(?:[Zz]|[+-][0-2][0-9]:?[0-5][0-9])?"
                ),
            ),
            (
                Shape::DateTime(DateTimeKind::IsoBasic),
                r"([0-9]{4})[01][0-9][0-3][0-9]T[0-2][0-9][0-5][0-9][0-6][0-9](?:\.[0-9]{1,9})?Z?"
                    .to_owned(),
            ),
            (Shape::Date, iso.to_owned()),
            (
                Shape::DateTime(DateTimeKind::Http),
                format!(
                    r"{day}[a-z]*, [0-3]?[0-9][ -]{month}[ -]([0-9]{{2,4}}) {time}(?: (?:GMT|UTC|[+-][0-9]{{4}}))?"
                ),
            ),
            (
                Shape::DateTime(DateTimeKind::Asctime),
                format!(r"{day} {month} [ 0-3]?[0-9] {time} (?:[A-Z]{{3,4}} )?([0-9]{{4}})"),
            ),
            (
                Shape::DateTime(DateTimeKind::CommonLog),
                format!(r"[0-3][0-9]/{month}/([0-9]{{4}}):{time}(?: [+-][0-9]{{4}})?"),
            ),
            (Shape::LoopbackPort, r"(?:localhost|127\.0\.0\.1|\[::1\]):[1-9][0-9]{3,4}".to_owned()),
        ];
        let compile = |(shape, pattern): (Shape, String)| {
            Regex::new(&format!(r"\A(?:{pattern})")).ok().map(|regex| (shape, regex))
        };
        patterns.into_iter().filter_map(compile).collect()
    });
    if !text.starts_with(|c: char| c.is_ascii_digit() || "MTWFSl[".contains(c)) {
        return None;
    }
    COMPOSITES.iter().find_map(|(shape, regex)| {
        let found = regex.captures(text)?;
        let whole = found.get(0)?;
        // The longer one that it is part of is something else: `2026-11-23-draft`, a port's prefix.
        let goes_on = text
            .get(whole.end()..)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
        let is_recent = found.get(1).is_none_or(|year| is_recent_year(year.as_str()));
        (!goes_on && is_recent).then_some((whole.end(), *shape))
    })
}

/// Dates far from when programs run now are data: a birthday, an epoch that stands for never.
fn is_recent_year(year: &str) -> bool {
    match year.parse::<u32>() {
        Ok(short) if year.len() == 2 => (10..100).contains(&short),
        Ok(year) => (2010..2100).contains(&year),
        Err(_) => false,
    }
}

fn is_uuid(token: &str) -> bool {
    let groups = [8, 4, 4, 4, 12];
    token.len() == 36
        && token.split('-').count() == groups.len()
        && token
            .split('-')
            .zip(groups)
            .all(|(group, length)| group.len() == length && is_all_hex(group))
        // The nil UUID and its opposite stand for none and any.
        && token.bytes().any(|byte| !matches!(byte, b'0' | b'-'))
        && token.bytes().any(|byte| !matches!(byte, b'f' | b'F' | b'-'))
}

fn digits_shape(token: &str) -> Option<Shape> {
    if let Some(places) = token.strip_prefix("0.") {
        let is_long = places.len() >= 10 && is_all_digits(places);
        return is_long.then_some(Shape::Fraction);
    }
    let (whole, fraction) = token.split_once('.').unwrap_or((token, "0"));
    if !is_all_digits(whole) || !is_all_digits(fraction) {
        return None;
    }
    let is_time = |seconds: &str| {
        seconds.parse::<u64>().is_ok_and(|it| (1_400_000_000..2_200_000_000).contains(&it))
    };
    let unit = match whole.len() {
        10 => 0,
        13 => 3,
        16 => 6,
        19 => 9,
        8 if fraction == "0" => return is_compact_date(whole).then_some(Shape::Date),
        20.. if fraction == "0" => return Some(Shape::Random),
        _ => return None,
    };
    is_time(whole.get(..10)?).then_some(Shape::Epoch(unit))
}

fn is_compact_date(digits: &str) -> bool {
    let part = |range| digits.get(range).and_then(|text: &str| text.parse::<u32>().ok());
    digits.get(..4).is_some_and(is_recent_year)
        && part(4..6).is_some_and(|month| (1..=12).contains(&month))
        && part(6..8).is_some_and(|day| (1..=31).contains(&day))
}

fn is_jwt(token: &str) -> bool {
    token.starts_with("eyJ")
        && token.split('.').count() == 3
        && token.split('.').take(2).all(|part| {
            part.len() >= 10
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_url64(byte))
        })
}

fn is_url64(byte: u8) -> bool {
    matches!(byte, b'-' | b'_')
}

fn is_all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_all_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_hex(token: &str) -> bool {
    token.len() >= 8 && is_all_hex(token)
}

/// Digits and letters take turns: `ABC12345` is an order number, `a1b2c345` is not.
fn has_mixed_digits(token: &str) -> bool {
    token.bytes().any(|byte| byte.is_ascii_digit()) && turns(token.bytes().map(class)) >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_composites_compile() {
        for (text, expect) in [
            ("2026-11-23T06:40:12Z", Shape::DateTime(DateTimeKind::Iso)),
            ("2026-11-23T06:40:12.123456+01:00", Shape::DateTime(DateTimeKind::Iso)),
            ("2026-11-23 06:40", Shape::DateTime(DateTimeKind::Iso)),
            ("20261123T064012Z", Shape::DateTime(DateTimeKind::IsoBasic)),
            ("2026-11-23", Shape::Date),
            ("Mon, 23 Nov 2026 06:40:12 GMT", Shape::DateTime(DateTimeKind::Http)),
            ("Monday, 23-Nov-26 06:40:12 GMT", Shape::DateTime(DateTimeKind::Http)),
            ("Mon Nov 23 06:40:12 2026", Shape::DateTime(DateTimeKind::Asctime)),
            ("Tue Nov  3 06:40:12 2026", Shape::DateTime(DateTimeKind::Asctime)),
            ("23/Nov/2026:06:40:12 +0000", Shape::DateTime(DateTimeKind::CommonLog)),
            ("127.0.0.1:43121", Shape::LoopbackPort),
            ("localhost:8080", Shape::LoopbackPort),
        ] {
            assert_eq!(leading_composite(text), Some((text.len(), expect)), "{text}");
            assert_eq!(shape(text), Some(expect), "{text}");
        }
    }

    #[test]
    fn shapes_of_tokens() {
        for (token, expect) in [
            ("550e8400-e29b-41d4-a716-446655440000", Shape::Uuid),
            ("507f1f77bcf86cd799439011", Shape::Hex),
            ("0a4f113b", Shape::Hex),
            ("1700000000", Shape::Epoch(0)),
            ("1700000000.25", Shape::Epoch(0)),
            ("1700000000123", Shape::Epoch(3)),
            ("20261123", Shape::Date),
            ("0.8437583475834", Shape::Fraction),
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", Shape::Random),
            ("1srOrx2ZWZBpBUvZwXKQmoEYga2", Shape::Random),
            ("cus_NffrFeUfNV2Hib", Shape::Random),
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", Shape::Random),
            ("V1StGXR8_Z5jdHi6B-myT", Shape::Random),
            ("EUiQtMdcY0Zp8Nlb/lHbeA==", Shape::Random),
            ("cjld2cjxh0000qzrmn831i7rn", Shape::Random),
            ("tmpk3j9x0_q", Shape::Random),
            ("cqqcuvrebexlyjtgmqscxwjfahtmvauvthsluhhbidnibbeihzyh", Shape::Random),
            ("cus_r1ng_4f0c2a", Shape::Pseudonym),
        ] {
            assert_eq!(shape(token), Some(expect), "{token}");
        }
    }

    #[test]
    fn names_numbers_and_words_have_no_shape() {
        for token in [
            "",
            "1",
            "12345678",
            "4242424242424242",
            "deadbeef",
            "ABC12345",
            "page-2",
            "v1.2.3",
            "customer12345678901",
            "IntrospectionQuery",
            "getCustomerDetailsById",
            "production-2024-release",
            "my-cool-app-2024-release-v3",
            "application/vnd.api",
            "repos/ringer/src/main",
            "00000000-0000-0000-0000-000000000000",
            "1970-01-01T00:00:00Z",
            "1985-03-02",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "9999-12-31",
            "19991231",
            "20269999",
            "eu-central-1",
            "sha256-abc",
            "B07XJPW9K2",
            "0.5",
        ] {
            assert_eq!(shape(token), None, "{token}");
        }
    }

    #[test]
    fn tokens_that_share_most_are_two_names() {
        for (a, b) in [
            ("65f1a2b3c4d5e6f708192a3b", "65f1a2b3c4d5e6f708192a3c"),
            ("eyJvZmZzZXQiOjIwfQ==", "eyJvZmZzZXQiOjQwfQ=="),
            ("00000a1f", "00000a2f"),
            ("cus_NffrFeUfNV2Hib", "sub_MowBvAbz7pQ2Xk"),
            ("ReportTemplateV2Final", "ReportTemplateV3Final"),
        ] {
            assert!(!is_same_draw(a, b), "{a} {b}");
        }
    }

    #[test]
    fn two_draws_are_recognised() {
        for (a, b) in [
            ("0a4f113b", "9c30d7e2"),
            ("12345678", "9c30d7e2"),
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKP0Q8W7KJ2M4XH6TB"),
            ("cus_NffrFeUfNV2Hib", "cus_MowBvAbz7pQ2Xk"),
            ("65f1a2b3c4d5e6f708192a3b", "65f1b7f09e8d7c6b5a493827"),
            ("----WebKitFormBoundary7MA4YWxkTrZu0gW", "----WebKitFormBoundaryx8jO2oVc6SWP3Sad"),
        ] {
            assert!(is_same_draw(a, b), "{a} {b}");
        }
    }

    #[test]
    fn base64_of_text_is_read() {
        assert_eq!(base64_text("eyJvZmZzZXQiOjIwfQ==").as_deref(), Some("{\"offset\":20}"));
        assert_eq!(base64_text("eyJvZmZzZXQiOjIwfQ").as_deref(), Some("{\"offset\":20}"));
        assert_eq!(base64_text("EUiQtMdcY0Zp8Nlb/lHbeA=="), None);
    }
}
