//! Writes YAML text that reads back as the same value, in old readers too.

use std::fmt::Write as _;

use super::scalar::is_plain_text;
use crate::model::Json;

/// Columns from a collection to what is in it.
const STEP: usize = 2;

/// A longer name is written with a `?` before it: plain ones have a bound (YAML 1.2 §7.4.2).
const MAX_KEY: usize = 500;

/// Writes a value as a document, ending in a line feed.
pub fn write(value: &Json) -> String {
    let mut out = String::new();
    match value {
        Json::Object(members) if !members.is_empty() => members_at(&mut out, members, 0),
        Json::Array(items) if !items.is_empty() => items_at(&mut out, items, 0),
        scalar => out.push_str(&inline(scalar)),
    }
    out.push('\n');
    out
}

/// Writes what stands after a `key:`, blank or line end included; `indent` is the key's column.
pub(super) fn after_key(out: &mut String, value: &Json, indent: usize) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            new_line(out, indent + STEP);
            members_at(out, members, indent + STEP);
        }
        Json::Array(items) if !items.is_empty() => {
            new_line(out, indent + STEP);
            items_at(out, items, indent + STEP);
        }
        Json::String(text) if is_literal(text) => {
            out.push(' ');
            literal(out, text, indent + STEP);
        }
        scalar => {
            out.push(' ');
            out.push_str(&inline(scalar));
        }
    }
}

/// Writes what stands after a `-`, blank included; `indent` is the column of the `-`.
pub(super) fn after_dash(out: &mut String, value: &Json, indent: usize) {
    out.push(' ');
    match value {
        Json::Object(members) if !members.is_empty() => members_at(out, members, indent + STEP),
        Json::Array(items) if !items.is_empty() => items_at(out, items, indent + STEP),
        Json::String(text) if is_literal(text) => literal(out, text, indent + STEP),
        scalar => out.push_str(&inline(scalar)),
    }
}

/// Writes the members of an object below each other; the first stands where the text ends.
pub(super) fn members_at(out: &mut String, members: &[(String, Json)], indent: usize) {
    for (at, (name, value)) in members.iter().enumerate() {
        if at > 0 {
            new_line(out, indent);
        }
        member(out, name, value, indent);
    }
}

/// Writes one member.
pub(super) fn member(out: &mut String, name: &str, value: &Json, indent: usize) {
    if name.len() > MAX_KEY {
        out.push_str("? ");
        out.push_str(&quoted(name));
        new_line(out, indent);
    } else {
        out.push_str(&text(name));
    }
    out.push(':');
    after_key(out, value, indent);
}

fn items_at(out: &mut String, items: &[Json], indent: usize) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            new_line(out, indent);
        }
        out.push('-');
        after_dash(out, item, indent);
    }
}

/// A value on one line, safe wherever a value may stand: collections as JSON writes them.
pub(super) fn flow(value: &Json) -> String {
    let list = |parts: Vec<String>, open: &str, close: &str| {
        if parts.is_empty() {
            format!("{open}{close}")
        } else {
            format!("{open}{}{close}", parts.join(", "))
        }
    };
    match value {
        Json::Array(items) => list(items.iter().map(flow).collect(), "[", "]"),
        Json::Object(members) => {
            let member = |(name, value): &(String, Json)| {
                let explicit = if name.len() > MAX_KEY { "? " } else { "" };
                format!("{explicit}{}: {}", quoted(name), flow(value))
            };
            list(members.iter().map(member).collect(), "{", "}")
        }
        Json::String(value) if is_word(value) && is_plain_text(value) => value.clone(),
        Json::String(value) => quoted(value),
        scalar => inline(scalar),
    }
}

/// A scalar, or an empty collection, on one line.
pub(super) fn inline(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(spelled) => spelled.clone(),
        Json::String(value) => text(value),
        Json::Array(_) | Json::Object(_) => flow(value),
    }
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn text(value: &str) -> String {
    if is_plain(value) { value.to_owned() } else { quoted(value) }
}

/// Whether a text can stand without quotes, outside of `[]` and `{}`.
fn is_plain(value: &str) -> bool {
    let is_start = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '$' | '^' | '(' | '\\');
    let is_inner = |c: char| c.is_alphanumeric() || matches!(c, ' '..='~');
    value.len() <= MAX_KEY
        && value.starts_with(is_start)
        && value.chars().all(is_inner)
        && !value.ends_with([' ', ':'])
        && !value.contains(": ")
        && !value.contains(" #")
        && is_plain_text(value)
}

fn is_word(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.'))
}

/// Whether a text of several lines can stand as a literal block (`|`).
fn is_literal(value: &str) -> bool {
    let trimmed = value.strip_suffix('\n').unwrap_or(value);
    let is_shown = |c: char| c == '\n' || matches!(c, ' '..='~') || c.is_alphanumeric();
    trimmed.contains('\n')
        && !trimmed.starts_with([' ', '\n'])
        && !trimmed.ends_with('\n')
        && trimmed.chars().all(is_shown)
        && trimmed.lines().all(|line| !line.ends_with(' '))
}

fn literal(out: &mut String, value: &str, indent: usize) {
    out.push_str(if value.ends_with('\n') { "|" } else { "|-" });
    for line in value.lines() {
        if line.is_empty() {
            out.push('\n');
        } else {
            new_line(out, indent);
            out.push_str(line);
        }
    }
}

/// In double quotes; what is not plainly shown is escaped.
fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            // Writing to a String cannot fail.
            c if u32::from(c) <= 0xffff => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => _ = write!(out, "\\U{:08x}", u32::from(c)),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
pub(super) mod testing {
    use proptest::prelude::*;

    use crate::model::Json;

    /// Values of all kinds, without a name twice in one object.
    pub(in super::super) fn json() -> impl Strategy<Value = Json> {
        let text = || prop_oneof!["[a-zA-Z0-9/_.:# -]{0,8}", any::<String>(), "[a-c \n]{0,9}"];
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,3})?".prop_map(Json::Number),
            text().prop_map(Json::String),
        ];
        leaf.prop_recursive(4, 24, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
                prop::collection::btree_map(text(), inner, 0..5)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::reader::parse_spanned, testing::json, *};

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in json()) {
            let text = write(&value);
            let (nodes, mistakes) = parse_spanned(&text);
            prop_assert_eq!(mistakes, [], "{}", text);
            prop_assert_eq!(nodes.len(), 1, "{}", text);
            prop_assert_eq!(&nodes[0].clone().into_json(), &value, "{}", text);
            let text = flow(&value);
            prop_assert_eq!(parse_spanned(&text).0[0].clone().into_json(), value, "{}", text);
        }
    }

    #[test]
    fn it_looks_as_people_write_it() {
        let object = |members: Vec<(&str, Json)>| {
            Json::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            )
        };
        let value = object(vec![
            ("url", "/a?b=c".into()),
            ("body", "one\n  two\n".into()),
            ("answer", "yes".into()),
            (
                "list",
                Json::Array(vec![
                    object(vec![("a", 1u64.into()), ("b", Json::Null)]),
                    "x: y".into(),
                ]),
            ),
            ("none", Json::Array(Vec::new())),
        ]);
        assert_eq!(
            write(&value),
            "url: /a?b=c\nbody: |\n  one\n    two\nanswer: \"yes\"\nlist:\n  - a: 1\n    b: null\n  - \"x: y\"\nnone: []\n"
        );
    }
}
