//! Each algorithm against a model that remembers everything and computes naively.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;

use super::*;
use crate::model::{Algorithm, Cost, Policy};

const WINDOW: u64 = 1000;
/// 2026-03-28, the day before the clocks of Berlin go forward.
const START: i64 = 1_774_700_000;

fn policy(algorithm: Algorithm, limit: u64, burst: Option<u64>) -> Policy {
    Policy {
        name: "requests".to_owned(),
        label: None,
        algorithm,
        limit,
        window: Duration::from_nanos(WINDOW),
        burst,
        cost: Cost::Fixed(1),
        request: None,
        key: None,
        refusal: None,
    }
}

fn at(nanos: u64) -> Now {
    let elapsed = Duration::from_nanos(nanos);
    let start = Timestamp::from_second(START).unwrap();
    Now { elapsed, wall: start.checked_add(elapsed).unwrap() }
}

/// What was let through: when, and how much.
type Passed = Vec<(u64, u64)>;

/// Whether a model lets a request through.
type Model = fn(&Policy, &Passed, now: u64, cost: u64) -> bool;

fn since(passed: &Passed, start: u64) -> u64 {
    passed.iter().filter(|(at, _)| *at >= start).map(|(_, cost)| cost).sum()
}

fn windows_from_first(policy: &Policy, passed: &Passed, now: u64, cost: u64) -> bool {
    let mut start = None;
    for (at, _) in passed {
        if start.is_none_or(|start| *at >= start + WINDOW) {
            start = Some(*at);
        }
    }
    let start = start.filter(|start| now < start + WINDOW);
    start.map_or(0, |start| since(passed, start)) + cost <= policy.limit
}

/// The start of the session is a multiple of the window since 1970.
fn aligned_windows(policy: &Policy, passed: &Passed, now: u64, cost: u64) -> bool {
    since(passed, now / WINDOW * WINDOW) + cost <= policy.limit
}

fn any_window(policy: &Policy, passed: &Passed, now: u64, cost: u64) -> bool {
    let counted = passed.iter().filter(|(at, _)| at + WINDOW > now);
    counted.map(|(_, cost)| cost).sum::<u64>() + cost <= policy.limit
}

fn weighted_windows(policy: &Policy, passed: &Passed, now: u64, cost: u64) -> bool {
    let number = now / WINDOW;
    let of = |wanted: u64| -> u64 {
        passed.iter().filter(|(at, _)| at / WINDOW == wanted).map(|(_, cost)| cost).sum()
    };
    let before = number.checked_sub(1).map_or(0, of);
    let left = WINDOW - now % WINDOW;
    before * left + (of(number) + cost) * WINDOW <= policy.limit * WINDOW
}

/// In no stretch of time more than the burst and what it is refilled with.
fn bursts_and_refills(policy: &Policy, passed: &Passed, now: u64, cost: u64) -> bool {
    let burst = policy.burst.unwrap_or(policy.limit);
    let starts = passed.iter().map(|(at, _)| *at).chain([now]);
    starts.into_iter().all(|start| {
        (since(passed, start) + cost) * WINDOW <= burst * WINDOW + policy.limit * (now - start)
    })
}

fn models() -> Vec<(Algorithm, Model)> {
    vec![
        (Algorithm::FixedWindow { from_first: true }, windows_from_first),
        (Algorithm::FixedWindow { from_first: false }, aligned_windows),
        (Algorithm::SlidingLog, any_window),
        (Algorithm::SlidingCounter, weighted_windows),
        (Algorithm::TokenBucket, bursts_and_refills),
        (Algorithm::LeakyBucket, bursts_and_refills),
        (Algorithm::Gcra, bursts_and_refills),
    ]
}

fn steps() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let gap = prop_oneof![
        3 => 0u64..=120,
        1 => Just(0u64),
        1 => Just(WINDOW),
        1 => Just(WINDOW - 1),
        1 => 0u64..3 * WINDOW,
    ];
    prop::collection::vec((gap, 1u64..4), 1..80)
}

