//! Matchers as they are written.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    names::{
        DATE_COMPARISONS, DATE_UNITS, NAMESPACE_AWARENESS, NUMBER_COMPARISONS, SCHEMA_VERSIONS,
        TRUNCATIONS, XML_COMPARISONS, word_of,
    },
    operand::SHA_256,
};
use crate::{
    codec::json,
    model::{
        BodyPattern, DatePattern, Json, JsonPattern, PathPattern, SchemaPattern, ValuePattern,
        XmlPattern,
    },
};

/// A value that nests deeper is written as a string that holds its text: a stub file must not nest
/// deeper than [`json::MAX_DEPTH`], and has levels of its own around the value.
pub(super) const MAX_INLINE_DEPTH: usize = json::MAX_DEPTH - 16;

type Members = Vec<(String, Json)>;

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

/// Writes a matcher of a text.
pub(super) fn write_value(pattern: &ValuePattern) -> Json {
    Json::Object(value_members(pattern))
}

/// Writes a matcher of a body.
pub(super) fn write_body(pattern: &BodyPattern) -> Json {
    Json::Object(match pattern {
        BodyPattern::BinaryEqualTo(bytes) => {
            one("binaryEqualTo", BASE64_STANDARD.encode(bytes).into())
        }
        BodyPattern::Digest { length, sha256 } => vec![
            member("equalToDigest", format!("{SHA_256}{}", BASE64_STANDARD.encode(sha256)).into()),
            member("length", (*length).into()),
        ],
        BodyPattern::EqualToJson(pattern) => json_members(pattern),
        BodyPattern::Text(pattern) => value_members(pattern),
    })
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

fn value_members(pattern: &ValuePattern) -> Members {
    let list = |name: &str, patterns: &[ValuePattern]| {
        one(name, Json::Array(patterns.iter().map(write_value).collect()))
    };
    match pattern {
        ValuePattern::Absent => one("absent", true.into()),
        ValuePattern::And(patterns) => list("and", patterns),
        ValuePattern::Anything => one("anything", "anything".into()),
        ValuePattern::Contains(text) => one("contains", text.as_str().into()),
        ValuePattern::Date(date) => date_members(date),
        ValuePattern::DoesNotContain(text) => one("doesNotContain", text.as_str().into()),
        ValuePattern::DoesNotMatch(regex) => one("doesNotMatch", regex.as_str().into()),
        ValuePattern::EqualTo { value, case_insensitive } => {
            let mut members = one("equalTo", value.as_str().into());
            put_said(&mut members, "caseInsensitive", *case_insensitive);
            members
        }
        ValuePattern::EqualToJson(pattern) => json_members(pattern),
        ValuePattern::EqualToXml(pattern) => xml_members(pattern),
        ValuePattern::HasExactly(patterns) => list("hasExactly", patterns),
        ValuePattern::Includes(patterns) => list("includes", patterns),
        ValuePattern::Matches(regex) => one("matches", regex.as_str().into()),
        ValuePattern::MatchesJsonPath(path) => one("matchesJsonPath", path_operand(path)),
        ValuePattern::MatchesJsonSchema(pattern) => schema_members(pattern),
        ValuePattern::MatchesXPath { path, namespaces } => {
            let mut members = one("matchesXPath", path_operand(path));
            if !namespaces.is_empty() {
                let uris =
                    namespaces.iter().map(|(prefix, uri)| member(prefix, uri.as_str().into()));
                members.push(member("xPathNamespaces", Json::Object(uris.collect())));
            }
            members
        }
        ValuePattern::Not(pattern) => one("not", write_value(pattern)),
        ValuePattern::Number(pattern) => one(
            word_of(NUMBER_COMPARISONS, pattern.comparison),
            Json::Number(pattern.operand.clone()),
        ),
        ValuePattern::Or(patterns) => list("or", patterns),
        ValuePattern::PathTemplate(template) => {
            one("matchesPathTemplate", template.as_str().into())
        }
    }
}

fn json_members(pattern: &JsonPattern) -> Members {
    let mut members = one("equalToJson", json_operand(&pattern.expected, pattern.text.as_deref()));
    put_said(&mut members, "ignoreArrayOrder", pattern.ignore_array_order);
    put_said(&mut members, "ignoreExtraElements", pattern.ignore_extra_elements);
    members
}

fn schema_members(pattern: &SchemaPattern) -> Members {
    let mut members =
        one("matchesJsonSchema", json_operand(&pattern.schema, pattern.text.as_deref()));
    if let Some(version) = pattern.version {
        members.push(member("schemaVersion", word_of(SCHEMA_VERSIONS, version).into()));
    }
    members
}

fn json_operand(value: &Json, text: Option<&str>) -> Json {
    match (text, value) {
        (Some(text), _) => text.into(),
        // A string operand is read as the text of a JSON value, and earlier versions of WireMock take
        // `null` for no operand.
        (None, Json::String(_) | Json::Null) => json::write(value, <_>::default()).into(),
        (None, value) if !nests_within(value, MAX_INLINE_DEPTH) => {
            json::write(value, <_>::default()).into()
        }
        (None, value) => value.clone(),
    }
}

fn path_operand(path: &PathPattern) -> Json {
    match &path.value {
        None => path.expression.as_str().into(),
        Some(value) => {
            let mut members = one("expression", path.expression.as_str().into());
            members.extend(value_members(value));
            Json::Object(members)
        }
    }
}

fn xml_members(pattern: &XmlPattern) -> Members {
    let mut members = one("equalToXml", pattern.expected.as_str().into());
    put_said(&mut members, "enablePlaceholders", pattern.placeholders);
    put_text(&mut members, "placeholderOpeningDelimiterRegex", pattern.opening.as_deref());
    put_text(&mut members, "placeholderClosingDelimiterRegex", pattern.closing.as_deref());
    if !pattern.exempted.is_empty() {
        let words = pattern.exempted.iter().map(|kind| word_of(XML_COMPARISONS, *kind).into());
        members.push(member("exemptedComparisons", Json::Array(words.collect())));
    }
    put_said(&mut members, "ignoreOrderOfSameNode", pattern.ignore_order_of_same_node);
    let namespaces = pattern.namespaces.map(|kind| word_of(NAMESPACE_AWARENESS, kind));
    put_text(&mut members, "namespaceAwareness", namespaces);
    members
}

fn date_members(pattern: &DatePattern) -> Members {
    let truncation = |at| word_of(TRUNCATIONS, at);
    let mut members =
        one(word_of(DATE_COMPARISONS, pattern.comparison), pattern.expected.as_str().into());
    put_text(&mut members, "actualFormat", pattern.actual_format.as_deref());
    put_text(&mut members, "truncateExpected", pattern.truncate_expected.map(truncation));
    put_text(&mut members, "truncateActual", pattern.truncate_actual.map(truncation));
    put_flag(&mut members, "applyTruncationLast", pattern.truncation_last);
    if let Some((amount, unit)) = pattern.expected_offset {
        members.push(member("expectedOffset", Json::Number(amount.to_string())));
        put_text(&mut members, "expectedOffsetUnit", Some(word_of(DATE_UNITS, unit)));
    }
    members
}

fn put_flag(members: &mut Members, name: &str, is_set: bool) {
    if is_set {
        members.push(member(name, true.into()));
    }
}

/// What was said is written, though it says what holds anyway: clients read back what they wrote.
fn put_said(members: &mut Members, name: &str, flag: Option<bool>) {
    members.extend(flag.map(|flag| member(name, flag.into())));
}

fn put_text(members: &mut Members, name: &str, text: Option<&str>) {
    members.extend(text.map(|text| member(name, text.into())));
}

fn one(name: &str, operand: Json) -> Members {
    vec![member(name, operand)]
}

fn member(name: &str, value: Json) -> (String, Json) {
    (name.to_owned(), value)
}
