//! Every kind of behaviour, said in every way there is, and what a client sees of it.

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use crate::support::{
    client::{self, Connection, whole},
    folder::Folder,
    process::{Serving, ringer, run},
};

/// What befalls requests for `/a`.
struct Effect {
    /// The key of the document.
    key: &'static str,
    /// The entry: a table, or a text.
    entry: Value,
    /// How `ringer ctl` is told.
    ctl: &'static [&'static str],
    seen: fn(&[Seen]) -> bool,
}

/// What a client saw.
#[derive(Debug)]
struct Seen {
    /// `None` is no answer.
    status: Option<u16>,
    took: Duration,
}

const LATE: Duration = Duration::from_millis(120);

fn is_late(seen: &[Seen]) -> bool {
    seen.iter().all(|it| it.status == Some(200) && it.took >= LATE)
}

fn effects() -> Vec<Effect> {
    vec![
        Effect {
            key: "fault",
            entry: json!({"url": "/a", "status": 503}),
            ctl: &["fault", "add", "--status", "503", "--url", "/a"],
            seen: |seen| seen.iter().all(|it| it.status == Some(503)),
        },
        Effect {
            key: "fault",
            entry: json!({"url": "/a", "fault": "connection-reset"}),
            ctl: &["fault", "add", "--fault", "connection-reset", "--url", "/a"],
            seen: |seen| seen.iter().all(|it| it.status.is_none()),
        },
        Effect {
            key: "delay",
            entry: json!({"url": "/a", "time": "120ms"}),
            ctl: &["delay", "add", "--wait", "120ms", "--url", "/a"],
            seen: is_late,
        },
        Effect {
            key: "bandwidth",
            entry: json!({"url": "/a", "rate": "16kB/s"}),
            ctl: &["bandwidth", "add", "--rate", "16kB/s", "--url", "/a"],
            seen: is_late,
        },
        Effect {
            key: "rate_limit",
            entry: json!({"url": "/a", "limit": "1/h"}),
            ctl: &["limit", "add", "limit=1/h; url=/a"],
            seen: |seen| seen.iter().map(|it| it.status).eq([Some(200), Some(429)]),
        },
        Effect {
            key: "latency",
            entry: json!("fixed:120ms"),
            ctl: &["latency", "fixed:120ms"],
            seen: is_late,
        },
    ]
}

impl Effect {
    /// `url=/a; status=503`
    fn short(&self) -> String {
        match &self.entry {
            Value::Object(keys) => {
                let pairs = keys.iter().map(|(key, value)| format!("{key}={}", bare(value)));
                pairs.collect::<Vec<_>>().join("; ")
            }
            text => bare(text),
        }
    }

    /// `fault = [{ url = "/a", status = 503 }]`
    fn toml(&self) -> String {
        match &self.entry {
            Value::Object(keys) => {
                let pairs: Vec<_> =
                    keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{} = [{{ {} }}]\n", self.key, pairs.join(", "))
            }
            text => format!("{} = {text}\n", self.key),
        }
    }

    fn json(&self) -> Value {
        let key = if self.key == "rate_limit" { "rateLimit" } else { self.key };
        Value::Object(Map::from_iter([(key.to_owned(), self.entry.clone())]))
    }

    fn yaml(&self) -> String {
        match &self.entry {
            Value::Object(keys) => {
                let pairs = keys.iter().map(|(key, value)| format!("      {key}: {value}\n"));
                format!("  {}:\n    -\n{}", self.key, pairs.collect::<String>())
            }
            text => format!("  {}: {text}\n", self.key),
        }
    }

    /// What must be said to get what another way gets without saying.
    fn flag(&self) -> String {
        format!("--{}", self.key.replace('_', "-"))
    }
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn stub(url: &str) -> Value {
    // 4 kB: a quarter of a second at 16 kB/s.
    json!({"request": {"url": url}, "response": {"body": "x".repeat(4000)}})
}

/// A folder with stubs for `/a` and `/b`.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.stub("a", &stub("/a").to_string());
    folder.stub("b", &stub("/b").to_string());
    folder
}

