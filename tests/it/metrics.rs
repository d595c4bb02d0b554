//! What is counted, as scrapers see it.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use ringer::{
    config::{Config, Service},
    model::Mode,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    client::{self, Connection},
    folder::{Folder, Ringer},
    server::Upstream,
    waiting::{eventually_async, within},
    wire::Wire,
};

const PATH: &str = "/__admin/ringer/metrics";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Runs a script of `tests/clients` on this input, and reads the JSON that it prints.
pub(crate) fn read_by(script: &str, arguments: &[&str], input: &[u8]) -> Value {
    let python = std::env::var_os("RINGER_TEST_PYTHON").expect(
        "RINGER_TEST_PYTHON is not set: run `scripts/test`, which installs the clients that this \
         test needs and sets it",
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    let mut child = Command::new(python)
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(input));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What Prometheus's own parser reads of it.
async fn scraped(ringer: &Ringer) -> Value {
    let got = client::send(ringer.address, "GET", PATH, &[("accept", OPENMETRICS)], "").await;
    assert_eq!((got.status, got.field("content-type")), (200, Some(OPENMETRICS)));
    read_by("metrics.py", &["openmetrics"], &got.body)
}

async fn scraped_text(ringer: &Ringer) -> String {
    client::get(ringer.address, PATH).await.text()
}

async fn post(ringer: &Ringer, path: &str, body: Value) {
    let path = format!("/__admin{path}");
    let got = client::send(ringer.address, "POST", &path, &[], body.to_string()).await;
    assert!(got.status < 300, "{got:?}");
}

fn service(name: &str, mode: Mode, upstream: &str) -> Service {
    let mut service = Service::of_upstream(upstream.parse().unwrap(), mode);
    service.name = ringer::model::ServiceName::new(name);
    service.hosts.clear();
    service.prefix = Some(format!("/{name}"));
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_is_counted_once_for_its_service() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup";
    let (upstream, _requests) = Upstream::answering(answer).await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let folder = Folder::new();
    let stub = |path: &str, response: Value| {
        json!({"request": {"urlPath": path}, "response": response}).to_string()
    };
    folder.stub("a", &stub("/a", json!({"body": "ok"})));
    folder.stub("b", &stub("/broken", json!({"fault": "EMPTY_RESPONSE"})));
    folder.stub("c", &stub("/proxied", json!({"proxyBaseUrl": upstream.url()})));
    let services = vec![
        service("pass", Mode::Passthrough, &upstream.url()),
        service("rec", Mode::Record, &upstream.url()),
        service("fall", Mode::Fallback, &upstream.url()),
        service("down", Mode::Passthrough, &format!("http://{free}")),
    ];
    let ringer = folder.start(Config { services, ..folder.config() }).await;
    post(
        &ringer,
        "/ringer/behaviors",
        json!({
            "rate_limit": {"name": "tight", "limit": 1, "window": "1h", "url": "/limited"},
            "fault": {"url": "/faulty", "status": 503},
        }),
    )
    .await;
    for _ in 0..3 {
        client::get(ringer.address, "/a").await;
    }
    client::get(ringer.address, "/none").await;
    let broken = Connection::http1(ringer.address).await;
    let request = broken.request("GET", "h", "/broken").body(client::whole("")).unwrap();
    assert!(broken.try_send(request).await.is_err());
    client::get(ringer.address, "/proxied").await;
    for _ in 0..3 {
        client::get(ringer.address, "/limited").await;
    }
    for path in ["/pass/x", "/pass/y", "/rec/x", "/fall/x", "/down/x"] {
        client::get(ringer.address, path).await;
    }
    assert_eq!(client::get(ringer.address, "/pass/faulty").await.status, 503);
    eventually_async("the recorder has it", || async {
        let text = scraped_text(&ringer).await;
        text.contains("ringer_recorder_exchanges_total{result=\"new\"} 1\n").then_some(())
    })
    .await;
    let metrics = scraped(&ringer).await;
    let samples = metrics["samples"].as_object().unwrap();
    let counted: Vec<String> = samples
        .iter()
        .filter(|(name, value)| {
            let is_told = name.contains("_total") && !name.starts_with("ringer_admin_calls");
            is_told && !name.starts_with("ringer_connections") && value.as_f64() != Some(0.0)
        })
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    insta::assert_snapshot!(counted.join("\n"));
    let number = |name: &str| samples.get(name).and_then(Value::as_f64);
    assert_eq!(
        number("ringer_upstream_request_duration_seconds_count{service=\"pass\"}"),
        Some(2.0)
    );
    assert_eq!(number("ringer_upstream_request_duration_seconds_count{service=\"*\"}"), Some(1.0));
    assert_eq!(number("ringer_upstream_request_duration_seconds_count{service=\"down\"}"), None);
    assert_eq!(number("ringer_request_duration_seconds_count{service=\"pass\"}"), Some(3.0));
    assert_eq!(number("ringer_recorder_queue_exchanges"), Some(0.0));
    assert_eq!((number("ringer_sessions"), number("ringer_stubs")), (Some(1.0), Some(4.0)));
    assert!(number("ringer_admin_calls_total{status=\"2xx\"}").unwrap() >= 2.0);
    // The one that asks.
    assert!(number("ringer_open_connections").unwrap() >= 1.0);
    within(ringer.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_texts_say_the_same() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"urlPath": "/a"}, "response": {"body": "ok"}}"#);
    let ringer = folder.replay().await;
    client::get(ringer.address, "/a").await;
    let got = client::get(ringer.address, PATH).await;
    assert_eq!(got.field("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(got.field("vary"), Some("Accept"));
    let older = read_by("metrics.py", &["text"], &got.body);
    let newer = scraped(&ringer).await;
    let of = |metrics: &Value| {
        let samples = metrics["samples"].as_object().unwrap().clone();
        // What asking itself changes.
        let is_changed =
            |name: &str| name.starts_with("ringer_admin") || name.contains("connections");
        samples.into_iter().filter(|(name, _)| !is_changed(name)).collect::<Vec<_>>()
    };
    assert_eq!(of(&older), of(&newer));
    let family = |name: &str| newer["families"][name].clone();
    assert_eq!(family("ringer_requests")["type"], "counter");
    assert_eq!(family("ringer_build")["type"], "info");
    let duration = family("ringer_request_duration_seconds");
    assert_eq!((&duration["type"], &duration["unit"]), (&json!("histogram"), &json!("seconds")));
    for (name, family) in newer["families"].as_object().unwrap() {
        assert!(!family["help"].as_str().unwrap().is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_a_number_and_never_a_label() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"urlPath": "/a"}, "response": {"body": "ok"}}"#);
    let ringer = folder.replay().await;
    for n in 0..5 {
        let session = format!("team-{n}");
        client::send(ringer.address, "GET", "/a", &[("x-ringer-session", &session)], "").await;
    }
    let text = scraped_text(&ringer).await;
    assert!(text.contains("\nringer_sessions 6\n"), "{text}");
    assert!(text.contains("ringer_requests_total{service=\"*\",outcome=\"stub\"} 5\n"), "{text}");
    assert!(!text.contains("team-"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_counted_and_its_connection_is_gone() {
    let folder = Folder::new();
    let (upstream, mut requests) = Upstream::answering("").await;
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n").await;
    requests.next().await;
    drop(wire);
    eventually_async("the client is seen to have left", || async {
        let text = scraped_text(&ringer).await;
        let is_counted = text.contains("outcome=\"abandoned\"} 1\n");
        (is_counted && text.contains("\nringer_open_connections 1\n")).then_some(())
    })
    .await;
    upstream.stop().await;
    within(ringer.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_file_with_a_mistake_is_counted_when_it_changes() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"urlPath": "/a"}, "response": {"body": "1"}}"#);
    let ringer = folder.replay().await;
    folder.stub("a", r#"{"request": {"urlPath": "/a"}, "response": {"body": "2"}}"#);
    eventually_async("the change is taken in", || async {
        scraped_text(&ringer).await.contains("\nringer_reloads_total 1\n").then_some(())
    })
    .await;
    folder.stub("a", r#"{"request": {"urlPath": "/a"}, "#);
    eventually_async("the mistake is counted", || async {
        scraped_text(&ringer).await.contains("\nringer_reload_errors_total 1\n").then_some(())
    })
    .await;
}
