//! Limits against a model and against clients that behave in all ways, through the counters of a
//! session.

use std::{
    cell::Cell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use proptest::prelude::*;

use super::{tests::*, *};
use crate::{
    model::{Algorithm, Cost, LimitKey, Policy, RateLimit},
    runtime::Clock,
    store::clock::SessionClock,
};

const MS: Duration = Duration::from_millis(1);

fn clock() -> Arc<SessionClock> {
    Arc::new(SessionClock::new(Clock::start()))
}

/// What a policy would have room for, by what was let through.
fn room(policy: &Policy, passed: &[Duration], now: Duration) -> u64 {
    let since = |start: Duration| passed.iter().filter(|at| **at >= start).count() as u64;
    match policy.algorithm {
        Algorithm::SlidingLog => {
            let inside = passed.iter().filter(|at| **at + policy.window > now).count();
            policy.limit - inside as u64
        }
        Algorithm::FixedWindow { .. } => {
            let mut start: Option<Duration> = None;
            for at in passed {
                if start.is_none_or(|start| *at >= start + policy.window) {
                    start = Some(*at);
                }
            }
            let start = start.filter(|start| now < *start + policy.window);
            policy.limit - start.map_or(0, since)
        }
        _ => {
            let (burst, window) = (policy.burst.unwrap_or(policy.limit), policy.window.as_nanos());
            // No stretch of time has more than the burst and what came to it meanwhile.
            let left = |start: Duration| {
                let filled = u128::from(policy.limit) * (now - start).as_nanos();
                let all = u128::from(burst) * window + filled;
                (all / window).saturating_sub(u128::from(since(start)))
            };
            let starts = passed.iter().copied().chain([now]);
            starts.map(|start| u64::try_from(left(start)).unwrap()).min().unwrap()
        }
    }
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let algorithm = prop_oneof![
        Just(Algorithm::SlidingLog),
        Just(Algorithm::FixedWindow { from_first: true }),
        Just(Algorithm::TokenBucket),
        Just(Algorithm::Gcra),
        Just(Algorithm::LeakyBucket),
    ];
    (algorithm, 1u64..20, 1u64..20, 1u32..40).prop_map(|(algorithm, limit, burst, window)| {
        let has_burst = !matches!(algorithm, Algorithm::SlidingLog | Algorithm::FixedWindow { .. });
        Policy {
            algorithm,
            window: 100 * MS * window,
            burst: has_burst.then_some(burst),
            ..policy("p", limit)
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn racing_requests_get_what_all_policies_allow_and_no_less(
        policies in prop::collection::vec(any_policy(), 1..4),
        steps in prop::collection::vec((0u32..1500, 1u64..40), 1..10),
    ) {
        let named = policies.iter().enumerate().map(|(at, policy)| Policy {
            name: format!("p{at}"),
            ..policy.clone()
        });
        // The last stands in a limit of its own: all limits must leave room as all policies must.
        let mut first: Vec<_> = named.collect();
        let last = first.split_off(first.len() - 1);
        let limits = [first, last].into_iter().filter(|them| !them.is_empty()).map(limit);
        let bench = Bench::new(limits);
        let (mut now, mut passed) = (Duration::ZERO, Vec::new());
        for (wait, asked) in steps {
            now += MS * wait;
            let expected = policies.iter().map(|it| room(it, &passed, now)).min().unwrap().min(asked);
            let (left, admitted) = (AtomicU64::new(asked), AtomicU64::new(0));
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let one = |left: u64| left.checked_sub(1);
                        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one).is_ok() {
                            if is_admitted(&bench.get("/", now)) {
                                admitted.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    });
                }
            });
            prop_assert_eq!(admitted.load(Ordering::Relaxed), expected, "at {:?}", now);
            passed.extend((0..expected).map(|_| now));
        }
    }

    #[test]
    fn requests_at_a_time_never_exceed_their_number_and_all_are_given_back(
        limit_of in 1u64..6,
        n_threads in 1usize..8,
    ) {
        let concurrency = Policy { algorithm: Algorithm::Concurrency, ..policy("open", limit_of) };
        let rate = policy("rate", 1_000_000);
        let bench = Bench::new([limit(vec![rate, concurrency])]);
        let clock = clock();
        let (open, most) = (AtomicU64::new(0), Mutex::new(0));
        std::thread::scope(|scope| {
            for _ in 0..n_threads {
                scope.spawn(|| {
                    for _ in 0..50 {
                        if let Decision::Admitted(admission) = bench.get("/", SECOND) {
                            let now = open.fetch_add(1, Ordering::SeqCst) + 1;
                            let mut most = most.lock().unwrap();
                            *most = now.max(*most);
                            drop(most);
                            std::thread::yield_now();
                            open.fetch_sub(1, Ordering::SeqCst);
                            drop(Settlement::new(&bench.counters, &clock, admission));
                        }
                    }
                });
            }
        });
        prop_assert!(*most.lock().unwrap() <= limit_of);
        let all: Vec<_> = (0..limit_of).map(|_| admitted(bench.get("/", SECOND))).collect();
        refused(bench.get("/", SECOND));
        drop(all);
    }
}

