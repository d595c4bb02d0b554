//! Rate limits where they meet everything else: sequences, the journal, faults, HTTP/2, clients that
//! leave, and what is told inside of answers.

use std::{net::SocketAddr, time::Duration};

use http::Request;
use ringer::{
    config::Config,
    model::{Algorithm, Behaviors, Cost, LimitHeader, Policy, RateLimit, TokenKind},
};
use serde_json::{Value, json};

use crate::support::{
    client::{self, Connection},
    folder::{Folder, Ringer},
    waiting::eventually_async,
    wire::Wire,
};

const MINUTE: Duration = Duration::from_secs(60);

fn limit(algorithm: Algorithm, limit: u64) -> RateLimit {
    let mut whole = RateLimit::plain(limit, MINUTE);
    whole.policies[0].algorithm = algorithm;
    let value = "{remaining}".to_owned();
    whole.headers = vec![LimitHeader { name: "R".to_owned(), value, emit: None }];
    whole
}

fn per_minute(of: u64) -> RateLimit {
    limit(Algorithm::FixedWindow { from_first: true }, of)
}

fn stub(folder: &Folder, name: &str, more: &Value) {
    let mut stub = json!({"request": {"urlPath": format!("/{name}")}, "response": {"body": "ok"}});
    let (stub_members, more) = (stub.as_object_mut().unwrap(), more.as_object().unwrap());
    stub_members.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
    folder.stub(name, &stub.to_string());
}

async fn start(folder: &Folder, limit: Option<RateLimit>) -> Ringer {
    let behaviors = Behaviors { limits: limit.into_iter().collect(), ..Behaviors::default() };
    folder.start(Config { behaviors, watch: false, ..folder.config() }).await
}

async fn advance(address: SocketAddr) {
    let path = "/__admin/ringer/clock/advance";
    let got = client::send(address, "POST", path, &[], json!({"by": "61s"}).to_string()).await;
    assert_eq!(got.status, 200, "{got:?}");
}

