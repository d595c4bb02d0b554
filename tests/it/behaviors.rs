//! How answers behave, by rules of every place: which requests they befall, told by number, by time and
//! by chance; the same for the same seed; changed while running; written down and repeated.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

use ringer::{
    config::{Config, Service},
    model::{
        AnswerFault, Behaviors, Counted, Effect, ErrorAnswer, Fault, LatencySource, Mode, Place,
        RequestPattern, Rule, ServiceName, Turns, UrlPattern, ValuePattern, Wait, When, Window,
    },
    runtime::{Clock, Seed},
};

use crate::support::{
    client::{self, Connection, Got},
    folder::{Folder, Ringer},
    server::Upstream,
};

fn status(name: &str, status: u16, when: When) -> Rule {
    let error = ErrorAnswer { status, ..ErrorAnswer::default() };
    let effect = Effect::Fault(Fault::Answer(AnswerFault::Status(error)));
    Rule { name: name.to_owned(), when, effect }
}

fn delay(name: &str, millis: u64, when: When) -> Rule {
    let head = Some(Wait::fixed(Duration::from_millis(millis)));
    Rule { name: name.to_owned(), when, effect: Effect::Delay { head, chunks: None } }
}

fn by_chance(probability: f64) -> When {
    When { probability, ..When::default() }
}

fn by_turn(turns: Turns) -> When {
    When { turns, ..When::default() }
}

fn all_of(rules: Vec<Rule>) -> Behaviors {
    Behaviors { rules, ..Behaviors::default() }
}

fn at(path: &str) -> Option<RequestPattern> {
    let url = UrlPattern::UrlPathPattern(path.to_owned());
    Some(RequestPattern { url, ..RequestPattern::default() })
}

fn three_stubs(folder: &Folder) {
    for name in ["a", "b", "c"] {
        let id = format!("00000000-0000-4000-8000-00000000000{name}");
        let stub = format!(
            r#"{{"id":"{id}","request":{{"urlPath":"/{name}"}},"response":{{"body":"{name}"}}}}"#
        );
        folder.stub(name, &stub);
    }
}

fn chaos() -> Behaviors {
    all_of(vec![
        status("flaky", 503, by_chance(0.2)),
        status("odd", 500, When { request: at("/[bc]"), ..by_chance(0.3) }),
        status("seventh", 429, by_turn(Turns { every: Some(7), ..Turns::default() })),
    ])
}

