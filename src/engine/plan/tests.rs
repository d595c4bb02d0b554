//! Selection against a model that counts one by one, and chance that any interleaving leaves as it is.

use std::{collections::HashMap, path::Path, sync::LazyLock};

use http::HeaderMap;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    model::{
        AnswerFault, Behaviors, Effect, Ramp, RequestBody, RequestPattern, Rule, Scheme,
        SessionName, Stub, StubId, Turns, UrlPattern, When, Window,
    },
    runtime::Seed,
    store::{Endpoints, LiveStub, Measured, Script, Session, SharedBehaviors, StubFile, StubStore},
};

const NO_DELAY: GlobalDelay = GlobalDelay { fixed: None, drawn: None };

fn rule(name: &str, when: When) -> Rule {
    let effect = Effect::Fault(Fault::Answer(AnswerFault::InvalidJson));
    Rule { name: name.to_owned(), when, effect }
}

/// A delay tells of each rule that strikes, where of faults only the first does.
fn delay(name: &str, when: When) -> Rule {
    let head = Some(Wait::fixed(Duration::from_millis(100)));
    Rule { name: name.to_owned(), when, effect: Effect::Delay { head, chunks: None } }
}

fn shared(rules: Vec<Rule>) -> SharedBehaviors {
    let behaviors = Behaviors { rules, ..Behaviors::default() };
    SharedBehaviors::new(vec![(Place::All, behaviors)]).unwrap()
}

fn by_chance(probability: f64) -> When {
    When { probability, ..When::default() }
}

fn request(path: &str) -> Request {
    Request {
        method: http::Method::GET,
        scheme: Scheme::Http,
        authority: "h".to_owned(),
        target: path.parse().unwrap(),
        headers: HeaderMap::new(),
        body: RequestBody::Whole(bytes::Bytes::new()),
        client: None,
        received: std::time::UNIX_EPOCH,
    }
}

/// Stubs that answer anything; which of them does is said by who asks.
fn stubs(n: u128) -> Vec<Arc<LiveStub>> {
    let stub = |n| Stub { id: StubId(Uuid::from_u128(n)), ..Stub::default() };
    let store = StubStore::default();
    let stubs = (0..n).map(stub).collect();
    assert!(store.apply(vec![StubFile { path: Path::new("a.json").into(), stubs }]).is_empty());
    (0..n).map(|n| store.get(StubId(Uuid::from_u128(n))).unwrap()).collect()
}

/// No tapes.
fn untaped() -> &'static Arc<Measured> {
    static NONE: LazyLock<Arc<Measured>> =
        LazyLock::new(|| Arc::new(Measured::new(Endpoints::default)));
    &NONE
}

/// What befalls the next request of a stub.
fn plan(ground: &Ground<'_>, stub: &Arc<LiveStub>, path: &str) -> Plan {
    let hit = ground.session.claim(stub.stub.id);
    let found = Found { stub: Arc::clone(stub), step: 0, hit, nearest: None };
    let around = ground.around(None, Some(stub), None);
    ground.plan_stub(around, &found, NO_DELAY, &request(path))
}

/// Rule and number of all that struck the requests of each stub, whatever the order.
fn strikes(shared: &SharedBehaviors, seed: u64, session: &str, order: &[usize]) -> Vec<String> {
    let (set, session, stubs) =
        (shared.load(), Session::new(session.parse().unwrap_or_default()), stubs(4));
    let now = Duration::ZERO;
    let ground = Ground {
        behaviors: &set,
        session: &session,
        seed: Seed(seed),
        now,
        script: None,
        measured: untaped(),
    };
    let mut all = Vec::new();
    for at in order {
        for applied in plan(&ground, &stubs[*at], "/a").applied {
            let draw = applied.draw.unwrap_or_default();
            all.push(format!("{at} {} {} {draw}", applied.rule, applied.number));
        }
    }
    all.sort_unstable();
    all
}

#[test]
fn chance_is_a_matter_of_seed_session_stub_and_number() {
    let shared = shared(vec![delay("one", by_chance(0.4)), rule("two", by_chance(0.3))]);
    let order: Vec<usize> = (0..200).map(|n| n % 4).collect();
    let first = strikes(&shared, 7, "", &order);
    assert!((50..=170).contains(&first.len()), "{}", first.len());
    assert_eq!(first, strikes(&shared, 7, "", &order));
    assert_ne!(first, strikes(&shared, 8, "", &order));
    assert_ne!(first, strikes(&shared, 7, "other", &order));
    // One more stub or rule changes none of the others.
    let fewer: Vec<usize> = order.iter().copied().filter(|at| *at != 3).collect();
    let of_three: Vec<_> = first.iter().filter(|it| !it.starts_with('3')).cloned().collect();
    assert_eq!(strikes(&shared, 7, "", &fewer), of_three);
    shared.add(&Place::All, delay("three", by_chance(0.5)), Duration::ZERO).unwrap();
    let mut more = strikes(&shared, 7, "", &order);
    more.retain(|it| !it.contains("three"));
    assert_eq!(more, first);
}

