//! Any pattern of a request.

use proptest::prelude::*;

use super::super::names::{
    DATE_COMPARISONS, DATE_UNITS, NAMESPACE_AWARENESS, NUMBER_COMPARISONS, SCHEMA_VERSIONS,
    TRUNCATIONS, Words, XML_COMPARISONS,
};
use crate::{
    codec::json,
    model::{
        BodyPattern, DatePattern, Json, JsonPattern, JsonStyle, MethodPattern, MultipartPattern,
        NumberPattern, PathPattern, PatternExtras, RequestPattern, SchemaPattern, Scheme,
        UrlPattern, ValuePattern, XmlPattern,
    },
};

pub(super) fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9/_.~?=&{}-]{1,12}", any::<String>()]
}

pub(super) fn token() -> impl Strategy<Value = String> {
    "[a-zA-Z][a-zA-Z0-9-]{0,8}"
}

pub(super) fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,8})?".prop_map(Json::Number),
        any::<String>().prop_map(Json::String),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec((any::<String>(), inner), 0..4).prop_map(Json::Object),
        ]
    })
}

/// One of the values that a table of words has.
fn any_of<T: Copy + std::fmt::Debug + 'static>(
    words: &'static Words<T>,
) -> impl Strategy<Value = T> {
    prop::sample::select(words).prop_map(|(value, _)| value)
}

/// A JSON operand: the value, and its text where it is given as text.
fn operand(value: impl Strategy<Value = Json>) -> impl Strategy<Value = (Json, Option<String>)> {
    (value, any::<bool>()).prop_map(|(value, is_text)| {
        let text = is_text.then(|| json::write(&value, JsonStyle::default()));
        // A string is always given as text.
        let text = match &value {
            Json::String(_) | Json::Null => Some(json::write(&value, JsonStyle::default())),
            _ => text,
        };
        // Of a name that is repeated in a text the last value counts.
        let read = text.as_ref().and_then(|text| json::parse_tolerant(text).ok());
        (read.unwrap_or(value), text)
    })
}

fn json_pattern() -> impl Strategy<Value = JsonPattern> {
    (operand(json()), any::<[Option<bool>; 2]>()).prop_map(|((expected, text), flags)| {
        JsonPattern {
            expected,
            text,
            ignore_array_order: flags[0],
            ignore_extra_elements: flags[1],
        }
    })
}

fn schema_pattern() -> impl Strategy<Value = SchemaPattern> {
    let schema = prop::collection::vec((any::<String>(), json()), 0..3).prop_map(Json::Object);
    (operand(schema), prop::option::of(any_of(SCHEMA_VERSIONS)))
        .prop_map(|((schema, text), version)| SchemaPattern { schema, text, version })
}

fn xml_pattern() -> impl Strategy<Value = XmlPattern> {
    (
        (word(), any::<[Option<bool>; 2]>(), prop::option::of(word()), prop::option::of(word())),
        prop::collection::vec(any_of(XML_COMPARISONS), 0..3),
        prop::option::of(any_of(NAMESPACE_AWARENESS)),
    )
        .prop_map(|((expected, flags, opening, closing), exempted, namespaces)| XmlPattern {
            expected,
            placeholders: flags[0],
            opening,
            closing,
            exempted,
            ignore_order_of_same_node: flags[1],
            namespaces,
        })
}

fn date_pattern() -> impl Strategy<Value = DatePattern> {
    (
        (any_of(DATE_COMPARISONS), word(), prop::option::of(word()), any::<bool>()),
        prop::option::of(any_of(TRUNCATIONS)),
        prop::option::of(any_of(TRUNCATIONS)),
        prop::option::of((any::<i64>(), any_of(DATE_UNITS))),
    )
        .prop_map(
            |((comparison, expected, actual_format, truncation_last), by, actual, offset)| {
                DatePattern {
                    comparison,
                    expected,
                    actual_format,
                    truncate_expected: by,
                    truncate_actual: actual,
                    truncation_last,
                    expected_offset: offset,
                }
            },
        )
}

