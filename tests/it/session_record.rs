//! A session that records while others replay: what it records becomes stubs of all, sanitised.

use ringer::{
    config::{Config, Service},
    model::Mode,
};
use serde_json::{Value, json};

use crate::support::{
    client,
    folder::{Folder, Ringer},
    in_session::InSession,
    server::{Requests, Upstream},
    waiting::eventually_async,
};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 39\r\n\r\n\
                      {\"access_token\": \"planted-8d1f0c3b5a\"} ";

/// ringer, replaying, beside an API that it knows.
async fn replaying(folder: &Folder, mode: Mode) -> (Upstream, Requests, Ringer) {
    let (upstream, requests) = Upstream::answering(ANSWER).await;
    let service = Service::of_upstream(upstream.url().parse().unwrap(), mode);
    let ringer = folder.start(Config { services: vec![service], ..folder.config() }).await;
    (upstream, requests, ringer)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_records_while_the_others_replay() {
    let folder = Folder::new();
    let (upstream, mut requests, ringer) = replaying(&folder, Mode::Replay).await;
    let none = InSession::none(&ringer);
    let recorder = InSession::new(&ringer, "recorder");
    assert_eq!(none.status("/token").await, 404);
    assert!(!folder.join("stubs/.ringer-key").exists(), "nothing is recorded yet");
    none.admin("POST", "/ringer/sessions", json!({"name": "recorder", "mode": "record"})).await;
    let fields =
        [("x-ringer-session", "recorder"), ("authorization", "Bearer planted-77aa1b2c3d4e5f60")];
    let got = client::send(ringer.address, "GET", "/token", &fields, "").await;
    assert!(got.text().contains("planted-8d1f0c3b5a"), "the client gets what the API said");
    let sent = requests.next().await;
    assert_eq!(sent.field("authorization"), Some("Bearer planted-77aa1b2c3d4e5f60"));
    assert_eq!(sent.field("x-ringer-session"), None);
    // What it recorded is no session's own: all replay it.
    eventually_async("the recorded stub in service", async || {
        (none.status("/token").await == 200).then_some(())
    })
    .await;
    for session in [none, InSession::new(&ringer, "other")] {
        let got = session.send("GET", "/token", &Value::Null).await;
        assert_eq!(got.status, 200, "{got:?}");
    }
    assert_eq!(none.status("/other").await, 404, "the others still replay");
    assert_eq!(recorder.status("/other").await, 200);
    requests.next().await;
    let seen = none.admin("GET", "/ringer/sessions/recorder", Value::Null).await;
    assert_eq!((&seen["stubs"]["own"], &seen["mode"]), (&json!(0), &json!("record")));
    let listed = none.admin("GET", "/mappings", Value::Null).await;
    assert!(listed["meta"]["total"].as_u64() >= Some(1), "{listed}");

    none.admin("PATCH", "/ringer/sessions/recorder", json!({"mode": null})).await;
    assert_eq!(recorder.status("/third").await, 404, "it replays again");
    upstream.stop().await;
    let summary = ringer.stop().await;
    assert!(summary.problems.is_empty(), "{:?}", summary.problems);
    assert!(folder.join("stubs/.ringer-key").exists(), "pseudonyms need their key");
    assert_eq!(folder.tape().len(), 2);
    for place in ["stubs", "recordings"] {
        for (name, content) in folder.snapshot(place) {
            assert!(!String::from_utf8_lossy(&content).contains("planted-"), "{place}/{name}");
        }
    }
    let ringer = folder.replay().await;
    assert_eq!(InSession::none(&ringer).status("/token").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_records_what_is_missing_answers_from_stubs_first() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"body": "own"}}"#);
    let (_upstream, _requests, ringer) = replaying(&folder, Mode::Replay).await;
    let none = InSession::none(&ringer);
    none.admin("POST", "/ringer/sessions", json!({"name": "r", "mode": "record-missing"})).await;
    let session = InSession::new(&ringer, "r");
    assert_eq!(session.get("/a").await, "own");
    assert_eq!(none.status("/b").await, 404);
    assert!(session.get("/b").await.contains("planted-"));
    // The next request of the session waits for what the one before it recorded.
    assert!(!session.get("/b").await.contains("planted-8d1f0c3b5a"));
    assert_eq!(none.status("/b").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mode_that_records_is_refused_where_the_recorder_cannot_start() {
    let folder = Folder::new();
    let (_upstream, _requests, ringer) = replaying(&folder, Mode::Replay).await;
    let none = InSession::none(&ringer);
    none.admin("POST", "/ringer/sessions", json!({"name": "a", "seed": 3})).await;
    // Where the key is to be is a folder.
    std::fs::create_dir_all(folder.join("stubs/.ringer-key")).unwrap();
    let asked = json!({"mode": "record", "seed": 4});
    let got = none.send("PATCH", "/__admin/ringer/sessions/a", &asked).await;
    assert_eq!(got.status, 500, "{got:?}");
    assert_eq!(got.json()["errors"][0]["title"], "The recorder cannot start");
    assert!(got.text().contains(".ringer-key"), "{got:?}");
    let seen = none.admin("GET", "/ringer/sessions/a", Value::Null).await;
    assert_eq!((&seen["mode"], &seen["seed"]), (&Value::Null, &json!(3)), "nothing has changed");
    let asked = json!({"name": "b", "mode": "record-missing"});
    assert_eq!(none.send("POST", "/__admin/ringer/sessions", &asked).await.status, 500);
    assert_eq!(none.send("GET", "/__admin/ringer/sessions/b", &Value::Null).await.status, 404);
    std::fs::remove_dir(folder.join("stubs/.ringer-key")).unwrap();
    none.admin("PATCH", "/ringer/sessions/a", json!({"mode": "record"})).await;
    assert_eq!(InSession::new(&ringer, "a").status("/x").await, 200);
}
