//! Patterns in the words of the reference server, for the report of a miss.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{
    codec::json,
    model::{
        BodyPattern, DateComparison, Json, JsonStyle, NumberComparison, UrlPattern, ValuePattern,
    },
};

/// So deep is a JSON value laid out; what lies below is left out.
const MAX_DEPTH: usize = 64;

/// The name of an operator, and its operand.
pub(super) fn operator(pattern: &ValuePattern) -> (&'static str, String) {
    let list = |patterns: &[ValuePattern], word: &str| {
        let parts: Vec<String> = patterns.iter().map(phrase).collect();
        parts.join(word)
    };
    match pattern {
        ValuePattern::Absent => ("absent", "(absent)".to_owned()),
        ValuePattern::And(all) => ("and", list(all, " AND ")),
        ValuePattern::Anything => ("anything", "anything".to_owned()),
        ValuePattern::Contains(text) => ("contains", text.clone()),
        ValuePattern::Date(date) => {
            let name = match date.comparison {
                DateComparison::Before => "before",
                DateComparison::After => "after",
                DateComparison::Equal => "equalToDateTime",
            };
            // A written `now` is an offset of nothing.
            let expected = if date.expected == "now" { "now +0 seconds" } else { &date.expected };
            (name, expected.to_owned())
        }
        ValuePattern::DoesNotContain(text) => ("doesNotContain", text.clone()),
        ValuePattern::DoesNotMatch(text) => ("doesNotMatch", text.clone()),
        ValuePattern::EqualTo { value, .. } => ("equalTo", value.clone()),
        ValuePattern::EqualToJson(pattern) => ("equalToJson", laid_out(&pattern.expected)),
        ValuePattern::EqualToXml(xml) => ("equalToXml", xml.expected.clone()),
        ValuePattern::HasExactly(all) => ("exactly", format!("[{}]", list(all, " AND "))),
        ValuePattern::Includes(all) => ("including", format!("[{}]", list(all, " AND "))),
        ValuePattern::Matches(text) => ("matches", text.clone()),
        ValuePattern::MatchesJsonPath(path) => {
            ("matchesJsonPath", located(&path.expression, path.value.as_deref()))
        }
        ValuePattern::MatchesJsonSchema(schema) => ("matchesJsonSchema", laid_out(&schema.schema)),
        ValuePattern::MatchesXPath { path, .. } => {
            ("matchesXPath", located(&path.expression, path.value.as_deref()))
        }
        ValuePattern::Not(inner) => ("not", operator(inner).1),
        ValuePattern::Number(number) => {
            let name = match number.comparison {
                NumberComparison::Equal => "equalToNumber",
                NumberComparison::Greater => "greaterThanNumber",
                NumberComparison::GreaterOrEqual => "greaterThanEqualNumber",
                NumberComparison::Less => "lessThanNumber",
                NumberComparison::LessOrEqual => "lessThanEqualNumber",
            };
            (name, number.operand.clone())
        }
        ValuePattern::Or(any) => ("or", list(any, " OR ")),
        ValuePattern::PathTemplate(template) => ("matchesPathTemplate", template.clone()),
    }
}

/// `equalTo 1`
pub(super) fn phrase(pattern: &ValuePattern) -> String {
    let (name, operand) = operator(pattern);
    format!("{name} {operand}")
}

/// A header as the report has it: `X: v`, `X [matches] : v.*`.
pub(super) fn header(name: &str, pattern: &ValuePattern) -> String {
    match operator(pattern) {
        ("equalTo", value) if value.is_empty() => name.to_owned(),
        ("equalTo" | "equalToJson" | "equalToXml", value) => format!("{name}: {value}"),
        (operator @ ("exactly" | "including"), value) => format!("{name} {operator} {value}"),
        (operator, value) if value.is_empty() => format!("{name} [{operator}]"),
        (operator, value) => format!("{name} [{operator}] : {value}"),
    }
}

/// A parameter as the report has it: `Query: q = 1`, `Query: q [contains] 1`.
pub(super) fn parameter(kind: &str, name: &str, pattern: &ValuePattern) -> String {
    match operator(pattern) {
        ("equalTo" | "equalToJson" | "equalToXml", value) => format!("{kind}: {name} = {value}"),
        (operator @ ("exactly" | "including"), value) => {
            format!("{kind}: {name} {operator} {value}")
        }
        (operator, value) => format!("{kind}: {name} [{operator}] {value}"),
    }
}

/// `[path] /a` and the like.
pub(super) fn url(pattern: &UrlPattern) -> String {
    match pattern {
        UrlPattern::Any => "(always)".to_owned(),
        UrlPattern::Url(url) => url.clone(),
        UrlPattern::UrlPath(path) => format!("[path] {path}"),
        UrlPattern::UrlPattern(pattern) => format!("[regex] {pattern}"),
        UrlPattern::UrlPathPattern(pattern) => format!("[path regex] {pattern}"),
        UrlPattern::UrlPathTemplate(template) => format!("[path template] {template}"),
    }
}

/// What a body must be, and whether the request's body stands below it, laid out as JSON if it must
/// be such.
pub(super) fn body(pattern: &BodyPattern) -> (String, Layout) {
    match pattern {
        BodyPattern::BinaryEqualTo(bytes) => (BASE64_STANDARD.encode(bytes), Layout::Binary),
        BodyPattern::Digest { length, .. } => (format!("{length} recorded bytes"), Layout::Inline),
        BodyPattern::EqualToJson(pattern) => {
            (format!("[equalToJson]\n{}", laid_out(&pattern.expected)), Layout::Json)
        }
        BodyPattern::Text(pattern) => match operator(pattern) {
            ("matchesJsonPath" | "matchesXPath", text) => (text, Layout::Inline),
            (name @ ("equalToJson" | "matchesJsonSchema"), text) => {
                (format!("[{name}]\n{text}"), Layout::Json)
            }
            (name, text) => (format!("[{name}]\n{text}"), Layout::Below),
        },
    }
}

/// How a request's body is shown beside what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One line below, as the operator has a line of its own.
    Below,
    /// In Base64.
    Binary,
    /// On the same line.
    Inline,
    /// Below, laid out.
    Json,
}

fn located(expression: &str, value: Option<&ValuePattern>) -> String {
    match value.map(operator) {
        None => expression.to_owned(),
        Some((name, operand)) => format!("{expression} [{name}] {operand}"),
    }
}

/// JSON over several lines, as the reference server lays it out: lists stay on one.
pub(super) fn laid_out(value: &Json) -> String {
    let mut text = String::new();
    lay_out(value, 0, &mut text);
    text
}

fn lay_out(value: &Json, depth: usize, text: &mut String) {
    match value {
        Json::Array(_) | Json::Object(_) if depth > MAX_DEPTH => text.push('…'),
        Json::Array(items) if items.is_empty() => text.push_str("[ ]"),
        Json::Array(items) => {
            text.push_str("[ ");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push_str(", ");
                }
                lay_out(item, depth, text);
            }
            text.push_str(" ]");
        }
        Json::Object(members) if members.is_empty() => text.push_str("{ }"),
        Json::Object(members) => {
            text.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                text.push_str(if at > 0 { ",\n" } else { "\n" });
                text.push_str(&"  ".repeat(depth + 1));
                text.push_str(&json::write(&Json::String(name.clone()), JsonStyle::default()));
                text.push_str(" : ");
                lay_out(value, depth + 1, text);
            }
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
            text.push('}');
        }
        scalar => text.push_str(&json::write(scalar, JsonStyle::default())),
    }
}
