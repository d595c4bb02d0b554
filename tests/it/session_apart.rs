//! What sessions must not share and could: kept values of templates, entries of the journal by their ids,
//! near misses, recordings, what webhooks note.

use serde_json::{Value, json};

use crate::support::{
    folder::{Folder, Ringer},
    in_session::InSession,
    server::Upstream,
    waiting::eventually_async,
};

async fn ringer(stub: &Value) -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.stub("a", &stub.to_string());
    let ringer = folder.replay().await;
    (folder, ringer)
}

fn all(ringer: &Ringer) -> [InSession<'_>; 3] {
    [InSession::new(ringer, "one"), InSession::new(ringer, "two"), InSession::none(ringer)]
}

async fn entries(client: &InSession<'_>) -> Vec<Value> {
    let found = client.admin("GET", "/requests", Value::Null).await;
    found["requests"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_templates_keep_are_a_session_s_own() {
    let body = "{{state context='c' property='n' default='none'}}\
        {{#if request.query.n}}{{state context='c' property='n' value=request.query.n}}{{/if}}";
    let stub = json!({
        "request": {"urlPath": "/a"},
        "response": {"body": body, "transformers": ["response-template"]}
    });
    let (_folder, ringer) = ringer(&stub).await;
    let [one, two, none] = all(&ringer);
    one.get("/a?n=1").await;
    two.get("/a?n=2").await;
    assert_eq!(one.get("/a").await, "1");
    assert_eq!(two.get("/a").await, "2");
    assert_eq!(none.get("/a").await, "none");
    one.admin("POST", "/reset", Value::Null).await;
    assert_eq!(one.get("/a").await, "none");
    assert_eq!(two.get("/a").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_s_id_means_nothing_in_another_session() {
    let (_folder, ringer) = ringer(&json!({"request": {"urlPath": "/a"}})).await;
    let [one, two, none] = all(&ringer);
    one.get("/a").await;
    one.get("/miss").await;
    for entry in entries(&one).await {
        let path = format!("/__admin/requests/{}", entry["id"].as_str().unwrap());
        assert_eq!(one.status(&path).await, 200);
        for other in [two, none] {
            assert_eq!(other.status(&path).await, 404);
            other.send("DELETE", &path, &Value::Null).await;
        }
        assert_eq!(one.status(&path).await, 200);
    }
    for other in [two, none] {
        for path in ["/requests/find", "/requests/remove", "/near-misses/request-pattern"] {
            let found = other.admin("POST", path, json!({"method": "GET"})).await;
            let text = found.to_string();
            assert!(!text.contains("/miss") && !text.contains("/a"), "{path}: {text}");
        }
        let near = other.admin("GET", "/requests/unmatched/near-misses", Value::Null).await;
        assert_eq!(near["nearMisses"], json!([]));
    }
    assert_eq!(entries(&one).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn near_misses_of_a_session_know_its_own_stubs_only() {
    let (_folder, ringer) = ringer(&json!({"request": {"urlPath": "/base"}})).await;
    let [one, two, none] = all(&ringer);
    for (session, url) in [(one, "/mine-1"), (two, "/mine-2")] {
        session.admin("POST", "/mappings", json!({"request": {"url": url}})).await;
    }
    let both = ["/mine-1", "/mine-2"];
    for (session, others) in [(one, &both[1..]), (two, &both[..1]), (none, &both[..])] {
        let is_others = |text: &str| others.iter().any(|url| text.contains(url));
        let told = session.get("/mine-0").await;
        assert!(!is_others(&told), "{told}");
        let near = session.admin("GET", "/requests/unmatched/near-misses", Value::Null).await;
        assert!(!is_others(&near.to_string()), "{near}");
        let asked = json!({"url": "/mine-0", "method": "GET"});
        let near = session.admin("POST", "/near-misses/request", asked).await;
        assert!(!near["nearMisses"].as_array().unwrap().is_empty());
        assert!(!is_others(&near.to_string()), "{near}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_a_session_s_own() {
    let (api, _requests) =
        Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\napi").await;
    let (_folder, ringer) = ringer(&json!({"request": {"urlPath": "/a"}})).await;
    let [one, two, none] = all(&ringer);
    one.admin("POST", "/recordings/start", json!({"targetBaseUrl": api.url(), "persist": false}))
        .await;
    assert_eq!(one.get("/x").await, "api");
    for other in [two, none] {
        let status = other.admin("GET", "/recordings/status", Value::Null).await;
        assert_ne!(status["status"], "Recording");
        assert_eq!(other.status("/x").await, 404);
        let stop = other.send("POST", "/__admin/recordings/stop", &Value::Null).await;
        assert_eq!(stop.status, 400);
    }
    let stopped = one.admin("POST", "/recordings/stop", Value::Null).await;
    assert_eq!(stopped["mappings"].as_array().unwrap().len(), 1);
    assert_eq!(one.get("/x").await, "api");
    assert_eq!(two.status("/x").await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_notes_is_noted_in_its_session() {
    let (called, mut requests) = Upstream::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let stub = json!({
        "request": {"urlPath": "/a"},
        "serveEventListeners": [{"name": "webhook", "parameters": {
            "method": "GET", "url": format!("{}/{{{{originalRequest.query.who}}}}", called.url())
        }}]
    });
    let (_folder, ringer) = ringer(&stub).await;
    let [one, two, none] = all(&ringer);
    one.get("/a?who=one").await;
    assert_eq!(requests.next().await.first_line(), "GET /one HTTP/1.1");
    two.get("/a?who=two").await;
    assert_eq!(requests.next().await.first_line(), "GET /two HTTP/1.1");
    for (session, other) in [(one, "two"), (two, "one")] {
        let noted = eventually_async("both notes", || async {
            let entry = entries(&session).await.remove(0)["subEvents"].clone();
            (entry.as_array().map_or(0, Vec::len) == 2).then(|| entry.to_string())
        })
        .await;
        assert!(!noted.contains(&format!("/{other}")), "{noted}");
    }
    assert!(entries(&none).await.is_empty());
}
