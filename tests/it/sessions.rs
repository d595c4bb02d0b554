//! Sessions as clients of the admin API make, see and drop them.

use std::time::Duration;

use ringer::{config::Config, store::SessionLimits};
use serde_json::{Value, json};

use crate::support::{
    folder::{Folder, Ringer},
    in_session::InSession,
};

async fn ringer() -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.stub("a", &json!({"request": {"urlPath": "/a"}, "response": {"body": "a"}}).to_string());
    let ringer = folder.replay().await;
    (folder, ringer)
}

const SESSIONS: &str = "/__admin/ringer/sessions";

async fn names(client: &InSession<'_>, query: &str) -> Vec<String> {
    let listed = client.admin("GET", &format!("/ringer/sessions{query}"), Value::Null).await;
    let sessions = listed["sessions"].as_array().unwrap().iter();
    sessions.map(|session| session["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_made_seen_changed_and_dropped() {
    let (_folder, ringer) = ringer().await;
    let none = InSession::none(&ringer);
    let asked = json!({
        "name": "checkout", "seed": 7, "mode": "replay", "idle": "1h",
        "clock": {"now": "2031-05-06T07:08:09Z", "frozen": true},
    });
    let made = none.send("POST", SESSIONS, &asked).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!((&made["seed"], &made["mode"]), (&json!(7), &json!("replay")));
    assert_eq!(made["clock"]["now"], "2031-05-06T07:08:09.000Z");
    assert_eq!((&made["forgottenAfterMillis"], &made["requests"]), (&json!(3_600_000), &json!(0)));
    assert_eq!(none.send("POST", SESSIONS, &asked).await.status, 409);
    let a = InSession::new(&ringer, "checkout");
    a.get("/a").await;
    a.admin("POST", "/ringer/faults", json!({"status": 503})).await;
    a.admin("POST", "/mappings", json!({"request": {"urlPath": "/b"}})).await;
    let path = "/ringer/sessions/checkout";
    let seen = none.admin("GET", path, Value::Null).await;
    assert_eq!((&seen["requests"], &seen["journal"]), (&json!(1), &json!(1)));
    assert_eq!((&seen["behaviors"], &seen["stubs"]["own"]), (&json!(1), &json!(1)));
    assert!(seen["bytes"].as_u64().unwrap() > 500, "{seen}");
    let changed = none.admin("PATCH", path, json!({"seed": null, "mode": "passthrough"})).await;
    assert_eq!((&changed["seed"], &changed["mode"]), (&Value::Null, &json!("passthrough")));
    none.admin("PATCH", path, json!({"mode": null})).await;
    let reset = none.admin("POST", &format!("{path}/reset"), Value::Null).await;
    assert_eq!((&reset["behaviors"], &reset["stubs"]["own"]), (&json!(0), &json!(0)));
    assert_eq!((&reset["journal"], &reset["clock"]["frozen"]), (&json!(0), &json!(false)));
    assert_eq!(a.status("/a").await, 200);
    a.admin("POST", "/ringer/faults", json!({"status": 503})).await;
    none.admin("DELETE", path, Value::Null).await;
    assert_eq!(names(&none, "").await, ["default"]);
    // One that comes back is another.
    assert_eq!(a.status("/a").await, 200);
    assert_eq!(names(&none, "").await, ["default", "checkout"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_session_is_told() {
    let (_folder, ringer) = ringer().await;
    let none = InSession::none(&ringer);
    for (method, path) in [("GET", "/none"), ("PATCH", "/none"), ("DELETE", "/a%20b")] {
        let got = none.send(method, &format!("{SESSIONS}{path}"), &Value::Null).await;
        assert_eq!(got.status, 404, "{got:?}");
        assert!(got.text().contains("GET /__admin/ringer/sessions"), "{got:?}");
    }
    let got = none.send("DELETE", &format!("{SESSIONS}/default"), &Value::Null).await;
    assert_eq!(got.status, 409, "{got:?}");
    for (body, pointer) in [
        (json!({"name": "a b"}), "/name"),
        (json!({"seed": -1}), "/seed"),
        (json!({"mode": "replai"}), "/mode"),
        (json!({"idle": "soon"}), "/idle"),
        (json!({"clock": {"speed": 0}}), "/clock"),
        (json!({"nmae": "a"}), "/nmae"),
        (json!([]), "/"),
    ] {
        let got = none.send("POST", SESSIONS, &body).await;
        assert_eq!(got.status, 422, "{got:?}");
        assert_eq!(got.json()["errors"][0]["source"]["pointer"], pointer, "{got:?}");
    }
    assert_eq!(names(&none, "").await, ["default"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_it_gets_one_and_they_are_listed_by_page() {
    let (_folder, ringer) = ringer().await;
    let none = InSession::none(&ringer);
    let made = none.admin("POST", "/ringer/sessions", Value::Null).await;
    let name = made["name"].as_str().unwrap().to_owned();
    assert_eq!(InSession::new(&ringer, &name).get("/a").await, "a");
    for name in ["z", "b/c", "a[1]"] {
        assert_eq!(InSession::new(&ringer, name).get("/a").await, "a");
    }
    assert_eq!(names(&none, "").await, ["default", "a[1]", "b/c", name.as_str(), "z"]);
    assert_eq!(names(&none, "?offset=1&limit=2").await, ["a[1]", "b/c"]);
    none.admin("DELETE", "/ringer/sessions/b%2Fc", Value::Null).await;
    none.admin("DELETE", "/ringer/sessions/a%5B1%5D", Value::Null).await;
    assert_eq!(names(&none, "?offset=1").await, [name.as_str(), "z"]);
    none.admin("DELETE", "/ringer/sessions", Value::Null).await;
    assert_eq!(names(&none, "").await, ["default"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_sessions_have_to_be_created_one_that_was_is_there() {
    let folder = Folder::new();
    folder.stub("a", &json!({"request": {"urlPath": "/a"}, "response": {"body": "a"}}).to_string());
    let limits = SessionLimits { strict: true, ..SessionLimits::default() };
    let ringer = folder.start(Config { sessions: limits, ..folder.config() }).await;
    let a = InSession::new(&ringer, "a");
    assert_eq!(a.status("/a").await, 404);
    InSession::none(&ringer).admin("POST", "/ringer/sessions", json!({"name": "a"})).await;
    assert_eq!(a.get("/a").await, "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_nothing_for_long_enough_is_forgotten() {
    let folder = Folder::new();
    folder.stub("a", &json!({"request": {"urlPath": "/a"}, "response": {"body": "a"}}).to_string());
    let limits = SessionLimits { idle: Duration::from_millis(1), ..SessionLimits::default() };
    let ringer = folder.start(Config { sessions: limits, ..folder.config() }).await;
    let none = InSession::none(&ringer);
    none.admin("POST", "/ringer/sessions", json!({"name": "kept", "idle": "1h"})).await;
    InSession::new(&ringer, "a").admin("POST", "/ringer/faults", json!({"status": 503})).await;
    for _ in 0..100_000 {
        if names(&none, "").await == ["default", "kept"] {
            assert_eq!(InSession::new(&ringer, "a").status("/a").await, 200);
            return;
        }
    }
    panic!("it is still there");
}
