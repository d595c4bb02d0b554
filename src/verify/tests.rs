//! Every kind of expectation met and not met, and properties of the judge.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, uri::PathAndQuery};
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Answered, Compiled, Evidence, Moment, Outcome, Seen, UnusedStub, Verdict, gaps, to_json,
    to_junit, to_text,
};
use crate::{
    codec::json,
    model::{
        Between, Demand, Expectation, Expectations, Gaps, HeaderDemand, Jitter, Json,
        MethodPattern, OrderDemand, Request, RequestBody, RequestDemand, RequestPattern, Retries,
        SameBy, Scheme, Statuses, Step, Times, UrlPattern,
    },
};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn moment(millis: u64) -> Moment {
    Moment { session: ms(millis), real: ms(millis) }
}

/// A request that came at a time and was answered 10 ms later.
fn seen(at: u64, method: &str, path: &str, status: u16) -> Seen {
    Seen {
        id: Uuid::from_u128(u128::from(at) + 1),
        request: Request {
            method: Method::from_bytes(method.as_bytes()).unwrap(),
            scheme: Scheme::Http,
            authority: "h".to_owned(),
            target: PathAndQuery::try_from(path).unwrap(),
            headers: HeaderMap::new(),
            body: RequestBody::Whole(Bytes::new()),
            client: None,
            received: SystemTime::UNIX_EPOCH + ms(at),
        },
        began: moment(at),
        ended: Some(moment(at + 10)),
        answer: Some(Answered { status, headers: HeaderMap::new(), is_whole: true }),
        is_matched: status != 404,
        stub: Some(path.trim_start_matches('/').to_owned()),
        fault: None,
    }
}

impl Seen {
    fn with(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).unwrap();
        self.request.headers.append(name, HeaderValue::try_from(value).unwrap());
        self
    }

    fn told(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).unwrap();
        let value = HeaderValue::try_from(value).unwrap();
        self.answer.as_mut().unwrap().headers.append(name, value);
        self
    }

    fn until(self, end: u64) -> Self {
        Self { ended: Some(moment(end)), ..self }
    }
}

fn evidence(requests: Vec<Seen>) -> Evidence {
    Evidence {
        requests,
        is_kept: true,
        kept_entries: 10_000,
        now: moment(100_000),
        ..Evidence::default()
    }
}

fn judge(demand: Demand, evidence: &Evidence) -> Verdict {
    let expectation = Expectation { name: "it".to_owned(), demand };
    let expectations = Expectations { each: vec![expectation], document: Json::Null };
    Compiled::new(&expectations).unwrap().judge(evidence)
}

fn to(method: &str, path: &str) -> RequestPattern {
    RequestPattern {
        method: MethodPattern::Is(method.to_owned()),
        url: UrlPattern::UrlPath(path.to_owned()),
        ..RequestPattern::default()
    }
}

fn charges(change: impl FnOnce(&mut RequestDemand)) -> Demand {
    let mut demand = RequestDemand {
        which: "POST /charges".to_owned(),
        request: to("POST", "/charges"),
        ..RequestDemand::default()
    };
    change(&mut demand);
    Demand::Requests(Box::new(demand))
}

fn retried(change: impl FnOnce(&mut Retries)) -> Demand {
    let mut retries = Retries { by: vec![SameBy::Request], ..Retries::default() };
    change(&mut retries);
    charges(|demand| demand.retries = Some(retries))
}

fn waiting(change: impl FnOnce(&mut Gaps)) -> Demand {
    let mut gaps = Gaps {
        first: None,
        factor: None,
        jitter: Jitter::Share(0.0),
        spread: None,
        at_least: None,
        at_most: None,
        retry_after: false,
        tolerance: ms(20),
    };
    change(&mut gaps);
    retried(|retries| retries.gaps = Some(gaps))
}

fn between(at_least: u64, at_most: u64) -> Option<Times> {
    Some(Times { at_least, at_most: Some(at_most) })
}

fn charge(at: u64, status: u16) -> Seen {
    seen(at, "POST", "/charges", status)
}

#[track_caller]
fn passes(demand: Demand, requests: Vec<Seen>) {
    let verdict = judge(demand, &evidence(requests));
    assert!(verdict.is_passed(), "{}", to_text(&verdict));
}

