//! Chance, counted: what a rule says is what happens, over many requests and in any order.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use http::{Method, uri::PathAndQuery};

use crate::{
    engine::Ground,
    model::{
        Behaviors, Effect, Place, Request, RequestBody, Rule, Scheme, SessionName, Wait, When,
    },
    runtime::Seed,
    store::{Endpoints, Measured, Session, SharedBehaviors, Subject},
};

const DRAWS: u64 = 100_000;
/// One share in 16,000 is off by more deviations than this.
const DEVIATIONS: f64 = 4.0;
const PROBABILITIES: [f64; 5] = [0.001, 0.05, 0.25, 0.5, 0.99];

fn rule(probability: f64) -> Rule {
    let head = Some(Wait::fixed(Duration::from_millis(1)));
    Rule {
        name: format!("{probability}"),
        when: When { probability, ..When::default() },
        effect: Effect::Delay { head, chunks: None },
    }
}

fn request() -> Request {
    Request {
        method: Method::GET,
        scheme: Scheme::Http,
        authority: "a".to_owned(),
        target: PathAndQuery::from_static("/a"),
        headers: http::HeaderMap::new(),
        body: RequestBody::Whole(bytes::Bytes::new()),
        client: None,
        received: std::time::SystemTime::UNIX_EPOCH,
    }
}

/// Which rules struck each of so many requests to an endpoint.
fn struck(seed: u64, requests: u64) -> Vec<Vec<String>> {
    let rules = PROBABILITIES.map(rule).into();
    let behaviors = Behaviors { rules, ..Behaviors::default() };
    let behaviors = SharedBehaviors::new(vec![(Place::All, behaviors)]).unwrap();
    let behaviors = behaviors.load();
    let (session, request) = (Session::new(SessionName::default()), request());
    let measured = Arc::new(Measured::new(Endpoints::default));
    let ground = Ground {
        behaviors: &behaviors,
        session: &session,
        seed: Seed(seed),
        now: Duration::ZERO,
        measured: &measured,
        script: None,
    };
    let around = ground.around(None, None, None);
    let subject = Subject::endpoint(None, "GET", "/a");
    let names = |_| {
        let plan = ground.plan_endpoint(around, &subject, &request);
        plan.applied.into_iter().map(|applied| applied.rule).collect()
    };
    (0..requests).map(names).collect()
}

#[test]
fn rules_strike_as_often_as_their_probability_says() {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let (mut both, mut twice, mut before) = (0_u64, 0_u64, false);
    for names in struck(11, DRAWS) {
        let has = |name: &str| names.iter().any(|it| it == name);
        both += u64::from(has("0.25") && has("0.5"));
        twice += u64::from(has("0.5") && before);
        before = has("0.5");
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
    }
    let near = |count: u64, probability: f64| {
        let share = count as f64 / DRAWS as f64;
        let error = (probability * (1.0 - probability) / DRAWS as f64).sqrt();
        assert!((share - probability).abs() <= DEVIATIONS * error, "{share}, not {probability}");
    };
    for probability in PROBABILITIES {
        let count = counts.get(&format!("{probability}")).copied().unwrap_or_default();
        near(count, probability);
    }
    // Neither do rules know of each other, nor a request of the one before.
    near(both, 0.125);
    near(twice, 0.25);
}

#[test]
fn a_seed_strikes_the_same_requests_and_another_seed_others() {
    let first = struck(11, 200);
    assert_eq!(first, struck(11, 200));
    assert_ne!(first, struck(12, 200));
}
