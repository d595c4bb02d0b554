//! Matchers: what a value, and what a body must look like.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::fields::{Fields, Place, items, span_of, text};
use crate::{
    codec::json::{self, Member, Node, NodeValue},
    format::problem::Problems,
    model::{BodyPattern, Json, JsonPattern, ValuePattern},
};

/// Matchers of a text.
pub(super) const VALUE: Place = Place {
    noun: "matcher",
    name: "a matcher",
    known: &[
        "equalTo",
        "caseInsensitive",
        "contains",
        "doesNotContain",
        "matches",
        "doesNotMatch",
        "absent",
        "and",
        "or",
        "not",
    ],
    later: &[
        "after",
        "before",
        "binaryEqualTo",
        "equalToDateTime",
        "equalToJson",
        "equalToNumber",
        "equalToXml",
        "hasExactly",
        "includes",
        "matchesJsonPath",
        "matchesJsonSchema",
        "matchesXPath",
    ],
    later_options: &[
        "actualFormat",
        "applyTruncationLast",
        "enablePlaceholders",
        "exemptedComparisons",
        "expectedOffset",
        "expectedOffsetUnit",
        "ignoreArrayOrder",
        "ignoreExtraElements",
        "ignoreOrderOfSameNode",
        "namespaceAwareness",
        "placeholderClosingDelimiterRegex",
        "placeholderOpeningDelimiterRegex",
        "schemaVersion",
        "truncateActual",
        "truncateExpected",
        "xPathNamespaces",
    ],
};

/// Matchers of a body: those of a text, and more.
pub(super) const BODY: Place = Place {
    noun: "matcher",
    name: "a matcher of `bodyPatterns`",
    known: &[
        "equalToJson",
        "ignoreArrayOrder",
        "ignoreExtraElements",
        "equalTo",
        "caseInsensitive",
        "contains",
        "doesNotContain",
        "matches",
        "doesNotMatch",
        "binaryEqualTo",
        "equalToDigest",
        "length",
        "absent",
        "and",
        "or",
        "not",
    ],
    ..VALUE
};

/// How the digest of a body is written.
const SHA_256: &str = "sha-256=";

/// A value that nests deeper is written as a string that holds its text: a stub file must not nest
/// deeper than [`json::MAX_DEPTH`], and has levels of its own around the value.
pub(super) const MAX_INLINE_DEPTH: usize = json::MAX_DEPTH - 16;

/// Whether a value has at most so many levels.
pub(super) fn nests_within(value: &Json, depth: usize) -> bool {
    match value {
        Json::Array(items) => depth > 0 && items.iter().all(|item| nests_within(item, depth - 1)),
        Json::Object(members) => {
            depth > 0 && members.iter().all(|(_, value)| nests_within(value, depth - 1))
        }
        _ => true,
    }
}

/// Reads a matcher of a text.
pub(super) fn read_value(node: Node, problems: &mut Problems) -> ValuePattern {
    if let NodeValue::String(text) = &node.value {
        problems.add_with_hint(
            span_of(&node),
            "a matcher must be an object, found a string",
            format!(
                "write {{\"equalTo\": {}}}",
                json::write(&text.as_str().into(), <_>::default())
            ),
        );
        return ValuePattern::Absent;
    }
    let Some(mut fields) = Fields::open(node, &VALUE, &[&BODY], problems) else {
        return ValuePattern::Absent;
    };
    let case_insensitive = fields.flag("caseInsensitive", problems);
    match the_matcher(fields, problems) {
        Some(member) => value_matcher(member, case_insensitive, problems),
        None => ValuePattern::Absent,
    }
}

/// Reads a matcher of a body.
pub(super) fn read_body(node: Node, problems: &mut Problems) -> BodyPattern {
    let nothing = BodyPattern::Text(ValuePattern::Absent);
    let Some(mut fields) = Fields::open(node, &BODY, &[], problems) else { return nothing };
    let case_insensitive = fields.flag("caseInsensitive", problems);
    let ignore_array_order = fields.flag("ignoreArrayOrder", problems);
    let ignore_extra_elements = fields.flag("ignoreExtraElements", problems);
    let length = fields.whole("length", problems);
    let Some(member) = the_matcher(fields, problems) else { return nothing };
    let name_span = member.name_start..member.name_end;
    match member.name.as_str() {
        "equalToJson" => {
            let (expected, text) = json_operand(member.value, problems);
            let pattern = JsonPattern { expected, text, ignore_array_order, ignore_extra_elements };
            BodyPattern::EqualToJson(pattern)
        }
        "binaryEqualTo" => {
            BodyPattern::BinaryEqualTo(read_base64(member.value, "binaryEqualTo", problems).into())
        }
        "equalToDigest" => BodyPattern::Digest {
            length: length.unwrap_or_else(|| {
                problems.add_with_hint(
                    name_span,
                    "`equalToDigest` needs `length` beside it",
                    "the length of the body in bytes",
                );
                0
            }),
            sha256: digest(member.value, problems),
        },
        _ => BodyPattern::Text(value_matcher(member, case_insensitive, problems)),
    }
}