#[track_caller]
fn fails(demand: Demand, requests: Vec<Seen>) -> String {
    let verdict = judge(demand, &evidence(requests));
    assert_eq!(verdict.judged[0].outcome(), Outcome::Failed, "{}", to_text(&verdict));
    to_text(&verdict)
}

#[test]
fn requests_are_counted() {
    let twice = || charges(|demand| demand.count = between(2, 2));
    passes(twice(), vec![charge(0, 200), seen(5, "GET", "/charges", 200), charge(90, 200)]);
    insta::assert_snapshot!(
        fails(twice(), vec![charge(0, 503), charge(1204, 503), charge(3000, 200)]), @"
    ✗ it  (3 requests)
        expected  POST /charges 2 times
        got       3 requests came
          #1      +0s  POST /charges  503 by `charges`
          #2  +1.204s  POST /charges  503 by `charges`
          #3      +3s  POST /charges  200 by `charges`
    1 expectation: 0 met · 1 failed · 3 requests
    "
    );
    let never = || charges(|demand| demand.count = between(0, 0));
    passes(never(), vec![seen(0, "GET", "/charges", 200)]);
    assert!(fails(never(), vec![charge(0, 200)]).contains("expected  POST /charges never"));
}

#[test]
fn only_requests_that_were_answered_so_count() {
    let limited = || {
        charges(|demand| {
            demand.answered = vec![Statuses { from: 400, to: 499 }];
            demand.count = between(1, 1);
        })
    };
    passes(limited(), vec![charge(0, 200), charge(1, 429)]);
    assert!(fails(limited(), vec![charge(0, 200)]).contains("POST /charges answered 4xx once"));
}

