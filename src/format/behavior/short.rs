//! The short form: `delay=200ms; status=503; p=0.5` on a command line, in a header or in place of a table.

use std::ops::Range;

use toml::de::DeValue;

use super::tree::of_toml;
use crate::{
    codec::json::{self, Member, Node, NodeValue},
    format::{
        fields::span_of,
        problem::{Problem, Problems},
        rule,
    },
};

/// Parts that a text may have: more keys than there are.
const MAX_PARTS: usize = 64;
/// Short forms within braces of short forms: deeper than any key takes.
const MAX_NESTING: usize = 4;

/// Reads a text of keys and values into an object. Parts are separated by `;`, or by `,` where there is
/// no `;`. A value may be quoted, or be JSON or an inline table of TOML; it is a text else. `bare`
/// is the key of a first part that is a value alone: `64kB/s; shared=true`.
pub(in crate::format) fn parse(text: &str, bare: Option<&str>, problems: &mut Problems) -> Node {
    parse_nested(text, bare, 0, problems)
}

fn parse_nested(text: &str, bare: Option<&str>, depth: usize, problems: &mut Problems) -> Node {
    let mut parts = split(text, b';');
    let is_list = parts.len() < 2;
    if is_list {
        parts = split(text, b',');
    }
    let mut members: Vec<Member> = Vec::new();
    let mut open: Option<(Range<usize>, Range<usize>)> = None;
    let whole = 0..text.len();
    if parts.len() > MAX_PARTS {
        problems.add(whole.clone(), format!("more than {MAX_PARTS} parts"));
        parts.truncate(MAX_PARTS);
    }
    let mut close = |open: &mut Option<(Range<usize>, Range<usize>)>, problems: &mut Problems| {
        if let Some((key, value)) = open.take() {
            members.push(Member {
                name: slice(text, &key).to_owned(),
                name_start: key.start,
                name_end: key.end,
                value: value_of(text, value, depth, problems),
            });
        }
    };
    let mut first = None;
    for (at, part) in parts.into_iter().enumerate() {
        let part = trimmed(text, part);
        match equals_sign(slice(text, &part)) {
            Some(sign) => {
                close(&mut open, problems);
                let key = trimmed(text, part.start..part.start + sign);
                open = Some((key, trimmed(text, part.start + sign + 1..part.end)));
            }
            None if part.is_empty() => {}
            None if at == 0 && bare.is_some() => first = Some(part),
            // A value with commas: `nth=3,5`.
            None if is_list && open.is_some() => {
                if let Some((_, value)) = &mut open {
                    value.end = part.end;
                }
            }
            None => {
                let found = slice(text, &part).to_owned();
                problems.push(
                    Problem::new(rule::SYNTAX, part, format!("`{found}` is no key with a value"))
                        .with_hint("expected for example `status=503; p=0.5`"),
                );
            }
        }
    }
    close(&mut open, problems);
    if let (Some(part), Some(name)) = (first, bare) {
        let (name_start, name_end) = (part.start, part.start);
        let value = value_of(text, part, depth, problems);
        members.insert(0, Member { name: name.to_owned(), name_start, name_end, value });
    }
    Node { start: whole.start, end: whole.end, value: NodeValue::Object(members) }
}

/// Reads the text that stands in a document in place of a table; places are those of the document.
pub(in crate::format) fn parse_within(
    node: &Node,
    text: &str,
    bare: Option<&str>,
    problems: &mut Problems,
) -> Node {
    let mut own = Problems::default();
    let mut tree = parse(text, bare, &mut own);
    let whole = span_of(node);
    // Without quotes, or with two and without escapes, the text stands there letter for letter.
    let base = match whole.len().checked_sub(text.len()) {
        Some(0) => Some(whole.start),
        Some(2) => Some(whole.start + 1),
        _ => None,
    };
    let place = |span: Range<usize>| match base {
        Some(base) => base + span.start..base + span.end,
        None => whole.clone(),
    };
    relocate(&mut tree, &place);
    for problem in own.into_sorted() {
        let span = place(problem.span.clone());
        problems.push(Problem { span, ..problem });
    }
    tree
}

/// Gives each value and name of a tree another place. Trees are as deep as their parser allows.
fn relocate(node: &mut Node, place: &impl Fn(Range<usize>) -> Range<usize>) {
    let span = place(node.start..node.end);
    (node.start, node.end) = (span.start, span.end);
    match &mut node.value {
        NodeValue::Array(items) => items.iter_mut().for_each(|item| relocate(item, place)),
        NodeValue::Object(members) => {
            for member in members {
                let name = place(member.name_start..member.name_end);
                (member.name_start, member.name_end) = (name.start, name.end);
                relocate(&mut member.value, place);
            }
        }
        _ => {}
    }
}

/// The parts between separators that stand in no quoted or bracketed value.
fn split(text: &str, separator: u8) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut is_key = true;
    while let Some(&byte) = bytes.get(at) {
        if byte == separator {
            parts.push(start..at);
            // One more than may be is enough to see that there are too many.
            if parts.len() > MAX_PARTS {
                return parts;
            }
            start = at + 1;
            is_key = true;
        } else if is_key && byte == b'=' {
            is_key = false;
            at += 1;
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            at += closed_value(bytes.get(at..).unwrap_or_default());
            continue;
        }
        at += 1;
    }
    parts.push(start..bytes.len());
    parts
}

