//! Matchers and the options beside them.

use super::key::{Key, Kind, key};
use crate::format::wiremock::names::{
    DATE_UNITS, NAMESPACE_AWARENESS, SCHEMA_VERSIONS, TRUNCATIONS, Words, XML_COMPARISONS,
};

const MATCHER: Kind = Kind::Is("matcher");

fn words<T>(table: &Words<T>) -> Vec<&'static str> {
    table.iter().map(|(_, word)| *word).collect()
}

/// Matchers of any text, and their options.
pub(super) const TEXT: &[Key] = &[
    key("equalTo", Kind::Text, "Equal to this text."),
    key("caseInsensitive", Kind::FlagOrText, "With `equalTo`: case does not count."),
    key("contains", Kind::Text, "This text occurs in it."),
    key("doesNotContain", Kind::Text, "This text does not occur in it."),
    key("matches", Kind::Regex, "The regular expression fits the whole of it."),
    key("doesNotMatch", Kind::Regex, "The regular expression does not fit the whole of it."),
    key("absent", Kind::Anything, "It is not there at all; whatever the value of this key."),
    key("and", Kind::AtLeast(2, &MATCHER), "All of these matchers."),
    key("or", Kind::AtLeast(2, &MATCHER), "Any of these matchers."),
    key("not", MATCHER, "Not this matcher."),
    key(
        "equalToJson",
        Kind::Anything,
        "Equal as JSON: the value itself, or a string that holds its text. Numbers by value, members in any order; `${json-unit.any-string}` and the like stand for any value.",
    ),
    key(
        "ignoreArrayOrder",
        Kind::FlagOrText,
        "With `equalToJson`: elements of arrays may stand in any order.",
    ),
    key(
        "ignoreExtraElements",
        Kind::FlagOrText,
        "With `equalToJson`: further members and elements are fine.",
    ),
    key(
        "matchesJsonPath",
        Kind::Either(&[Kind::Text, Kind::Is("pathMatcher")]),
        "A JSONPath expression that finds something: `$.items[?(@.price > 10)]`.",
    ),
    key(
        "matchesJsonSchema",
        Kind::Either(&[Kind::Text, Kind::AnyObject, Kind::Flag]),
        "A JSON Schema that it satisfies: the schema itself, or a string that holds its text.",
    ),
    key(
        "schemaVersion",
        Kind::OneOf(|| words(SCHEMA_VERSIONS)),
        "With `matchesJsonSchema`: the draft, 2020-12 when absent.",
    ),
    key("equalToXml", Kind::Text, "Equal as XML: attributes in any order, prefixes of any name."),
    key(
        "enablePlaceholders",
        Kind::FlagOrText,
        "With `equalToXml`: texts may be placeholders such as `${xmlunit.ignore}`.",
    ),
    key(
        "placeholderOpeningDelimiterRegex",
        Kind::Regex,
        "With `equalToXml`: what a placeholder opens with, instead of `${`.",
    ),
    key(
        "placeholderClosingDelimiterRegex",
        Kind::Regex,
        "With `equalToXml`: what a placeholder closes with, instead of `}`.",
    ),
    key(
        "exemptedComparisons",
        Kind::List(&Kind::OneOf(|| words(XML_COMPARISONS))),
        "With `equalToXml`: kinds of difference that do not count.",
    ),
    key(
        "ignoreOrderOfSameNode",
        Kind::FlagOrText,
        "With `equalToXml`: siblings of one name may stand in any order.",
    ),
    key(
        "namespaceAwareness",
        Kind::OneOf(|| words(NAMESPACE_AWARENESS)),
        "With `equalToXml`: how namespaces count, `STRICT` when absent.",
    ),
    key(
        "matchesXPath",
        Kind::Either(&[Kind::Text, Kind::Is("pathMatcher")]),
        "An XPath expression that finds something: `//item[@id='1']`.",
    ),
    key(
        "xPathNamespaces",
        Kind::Map(&Kind::Text),
        "With `matchesXPath`: the namespace of each prefix in the expression.",
    ),
    key(
        "before",
        Kind::Text,
        "A date before this one: ISO 8601, or `now` with an offset (`now +3 days`).",
    ),
    key(
        "after",
        Kind::Text,
        "A date after this one: ISO 8601, or `now` with an offset (`now -1 hours`).",
    ),
    key(
        "equalToDateTime",
        Kind::Text,
        "A date equal to this one: ISO 8601, or `now` with an offset.",
    ),
    key(
        "actualFormat",
        Kind::Text,
        "With a date: how the request writes it (`dd/MM/yyyy`, `unix`, `epoch`).",
    ),
    key(
        "truncateExpected",
        Kind::Suggested(|| words(TRUNCATIONS)),
        "With a date: what the expected date is cut down to.",
    ),
    key(
        "truncateActual",
        Kind::Suggested(|| words(TRUNCATIONS)),
        "With a date: what the request's date is cut down to.",
    ),
    key(
        "applyTruncationLast",
        Kind::FlagOrText,
        "With a date: the offset is added before it is cut down.",
    ),
    key(
        "expectedOffset",
        Kind::Whole(i64::MIN, i64::MAX),
        "With a date: how much is added to the expected date, in `expectedOffsetUnit`.",
    ),
    key(
        "expectedOffsetUnit",
        Kind::Suggested(|| words(DATE_UNITS)),
        "With a date: the unit of `expectedOffset`.",
    ),
    key("equalToNumber", Kind::NumberOrText, "A number equal to this one."),
    key("greaterThanNumber", Kind::NumberOrText, "A number greater than this one."),
    key(
        "greaterThanEqualNumber",
        Kind::NumberOrText,
        "A number greater than or equal to this one.",
    ),
    key("lessThanNumber", Kind::NumberOrText, "A number less than this one."),
    key("lessThanEqualNumber", Kind::NumberOrText, "A number less than or equal to this one."),
    key("anything", Kind::Text, "Anything, there or not; whatever the text."),
    key("matchesPathTemplate", Kind::Text, "A path that fits this template: `/books/{isbn}`."),
];

/// Further matchers of a name that may have several values.
pub(super) const OF_NAME: &[Key] = &[
    key(
        "hasExactly",
        Kind::List(&MATCHER),
        "As many values as matchers, each matcher fitting one of its own.",
    ),
    key("includes", Kind::List(&MATCHER), "Each matcher fits a value; further values are fine."),
];

/// Further matchers of a body.
pub(super) const OF_BODY: &[Key] = &[
    key("binaryEqualTo", Kind::Base64, "Equal to these bytes, in base64."),
    key(
        "equalToDigest",
        Kind::Text,
        "ringer: has this SHA-256, as `sha-256=` and base64; `length` stands beside it.",
    ),
    key(
        "length",
        Kind::Whole(0, i64::MAX),
        "With `equalToDigest`: the length of the body in bytes.",
    ),
];

/// What stands beside the matcher of what a path finds.
pub(super) const OF_PATH: &[Key] =
    &[key("expression", Kind::Text, "The JSONPath or XPath expression.")];
