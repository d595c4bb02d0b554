//! What was asked, over the admin API: the journal, counts, near misses; and settings for all stubs.

use std::time::Duration;

use ringer::{config::Config, runtime::Clock, store::JournalLimits};
use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
};

async fn call(ringer: &Ringer, method: &str, path: &str, body: &Value) -> Got {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    client::send(ringer.address, method, &format!("/__admin{path}"), &[], body).await
}

async fn with_stub(stub: Value) -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.stub("a", &stub.to_string());
    let ringer = folder.replay().await;
    (folder, ringer)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_shows_request_answer_and_stub() {
    let stub = json!({
        "name": "orders",
        "request": {"urlPath": "/orders"},
        "response": {"status": 201, "body": "made", "headers": {"X-Kind": "a"}},
    });
    let (_folder, ringer) = with_stub(stub).await;
    let fields = [("content-type", "text/plain"), ("x-two", "1"), ("x-two", "2")];
    client::send(ringer.address, "POST", "/orders?a=1&a=2", &fields, "hi").await;
    client::get(ringer.address, "/none").await;
    let list = call(&ringer, "GET", "/requests", &Value::Null).await.json();
    assert_eq!(list["meta"]["total"], 2);
    assert_eq!(list["requests"][0]["wasMatched"], false);
    let event = &list["requests"][1];
    assert_eq!(event["request"]["url"], "/orders?a=1&a=2");
    // As the client spelled it.
    assert_eq!(event["request"]["headers"]["x-two"], json!(["1", "2"]));
    assert_eq!(event["request"]["queryParams"]["a"]["values"], json!(["1", "2"]));
    assert_eq!(
        (&event["request"]["body"], &event["request"]["clientIp"]),
        (&json!("hi"), &json!("127.0.0.1"))
    );
    assert_eq!(
        (&event["response"]["status"], &event["response"]["body"]),
        (&json!(201), &json!("made"))
    );
    assert_eq!(event["response"]["headers"]["X-Kind"], "a");
    assert_eq!(event["stubMapping"]["name"], "orders");
    let one = format!("/requests/{}", event["id"].as_str().unwrap());
    assert_eq!(&call(&ringer, "GET", &one, &Value::Null).await.json(), event);
    let pattern = json!({"method": "POST", "urlPath": "/orders"});
    let count = call(&ringer, "POST", "/requests/count", &pattern).await.json();
    assert_eq!(count, json!({"count": 1, "requestJournalDisabled": false}));
    let found = call(&ringer, "POST", "/requests/find", &json!({})).await.json();
    assert_eq!(
        (&found["requests"][0]["url"], &found["requests"][1]["url"]),
        (&json!("/orders?a=1&a=2"), &json!("/none"))
    );
    let removed = call(&ringer, "POST", "/requests/remove", &pattern).await.json();
    assert_eq!(removed["serveEvents"].as_array().unwrap().len(), 1);
    call(&ringer, "DELETE", "/requests", &Value::Null).await;
    assert_eq!(call(&ringer, "GET", "/requests", &Value::Null).await.json()["meta"]["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_keeps_no_secrets() {
    let (_folder, ringer) = with_stub(json!({"request": {"urlPath": "/a"}})).await;
    let fields = [("authorization", "Bearer sk_live_4eC39HqLyjWDarjtT1zdp7dc")];
    client::send(ringer.address, "GET", "/a?api_key=sk_live_4eC39HqLyjWDarjtT1zdp7dc", &fields, "")
        .await;
    let list = call(&ringer, "GET", "/requests", &Value::Null).await;
    assert_eq!(list.json()["meta"]["total"], 1);
    assert!(!list.text().contains("4eC39HqLyjWDarjtT1zdp7dc"), "{}", list.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_bounded_and_can_be_off() {
    for (entries, kept) in [(2, json!(2)), (0, json!(0))] {
        let folder = Folder::new();
        let journal = JournalLimits { entries, ..JournalLimits::default() };
        let ringer = folder.start(Config { journal, ..folder.config() }).await;
        for path in ["/1", "/2", "/3"] {
            client::get(ringer.address, path).await;
        }
        let list = call(&ringer, "GET", "/requests", &Value::Null).await.json();
        assert_eq!(list["meta"]["total"], kept);
        assert_eq!(list["requestJournalDisabled"], entries == 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn near_misses_go_both_ways() {
    let (_folder, ringer) = with_stub(json!({"request": {"url": "/orders/11"}})).await;
    client::get(ringer.address, "/orders/12").await;
    let near = call(&ringer, "GET", "/requests/unmatched/near-misses", &Value::Null).await.json();
    assert_eq!(near["nearMisses"][0]["stubMapping"]["request"]["url"], "/orders/11");
    let pattern = json!({"url": "/orders/13"});
    let near = call(&ringer, "POST", "/near-misses/request-pattern", &pattern).await.json();
    assert_eq!(near["nearMisses"][0]["request"]["url"], "/orders/12");
    let request = json!({"url": "/orders/1", "method": "GET", "headers": {}});
    let near = call(&ringer, "POST", "/near-misses/request", &request).await.json();
    let distance = near["nearMisses"][0]["matchResult"]["distance"].as_f64().unwrap();
    assert!(distance > 0.0 && distance < 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_for_all_stubs_is_set_and_taken_back() {
    let (_folder, ringer) = with_stub(json!({"request": {"urlPath": "/a"}})).await;
    let set = call(&ringer, "POST", "/settings", &json!({"fixedDelay": 150})).await;
    assert_eq!((set.status, set.text().as_str()), (200, ""));
    let clock = Clock::start();
    client::get(ringer.address, "/a").await;
    assert!(clock.elapsed() >= Duration::from_millis(150));
    let settings = call(&ringer, "GET", "/settings", &Value::Null).await.json();
    assert_eq!(settings, json!({"settings": {"fixedDelay": 150, "proxyPassThrough": false}}));
    let wrong = call(&ringer, "POST", "/settings", &json!({"fixedDelay": "long"})).await;
    assert_eq!(wrong.status, 422);
    call(&ringer, "PUT", "/settings", &json!({"extended": {"a": 1}})).await;
    call(&ringer, "PATCH", "/settings/extended", &json!({"extended": {"b": 2}})).await;
    let settings = call(&ringer, "GET", "/settings", &Value::Null).await.json();
    assert_eq!(settings["settings"]["extended"], json!({"a": 1, "b": 2}));
}
