//! What sessions remember, and what is judged of them, each for itself.

use ringer::{
    config::Config,
    serve::{Answers, Templating},
};
use serde_json::{Value, json};

use crate::support::{folder::Folder, in_session::InSession};

#[tokio::test(flavor = "multi_thread")]
async fn values_that_templates_keep_are_a_sessions_own() {
    let folder = Folder::new();
    let body = "{{state context='cart' property='n' default='none'}}\
        {{#if request.query.n}}{{state context='cart' property='n' value=request.query.n}}{{/if}}";
    let stub = json!({"request": {"urlPath": "/a"}, "response": {"body": body}});
    folder.stub("a", &stub.to_string());
    let answers = Answers { templating: Templating::All, ..Answers::default() };
    let ringer = folder.start(Config { answers, ..folder.config() }).await;
    let (a, b, none) =
        (InSession::new(&ringer, "a"), InSession::new(&ringer, "b"), InSession::none(&ringer));
    a.get("/a?n=1").await;
    none.get("/a?n=2").await;
    assert_eq!((a.get("/a").await, none.get("/a").await), ("1".to_owned(), "2".to_owned()));
    assert_eq!(b.get("/a").await, "none");
    // One that is reset forgets its own and no other's.
    a.admin("POST", "/reset", Value::Null).await;
    assert_eq!((a.get("/a").await, none.get("/a").await), ("none".to_owned(), "2".to_owned()));
    a.get("/a?n=3").await;
    none.admin("POST", "/reset", Value::Null).await;
    assert_eq!((a.get("/a").await, none.get("/a").await), ("3".to_owned(), "none".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_is_of_the_sessions_requests_only() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"urlPath": "/a"}, "response": {"body": "a"}}"#);
    let ringer = folder.replay().await;
    let (a, b, none) =
        (InSession::new(&ringer, "a"), InSession::new(&ringer, "b"), InSession::none(&ringer));
    for _ in 0..2 {
        a.get("/a").await;
    }
    b.get("/a").await;
    for (client, count) in [(a, 2), (b, 1), (none, 0)] {
        let document = json!([{"request": "/a", "count": count}]);
        let verdict = client.admin("POST", "/ringer/verify", document).await;
        assert_eq!((&verdict["passed"], &verdict["requests"]), (&json!(true), &json!(count)));
        let document = json!([{"request": "/a", "count": count + 1}]);
        let verdict = client.admin("POST", "/ringer/verify", document).await;
        assert_eq!(verdict["passed"], false, "{verdict}");
        let counted = client.admin("POST", "/requests/count", json!({"urlPath": "/a"})).await;
        assert_eq!(counted["count"], count);
    }
    a.admin("DELETE", "/requests", Value::Null).await;
    let verdict = b.admin("POST", "/ringer/verify", json!([{"request": "/a", "count": 1}])).await;
    assert_eq!(verdict["passed"], true, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_outlast_a_reset_of_the_default_session() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"urlPath": "/a"}, "response": {"body": "a"}}"#);
    let ringer = folder.replay().await;
    let (a, none) = (InSession::new(&ringer, "a"), InSession::none(&ringer));
    let extended = async |client: InSession<'_>| {
        client.admin("GET", "/settings", Value::Null).await["settings"]["extended"]["of"].clone()
    };
    none.admin("POST", "/settings", json!({"extended": {"of": "all"}})).await;
    a.admin("POST", "/settings", json!({"extended": {"of": "a"}})).await;
    none.admin("POST", "/reset", Value::Null).await;
    assert_eq!((extended(none).await, extended(a).await), (json!("all"), json!("a")));
    none.admin("POST", "/ringer/sessions/default/reset", Value::Null).await;
    assert_eq!((extended(none).await, extended(a).await), (json!("all"), json!("a")));
    // Another has everybody's again.
    none.admin("POST", "/ringer/sessions/a/reset", Value::Null).await;
    assert_eq!(extended(a).await, json!("all"));
}
