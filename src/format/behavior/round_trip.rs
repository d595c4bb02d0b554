//! What is written reads the same.

use std::time::Duration;

use proptest::{collection::vec, option, prelude::*};

use super::{Language, no_files, read, write};
use crate::{
    codec::{json, yaml},
    format::wiremock,
    model::{
        AnswerFault, Bandwidth, Behaviors, ConnectFault, Counted, Cut, Direction, Distribution,
        Effect, ErrorAnswer, Fault, Headers, Http2Fault, LatencySource, MethodPattern, Quantile,
        Ramp, RequestPattern, Rule, Slices, Stall, Stub, StubId, TlsFault, Turns, UrlPattern,
        ValuePattern, Wait, When, Window, WireFault,
    },
};

fn time() -> BoxedStrategy<Duration> {
    let strategy = {
        prop_oneof![
            (0u64..100_000).prop_map(Duration::from_millis),
            (0u64..1 << 40, 0u32..1_000_000_000).prop_map(|(s, n)| Duration::new(s, n)),
        ]
    };
    strategy.boxed()
}

fn share() -> BoxedStrategy<f64> {
    let strategy = {
        prop_oneof![
            Just(0.0),
            Just(1.0),
            (0u32..=1000).prop_map(|it| f64::from(it) / 1000.0),
            0.0..=1.0
        ]
    };
    strategy.boxed()
}

fn wait() -> BoxedStrategy<Wait> {
    let strategy = {
        let positive = || 0.001f64..1000.0;
        let distribution = prop_oneof![
            time().prop_map(Distribution::Fixed),
            (time(), time())
                .prop_map(|(a, b)| Distribution::Uniform { lower: a.min(b), upper: a.max(b) }),
            (time(), time()).prop_map(|(mean, deviation)| Distribution::Normal { mean, deviation }),
            (time(), 0.0f64..10.0)
                .prop_map(|(median, sigma)| Distribution::LogNormal { median, sigma }),
            (positive(), time()).prop_map(|(shape, scale)| Distribution::Gamma { shape, scale }),
            (time(), positive())
                .prop_map(|(minimum, alpha)| Distribution::Pareto { minimum, alpha }),
            vec((share(), time()), 1..6).prop_map(|mut pairs| {
                pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
                pairs.dedup_by(|a, b| a.0 == b.0);
                let mut times: Vec<_> = pairs.iter().map(|it| it.1).collect();
                times.sort();
                let each = pairs
                    .iter()
                    .zip(times)
                    .map(|((share, _), time)| Quantile { share: *share, time });
                Distribution::Quantiles(each.collect())
            }),
        ];
        (distribution, option::of(time()))
            .prop_map(|(distribution, max)| Wait { distribution, max })
    };
    strategy.boxed()
}

fn latency() -> BoxedStrategy<LatencySource> {
    let strategy = {
        prop_oneof![
            Just(LatencySource::None),
            (0.0f64..100.0).prop_map(LatencySource::Recorded),
            Just(LatencySource::Recorded(1.0)),
            (0.0f64..100.0).prop_map(LatencySource::Empirical),
            (wait(), option::of(wait()))
                .prop_map(|(head, chunks)| LatencySource::Drawn { head, chunks }),
        ]
    };
    strategy.boxed()
}

fn cut() -> BoxedStrategy<Cut> {
    let strategy = { prop_oneof![any::<u64>().prop_map(Cut::Bytes), share().prop_map(Cut::Share)] };
    strategy.boxed()
}