#[test]
fn a_flood_of_keys_takes_bounded_memory_and_active_ones_stay_counted() {
    let key = vec![LimitKey::Header("k".to_owned())];
    let open = Policy { algorithm: Algorithm::Concurrency, ..policy("open", 1) };
    let bench = Bench::new([RateLimit { key, ..limit(vec![policy("p", 2), open]) }]);
    let clock = clock();
    let release = |admission| drop(Settlement::new(&bench.counters, &clock, admission));
    let (busy, held) = (request("/", &[("k", "busy")], ""), request("/", &[("k", "held")], ""));
    release(admitted(bench.ask(&busy, SECOND)));
    release(admitted(bench.ask(&busy, SECOND)));
    let under_way = admitted(bench.ask(&held, SECOND));
    for number in 0..FLOOD {
        let one = request("/", &[("k", &number.to_string())], "");
        release(admitted(bench.ask(&one, SECOND)));
        if number % 500 == 0 {
            refused(bench.ask(&busy, SECOND));
        }
    }
    assert!(bench.counters.inner.lock().meters.len() <= 20_002);
    assert!(bench.counters.report(SECOND).len() <= 5000);
    // It was asked for long ago, and is still being answered.
    assert_eq!(refused(bench.ask(&held, SECOND)).policy, "open");
    release(under_way);
    release(admitted(bench.ask(&held, SECOND)));
}

/// Several times what is kept; a million is the same.
const FLOOD: u64 = 45_000;

#[test]
fn times_are_told_late_by_what_the_seed_says() {
    let told = |jitter: Duration| {
        let headers = vec![header("Reset", "{reset:delta-float}")];
        let bench = Bench::new([RateLimit { headers, jitter, ..limit(vec![policy("p", 1)]) }]);
        let first = admitted(bench.get("/", SECOND));
        let refused = refused(bench.get("/", SECOND));
        (told(&first.headers, "Reset").unwrap().to_owned(), refused.retry_after)
    };
    assert_eq!(told(Duration::ZERO), ("60.0".to_owned(), 60 * SECOND));
    let late = told(10 * SECOND);
    assert_eq!(late, told(10 * SECOND));
    let reset: f64 = late.0.parse().unwrap();
    assert!((60.0..=70.0).contains(&reset) && reset > 60.0, "{late:?}");
    assert!(late.1 > 60 * SECOND && late.1 <= 70 * SECOND, "{late:?}");
}

#[test]
fn a_route_counts_whatever_ids_are_in_it() {
    let key = vec![LimitKey::Route];
    let headers = vec![header("Bucket", "{key:hash}")];
    let bench = Bench::new([RateLimit { key, headers, ..limit(vec![policy("p", 1)]) }]);
    let first = admitted(bench.get("/v1/charges/ch_3MmlLrLkdIwHu7ix0snN0B15", SECOND));
    let second = refused(bench.get("/v1/charges/ch_1PqRsTuVwXyZ2a3b4c5d6e7f?expand=x", SECOND));
    assert_eq!(told(&first.headers, "Bucket"), told(&second.headers, "Bucket"));
    assert_eq!(told(&first.headers, "Bucket").unwrap().len(), 32);
    let other = admitted(bench.get("/v1/charges", SECOND));
    assert_ne!(told(&first.headers, "Bucket"), told(&other.headers, "Bucket"));
}

