//! `--record-mappings`: what is passed on becomes files, which are stubs from the next start.

use std::collections::BTreeMap;

use bytes::Bytes;
use ringer::config::{AdminSettings, Config};
use serde_json::{Value, json};

use crate::support::{
    client,
    folder::Folder,
    process::{Process, ringer},
    server::Upstream,
    waiting::eventually,
};

/// An API that hands out a token and says which path was asked for.
async fn api() -> Upstream {
    let (upstream, _requests) = Upstream::answering_each(|request| {
        let target = request.first_line().split(' ').nth(1).unwrap_or_default().to_owned();
        let body = format!("{{\"path\": \"{target}\", \"access_token\": \"planted-8d1f0c3b5a\"}}");
        let head = format!(
            "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nX-Odd: 1\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        Bytes::from(head + &body)
    })
    .await;
    upstream
}

/// The files below `place`, when there are so many and none is being written.
fn written(folder: &Folder, place: &str, count: usize) -> BTreeMap<String, Vec<u8>> {
    eventually("files that are written", || {
        let files = folder.snapshot(place);
        let is_done = files.len() == count && !files.keys().any(|name| name.ends_with(".tmp"));
        is_done.then_some(files)
    })
}

/// The only file below `place` whose name begins so.
#[track_caller]
fn file(folder: &Folder, place: &str, start: &str) -> (String, String) {
    let files = folder.snapshot(place);
    let mut found = files.into_iter().filter(|(name, _)| name.starts_with(start));
    let (name, content) = found.next().unwrap_or_else(|| panic!("no `{start}…` in {place}"));
    assert!(found.next().is_none(), "more than one `{start}…` in {place}");
    (name, String::from_utf8(content).unwrap())
}

/// `ringer wiremock` on `root`, and where it listens.
fn wiremock(folder: &Folder, more: &[&str]) -> (Process, std::net::SocketAddr) {
    let ready = folder.join("ready.json");
    // The file of an earlier start may not be taken for this one's.
    let _ = std::fs::remove_file(&ready);
    let mut command = ringer();
    command
        .args(["wiremock", "--port", "0", "--bind-address", "127.0.0.1", "--root-dir"])
        .arg(folder.join("root"))
        .arg("--certs")
        .arg(folder.join("certs"))
        .args(more)
        .env("RINGER_READY_FILE", &ready);
    let mut process = Process::spawn(&mut command);
    let text = eventually("the ready file", || {
        assert!(process.is_running(), "{}", process.stderr());
        std::fs::read_to_string(&ready).ok().filter(|text| text.ends_with('\n'))
    });
    let ready: Value = serde_json::from_str(&text).unwrap();
    (process, ready["addresses"][0].as_str().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_passed_on_is_served_from_files_at_the_next_start() {
    let upstream = api().await;
    let folder = Folder::new();
    std::fs::create_dir_all(folder.join("root/mappings")).unwrap();
    let url = upstream.url();
    let flags = ["--proxy-all", &url, "--record-mappings", "--match-headers", "X-Kind,Accept"];
    let (process, address) = wiremock(&folder, &flags);
    let fields = [("x-kind", "a"), ("content-type", "application/json"), ("x-other", "o")];
    for _ in 0..2 {
        let got = client::send(address, "POST", "/orders?x=1", &fields, r#"{"n": 1}"#).await;
        assert_eq!(got.status, 201);
    }
    let other = client::send(address, "POST", "/orders?x=1", &fields, r#"{"n": 2}"#).await;
    assert_eq!(other.status, 201);
    client::get(address, "/plain").await;
    let listed = client::get(address, "/__admin/mappings").await.json();
    assert_eq!(listed["meta"]["total"], 1, "what is recorded is no stub yet: {listed}");
    // Of four exchanges three are different.
    let orders = written(&folder, "root/mappings", 3);

    let (name, text) = file(&folder, "root/mappings", "mapping-plain-");
    assert!(name.ends_with(".json"), "{name}");
    let plain: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plain["request"], json!({"url": "/plain", "method": "GET"}));
    let (body_name, body) = file(&folder, "root/__files", "body-plain-");
    assert_eq!(plain["response"]["bodyFileName"], body_name.as_str());
    // Here a recording is kept as it came, as WireMock keeps it.
    assert_eq!(body, r#"{"path": "/plain", "access_token": "planted-8d1f0c3b5a"}"#);
    assert_eq!(
        plain["response"]["headers"],
        json!({"Content-Type": "application/json", "X-Odd": "1"})
    );
    let orders = orders.iter().find(|(name, content)| {
        name.starts_with("mapping-orders")
            && String::from_utf8_lossy(content).contains("\\\"n\\\": 1")
    });
    let order: Value = serde_json::from_slice(orders.unwrap().1).unwrap();
    assert_eq!(order["request"]["url"], "/orders?x=1");
    assert_eq!(order["request"]["headers"], json!({"X-Kind": {"equalTo": "a"}}));
    assert_eq!(order["request"]["bodyPatterns"][0]["equalToJson"], r#"{"n": 1}"#);

    drop(process);
    upstream.stop().await;
    let (_process, address) = wiremock(&folder, &[]);
    let got = client::send(address, "POST", "/orders?x=1", &fields, r#"{"n": 2}"#).await;
    assert_eq!((got.status, got.text()), (201, other.text()));
    assert_eq!(got.field("x-odd"), Some("1"));
    let got = client::send(address, "POST", "/orders?x=1", &fields[1..], r#"{"n": 2}"#).await;
    assert_eq!(got.status, 404, "a header of `--match-headers` must be there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_recording_adds_no_files() {
    let upstream = api().await;
    let folder = Folder::new();
    std::fs::create_dir_all(folder.join("root/mappings")).unwrap();
    let url = upstream.url();
    let mut names = Vec::new();
    for _ in 0..2 {
        let (process, address) = wiremock(&folder, &["--record-mappings"]);
        let proxy = json!({"priority": 1, "response": {"proxyBaseUrl": url}}).to_string();
        client::send(address, "POST", "/__admin/mappings", &[], proxy).await;
        client::get(address, "/a").await;
        let files = written(&folder, "root", 2);
        names.push(files.into_keys().collect::<Vec<_>>());
        drop(process);
    }
    assert_eq!(names[0], names[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_replaced_where_ringer_sanitises() {
    let upstream = api().await;
    let folder = Folder::new();
    let proxy = json!({"response": {"proxyBaseUrl": upstream.url()}});
    folder.stub("proxy", &proxy.to_string());
    let admin = AdminSettings {
        record_mappings: Some(vec!["Authorization".to_owned()]),
        ..folder.config().admin
    };
    let ringer = folder.start(Config { admin, watch: false, ..folder.config() }).await;
    let fields = [("authorization", "Bearer planted-77aa1b2c3d4e")];
    let got = client::send(ringer.address, "GET", "/login", &fields, "").await;
    assert!(got.text().contains("planted-8d1f0c3b5a"), "the client gets what the API said");
    ringer.stop().await;
    let written = folder.snapshot("stubs");
    let names: Vec<_> = written.keys().filter(|name| name.contains("login")).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    for (name, content) in &written {
        let text = String::from_utf8_lossy(content);
        assert!(!text.contains("planted-"), "{name}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stub_answers_itself_is_no_mapping() {
    let folder = Folder::new();
    folder.stub("own", r#"{"request": {"url": "/own"}, "response": {"body": "own"}}"#);
    let admin = AdminSettings { record_mappings: Some(Vec::new()), ..folder.config().admin };
    let ringer = folder.start(Config { admin, watch: false, ..folder.config() }).await;
    assert_eq!(client::get(ringer.address, "/own").await.text(), "own");
    assert_eq!(client::get(ringer.address, "/none").await.status, 404);
    ringer.stop().await;
    let names: Vec<_> = folder.snapshot("stubs").into_keys().collect();
    assert_eq!(names, ["mappings/own.json"]);
}
