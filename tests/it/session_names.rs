//! How a request says which session it belongs to.

use std::net::SocketAddr;

use ringer::{
    config::Config,
    model::{Mode, SessionName},
    store::SessionLimits,
};
use serde_json::json;

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
    server::Upstream,
};

/// Answers `first` once in a session, and `later` from then on.
fn stubbed() -> Folder {
    let folder = Folder::new();
    let stub = |required: &str, new: Option<&str>, body: &str| {
        let mut stub = json!({
            "scenarioName": "turns",
            "requiredScenarioState": required,
            "request": {"urlPath": "/turn"},
            "response": {"body": body},
        });
        if let Some(new) = new {
            stub["newScenarioState"] = new.into();
        }
        stub
    };
    let mappings = [stub("Started", Some("on"), "first"), stub("on", None, "later")];
    folder.stub("turns", &json!({"mappings": mappings}).to_string());
    folder
}

async fn turn(address: SocketAddr, fields: &[(&str, &str)]) -> String {
    let got = client::send(address, "GET", "/turn", fields, "").await;
    assert_eq!(got.status, 200, "{got:?}");
    got.text()
}

async fn refused(ringer: &Ringer, fields: &[(&str, &str)]) -> Got {
    let fields = [fields, &[("accept", "application/json")]].concat();
    client::send(ringer.address, "GET", "/turn", &fields, "").await
}

#[tokio::test]
async fn each_way_to_name_a_session_leads_to_the_same_one() {
    let folder = stubbed();
    let ringer = folder.replay().await;
    let address = ringer.address;
    assert_eq!(turn(address, &[]).await, "first");
    assert_eq!(turn(address, &[("x-ringer-session", "a")]).await, "first");
    assert_eq!(turn(address, &[("baggage", "u=1,ringer.session=a;p")]).await, "later");
    // `a` with a password.
    assert_eq!(turn(address, &[("proxy-authorization", "Basic YTpw")]).await, "later");
    assert_eq!(turn(address, &[("baggage", "ringer.session=b")]).await, "first");
    // The header is asked first.
    let both = [("x-ringer-session", "c"), ("baggage", "ringer.session=a")];
    assert_eq!(turn(address, &both).await, "first");
    assert_eq!(turn(address, &[("x-ringer-session", "default")]).await, "later");
}

#[tokio::test]
async fn what_is_in_a_tunnel_belongs_to_its_proxy_user() {
    let folder = stubbed();
    let ringer = folder.replay().await;
    let proxy = format!("http://{}", ringer.address);
    let asked = |user: &str| {
        let mut curl = tokio::process::Command::new("curl");
        curl.args(["-sS", "--proxytunnel", "-x", &proxy, "http://api.test/turn"]);
        curl.args(["--proxy-user", &format!("{user}:any"), "--max-time", "20"]);
        async move {
            let output = curl.output().await.expect("curl runs");
            String::from_utf8_lossy(&output.stdout).into_owned()
        }
    };
    assert_eq!(asked("one").await, "first");
    assert_eq!(asked("one").await, "later");
    assert_eq!(asked("two").await, "first");
    assert_eq!(turn(ringer.address, &[("x-ringer-session", "one")]).await, "later");
}

#[tokio::test]
async fn the_header_is_not_part_of_the_request() {
    let (upstream, mut seen) =
        Upstream::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Passthrough, &upstream.url()).await;
    let fields = [("x-ringer-session", "a"), ("traceparent", "00-1-2-01")];
    client::send(ringer.address, "GET", "/x", &fields, "").await;
    let head = seen.next().await.head.to_lowercase();
    assert!(head.contains("traceparent") && !head.contains("x-ringer-session"), "{head}");
    let journal = |fields: &'static [(&str, &str)]| {
        client::send(ringer.address, "GET", "/__admin/requests", fields, "")
    };
    let own = journal(&[("x-ringer-session", "a")]).await.json();
    assert_eq!(own["requests"].as_array().unwrap().len(), 1);
    assert!(!own.to_string().to_lowercase().contains("x-ringer-session"), "{own}");
    assert_eq!(journal(&[]).await.json()["requests"], json!([]));
}

#[tokio::test]
async fn a_name_that_is_none_is_refused_with_the_reason() {
    let folder = stubbed();
    let ringer = folder.replay().await;
    let long = "x".repeat(SessionName::MAX_LENGTH + 1);
    for fields in [[("x-ringer-session", "a b")], [("x-ringer-session", long.as_str())]] {
        let got = refused(&ringer, &fields).await;
        assert_eq!((got.status, got.json()["error"].as_str()), (400, Some("session_name")));
        let call = client::send(ringer.address, "GET", "/__admin/requests", &fields, "").await;
        assert_eq!(call.status, 400, "{call:?}");
    }
}

#[tokio::test]
async fn where_sessions_have_to_be_created_unknown_ones_are_refused() {
    let folder = stubbed();
    let limits = SessionLimits { strict: true, ..SessionLimits::default() };
    let ringer = folder.start(Config { sessions: limits, ..folder.config() }).await;
    let got = refused(&ringer, &[("x-ringer-session", "a")]).await;
    assert_eq!((got.status, got.json()["error"].as_str()), (404, Some("unknown_session")));
    let message = got.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("/__admin/ringer/sessions"), "{message}");
    let fields = [("x-ringer-session", "a")];
    let call = client::send(ringer.address, "GET", "/__admin/mappings", &fields, "").await;
    assert_eq!(call.status, 404, "{call:?}");
    assert_eq!(turn(ringer.address, &[]).await, "first");
}

#[tokio::test]
async fn beyond_the_most_sessions_a_request_is_told_so() {
    let folder = stubbed();
    let limits = SessionLimits { most: 2, ..SessionLimits::default() };
    let ringer = folder.start(Config { sessions: limits, ..folder.config() }).await;
    for name in ["a", "b", "a"] {
        turn(ringer.address, &[("x-ringer-session", name)]).await;
    }
    let got = refused(&ringer, &[("x-ringer-session", "c")]).await;
    assert_eq!((got.status, got.json()["error"].as_str()), (503, Some("too_many_sessions")));
}
