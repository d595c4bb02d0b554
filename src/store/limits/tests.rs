//! Limits of a session, asked with requests as they come.

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;

use super::*;
use crate::{
    behavior::limiter::Now,
    codec::RequestView,
    model::{
        Algorithm, Cost, Emit, LimitHeader, LimitKey, Penalty, Place, Policy, RateLimit, Refusal,
        Request, RequestBody, RequestPattern, RetryAfter, Scheme, StatusEndpoint, TokenKind,
        UrlPattern, ValuePattern,
    },
    runtime::{Clock, Seed},
    store::clock::SessionClock,
};

pub(super) const SECOND: Duration = Duration::from_secs(1);
/// 2023-11-14T22:13:20Z
const START: i64 = 1_700_000_000;

pub(super) fn policy(name: &str, limit: u64) -> Policy {
    let mut policy = RateLimit::plain(limit, 60 * SECOND).policies.remove(0);
    policy.name = name.to_owned();
    policy.algorithm = Algorithm::FixedWindow { from_first: true };
    policy
}

pub(super) fn limit(policies: Vec<Policy>) -> RateLimit {
    RateLimit { policies, ..RateLimit::plain(1, SECOND) }
}

pub(super) fn header(name: &str, value: &str) -> LimitHeader {
    LimitHeader { name: name.to_owned(), value: value.to_owned(), emit: None }
}

fn path(path: &str) -> RequestPattern {
    RequestPattern { url: UrlPattern::UrlPath(path.to_owned()), ..RequestPattern::default() }
}