/// How often each path was answered how, by so many workers.
async fn tally(ringer: &Ringer, workers: usize, rounds: usize) -> BTreeMap<(String, u16), usize> {
    let address = ringer.address;
    let tasks: Vec<_> = (0..workers)
        .map(|worker| {
            tokio::spawn(async move {
                let connection = Connection::http1(address).await;
                let mut got = Vec::new();
                for round in 0..rounds / workers {
                    // Each in an order of its own.
                    let path = ["/a", "/b", "/c", "/none"][(round + worker) % 4];
                    let answer = connection.get(&address.to_string(), path).await;
                    got.push((path.to_owned(), answer.status));
                }
                got
            })
        })
        .collect();
    let mut counts = BTreeMap::new();
    for task in tasks {
        for key in task.await.unwrap() {
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}

async fn tally_of(seed: u64, workers: usize) -> BTreeMap<(String, u16), usize> {
    let folder = Folder::new();
    three_stubs(&folder);
    let config = Config { behaviors: chaos(), seed: Seed(seed), ..folder.config() };
    let ringer = folder.start(config).await;
    tally(&ringer, workers, 800).await
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_workers_get_the_faults_that_one_gets() {
    let one = tally_of(7, 1).await;
    assert_eq!(one, tally_of(7, 8).await);
    assert_ne!(one, tally_of(8, 8).await);
    for path in ["/a", "/b", "/c", "/none"] {
        let failed = one[&(path.to_owned(), 503)];
        assert!((20..=60).contains(&failed), "{path} {failed}");
    }
    // The rule of two paths has no say on the others.
    assert!(!one.contains_key(&("/a".to_owned(), 500)));
    assert!(one.contains_key(&("/b".to_owned(), 500)) && one.contains_key(&("/a".to_owned(), 429)));
}

async fn statuses(address: SocketAddr, path: &str, n: usize) -> Vec<u16> {
    let mut got = Vec::new();
    for _ in 0..n {
        got.push(client::get(address, path).await.status);
    }
    got
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_is_befallen_and_still_counts_as_a_miss() {
    let folder = Folder::new();
    three_stubs(&folder);
    let behaviors =
        all_of(vec![status("second", 503, by_turn(Turns { nth: vec![2], ..Turns::default() }))]);
    let ringer = folder.start(Config { behaviors, ..folder.config() }).await;
    // Each endpoint is numbered for itself.
    assert_eq!(statuses(ringer.address, "/x", 3).await, [404, 503, 404]);
    assert_eq!(statuses(ringer.address, "/y", 2).await, [404, 503]);
    assert_eq!(statuses(ringer.address, "/a", 3).await, [200, 503, 200]);
    let summary = ringer.stop().await;
    assert_eq!(summary.misses.iter().map(|(_, count)| count).sum::<u64>(), 5);
    assert_eq!(summary.injected, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn together_counts_all_requests_as_one_row() {
    let folder = Folder::new();
    three_stubs(&folder);
    let when =
        When { counted: Counted::Together, ..by_turn(Turns { after: 2, ..Turns::default() }) };
    let behaviors = all_of(vec![status("late", 503, when)]);
    let ringer = folder.start(Config { behaviors, ..folder.config() }).await;
    assert_eq!(statuses(ringer.address, "/a", 1).await, [200]);
    assert_eq!(statuses(ringer.address, "/b", 2).await, [200, 503]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_passed_on_are_befallen_and_recorded_ones_are_not() {
    for (mode, expected) in
        [(Mode::Passthrough, [200, 503]), (Mode::Fallback, [200, 503]), (Mode::Record, [200, 200])]
    {
        let api = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.0;
        let folder = Folder::new();
        let second = by_turn(Turns { every: Some(2), ..Turns::default() });
        // A pattern on the body, which goes on to the API all the same.
        let body = RequestPattern {
            body: vec![ringer::model::BodyPattern::Text(ValuePattern::Contains("ping".to_owned()))],
            ..RequestPattern::default()
        };
        let when = When { request: Some(body), ..second };
        let mut config = folder.config_of(mode, &api.url());
        config.behaviors = all_of(vec![status("second", 503, when)]);
        let ringer = folder.start(config).await;
        let mut got = Vec::new();
        for _ in 0..2 {
            got.push(client::send(ringer.address, "POST", "/x", &[], "a ping").await.status);
            assert_eq!(client::send(ringer.address, "POST", "/x", &[], "pong").await.status, 200);
        }
        assert_eq!(got, expected, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_passed_on_waits_beyond_what_the_api_takes() {
    let api = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.0;
    let folder = Folder::new();
    let mut config = folder.config_of(Mode::Passthrough, &api.url());
    config.behaviors = all_of(vec![delay("slow", 120, When::default())]);
    let ringer = folder.start(config).await;
    let start = Clock::start();
    assert_eq!(client::get(ringer.address, "/x").await.text(), "hi");
    assert!(start.elapsed() >= Duration::from_millis(120));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_look_at_bodies_that_the_stub_does_not() {
    let folder = Folder::new();
    three_stubs(&folder);
    let body = RequestPattern {
        body: vec![ringer::model::BodyPattern::Text(ValuePattern::Contains("ping".to_owned()))],
        ..RequestPattern::default()
    };
    let behaviors =
        all_of(vec![status("ping", 503, When { request: Some(body), ..When::default() })]);
    let mut config = Config { behaviors, ..folder.config() };
    // Without a journal, nobody else reads it.
    config.admin.place = None;
    let ringer = folder.start(config).await;
    assert_eq!(client::send(ringer.address, "POST", "/a", &[], "a ping").await.status, 503);
    assert_eq!(client::send(ringer.address, "POST", "/a", &[], "a pong").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_fault_of_the_innermost_place_strikes_and_all_delays_add_up() {
    let folder = Folder::new();
    three_stubs(&folder);
    let mut config = folder.config_of(Mode::Replay, "http://payments.test");
    config.behaviors = all_of(vec![
        delay("d1", 40, When::default()),
        status("outer", 500, When::default()),
        delay("d2", 50, When::default()),
    ]);
    config.services[0].behaviors =
        all_of(vec![status("never", 502, by_chance(0.0)), status("inner", 503, When::default())]);
    let ringer = folder.start(config).await;
    let start = Clock::start();
    assert_eq!(statuses(ringer.address, "/a", 1).await, [503]);
    assert!(start.elapsed() >= Duration::from_millis(90));
    let logged = client::get(ringer.address, "/__admin/requests").await.json();
    let entry = &logged["requests"][0];
    assert_eq!(entry["timing"]["addedDelay"], 90);
    let befell =
        serde_json::json!({"seed": entry["ringer"]["seed"], "applied": entry["ringer"]["applied"]});
    assert_eq!(entry["ringer"]["outcome"], "injected");
    insta::assert_snapshot!(befell, @r#"{"seed":0,"applied":[{"place":"all","rule":"d1","kind":"delay","number":1,"waitMicros":40000},{"place":"all","rule":"d2","kind":"delay","number":1,"waitMicros":50000},{"place":"service payments.test","rule":"inner","kind":"fault","number":1,"fault":"status 503"}]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_rate_of_a_service_takes_the_place_of_the_one_for_all() {
    let folder = Folder::new();
    three_stubs(&folder);
    let mut service = Service::of_upstream("http://own.test".parse().unwrap(), Mode::Replay);
    service.fail = Some("100%:503".parse().unwrap());
    let other = Service::of_upstream("http://other.test".parse().unwrap(), Mode::Replay);
    let config = Config {
        services: vec![service, other],
        fail: Some("100%:500".parse().unwrap()),
        ..folder.config()
    };
    let ringer = folder.start(config).await;
    let connection = Connection::http1(ringer.address).await;
    assert_eq!(connection.get("own.test", "/a").await.status, 503);
    assert_eq!(connection.get("other.test", "/a").await.status, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn latency_comes_from_the_innermost_place_that_says_it() {
    let folder = Folder::new();
    three_stubs(&folder);
    let fixed =
        |ms| LatencySource::Drawn { head: Wait::fixed(Duration::from_millis(ms)), chunks: None };
    let ringer = folder.start(Config { latency: fixed(3), ..folder.config() }).await;
    let behaviors = ringer.running.behaviors();
    let stub = Place::Stub(
        "00000000-0000-4000-8000-00000000000b".parse().map(ringer::model::StubId).unwrap(),
    );
    behaviors.set_latency(&stub, Some(fixed(5))).unwrap();
    for (path, delay) in [("/a", 3), ("/b", 5)] {
        assert_eq!(client::get(ringer.address, path).await.status, 200);
        let logged = client::get(ringer.address, "/__admin/requests").await.json();
        assert_eq!(logged["requests"][0]["timing"]["addedDelay"], delay, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_come_and_go_while_requests_are_served() {
    let folder = Folder::new();
    three_stubs(&folder);
    let ringer = folder.replay().await;
    let behaviors = ringer.running.behaviors();
    let now = Duration::ZERO;
    let first = || status("x", 503, by_turn(Turns { first: Some(1), ..Turns::default() }));
    assert_eq!(statuses(ringer.address, "/a", 2).await, [200, 200]);
    behaviors.add(&Place::All, first(), now).unwrap();
    behaviors.add(&Place::All, first(), now).unwrap_err();
    assert_eq!(statuses(ringer.address, "/a", 2).await, [503, 200]);
    assert!(behaviors.remove(&Place::All, "x"));
    // A rule that comes back counts anew.
    behaviors.add(&Place::Session(String::new()), first(), now).unwrap();
    assert_eq!(statuses(ringer.address, "/a", 2).await, [503, 200]);
    behaviors.add(&Place::Service(ServiceName::new("elsewhere")), first(), now).unwrap();
    assert_eq!(statuses(ringer.address, "/a", 1).await, [200]);
    behaviors.reset(now);
    assert_eq!(statuses(ringer.address, "/b", 2).await, [200, 200]);
}

async fn admin(ringer: &Ringer, path: &str, body: &'static str) -> Got {
    client::send(ringer.address, "POST", path, &[("Content-Type", "application/json")], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_opens_and_closes_by_the_clock_of_the_session() {
    let folder = Folder::new();
    three_stubs(&folder);
    let hour = Duration::from_secs(3600);
    let window =
        Window { from: hour, until: Some(2 * hour), period: None, ramp: Default::default() };
    let when = When { windows: vec![window], ..When::default() };
    let behaviors = all_of(vec![status("down", 503, when)]);
    let ringer = folder.start(Config { behaviors, ..folder.config() }).await;
    assert_eq!(statuses(ringer.address, "/a", 1).await, [200]);
    let advanced = || admin(&ringer, "/__admin/ringer/clock/advance", r#"{"by":"61m"}"#);
    assert_eq!(advanced().await.status, 200);
    assert_eq!(statuses(ringer.address, "/a", 1).await, [503]);
    assert_eq!(advanced().await.status, 200);
    assert_eq!(statuses(ringer.address, "/a", 1).await, [200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_itself_what_befalls_it_where_it_may() {
    let folder = Folder::new();
    three_stubs(&folder);
    folder.stub(
        "h",
        r#"{"priority":1,"request":{"urlPath":"/a","headers":{"X-Ringer-Fault":{"matches":".*"}}},
            "response":{"body":"header"}}"#,
    );
    let header = ("X-Ringer-Fault", "delay=20ms; status=503");
    let ask = async |ringer: &Ringer, header| {
        client::send(ringer.address, "GET", "/a", &[header], "").await
    };
    let ringer = folder.replay().await;
    // It is a header like any other.
    assert_eq!(ask(&ringer, header).await.text(), "header");
    let ringer = folder.start(Config { allow_request_faults: true, ..folder.config() }).await;
    assert_eq!(ask(&ringer, header).await.status, 503);
    let logged = client::get(ringer.address, "/__admin/requests").await.json();
    let entry = &logged["requests"][0];
    assert!(entry["request"]["headers"].get("X-Ringer-Fault").is_none());
    assert_eq!(
        (&entry["timing"]["addedDelay"], &entry["ringer"]["applied"][1]["place"]),
        (&20.into(), &"request".into())
    );
    assert_eq!(ask(&ringer, ("X-Ringer-Fault", "latency=none")).await.text(), "a");
    let got = ask(&ringer, ("X-Ringer-Fault", "status=often")).await;
    assert_eq!(got.status, 400);
    assert!(got.text().contains("X-Ringer-Fault") && got.text().contains("often"), "{got:?}");
    let half = ("X-Ringer-Fault", "status=503; p=0.5");
    let mut struck = 0;
    for _ in 0..60 {
        struck += usize::from(ask(&ringer, half).await.status == 503);
    }
    assert!((15..=45).contains(&struck), "{struck}");
}

/// Applied faults of a log, without the order in which they came.
fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines: Vec<_> = text.lines().skip(1).map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faults_of_a_log_befall_the_same_requests_again() {
    let folder = Folder::new();
    three_stubs(&folder);
    let (first, second) = (folder.join("first.jsonl"), folder.join("second.jsonl"));
    let mut behaviors = chaos();
    behaviors.rules.push(delay("slow", 2, by_chance(0.1)));
    let config = Config {
        behaviors: behaviors.clone(),
        seed: Seed(7),
        fault_log: Some(first.clone()),
        ..folder.config()
    };
    let ringer = folder.start(config).await;
    let one = tally(&ringer, 1, 400).await;
    ringer.stop().await;
    let config = Config {
        behaviors,
        seed: Seed(8),
        replay_faults: Some(first.clone()),
        fault_log: Some(second.clone()),
        ..folder.config()
    };
    let ringer = folder.start(config).await;
    assert_eq!(tally(&ringer, 8, 400).await, one);
    ringer.stop().await;
    let without_draws = |path: &Path| -> Vec<serde_json::Value> {
        let read = |line: &String| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            line.as_object_mut().unwrap().remove("draw");
            line
        };
        let mut all: Vec<_> = lines(path).iter().map(read).collect();
        all.sort_by_key(ToString::to_string);
        all
    };
    let logged = without_draws(&first);
    assert!(logged.len() > 100, "{}", logged.len());
    assert_eq!(logged, without_draws(&second));
}
