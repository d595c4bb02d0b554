//! Matchers: what a value, and what a body must look like.

use super::{
    names::{DATE_COMPARISONS, NUMBER_COMPARISONS, Words},
    operand::{self, digest, read_base64},
    options::{Options, the_matcher},
};
use crate::{
    codec::json::{self, Member, Node, NodeValue},
    format::{
        fields::{Fields, Place, expected, items, span_of, text, whole},
        problem::Problems,
    },
    model::{BodyPattern, PathPattern, ValuePattern},
};

/// Matchers of a text and their options, and what else is known in a place.
macro_rules! matchers {
    ($($first:literal),*; $($last:literal),*) => {
        &[
            $($first,)*
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
            "equalToJson",
            "ignoreArrayOrder",
            "ignoreExtraElements",
            "matchesJsonPath",
            "matchesJsonSchema",
            "schemaVersion",
            "equalToXml",
            "enablePlaceholders",
            "placeholderOpeningDelimiterRegex",
            "placeholderClosingDelimiterRegex",
            "exemptedComparisons",
            "ignoreOrderOfSameNode",
            "namespaceAwareness",
            "matchesXPath",
            "xPathNamespaces",
            "before",
            "after",
            "equalToDateTime",
            "actualFormat",
            "truncateExpected",
            "truncateActual",
            "applyTruncationLast",
            "expectedOffset",
            "expectedOffsetUnit",
            "equalToNumber",
            "greaterThanNumber",
            "greaterThanEqualNumber",
            "lessThanNumber",
            "lessThanEqualNumber",
            "anything",
            "matchesPathTemplate",
            $($last,)*
        ]
    };
}

/// Matchers of a text.
pub(super) const VALUE: Place = Place { noun: "matcher", name: "a matcher", known: matchers!(;) };

/// Matchers of a name that may have several values: those of a text, and of all its values.
pub(in crate::format) const NAMED: Place = Place {
    name: "a matcher of `headers`, `queryParameters` or `formParameters`",
    known: matchers!(; "hasExactly", "includes"),
    ..VALUE
};

/// Matchers of a body: those of a text, and of its bytes.
pub(super) const BODY: Place = Place {
    name: "a matcher of `bodyPatterns`",
    known: matchers!(; "binaryEqualTo", "equalToDigest", "length"),
    ..VALUE
};

/// Matchers of what a path finds, and the path.
pub(super) const PATH: Place =
    Place { name: "a matcher with `expression`", known: matchers!("expression"; ), ..VALUE };

/// Where a matcher that stands in the wrong place may belong.
const HOMES: &[&Place] = &[&NAMED, &BODY];

/// Reads a matcher of a text.
pub(super) fn read_value(node: Node, problems: &mut Problems) -> ValuePattern {
    read_as(node, &VALUE, problems)
}

/// Reads a matcher of all values of a name.
pub(in crate::format) fn read_values(node: Node, problems: &mut Problems) -> ValuePattern {
    read_as(node, &NAMED, problems)
}

fn read_as(node: Node, place: &Place, problems: &mut Problems) -> ValuePattern {
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
    Fields::open(node, place, HOMES, problems)
        .and_then(|fields| read_fields(fields, problems))
        .unwrap_or(ValuePattern::Absent)
}

/// Reads the matcher that the members of an object hold.
fn read_fields(fields: Fields, problems: &mut Problems) -> Option<ValuePattern> {
    let (matcher, options) = the_matcher(fields, problems)?;
    Some(value_matcher(matcher, options, problems))
}

/// Reads a matcher of a body.
pub(in crate::format) fn read_body(node: Node, problems: &mut Problems) -> BodyPattern {
    let nothing = BodyPattern::Text(ValuePattern::Absent);
    let Some(fields) = Fields::open(node, &BODY, HOMES, problems) else { return nothing };
    let Some((matcher, mut options)) = the_matcher(fields, problems) else { return nothing };
    let name_span = matcher.name_start..matcher.name_end;
    match matcher.name.as_str() {
        "equalToJson" => {
            BodyPattern::EqualToJson(operand::equal_to_json(matcher.value, &mut options, problems))
        }
        "binaryEqualTo" => {
            BodyPattern::BinaryEqualTo(read_base64(matcher.value, "binaryEqualTo", problems).into())
        }
        "equalToDigest" => {
            let length = options.take("length");
            BodyPattern::Digest {
                length: length.and_then(|node| whole(&node, "length", problems)).unwrap_or_else(
                    || {
                        problems.add_with_hint(
                            name_span,
                            "`equalToDigest` needs `length` beside it",
                            "the length of the body in bytes",
                        );
                        0
                    },
                ),
                sha256: digest(matcher.value, problems),
            }
        }
        _ => BodyPattern::Text(value_matcher(matcher, options, problems)),
    }
}

/// Reads what `headers` and the like hold: for each name a matcher of its values.
pub(super) fn read_named(
    members: Vec<Member>,
    problems: &mut Problems,
) -> Vec<(String, ValuePattern)> {
    members.into_iter().map(|member| (member.name, read_values(member.value, problems))).collect()
}