pub(super) fn request(target: &str, fields: &[(&str, &str)], body: &str) -> Request {
    let fields = fields.iter().map(|(name, value)| {
        (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
    });
    Request {
        method: Method::GET,
        scheme: Scheme::Http,
        authority: "api".to_owned(),
        target: target.parse().unwrap(),
        headers: fields.collect::<HeaderMap>(),
        body: RequestBody::Whole(Bytes::from(body.to_owned())),
        client: Some(IpAddr::from([127, 0, 0, 1])),
        received: std::time::UNIX_EPOCH,
    }
}

/// Counters, and the limits that are asked.
pub(super) struct Bench {
    pub(super) counters: Arc<Counters>,
    limits: Vec<Arc<LiveLimit>>,
}

impl Bench {
    pub(super) fn new(limits: impl IntoIterator<Item = RateLimit>) -> Self {
        let live = |limit| Arc::new(LiveLimit::compile(&Place::All, &limit).unwrap());
        Self { counters: Arc::default(), limits: limits.into_iter().map(live).collect() }
    }

    pub(super) fn ask(&self, request: &Request, at: Duration) -> Decision {
        self.ask_on(request, at, 1)
    }

    pub(super) fn ask_on(&self, request: &Request, at: Duration, connection: u64) -> Decision {
        let shown = || request.clone();
        let wall = Timestamp::from_second(START).unwrap().checked_add(at).unwrap();
        let asked = Asked {
            view: &RequestView::new(request),
            shown: &shown,
            connection: Some(connection),
            now: Now { elapsed: at, wall },
            seed: Seed(7),
        };
        self.counters.admit(&self.limits, "", &asked)
    }

    pub(super) fn get(&self, target: &str, at: Duration) -> Decision {
        self.ask(&request(target, &[], ""), at)
    }
}

pub(super) fn admitted(decision: Decision) -> Admission {
    match decision {
        Decision::Admitted(admission) => admission,
        Decision::Refused(refused) => panic!("{refused:?}"),
    }
}

pub(super) fn refused(decision: Decision) -> Refused {
    match decision {
        Decision::Refused(refused) => refused,
        Decision::Admitted(admission) => panic!("{admission:?}"),
    }
}

pub(super) fn is_admitted(decision: &Decision) -> bool {
    matches!(decision, Decision::Admitted(_))
}

pub(super) fn told<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[test]
fn headers_tell_of_the_tightest_policy_and_of_named_ones() {
    let bench = Bench::new([RateLimit {
        headers: vec![
            header("X-RateLimit-Remaining", "{remaining}/{limit} {name}"),
            header("X-RateLimit-Remaining-Day", "{day.remaining}"),
            header("X-RateLimit-Reset", "{reset}"),
        ],
        refusal: Refusal {
            headers: vec![header("X-Reason", "{violated}")],
            body: Some("{name}: {used} of {limit}, wait {retry_after}".to_owned()),
            ..Refusal::default()
        },
        ..limit(vec![policy("minute", 2), policy("day", 10)])
    }]);
    let first = admitted(bench.get("/", SECOND)).headers;
    assert_eq!(told(&first, "X-RateLimit-Remaining"), Some("1/2 minute"));
    assert_eq!(told(&first, "X-RateLimit-Remaining-Day"), Some("9"));
    assert_eq!(told(&first, "X-RateLimit-Reset"), Some("1700000061"));
    admitted(bench.get("/", 2 * SECOND));
    let refused = refused(bench.get("/", 3 * SECOND));
    assert_eq!(refused.body.as_deref(), Some("minute: 2 of 2, wait 58"));
    assert_eq!(told(&refused.headers, "Retry-After"), Some("58"));
    assert_eq!(told(&refused.headers, "X-RateLimit-Remaining"), Some("0/2 minute"));
    assert_eq!(told(&refused.headers, "X-RateLimit-Remaining-Day"), Some("8"), "none is charged");
    assert_eq!(told(&refused.headers, "X-Reason"), Some("\"minute\""));
    admitted(bench.get("/", 61 * SECOND));
}

#[test]
fn all_limits_must_have_room_and_the_longest_wait_is_told() {
    let slow = Policy { window: 600 * SECOND, ..policy("slow", 1) };
    let other = RateLimit { name: "other".to_owned(), ..limit(vec![slow]) };
    let bench = Bench::new([limit(vec![policy("quick", 1)]), other]);
    admitted(bench.get("/", SECOND));
    let refused = refused(bench.get("/", SECOND));
    assert_eq!((refused.limit.as_str(), refused.retry_after), ("other", 600 * SECOND));
}

#[test]
fn clients_are_told_apart_by_their_keys() {
    let cases: [(LimitKey, Request, Request); 7] = [
        (
            LimitKey::Header("X-Tenant".to_owned()),
            request("/", &[("x-tenant", "a")], ""),
            request("/", &[("x-tenant", "b")], ""),
        ),
        (
            LimitKey::Credential,
            request("/", &[("authorization", "Bearer a")], ""),
            request("/?api_key=b", &[], ""),
        ),
        (LimitKey::PathSegment(1), request("/shops/a/x", &[], ""), request("/shops/b/x", &[], "")),
        (LimitKey::Query("q".to_owned()), request("/?q=a", &[], ""), request("/?q=b", &[], "")),
        (
            LimitKey::JwtClaim("sub".to_owned()),
            // {"sub":"a"} and {"sub":"b"}
            request("/", &[("authorization", "Bearer x.eyJzdWIiOiJhIn0.y")], ""),
            request("/", &[("authorization", "Bearer x.eyJzdWIiOiJiIn0.y")], ""),
        ),
        (
            LimitKey::BodyField("$.model".to_owned()),
            request("/", &[], r#"{"model":"a"}"#),
            request("/", &[], r#"{"model":"b"}"#),
        ),
        (LimitKey::Endpoint, request("/a", &[], ""), request("/b", &[], "")),
    ];
    for (key, one, other) in cases {
        let bench =
            Bench::new([RateLimit { key: vec![key.clone()], ..limit(vec![policy("p", 1)]) }]);
        assert!(is_admitted(&bench.ask(&one, SECOND)), "{key:?}");
        assert!(is_admitted(&bench.ask(&other, SECOND)), "{key:?}");
        assert!(!is_admitted(&bench.ask(&one, SECOND)), "{key:?}");
    }
    let all = Bench::new([RateLimit {
        key: vec![LimitKey::Constant("x".to_owned())],
        ..limit(vec![policy("p", 1)])
    }]);
    admitted(all.get("/a", SECOND));
    refused(all.get("/b", SECOND));
}

#[test]
fn a_credential_is_the_same_however_it_is_signed_and_is_never_shown() {
    let key = vec![LimitKey::Credential];
    let bench = Bench::new([RateLimit { key, ..limit(vec![policy("p", 9)]) }]);
    let aws = |signature: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIAX/20260101/eu/s3/aws4_request, Signature={signature}"
        )
    };
    let ask = |value: &str| bench.ask(&request("/", &[("authorization", value)], ""), SECOND);
    ask(&aws("1"));
    ask(&aws("2"));
    ask("Bearer sk_live_4eC39HqLyjWDarjtT1zdp7dc");
    // alice:secret and alice:other
    ask("Basic YWxpY2U6c2VjcmV0");
    ask("Basic YWxpY2U6b3RoZXI=");
    let report = bench.counters.report(2 * SECOND);
    let mut requests: Vec<_> = report.iter().map(|client| client.verdict.requests).collect();
    requests.sort_unstable();
    assert_eq!(requests, [1, 2, 2]);
    for client in &report {
        assert!(client.key.starts_with('#') && client.key.len() == 9, "{}", client.key);
    }
    let without =
        Bench::new([RateLimit { key: vec![LimitKey::Credential], ..limit(vec![policy("p", 9)]) }]);
    without.get("/", SECOND);
    assert_eq!(without.counters.report(SECOND)[0].key, "127.0.0.1");
}

#[test]
fn pseudonyms_are_shown_by_their_beginning() {
    let key = vec![LimitKey::Header("Authorization".to_owned())];
    let bench = Bench::new([RateLimit { key, ..limit(vec![policy("p", 9)]) }]);
    bench.ask(&request("/", &[("authorization", "Bearer sk_r1ng_0123456789")], ""), SECOND);
    assert_eq!(bench.counters.report(SECOND)[0].key, "sk_r1ng_0…");
}

#[test]
fn requests_count_what_they_cost() {
    let cost = |cost, target: &str, body: &str| {
        let bench = Bench::new([RateLimit {
            headers: vec![header("R", "{remaining}")],
            ..limit(vec![Policy { cost, ..policy("p", 1000) }])
        }]);
        let admission = admitted(bench.ask(&request(target, &[], body), SECOND));
        told(&admission.headers, "R").unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(cost(Cost::Fixed(5), "/", ""), 995);
    let by_request = || Cost::ByRequest(vec![(path("/search"), 30)], 1);
    assert_eq!((cost(by_request(), "/search", ""), cost(by_request(), "/", "")), (970, 999));
    let field = || Cost::RequestField { path: "$.n".to_owned(), otherwise: 2 };
    assert_eq!(cost(field(), "/", r#"{"n": 7}"#), 993);
    assert_eq!(cost(field(), "/", "{}"), 998);
    let prompt = r#"{"max_tokens": 100, "p": 1}"#;
    assert_eq!(cost(Cost::Tokens(TokenKind::Total), "/", prompt), 1000 - 107);
    assert_eq!(cost(Cost::Tokens(TokenKind::Output), "/", prompt), 900);
    assert_eq!(cost(Cost::ResponseBytes, "/", ""), 1000);
}

#[test]
fn what_was_reserved_is_settled_when_the_answer_is_over() {
    let clock = Arc::new(SessionClock::new(Clock::start()));
    let left = |cost: Cost, answer: &[u8]| {
        let bench = Bench::new([RateLimit {
            headers: vec![header("R", "{remaining}")],
            ..limit(vec![Policy { cost, ..policy("p", 1000) }])
        }]);
        let admission =
            admitted(bench.ask(&request("/", &[], r#"{"max_tokens": 90}"#), Duration::ZERO));
        assert!(admission.is_to_be_settled());
        let mut settlement = Settlement::new(&bench.counters, &clock, admission);
        settlement.begin(&HeaderMap::new());
        settlement.hear(answer);
        drop(settlement);
        let next = admitted(bench.ask(&request("/", &[], ""), SECOND));
        told(&next.headers, "R").unwrap().to_owned()
    };
    let usage = br#"{"usage": {"input_tokens": 10, "output_tokens": 20}}"#;
    assert_eq!(left(Cost::Tokens(TokenKind::Total), usage), "970");
    assert_eq!(left(Cost::Tokens(TokenKind::Output), b"{}"), "910", "what was reserved stays");
    let field = || Cost::ResponseField { path: "$.cost".to_owned(), reserved: 50 };
    assert_eq!(left(field(), br#"{"cost": 3.2}"#), "946");
    assert_eq!(left(field(), br"{}"), "900");
    assert_eq!(left(Cost::ResponseBytes, &[0; 300]), "700");
}

#[test]
fn requests_at_a_time_are_released() {
    let clock = Arc::new(SessionClock::new(Clock::start()));
    let concurrency = Policy { algorithm: Algorithm::Concurrency, ..policy("open", 1) };
    let bench = Bench::new([limit(vec![concurrency])]);
    let open = admitted(bench.get("/", SECOND));
    let refused = refused(bench.get("/", SECOND));
    assert_eq!(told(&refused.headers, "Retry-After"), Some("1"));
    drop(Settlement::new(&bench.counters, &clock, open));
    admitted(bench.get("/", SECOND));
}

#[test]
fn a_policy_counts_its_own_requests_and_some_are_free() {
    let bench = Bench::new([RateLimit {
        exempt: vec![path("/rate_limit")],
        headers: vec![header("R", "{remaining} {name}")],
        ..limit(vec![
            Policy { request: Some(path("/search")), ..policy("search", 1) },
            policy("core", 3),
        ])
    }]);
    let told_of = |decision| told(&admitted(decision).headers, "R").unwrap().to_owned();
    assert_eq!(told_of(bench.get("/", SECOND)), "2 core");
    assert_eq!(told_of(bench.get("/search", SECOND)), "0 search");
    assert_eq!(told_of(bench.get("/", SECOND)), "0 core");
    refused(bench.get("/", SECOND));
    for _ in 0..3 {
        admitted(bench.get("/rate_limit", SECOND));
    }
    assert_eq!(bench.counters.report(SECOND)[0].verdict.requests, 4);
}

#[test]
fn a_status_endpoint_tells_how_the_policies_stand() {
    let bench = Bench::new([RateLimit {
        status_endpoints: vec![StatusEndpoint {
            request: path("/limits"),
            body: r#"{"core":{core.remaining},"search":{search.remaining}}"#.to_owned(),
        }],
        headers: vec![header("R", "{remaining} {name}")],
        ..limit(vec![
            Policy { request: Some(path("/search")), ..policy("search", 1) },
            policy("core", 2),
        ])
    }]);
    let status = || {
        let admission = admitted(bench.get("/limits", SECOND));
        assert!(told(&admission.headers, "R").unwrap().ends_with("core"));
        admission.status.unwrap().body
    };
    assert_eq!(status(), r#"{"core":2,"search":1}"#);
    assert_eq!(admitted(bench.get("/", SECOND)).status, None);
    admitted(bench.get("/", SECOND));
    refused(bench.get("/", SECOND));
    assert_eq!(status(), r#"{"core":0,"search":1}"#);
}

#[test]
fn headers_come_when_they_are_asked_for() {
    let emitted = |emit: Emit| {
        let bench = Bench::new([RateLimit {
            headers: vec![header("R", "{remaining}")],
            emit,
            ..limit(vec![policy("p", 4)])
        }]);
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(match bench.get("/", SECOND) {
                Decision::Admitted(admission) => !admission.headers.is_empty(),
                Decision::Refused(refused) => told(&refused.headers, "R").is_some(),
            });
        }
        seen
    };
    assert_eq!(emitted(Emit::Always), [true; 5]);
    assert_eq!(emitted(Emit::Near(0.7)), [false, false, true, true, true]);
    assert_eq!(emitted(Emit::WhenLimited), [false, false, false, false, true]);
    assert_eq!(emitted(Emit::Never), [false; 5]);
}

#[test]
fn retry_after_is_said_in_each_way() {
    let said = |retry_after, min_retry_after| {
        let refusal = Refusal { retry_after, min_retry_after, ..Refusal::default() };
        let bench = Bench::new([RateLimit { refusal, ..limit(vec![policy("p", 1)]) }]);
        bench.get("/", SECOND);
        let refused = refused(bench.get("/", 2 * SECOND + Duration::from_millis(500)));
        told(&refused.headers, "Retry-After").map(str::to_owned)
    };
    let none = Duration::ZERO;
    assert_eq!(said(RetryAfter::Seconds, none).as_deref(), Some("59"));
    assert_eq!(said(RetryAfter::Seconds, 120 * SECOND).as_deref(), Some("120"));
    assert_eq!(said(RetryAfter::Float, none).as_deref(), Some("58.5"));
    assert_eq!(said(RetryAfter::Date, none).as_deref(), Some("Tue, 14 Nov 2023 22:14:21 GMT"));
    assert_eq!(said(RetryAfter::Absent, none), None);
}

#[test]
fn who_tries_again_too_early_waits_longer() {
    let penalty = Some(Penalty::Escalate { factor: 2.0, max: 300 * SECOND });
    let bench = Bench::new([RateLimit { penalty, ..limit(vec![policy("p", 1)]) }]);
    admitted(bench.get("/", SECOND));
    let waits: Vec<_> =
        (0..3).map(|_| refused(bench.get("/", SECOND)).retry_after.as_secs()).collect();
    assert_eq!(waits, [60, 120, 240]);
    // There would be room, but for the penalty.
    let still = refused(bench.get("/", 100 * SECOND));
    assert_eq!(still.retry_after.as_secs(), 300);
    admitted(bench.get("/", 400 * SECOND));
    assert_eq!(bench.counters.report(400 * SECOND)[0].verdict.early, 3);
}

#[test]
fn a_refused_request_can_count_like_any_other() {
    let log = Policy { algorithm: Algorithm::SlidingLog, ..policy("p", 1) };
    let bench = Bench::new([RateLimit { counts_refused: true, ..limit(vec![log]) }]);
    admitted(bench.get("/", SECOND));
    assert_eq!(refused(bench.get("/", 31 * SECOND)).retry_after, 60 * SECOND);
    assert_eq!(refused(bench.get("/", 61 * SECOND)).retry_after, 60 * SECOND);
    admitted(bench.get("/", 121 * SECOND));
}

#[test]
fn random_parts_of_a_refusal_are_drawn_from_the_seed() {
    let draw = || {
        let refusal = Refusal {
            headers: vec![header("Request-Id", "{uuid}")],
            body: Some("{uuid} {hex:8}".to_owned()),
            ..Refusal::default()
        };
        let bench = Bench::new([RateLimit { refusal, ..limit(vec![policy("p", 1)]) }]);
        bench.get("/", SECOND);
        [refused(bench.get("/", SECOND)), refused(bench.get("/", SECOND))]
    };
    let [first, second] = draw();
    assert_eq!(draw(), [first.clone(), second.clone()]);
    assert_ne!(first.body, second.body);
    let id = told(&first.headers, "Request-Id").unwrap();
    assert!(first.body.as_deref().unwrap().starts_with(id));
}

#[test]
fn memory_is_bounded_and_the_busiest_clients_are_kept() {
    let key = vec![LimitKey::Header("k".to_owned())];
    let bench = Bench::new([RateLimit { key, ..limit(vec![policy("p", 1)]) }]);
    let busy = request("/", &[("k", "busy")], "");
    admitted(bench.ask(&busy, SECOND));
    for number in 0..25_000 {
        bench.ask(&request("/", &[("k", &number.to_string())], ""), SECOND);
        if number % 1000 == 0 {
            refused(bench.ask(&busy, SECOND));
        }
    }
    assert!(bench.counters.report(SECOND).len() <= 5000);
    bench.counters.reset();
    admitted(bench.ask(&busy, SECOND));
}

#[test]
fn a_limit_that_makes_no_sense_is_refused_with_a_reason() {
    let wrong = |limit: RateLimit| LiveLimit::compile(&Place::All, &limit).unwrap_err().to_string();
    let with = |headers| RateLimit { headers, ..limit(vec![policy("p", 1)]) };
    assert_eq!(wrong(limit(vec![])), "rate limit `rate-limit`: it needs at least one policy");
    assert_eq!(
        wrong(limit(vec![policy("p", 1), policy("p", 2)])),
        "rate limit `rate-limit`: two policies are called `p`: give each a name of its own"
    );
    assert_eq!(
        wrong(with(vec![header("a b", "x")])),
        "rate limit `rate-limit`: `a b` cannot be a header name"
    );
    assert!(wrong(with(vec![header("R", "{rest}")])).starts_with(
        "rate limit `rate-limit`: header `R`: unknown placeholder `{rest}`, known are `limit`,"
    ));
    let key = vec![LimitKey::BodyField("$..[".to_owned())];
    assert!(wrong(RateLimit { key, ..limit(vec![policy("p", 1)]) }).contains("rate-limit"));
    let refusal = Refusal { status: 99, ..Refusal::default() };
    assert!(wrong(RateLimit { refusal, ..limit(vec![policy("p", 1)]) }).contains("200 to 599"));
    let pattern = RequestPattern {
        headers: vec![("x".to_owned(), ValuePattern::Matches("(".to_owned()))],
        ..RequestPattern::default()
    };
    let request = Some(pattern);
    assert!(wrong(RateLimit { request, ..limit(vec![policy("p", 1)]) }).contains("/request"));
}

#[test]
fn the_report_says_how_clients_behaved() {
    let bucket =
        Policy { algorithm: Algorithm::TokenBucket, window: SECOND, ..policy("requests", 1) };
    let key = vec![LimitKey::Header("authorization".to_owned())];
    let bench = Bench::new([RateLimit { key, ..limit(vec![bucket]) }]);
    let ask = |at: u64| {
        let request = request("/", &[("authorization", "Bearer sk_r1ng_01234567")], "");
        bench.ask(&request, Duration::from_millis(at))
    };
    for at in [0, 10, 50, 1060] {
        ask(at);
    }
    let report = bench.counters.report(2 * SECOND);
    assert_eq!(
        render_text(&report),
        "rate limits   rate-limit   key sk_r1ng_0…   1/s token bucket\n  4 requests · 2 limited (429) \
         · 1 retried before Retry-After  ✗ · shortest wait 40 ms of 1 s advertised\n"
    );
    assert_eq!(render_text(&[]), "");
    bench.counters.reset();
    assert!(bench.counters.report(2 * SECOND).is_empty());
    // A run is judged by all of it.
    assert_eq!(bench.counters.early_retries(), 1);
}
