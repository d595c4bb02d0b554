//! Operands of matchers that are more than a text: JSON, XML, paths, schemas, dates, numbers, bytes.

use base64::Engine as _;

use super::{
    names::{
        DATE_UNITS, NAMESPACE_AWARENESS, SCHEMA_VERSIONS, TRUNCATIONS, XML_COMPARISONS, meaning_of,
    },
    options::{Options, spanned_text},
};
use crate::{
    codec::{
        base64::STANDARD,
        json::{self, Node, NodeValue},
    },
    format::{
        fields::{expected, free_members, items, span_of, text},
        problem::Problems,
    },
    model::{
        DateComparison, DatePattern, DateUnit, Json, JsonPattern, NumberComparison, NumberPattern,
        SchemaPattern, Truncation, XmlPattern,
    },
};

/// How the digest of a body is written.
pub(super) const SHA_256: &str = "sha-256=";

/// Reads `equalToJson`.
pub(super) fn equal_to_json(
    operand: Node,
    options: &mut Options,
    problems: &mut Problems,
) -> JsonPattern {
    let (expected, text) = json_operand(operand, "equalToJson", problems);
    JsonPattern {
        expected,
        text,
        ignore_array_order: options.said_flag("ignoreArrayOrder", problems),
        ignore_extra_elements: options.said_flag("ignoreExtraElements", problems),
    }
}

/// Reads `matchesJsonSchema`.
pub(super) fn schema(
    operand: Node,
    options: &mut Options,
    problems: &mut Problems,
) -> SchemaPattern {
    let span = span_of(&operand);
    let before = problems.count();
    let (schema, text) = json_operand(operand, "matchesJsonSchema", problems);
    if !matches!(schema, Json::Object(_) | Json::Bool(_)) && problems.count() == before {
        let found = schema.type_name();
        problems.add(span, format!("a JSON Schema is an object, found {found}"));
    }
    let version = spanned_text(options, "schemaVersion", problems).and_then(|(span, word)| {
        meaning_of(SCHEMA_VERSIONS, "schemaVersion", &word, span, problems)
    });
    SchemaPattern { schema, text, version }
}

/// A JSON value, or a string that holds the text of one.
fn json_operand(node: Node, key: &str, problems: &mut Problems) -> (Json, Option<String>) {
    let span = span_of(&node);
    match node.value {
        NodeValue::String(text) => {
            let value = json::parse_tolerant(&text).unwrap_or_else(|error| {
                problems.add_with_hint(
                    span,
                    format!("the text of `{key}` is not JSON: {error}"),
                    "write the value itself instead of a string",
                );
                Json::Null
            });
            (value, Some(text))
        }
        _ => (node.into_json(), None),
    }
}

/// Reads `xPathNamespaces`.
pub(super) fn namespaces(node: Node, problems: &mut Problems) -> Vec<(String, String)> {
    free_members(node, "xPathNamespaces", problems)
        .into_iter()
        .filter_map(|member| {
            let uri = text(member.value, "xPathNamespaces", problems)?;
            Some((member.name, uri))
        })
        .collect()
}

/// Reads `equalToXml`.
pub(super) fn xml(operand: Node, options: &mut Options, problems: &mut Problems) -> XmlPattern {
    let exempted = match options.take("exemptedComparisons") {
        None => Vec::new(),
        Some(node) => items(node, "exemptedComparisons", problems)
            .into_iter()
            .filter_map(|item| {
                let span = span_of(&item);
                let word = text(item, "exemptedComparisons", problems)?;
                meaning_of(XML_COMPARISONS, "exemptedComparisons", &word, span, problems)
            })
            .collect(),
    };
    XmlPattern {
        expected: text(operand, "equalToXml", problems).unwrap_or_default(),
        placeholders: options.said_flag("enablePlaceholders", problems),
        opening: options.text("placeholderOpeningDelimiterRegex", problems),
        closing: options.text("placeholderClosingDelimiterRegex", problems),
        exempted,
        ignore_order_of_same_node: options.said_flag("ignoreOrderOfSameNode", problems),
        namespaces: spanned_text(options, "namespaceAwareness", problems).and_then(
            |(span, word)| {
                meaning_of(NAMESPACE_AWARENESS, "namespaceAwareness", &word, span, problems)
            },
        ),
    }
}

/// Reads a matcher of dates. A literal that is no date is no mistake: it matches nothing, as in
/// WireMock, which also passes over an offset without its unit.
pub(super) fn date(
    comparison: DateComparison,
    key: &str,
    operand: Node,
    options: &mut Options,
    problems: &mut Problems,
) -> DatePattern {
    let amount = options.take("expectedOffset").and_then(|node| match &node.value {
        NodeValue::Number(spelled) if spelled.parse::<i64>().is_ok() => spelled.parse().ok(),
        _ => {
            expected(&node, "expectedOffset", "a whole number", problems);
            None
        }
    });
    let unit: Option<DateUnit> =
        spanned_text(options, "expectedOffsetUnit", problems).and_then(|(span, word)| {
            let word = word.to_lowercase();
            meaning_of(DATE_UNITS, "expectedOffsetUnit", &word, span, problems)
        });
    DatePattern {
        comparison,
        expected: text(operand, key, problems).unwrap_or_default(),
        actual_format: options.text("actualFormat", problems),
        truncate_expected: truncation(options, "truncateExpected", problems),
        truncate_actual: truncation(options, "truncateActual", problems),
        truncation_last: options.flag("applyTruncationLast", problems),
        expected_offset: amount.zip(unit),
    }
}

/// In any case, and with underscores for spaces.
fn truncation(options: &mut Options, key: &str, problems: &mut Problems) -> Option<Truncation> {
    let (span, word) = spanned_text(options, key, problems)?;
    let word = word.to_lowercase().replace('_', " ");
    meaning_of(TRUNCATIONS, key, &word, span, problems)
}

/// Reads a matcher of numbers: its operand is a number, or a text that is one.
pub(super) fn number(
    comparison: NumberComparison,
    key: &str,
    operand: &Node,
    problems: &mut Problems,
) -> NumberPattern {
    let spelled = match &operand.value {
        NodeValue::Number(spelled) => Some(spelled.clone()),
        NodeValue::String(text) => match json::parse(text) {
            Ok(Json::Number(spelled)) => Some(spelled),
            _ => None,
        },
        _ => None,
    };
    if spelled.is_none() {
        expected(operand, key, "a number", problems);
    }
    NumberPattern { comparison, operand: spelled.unwrap_or_else(|| "0".to_owned()) }
}

/// Reads the digest of `equalToDigest`.
pub(super) fn digest(node: Node, problems: &mut Problems) -> [u8; 32] {
    let span = span_of(&node);
    let bytes = text(node, "equalToDigest", problems).map(|text| {
        let encoded = text.strip_prefix(SHA_256)?;
        STANDARD.decode(encoded).ok()?.try_into().ok()
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

/// Bytes written as base64, with or without padding.
pub(super) fn read_base64(node: Node, name: &str, problems: &mut Problems) -> Vec<u8> {
    let span = span_of(&node);
    let Some(encoded) = text(node, name, problems) else { return Vec::new() };
    STANDARD.decode(encoded.trim()).unwrap_or_else(|error| {
        problems.add(span, format!("`{name}` is not base64: {}", lower(&error.to_string())));
        Vec::new()
    })
}

fn lower(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