/// How long the value is that begins here with a quote or bracket; 0 when none does, or none closes.
fn closed_value(bytes: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, &byte) in bytes.iter().enumerate() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(b'"') if byte == b'\\' => is_escaped = true,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None => match byte {
                b'"' | b'\'' => quote = Some(byte),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ if at == 0 => return 0,
                _ => {}
            },
        }
        if depth == 0 && quote.is_none() {
            return at + 1;
        }
    }
    0
}

/// Where the sign between key and value is. What is before it must look like a key: `a b=c` is none.
fn equals_sign(part: &str) -> Option<usize> {
    let at = part.find('=')?;
    let key = part.get(..at)?.trim();
    let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!key.is_empty() && key.chars().all(is_key)).then_some(at)
}

fn value_of(text: &str, span: Range<usize>, depth: usize, problems: &mut Problems) -> Node {
    let written = slice(text, &span);
    let base = span.start;
    let plain = |text: &str| Node {
        start: span.start,
        end: span.end,
        value: NodeValue::String(text.to_owned()),
    };
    let is_within = |open: char, close: char| {
        written.len() > 1 && written.starts_with(open) && written.ends_with(close)
    };
    if is_within('\'', '\'') {
        return plain(written.get(1..written.len() - 1).unwrap_or_default());
    }
    if !(is_within('"', '"') || is_within('{', '}') || is_within('[', ']')) {
        return plain(written);
    }
    let tree = match json::parse_spanned(written) {
        Ok(node) => Ok(node),
        Err(error) => DeValue::parse(written).map(|value| of_toml(&value)).map_err(|_| error),
    };
    // `{median=400ms, p99=3s}`: the short form once more.
    let tree = tree.or_else(|error| {
        let inner = written.get(1..written.len() - 1).unwrap_or_default();
        let mut own = Problems::default();
        if !written.starts_with('{') || !inner.contains('=') || depth >= MAX_NESTING {
            return Err(error);
        }
        let mut node = parse_nested(inner, None, depth + 1, &mut own);
        relocate(&mut node, &|span| span.start + 1..span.end + 1);
        if own.count() == 0 { Ok(node) } else { Err(error) }
    });
    match tree {
        Ok(mut node) => {
            relocate(&mut node, &|span| base + span.start..base + span.end);
            node
        }
        Err(error) => {
            let at = base + error.offset;
            problems.push(
                Problem::new(rule::SYNTAX, at..at, error.message)
                    .with_hint("a value in brackets or double quotes is JSON"),
            );
            Node { start: span.start, end: span.end, value: NodeValue::Null }
        }
    }
}

fn slice<'t>(text: &'t str, span: &Range<usize>) -> &'t str {
    text.get(span.clone()).unwrap_or_default()
}

/// The span without blanks at its ends.
fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let part = slice(text, &span);
    let start = span.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        let mut problems = Problems::default();
        let node = parse(text, Some("bare"), &mut problems);
        let problems: Vec<_> = problems
            .into_sorted()
            .iter()
            .map(|it| format!(" ! {}..{} {}", it.span.start, it.span.end, it.message))
            .collect();
        json::write(&node.into_json(), crate::model::JsonStyle::default()) + &problems.concat()
    }

    #[test]
    fn keys_and_values_are_separated_by_semicolons_or_commas() {
        for (text, expected) in [
            ("delay=200ms; status=503;p=0.5", r#"{"delay":"200ms","status":"503","p":"0.5"}"#),
            ("preset=github,limit=20/min", r#"{"preset":"github","limit":"20/min"}"#),
            ("key=header:Authorization", r#"{"key":"header:Authorization"}"#),
            ("nth=3,5, status=503", r#"{"nth":"3,5","status":"503"}"#),
            ("nth=3,5; status=503;", r#"{"nth":"3,5","status":"503"}"#),
            ("64kB/s; shared = true", r#"{"bare":"64kB/s","shared":"true"}"#),
            (r#"body="a;b"; p=1"#, r#"{"body":"a;b","p":"1"}"#),
            ("body='say \"x;\"'; p=1", r#"{"body":"say \"x;\"","p":"1"}"#),
            (r#"headers={"A": "b; c"}; nth=[1,2]"#, r#"{"headers":{"A":"b; c"},"nth":[1,2]}"#),
            ("delay={median = '1s', sigma = 0.5}", r#"{"delay":{"median":"1s","sigma":0.5}}"#),
            ("delay={median=1s, p99=2s}; p=1", r#"{"delay":{"median":"1s","p99":"2s"},"p":"1"}"#),
            ("header=X: a=b", r#"{"header":"X: a=b"}"#),
            ("", "{}"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_neither_key_nor_value_is_reported_in_its_place() {
        insta::assert_snapshot!(read("p=1; whatever"), @r#"{"p":"1"} ! 5..13 `whatever` is no key with a value"#);
        insta::assert_snapshot!(read("x={\"a\": }"), @r#"{"x":null} ! 8..8 expected a value, found `}`"#);
        assert!(read(&"a=1;".repeat(1000)).contains("more than 64 parts"));
    }

    proptest! {
        #[test]
        fn never_panics_and_places_are_within(text in "[a-z=;,\"'{}\\[\\]\\\\ é]{0,60}") {
            let mut problems = Problems::default();
            let node = parse(&text, None, &mut problems);
            let NodeValue::Object(members) = node.value else { panic!() };
            for member in members {
                prop_assert!(text.get(member.name_start..member.name_end).is_some());
                prop_assert!(text.get(member.value.start..member.value.end).is_some());
            }
        }
    }
}
