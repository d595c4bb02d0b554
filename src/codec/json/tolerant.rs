//! JSON text with what WireMock's parser lets pass: comments, strings in single quotes, and anything
//! after the value.

use super::reader::{JsonError, parse};
use crate::model::Json;

/// Reads a text as [`parse`] does, or as much of it as makes a value.
///
/// # Errors
///
/// What is wrong with the text as strict JSON.
pub fn parse_tolerant(text: &str) -> Result<Json, JsonError> {
    parse(text).or_else(|error| strict(text).and_then(|text| parse(&text).ok()).ok_or(error))
}

/// The first value of the text as strict JSON would have it; not checked beyond that.
fn strict(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut depth = 0_usize;
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' => {
                string(c, &mut chars, &mut out)?;
                if depth == 0 {
                    return Some(out);
                }
            }
            '/' => match chars.next()? {
                '/' => while chars.next_if(|&c| c != '\n').is_some() {},
                '*' => loop {
                    if chars.next()? == '*' && chars.next_if_eq(&'/').is_some() {
                        break;
                    }
                },
                _ => return None,
            },
            '{' | '[' => {
                depth += 1;
                out.push(c);
            }
            '}' | ']' => {
                depth = depth.checked_sub(1)?;
                out.push(c);
                if depth == 0 {
                    return Some(out);
                }
            }
            _ if depth == 0 && c.is_ascii_whitespace() && !out.trim().is_empty() => {
                return Some(out);
            }
            _ => out.push(c),
        }
    }
    Some(out)
}

/// Copies a string that began with `quote`, in double quotes.
fn string(quote: char, chars: &mut impl Iterator<Item = char>, out: &mut String) -> Option<()> {
    out.push('"');
    loop {
        match chars.next()? {
            c if c == quote => {
                out.push('"');
                return Some(());
            }
            '\\' => match chars.next()? {
                '\'' => out.push('\''),
                escaped => out.extend(['\\', escaped]),
            },
            '"' => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_parsers_let_pass_is_read() {
        let expect = parse(r#"{"a":[1,"it's \"x\""]}"#).unwrap();
        for text in [
            r#"{"a":[1,"it's \"x\""]}"#,
            r#"{'a':[1,'it\'s "x"']}"#,
            "// one\n{\"a\":/* two */[1,\"it's \\\"x\\\"\"]} // three",
            r#"{"a":[1,"it's \"x\""]} and so on"#,
        ] {
            assert_eq!(parse_tolerant(text).as_ref(), Ok(&expect), "{text}");
        }
        assert_eq!(parse_tolerant("1 2"), parse("1"));
    }

    #[test]
    fn what_is_no_json_is_refused_as_such() {
        for text in ["", "{a:1}", "{", "{\"a\":1,}", "nonsense", "/", "/* open", "'open", "}"] {
            assert_eq!(parse_tolerant(text), parse(text), "{text}");
            assert!(parse(text).is_err());
        }
    }
}
