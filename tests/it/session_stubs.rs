//! Stubs of a session over those of everybody.

use serde_json::{Value, json};

use crate::support::{
    folder::{Folder, Ringer},
    in_session::InSession,
};

const BASE: &str = "00000000-0000-4000-8000-000000000001";
const OTHER: &str = "00000000-0000-4000-8000-000000000002";

fn stub(id: &str, url: &str, body: &str) -> Value {
    json!({"id": id, "request": {"urlPath": url}, "response": {"body": body}})
}

/// ringer with two stubs of everybody: `/base` and `/other`.
async fn ringer() -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.stub("base", &stub(BASE, "/base", "base").to_string());
    folder.stub("other", &stub(OTHER, "/other", "other").to_string());
    let ringer = folder.replay().await;
    (folder, ringer)
}

async fn names(client: &InSession<'_>, path: &str) -> Vec<String> {
    let listed = client.admin("GET", path, Value::Null).await;
    let body = |mapping: &Value| mapping["response"]["body"].as_str().unwrap_or("?").to_owned();
    let names: Vec<_> = listed["mappings"].as_array().unwrap().iter().map(body).collect();
    assert_eq!(listed["meta"]["total"], names.len());
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_does_to_stubs_no_other_sees() {
    let (_folder, ringer) = ringer().await;
    let (a, b, none) =
        (InSession::new(&ringer, "a"), InSession::new(&ringer, "b"), InSession::none(&ringer));
    let path = |id: &str| format!("/mappings/{id}");
    a.admin("POST", "/mappings", stub(&OTHER.replace('2', "3"), "/base", "mine")).await;
    b.admin("PUT", &path(BASE), stub(BASE, "/base", "changed")).await;
    assert_eq!(a.get("/base").await, "mine");
    assert_eq!(b.get("/base").await, "changed");
    assert_eq!(none.get("/base").await, "base");
    b.admin("DELETE", &path(OTHER), Value::Null).await;
    assert_eq!((a.status("/other").await, b.status("/other").await), (200, 404));
    assert_eq!(none.status("/other").await, 200);
    // Listed, found and got as they are seen.
    assert_eq!(names(&a, "/mappings").await, ["mine", "other", "base"]);
    assert_eq!(names(&b, "/mappings?limit=5").await, ["changed"]);
    assert_eq!(names(&none, "/mappings").await, ["other", "base"]);
    let gone = b.send("GET", &format!("/__admin/mappings/{OTHER}"), &Value::Null).await;
    assert_eq!(gone.status, 404);
    // Near misses know what the session sees.
    let missed = b.get("/othe").await;
    assert!(missed.contains("/base") && !missed.contains("/other"), "{missed}");
    // What everybody gets, each session gets.
    none.admin("POST", "/mappings", stub(&OTHER.replace('2', "4"), "/new", "new")).await;
    assert_eq!((a.get("/new").await, b.get("/new").await), ("new".to_owned(), "new".to_owned()));
    b.admin("POST", "/mappings/reset", Value::Null).await;
    assert_eq!((b.get("/base").await, b.status("/other").await), ("base".to_owned(), 200));
    assert_eq!(a.get("/base").await, "mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_deletes_all_starts_from_nothing() {
    let (folder, ringer) = ringer().await;
    let before = folder.snapshot("stubs");
    let (a, none) = (InSession::new(&ringer, "a"), InSession::none(&ringer));
    a.admin("DELETE", "/mappings", Value::Null).await;
    assert_eq!(a.status("/base").await, 404);
    a.admin("POST", "/mappings", stub(BASE, "/mine", "mine")).await;
    assert_eq!(names(&a, "/mappings").await, ["mine"]);
    let twice = a.send("POST", "/__admin/mappings", &stub(BASE, "/mine", "again")).await;
    assert_eq!(twice.status, 422);
    assert_eq!(names(&none, "/mappings").await, ["other", "base"]);
    let session = none.admin("GET", "/ringer/sessions/a", Value::Null).await;
    assert_eq!(session["stubs"], json!({"own": 1, "hidden": 2}));
    a.admin("POST", "/reset", Value::Null).await;
    assert_eq!(names(&a, "/mappings").await, ["other", "base"]);
    assert_eq!(folder.snapshot("stubs"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_saves_becomes_everybodys() {
    let (folder, ringer) = ringer().await;
    let (a, none) = (InSession::new(&ringer, "a"), InSession::none(&ringer));
    let mut own = stub(&OTHER.replace('2', "3"), "/mine", "mine");
    own["persistent"] = true.into();
    a.admin("POST", "/mappings", own).await;
    a.admin("PUT", &format!("/mappings/{BASE}"), stub(BASE, "/base", "changed")).await;
    // Persistent is what it will be.
    assert_eq!(folder.snapshot("stubs").len(), 2);
    assert_eq!(none.status("/mine").await, 404);
    a.admin("POST", "/mappings/save", Value::Null).await;
    assert_eq!(folder.snapshot("stubs").len(), 3);
    assert_eq!(
        (none.get("/mine").await, none.get("/base").await),
        ("mine".into(), "changed".into())
    );
    let session = none.admin("GET", "/ringer/sessions/a", Value::Null).await;
    assert_eq!(session["stubs"], json!({"own": 0, "hidden": 0}));
    assert_eq!(a.get("/mine").await, "mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_metadata_and_unmatched_stubs_are_those_of_the_session() {
    let (_folder, ringer) = ringer().await;
    let (a, none) = (InSession::new(&ringer, "a"), InSession::none(&ringer));
    let mut one = stub(&OTHER.replace('2', "3"), "/one", "one");
    one["metadata"] = json!({"of": "a"});
    let import = json!({
        "mappings": [one, stub(BASE, "/base", "imported")],
        "importOptions": {"duplicatePolicy": "IGNORE"},
    });
    a.admin("POST", "/mappings/import", import.clone()).await;
    assert_eq!((a.get("/one").await, a.get("/base").await), ("one".into(), "base".into()));
    let mut all = import;
    all["importOptions"] = json!({"duplicatePolicy": "OVERWRITE", "deleteAllNotInImport": true});
    a.admin("POST", "/mappings/import", all).await;
    assert_eq!(a.get("/base").await, "imported");
    assert_eq!(a.status("/other").await, 404);
    let of_a = json!({"matchesJsonPath": "$[?(@.of == 'a')]"});
    let found = a.admin("POST", "/mappings/find-by-metadata", of_a.clone()).await;
    assert_eq!(found["meta"]["total"], 1);
    let found = none.admin("POST", "/mappings/find-by-metadata", of_a.clone()).await;
    assert_eq!(found["meta"]["total"], 0);
    a.get("/one").await;
    a.admin("DELETE", "/requests", Value::Null).await;
    a.get("/base").await;
    assert_eq!(names(&a, "/mappings/unmatched").await, ["one"]);
    a.admin("POST", "/mappings/remove-by-metadata", of_a).await;
    assert_eq!(a.status("/one").await, 404);
    assert_eq!(names(&none, "/mappings/unmatched").await, ["other", "base"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_and_sequences_go_on_in_each_session_by_itself() {
    let folder = Folder::new();
    let step = |required: &str, new: &str| {
        json!({
            "scenarioName": "s", "requiredScenarioState": required, "newScenarioState": new,
            "request": {"urlPath": "/s"}, "response": {"body": required},
        })
    };
    let mappings = json!({"mappings": [step("Started", "two"), step("two", "Started")]});
    folder.stub("steps", &mappings.to_string());
    let ringer = folder.replay().await;
    let (a, b, none) =
        (InSession::new(&ringer, "a"), InSession::new(&ringer, "b"), InSession::none(&ringer));
    assert_eq!(a.get("/s").await, "Started");
    assert_eq!(a.get("/s").await, "two");
    assert_eq!(b.get("/s").await, "Started");
    assert_eq!(none.get("/s").await, "Started");
    a.admin("PUT", "/scenarios/s/state", json!({"state": "two"})).await;
    let state = |of: Value| of["scenarios"][0]["state"].clone();
    assert_eq!(state(a.admin("GET", "/scenarios", Value::Null).await), "two");
    assert_eq!(state(b.admin("GET", "/scenarios", Value::Null).await), "two");
    b.admin("POST", "/scenarios/reset", Value::Null).await;
    assert_eq!(state(b.admin("GET", "/scenarios", Value::Null).await), "Started");
    assert_eq!(a.get("/s").await, "two");
    // A scenario of the session's own stubs is known in it alone.
    let mut own = step("Started", "over");
    own["scenarioName"] = "mine".into();
    a.admin("POST", "/mappings", own).await;
    let known = |of: Value| of["scenarios"].as_array().unwrap().len();
    assert_eq!(known(a.admin("GET", "/scenarios", Value::Null).await), 2);
    assert_eq!(known(none.admin("GET", "/scenarios", Value::Null).await), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_body_file_is_seen_in_every_session() {
    let (_folder, ringer) = ringer().await;
    let (a, none) = (InSession::new(&ringer, "a"), InSession::none(&ringer));
    none.admin("PUT", "/files/a.txt", json!("first")).await;
    let own = json!({"request": {"urlPath": "/f"}, "response": {"bodyFileName": "a.txt"}});
    a.admin("POST", "/mappings", own).await;
    assert_eq!(a.get("/f").await, "\"first\"");
    none.admin("PUT", "/files/a.txt", json!("second")).await;
    assert_eq!(a.get("/f").await, "\"second\"");
}
