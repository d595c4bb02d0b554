//! What is written reads back, for any stub.

use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    names::{
        DATE_COMPARISONS, DATE_UNITS, NAMESPACE_AWARENESS, NUMBER_COMPARISONS, SCHEMA_VERSIONS,
        TRUNCATIONS, Words, XML_COMPARISONS,
    },
    read, write,
};
use crate::codec::json;
use crate::model::{
    AfterLast, BodyPattern, BodySpec, Coding, CodingSettings, DatePattern, Delay, Dribble, Fault,
    Headers, Json, JsonPattern, JsonStyle, Latency, MethodPattern, MultipartPattern, NumberPattern,
    PacedChunk, PathPattern, ProxySpec, Recorded, RequestPattern, ResponseEnding, ResponseSpec,
    ResponseStep, Responses, SchemaPattern, Scheme, Stub, StubId, UrlPattern, ValuePattern,
    XmlPattern,
};

fn fallback(index: usize) -> StubId {
    StubId(Uuid::from_u128(index as u128))
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9/_.~?=&{}-]{1,12}", any::<String>()]
}

fn token() -> impl Strategy<Value = String> {
    "[a-zA-Z][a-zA-Z0-9-]{0,8}"
}

fn json() -> impl Strategy<Value = Json> {
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
        (value, text)
    })
}

fn json_pattern() -> impl Strategy<Value = JsonPattern> {
    (operand(json()), any::<[bool; 2]>()).prop_map(|((expected, text), flags)| JsonPattern {
        expected,
        text,
        ignore_array_order: flags[0],
        ignore_extra_elements: flags[1],
    })
}

fn schema_pattern() -> impl Strategy<Value = SchemaPattern> {
    let schema = prop::collection::vec((any::<String>(), json()), 0..3).prop_map(Json::Object);
    (operand(schema), prop::option::of(any_of(SCHEMA_VERSIONS)))
        .prop_map(|((schema, text), version)| SchemaPattern { schema, text, version })
}