/// Reads what `cookies` and `pathParameters` hold: for each name a matcher of one value.
pub(super) fn read_single(
    members: Vec<Member>,
    problems: &mut Problems,
) -> Vec<(String, ValuePattern)> {
    members.into_iter().map(|member| (member.name, read_value(member.value, problems))).collect()
}

fn value_matcher(matcher: Member, mut options: Options, problems: &mut Problems) -> ValuePattern {
    let Member { name, value, name_start, name_end } = matcher;
    let options = &mut options;
    let named = name.as_str();
    let operand = |value, problems: &mut Problems| text(value, named, problems).unwrap_or_default();
    match named {
        // As in WireMock, the operand says nothing: `absent: false` is the same.
        "absent" => ValuePattern::Absent,
        "and" => ValuePattern::And(several(value, named, problems)),
        "anything" => {
            operand(value, problems);
            ValuePattern::Anything
        }
        "contains" => ValuePattern::Contains(operand(value, problems)),
        "doesNotContain" => ValuePattern::DoesNotContain(operand(value, problems)),
        "doesNotMatch" => ValuePattern::DoesNotMatch(operand(value, problems)),
        "equalTo" => ValuePattern::EqualTo {
            value: operand(value, problems),
            case_insensitive: options.said_flag("caseInsensitive", problems),
        },
        "equalToJson" => {
            ValuePattern::EqualToJson(operand::equal_to_json(value, options, problems))
        }
        "equalToXml" => ValuePattern::EqualToXml(operand::xml(value, options, problems)),
        "hasExactly" => ValuePattern::HasExactly(list(value, named, problems)),
        "includes" => ValuePattern::Includes(list(value, named, problems)),
        "matches" => ValuePattern::Matches(operand(value, problems)),
        "matchesJsonPath" => ValuePattern::MatchesJsonPath(path(value, named, problems).0),
        "matchesJsonSchema" => {
            ValuePattern::MatchesJsonSchema(operand::schema(value, options, problems))
        }
        "matchesPathTemplate" => ValuePattern::PathTemplate(operand(value, problems)),
        "matchesXPath" => {
            let beside = options.take("xPathNamespaces");
            let (found, within) = path(value, named, problems);
            let beside = beside.map(|node| operand::namespaces(node, problems));
            ValuePattern::MatchesXPath { path: found, namespaces: beside.unwrap_or(within) }
        }
        "not" => ValuePattern::Not(Box::new(read_value(value, problems))),
        "or" => ValuePattern::Or(several(value, named, problems)),
        _ => {
            if let Some(comparison) = of_word(DATE_COMPARISONS, named) {
                ValuePattern::Date(operand::date(comparison, named, value, options, problems))
            } else if let Some(comparison) = of_word(NUMBER_COMPARISONS, named) {
                ValuePattern::Number(operand::number(comparison, named, &value, problems))
            } else {
                problems.add(name_start..name_end, format!("`{named}` is no matcher of a text"));
                ValuePattern::Absent
            }
        }
    }
}

/// An expression, or one with a matcher of what it finds.
/// The namespaces of `matchesXPath` may stand beside that matcher too.
fn path(operand: Node, key: &str, problems: &mut Problems) -> (PathPattern, Vec<(String, String)>) {
    let nothing = || PathPattern { expression: String::new(), value: None };
    let span = span_of(&operand);
    if let NodeValue::String(expression) = operand.value {
        return (PathPattern { expression, value: None }, Vec::new());
    }
    if !matches!(operand.value, NodeValue::Object(_)) {
        expected(&operand, key, "an expression, or an object with `expression`", problems);
        return (nothing(), Vec::new());
    }
    let Some(mut fields) = Fields::open(operand, &PATH, HOMES, problems) else {
        return (nothing(), Vec::new());
    };
    let Some(expression) = fields.text("expression", problems) else {
        problems.add_unless_within(
            span,
            &format!("`expression` is missing in `{key}`"),
            "for example {\"expression\": \"…\", \"equalTo\": \"…\"}",
        );
        return (nothing(), Vec::new());
    };
    // Beside another `matchesXPath` they are that one's.
    let namespaces = if key == "matchesXPath" && !fields.has("matchesXPath") {
        fields
            .take("xPathNamespaces")
            .map(|node| operand::namespaces(node, problems))
            .unwrap_or_default()
    } else {
        Vec::new()
    };
    let value = read_fields(fields, problems);
    (PathPattern { expression, value: value.map(Box::new) }, namespaces)
}

fn of_word<T: Copy>(words: &Words<T>, found: &str) -> Option<T> {
    words.iter().find(|(_, word)| *word == found).map(|(value, _)| *value)
}

fn list(node: Node, name: &str, problems: &mut Problems) -> Vec<ValuePattern> {
    items(node, name, problems).into_iter().map(|item| read_value(item, problems)).collect()
}

/// As WireMock, wants two or more to combine.
fn several(node: Node, name: &str, problems: &mut Problems) -> Vec<ValuePattern> {
    let span = span_of(&node);
    let patterns = list(node, name, problems);
    if patterns.len() < 2 {
        let hint = match patterns.len() {
            0 => "a list of matchers",
            _ => "one matcher stands by itself",
        };
        problems.add_unless_within(span, &format!("`{name}` needs two matchers or more"), hint);
    }
    patterns
}