#[test]
fn a_probability_is_met_within_its_confidence_interval() {
    const N: u32 = 100_000;
    for probability in [0.01, 0.05, 0.5, 0.9] {
        let rule = rule("x", by_chance(probability));
        let live = crate::store::LiveBehaviors::compile(
            Place::All,
            &Behaviors { rules: vec![rule], ..Behaviors::default() },
            Duration::ZERO,
            || 1,
        );
        let key = live.unwrap().rules[0].key;
        let chance = super::super::strike::Chance::new(Seed(7), &"".into(), key, Uuid::nil());
        let struck = (1..=u64::from(N))
            .filter(|number| chance.draws(*number, "strikes").random::<f64>() < probability)
            .count();
        let deviation = (f64::from(N) * probability * (1.0 - probability)).sqrt();
        let off = (struck as f64 - f64::from(N) * probability).abs();
        assert!(off < 3.3 * deviation, "{probability}: {struck}");
    }
}

#[test]
fn details_are_drawn_anew_for_each_strike_and_the_same_each_run() {
    let shared = shared(vec![rule("x", When::default())]);
    let stubs = stubs(1);
    let details = || -> Vec<u64> {
        let (set, session) = (shared.load(), Session::new(SessionName::default()));
        let now = Duration::ZERO;
        let ground = Ground {
            behaviors: &set,
            session: &session,
            seed: Seed(7),
            now,
            script: None,
            measured: untaped(),
        };
        let one = || plan(&ground, &stubs[0], "/a").fault.unwrap();
        (0..3).map(|_| one().draws().random()).collect()
    };
    let first = details();
    assert_eq!(first, details());
    assert!(first[0] != first[1] && first[1] != first[2]);
}

#[test]
fn a_ramp_stretches_waits_and_thins_out_faults() {
    let s = Duration::from_secs;
    let window = Window { from: s(0), until: Some(s(100)), period: None, ramp: Ramp::Up };
    let when = When { windows: vec![window], ..When::default() };
    let slow = Bandwidth {
        rate: Some(1000),
        direction: crate::model::Direction::Downstream,
        is_shared: false,
        slices: None,
        slow_start: None,
    };
    let slow = Rule { name: "b".to_owned(), when: when.clone(), effect: Effect::Bandwidth(slow) };
    let shared = shared(vec![delay("d", when.clone()), slow, rule("f", when)]);
    let (set, session, stubs) = (shared.load(), Session::new(SessionName::default()), stubs(1));
    let at = |now| {
        let ground = Ground {
            behaviors: &set,
            session: &session,
            seed: Seed(7),
            now,
            script: None,
            measured: untaped(),
        };
        plan(&ground, &stubs[0], "/a")
    };
    assert!(at(s(0)).applied.is_empty() && at(s(100)).applied.is_empty());
    let quarter = at(s(25));
    assert_eq!(quarter.schedule.head, Duration::from_millis(25));
    assert_eq!(quarter.bandwidth[0].value.rate, Some(4000));
    let struck = (0..400).filter(|_| at(s(25)).fault.is_some()).count();
    assert!((70..=130).contains(&struck), "{struck}");
}

#[test]
fn of_a_script_only_what_is_in_it_strikes_and_for_as_long_as_it_did() {
    let shared = shared(vec![
        delay("slow", by_chance(0.2)),
        rule(
            "flaky",
            When { turns: Turns { nth: vec![1], ..Turns::default() }, ..When::default() },
        ),
    ]);
    let (set, session, stubs) = (shared.load(), Session::new(SessionName::default()), stubs(1));
    let mut script = Script::default();
    for (rule, number, wait) in [("slow", 2, Some(7)), ("flaky", 3, None)] {
        script.add(
            "",
            Applied {
                place: Place::All,
                rule: rule.to_owned(),
                kind: "delay",
                subject: Subject::Stub(stubs[0].stub.id),
                is_together: false,
                number,
                seed: Seed(1),
                draw: None,
                wait: wait.map(Duration::from_millis),
                fault: None,
            },
        );
    }
    let (seed, now) = (Seed(9), Duration::ZERO);
    let ground = Ground {
        behaviors: &set,
        session: &session,
        seed,
        now,
        script: Some(&script),
        measured: untaped(),
    };
    let told: Vec<_> = (0..4)
        .map(|_| {
            let plan = plan(&ground, &stubs[0], "/a");
            (plan.schedule.head.as_millis(), plan.fault.is_some())
        })
        .collect();
    assert_eq!(told, [(0, false), (7, false), (0, true), (0, false)]);
}