fn xml_pattern() -> impl Strategy<Value = XmlPattern> {
    (
        (word(), any::<[bool; 2]>(), prop::option::of(word()), prop::option::of(word())),
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
        (word(), any::<bool>()).prop_map(|(value, case_insensitive)| ValuePattern::EqualTo {
            value,
            case_insensitive
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

fn request() -> impl Strategy<Value = RequestPattern> {
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
                    scheme,
                    host,
                    port,
                    client_ip,
                    method,
                    url,
                    path_parameters,
                    headers,
                    query,
                    cookies,
                    form,
                    basic_auth,
                    body,
                    multipart,
                }
            },
        )
}

fn bodies() -> impl Strategy<Value = Vec<BodyPattern>> {
    prop::collection::vec(body_pattern(), 0..3)
}

fn headers() -> impl Strategy<Value = Headers> {
    prop::collection::vec(("[A-Ca-c]{1,2}", "[ -~\t\u{e4}]{0,8}"), 0..6).prop_map(Headers::from)
}

fn milliseconds() -> impl Strategy<Value = Duration> {
    any::<u32>().prop_map(|ms| Duration::from_millis(ms.into()))
}

fn style() -> impl Strategy<Value = JsonStyle> {
    (prop::option::of(any::<u8>()), any::<[bool; 5]>()).prop_map(|(indent, flags)| JsonStyle {
        indent,
        space_after_comma: flags[0],
        space_after_colon: flags[1],
        ascii: flags[2],
        escaped_slash: flags[3],
        final_newline: flags[4],
    })
}

fn latency() -> impl Strategy<Value = Latency> {
    let chunk = (milliseconds(), any::<u64>(), any::<u64>())
        .prop_map(|(at, size, request_bytes)| PacedChunk { at, size, request_bytes });
    (milliseconds(), milliseconds(), prop::collection::vec(chunk, 0..3))
        .prop_map(|(first_byte, total, chunks)| Latency { first_byte, total, chunks })
}

fn delay() -> impl Strategy<Value = Delay> {
    let wait = || (0..=i32::MAX as u64).prop_map(Duration::from_millis);
    let number = || (0.0..1e9f64).prop_map(|number| (number * 100.0).round() / 100.0);
    prop_oneof![
        wait().prop_map(Delay::Fixed),
        (number(), number(), prop::option::of(number()))
            .prop_map(|(median, sigma, max)| Delay::LogNormal { median, sigma, max }),
        (wait(), wait()).prop_map(|(a, b)| Delay::Uniform { lower: a.min(b), upper: a.max(b) }),
    ]
}

fn proxy() -> impl Strategy<Value = ProxySpec> {
    (word(), prop::option::of(word()), headers(), prop::collection::vec(token(), 0..2)).prop_map(
        |(base_url, prefix_to_remove, mut additional_headers, removed_headers)| {
            // Their order is that of the object.
            if super::headers::order(&additional_headers).is_some() {
                additional_headers = Headers::new();
            }
            ProxySpec { base_url, prefix_to_remove, additional_headers, removed_headers }
        },
    )
}

/// What a person adds to an answer.
fn embellished(response: ResponseSpec) -> impl Strategy<Value = ResponseSpec> {
    let dribble = (any::<u32>(), 0..=i32::MAX as u64)
        .prop_map(|(chunks, total)| Dribble { chunks, total: Duration::from_millis(total) });
    let fault = prop::sample::select(Fault::ALL.map(|(fault, _)| fault).to_vec());
    let parameters = prop::collection::vec(("[a-c]", json()), 0..2).prop_map(Json::Object);
    (
        (prop::option::of(delay()), prop::option::of(dribble), prop::option::of(fault)),
        (prop::option::of(proxy()), prop::collection::vec(word(), 0..2)),
        prop::option::of(parameters),
    )
        .prop_map(move |((delay, dribble, fault), (proxy, transformers), parameters)| {
            ResponseSpec {
                delay,
                dribble,
                fault,
                proxy,
                transformers,
                transformer_parameters: parameters,
                ..response.clone()
            }
        })
}

fn response() -> impl Strategy<Value = ResponseSpec> {
    let body = prop_oneof![
        Just(BodySpec::Empty),
        any::<Vec<u8>>().prop_map(|bytes| BodySpec::Bytes(bytes.into())),
        word().prop_map(BodySpec::File),
        word().prop_map(BodySpec::Text),
        (json(), style()).prop_map(|(value, style)| BodySpec::Json(value, style)),
    ];
    let coding = prop::option::of(prop::sample::select(vec![
        Coding::Brotli,
        Coding::Deflate,
        Coding::Gzip,
        Coding::Zstd,
    ]));
    let ending = prop::sample::select(vec![
        ResponseEnding::Complete,
        ResponseEnding::Breaks,
        ResponseEnding::StaysOpen,
    ]);
    let computed = prop::collection::btree_map(token(), any::<usize>(), 0..3)
        .prop_map(|computed| computed.into_iter().collect());
    (
        (100u16..=999, prop::option::of("[ -~]{0,8}"), headers(), computed, headers(), body),
        (
            coding,
            prop::option::of(milliseconds()),
            prop::option::of(latency()),
            ending,
            prop::option::of(word()),
        ),
    )
        .prop_map(
            |(
                (status, reason, headers, computed, mut trailers, body),
                (coding, fixed_delay, latency, ending, address),
            )| {
                // The order of trailers that stand apart is not kept; nothing depends on it.
                if super::headers::order(&trailers).is_some() {
                    trailers = Headers::new();
                }
                // Only a recording sends `null`; to WireMock `"jsonBody": null` is no body.
                let is_recorded = latency.is_some() || address.is_some();
                let body = match body {
                    BodySpec::Json(Json::Null, _) if !is_recorded => BodySpec::Empty,
                    body => body,
                };
                ResponseSpec {
                    status,
                    reason,
                    headers,
                    computed,
                    interim: address
                        .iter()
                        .map(|_| (103, Headers::from(vec![("Link".to_owned(), "</a>".to_owned())])))
                        .collect(),
                    trailers,
                    body,
                    coding_settings: CodingSettings {
                        level: coding.map(|_| 6),
                        gzip_header: coding.map(|_| bytes::Bytes::from_static(&[0x1f, 0x8b, 8])),
                    },
                    coding,
                    fixed_delay,
                    latency,
                    ending,
                    echoes: address
                        .iter()
                        .map(|value| ("x-id".to_owned(), value.clone()))
                        .collect(),
                    address,
                    ..ResponseSpec::default()
                }
            },
        )
}

/// YAML has no object with a name twice.
pub(super) fn has_unique_names(value: &Json) -> bool {
    match value {
        Json::Object(members) => members.iter().enumerate().all(|(at, (name, value))| {
            members[..at].iter().all(|(earlier, _)| earlier != name) && has_unique_names(value)
        }),
        Json::Array(items) => items.iter().all(has_unique_names),
        _ => true,
    }
}

pub(super) fn stub() -> impl Strategy<Value = Stub> {
    let step = (response().prop_flat_map(embellished), prop_oneof![3 => Just(1), 1 => 1..u32::MAX])
        .prop_map(|(response, times)| ResponseStep { response, times });
    let after_last =
        prop::sample::select(vec![AfterLast::Stay, AfterLast::Restart, AfterLast::Miss]);
    let responses = (prop::collection::vec(step, 1..3), after_last)
        .prop_map(|(steps, after_last)| Responses { steps, after_last });
    let recorded = (word(), prop::collection::vec(word(), 0..2), 0u32..3)
        .prop_map(|(upstream, redacted, turn)| Recorded { upstream, redacted, turn });
    let metadata = prop::collection::btree_map("[a-q]{1,5}", json(), 1..3)
        .prop_map(|members| Json::Object(members.into_iter().collect()));
    (
        (any::<u128>(), prop::option::of(word()), prop::option::of(any::<u32>())),
        (request(), responses, prop::option::of(recorded), prop::option::of(metadata)),
    )
        .prop_map(|((id, name, priority), (request, responses, recorded, metadata))| Stub {
            id: StubId(Uuid::from_u128(id)),
            name,
            service: None,
            priority,
            request,
            responses,
            recorded,
            metadata,
            ..Stub::default()
        })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_and_is_written_again_the_same(stub in stub()) {
        let text = write(&stub);
        let (stubs, problems) = read(&text, None, fallback);
        prop_assert_eq!(problems, []);
        prop_assert_eq!(&stubs, &[stub]);
        prop_assert_eq!(write(&stubs[0]), text);
    }

    #[test]
    fn reading_never_panics_and_points_into_the_text(stub in stub(), cut in any::<prop::sample::Index>(), with in "[\\[\\]{}:,\"a1]{0,2}") {
        let mut text = write(&stub);
        let mut at = cut.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.replace_range(at..at, &with);
        for problem in read(&text, None, fallback).1 {
            prop_assert!(problem.span.start <= problem.span.end && problem.span.end <= text.len());
        }
    }
}