/// Reads what `headers`, `cookies` and the like hold: a matcher for each name.
pub(super) fn read_named(
    members: Vec<Member>,
    problems: &mut Problems,
) -> Vec<(String, ValuePattern)> {
    members.into_iter().map(|member| (member.name, read_value(member.value, problems))).collect()
}

/// Writes a matcher of a text.
pub(super) fn write_value(pattern: &ValuePattern) -> Json {
    let list = |patterns: &[ValuePattern]| Json::Array(patterns.iter().map(write_value).collect());
    let (name, operand) = match pattern {
        ValuePattern::Absent => ("absent", true.into()),
        ValuePattern::And(patterns) => ("and", list(patterns)),
        ValuePattern::Contains(text) => ("contains", text.as_str().into()),
        ValuePattern::DoesNotContain(text) => ("doesNotContain", text.as_str().into()),
        ValuePattern::DoesNotMatch(regex) => ("doesNotMatch", regex.as_str().into()),
        ValuePattern::EqualTo { value, .. } => ("equalTo", value.as_str().into()),
        ValuePattern::Matches(regex) => ("matches", regex.as_str().into()),
        ValuePattern::Not(pattern) => ("not", write_value(pattern)),
        ValuePattern::Or(patterns) => ("or", list(patterns)),
        _ => ("absent", true.into()),
    };
    let mut members = vec![(name.to_owned(), operand)];
    if matches!(pattern, ValuePattern::EqualTo { case_insensitive: true, .. }) {
        members.push(("caseInsensitive".to_owned(), true.into()));
    }
    Json::Object(members)
}

