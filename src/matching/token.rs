//! A text cut into tokens: what noise is compared by.

use super::shape::{self, Shape};

/// The start of `text` up to the delimiter with which `rest` begins.
pub(super) fn until_same_delimiter<'t>(text: &'t str, rest: Option<&str>) -> &'t str {
    match rest.and_then(|rest| rest.chars().next()) {
        Some(delimiter) => text.split(delimiter).next().unwrap_or_default(),
        None => text,
    }
}

/// The token at the start of a text; empty when a delimiter stands there.
pub(super) fn run(text: &str) -> &str {
    let base64 = token_end(text, |byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte));
    let padded = base64 + padding(text, base64);
    let plain = token_end(text, |byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    // `+` and `/` are delimiters except inside base64, which has them at random places.
    if padded > plain
        && padded.is_multiple_of(4)
        && let Some(token) = text.get(..padded)
        && (shape::shape(token) == Some(Shape::Random) || shape::is_base64_pseudonym(token))
        && !text.get(padded..).is_some_and(|rest| rest.starts_with(['-', '_', '.', '~']))
    {
        return token;
    }
    let plain = match text.get(plain..).map(|rest| rest.starts_with('=')) {
        Some(true) if plain >= 6 => plain + padding(text, plain),
        _ => plain,
    };
    // The end of a sentence is no part of its last word.
    text.get(..plain).unwrap_or_default().trim_end_matches(['.', '~'])
}

fn token_end(text: &str, is_part: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !is_part(byte)).unwrap_or(text.len())
}

/// How many `=` after `end` fill a base64 token up to a multiple of four.
fn padding(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    let n = rest.bytes().take_while(|&byte| byte == b'=').count();
    // Behind more or fewer, and before a value, it is a delimiter.
    let is_value_next = rest.get(n..).is_some_and(|next| {
        next.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '\'' | '%'))
    });
    if n <= 2 && (end + n).is_multiple_of(4) && !is_value_next { n } else { 0 }
}

/// Cut at borders, which are pieces of their own; UUIDs and days stay whole.
pub(super) fn pieces(token: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = token;
    while !rest.is_empty() {
        let whole = [36, 10].into_iter().find(|&length| {
            rest.get(..length).is_some_and(|start| {
                matches!(shape::shape(start), Some(Shape::Uuid | Shape::Date))
                    && start.contains('-')
                    && !rest
                        .get(length..)
                        .is_some_and(|after| after.starts_with(|c: char| c.is_alphanumeric()))
            })
        });
        let length = whole.unwrap_or_else(|| {
            rest.char_indices()
                .find(|(_, c)| !c.is_alphanumeric())
                .map_or(rest.len(), |(at, c)| if at == 0 { c.len_utf8() } else { at })
        });
        let (piece, after) = rest.split_at(length);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_end_where_they_should() {
        for (text, expect) in [
            ("abc def", "abc"),
            ("a.b-c_d/e", "a.b-c_d"),
            ("word. Next", "word"),
            ("EUiQtMdcY0Zp8Nlb/lHbeA==</n>", "EUiQtMdcY0Zp8Nlb/lHbeA=="),
            ("users/EUiQtMdcY0Zp8Nlbx", "users"),
            ("/users", ""),
            ("a=b", "a"),
            ("nonce=\"x\"", "nonce"),
            ("", ""),
            ("é", ""),
        ] {
            assert_eq!(run(text), expect, "{text}");
        }
    }

    #[test]
    fn pieces_keep_ids_and_days_whole() {
        let id = "550e8400-e29b-41d4-a716-446655440000";
        assert_eq!(pieces(&format!("a-{id}.x")), ["a", "-", id, ".", "x"]);
        assert_eq!(pieces("2026-11-23_b"), ["2026-11-23", "_", "b"]);
        assert_eq!(pieces("a--1"), ["a", "-", "-", "1"]);
    }
}
