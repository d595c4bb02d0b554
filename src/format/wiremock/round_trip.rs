//! What is written reads back, for any stub.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;
use uuid::Uuid;

use super::{Syntax, read, read_mappings, write, write_value, write_yaml};
use crate::model::{
    AfterLast, BodySpec, Coding, CodingSettings, Delay, Dribble, Headers, Json, JsonStyle, Latency,
    PacedChunk, ProxySpec, Recorded, ResponseEnding, ResponseExtras, ResponseSpec, ResponseStep,
    Responses, Stub, StubId, WireFault,
};

mod request;

use request::{json, request, token, word};

fn fallback(index: usize) -> StubId {
    StubId(Uuid::from_u128(index as u128))
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
    let fault = prop::sample::select(WireFault::OF_WIREMOCK.map(|(fault, _)| fault).to_vec());
    let parameters = prop::collection::vec(("[a-c]", json()), 0..2).prop_map(Json::Object);
    (
        (prop::option::of(delay()), prop::option::of(dribble), prop::option::of(fault)),
        (prop::option::of(proxy()), prop::collection::vec(word(), 0..2)),
        prop::option::of(parameters),
    )
        .prop_map(move |((delay, dribble, fault), (proxy, transformers), parameters)| {
            ResponseSpec {
                extras: ResponseExtras {
                    delay: delay.map(Box::new),
                    dribble,
                    fault,
                    proxy: proxy.map(Box::new),
                    transformers,
                    transformer_parameters: parameters,
                    ..(*response.extras).clone()
                }
                .into(),
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
                    extras: ResponseExtras {
                        reason,
                        computed,
                        interim: address
                            .iter()
                            .map(|_| {
                                (103, Headers::from(vec![("Link".to_owned(), "</a>".to_owned())]))
                            })
                            .collect(),
                        trailers,
                        coding_settings: CodingSettings {
                            level: coding.map(|_| 6),
                            gzip_header: coding
                                .map(|_| bytes::Bytes::from_static(&[0x1f, 0x8b, 8])),
                        },
                        fixed_delay,
                        echoes: address
                            .iter()
                            .map(|value| ("x-id".to_owned(), value.clone()))
                            .collect(),
                        address,
                        ..ResponseExtras::default()
                    }
                    .into(),
                    status,
                    headers,
                    body,
                    coding,
                    latency: latency.map(Box::new),
                    ending,
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

fn repeats_names(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().any(repeats_names),
        Json::Object(members) => {
            let names: BTreeSet<_> = members.iter().map(|(name, _)| name).collect();
            names.len() < members.len() || members.iter().any(|(_, value)| repeats_names(value))
        }
        _ => false,
    }
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
    fn yaml_says_what_json_says(stub in stub()) {
        // YAML has no two members of one name.
        prop_assume!(!repeats_names(&write_value(&stub)));
        let text = write_yaml(&stub);
        let (mappings, problems) = read_mappings(&text, Syntax::Yaml, None, fallback);
        prop_assert_eq!(problems, [], "{}", text);
        let read: Vec<Stub> = mappings.into_iter().map(|mapping| mapping.stub).collect();
        prop_assert_eq!(&read, &[stub], "{}", text);
        prop_assert_eq!(write_yaml(&read[0]), text);
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
