//! JSON text as Jackson reads it with WireMock's settings: comments are allowed, what follows the
//! first value is nobody's concern, and of a repeated name the last value counts.

use std::{borrow::Cow, collections::HashMap};

use super::reader::{JsonError, parse};
use crate::model::Json;

/// Reads the first value of a text.
///
/// # Errors
///
/// Where that is no JSON, or nests too deep.
pub fn parse_first(text: &str) -> Result<Json, JsonError> {
    parse(&first_value(text)).map(unique)
}

/// The text of the first value, comments taken out.
fn first_value(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut kept: Vec<(usize, usize)> = Vec::new();
    let (mut at, mut from, mut depth) = (0, 0, 0_usize);
    let mut has_begun = false;
    while let Some(&byte) = bytes.get(at) {
        let comment = comment_length(text, at);
        if let Some(length) = comment {
            kept.push((from, at));
            at += length;
            from = at;
            if has_begun && depth == 0 {
                break;
            }
            continue;
        }
        let ends = match byte {
            b'"' => {
                at = end_of_string(bytes, at);
                depth == 0
            }
            b'{' | b'[' if has_begun && depth == 0 => {
                kept.push((from, at));
                return joined(text, &kept);
            }
            b'{' | b'[' => {
                depth += 1;
                false
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                depth == 0
            }
            b' ' | b'\t' | b'\n' | b'\r' => has_begun && depth == 0,
            _ => false,
        };
        has_begun |= !byte.is_ascii_whitespace();
        at += 1;
        if ends {
            break;
        }
    }
    kept.push((from, at.max(from)));
    joined(text, &kept)
}

fn joined<'t>(text: &'t str, kept: &[(usize, usize)]) -> Cow<'t, str> {
    match kept {
        [(from, to)] => Cow::Borrowed(text.get(*from..*to).unwrap_or(text)),
        _ => {
            let parts = kept.iter().map(|(from, to)| text.get(*from..*to).unwrap_or_default());
            Cow::Owned(parts.collect::<Vec<_>>().join(" "))
        }
    }
}

/// How long a comment is that begins here.
fn comment_length(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let inner = rest.strip_prefix("/*")?;
    Some(inner.find("*/")? + 4)
}

/// Where the closing quote of a string stands, or the last byte.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len().saturating_sub(1)
}

/// Each name once: where it first stood, with its last value.
fn unique(json: Json) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(unique).collect()),
        Json::Object(members) => {
            let mut kept: Vec<(String, Json)> = Vec::with_capacity(members.len());
            let mut places: HashMap<String, usize> = HashMap::new();
            for (name, value) in members {
                let value = unique(value);
                match places.get(&name).and_then(|&at| kept.get_mut(at)) {
                    Some(slot) => slot.1 = value,
                    None => {
                        places.insert(name.clone(), kept.len());
                        kept.push((name, value));
                    }
                }
            }
            Json::Object(kept)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_is_read_without_comments() {
        for (text, same) in [
            ("/* x */ {\"a\":/* y */1} z", "{\"a\":1}"),
            ("// x\n[1,\"/* no */\"] [2]", "[1,\"/* no */\"]"),
            ("2 3", "2"),
            ("\"a\\\"b\" c", "\"a\\\"b\""),
            ("1{", "1"),
            ("{\"a\":1,\"b\":0,\"a\":2}", "{\"a\":2,\"b\":0}"),
        ] {
            assert_eq!(parse_first(text).unwrap(), parse(same).unwrap(), "{text}");
        }
        for text in ["", "x", "{a:1}", "[1,]", "1x", "/* ", "\"", "\"\\", "{\"a\":1"] {
            parse_first(text).unwrap_err();
        }
    }
}
