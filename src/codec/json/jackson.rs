//! JSON text as Jackson reads it with WireMock's settings: comments and strings in single quotes are
//! allowed, what follows the first value is nobody's concern, and of a repeated name the last value
//! counts.

use std::{
    collections::{HashMap, HashSet},
    iter::Peekable,
    str::Chars,
};

use super::reader::{JsonError, parse};
use crate::model::Json;

/// How many members an object may have to be searched one against one.
const FEW: usize = 16;

/// Reads a text as [`parse`] does, or as much of it as makes a value.
///
/// # Errors
///
/// What is wrong with the text as strict JSON.
pub fn parse_tolerant(text: &str) -> Result<Json, JsonError> {
    let mut json = parse(text)
        .or_else(|error| first_value(text).and_then(|text| parse(&text).ok()).ok_or(error))?;
    make_unique(&mut json);
    Ok(json)
}

/// The first value of the text as strict JSON would have it; not checked beyond that.
fn first_value(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut depth = 0_usize;
    while let Some(c) = chars.next() {
        let has_begun = !out.is_empty();
        match c {
            '"' | '\'' => {
                copy_string(c, &mut chars, &mut out)?;
                if depth == 0 {
                    return Some(out);
                }
            }
            '/' => {
                skip_comment(&mut chars)?;
                match (has_begun, depth) {
                    (false, _) => {}
                    (true, 0) => return Some(out),
                    // What a comment parts stays parted.
                    (true, _) => out.push(' '),
                }
            }
            '{' | '[' if has_begun && depth == 0 => return Some(out),
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
            ' ' | '\t' | '\n' | '\r' if depth == 0 => {
                if has_begun {
                    return Some(out);
                }
            }
            _ => out.push(c),
        }
    }
    Some(out)
}

/// Passes over a comment whose first `/` is read; `None` when it is none, or has no end.
fn skip_comment(chars: &mut Peekable<Chars<'_>>) -> Option<()> {
    match chars.next()? {
        '/' => {
            while chars.next_if(|&c| c != '\n').is_some() {}
            Some(())
        }
        '*' => loop {
            if chars.next()? == '*' && chars.next_if_eq(&'/').is_some() {
                return Some(());
            }
        },
        _ => None,
    }
}

/// Copies a string that began with `quote`, in double quotes.
fn copy_string(quote: char, chars: &mut Peekable<Chars<'_>>, out: &mut String) -> Option<()> {
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

/// Leaves each name once: where it first stood, with its last value.
fn make_unique(json: &mut Json) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(make_unique),
        Json::Object(members) => {
            members.iter_mut().for_each(|(_, value)| make_unique(value));
            if has_repeated(members) {
                let mut kept: Vec<(String, Json)> = Vec::with_capacity(members.len());
                let mut places: HashMap<String, usize> = HashMap::new();
                for (name, value) in std::mem::take(members) {
                    match places.get(&name).and_then(|&at| kept.get_mut(at)) {
                        Some(slot) => slot.1 = value,
                        None => {
                            places.insert(name.clone(), kept.len());
                            kept.push((name, value));
                        }
                    }
                }
                *members = kept;
            }
        }
        _ => {}
    }
}

fn has_repeated(members: &[(String, Json)]) -> bool {
    if members.len() <= FEW {
        let mut rest = members;
        while let Some(((name, _), after)) = rest.split_first() {
            if after.iter().any(|(other, _)| other == name) {
                return true;
            }
            rest = after;
        }
        return false;
    }
    let mut names = HashSet::with_capacity(members.len());
    !members.iter().all(|(name, _)| names.insert(name))
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
    }

    #[test]
    fn the_first_value_counts() {
        for (text, same) in [
            ("/* x */ {\"a\":/* y */1} z", "{\"a\":1}"),
            ("// x\n[1,\"/* no */\"] [2]", "[1,\"/* no */\"]"),
            ("2 3", "2"),
            ("2/* x */3", "2"),
            ("\"a\\\"b\" c", "\"a\\\"b\""),
            ("1{", "1"),
        ] {
            assert_eq!(parse_tolerant(text).unwrap(), parse(same).unwrap(), "{text}");
        }
    }

    #[test]
    fn of_a_repeated_name_the_last_value_counts() {
        let many: String = (0..20).map(|n| format!("\"n{n}\":{n},")).collect();
        for (text, same) in [
            ("{\"a\":1,\"b\":0,\"a\":2}".to_owned(), "{\"a\":2,\"b\":0}".to_owned()),
            ("[{\"a\":{\"b\":1,\"b\":2}}]".to_owned(), "[{\"a\":{\"b\":2}}]".to_owned()),
            (format!("{{{many}\"z\":1,\"z\":2}}"), format!("{{{many}\"z\":2}}")),
        ] {
            assert_eq!(parse_tolerant(&text).unwrap(), parse(&same).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_as_such() {
        for text in [
            "",
            "x",
            "nonsense",
            "{a:1}",
            "[1,]",
            "{\"a\":1,}",
            "[1/**/2]",
            "1x",
            "{",
            "}",
            "/",
            "/* ",
            "/* open",
            "\"",
            "\"\\",
            "'open",
            "{\"a\":1",
        ] {
            assert_eq!(parse_tolerant(text), parse(text), "{text}");
            assert!(parse(text).is_err());
        }
    }
}