fn value() -> impl Strategy<Value = ValuePattern> {
    let leaf = prop_oneof![
        Just(ValuePattern::Absent),
        Just(ValuePattern::Anything),
        word().prop_map(ValuePattern::Contains),
        word().prop_map(ValuePattern::DoesNotContain),
        word().prop_map(ValuePattern::DoesNotMatch),
        word().prop_map(ValuePattern::Matches),
        word().prop_map(ValuePattern::PathTemplate),
        (word(), any::<Option<bool>>()).prop_map(|(value, case_insensitive)| {
            ValuePattern::EqualTo { value, case_insensitive }
        }),
        date_pattern().prop_map(ValuePattern::Date),
        json_pattern().prop_map(ValuePattern::EqualToJson),
        schema_pattern().prop_map(ValuePattern::MatchesJsonSchema),
        xml_pattern().prop_map(ValuePattern::EqualToXml),
        (any_of(NUMBER_COMPARISONS), "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,8})?").prop_map(
            |(comparison, operand)| ValuePattern::Number(NumberPattern { comparison, operand })
        ),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        let path = || {
            (word(), prop::option::of(inner.clone().prop_map(Box::new)))
                .prop_map(|(expression, value)| PathPattern { expression, value })
        };
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(ValuePattern::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(ValuePattern::Or),
            inner.clone().prop_map(|pattern| ValuePattern::Not(Box::new(pattern))),
            path().prop_map(ValuePattern::MatchesJsonPath),
            (path(), prop::collection::btree_map(word(), word(), 0..2)).prop_map(
                |(path, namespaces)| ValuePattern::MatchesXPath {
                    path,
                    namespaces: namespaces.into_iter().collect()
                }
            ),
        ]
    })
}

/// One value for each name.
fn single() -> impl Strategy<Value = Vec<(String, ValuePattern)>> {
    prop::collection::btree_map(word(), value(), 0..2).prop_map(|named| named.into_iter().collect())
}

/// Any number of values for each name.
fn named() -> impl Strategy<Value = Vec<(String, ValuePattern)>> {
    let values = prop_oneof![
        4 => value(),
        1 => prop::collection::vec(value(), 0..3).prop_map(ValuePattern::HasExactly),
        1 => prop::collection::vec(value(), 0..3).prop_map(ValuePattern::Includes),
    ];
    prop::collection::btree_map(word(), values, 0..2).prop_map(|named| named.into_iter().collect())
}

fn body_pattern() -> impl Strategy<Value = BodyPattern> {
    prop_oneof![
        any::<Vec<u8>>().prop_map(|bytes| BodyPattern::BinaryEqualTo(bytes.into())),
        (any::<u64>(), any::<[u8; 32]>())
            .prop_map(|(length, sha256)| BodyPattern::Digest { length, sha256 }),
        json_pattern().prop_map(BodyPattern::EqualToJson),
        // Of a body, equality as JSON is a pattern of its own.
        value().prop_map(|pattern| match pattern {
            ValuePattern::EqualToJson(pattern) => BodyPattern::EqualToJson(pattern),
            pattern => BodyPattern::Text(pattern),
        }),
    ]
}

pub(super) fn request() -> impl Strategy<Value = RequestPattern> {
    let methods = || prop::collection::vec("[A-Z]{3,6}", 0..3);
    let method = prop_oneof![
        Just(MethodPattern::Any),
        Just(MethodPattern::GetOrHead),
        "[A-Z]{4,8}".prop_map(MethodPattern::Is),
        methods().prop_map(MethodPattern::OneOf),
        methods().prop_map(MethodPattern::NoneOf),
    ];
    let url = prop_oneof![
        Just(UrlPattern::Any),
        word().prop_map(UrlPattern::Url),
        word().prop_map(UrlPattern::UrlPath),
        word().prop_map(UrlPattern::UrlPattern),
        word().prop_map(UrlPattern::UrlPathPattern),
        word().prop_map(UrlPattern::UrlPathTemplate),
    ];
    let scheme = prop::sample::select(vec![None, Some(Scheme::Http), Some(Scheme::Https)]);
    let part =
        (prop::option::of(word()), prop::option::of(word()), any::<bool>(), named(), bodies())
            .prop_map(|(name, file_name, all_parts, headers, body)| MultipartPattern {
                name,
                file_name,
                all_parts,
                headers,
                body,
            });
    (
        (scheme, prop::option::of(value()), any::<Option<u16>>(), prop::option::of(value())),
        (method, url, single(), named(), named(), single(), named()),
        (prop::option::of((word(), word())), bodies(), prop::collection::vec(part, 0..2)),
    )
        .prop_map(
            |(
                (scheme, host, port, client_ip),
                (method, url, path_parameters, headers, query, cookies, form),
                (basic_auth, body, multipart),
            )| {
                RequestPattern {
                    extras: PatternExtras {
                        host: host.map(Box::new),
                        port,
                        client_ip: client_ip.map(Box::new),
                        path_parameters,
                        cookies,
                        form,
                        basic_auth,
                        multipart,
                    }
                    .into(),
                    scheme,
                    method,
                    url,
                    headers,
                    query,
                    body,
                }
            },
        )
}

fn bodies() -> impl Strategy<Value = Vec<BodyPattern>> {
    prop::collection::vec(body_pattern(), 0..3)
}