/// Writes a matcher of a body.
pub(super) fn write_body(pattern: &BodyPattern) -> Json {
    let object = |members: Vec<(&str, Json)>| {
        Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    match pattern {
        BodyPattern::BinaryEqualTo(bytes) => {
            object(vec![("binaryEqualTo", BASE64_STANDARD.encode(bytes).into())])
        }
        BodyPattern::Digest { length, sha256 } => object(vec![
            ("equalToDigest", format!("{SHA_256}{}", BASE64_STANDARD.encode(sha256)).into()),
            ("length", (*length).into()),
        ]),
        BodyPattern::EqualToJson(JsonPattern {
            expected,
            text,
            ignore_array_order,
            ignore_extra_elements,
        }) => {
            let operand = match (text, expected) {
                (Some(text), _) => text.as_str().into(),
                // A string operand is read as the text of a JSON value, and WireMock takes `null` for
                // no operand.
                (None, Json::String(_) | Json::Null) => {
                    json::write(expected, <_>::default()).into()
                }
                (None, value) if !nests_within(value, MAX_INLINE_DEPTH) => {
                    json::write(value, <_>::default()).into()
                }
                (None, value) => value.clone(),
            };
            let mut members = vec![("equalToJson", operand)];
            if *ignore_array_order {
                members.push(("ignoreArrayOrder", true.into()));
            }
            if *ignore_extra_elements {
                members.push(("ignoreExtraElements", true.into()));
            }
            object(members)
        }
        BodyPattern::Text(pattern) => write_value(pattern),
    }
}

/// Writes a matcher for each name. Several for one name become one, as a name stands once.
pub(super) fn write_named(named: &[(String, ValuePattern)]) -> Json {
    let mut merged: Vec<(&str, Vec<&ValuePattern>)> = Vec::new();
    for (name, pattern) in named {
        match merged.iter_mut().find(|(earlier, _)| earlier == name) {
            Some((_, patterns)) => patterns.push(pattern),
            None => merged.push((name, vec![pattern])),
        }
    }
    let members = merged.into_iter().map(|(name, patterns)| {
        let value = match patterns.as_slice() {
            [pattern] => write_value(pattern),
            several => write_value(&ValuePattern::And(several.iter().copied().cloned().collect())),
        };
        (name.to_owned(), value)
    });
    Json::Object(members.collect())
}

/// Bytes written as base64.
pub(super) fn read_base64(node: Node, name: &str, problems: &mut Problems) -> Vec<u8> {
    let span = span_of(&node);
    let Some(encoded) = text(node, name, problems) else { return Vec::new() };
    BASE64_STANDARD.decode(encoded.trim()).unwrap_or_else(|error| {
        problems.add(span, format!("`{name}` is not base64: {}", lower(&error.to_string())));
        Vec::new()
    })
}

/// The one matcher that an object without its options holds.
fn the_matcher(fields: Fields, problems: &mut Problems) -> Option<Member> {
    let span = fields.span.clone();
    let mut rest = fields.rest();
    if let Some(second) = rest.get(1) {
        problems.add_with_hint(
            second.name_start..second.name_end,
            format!("a second matcher, `{}`, in one object", second.name),
            "combine them with `and`",
        );
    }
    if rest.is_empty() {
        // Where the matcher is a misspelled one, that has been reported inside this span.
        problems.add_unless_within(span, "no matcher here", "for example {\"equalTo\": \"…\"}");
        return None;
    }
    Some(rest.swap_remove(0))
}

fn value_matcher(member: Member, case_insensitive: bool, problems: &mut Problems) -> ValuePattern {
    let Member { name, value, name_start, name_end } = member;
    if case_insensitive && name != "equalTo" {
        problems.add_with_hint(
            name_start..name_end,
            format!("`caseInsensitive` does not go with `{name}`"),
            "it belongs to `equalTo`; in a regular expression write `(?i)`",
        );
    }
    let operand = |value, problems: &mut Problems| text(value, &name, problems).unwrap_or_default();
    match name.as_str() {
        // As in WireMock, the operand says nothing: `absent: false` is the same.
        "absent" => ValuePattern::Absent,
        "and" => ValuePattern::And(list(value, &name, problems)),
        "or" => ValuePattern::Or(list(value, &name, problems)),
        "not" => ValuePattern::Not(Box::new(read_value(value, problems))),
        "contains" => ValuePattern::Contains(operand(value, problems)),
        "doesNotContain" => ValuePattern::DoesNotContain(operand(value, problems)),
        "doesNotMatch" => ValuePattern::DoesNotMatch(operand(value, problems)),
        "equalTo" => ValuePattern::EqualTo { value: operand(value, problems), case_insensitive },
        "matches" => ValuePattern::Matches(operand(value, problems)),
        option => {
            problems.add(name_start..name_end, format!("`{option}` is not a matcher by itself"));
            ValuePattern::Absent
        }
    }
}

fn list(node: Node, name: &str, problems: &mut Problems) -> Vec<ValuePattern> {
    let span = span_of(&node);
    let patterns: Vec<ValuePattern> =
        items(node, name, problems).into_iter().map(|item| read_value(item, problems)).collect();
    if patterns.is_empty() {
        problems.add_unless_within(
            span,
            &format!("`{name}` needs a matcher"),
            "a list of matchers",
        );
    }
    patterns
}

/// A JSON value, or a string that holds the text of one.
fn json_operand(node: Node, problems: &mut Problems) -> (Json, Option<String>) {
    let span = span_of(&node);
    match node.value {
        NodeValue::String(text) => {
            let value = json::parse(&text).unwrap_or_else(|error| {
                problems.add_with_hint(
                    span,
                    format!("the text of `equalToJson` is not JSON: {error}"),
                    "write the value itself instead of a string",
                );
                Json::Null
            });
            (value, Some(text))
        }
        _ => (node.into_json(), None),
    }
}

fn digest(node: Node, problems: &mut Problems) -> [u8; 32] {
    let span = span_of(&node);
    let bytes = text(node, "equalToDigest", problems).map(|text| {
        let encoded = text.strip_prefix(SHA_256)?;
        BASE64_STANDARD.decode(encoded).ok()?.try_into().ok()
    });
    match bytes {
        Some(Some(digest)) => digest,
        Some(None) => {
            problems.add_with_hint(
                span,
                "not a SHA-256 digest",
                format!("write \"{SHA_256}\" and the 32 bytes of the digest in base64"),
            );
            [0; 32]
        }
        None => [0; 32],
    }
}

fn lower(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