fn fault() -> BoxedStrategy<Fault> {
    let strategy = {
        let text = || "[ -~é]{0,12}";
        let status =
            (200u16..=999, vec(("[A-Za-z][A-Za-z-]{0,8}", "[!-~]{0,8}"), 0..3), option::of(text()))
                .prop_map(|(status, mut headers, body)| {
                    // Fields of one name come together.
                    headers.sort();
                    let headers = Headers::from(headers);
                    Fault::Answer(AnswerFault::Status(ErrorAnswer { status, headers, body }))
                });
        let answer = prop_oneof![
            (1u8..=16, option::of(text()))
                .prop_map(|(code, message)| AnswerFault::GrpcStatus { code, message }),
            text().prop_map(AnswerFault::ContentType),
            cut().prop_map(AnswerFault::Truncated),
            (1u32..).prop_map(|bytes| AnswerFault::Corrupted { bytes }),
            Just(AnswerFault::InvalidJson),
            text().prop_map(AnswerFault::HeaderMissing),
            text().prop_map(AnswerFault::HeaderDuplicated),
            (1i64..).prop_map(AnswerFault::ContentLength),
            (..0i64).prop_map(AnswerFault::ContentLength),
        ];
        let wire = prop_oneof![
            Just(WireFault::ConnectionReset),
            Just(WireFault::EmptyResponse),
            Just(WireFault::MalformedChunk),
            Just(WireFault::RandomData),
            cut().prop_map(WireFault::ResetWithin),
            Just(WireFault::ResetAfter),
            cut().prop_map(WireFault::CloseWithin),
            Just(WireFault::HalfClose),
        ];
        prop_oneof![
            status,
            answer.prop_map(Fault::Answer),
            wire.prop_map(Fault::Wire),
            (option::of(cut()), option::of(time()))
                .prop_map(|(after, time)| Fault::Stall(Stall { after, time })),
            any::<u32>().prop_map(|code| Fault::Http2(Http2Fault::ResetStream { code })),
            any::<u32>().prop_map(|code| Fault::Http2(Http2Fault::GoAway { code })),
        ]
    };
    strategy.boxed()
}

fn connect_fault() -> BoxedStrategy<Fault> {
    let strategy = {
        prop_oneof![
            Just(ConnectFault::Refuse),
            Just(ConnectFault::NeverAnswer),
            Just(ConnectFault::Reset),
            Just(ConnectFault::WithheldWindow),
            Just(ConnectFault::Tls(TlsFault::Expired)),
            Just(ConnectFault::Tls(TlsFault::WrongName)),
            Just(ConnectFault::Tls(TlsFault::SelfSigned)),
            Just(ConnectFault::Tls(TlsFault::UnknownIssuer)),
            Just(ConnectFault::Tls(TlsFault::HandshakeStall)),
            any::<u8>().prop_map(|alert| ConnectFault::Tls(TlsFault::Alert(alert))),
            Just(ConnectFault::Tls(TlsFault::OldVersion)),
        ]
        .prop_map(Fault::Connect)
    };
    strategy.boxed()
}

fn bandwidth() -> BoxedStrategy<Bandwidth> {
    let strategy =
        {
            let direction = prop_oneof![
                Just(Direction::Downstream),
                Just(Direction::Upstream),
                Just(Direction::Both)
            ];
            let slices =
                (1u64..1 << 40, any::<u64>(), time()).prop_map(|(average, variation, delay)| {
                    Slices { average, variation: variation % average, delay }
                });
            let rate = prop_oneof![(1u64..1000).prop_map(|it| it * 1000), 1u64..1 << 40];
            (rate, option::of(slices), option::of(time()), direction, any::<bool>(), any::<bool>())
                .prop_map(|(rate, slices, slow_start, direction, is_shared, keeps_rate)| {
                    let keeps_rate = keeps_rate || slices.is_none() || slow_start.is_some();
                    Bandwidth {
                        rate: keeps_rate.then_some(rate),
                        direction,
                        is_shared,
                        slices,
                        slow_start,
                    }
                })
        };
    strategy.boxed()
}

fn request() -> BoxedStrategy<RequestPattern> {
    let strategy = {
        let method = prop_oneof![
            Just(MethodPattern::Any),
            "[A-Z]{1,6}".prop_map(MethodPattern::Is),
            vec("[A-Za-z]{1,6}", 1..3).prop_map(MethodPattern::OneOf),
        ];
        let url = prop_oneof![
            Just(UrlPattern::Any),
            "/[a-z*?]{0,8}".prop_map(UrlPattern::UrlPath),
            "/[a-z?&=]{0,8}".prop_map(UrlPattern::Url),
            "[ -~]{0,12}".prop_map(UrlPattern::UrlPathPattern),
            Just(UrlPattern::UrlPathPattern("/v1/[^/?]*/.*".to_owned())),
        ];
        let headers = vec(("[a-z]{1,5}", "[ -~]{0,8}".prop_map(ValuePattern::Contains)), 0..2);
        (method, url, headers)
            .prop_map(|(method, url, mut headers)| {
                headers.dedup_by(|a, b| a.0 == b.0);
                RequestPattern { method, url, headers, ..RequestPattern::default() }
            })
            .prop_filter("anything is no condition", |it| *it != RequestPattern::default())
    };
    strategy.boxed()
}