proptest! {
    #[test]
    fn passes_exactly_what_the_policy_allows(
        limit in 1u64..12,
        burst in prop::option::of(1u64..20),
        steps in steps(),
    ) {
        for (algorithm, model) in models() {
            let policy = policy(algorithm, limit, burst);
            let terms = Terms::new(&policy).unwrap();
            let mut meter = Meter::new(&terms, at(0));
            let (mut now, mut passed) = (0, Passed::new());
            for (gap, cost) in &steps {
                now += gap;
                meter.advance(&terms, at(now));
                let fits = meter.wait(&terms, *cost).is_none();
                let algorithm = &policy.algorithm;
                prop_assert_eq!(fits, model(&policy, &passed, now, *cost), "{:?} {}", algorithm, now);
                let remaining = meter.remaining(&terms);
                prop_assert!(meter.wait(&terms, remaining).is_none(), "{:?}", algorithm);
                prop_assert!(meter.wait(&terms, remaining + 1).is_some(), "{:?}", algorithm);
                if fits {
                    meter.charge(&terms, *cost, at(now));
                    passed.push((now, *cost));
                    prop_assert_eq!(meter.remaining(&terms), remaining - cost, "{:?}", algorithm);
                }
            }
        }
    }

    #[test]
    fn who_waits_as_told_is_let_through_and_a_moment_before_is_not(
        limit in 1u64..12,
        burst in prop::option::of(1u64..20),
        counts_refused in any::<bool>(),
        steps in steps(),
    ) {
        for (algorithm, _) in models() {
            let policy = policy(algorithm, limit, burst);
            let terms = Terms::new(&policy).unwrap();
            let mut meter = Meter::new(&terms, at(0));
            let mut now = 0;
            for (gap, cost) in &steps {
                now += gap;
                meter.advance(&terms, at(now));
                if meter.wait(&terms, *cost).is_some() && counts_refused {
                    meter.charge_refused(&terms, *cost, at(now));
                }
                let Some(wait) = meter.wait(&terms, *cost) else {
                    meter.charge(&terms, *cost, at(now));
                    continue;
                };
                let wait = u64::try_from(wait.as_nanos()).unwrap();
                let mut later = meter.clone();
                if *cost > terms.burst() {
                    later.advance(&terms, at(now + wait));
                    prop_assert!(later.wait(&terms, *cost).is_some());
                    prop_assert_eq!(later.remaining(&terms), terms.burst());
                    continue;
                }
                prop_assert!(wait > 0);
                later.advance(&terms, at(now + wait - 1));
                prop_assert!(later.wait(&terms, *cost).is_some(), "{:?}", policy.algorithm);
                later.advance(&terms, at(now + wait));
                prop_assert!(later.wait(&terms, *cost).is_none(), "{:?}", policy.algorithm);
            }
        }
    }

    #[test]
    fn all_is_there_again_when_that_was_told(limit in 1u64..12, steps in steps()) {
        for (algorithm, _) in models() {
            let policy = policy(algorithm, limit, None);
            let terms = Terms::new(&policy).unwrap();
            let mut meter = Meter::new(&terms, at(0));
            let mut now = 0;
            for (gap, cost) in &steps {
                now += gap;
                meter.advance(&terms, at(now));
                meter.charge(&terms, *cost, at(now));
                let reset = u64::try_from(meter.reset_after(&terms).as_nanos()).unwrap();
                let mut later = meter.clone();
                later.advance(&terms, at(now + reset));
                prop_assert_eq!(later.remaining(&terms), limit, "{:?}", policy.algorithm);
                prop_assert!(later.is_idle(&terms), "{:?}", policy.algorithm);
            }
        }
    }

    #[test]
    fn what_is_given_back_was_never_taken(
        limit in 4u64..12,
        steps in steps(),
        reserved in 0u64..6,
        actual in 0u64..9,
        late in 0u64..WINDOW,
    ) {
        for (algorithm, _) in models() {
            let policy = policy(algorithm, limit, None);
            let terms = Terms::new(&policy).unwrap();
            let mut meter = Meter::new(&terms, at(0));
            let mut now = 0;
            for (gap, cost) in &steps {
                now += gap;
                meter.advance(&terms, at(now));
                if meter.wait(&terms, *cost).is_none() {
                    meter.charge(&terms, *cost, at(now));
                }
            }
            let mut settled = meter.clone();
            let receipt = settled.charge(&terms, reserved, at(now));
            let mut known = meter.clone();
            known.charge(&terms, actual, at(now));
            settled.correct(&terms, receipt, actual);
            prop_assert_eq!(settled.remaining(&terms), known.remaining(&terms));
            prop_assert_eq!(settled.wait(&terms, 3), known.wait(&terms, 3), "{:?}", policy.algorithm);
            // Settled late: the end is the same where nothing was capped on the way.
            let mut settled = meter.clone();
            let receipt = settled.charge(&terms, reserved, at(now));
            settled.advance(&terms, at(now + late));
            settled.correct(&terms, receipt, actual);
            known.advance(&terms, at(now + late));
            if actual >= reserved {
                prop_assert!(settled.remaining(&terms) <= known.remaining(&terms));
            } else {
                prop_assert!(settled.remaining(&terms) >= known.remaining(&terms).min(limit));
            }
        }
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away_and_locks_nobody_out(
        limit in 1u64..12,
        times in prop::collection::vec(0u64..5 * WINDOW, 1..60),
    ) {
        for (algorithm, _) in models() {
            let policy = policy(algorithm, limit, None);
            let terms = Terms::new(&policy).unwrap();
            let mut meter = Meter::new(&terms, at(0));
            for now in &times {
                meter.advance(&terms, at(*now));
                if meter.wait(&terms, 1).is_none() {
                    meter.charge(&terms, 1, at(*now));
                }
                if !matches!(policy.algorithm, Algorithm::FixedWindow { from_first: false }) {
                    let same = meter.remaining(&terms);
                    let mut back = meter.clone();
                    back.advance(&terms, at(0));
                    if !matches!(policy.algorithm, Algorithm::SlidingCounter) {
                        prop_assert_eq!(back.remaining(&terms), same, "{:?}", policy.algorithm);
                    }
                }
                let mut later = meter.clone();
                later.advance(&terms, at(0));
                later.advance(&terms, at(2 * WINDOW));
                prop_assert_eq!(later.remaining(&terms), limit, "{:?}", policy.algorithm);
            }
        }
    }

    #[test]
    fn all_or_none_are_charged(
        limits in prop::collection::vec(1u64..6, 1..4),
        costs in prop::collection::vec(1u64..4, 3),
        steps in steps(),
    ) {
        let terms: Vec<_> = limits
            .iter()
            .map(|limit| Terms::new(&policy(Algorithm::SlidingLog, *limit, None)).unwrap())
            .collect();
        let mut meters: Vec<_> = terms.iter().map(|terms| Meter::new(terms, at(0))).collect();
        let mut now = 0;
        for (gap, _) in steps {
            now += gap;
            for (meter, terms) in meters.iter_mut().zip(&terms) {
                meter.advance(terms, at(now));
            }
            let left = |meters: &[Meter]| -> Vec<u64> {
                meters.iter().zip(&terms).map(|(meter, terms)| meter.remaining(terms)).collect()
            };
            let before = left(&meters);
            let mut demands: Vec<_> = meters
                .iter_mut()
                .zip(&terms)
                .zip(&costs)
                .map(|((meter, terms), cost)| Demand { meter, terms, cost: *cost })
                .collect();
            let admitted = admit(&mut demands, at(now));
            let after = left(&meters);
            let fits = before.iter().zip(&costs).all(|(left, cost)| left >= cost);
            prop_assert_eq!(admitted.is_ok(), fits);
            for ((before, after), cost) in before.iter().zip(&after).zip(&costs) {
                prop_assert_eq!(before - after, if fits { *cost } else { 0 });
            }
            if let Err(waits) = admitted {
                for (wait, (left, cost)) in waits.iter().zip(before.iter().zip(&costs)) {
                    prop_assert_eq!(wait.is_some(), left < cost);
                }
            }
        }
    }

    #[test]
    fn no_numbers_are_too_large(
        limit in prop_oneof![1u64..3, Just(u64::MAX)],
        window in prop_oneof![Just(Duration::from_nanos(1)), Just(Duration::MAX)],
        costs in prop::collection::vec(prop_oneof![0u64..3, Just(u64::MAX)], 1..5),
    ) {
        for (algorithm, _) in models() {
            let policy = Policy { window, ..policy(algorithm, limit, Some(limit)) };
            let terms = Terms::new(&policy).unwrap();
            let mut meter = Meter::new(&terms, at(0));
            for cost in &costs {
                let receipt = meter.charge(&terms, *cost, at(5));
                meter.advance(&terms, at(u64::MAX / 2));
                let _ = (meter.remaining(&terms), meter.wait(&terms, *cost), meter.is_idle(&terms));
                meter.reset_after(&terms);
                meter.charge_refused(&terms, u64::MAX, at(u64::MAX / 2));
                meter.correct(&terms, receipt, u64::MAX);
            }
        }
    }
}

#[test]
fn a_long_log_takes_little_memory_and_never_lets_too_many_through() {
    let policy =
        Policy { window: Duration::from_secs(60), ..policy(Algorithm::SlidingLog, 20_000, None) };
    let terms = Terms::new(&policy).unwrap();
    let mut meter = Meter::new(&terms, at(0));
    let mut passed = Vec::new();
    for request in 0..60_000u64 {
        let now = request * 2_000_000;
        meter.advance(&terms, at(now));
        if meter.wait(&terms, 1).is_none() {
            meter.charge(&terms, 1, at(now));
            passed.push(now);
        }
    }
    for (first, start) in passed.iter().enumerate() {
        let beyond = passed.get(first + 20_000);
        assert!(beyond.is_none_or(|beyond| beyond - start >= 60_000_000_000), "{start}");
    }
    // Two windows' worth, but for what is gathered.
    assert!(passed.len() > 39_000, "{}", passed.len());
}

#[test]
fn requests_at_a_time_are_counted_until_they_end() {
    let terms = Terms::new(&policy(Algorithm::Concurrency, 2, None)).unwrap();
    let mut meter = Meter::new(&terms, at(0));
    let first = meter.charge(&terms, 1, at(0));
    assert_eq!(meter.remaining(&terms), 1);
    meter.charge(&terms, 1, at(0));
    assert_eq!(meter.wait(&terms, 1), Some(Duration::ZERO));
    meter.charge_refused(&terms, 1, at(0));
    meter.correct(&terms, first, 0);
    assert_eq!((meter.remaining(&terms), meter.wait(&terms, 1)), (1, None));
    assert!(!meter.is_idle(&terms));
    meter.correct(&terms, first, 0);
    assert!(meter.is_idle(&terms));
}

#[test]
fn a_day_is_as_long_as_it_is_in_its_zone() {
    let zone = "Europe/Berlin";
    let terms = Terms::new(&policy(Algorithm::Daily { zone: zone.to_owned() }, 3, None)).unwrap();
    let berlin = TimeZone::get(zone).unwrap();
    let when = |hour: i8, minute: i8, day: i8| {
        let zoned = jiff::civil::date(2026, 3, day).at(hour, minute, 0, 0);
        let wall = zoned.to_zoned(berlin.clone()).unwrap().timestamp();
        Now { elapsed: Duration::ZERO, wall }
    };
    let mut meter = Meter::new(&terms, when(23, 0, 28));
    meter.charge(&terms, 3, when(23, 0, 28));
    assert_eq!(meter.wait(&terms, 1), Some(Duration::from_secs(3600)));
    meter.advance(&terms, when(0, 0, 29));
    assert_eq!(meter.remaining(&terms), 3);
    // The night in which the clocks go forward.
    assert_eq!(meter.reset_after(&terms), Duration::from_secs(23 * 3600));
    meter.charge(&terms, 1, when(0, 0, 29));
    meter.advance(&terms, when(12, 0, 28));
    assert_eq!(meter.remaining(&terms), 3, "set back to another day");
}

#[test]
fn terms_without_sense_are_refused() {
    let wrong = |policy: Policy| Terms::new(&policy).unwrap_err().to_string();
    assert_eq!(
        wrong(policy(Algorithm::Gcra, 0, None)),
        "policy `requests`: `limit` must be at least 1"
    );
    let endless = Policy { window: Duration::ZERO, ..policy(Algorithm::Gcra, 1, None) };
    assert_eq!(wrong(endless), "policy `requests`: `window` must be longer than no time");
    assert_eq!(
        wrong(policy(Algorithm::Daily { zone: "Mars/Olympus".to_owned() }, 1, None)),
        "policy `requests`: unknown time zone `Mars/Olympus`, expected a name as \
         `America/Los_Angeles` or `UTC`"
    );
}
