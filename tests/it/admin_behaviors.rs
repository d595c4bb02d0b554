//! What befalls requests, changed over the admin API while ringer runs.

use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
};

async fn call(ringer: &Ringer, method: &str, path: &str, body: Value) -> Got {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let path = format!("/__admin/ringer{path}");
    client::send(ringer.address, method, &path, &[], body).await
}

#[track_caller]
fn check(got: &Got, status: u16) -> Value {
    assert_eq!(got.status, status, "{got:?}");
    got.json()
}

/// ringer with stubs for `/a` and `/b`.
async fn ringer() -> (Folder, Ringer) {
    let folder = Folder::new();
    for name in ["a", "b"] {
        let stub = json!({"request": {"url": format!("/{name}")}, "response": {"body": name}});
        folder.stub(name, &stub.to_string());
    }
    let ringer = folder.replay().await;
    (folder, ringer)
}

async fn statuses<const N: usize>(ringer: &Ringer, paths: [&str; N]) -> [u16; N] {
    let mut statuses = [0; N];
    for (status, path) in statuses.iter_mut().zip(paths) {
        *status = client::get(ringer.address, path).await.status;
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_come_and_go_while_requests_are_answered() {
    let (_folder, ringer) = ringer().await;
    let document = json!({
        "fault": [{"url": "/a", "status": 503}, {"name": "odd", "url": "/b", "status": 500, "every": 2}],
    });
    let created = check(&call(&ringer, "POST", "/behaviors", document).await, 201);
    assert_eq!(created, json!({"place": "all", "names": ["status-503", "odd"]}));
    assert_eq!(statuses(&ringer, ["/a", "/b", "/b", "/b"]).await, [503, 200, 500, 200]);

    let one = check(&call(&ringer, "GET", "/behaviors/odd", Value::Null).await, 200);
    let rule = &one["behaviors"][0]["fault"][0];
    assert_eq!(
        (&rule["status"], &rule["every"], &rule["url"]),
        (&json!(500), &json!(2), &json!("/b"))
    );
    let replaced = json!({"fault": {"url": "/b", "status": 418}});
    check(&call(&ringer, "PUT", "/behaviors/odd", replaced).await, 200);
    assert_eq!(statuses(&ringer, ["/b", "/b"]).await, [418, 418]);

    check(&call(&ringer, "DELETE", "/behaviors/status-503", Value::Null).await, 200);
    assert_eq!(statuses(&ringer, ["/a", "/b"]).await, [200, 418]);
    let gone = call(&ringer, "DELETE", "/behaviors/status-503", Value::Null).await;
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("GET /__admin/ringer/behaviors"), "{gone:?}");
    check(&call(&ringer, "DELETE", "/behaviors", Value::Null).await, 200);
    assert_eq!(statuses(&ringer, ["/a", "/b"]).await, [200, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_can_be_put_back() {
    let (_folder, ringer) = ringer().await;
    let document = json!({
        "place": "all",
        "latency": "none",
        "delay": [{"name": "late", "delay": "1ms", "probability": "50%"}],
        "bandwidth": [{"name": "slow", "rate": "64kB/s", "header": "X-Slow: 1"}],
        "fault": [
            {"name": "down", "status": 503, "from": "10m", "for": "10s"},
            {"name": "reset", "fault": "reset_peer", "nth": [3, 5], "session": "s"},
        ],
    });
    check(&call(&ringer, "PUT", "/behaviors", document).await, 200);
    let listed = check(&call(&ringer, "GET", "/behaviors", Value::Null).await, 200);
    let all = listed["behaviors"][0].clone();
    assert_eq!(all["fault"][1]["fault"], "connection-reset");
    check(&call(&ringer, "DELETE", "/behaviors", Value::Null).await, 200);
    let none = check(&call(&ringer, "GET", "/behaviors", Value::Null).await, 200);
    assert_eq!(none, json!({"behaviors": []}));
    check(&call(&ringer, "PUT", "/behaviors", all).await, 200);
    assert_eq!(check(&call(&ringer, "GET", "/behaviors", Value::Null).await, 200), listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_holds_its_own_rules() {
    let (_folder, ringer) = ringer().await;
    let mappings = client::get(ringer.address, "/__admin/mappings").await.json();
    let stubs = mappings["mappings"].as_array().unwrap();
    let id =
        stubs.iter().find(|stub| stub["request"]["url"] == "/a").unwrap()["id"].as_str().unwrap();
    let of_stub = json!({"place": {"stub": id}, "fault": {"status": 500}});
    let created = check(&call(&ringer, "POST", "/behaviors", of_stub.clone()).await, 201);
    assert_eq!(created["place"], json!({"stub": id}));
    assert_eq!(statuses(&ringer, ["/a", "/b"]).await, [500, 200]);
    // The same name at another place.
    let of_session = json!({"place": {"session": ""}, "fault": {"status": 500, "url": "/b"}});
    check(&call(&ringer, "POST", "/behaviors", of_session).await, 201);
    assert_eq!(statuses(&ringer, ["/a", "/b"]).await, [500, 500]);
    let path = format!("/behaviors?place=stub%20{id}");
    let listed = check(&call(&ringer, "GET", &path, Value::Null).await, 200);
    assert_eq!(listed["behaviors"].as_array().unwrap().len(), 1);
    check(&call(&ringer, "DELETE", &path, Value::Null).await, 200);
    assert_eq!(statuses(&ringer, ["/a", "/b"]).await, [200, 500]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_chosen_is_taken_once() {
    let (_folder, ringer) = ringer().await;
    let fault = |name: Option<&str>| match name {
        Some(name) => json!({"fault": {"name": name, "status": 503}}),
        None => json!({"fault": "503"}),
    };
    check(&call(&ringer, "POST", "/behaviors", fault(Some("down"))).await, 201);
    let taken = call(&ringer, "POST", "/behaviors", fault(Some("down"))).await;
    assert_eq!(taken.status, 422);
    assert!(taken.text().contains("remove it first"), "{taken:?}");
    for name in ["status-503", "status-503-2", "status-503-3"] {
        let created = check(&call(&ringer, "POST", "/behaviors", fault(None)).await, 201);
        assert_eq!(created["names"], json!([name]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_document_with_a_mistake_nothing_holds() {
    let (_folder, ringer) = ringer().await;
    let refused = [
        (json!({"fault": [{"status": 503}, {"fault": "no-such"}]}), "no-such"),
        (json!({"fualt": []}), "fault"),
        (json!({"place": {"planet": "x"}, "fault": "503"}), "a place is expected"),
        (json!({"fault": {"status": 503, "probability": 2}}), "probability"),
        (json!("503"), "object"),
    ];
    for (document, told) in refused {
        let got = call(&ringer, "POST", "/behaviors", document.clone()).await;
        assert_eq!(got.status, 422, "{document}: {got:?}");
        assert!(got.text().contains(told), "{document}: {}", got.text());
    }
    let none = json!({"fault": [], "latency": "none"});
    assert_eq!(call(&ringer, "PUT", "/behaviors/x", none).await.status, 422);
    assert_eq!(statuses(&ringer, ["/a", "/b"]).await, [200, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_have_a_path_of_their_own() {
    let (_folder, ringer) = ringer().await;
    check(
        &call(&ringer, "POST", "/behaviors", json!({"delay": {"name": "late", "delay": "1ms"}}))
            .await,
        201,
    );
    let body = json!({"status": 503, "url": "/a", "name": "down"});
    let created = check(&call(&ringer, "POST", "/faults", body).await, 201);
    assert_eq!(created["names"], json!(["down"]));
    check(&call(&ringer, "POST", "/faults", json!("status=500; url=/b; name=broken")).await, 201);
    let listed = check(&call(&ringer, "GET", "/faults", Value::Null).await, 200);
    assert_eq!(listed["faults"].as_array().unwrap().len(), 2);
    assert_eq!(listed["faults"][0]["place"], "all");
    assert_eq!(statuses(&ringer, ["/a", "/b"]).await, [503, 500]);
    assert_eq!(call(&ringer, "DELETE", "/faults/late", Value::Null).await.status, 404);
    check(&call(&ringer, "DELETE", "/faults/down", Value::Null).await, 200);
    assert_eq!(statuses(&ringer, ["/a", "/b"]).await, [200, 500]);
    check(&call(&ringer, "DELETE", "/faults", Value::Null).await, 200);
    assert_eq!(statuses(&ringer, ["/a", "/b"]).await, [200, 200]);
    let left = check(&call(&ringer, "GET", "/behaviors", Value::Null).await, 200);
    assert_eq!(left["behaviors"][0]["delay"][0]["name"], "late");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_holds_for_as_long_as_the_clock_says() {
    let (_folder, ringer) = ringer().await;
    check(&call(&ringer, "POST", "/clock/freeze", Value::Null).await, 200);
    check(&call(&ringer, "POST", "/clock/advance", json!({"by": "1h"})).await, 200);
    let document = json!({"fault": {"status": 503, "from": "10s", "for": "30s"}});
    check(&call(&ringer, "POST", "/behaviors", document).await, 201);
    for (seconds, status) in [(9, 200), (1, 503), (29, 503), (1, 200)] {
        check(
            &call(&ringer, "POST", "/clock/advance", json!({"by": format!("{seconds}s")})).await,
            200,
        );
        assert_eq!(statuses(&ringer, ["/a"]).await, [status]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_goes_back_to_the_start() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"body": "a"}}"#);
    let fail = Some("100%:502".parse().unwrap());
    let ringer = folder.start(ringer::config::Config { fail, ..folder.config() }).await;
    check(
        &call(&ringer, "PUT", "/behaviors", json!({"fault": {"status": 418, "first": 1}})).await,
        200,
    );
    check(
        &call(&ringer, "PUT", "/clock", json!({"now": "2031-01-01T00:00:00Z", "frozen": true}))
            .await,
        200,
    );
    assert_eq!(statuses(&ringer, ["/a", "/a"]).await, [418, 200]);
    check(&call(&ringer, "POST", "/reset", Value::Null).await, 200);
    assert_eq!(statuses(&ringer, ["/a"]).await, [502]);
    let clock = check(&call(&ringer, "GET", "/clock", Value::Null).await, 200);
    assert_eq!(clock["frozen"], false);
    // WireMock's reset leaves rules as they are, and has them count anew.
    check(
        &call(&ringer, "PUT", "/behaviors", json!({"fault": {"status": 418, "first": 1}})).await,
        200,
    );
    assert_eq!(statuses(&ringer, ["/a", "/a"]).await, [418, 200]);
    client::send(ringer.address, "POST", "/__admin/reset", &[], "").await;
    assert_eq!(statuses(&ringer, ["/a", "/a"]).await, [418, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_limits_is_told_and_how_clients_took_them() {
    let (_folder, ringer) = ringer().await;
    check(
        &call(&ringer, "POST", "/clock/freeze", json!({"now": "2026-11-23T12:00:00Z"})).await,
        200,
    );
    let document = json!({"rateLimit": {"name": "hourly", "limit": "2/h", "algorithm": "fixed-window", "key": "header:X-Key"}});
    let created = check(&call(&ringer, "POST", "/behaviors", document).await, 201);
    assert_eq!(created["names"], json!(["hourly"]));
    let ask = |key: &'static str| {
        let address = ringer.address;
        async move { client::send(address, "GET", "/a", &[("x-key", key)], "").await.status }
    };
    assert_eq!(
        [ask("one").await, ask("one").await, ask("one").await, ask("two").await],
        [200, 200, 429, 200]
    );
    let left = check(&call(&ringer, "GET", "/rate-limits", Value::Null).await, 200);
    let left: Vec<_> =
        left["rateLimits"].as_array().unwrap().iter().map(|it| it["remaining"].clone()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&json!(0)) && left.contains(&json!(1)), "{left:?}");
    let report = check(&call(&ringer, "GET", "/rate-limits/report", Value::Null).await, 200);
    let first = &report["keys"][0];
    assert_eq!(
        (&first["name"], &first["requests"], &first["limited"]),
        (&json!("hourly"), &json!(3), &json!(1))
    );
    check(&call(&ringer, "POST", "/rate-limits/reset", Value::Null).await, 200);
    assert_eq!([ask("one").await, ask("one").await, ask("one").await], [200, 200, 429]);
    // WireMock's reset has limits count anew too, and leaves them.
    client::send(ringer.address, "POST", "/__admin/reset", &[], "").await;
    assert_eq!([ask("one").await, ask("one").await, ask("one").await], [200, 200, 429]);
    check(&call(&ringer, "POST", "/clock/advance", json!({"by": "1h"})).await, 200);
    assert_eq!(ask("one").await, 200);
}
