//! Requests that go on to a real API, as in WireMock: `--proxy-all`, `--enable-browser-proxying`.

use ringer::{
    config::Config,
    model::Mode,
    serve::{Answers, Dialect},
};
use serde_json::Value;

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
    process::{Process, ringer},
    server::Upstream,
    waiting::eventually,
    wire::{Message, Wire},
};

const ANSWER: &str = "HTTP/1.1 202 Fine\r\nX-Up: 1\r\nContent-Length: 5\r\n\r\nhello";

async fn browser_proxy(forward: Mode) -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"urlPath": "/stub"}, "response": {"body": "stub"}}"#);
    let answers = Answers { dialect: Dialect::WireMock, ..Answers::default() };
    let ringer = folder.start(Config { answers, forward, ..folder.config() }).await;
    (folder, ringer)
}

/// Asks ringer as a proxy.
async fn through(ringer: &Ringer, url: &str) -> Message {
    let mut wire = Wire::connect(ringer.address).await;
    let host = url.split('/').nth(2).unwrap();
    wire.send(format!("GET {url} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
    wire.message().await
}

async fn journal(ringer: &Ringer) -> Vec<Value> {
    let got = client::get(ringer.address, "/__admin/requests").await.json();
    got["requests"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_passes_on_what_no_stub_matches_while_the_settings_let_it() {
    let (upstream, _requests) = Upstream::answering(ANSWER).await;
    let (_folder, ringer) = browser_proxy(Mode::Fallback).await;
    let url = format!("{}/other", upstream.url());
    assert_eq!(through(&ringer, &url).await.text(), "hello");
    assert_eq!(through(&ringer, &format!("{}/stub", upstream.url())).await.text(), "stub");
    let set = |value: bool| {
        let body = format!(r#"{{"proxyPassThrough": {value}}}"#);
        client::send(ringer.address, "POST", "/__admin/settings", &[], body)
    };
    assert_eq!(set(false).await.status, 200);
    assert_eq!(through(&ringer, &url).await.status(), 404);
    assert_eq!(through(&ringer, &format!("{}/stub", upstream.url())).await.text(), "stub");
    assert_eq!(set(true).await.status, 200);
    assert_eq!(through(&ringer, &url).await.text(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_tells_requests_to_a_proxy_and_has_the_answers_that_came_back() {
    let (upstream, _requests) = Upstream::answering(ANSWER).await;
    let (_folder, ringer) = browser_proxy(Mode::Fallback).await;
    through(&ringer, &format!("{}/other", upstream.url())).await;
    client::get(ringer.address, "/stub").await;
    let journal = journal(&ringer).await;
    let proxied: Vec<_> =
        journal.iter().map(|event| event["request"]["browserProxyRequest"].clone()).collect();
    assert_eq!(proxied, [false, true]);
    assert_eq!(journal[1]["response"]["status"], 202);
    assert_eq!(journal[1]["response"]["body"], "hello");
    assert_eq!(journal[1]["wasMatched"], true);
    let unmatched = client::get(ringer.address, "/__admin/requests/unmatched").await.json();
    assert_eq!(unmatched["requests"], serde_json::json!([]));
    assert_eq!(journal[1]["request"]["absoluteUrl"], format!("{}/other", upstream.url()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_browser_proxying_there_are_no_proxy_requests() {
    let (_folder, ringer) = browser_proxy(Mode::Replay).await;
    assert_eq!(through(&ringer, "http://api.test/stub").await.text(), "stub");
    assert_eq!(through(&ringer, "http://api.test/other").await.status(), 404);
    let journal = journal(&ringer).await;
    assert!(journal.iter().all(|event| event["request"]["browserProxyRequest"] == false));
}

#[tokio::test(flavor = "multi_thread")]
async fn proxy_all_is_the_last_stub_until_a_reset() {
    let (upstream, mut requests) = Upstream::answering(ANSWER).await;
    let folder = Folder::new();
    folder.write(
        "root/mappings/a.json",
        r#"{"priority": 9, "request": {"urlPath": "/stub"}, "response": {"body": "stub"}}"#,
    );
    let ready = folder.join("ready.json");
    let mut command = ringer();
    command
        .args(["wiremock", "--port", "0", "--bind-address", "127.0.0.1", "--root-dir"])
        .arg(folder.join("root"))
        .args(["--proxy-all", &upstream.url(), "--certs"])
        .arg(folder.join("certs"))
        .env("RINGER_READY_FILE", &ready);
    let mut process = Process::spawn(&mut command);
    let text = eventually("the ready file", || {
        assert!(process.is_running(), "{}", process.stderr());
        std::fs::read_to_string(&ready).ok()
    });
    let ready: Value = serde_json::from_str(&text).unwrap();
    let address = ready["addresses"][0].as_str().unwrap().parse().unwrap();
    assert_eq!(client::get(address, "/stub").await.text(), "stub");
    let got: Got = client::get(address, "/other?x=1").await;
    assert_eq!((got.status, got.text()), (202, "hello".to_owned()));
    assert_eq!(requests.next().await.first_line(), "GET /other?x=1 HTTP/1.1");
    let mappings = client::get(address, "/__admin/mappings").await.json();
    let last = &mappings["mappings"][1];
    assert_eq!((&last["priority"], &last["request"]["method"]), (&10.into(), &"ANY".into()));
    assert_eq!(last["response"]["proxyBaseUrl"], upstream.url());
    let event = &client::get(address, "/__admin/requests").await.json()["requests"][0];
    assert_eq!((&event["wasMatched"], &event["response"]["body"]), (&true.into(), &"hello".into()));
    client::send(address, "POST", "/__admin/mappings/reset", &[], "").await;
    assert_eq!(client::get(address, "/other").await.status, 404);
    assert_eq!(client::get(address, "/stub").await.text(), "stub");
}
