//! Clock, limits, faults, seed and settings of a session: its own, through the same endpoints.

use serde_json::{Value, json};

use crate::support::{
    folder::{Folder, Ringer},
    in_session::InSession,
};

async fn ringer() -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.stub("a", &json!({"request": {"urlPath": "/a"}, "response": {"body": "a"}}).to_string());
    let now = json!({
        "request": {"urlPath": "/now"},
        "response": {"body": "{{now format='yyyy'}} {{randomInt}}", "transformers": ["response-template"]},
    });
    folder.stub("now", &now.to_string());
    let ringer = folder.replay().await;
    (folder, ringer)
}

async fn statuses(client: &InSession<'_>, n: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..n {
        statuses.push(client.status("/a").await);
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_session_befall_no_other() {
    let (_folder, ringer) = ringer().await;
    let (a, b, none) =
        (InSession::new(&ringer, "a"), InSession::new(&ringer, "b"), InSession::none(&ringer));
    let made = a.admin("POST", "/ringer/faults", json!({"status": 503, "every": 2})).await;
    assert_eq!(made["place"], json!({"session": "a"}));
    b.admin("POST", "/ringer/behaviors", json!({"fault": {"status": 500, "first": 1}})).await;
    assert_eq!(statuses(&a, 4).await, [200, 503, 200, 503]);
    assert_eq!(statuses(&b, 3).await, [500, 200, 200]);
    assert_eq!(statuses(&none, 3).await, [200, 200, 200]);
    // Each lists its own, and only that can be removed there.
    let places = |of: Value| {
        let places = of["behaviors"].as_array().unwrap().iter();
        places.map(|it| it["place"].to_string()).filter(|it| it != "\"all\"").collect::<Vec<_>>()
    };
    let list = "/ringer/behaviors";
    assert_eq!(places(a.admin("GET", list, Value::Null).await), [r#"{"session":"a"}"#]);
    assert!(places(none.admin("GET", list, Value::Null).await).is_empty());
    let theirs = b.send("DELETE", "/__admin/ringer/behaviors/status-503", &Value::Null).await;
    assert_eq!(theirs.status, 404);
    none.admin("DELETE", "/ringer/faults", Value::Null).await;
    assert_eq!(statuses(&a, 2).await, [200, 503]);
    a.admin("POST", "/ringer/reset", Value::Null).await;
    assert_eq!(statuses(&a, 2).await, [200, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_all_counts_in_each_session_by_itself() {
    let (_folder, ringer) = ringer().await;
    let (a, none) = (InSession::new(&ringer, "a"), InSession::none(&ringer));
    none.admin("POST", "/ringer/faults", json!({"status": 503, "nth": [2]})).await;
    assert_eq!(statuses(&none, 3).await, [200, 503, 200]);
    assert_eq!(statuses(&a, 3).await, [200, 503, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_counted_and_set_in_each_session() {
    let (_folder, ringer) = ringer().await;
    let (a, b, none) =
        (InSession::new(&ringer, "a"), InSession::new(&ringer, "b"), InSession::none(&ringer));
    none.admin("POST", "/ringer/behaviors", json!({"rateLimit": "2/h"})).await;
    assert_eq!(statuses(&none, 3).await, [200, 200, 429]);
    assert_eq!(statuses(&a, 3).await, [200, 200, 429]);
    b.admin("POST", "/ringer/behaviors", json!({"rateLimit": "1/h"})).await;
    assert_eq!(statuses(&b, 2).await, [200, 429]);
    a.admin("POST", "/ringer/rate-limits/reset", Value::Null).await;
    assert_eq!(statuses(&a, 1).await, [200]);
    assert_eq!(statuses(&none, 1).await, [429]);
    // An hour of one is no hour of another.
    a.admin("POST", "/ringer/clock/advance", json!({"by": "2h"})).await;
    assert_eq!(statuses(&a, 2).await, [200, 200]);
    assert_eq!(statuses(&b, 1).await, [429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_for_all_begins_with_each_session() {
    let (_folder, ringer) = ringer().await;
    let (a, none) = (InSession::new(&ringer, "a"), InSession::none(&ringer));
    none.admin("POST", "/ringer/clock/advance", json!({"by": "5h"})).await;
    let late = json!({"status": 503, "from": "1h", "for": "1h"});
    none.admin("POST", "/ringer/faults", late).await;
    assert_eq!((a.status("/a").await, none.status("/a").await), (200, 200));
    a.admin("POST", "/ringer/clock/advance", json!({"by": "90m"})).await;
    assert_eq!((a.status("/a").await, none.status("/a").await), (503, 200));
    none.admin("POST", "/ringer/clock/advance", json!({"by": "90m"})).await;
    a.admin("POST", "/ringer/clock/advance", json!({"by": "1h"})).await;
    assert_eq!((a.status("/a").await, none.status("/a").await), (200, 503));
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_settings_and_the_clock_are_a_sessions_own() {
    let (_folder, ringer) = ringer().await;
    let (a, none) = (InSession::new(&ringer, "a"), InSession::none(&ringer));
    let profile = json!({"name": "down", "profile": {"fault": {"status": 502}}});
    a.admin("PUT", "/ringer/chaos", profile).await;
    assert_eq!((a.status("/a").await, none.status("/a").await), (502, 200));
    assert_eq!(none.admin("GET", "/ringer/chaos", Value::Null).await["profile"], Value::Null);
    assert_eq!(a.admin("GET", "/ringer/chaos", Value::Null).await["profile"], "down");
    a.admin("DELETE", "/ringer/chaos", Value::Null).await;
    assert_eq!(a.status("/a").await, 200);
    a.admin("POST", "/settings", json!({"extended": {"of": "a"}})).await;
    let settings = none.admin("GET", "/settings", Value::Null).await;
    assert_eq!(settings["settings"]["extended"], Value::Null);
    a.admin("POST", "/ringer/clock/set", json!({"now": "2031-05-06T07:08:09Z"})).await;
    assert!(a.get("/now").await.starts_with("2031 "));
    assert!(!none.get("/now").await.starts_with("2031 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn draws_follow_the_seed_of_the_session() {
    let (_folder, ringer) = ringer().await;
    let none = InSession::none(&ringer);
    let drawn = async |client: &InSession<'_>, seed: u64| {
        client.admin("POST", "/reset", Value::Null).await;
        none.admin("PATCH", "/ringer/sessions/a", json!({"seed": seed})).await;
        let mut drawn = Vec::new();
        for _ in 0..3 {
            drawn.push(client.get("/now").await);
        }
        drawn
    };
    let a = InSession::new(&ringer, "a");
    a.get("/a").await;
    let first = drawn(&a, 7).await;
    assert_eq!(drawn(&a, 7).await, first);
    assert_ne!(drawn(&a, 8).await, first);
}