/// A rule as the model has it: its path, and when it strikes.
#[derive(Clone, Debug)]
struct Plain {
    path: Option<&'static str>,
    after: u64,
    every: Option<u64>,
    first: Option<u64>,
    is_together: bool,
    from: u64,
    until: Option<u64>,
    is_on: bool,
}

impl Plain {
    fn rule(&self, name: &str) -> Rule {
        let s = Duration::from_secs;
        let pattern = |path: &str| RequestPattern {
            url: UrlPattern::UrlPath(path.to_owned()),
            ..RequestPattern::default()
        };
        let when = When {
            request: self.path.map(pattern),
            session: None,
            turns: Turns { after: self.after, every: self.every, first: self.first, nth: vec![] },
            counted: if self.is_together { Counted::Together } else { Counted::PerStub },
            windows: vec![Window {
                from: s(self.from),
                until: self.until.map(s),
                period: None,
                ramp: Ramp::Flat,
            }],
            probability: if self.is_on { 1.0 } else { 0.0 },
        };
        delay(name, when)
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    (
        prop::option::of(prop::sample::select(vec!["/a", "/b"])),
        0u64..4,
        prop::option::of(1u64..4),
        prop::option::of(0u64..5),
        any::<bool>(),
        0u64..10,
        prop::option::of(5u64..30),
        prop::bool::weighted(0.9),
    )
        .prop_map(|(path, after, every, first, is_together, from, until, is_on)| Plain {
            path,
            after,
            every,
            first,
            is_together,
            from,
            until,
            is_on,
        })
}

proptest! {
    #[test]
    fn selection_agrees_with_counting_one_by_one(
        rules in prop::collection::vec(plain(), 1..5),
        requests in prop::collection::vec((0usize..3, prop::bool::ANY, 0u64..4), 1..40),
    ) {
        let named = rules.iter().enumerate().map(|(at, rule)| rule.rule(&at.to_string()));
        let shared = shared(named.collect());
        let (set, session, stubs) = (shared.load(), Session::new(SessionName::default()), stubs(3));
        let mut counts: HashMap<(usize, Option<usize>), u64> = HashMap::new();
        let mut time = 0;
        for (stub, is_a, passed) in requests {
            time += passed;
            let path = if is_a { "/a" } else { "/b" };
            let now = Duration::from_secs(time);
            let ground =
                Ground { behaviors: &set, session: &session, seed: Seed(7), now, script: None, measured: untaped() };
            let applied = plan(&ground, &stubs[stub], path).applied;
            let told: Vec<_> = applied.iter().map(|it| (it.rule.clone(), it.number)).collect();
            let mut expected = Vec::new();
            for (at, rule) in rules.iter().enumerate() {
                if rule.path.is_some_and(|own| own != path) {
                    continue;
                }
                let count = counts.entry((at, (!rule.is_together).then_some(stub))).or_default();
                *count += 1;
                let turn = count.saturating_sub(rule.after);
                let strikes = turn > 0
                    && rule.first.is_none_or(|first| turn <= first)
                    && rule.every.is_none_or(|every| turn % every == 0)
                    && time >= rule.from
                    && rule.until.is_none_or(|until| time < until)
                    && rule.is_on;
                if strikes {
                    expected.push((at.to_string(), *count));
                }
            }
            prop_assert_eq!(told, expected);
        }
    }

    #[test]
    fn any_interleaving_gives_each_stub_the_same(order in Just((0..80).map(|n| n % 4).collect::<Vec<usize>>()).prop_shuffle()) {
        let turns = Turns { every: Some(3), ..Turns::default() };
        let shared = shared(vec![
            rule("one", by_chance(0.3)),
            delay("two", by_chance(0.4)),
            rule("three", When { turns, ..When::default() }),
            rule("four", by_chance(0.5)),
        ]);
        let sorted: Vec<usize> = (0..4).flat_map(|at| [at; 20]).collect();
        prop_assert_eq!(strikes(&shared, 7, "", &order), strikes(&shared, 7, "", &sorted));
    }
}
