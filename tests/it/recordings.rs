//! Recording over the admin API: what WireMock's recorder makes of exchanges, per session, sanitised.

use bytes::Bytes;
use ringer::config::Config;
use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
    server::{Requests, Upstream},
    wire::Wire,
};

/// An API that answers each path in its own way.
async fn api() -> (Upstream, Requests) {
    let n = std::sync::atomic::AtomicUsize::new(0);
    Upstream::answering_each(move |request| {
        let target = request.first_line().split(' ').nth(1).unwrap_or_default().to_owned();
        let (kind, body): (&str, Vec<u8>) = match target.split('?').next().unwrap_or_default() {
            "/json" => ("application/json", b"{\"v\": 1}".to_vec()),
            "/large" => ("text/plain", vec![b'x'; 3 << 20]),
            "/count" => {
                let n = n.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
                ("text/plain", format!("n{n}").into_bytes())
            }
            "/png" => ("image/png", b"\x89PNG".to_vec()),
            "/login" => ("application/json", b"{\"access_token\": \"planted-8d1f0c3b5a\"}".to_vec()),
            path => ("text/plain", format!("hello {path}").into_bytes()),
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nx-Odd-name: 1\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Bytes::from([head.into_bytes(), body].concat())
    })
    .await
}

async fn call(ringer: &Ringer, method: &str, path: &str, body: Value) -> Got {
    call_of(ringer, "", method, path, body).await
}

/// Calls the admin API for a session; the empty name is the default one.
async fn call_of(ringer: &Ringer, session: &str, method: &str, path: &str, body: Value) -> Got {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let fields: &[(&str, &str)] =
        if session.is_empty() { &[] } else { &[("X-Ringer-Session", session)] };
    client::send(ringer.address, method, &format!("/__admin{path}"), fields, body).await
}

async fn start(ringer: &Ringer, upstream: &Upstream, mut spec: Value) {
    spec["targetBaseUrl"] = upstream.url().into();
    let got = call(ringer, "POST", "/recordings/start", spec).await;
    assert_eq!((got.status, got.text().as_str()), (200, "{}"));
}

async fn stop(ringer: &Ringer) -> Value {
    let got = call(ringer, "POST", "/recordings/stop", Value::Null).await;
    assert_eq!(got.status, 200, "{}", got.text());
    got.json()
}

fn mappings(result: &Value) -> &Vec<Value> {
    result["mappings"].as_array().unwrap()
}

async fn text(ringer: &Ringer, path: &str) -> String {
    let got = client::get(ringer.address, path).await;
    if got.status == 404 { "404".to_owned() } else { got.text() }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_records_a_stub_on_top_sends_everything_on() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/json"}, "response": {"body": "own"}}"#);
    let ringer = folder.replay().await;
    let status = async || {
        let got = call(&ringer, "GET", "/recordings/status", Value::Null).await;
        got.json()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status().await, "NeverStarted");
    start(&ringer, &upstream, json!({"persist": false})).await;
    start(&ringer, &upstream, json!({"persist": true, "outputFormat": "IDS"})).await;
    assert_eq!(status().await, "Recording");
    let list = call(&ringer, "GET", "/mappings", Value::Null).await.json();
    assert_eq!(list["meta"]["total"], 2);
    assert_eq!(list["mappings"][0]["response"]["proxyBaseUrl"], upstream.url());
    assert_eq!(text(&ringer, "/json").await, "{\"v\": 1}");
    let result = stop(&ringer).await;
    assert_eq!(mappings(&result).len(), 1, "the second start changes nothing: {result}");
    assert_eq!(status().await, "Stopped");
    let list = call(&ringer, "GET", "/mappings", Value::Null).await.json();
    assert!(list["mappings"][0]["response"]["proxyBaseUrl"].is_null(), "{list}");
    let again = call(&ringer, "POST", "/recordings/stop", Value::Null).await;
    assert_eq!(again.status, 400);
    assert_eq!(again.json()["errors"][0]["code"], 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_is_what_wiremock_makes_of_an_exchange() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let spec = json!({"persist": false, "captureHeaders": {
        "X-Kind": {"caseInsensitive": true}, "X-None": {}, "x-two": {"caseInsensitive": false}}});
    start(&ringer, &upstream, spec).await;
    let fields = [("x-kind", "A"), ("X-Two", "1"), ("X-Two", "2"), ("X-Other", "o")];
    client::send(ringer.address, "GET", "/a%20b/caf%C3%A9/?q=1&r=%20&q=2&s", &fields, "").await;
    client::send(ringer.address, "PUT", "/t", &[("content-type", "text/plain")], "Hi").await;
    client::send(ringer.address, "POST", "/b", &[("content-type", "image/png")], "\u{1}").await;
    let kind = [("content-type", "application/json; charset=utf-8")];
    client::send(ringer.address, "POST", "/j", &kind, r#"{"a": [1]}"#).await;
    client::send(ringer.address, "POST", "/wrong", &kind, "{a").await;
    client::get(ringer.address, "/png").await;
    let result = stop(&ringer).await;
    let found = mappings(&result);
    let [png, wrong, json, binary, text, named] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(named["name"], "a-b_cafe");
    assert_eq!(named["persistent"], Value::Null);
    assert_eq!(
        named["request"],
        json!({
            "urlPath": "/a%20b/caf%C3%A9/", "method": "GET",
            "headers": {
                "X-Kind": {"equalTo": "A", "caseInsensitive": true},
                "x-two": {"equalTo": "1", "caseInsensitive": false},
            },
            "queryParameters": {
                "q": {"hasExactly": [{"equalTo": "1"}, {"equalTo": "2"}]},
                "r": {"hasExactly": [{"equalTo": " "}]},
                "s": {"hasExactly": [{"equalTo": ""}]},
            },
        })
    );
    let headers = json!({"Content-Type": "text/plain", "x-Odd-name": "1"});
    assert_eq!(named["response"]["headers"], headers);
    let body = |stub: &Value| stub["request"]["bodyPatterns"][0].clone();
    assert_eq!(body(text), json!({"equalTo": "Hi", "caseInsensitive": false}));
    assert_eq!(body(binary), json!({"binaryEqualTo": "AQ=="}));
    assert_eq!(
        body(json),
        json!({"equalToJson": "{\"a\": [1]}", "ignoreArrayOrder": true, "ignoreExtraElements": true})
    );
    // What says that it is JSON and is not would match nothing as JSON.
    assert_eq!(body(wrong), json!({"equalTo": "{a", "caseInsensitive": false}));
    for stub in found {
        let path = format!("/mappings/{}", stub["id"].as_str().unwrap());
        let kept = call(&ringer, "GET", &path, Value::Null).await;
        assert_eq!(&kept.json(), stub, "it is kept as it was shown");
    }
    assert_eq!(png["response"]["base64Body"], "iVBORw==");
    assert!(png["response"]["body"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn request_bodies_are_compared_as_the_specification_says() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    let ringer = folder.replay().await;
    for (pattern, expect) in [
        (
            json!({"matcher": "equalTo", "caseInsensitive": true}),
            json!({"equalTo": "{\"a\":1}", "caseInsensitive": true}),
        ),
        (json!({"matcher": "equalToJson"}), json!({"equalToJson": "{\"a\":1}"})),
        (
            json!({"matcher": "equalToJson", "ignoreArrayOrder": false, "ignoreExtraElements": true}),
            json!({"equalToJson": "{\"a\":1}", "ignoreArrayOrder": false, "ignoreExtraElements": true}),
        ),
        (
            json!({"matcher": "auto", "ignoreExtraElements": false}),
            json!({"equalToJson": "{\"a\":1}", "ignoreArrayOrder": true, "ignoreExtraElements": false}),
        ),
    ] {
        start(&ringer, &upstream, json!({"persist": false, "requestBodyPattern": pattern})).await;
        let kind = [("content-type", "application/json")];
        client::send(ringer.address, "POST", "/x", &kind, "{\"a\":1}").await;
        let result = stop(&ringer).await;
        assert_eq!(mappings(&result)[0]["request"]["bodyPatterns"], json!([expect]));
        call(&ringer, "DELETE", "/mappings", Value::Null).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_decide_what_becomes_a_stub() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let filters = json!({"urlPathPattern": "/keep/.*", "method": "POST", "unknown": 1,
        "headers": {"x-a": {"equalTo": "1"}}, "bodyPatterns": [{"contains": "yes"}]});
    start(&ringer, &upstream, json!({"filters": filters, "outputFormat": "ids"})).await;
    for (path, value, body) in [
        ("/keep/1", "1", "yes"),
        ("/keep/2", "2", "yes"),
        ("/keep/3", "1", "no"),
        ("/k", "1", "yes"),
    ] {
        client::send(ringer.address, "POST", path, &[("x-a", value)], body).await;
    }
    let result = stop(&ringer).await;
    let ids = result["ids"].as_array().unwrap();
    assert_eq!(ids.len(), 1, "{result}");
    let path = format!("/mappings/{}", ids[0].as_str().unwrap());
    let stub = call(&ringer, "GET", &path, Value::Null).await.json();
    assert_eq!((&stub["request"]["url"], &stub["persistent"]), (&json!("/keep/1"), &json!(true)));
    assert_eq!(folder.only_stub()["name"], "keep_1");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_are_a_scenario_or_the_last_answer() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    let ringer = folder.replay().await;
    start(&ringer, &upstream, json!({"persist": false})).await;
    for path in ["/count", "/other", "/count", "/other", "/count"] {
        text(&ringer, path).await;
    }
    let result = stop(&ringer).await;
    let told: Vec<_> = mappings(&result)
        .iter()
        .map(|stub| {
            ["scenarioName", "requiredScenarioState", "newScenarioState"]
                .map(|name| stub[name].as_str().unwrap_or("-").to_owned())
                .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "scenario-1-count scenario-1-count-3 -",
            "scenario-2-other scenario-2-other-2 -",
            "scenario-1-count scenario-1-count-2 scenario-1-count-3",
            "scenario-2-other Started scenario-2-other-2",
            "scenario-1-count Started scenario-1-count-2",
        ]
    );
    for expect in ["n1", "n2", "n3", "n3"] {
        assert_eq!(text(&ringer, "/count").await, expect);
    }
    call(&ringer, "DELETE", "/mappings", Value::Null).await;
    start(&ringer, &upstream, json!({"persist": false, "repeatsAsScenarios": false})).await;
    text(&ringer, "/count").await;
    text(&ringer, "/count").await;
    let result = stop(&ringer).await;
    assert_eq!(mappings(&result).len(), 1, "{result}");
    assert_eq!(text(&ringer, "/count").await, "n5");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_recorded_whole_and_go_to_files() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let criteria = json!({"textSizeThreshold": "1 kb", "binarySizeThreshold": 3});
    start(&ringer, &upstream, json!({"extractBodyCriteria": criteria})).await;
    for path in ["/json", "/png", "/large"] {
        text(&ringer, path).await;
    }
    let result = stop(&ringer).await;
    let found = mappings(&result);
    let file = |stub: &Value| stub["response"]["bodyFileName"].as_str().map(str::to_owned);
    let (large, png) = (file(&found[0]).unwrap(), file(&found[1]).unwrap());
    assert!(large.starts_with("large-") && large.ends_with(".txt"), "{large}");
    assert!(png.starts_with("png-") && png.ends_with(".png"), "{png}");
    assert_eq!(file(&found[2]), None);
    let files = folder.snapshot("stubs/__files");
    assert_eq!(files[&large].len(), 3 << 20);
    assert_eq!(files[&png], b"\x89PNG");
    upstream.stop().await;
    assert_eq!(text(&ringer, "/large").await.len(), 3 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_made_of_the_journal() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    folder.stub("own", r#"{"request": {"url": "/own"}, "response": {"body": "own"}}"#);
    let proxy = json!({"priority": 10, "response": {"proxyBaseUrl": upstream.url()}});
    folder.stub("proxy", &proxy.to_string());
    let ringer = folder.replay().await;
    for path in ["/json", "/own", "/x"] {
        text(&ringer, path).await;
    }
    let snapshot = async |spec: Value| {
        let got = call(&ringer, "POST", "/recordings/snapshot", spec).await;
        assert_eq!(got.status, 200, "{}", got.text());
        let result = got.json();
        let found = mappings(&result);
        found.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(snapshot(json!({"persist": false})).await, ["x", "json"]);
    let filters = json!({"allowNonProxied": true});
    let all = snapshot(json!({"persist": false, "filters": filters})).await;
    assert_eq!(all, ["x", "own", "json"]);
    let journal = call(&ringer, "GET", "/requests", Value::Null).await.json();
    let id = journal["requests"][2]["id"].clone();
    let one = snapshot(json!({"persist": false, "filters": {"ids": [id]}})).await;
    assert_eq!(one, ["json"]);
    assert_eq!(snapshot(Value::Null).await, ["x", "json"]);
    assert_eq!(folder.stubs().len(), 4, "nothing said is persistent");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_specification_cannot_mean_is_refused_at_its_place() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    for (spec, pointer) in [
        (json!({"foo": 1}), "/foo"),
        (json!({"transformers": ["x"]}), "/transformers"),
        (json!({"filters": {"urlPattern": "(("}}), "/filters"),
        (json!({"filters": {"ids": ["x"]}}), "/filters/ids/0"),
        (json!({"outputFormat": "X"}), "/outputFormat"),
    ] {
        for path in ["/recordings/start", "/recordings/snapshot"] {
            let got = call(&ringer, "POST", path, spec.clone()).await;
            assert_eq!(got.status, 422, "{path} {spec}");
            assert_eq!(got.json()["errors"][0]["source"]["pointer"], pointer, "{path}");
        }
    }
    let empty = call(&ringer, "POST", "/recordings/start", Value::Null).await;
    assert_eq!(empty.status, 422);
    let status = call(&ringer, "GET", "/recordings/status", Value::Null).await;
    assert_eq!(status.json()["status"], "NeverStarted");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_target_what_stubs_pass_on_is_recorded() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    let proxy = json!({"response": {"proxyBaseUrl": upstream.url()}});
    folder.stub("proxy", &proxy.to_string());
    let ringer = folder.replay().await;
    text(&ringer, "/before").await;
    let got = call(&ringer, "POST", "/recordings/start", json!({"persist": false})).await;
    assert_eq!(got.status, 200);
    text(&ringer, "/during").await;
    let result = stop(&ringer).await;
    assert_eq!(mappings(&result).len(), 1, "{result}");
    assert_eq!(mappings(&result)[0]["request"]["url"], "/during");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_records_disturbs_no_other() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/json"}, "response": {"body": "own"}}"#);
    let ringer = folder.replay().await;
    let spec = json!({"targetBaseUrl": upstream.url(), "persist": false});
    let got = call_of(&ringer, "recorder", "POST", "/recordings/start", spec).await;
    assert_eq!(got.status, 200, "{}", got.text());
    let of = async |session: &'static str, path: &'static str| {
        let fields = [("X-Ringer-Session", session)];
        let got = client::send(ringer.address, "GET", path, &fields, "").await;
        if got.status == 404 { "404".to_owned() } else { got.text() }
    };
    assert_eq!(of("recorder", "/json").await, "{\"v\": 1}");
    assert_eq!(of("other", "/json").await, "own");
    assert_eq!(text(&ringer, "/json").await, "own");
    assert_eq!(of("other", "/x").await, "404");
    let status = call_of(&ringer, "other", "GET", "/recordings/status", Value::Null).await;
    assert_eq!(status.json()["status"], "NeverStarted");
    let got = call_of(&ringer, "other", "POST", "/recordings/stop", Value::Null).await;
    assert_eq!(got.status, 400);
    let result = call_of(&ringer, "recorder", "POST", "/recordings/stop", Value::Null).await;
    assert_eq!(mappings(&result.json()).len(), 1);
    upstream.stop().await;
    assert_eq!(of("recorder", "/json").await, "{\"v\": 1}");
    assert_eq!(text(&ringer, "/json").await, "own");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_neither_shown_nor_written() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let spec = json!({"captureHeaders": {"Authorization": {}},
        "extractBodyCriteria": {"textSizeThreshold": 0}});
    start(&ringer, &upstream, spec).await;
    let fields =
        [("authorization", "Bearer planted-5a5b5c0f0e0d"), ("content-type", "application/json")];
    let body = r#"{"password": "planted-1a2b3c4d5e"}"#;
    let got = client::send(ringer.address, "POST", "/login", &fields, body).await;
    assert!(got.text().contains("planted-8d1f0c3b5a"), "the client has its own");
    let result = stop(&ringer).await;
    assert_eq!(mappings(&result).len(), 1);
    assert!(!result.to_string().contains("planted"), "{result}");
    for (name, content) in folder.snapshot("") {
        assert!(memchr::memmem::find(&content, b"planted").is_none(), "{name}");
    }
    upstream.stop().await;
    let again = client::send(ringer.address, "POST", "/login", &fields, body).await;
    assert_eq!(again.status, 200, "the same request is known again: {}", again.text());
    let fields = [("authorization", "Bearer other"), ("content-type", "application/json")];
    let other = client::send(ringer.address, "POST", "/login", &fields, body).await;
    assert_eq!(other.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_journal_there_is_no_recording() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.journal.entries = 0;
    let ringer = folder.start(Config { ..config }).await;
    let got = call(&ringer, "POST", "/recordings/start", json!({})).await;
    assert_eq!(got.status, 400, "{}", got.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_recorder_is_there() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let moved = client::get(ringer.address, "/__admin/recorder").await;
    assert_eq!((moved.status, moved.field("location")), (302, Some("/__admin/recorder/")));
    let page = client::get(ringer.address, "/__admin/recorder/").await;
    assert_eq!((page.status, page.text().contains("<h1>Recorder</h1>")), (200, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_keeps_how_a_client_spells_names() {
    let (upstream, _requests) = api().await;
    let folder = Folder::new();
    let proxy = json!({"response": {"proxyBaseUrl": upstream.url()}});
    folder.stub("proxy", &proxy.to_string());
    let ringer = folder.replay().await;
    let mut wire = Wire::connect(ringer.address).await;
    for fields in ["x-lower: 1\r\nX-UPPER: 2\r\nX-MiXed: 3\r\nX-Usual: 4\r\n", "X-LOWER: 1\r\n"] {
        wire.send(format!("POST /a HTTP/1.1\r\nHost: h\r\n{fields}Content-Length: 2\r\n\r\nhi"))
            .await;
        assert_eq!(wire.message().await.status(), 200);
    }
    let journal = call(&ringer, "GET", "/requests", Value::Null).await.json();
    let names = |at: usize| {
        let headers = journal["requests"][at]["request"]["headers"].as_object().unwrap();
        headers.keys().filter(|name| *name != "Host").cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(1), ["x-lower", "X-UPPER", "X-MiXed", "X-Usual", "Content-Length"]);
    assert_eq!(names(0), ["X-LOWER", "Content-Length"]);
    assert_eq!(journal["requests"][0]["response"]["headers"]["x-Odd-name"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_has_the_body_that_an_answer_to_head_leaves_out() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"jsonBody": {"a": 1}}}"#);
    let ringer = folder.replay().await;
    let got = client::send(ringer.address, "HEAD", "/a", &[], "").await;
    assert_eq!((got.status, got.text().as_str()), (200, ""));
    let journal = call(&ringer, "GET", "/requests", Value::Null).await.json();
    assert_eq!(journal["requests"][0]["response"]["body"], "{\"a\":1}");
}