fn window() -> BoxedStrategy<Window> {
    let strategy = {
        let ramp = prop_oneof![Just(Ramp::Flat), Just(Ramp::Up), Just(Ramp::Down)];
        (time(), option::of(time()), any::<bool>(), 1u64..1000, ramp).prop_map(
            |(from, length, is_periodic, more, ramp)| {
                let until = length.map(|length| from + length);
                let period = length.map(|length| length + Duration::from_millis(more));
                Window {
                    from,
                    until,
                    period: period.filter(|_| is_periodic),
                    ramp: if until.is_some() { ramp } else { Ramp::Flat },
                }
            },
        )
    };
    strategy.boxed()
}

fn when(request: BoxedStrategy<Option<RequestPattern>>) -> BoxedStrategy<When> {
    let turns = (any::<u64>(), option::of(1u64..), option::of(1u64..), vec(1u64.., 0..3))
        .prop_map(|(after, first, every, nth)| Turns { after, first, every, nth });
    let counted = prop_oneof![Just(Counted::PerStub), Just(Counted::Together)];
    (request, option::of("[a-z]{1,5}"), turns, counted, vec(window(), 0..3), share())
        .prop_map(|(request, session, turns, counted, windows, probability)| When {
            request,
            session,
            turns,
            counted,
            windows,
            probability,
        })
        .boxed()
}

pub(in crate::format) fn behaviors() -> BoxedStrategy<Behaviors> {
    let strategy = {
        let any_request = || when(option::of(request()).boxed());
        let delay = (option::of(wait()), option::of(wait()))
            .prop_filter("waits for something", |(head, chunks)| head.is_some() || chunks.is_some())
            .prop_map(|(head, chunks)| Effect::Delay { head, chunks });
        let rule = prop_oneof![
            (any_request(), delay.boxed()),
            (any_request(), bandwidth().prop_map(Effect::Bandwidth).boxed()),
            (any_request(), fault().prop_map(Effect::Fault).boxed()),
            (when(Just(None).boxed()), connect_fault().prop_map(Effect::Fault).boxed()),
        ];
        (option::of(latency()), vec(rule, 0..4)).prop_map(|(latency, rules)| {
            let mut rules: Vec<_> = rules
                .into_iter()
                .enumerate()
                .map(|(at, (when, effect))| Rule { name: format!("rule {at}"), when, effect })
                .collect();
            let order = ["delay", "bandwidth", "fault"];
            rules.sort_by_key(|rule| order.iter().position(|kind| *kind == rule.effect.kind()));
            Behaviors { latency, rules, limits: Vec::new() }
        })
    };
    strategy.boxed()
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(behaviors in behaviors()) {
        let text = json::write(&write(&behaviors), <_>::default());
        let read_back = read(&text, Language::Json, &no_files).map_err(|problems| format!("{problems:#?}\n{text}"));
        prop_assert_eq!(read_back, Ok(behaviors.clone()));
        let yaml = yaml::write(&write(&behaviors));
        prop_assert_eq!(read(&yaml, Language::Yaml, &no_files), Ok(behaviors), "{}", yaml);
    }

    #[test]
    fn a_stub_with_behaviors_reads_the_same(mut behaviors in behaviors()) {
        behaviors.rules.retain(|rule| !matches!(rule.effect, Effect::Fault(Fault::Connect(_))));
        let (mut stubs, _) = wiremock::read("{}", None, |_| StubId::default());
        let behaviors = Some(Box::new(behaviors)).filter(|it| !it.is_empty());
        let stub = Stub { behaviors, ..stubs.remove(0) };
        let (read, problems) = wiremock::read(&wiremock::write(&stub), None, |_| StubId::default());
        prop_assert_eq!(problems, []);
        prop_assert_eq!(&read, std::slice::from_ref(&stub));
        let yaml = wiremock::write_yaml(&stub);
        let (mut read, problems) =
            wiremock::read_mappings(&yaml, wiremock::Syntax::Yaml, None, |_| StubId::default());
        prop_assert_eq!(problems, [], "{}", yaml);
        prop_assert_eq!(read.remove(0).stub, stub);
    }

    #[test]
    fn any_text_can_be_read(text in any::<String>()) {
        for language in [Language::Json, Language::Toml, Language::Yaml] {
            let _ = read(&text, language, &no_files);
        }
        let _ = super::read_line(&text);
    }

    #[test]
    fn any_line_can_be_read(text in "((delay|status|fault|rate|at|p|nth|for|url|latency|time|x)=[a-z0-9.%:*/{}\"-]{0,9};? ?){0,6}") {
        let _ = super::read_line(&text);
    }
}