#[test]
fn what_is_under_way_at_a_time_is_counted() {
    let two = || charges(|demand| demand.concurrent = Some(2));
    // The third begins as the first ends.
    let fair =
        vec![charge(0, 200).until(100), charge(10, 200).until(110), charge(100, 200).until(200)];
    passes(two(), fair);
    let text = fails(
        two(),
        vec![
            charge(0, 200).until(100),
            charge(10, 200).until(110),
            charge(99, 200).until(200),
            charge(300, 200),
        ],
    );
    insta::assert_snapshot!(text, @"
    ✗ it  (4 requests)
        expected  at most 2 of POST /charges at a time
        got       3 requests at a time
          #1    +0s  POST /charges  200 by `charges`  took 100ms
          #2  +10ms  POST /charges  200 by `charges`  took 100ms
          #3  +99ms  POST /charges  200 by `charges`  took 101ms
    1 expectation: 0 met · 1 failed · 4 requests
    ");
    let open = Seen { ended: None, answer: None, ..charge(0, 200) };
    fails(charges(|demand| demand.concurrent = Some(1)), vec![open, charge(5000, 200)]);
}

#[test]
fn concurrency_goes_by_real_time_when_the_clock_stands_still() {
    let frozen = |at: u64| Seen {
        began: Moment { session: ms(0), real: ms(at) },
        ended: Some(Moment { session: ms(0), real: ms(at + 5) }),
        ..charge(at, 200)
    };
    let one = || charges(|demand| demand.concurrent = Some(1));
    passes(one(), vec![frozen(10), frozen(0)]);
    fails(one(), vec![frozen(10), frozen(12)]);
}

fn order(between: Between) -> Demand {
    let step = |method: &str, path: &str| Step {
        name: format!("{method} {path}"),
        request: to(method, path),
    };
    let steps = vec![step("POST", "/login"), step("GET", "/items"), step("POST", "/logout")];
    Demand::Order(OrderDemand { steps, between })
}

#[test]
fn an_order_may_have_others_between() {
    let login = |at| seen(at, "POST", "/login", 200);
    let items = |at| seen(at, "GET", "/items", 200);
    let logout = |at| seen(at, "POST", "/logout", 200);
    let other = |at| seen(at, "GET", "/other", 200);
    // They are told by when they came, not by when they were noted.
    passes(order(Between::Nothing), vec![items(20), login(10), logout(30)]);
    let scattered = || vec![items(5), login(10), other(15), items(20), items(25), logout(30)];
    passes(order(Between::Anything), scattered());
    insta::assert_snapshot!(fails(order(Between::Others), scattered()), @"
    ✗ it  (6 requests)
        expected  in this order, and each once: POST /login, GET /items, POST /logout
        got       #1 where step 1, POST /login, was expected
          #1  +5ms  GET /items  200 by `items`  out of order
    1 expectation: 0 met · 1 failed · 6 requests
    ");
    insta::assert_snapshot!(fails(order(Between::Nothing), scattered()), @"
    ✗ it  (6 requests)
        expected  one directly after the other: POST /login, GET /items, POST /logout
        got       #3 where step 2, GET /items, was expected after #2
          #2  +10ms  POST /login  200 by `login`  step 1
          #3  +15ms  GET /other   200 by `other`  out of order
    1 expectation: 0 met · 1 failed · 6 requests
    ");
    passes(order(Between::Others), vec![other(1), login(10), other(15), items(20), logout(30)]);
    let again = vec![login(10), items(20), logout(30), login(40)];
    insta::assert_snapshot!(fails(order(Between::Others), again), @"
    ✗ it  (4 requests)
        expected  in this order, and each once: POST /login, GET /items, POST /logout
        got       #4 where no further one, was expected after #3
          #1  +10ms  POST /login   200 by `login`  step 1
          #2  +20ms  GET /items    200 by `items`  step 2
          #3  +30ms  POST /logout  200 by `logout`  step 3
          #4  +40ms  POST /login   200 by `login`  out of order
    1 expectation: 0 met · 1 failed · 4 requests
    ");
    insta::assert_snapshot!(
        fails(order(Between::Anything), vec![logout(1), login(10), items(20)]), @"
    ✗ it  (3 requests)
        expected  in this order: POST /login, GET /items, POST /logout
        got       no POST /logout after #3 (step 3)
          #1   +1ms  POST /logout  200 by `logout`  step 3, out of order
          #2  +10ms  POST /login   200 by `login`  step 1
          #3  +20ms  GET /items    200 by `items`  step 2
    1 expectation: 0 met · 1 failed · 3 requests
    "
    );
    fails(order(Between::Anything), vec![]);
}

#[test]
fn tries_of_an_operation_are_counted() {
    let tries = |most| retried(|it| it.tries = between(1, most));
    // The answer of the first is fine: what follows is another operation.
    passes(tries(1), vec![charge(0, 200), charge(100, 200)]);
    passes(tries(2), vec![charge(0, 503), charge(100, 200), charge(200, 503), charge(300, 200)]);
    insta::assert_snapshot!(
        fails(tries(2), vec![charge(0, 503), charge(100, 429), charge(300, 200)]), @"
    ✗ it  (3 requests, 2 retries)
        expected  each operation is tried 1 to 2 times (known by its method, URL and body)
        got       one was tried 3 times
          #1     +0s  POST /charges  503 by `charges`  try 1
          #2  +100ms  POST /charges  429 by `charges`  try 2
          #3  +300ms  POST /charges  200 by `charges`  try 3
    1 expectation: 0 met · 1 failed · 3 requests
    "
    );
}

#[test]
fn requests_that_race_are_not_taken_for_tries() {
    let once = || retried(|it| it.tries = between(1, 1));
    let two = vec![charge(0, 503).until(100), charge(50, 503).until(150)];
    passes(once(), two);
    // The client has left the first one.
    let left = Seen { answer: None, ..charge(0, 200) }.until(60);
    fails(once(), vec![left, charge(50, 200)]);
}

#[test]
fn operations_that_fail_together_are_told_apart_by_their_keys() {
    let key = |seen: Seen, key: &str| seen.with("Idempotency-Key", key);
    let requests = || {
        vec![
            key(charge(0, 503), "a"),
            key(charge(1, 503), "b"),
            key(charge(100, 200), "b"),
            key(charge(200, 200), "a"),
        ]
    };
    passes(retried(|it| it.same = vec!["idempotency-key".to_owned()]), requests());
    passes(retried(|it| it.tries = between(2, 2)), requests());
    let by_key = vec![SameBy::Header("Idempotency-Key".to_owned())];
    passes(
        retried(|it| {
            it.by = by_key.clone();
            it.tries = between(2, 2);
        }),
        requests(),
    );
    // Even after an answer that was fine, it is the same operation.
    let twice = vec![key(charge(0, 200), "a"), key(charge(100, 200), "a")];
    fails(
        retried(|it| {
            it.by = by_key;
            it.tries = between(1, 1);
        }),
        twice,
    );
}

#[test]
fn another_idempotency_key_on_a_retry_is_told() {
    let same = || retried(|it| it.same = vec!["Idempotency-Key".to_owned()]);
    let text = fails(
        same(),
        vec![
            charge(0, 503).with("idempotency-key", "a"),
            charge(100, 503).with("idempotency-key", "b"),
            charge(300, 200),
        ],
    );
    insta::assert_snapshot!(text, @"
    ✗ it  (3 requests, 2 retries)
        expected  the same Idempotency-Key on all tries of an operation
        got       2 different, and 1 request without Idempotency-Key
          #1     +0s  POST /charges  503 by `charges`  Idempotency-Key: `a`
          #2  +100ms  POST /charges  503 by `charges`  Idempotency-Key: `b`
          #3  +300ms  POST /charges  200 by `charges`  no Idempotency-Key
    1 expectation: 0 met · 1 failed · 3 requests
    ");
    passes(same(), vec![charge(0, 200), charge(100, 200)]);
}

#[test]
fn a_refusal_that_is_final_is_not_to_be_tried_again() {
    let never = || retried(|it| it.never_after = vec![Statuses { from: 400, to: 404 }]);
    passes(never(), vec![charge(0, 503), charge(100, 400)]);
    insta::assert_snapshot!(fails(never(), vec![charge(0, 400), charge(100, 200)]), @"
    ✗ it  (2 requests, 1 retry)
        expected  no other try after 400-404
        got       1 try after such an answer
          #1     +0s  POST /charges  400 by `charges`
          #2  +100ms  POST /charges  200 by `charges`  another try after #1
    1 expectation: 0 met · 1 failed · 2 requests
    ");
}

#[test]
fn waits_are_bounded() {
    let least = || waiting(|it| it.at_least = Some(ms(200)));
    passes(least(), vec![charge(0, 503), charge(209, 200)]);
    insta::assert_snapshot!(
        fails(least(), vec![charge(0, 503), charge(90, 503), charge(400, 200)]), @"
    ✗ it  (3 requests, 2 retries)
        expected  at least 200ms between tries
        got       80ms
          #1    +0s  POST /charges  503 by `charges`
          #2  +90ms  POST /charges  503 by `charges`  80ms after #1, too soon
    1 expectation: 0 met · 1 failed · 3 requests
    "
    );
    let most = || waiting(|it| it.at_most = Some(ms(100)));
    passes(most(), vec![charge(0, 503), charge(129, 200)]);
    assert!(fails(most(), vec![charge(0, 503), charge(200, 200)]).contains("too late"));
}

#[test]
fn waits_grow_by_a_factor() {
    let doubling = || waiting(|it| it.factor = Some(2.0));
    // 100, 200, 400
    let fair = [0, 110, 320, 730];
    let tries = |times: &[u64]| times.iter().map(|at| charge(*at, 503)).collect::<Vec<_>>();
    passes(doubling(), tries(&fair));
    insta::assert_snapshot!(fails(doubling(), tries(&[0, 110, 220, 330])), @"
    ✗ it  (4 requests, 3 retries)
        expected  each wait 2 times the one before
        got       2 of 3 waits otherwise, the first 100ms
          #2  +110ms  POST /charges  503 by `charges`
          #3  +220ms  POST /charges  503 by `charges`  100ms after #2, expected 158ms to 220ms
          #4  +330ms  POST /charges  503 by `charges`  100ms after #3, expected 158ms to 220ms
    1 expectation: 0 met · 1 failed · 4 requests
    ");
    let capped = || waiting(|it| (it.factor, it.at_most) = (Some(2.0), Some(ms(200))));
    passes(capped(), tries(&[0, 110, 320, 530, 740]));
    let jittered = || {
        waiting(|it| {
            it.factor = Some(2.0);
            it.first = Some(ms(100));
            it.jitter = Jitter::Share(0.25);
        })
    };
    passes(jittered(), tries(&[0, 85, 345]));
    fails(jittered(), tries(&[0, 70]));
    let full = || {
        waiting(|it| {
            it.factor = Some(2.0);
            it.first = Some(ms(100));
            it.jitter = Jitter::Full;
        })
    };
    passes(full(), tries(&[0, 11, 200]));
    fails(full(), tries(&[0, 140]));
}

#[test]
fn a_wait_is_at_least_what_the_answer_asks_for() {
    let told = || waiting(|it| it.retry_after = true);
    let limited = |at| charge(at, 429).told("retry-after", "2");
    passes(told(), vec![limited(0), charge(2009, 200)]);
    insta::assert_snapshot!(fails(told(), vec![limited(0), charge(1500, 200)]), @"
    ✗ it  (2 requests, 1 retry)
        expected  no try before Retry-After
        got       1.49s
          #1    +0s  POST /charges  429 by `charges`
          #2  +1.5s  POST /charges  200 by `charges`  1.49s after #1, told 2s
    1 expectation: 0 met · 1 failed · 2 requests
    ");
    let dated = charge(0, 503).told("retry-after", "Thu, 01 Jan 1970 00:00:03 GMT");
    passes(told(), vec![dated.clone(), charge(3000, 200)]);
    fails(told(), vec![dated, charge(2900, 200)]);
    // Who waits as asked need not wait as long as the factor says.
    let both = waiting(|it| (it.retry_after, it.factor) = (true, Some(2.0)));
    passes(
        both,
        vec![charge(0, 503), charge(110, 429).told("retry-after", "2"), charge(2121, 200)],
    );
}

#[test]
fn clients_that_come_back_together_are_told() {
    let spread = || waiting(|it| it.spread = Some(0.1));
    let path = |at, status, number: u64| {
        let mut seen = charge(at, status);
        seen.request.body = RequestBody::Whole(Bytes::from(number.to_string()));
        seen
    };
    let clients = |waits: [u64; 3]| {
        let first = (0..3).map(|number| path(number, 503, number));
        let again = (0..3).zip(waits).map(|(number, wait)| path(number + 10 + wait, 200, number));
        first.chain(again).collect::<Vec<_>>()
    };
    passes(spread(), clients([500, 700, 1000]));
    insta::assert_snapshot!(fails(spread(), clients([1000, 1000, 1001])), @"
    ✗ it  (6 requests, 3 retries)
        expected  waits of clients differ by at least 10%
        got       0% of 3 waits
          #4   +1.01s  POST /charges  200 by `charges`  1s after #1
          #5  +1.011s  POST /charges  200 by `charges`  1s after #2
          #6  +1.013s  POST /charges  200 by `charges`  1.001s after #3
    1 expectation: 0 met · 1 failed · 6 requests
    ");
    let verdict = judge(spread(), &evidence(vec![charge(0, 503), charge(100, 200)]));
    assert_eq!(verdict.judged[0].outcome(), Outcome::Unjudged);
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[test]
fn traces_are_passed_on() {
    let same = || charges(|it| it.headers = vec![("traceparent".into(), HeaderDemand::SameTrace)]);
    let parent = |trace: &str| format!("00-{trace}-00f067aa0ba902b7-01");
    let traced = |at, trace: &str| charge(at, 200).with("traceparent", &parent(trace));
    passes(same(), vec![traced(0, TRACE), traced(1, TRACE)]);
    let other = TRACE.replace('4', "5");
    insta::assert_snapshot!(
        fails(same(), vec![traced(0, TRACE), traced(1, &other), charge(2, 200)]), @"
    ✗ it  (3 requests)
        expected  one trace in traceparent of all
        got       2 different, and 1 request without a trace
          #1   +0s  POST /charges  200 by `charges`  trace 4bf92f3577b34da6a3ce929d0e0e4736
          #2  +1ms  POST /charges  200 by `charges`  trace 5bf92f3577b35da6a3ce929d0e0e5736
          #3  +2ms  POST /charges  200 by `charges`  no traceparent
    1 expectation: 0 met · 1 failed · 3 requests
    "
    );
    let this = charges(|it| {
        it.headers = vec![("traceparent".into(), HeaderDemand::Trace(TRACE.to_owned()))];
    });
    passes(this.clone(), vec![traced(0, TRACE)]);
    fails(this, vec![traced(0, TRACE), traced(1, &other)]);
    let tries = || retried(|it| it.same_trace = true);
    let failed = |at, trace: &str| charge(at, 503).with("traceparent", &parent(trace));
    passes(tries(), vec![failed(0, TRACE), traced(20, TRACE), failed(50, &other)]);
    fails(tries(), vec![failed(0, TRACE), traced(20, &other)]);
}

#[test]
fn values_of_headers_are_the_same_or_differ() {
    let key = |demand| charges(|it| it.headers = vec![("X-Key".into(), demand)]);
    let with = |at, value| charge(at, 200).with("x-key", value);
    passes(key(HeaderDemand::Same), vec![with(0, "a"), with(1, "a")]);
    fails(key(HeaderDemand::Same), vec![with(0, "a"), with(1, "b")]);
    passes(key(HeaderDemand::Unique), vec![with(0, "a"), with(1, "b")]);
    fails(key(HeaderDemand::Unique), vec![with(0, "a"), with(1, "b"), with(2, "a")]);
    let fits = || {
        let absent = crate::model::ValuePattern::Absent;
        key(HeaderDemand::Fits(crate::model::ValuePattern::Not(Box::new(absent))))
    };
    passes(fits(), vec![with(0, "a")]);
    insta::assert_snapshot!(fails(fits(), vec![with(0, "a"), charge(1, 200)]), @"
    ✗ it  (2 requests)
        expected  X-Key on every request
        got       not so on 1 request
          #2  +1ms  POST /charges  200 by `charges`  no X-Key
    1 expectation: 0 met · 1 failed · 2 requests
    ");
}

#[test]
fn stubs_tries_and_misses_are_judged_without_a_pattern() {
    let mut evidence = evidence(vec![seen(0, "GET", "/nope", 404)]);
    evidence.unused_stubs = vec![UnusedStub { id: "7".to_owned(), name: "refund".to_owned() }];
    evidence.early_retries = 3;
    let outcome = |demand| judge(demand, &evidence).judged[0].outcome();
    assert_eq!(outcome(Demand::UnusedStubs(vec![])), Outcome::Failed);
    assert_eq!(outcome(Demand::UnusedStubs(vec!["ref*".to_owned()])), Outcome::Passed);
    assert_eq!(outcome(Demand::UnusedStubs(vec!["7".to_owned()])), Outcome::Passed);
    assert_eq!(outcome(Demand::EarlyRetries(2)), Outcome::Failed);
    assert_eq!(outcome(Demand::EarlyRetries(3)), Outcome::Passed);
    assert_eq!(outcome(Demand::Unmatched(0)), Outcome::Failed);
    assert_eq!(outcome(Demand::Unmatched(1)), Outcome::Passed);
}

#[test]
fn what_is_gone_from_the_journal_cannot_be_judged() {
    let gone = |demand| {
        let evidence = Evidence { dropped: 5, kept_entries: 2, ..evidence(vec![charge(0, 200)]) };
        judge(demand, &evidence)
    };
    let outcome = |demand| gone(demand).judged[0].outcome();
    let count = |times| charges(|it| it.count = Some(times));
    let unjudged = gone(count(Times { at_least: 0, at_most: Some(1) }));
    insta::assert_snapshot!(to_text(&unjudged), @"
    ? it  (1 request)
        expected  POST /charges at most once
        got       cannot be judged: 5 requests are gone from the journal, which keeps 2; raise `--journal-entries` or `--journal-bytes`
    1 expectation: 0 met · 1 not judged · 1 request · 5 gone from the journal
    ");
    // What there is suffices, whatever is gone.
    assert_eq!(outcome(count(Times { at_least: 1, at_most: None })), Outcome::Passed);
    assert_eq!(outcome(count(Times { at_least: 0, at_most: Some(0) })), Outcome::Failed);
    assert_eq!(outcome(charges(|it| it.concurrent = Some(1))), Outcome::Unjudged);
    assert_eq!(outcome(charges(|it| it.concurrent = Some(0))), Outcome::Failed);
    assert_eq!(outcome(order(Between::Anything)), Outcome::Unjudged);
    assert_eq!(outcome(Demand::EarlyRetries(0)), Outcome::Passed);
    let off = Evidence { is_kept: false, ..Evidence::default() };
    let verdict = judge(count(Times { at_least: 0, at_most: None }), &off);
    assert_eq!(verdict.judged[0].outcome(), Outcome::Unjudged);
}

#[test]
fn reports_say_the_same() {
    let bad = charge(0, 200).with("x-key", "a<b>&\"c\"");
    let demand = charges(|it| {
        it.headers = vec![("X-Key".into(), HeaderDemand::Same)];
        it.count = between(2, 2);
    });
    let verdict = judge(demand, &evidence(vec![bad, charge(1, 200), charge(2, 200)]));
    insta::assert_snapshot!(to_junit(&verdict), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="ringer" tests="1" failures="1" errors="0" time="0">
      <testsuite name="expectations, session default" tests="1" failures="1" errors="0" skipped="0" time="0">
        <testcase classname="ringer.expectations" name="it" time="0">
          <failure message="POST /charges 2 times: 3 requests came" type="count">expected  POST /charges 2 times
    got       3 requests came
      #1   +0s  POST /charges  200 by `charges`
      #2  +1ms  POST /charges  200 by `charges`
      #3  +2ms  POST /charges  200 by `charges`

    expected  the same X-Key on all
    got       1 different, and 2 requests without X-Key
      #1   +0s  POST /charges  200 by `charges`  X-Key: `a&lt;b&gt;&amp;&quot;c&quot;`
      #2  +1ms  POST /charges  200 by `charges`  no X-Key
      #3  +2ms  POST /charges  200 by `charges`  no X-Key
    </failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
    insta::assert_snapshot!(json::java::pretty(&to_json(&verdict), &str::to_owned), @r#"
    {
      "passed" : false,
      "session" : "default",
      "requests" : 3,
      "dropped" : 0,
      "expectations" : [ {
        "name" : "it",
        "outcome" : "failed",
        "basis" : "3 requests",
        "findings" : [ {
          "about" : "count",
          "outcome" : "failed",
          "expected" : "POST /charges 2 times",
          "got" : "3 requests came",
          "requests" : [ {
            "number" : 1,
            "id" : "00000000-0000-0000-0000-000000000001",
            "atMs" : 0,
            "method" : "POST",
            "url" : "/charges",
            "status" : 200,
            "stub" : "charges",
            "note" : null
          }, {
            "number" : 2,
            "id" : "00000000-0000-0000-0000-000000000002",
            "atMs" : 1,
            "method" : "POST",
            "url" : "/charges",
            "status" : 200,
            "stub" : "charges",
            "note" : null
          }, {
            "number" : 3,
            "id" : "00000000-0000-0000-0000-000000000003",
            "atMs" : 2,
            "method" : "POST",
            "url" : "/charges",
            "status" : 200,
            "stub" : "charges",
            "note" : null
          } ],
          "more" : 0
        }, {
          "about" : "headers",
          "outcome" : "failed",
          "expected" : "the same X-Key on all",
          "got" : "1 different, and 2 requests without X-Key",
          "requests" : [ {
            "number" : 1,
            "id" : "00000000-0000-0000-0000-000000000001",
            "atMs" : 0,
            "method" : "POST",
            "url" : "/charges",
            "status" : 200,
            "stub" : "charges",
            "note" : "X-Key: `a<b>&\"c\"`"
          }, {
            "number" : 2,
            "id" : "00000000-0000-0000-0000-000000000002",
            "atMs" : 1,
            "method" : "POST",
            "url" : "/charges",
            "status" : 200,
            "stub" : "charges",
            "note" : "no X-Key"
          }, {
            "number" : 3,
            "id" : "00000000-0000-0000-0000-000000000003",
            "atMs" : 2,
            "method" : "POST",
            "url" : "/charges",
            "status" : 200,
            "stub" : "charges",
            "note" : "no X-Key"
          } ],
          "more" : 0
        } ]
      } ]
    }
    "#);
}

/// Requests to `/0` to `/3` at random times.
fn requests() -> impl Strategy<Value = Vec<Seen>> {
    let one = (0u64..1000, 0u8..4, 0u64..300);
    prop::collection::vec(one, 0..20).prop_map(|requests| {
        let one = |(at, path, took)| seen(at, "GET", &format!("/{path}"), 200).until(at + took);
        requests.into_iter().map(one).collect()
    })
}

proptest! {
    #[test]
    fn counts_are_those_of_a_plain_count(all in requests(), path in 0u8..4, least in 0u64..8, more in 0u64..8) {
        let path = format!("/{path}");
        let plain = all.iter().filter(|seen| seen.request.target == *path).count() as u64;
        let demand = Demand::Requests(Box::new(RequestDemand {
            request: to("GET", &path),
            count: between(least, least + more),
            ..RequestDemand::default()
        }));
        let is_right = (least..=least + more).contains(&plain);
        prop_assert_eq!(judge(demand, &evidence(all)).is_passed(), is_right);
    }

    #[test]
    fn an_order_is_that_of_a_plain_search(all in requests(), steps in prop::collection::vec(0u8..4, 2..5)) {
        let mut sorted = all.clone();
        sorted.sort_by_key(|seen| seen.began.real);
        let come: Vec<String> = sorted.iter().map(|seen| seen.request.target.to_string()).collect();
        let wanted: Vec<String> = steps.iter().map(|path| format!("/{path}")).collect();
        // Every way to choose as many of them, by dynamic programming over prefixes.
        let mut reach = vec![false; wanted.len() + 1];
        reach[0] = true;
        for path in &come {
            for step in (0..wanted.len()).rev() {
                reach[step + 1] |= reach[step] && wanted[step] == *path;
            }
        }
        let demand = |between| Demand::Order(OrderDemand {
            steps: wanted
                .iter()
                .map(|path| Step { name: path.clone(), request: to("GET", path) })
                .collect(),
            between,
        });
        let passes = |between| judge(demand(between), &evidence(all.clone())).is_passed();
        prop_assert_eq!(passes(Between::Anything), reach[wanted.len()]);
        let has_run = come.windows(wanted.len()).any(|run| run == wanted);
        prop_assert_eq!(passes(Between::Nothing), has_run);
        let steps_alone: Vec<_> = come.iter().filter(|path| wanted.contains(path)).collect();
        let is_exact = steps_alone.iter().copied().eq(wanted.iter());
        prop_assert_eq!(passes(Between::Others), is_exact);
    }

    #[test]
    fn concurrency_is_the_most_at_any_moment(all in requests(), most in 0u64..6) {
        let at = |moment: u64| all
            .iter()
            .filter(|seen| {
                let end = seen.ended.unwrap_or_default().real;
                // A request that takes no time is under way when it comes.
                seen.began.real <= ms(moment) && (ms(moment) < end || seen.began.real == ms(moment))
            })
            .count() as u64;
        // Of those that come at the same moment, one that takes no time may be over before the next.
        prop_assume!(all.iter().all(|seen| seen.ended.unwrap_or_default().real > seen.began.real));
        let peak = (0..1300).map(at).max().unwrap_or_default();
        let demand = Demand::Requests(Box::new(RequestDemand {
            concurrent: Some(most),
            ..RequestDemand::default()
        }));
        prop_assert_eq!(judge(demand, &evidence(all)).is_passed(), peak <= most);
    }

    #[test]
    fn a_client_that_backs_off_as_it_should_passes(
        first in 1u64..2000,
        factor in 1.0f64..4.0,
        share in 0.0f64..0.9,
        draws in prop::collection::vec(-1.0f64..1.0, 1..8),
        noise in prop::collection::vec(0u64..20, 8),
    ) {
        let mut nominal = first as f64 / 1000.0;
        let mut waits = Vec::new();
        for (draw, noise) in draws.iter().zip(&noise) {
            let wait = nominal * (1.0 + draw * share) + *noise as f64 / 1000.0;
            waits.push((Duration::from_secs_f64(wait), false));
            nominal *= factor;
        }
        let gaps = |first| Gaps {
            first,
            factor: Some(factor),
            jitter: Jitter::Share(share),
            spread: None,
            at_least: None,
            at_most: None,
            retry_after: false,
            tolerance: ms(20),
        };
        for first in [None, Some(ms(first))] {
            for (range, (wait, _)) in gaps::ranges(&gaps(first), &waits).iter().zip(&waits) {
                prop_assert!(range.is_none_or(|range| range.holds(*wait)), "{range:?} {wait:?}");
            }
        }
    }

    #[test]
    fn reports_can_be_written_of_anything(names in prop::collection::vec(any::<String>(), 0..4)) {
        let each = names.iter().map(|name| Expectation {
            name: name.clone(),
            demand: charges(|it| {
                it.which.clone_from(name);
                it.count = between(1, 1);
            }),
        });
        let expectations = Expectations { each: each.collect(), document: Json::Null };
        let verdict = Compiled::new(&expectations).unwrap().judge(&evidence(vec![]));
        let xml = to_junit(&verdict);
        prop_assert!(crate::codec::xml::Document::parse(&xml).is_ok(), "{xml}");
        to_text(&verdict);
        to_json(&verdict);
    }
}