/// What follows is the second one's.
const TWO_SERVICES: &str = "[service.other]\nhosts = [\"other.test\"]\n\
                            [service.shop]\nhosts = [\"shop.test\"]\n";

fn start(folder: &Folder, arguments: &[&str]) -> Serving {
    Serving::start(folder.path(), "replay", arguments)
}

async fn ask(at: SocketAddr, host: &str, path: &str, field: Option<&str>) -> Seen {
    let connection = Connection::http1(at).await;
    let mut request = connection.request("GET", host, path);
    if let Some(text) = field {
        request = request.header("x-ringer-fault", text);
    }
    let begun = Instant::now();
    let got = connection.try_send(request.body(whole("")).unwrap()).await;
    Seen { status: got.ok().map(|got| got.status), took: begun.elapsed() }
}

/// What two requests for `/a` see, and that one for `/b` is not befallen.
async fn check(at: SocketAddr, way: &str, effect: &Effect, host: &str, field: Option<&str>) {
    let both = [ask(at, host, "/a", field).await, ask(at, host, "/a", field).await];
    assert!((effect.seen)(&both), "{way}, {}: {both:?}", effect.short());
    if effect.key != "latency" {
        let other = ask(at, host, "/b", None).await;
        assert_eq!(other.status, Some(200), "{way}, {}", effect.short());
        assert!(other.took < LATE, "{way}, {}: {other:?}", effect.short());
    }
}