/// Status and body.
async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let got = client::get(address, path).await;
    (got.status, got.text())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_takes_no_turn_of_a_sequence_or_scenario() {
    let folder = Folder::new();
    let behavior = json!({"rateLimit": {"limit": "1/min", "algorithm": "fixed-window-from-first"}});
    let steps = json!([{"body": "one"}, {"body": "two"}]);
    let sequence = json!({
        "request": {"urlPath": "/sequence"}, "responses": steps, "behavior": behavior
    });
    folder.stub("sequence", &sequence.to_string());
    for (state, next) in [("Started", "next"), ("next", "Started")] {
        let more = json!({
            "request": {"urlPath": "/scenario"}, "response": {"body": state}, "behavior": behavior,
            "scenarioName": "s", "requiredScenarioState": state, "newScenarioState": next
        });
        stub(&folder, state, &more);
    }
    let ringer = start(&folder, None).await;
    assert_eq!(get(ringer.address, "/sequence").await, (200, "one".to_owned()));
    assert_eq!(get(ringer.address, "/sequence").await.0, 429);
    assert_eq!(get(ringer.address, "/scenario").await, (200, "Started".to_owned()));
    assert_eq!(get(ringer.address, "/scenario").await, (200, "next".to_owned()));
    assert_eq!(get(ringer.address, "/scenario").await.0, 429);
    advance(ringer.address).await;
    assert_eq!(get(ringer.address, "/sequence").await, (200, "two".to_owned()));
    assert_eq!(get(ringer.address, "/scenario").await, (200, "Started".to_owned()));
    let got = client::get(ringer.address, "/__admin/ringer/rate-limits").await;
    assert_eq!(got.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_says_which_limit_refused_and_only_misses_are_unmatched() {
    let folder = Folder::new();
    stub(&folder, "a", &json!({}));
    let picky = json!({"request": {"urlPath": "/b", "bodyPatterns": [{"equalTo": "this"}]}});
    stub(&folder, "b", &picky);
    let ringer = start(&folder, Some(per_minute(1))).await;
    assert_eq!(get(ringer.address, "/a").await.0, 200);
    assert_eq!(get(ringer.address, "/a?again").await.0, 429);
    assert_eq!(get(ringer.address, "/none").await.0, 429);
    for body in ["this", "that"] {
        let got = client::send(ringer.address, "POST", "/b", &[], body.to_owned()).await;
        assert_eq!(got.status, 429);
    }
    let all = client::get(ringer.address, "/__admin/requests").await.json();
    let events = all["requests"].as_array().unwrap();
    assert_eq!(events.len(), 5);
    let refused = events.iter().find(|it| it["request"]["url"] == "/a?again").unwrap();
    assert_eq!(refused["wasMatched"], true);
    assert_eq!(refused["response"]["status"], 429);
    let limited = &refused["ringer"]["limited"];
    assert_eq!(limited["limit"], "rate-limit");
    assert_eq!((&limited["policy"], &limited["key"]), (&json!("requests"), &json!("all")));
    let wait = limited["retryAfter"].as_f64().unwrap();
    assert!(wait > 50.0 && wait <= 60.0, "{wait}");
    let unmatched = client::get(ringer.address, "/__admin/requests/unmatched").await.json();
    let unmatched = unmatched["requests"].as_array().unwrap();
    let mut unmatched: Vec<_> = unmatched.iter().map(|it| (&it["url"], &it["body"])).collect();
    unmatched.sort_by_key(|it| it.0.to_string());
    assert_eq!(unmatched, [(&json!("/b"), &json!("that")), (&json!("/none"), &json!(""))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_given_back_once_however_an_exchange_ends() {
    let folder = Folder::new();
    stub(&folder, "ok", &json!({}));
    stub(&folder, "slow", &json!({"response": {"body": "x", "fixedDelayMilliseconds": 60_000}}));
    let dribble = json!({"numberOfChunks": 10, "totalDuration": 3000});
    let body = "x".repeat(1000);
    stub(&folder, "drip", &json!({"response": {"body": body, "chunkedDribbleDelay": dribble}}));
    for fault in ["CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "MALFORMED_RESPONSE_CHUNK"] {
        stub(&folder, fault, &json!({"response": {"body": "x", "fault": fault}}));
    }
    for fault in ["truncated", "reset-after", "stall", "half-close", "reset-stream"] {
        let mut rule = json!({"fault": fault});
        if matches!(fault, "reset-after" | "truncated") {
            rule["at"] = json!(3);
        }
        stub(&folder, fault, &json!({"behavior": {"fault": [rule]}}));
    }
    let ringer = start(&folder, Some(limit(Algorithm::Concurrency, 2))).await;
    let address = ringer.address;
    // One is held open all the time; a place that was given back twice would show beside it.
    let mut holder = Wire::connect(address).await;
    holder.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let request = |host: &str, path: &str| {
        Request::builder().uri(format!("http://{host}{path}")).body(client::whole("")).unwrap()
    };
    let is_free = async |what: &str| {
        eprintln!("{what}");
        let free = || async { (get(address, "/ok").await.0 == 200).then_some(()) };
        eventually_async("room again", free).await;
        // It is taken by one, and no other finds room then. The one that asks may have come first.
        let full = || async {
            let mut second = Wire::connect(address).await;
            second.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
            (get(address, "/ok").await.0 == 429).then_some(second)
        };
        let second = eventually_async("no room, as nothing was given back twice", full).await;
        drop(second);
        eventually_async("room again", free).await;
    };
    is_free("nothing").await;
    for path in ["/slow", "/drip"] {
        let mut wire = Wire::connect(address).await;
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(wire);
        is_free(&format!("a client that left {path}")).await;
        let connection = Connection::http2(address).await;
        let host = address.to_string();
        let asking = tokio::spawn({
            let (connection, request) = (connection.clone(), request(&host, path));
            async move {
                let answer = connection.begin(request).await;
                tokio::time::sleep(Duration::from_secs(60)).await;
                drop(answer);
            }
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        asking.abort();
        is_free(&format!("a stream of {path} that was reset")).await;
        drop(connection);
    }
    for fault in [
        "CONNECTION_RESET_BY_PEER",
        "EMPTY_RESPONSE",
        "MALFORMED_RESPONSE_CHUNK",
        "truncated",
        "reset-after",
        "half-close",
        "stall",
        "reset-stream",
    ] {
        for is_http2 in [false, true] {
            let connection = if is_http2 {
                Connection::http2(address).await
            } else {
                Connection::http1(address).await
            };
            let host = address.to_string();
            let path = format!("/{fault}");
            let request = if is_http2 {
                request(&host, &path)
            } else {
                connection.request("GET", "a", &path).body(client::whole("")).unwrap()
            };
            let sent = connection.try_send(request);
            let _ = tokio::time::timeout(Duration::from_millis(200), sent).await;
            drop(connection);
            is_free(&format!("{fault} over HTTP/2: {is_http2}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_events_that_is_compressed_tells_its_tokens_too() {
    let folder = Folder::new();
    let headers = json!({"Content-Type": "text/event-stream", "Content-Encoding": "gzip"});
    let body = "H4sIAAAAAAACA0tJLEm0UqhWKi1OTE9Vssorzcmp5eJKgYomZ+RnJqcWK1lFx+rAlFQrFRTl5xaUxJfkZ6fmAeWMTHWUkoEiOaklmfl5cGFDoHBJfkliDlzExKAWbna0i7+faywXFwBnNMmTgAAAAA==";
    stub(&folder, "sse", &json!({"response": {"base64Body": body, "headers": headers}}));
    let failing = json!({"fault": [{"status": 500, "body": "no"}]});
    stub(&folder, "fails", &json!({"behavior": failing}));
    let tokens = Cost::Tokens(TokenKind::Total);
    let mut limit = per_minute(1000);
    limit.policies = vec![Policy { cost: tokens, ..limit.policies.remove(0) }];
    let ringer = start(&folder, Some(limit)).await;
    let ask = async |path: &str| {
        let body = json!({"max_tokens": 95}).to_string();
        let got = client::send(ringer.address, "POST", path, &[], body).await;
        (got.status, got.field("r").unwrap().parse::<u64>().unwrap())
    };
    assert_eq!(ask("/sse").await, (200, 900), "95 and 5 of the prompt are reserved");
    assert_eq!(ask("/sse").await, (200, 860), "40 were used");
    // A fault's answer says no usage, and what was reserved stays taken.
    assert_eq!(ask("/fails").await, (500, 820));
    assert_eq!(ask("/fails").await, (500, 720));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_of_the_limit_and_a_refusal_comes_before_any_fault() {
    let folder = Folder::new();
    stub(&folder, "a", &json!({}));
    stub(&folder, "fault", &json!({"behavior": {"fault": [{"status": 503}]}}));
    stub(&folder, "same", &json!({"response": {"status": 304, "headers": {"ETag": "\"x\""}}}));
    stub(&folder, "none", &json!({"response": {"status": 204}}));
    let ringer = start(&folder, Some(per_minute(6))).await;
    let connection = Connection::http1(ringer.address).await;
    for (left, (method, path, status)) in [
        ("GET", "/a", 200),
        ("HEAD", "/a", 200),
        ("GET", "/fault", 503),
        ("GET", "/same", 304),
        ("DELETE", "/none", 204),
        ("GET", "/missing", 404),
        ("GET", "/fault", 429),
    ]
    .into_iter()
    .enumerate()
    {
        let request = connection.request(method, "a", path).body(client::whole("")).unwrap();
        let got = connection.send(request).await;
        let left = 5_usize.saturating_sub(left).to_string();
        assert_eq!((got.status, got.field("r")), (status, Some(&*left)), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_told_inside_of_json_in_place_of_what_was_recorded() {
    let folder = Folder::new();
    let behavior = json!({"rateLimit": {"preset": "shopify-graphql", "burst": 1000}});
    let of = |version: &str, response: Value| {
        let request = json!({"urlPath": format!("/admin/api/{version}/graphql.json")});
        stub(
            &folder,
            version,
            &json!({
                "request": request, "response": response, "behavior": behavior
            }),
        );
    };
    let json_type = json!({"Content-Type": "application/json; charset=utf-8"});
    let body = r#"{"data":{"n":1.50},"extensions":{"cost":{"actualQueryCost":3,"x":1}}}"#;
    of("plain", json!({"body": body, "headers": json_type}));
    of(
        "bare",
        json!({"body": "{}", "headers": {
            "Content-Type": "application/graphql-response+json", "Content-Length": "2"
        }}),
    );
    of(
        "packed",
        json!({
            "base64Body": "H4sIAAAAAAACA6tWSkksSVSyqq7VUUqtKEnNK87MzysG8pWS84tLQHRicklpYk5gaWpRpTNYyFxHKS0zNScFqCraMLa2thYA+kjZ2UQAAAA=",
            "headers": {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        }),
    );
    of("text", json!({"body": "{}", "headers": {"Content-Type": "text/plain"}}));
    of("list", json!({"body": "[{}]", "headers": json_type}));
    of("error", json!({"status": 500, "body": "{}", "headers": json_type}));
    let ringer = start(&folder, None).await;
    for is_http2 in [false, true] {
        let ask = async |version: &str| {
            let connection = if is_http2 {
                Connection::http2(ringer.address).await
            } else {
                Connection::http1(ringer.address).await
            };
            let host = ringer.address.to_string();
            let path = format!("/admin/api/{version}/graphql.json");
            let request = connection.request("POST", &host, &path);
            connection.send(request.body(client::whole("{}")).unwrap()).await
        };
        let told = |reserved: u64, cost: u64, left: f64| {
            json!({"requestedQueryCost": reserved, "actualQueryCost": cost, "throttleStatus": {
                "maximumAvailable": 1000.0, "currentlyAvailable": left, "restoreRate": 100.0
            }})
        };
        let got = ask("plain").await;
        assert!(got.text().starts_with(r#"{"data":{"n":1.50},"extensions":{"cost":{"#), "{got:?}");
        let mut cost = told(10, 3, 997.0);
        cost["x"] = json!(1);
        let mut shown = got.json()["extensions"]["cost"].take();
        shown["throttleStatus"]["currentlyAvailable"] =
            json!(shown["throttleStatus"]["currentlyAvailable"].as_f64().unwrap());
        assert_eq!(shown, cost);
        if let Some(length) = got.field("content-length") {
            assert_eq!(length, got.body.len().to_string());
        }
        let got = ask("bare").await;
        assert_eq!(got.field("content-length"), Some(&*got.body.len().to_string()));
        assert_eq!(got.json()["extensions"]["cost"]["actualQueryCost"], 10);
        let got = ask("packed").await;
        assert_eq!(got.field("content-encoding"), Some("gzip"));
        assert!(got.body.starts_with(&[0x1f, 0x8b]), "{got:?}");
        assert_eq!(ask("text").await.text(), "{}");
        assert_eq!(ask("list").await.text(), "[{}]");
        let got = ask("error").await;
        assert_eq!((got.status, got.text()), (500, "{}".to_owned()));
        advance(ringer.address).await;
    }
}