#[test]
fn what_is_told_inside_of_an_answer_knows_what_that_cost() {
    let json = |text: &str| crate::codec::json::parse(text).unwrap();
    let cost = Cost::ResponseField { path: "$.cost".to_owned(), reserved: 10 };
    let merge = r#"{"a":{"asked":"{reserved}","cost":"{cost}","left":"{remaining}","of":"{limit}.0","who":"{name} 1","n":"7"}}"#;
    let labelled = Policy { cost, label: Some("core".to_owned()), ..policy("p", 1000) };
    let bench = Bench::new([RateLimit { body_merge: Some(json(merge)), ..limit(vec![labelled]) }]);
    let clock = clock();
    let answered = |body: &str| {
        let admission = admitted(bench.get("/", Duration::ZERO));
        let mut settlement = Settlement::new(&bench.counters, &clock, admission);
        settlement.begin(&http::HeaderMap::new());
        settlement.hear(body.as_bytes());
        let told = settlement.retell().remove(0);
        drop(settlement);
        crate::codec::json::write(&told, crate::model::JsonStyle::default())
    };
    let left = |asked: u64, cost: u64, left: u64| {
        format!(
            r#"{{"a":{{"asked":{asked},"cost":{cost},"left":{left},"of":1000.0,"who":"core 1","n":"7"}}}}"#
        )
    };
    assert_eq!(answered(r#"{"cost":3}"#), left(10, 3, 997));
    // A fault's answer says no cost: what was reserved stays.
    assert_eq!(answered("Bad Gateway"), left(10, 10, 987));
    assert_eq!(answered(r#"{"cost":"25"}"#), left(10, 25, 962));
}

/// How a client behaves: after a try that was refused, when it tries again; `None` gives up.
type Behaves<'b> = dyn Fn(u32, Duration) -> Option<Duration> + 'b;

/// Clients that each want three answers of two that are given a second, and what came of it.
fn behaved(n_clients: u64, behaves: &Behaves<'_>) -> LimitReport {
    let bench = Bench::new([limit(vec![Policy { window: SECOND, ..policy("p", 2) }])]);
    let mut due: Vec<(Duration, u64, u32, u32)> =
        (0..n_clients).map(|client| (MS * u32::try_from(client).unwrap(), client, 0, 3)).collect();
    let mut last = Duration::ZERO;
    for _ in 0..400 {
        due.sort_unstable();
        if due.is_empty() {
            break;
        }
        let (at, client, tries, wanted) = due.remove(0);
        last = at;
        match bench.ask_on(&request(&format!("/{client}"), &[], ""), at, client) {
            Decision::Admitted(_) if wanted > 1 => due.push((at + MS, client, 0, wanted - 1)),
            Decision::Admitted(_) => {}
            Decision::Refused(refused) => {
                // Clients read whole seconds.
                let told = SECOND * u32::try_from(refused.retry_after.as_secs() + 1).unwrap();
                let told = if refused.retry_after.subsec_nanos() == 0 {
                    refused.retry_after
                } else {
                    told
                };
                if let Some(wait) = behaves(tries, told) {
                    due.push((at + wait, client, tries + 1, wanted));
                }
            }
        }
    }
    bench.counters.report(last + 3600 * SECOND).remove(0)
}

#[test]
fn the_verdict_tells_clients_apart_that_wait_and_that_do_not() {
    let drawn = Cell::new(7u32);
    let random = || {
        drawn.set(drawn.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        drawn.get() >> 16
    };
    let polite = behaved(2, &|_, told| Some(told)).verdict;
    assert!(polite.limited > 0 && polite.early == 0 && polite.given_up == 0, "{polite:?}");

    let hammering = behaved(1, &|_, _| Some(20 * MS)).verdict;
    assert!(hammering.early > 30 && hammering.given_up == 0, "{hammering:?}");
    assert_eq!(hammering.shortest.unwrap().waited, 20 * MS);
    assert_eq!(hammering.jitter, Some(0.0));

    // By itself, deaf to what it is told: early at first, late in the end.
    let backing_off =
        behaved(1, &|tries, _| Some(MS * (100 << tries.min(6)) + MS * (random() % 100)));
    let backing_off = backing_off.verdict;
    assert!(backing_off.early > 0 && backing_off.early < hammering.early, "{backing_off:?}");
    assert!(backing_off.jitter.is_some_and(|jitter| jitter > 0.1), "{backing_off:?}");

    let herd = behaved(30, &|_, told| Some(told)).verdict;
    assert!(herd.early == 0 && herd.burst_after_reset >= 20, "{herd:?}");
    let spread = behaved(30, &|_, told| Some(told + MS * (random() % 20_000))).verdict;
    assert!(spread.burst_after_reset < herd.burst_after_reset / 2, "{spread:?}");
    assert!(spread.jitter > herd.jitter, "{spread:?} {herd:?}");

    let giving_up = behaved(1, &|tries, told| (tries < 2).then_some(told / 4)).verdict;
    assert_eq!((giving_up.given_up, giving_up.gave_up_after), (1, 3), "{giving_up:?}");
    let never = behaved(5, &|_, _| None).verdict;
    assert_eq!((never.early, never.retries, never.gave_up_after), (0, 0, 1), "{never:?}");
    assert!(never.given_up >= 3, "{never:?}");
}