async fn check_all(way: &str, start: impl Fn(&Effect) -> (Folder, Serving)) {
    for effect in effects() {
        let (_folder, serving) = start(&effect);
        check(serving.address, way, &effect, "localhost", None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn said_in_the_file_for_all() {
    check_all("ringer.toml", |effect| {
        let folder = folder();
        folder.write("ringer.toml", effect.toml());
        let serving = start(&folder, &[]);
        (folder, serving)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn said_in_the_file_for_a_service() {
    for effect in effects() {
        let folder = folder();
        let table = format!("{TWO_SERVICES}{}", effect.toml());
        folder.write("ringer.toml", table);
        let serving = start(&folder, &[]);
        check(serving.address, "a service", &effect, "shop.test", None).await;
        // Those to another are left alone.
        let other = ask(serving.address, "other.test", "/a", None).await;
        assert_eq!(other.status, Some(200), "{}", effect.short());
        assert!(other.took < LATE, "{}: {other:?}", effect.short());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn said_in_a_profile() {
    check_all("a profile", |effect| {
        let folder = folder();
        folder.write("bad.toml", effect.toml());
        let serving = start(&folder, &["--chaos", "bad.toml"]);
        (folder, serving)
    })
    .await;
    check_all("a profile that ringer.toml names", |effect| {
        let folder = folder();
        folder.write("days/bad.json", effect.json().to_string());
        folder.write("ringer.toml", "chaos = \"days/bad.json\"\n");
        let serving = start(&folder, &[]);
        (folder, serving)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn said_by_a_flag() {
    check_all("a flag", |effect| {
        let folder = folder();
        let serving = start(&folder, &[&effect.flag(), &effect.short()]);
        (folder, serving)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn said_in_the_environment() {
    check_all("a variable", |effect| {
        let folder = folder();
        let name = format!("RINGER_{}", effect.key.to_uppercase());
        let variables = [(name, effect.short())];
        let serving = Serving::try_start_with(folder.path(), "replay", &[], &variables).unwrap();
        (folder, serving)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn said_in_a_stub() {
    check_all("a stub in JSON", |effect| {
        let folder = folder();
        let mut with = stub("/a");
        with["behavior"] = effect.json();
        folder.stub("a", &with.to_string());
        let serving = start(&folder, &[]);
        (folder, serving)
    })
    .await;
    check_all("a stub in YAML", |effect| {
        let folder = folder();
        std::fs::remove_file(folder.join("stubs/mappings/a.json")).unwrap();
        let body = "x".repeat(4000);
        let text =
            format!("request:\n  url: /a\nresponse:\n  body: {body}\nbehavior:\n{}", effect.yaml());
        folder.write("stubs/mappings/a.yaml", text);
        let serving = start(&folder, &[]);
        (folder, serving)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn said_while_running() {
    let folder = folder();
    let serving = start(&folder, &[]);
    let at = serving.address;
    let reset = async || {
        let got = client::send(at, "POST", "/__admin/ringer/reset", &[], "").await;
        assert_eq!(got.status, 200);
        assert_eq!(ask(at, "localhost", "/a", None).await.status, Some(200));
    };
    for effect in effects() {
        let body = effect.json().to_string();
        let got = client::send(at, "POST", "/__admin/ringer/behaviors", &[], body).await;
        assert_eq!(got.status, 201, "{got:?}");
        check(at, "the admin API", &effect, "localhost", None).await;
        reset().await;
    }
    for effect in effects() {
        ctl(at, folder.path(), effect.ctl);
        check(at, "ringer ctl", &effect, "localhost", None).await;
        reset().await;
    }
}

#[track_caller]
fn ctl(at: SocketAddr, folder: &Path, arguments: &[&str]) -> String {
    let at = format!("http://{at}");
    let ended = run(ringer().current_dir(folder).args(["ctl", "--at", &at]).args(arguments));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    ended.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn said_by_the_request_itself() {
    let folder = folder();
    let serving = start(&folder, &["--allow-request-faults"]);
    for effect in effects().iter().filter(|effect| effect.key != "rate_limit") {
        let text = match effect.key {
            "latency" => format!("latency={}", effect.short()),
            "delay" => "delay=120ms".to_owned(),
            _ => effect.short().replace("; url=/a", ""),
        };
        check(serving.address, "a header", effect, "localhost", Some(&text)).await;
    }
    // Whoever runs it must have allowed it.
    let strict = start(&folder, &[]);
    let seen = ask(strict.address, "localhost", "/a", Some("status=503")).await;
    assert_eq!(seen.status, Some(200));
}

/// ringer with something said at every place: for all by file and profile, for a service, for a stub.
fn layered(key: &str, entries: [&str; 4]) -> (Folder, Serving) {
    let [all, profile, service, of_stub] = entries;
    let folder = folder();
    let mut with = stub("/a");
    with["behavior"] = json!({ key: of_stub });
    folder.stub("a", &with.to_string());
    folder.write("bad.toml", format!("{key} = \"{profile}\"\n"));
    let text =
        format!("{key} = \"{all}\"\nchaos = \"bad.toml\"\n{TWO_SERVICES}{key} = \"{service}\"\n");
    folder.write("ringer.toml", text);
    let serving = start(&folder, &["--allow-request-faults"]);
    (folder, serving)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_latencies_the_innermost_counts() {
    let (_folder, serving) = layered("latency", ["40ms", "600ms", "120ms", "200ms"]);
    let at = serving.address;
    for (host, path, field, ms) in [
        ("other.test", "/b", None, 40),
        ("shop.test", "/b", None, 120),
        ("shop.test", "/a", None, 200),
        ("shop.test", "/a", Some("latency=280ms"), 280),
        ("shop.test", "/a", Some("latency=none"), 0),
    ] {
        let took = ask(at, host, path, field).await.took.as_millis();
        assert!((ms..ms + 75).contains(&took), "{host} {path} {field:?}: {took} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_of_all_places_add_up() {
    let (_folder, serving) = layered("delay", ["40ms", "40ms", "80ms", "160ms"]);
    let at = serving.address;
    for (host, path, field, ms) in [
        ("other.test", "/b", None, 80),
        ("shop.test", "/b", None, 160),
        ("shop.test", "/a", None, 320),
        ("shop.test", "/a", Some("delay=100ms"), 420),
    ] {
        let took = ask(at, host, path, field).await.took.as_millis();
        assert!((ms..ms + 75).contains(&took), "{host} {path} {field:?}: {took} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_faults_the_first_of_the_innermost_place_strikes() {
    let nth = |status, nth| format!("status={status}; nth={nth}");
    let (all, profile) = (nth(501, "[1,2,3,4]"), nth(502, "[1,2,3,4,5]"));
    let (service, of_stub) = (nth(503, "[1,2,3]"), nth(504, "[1,2]"));
    let (folder, serving) = layered("fault", [&all, &profile, &service, &of_stub]);
    let at = serving.address;
    let mut seen = vec![ask(at, "shop.test", "/a", Some("505")).await.status.unwrap()];
    for _ in 2..=6 {
        seen.push(ask(at, "shop.test", "/a", None).await.status.unwrap());
    }
    assert_eq!(seen, [505, 504, 503, 501, 502, 200]);
    // A flag takes the place of its key in the file; the profile and the service stay.
    let serving = start(&folder, &["--fault", "status=509; nth=5"]);
    let mut seen = Vec::new();
    for _ in 1..=6 {
        seen.push(ask(serving.address, "shop.test", "/a", None).await.status.unwrap());
    }
    assert_eq!(seen, [504, 504, 503, 502, 509, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_comes_or_goes_counts_from_the_next_request_on() {
    let folder = folder();
    let serving = start(&folder, &[]);
    let at = serving.address;
    let traffic = tokio::spawn(async move {
        let connection = Connection::http1(at).await;
        let mut statuses = Vec::new();
        for _ in 0..400 {
            statuses.push(connection.get("localhost", "/a").await.status);
        }
        statuses
    });
    for round in 0..20 {
        let fault = json!({"name": format!("r{round}"), "status": 503}).to_string();
        let got = client::send(at, "POST", "/__admin/ringer/faults", &[], fault).await;
        assert_eq!(got.status, 201, "{got:?}");
        assert_eq!(ask(at, "localhost", "/a", None).await.status, Some(503), "{round}");
        let path = format!("/__admin/ringer/faults/r{round}");
        assert_eq!(client::send(at, "DELETE", &path, &[], "").await.status, 200);
        assert_eq!(ask(at, "localhost", "/a", None).await.status, Some(200), "{round}");
    }
    let statuses = traffic.await.unwrap();
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
}

/// How often of four a request for `/a` is let through.
async fn let_through(at: SocketAddr, host: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(ask(at, host, "/a", None).await.status.unwrap());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_take_presets_and_files_of_ones_own_wherever_they_are_said() {
    const MINE: &str = "limit = \"3/h\"\nstatus = 420\n";
    let own = "preset=limits/mine.toml,limit=2/h";
    let table = "{ preset = \"limits/mine.toml\", limit = \"2/h\" }";
    let shipped = "preset=generic,limit=2/h,status=420";
    let with_files = || {
        let folder = folder();
        folder.write("limits/mine.toml", MINE);
        folder
    };
    // Files lie beside the file that names them.
    for text in [
        format!("rate_limit = \"{own}\"\n"),
        format!("rate_limit = {table}\n"),
        format!("rate_limit = [\"{shipped}\"]\n"),
        "[[rate_limit]]\npreset = \"limits/mine.toml\"\nlimit = \"2/h\"\n".to_owned(),
        format!("{TWO_SERVICES}rate_limit = {table}\n"),
        "chaos = \"limits/day.toml\"\n".to_owned(),
    ] {
        let folder = folder();
        folder.write("there/limits/mine.toml", MINE);
        let day = "rate_limit = { preset = \"mine.toml\", limit = \"2/h\" }\n";
        folder.write("there/limits/day.toml", day);
        let stubs = folder.join("stubs");
        folder.write("there/ringer.toml", &text);
        let stubs = stubs.to_str().unwrap();
        let serving = start(&folder, &["--config", "there/ringer.toml", "--stubs", stubs]);
        let statuses = let_through(serving.address, "shop.test").await;
        assert_eq!(statuses, [200, 200, 420, 420], "{text}");
    }
    for limit in [own, shipped] {
        let folder = with_files();
        let serving = start(&folder, &["--rate-limit", limit]);
        assert_eq!(let_through(serving.address, "x").await, [200, 200, 420, 420], "{limit}");

        let variables = [("RINGER_RATE_LIMIT".to_owned(), limit.to_owned())];
        let serving = Serving::try_start_with(folder.path(), "replay", &[], &variables).unwrap();
        assert_eq!(let_through(serving.address, "x").await, [200, 200, 420, 420], "{limit}");

        let serving = start(&folder, &[]);
        ctl(serving.address, folder.path(), &["limit", "add", limit]);
        assert_eq!(let_through(serving.address, "x").await, [200, 200, 420, 420], "{limit}");
        // What is listed can be put back, wherever the preset came from.
        let behaviors = "/__admin/ringer/behaviors";
        let listed = client::send(serving.address, "GET", behaviors, &[], "").await.json();
        let document = listed["behaviors"].as_array().unwrap().last().unwrap().to_string();
        let put = client::send(serving.address, "PUT", behaviors, &[], document).await;
        assert_eq!(put.status, 200, "{put:?}");
    }
    // Clients of the admin API and stubs read no files, but know what ships.
    let folder = with_files();
    let mut with = stub("/a");
    with["behavior"] = json!({"rateLimit": {"preset": "generic", "limit": "2/h", "status": 420}});
    folder.stub("a", &with.to_string());
    let serving = start(&folder, &[]);
    let at = serving.address;
    assert_eq!(let_through(at, "x").await, [200, 200, 420, 420]);
    let add = async |limit: Value| {
        let body = json!({"rateLimit": limit}).to_string();
        client::send(at, "POST", "/__admin/ringer/behaviors", &[], body).await
    };
    let refused = add(json!({"preset": "limits/mine.toml"})).await;
    assert!(refused.status == 422 && refused.text().contains("files of presets"), "{refused:?}");
    let got = add(json!({"name": "b", "preset": "generic", "limit": "1/h", "url": "/b"})).await;
    assert_eq!(got.status, 201, "{got:?}");
    assert_eq!(ask(at, "x", "/b", None).await.status, Some(200));
    assert_eq!(ask(at, "x", "/b", None).await.status, Some(429));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_file_that_changes_brings_its_behavior() {
    let folder = folder();
    let serving = start(&folder, &[]);
    let at = serving.address;
    let mut with = stub("/a");
    with["behavior"] = json!({"fault": [{"status": 503}]});
    for (content, status) in [(&with, 503), (&stub("/a"), 200)] {
        folder.stub("a", &content.to_string());
        let begun = Instant::now();
        while ask(at, "localhost", "/a", None).await.status != Some(status) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{status}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn latency_of_the_tapes_holds_from_when_it_is_set() {
    let folder = folder();
    let serving = start(&folder, &["--latency", "none"]);
    let said = ctl(serving.address, folder.path(), &["latency", "empirical"]);
    assert_eq!(said, "latency is empirical\n");
    assert_eq!(ask(serving.address, "localhost", "/a", None).await.status, Some(200));
}

#[test]
fn a_file_of_several_services_with_limits_faults_and_latencies_is_served() {
    let folder = Folder::new();
    let text = r#"
        listen = ["127.0.0.1:0"]
        seed = 7

        [service.payments]
        upstream = "https://api.example.com"
        hosts    = ["api.example.com"]
        mode     = "replay"
        latency  = "recorded"
        rate_limit = { preset = "stripe", limit = "25/s", key = "header:Authorization" }

        [[service.payments.fault]]
        url   = "/v1/charges"
        status = 503
        probability = 0.05

        [service.llm]
        upstream = "https://llm.example.com"
        mode     = "record-missing"
        latency  = { distribution = "lognormal", median = "400ms", p99 = "3s" }
    "#;
    folder.write("ringer.toml", text);
    let serving = Serving::start(folder.path(), "serve", &[]);
    let shown = ctl(serving.address, folder.path(), &["show"]);
    for part in ["service llm", "status-503", "preset=stripe key=header:Authorization "] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(serving.stop().code, Some(0));
}
