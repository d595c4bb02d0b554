//! Stubs that have ringer call itself, as a webhook or for an answer.

use std::net::SocketAddr;

use ringer::config::Config;
use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
    waiting::eventually_async,
};

const NONE: &[(&str, &str)] = &[];
const ONE: &[(&str, &str)] = &[("x-ringer-session", "one")];
/// How many calls of ringer to itself one request may lead to.
const DEEPEST: usize = 10;

async fn add(ringer: &Ringer, session: &[(&str, &str)], stub: Value) {
    let got =
        client::send(ringer.address, "POST", "/__admin/mappings", session, stub.to_string()).await;
    assert_eq!(got.status, 201, "{}", got.text());
}

async fn get(ringer: &Ringer, session: &[(&str, &str)], path: &str) -> Got {
    client::send(ringer.address, "GET", path, session, "").await
}

fn calling(path: &str, calls: &str) -> Value {
    json!({
        "request": {"urlPath": path},
        "response": {"body": "ok"},
        "serveEventListeners": [
            {"name": "webhook", "parameters": {"url": calls, "method": "GET"}}
        ]
    })
}

/// The URLs in a session's journal, the last first.
async fn journal(ringer: &Ringer, session: &[(&str, &str)]) -> Vec<String> {
    let got = get(ringer, session, "/__admin/requests").await.json();
    let requests = got["requests"].as_array().unwrap();
    requests.iter().map(|it| it["request"]["url"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_may_call_ringer_itself_and_stays_in_its_session() {
    let ringer = Folder::new().replay().await;
    let url = format!("http://{}/received", ringer.address);
    add(&ringer, ONE, calling("/a", &url)).await;
    add(&ringer, ONE, json!({"request": {"url": "/received"}, "response": {"body": "mine"}})).await;
    assert_eq!(get(&ringer, ONE, "/a").await.text(), "ok");
    let event = eventually_async("the call", || async {
        let got = get(&ringer, ONE, "/__admin/requests").await.json();
        let requests = got["requests"].as_array().unwrap();
        let caller = requests.iter().find(|it| it["request"]["url"] == "/a").unwrap();
        (caller["subEvents"].as_array().map_or(0, Vec::len) == 2).then(|| caller.clone())
    })
    .await;
    assert_eq!(event["subEvents"][1]["data"]["body"], "mine");
    assert_eq!(journal(&ringer, ONE).await, ["/received", "/a"]);
    assert_eq!(journal(&ringer, NONE).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_names_another_session_belongs_to_that() {
    let ringer = Folder::new().replay().await;
    let mut stub = calling("/a", &format!("http://{}/received", ringer.address));
    stub["serveEventListeners"][0]["parameters"]["headers"] = json!({"X-Ringer-Session": "two"});
    add(&ringer, ONE, stub).await;
    get(&ringer, ONE, "/a").await;
    let two = eventually_async("the call", || async {
        let found = journal(&ringer, &[("x-ringer-session", "two")]).await;
        (!found.is_empty()).then_some(found)
    })
    .await;
    assert_eq!(two, ["/received"]);
    assert_eq!(journal(&ringer, ONE).await, ["/a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_lead_to_webhooks_come_to_an_end() {
    let ringer = Folder::new().replay().await;
    let url = format!("http://{}/loop", ringer.address);
    add(&ringer, NONE, calling("/loop", &url)).await;
    get(&ringer, NONE, "/loop").await;
    let last = eventually_async("the end of the loop", || async {
        let got = get(&ringer, NONE, "/__admin/requests").await.json();
        let text = got["requests"][0].to_string();
        text.contains("is ringer itself").then_some(text)
    })
    .await;
    assert!(last.contains("10 times already because of one request"), "{last}");
    assert_eq!(journal(&ringer, NONE).await.len(), DEEPEST + 1);
    // Each request begins anew.
    get(&ringer, NONE, "/loop").await;
    eventually_async("the end of the second loop", || async {
        (journal(&ringer, NONE).await.len() == 2 * (DEEPEST + 1)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_be_fetched_from_ringer_itself_but_not_for_ever() {
    let ringer = Folder::new().replay().await;
    let base = format!("http://{}", ringer.address);
    let fetched = json!({"proxyBaseUrl": base, "proxyUrlPrefixToRemove": "/far"});
    add(&ringer, ONE, json!({"request": {"urlPattern": "/far/.*"}, "response": fetched})).await;
    add(&ringer, ONE, json!({"request": {"url": "/near"}, "response": {"body": "mine"}})).await;
    assert_eq!(get(&ringer, ONE, "/far/near").await.text(), "mine");
    assert_eq!(journal(&ringer, ONE).await, ["/near", "/far/near"]);
    assert_eq!(journal(&ringer, NONE).await, [""; 0]);

    let stub = json!({"request": {"url": "/loop"}, "response": {"proxyBaseUrl": base}});
    add(&ringer, NONE, stub).await;
    let got = get(&ringer, NONE, "/loop").await;
    assert_eq!(got.status, 500);
    assert!(got.text().contains("is ringer itself"), "{}", got.text());
    assert_eq!(journal(&ringer, NONE).await.len(), DEEPEST + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_over_a_session_s_own_address_ends_too() {
    let folder = Folder::new();
    let session_listen = vec![("one".parse().unwrap(), SocketAddr::from(([127, 0, 0, 1], 0)))];
    let ringer = folder.start(Config { session_listen, ..folder.config() }).await;
    let (_, listener) = ringer.running.session_addresses()[0].clone();
    let base = format!("http://{listener}");
    add(&ringer, ONE, json!({"request": {"url": "/loop"}, "response": {"proxyBaseUrl": base}}))
        .await;
    let got = get(&ringer, ONE, "/loop").await;
    assert_eq!(got.status, 500);
    assert!(got.text().contains("is ringer itself"), "{}", got.text());
    assert_eq!(journal(&ringer, ONE).await.len(), DEEPEST + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_s_call_to_the_admin_api_must_say_who_makes_it() {
    let ringer = Folder::new().replay().await;
    let base = format!("http://{}", ringer.address);
    let fetched = json!({"proxyBaseUrl": base, "proxyUrlPrefixToRemove": "/far"});
    add(&ringer, NONE, json!({"request": {"urlPattern": "/far/.*"}, "response": fetched})).await;
    let got = get(&ringer, NONE, "/far/__admin/mappings").await;
    assert!([401, 403].contains(&got.status), "{} {}", got.status, got.text());
}
