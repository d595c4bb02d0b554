//! A request that nothing holds back takes a short way to its answer: what the client gets, and what the
//! journal tells of it, is as it is on the long way, which every request takes while somebody follows the
//! events.

use serde_json::Value;

use crate::support::{
    client::{self, Connection},
    folder::{Folder, Ringer},
    wire::Wire,
};

/// Stubs of each kind that may take the short way, and of some that may not.
const STUBS: &[(&str, &str)] = &[
    (
        "plain",
        r#"{"request": {"url": "/plain"}, "response": {"status": 200, "headers": {"Content-Type": "application/json", "X-a": "1"}, "body": "{\"a\": 1}"}}"#,
    ),
    (
        "usual",
        r#"{"request": {"url": "/usual"}, "response": {"status": 201, "headers": {"Content-Type": "text/plain", "X-Two": ["a", "b"]}, "body": "usual"}}"#,
    ),
    (
        "length",
        r#"{"request": {"url": "/length"}, "response": {"status": 200, "headers": {"Content-Length": "4"}, "body": "four"}}"#,
    ),
    (
        "short",
        r#"{"request": {"url": "/short"}, "response": {"status": 200, "headers": {"Content-Length": "2"}, "body": "four"}}"#,
    ),
    (
        "closing",
        r#"{"request": {"url": "/closing"}, "response": {"status": 200, "headers": {"Connection": "close"}, "body": "bye"}}"#,
    ),
    ("empty", r#"{"request": {"url": "/empty"}, "response": {"status": 204, "body": "not sent"}}"#),
    (
        "phrase",
        r#"{"request": {"url": "/phrase"}, "response": {"status": 299, "statusMessage": "Odd", "body": "x"}}"#,
    ),
    (
        "json",
        r#"{"request": {"url": "/json", "method": "POST", "bodyPatterns": [{"equalToJson": {"id": 1}}]}, "response": {"jsonBody": {"got": 1}}}"#,
    ),
    (
        "json2",
        r#"{"request": {"url": "/json", "method": "POST", "bodyPatterns": [{"equalToJson": {"id": 2}}]}, "response": {"jsonBody": {"got": 2}}}"#,
    ),
    (
        "template",
        r#"{"request": {"urlPath": "/template"}, "response": {"headers": {"X-Id": "{{request.query.q}}"}, "body": "{{request.method}} {{request.headers.X-Trace}} {{request.url}}", "transformers": ["response-template"]}}"#,
    ),
    (
        "failing",
        r#"{"request": {"urlPath": "/failing"}, "response": {"body": "{{date 'x' format='['}}", "transformers": ["response-template"]}}"#,
    ),
    (
        "variables",
        r#"{"request": {"urlPathTemplate": "/of/{name}"}, "response": {"body": "{{request.path.name}}", "transformers": ["response-template"]}}"#,
    ),
    (
        "sequence",
        r#"{"request": {"url": "/scenario"}, "scenarioName": "s", "requiredScenarioState": "Started", "response": {"body": "started"}}"#,
    ),
    (
        "delayed",
        r#"{"request": {"url": "/delayed"}, "response": {"fixedDelayMilliseconds": 5, "body": "late"}}"#,
    ),
    (
        "large",
        r#"{"request": {"url": "/large"}, "response": {"headers": {"Content-Type": "text/plain"}, "body": "0123456789012345678901234567890123456789012345678901234567890123456789"}}"#,
    ),
];

/// Each with its fields and body; a connection of its own for each.
const REQUESTS: &[(&str, &str, &str, &str)] = &[
    ("GET", "/plain", "", ""),
    ("GET", "/plain", "x-lower: 1\r\nX-UPPER: 2\r\n", ""),
    ("GET", "/plain", "Connection: close\r\n", ""),
    ("GET", "/plain?", "", ""),
    ("GET", "/usual", "", ""),
    ("HEAD", "/usual", "", ""),
    ("GET", "/length", "", ""),
    ("GET", "/short", "", ""),
    ("GET", "/closing", "", ""),
    ("GET", "/empty", "", ""),
    ("GET", "/phrase", "", ""),
    ("POST", "/json", "Content-Type: application/json\r\n", r#"{"id": 2}"#),
    ("POST", "/json", "Content-Type: application/json\r\n", r#"{ "id" : 1.0 }"#),
    ("POST", "/json", "Content-Type: application/json\r\n", r#"{"id": 3}"#),
    ("POST", "/usual", "", "a body that no stub looks at"),
    ("GET", "/template?q=a%20b", "X-Trace: t-1\r\n", ""),
    ("POST", "/template?q=1", "X-Trace: t-2\r\n", "with a body"),
    ("GET", "/failing", "", ""),
    ("GET", "/of/caf%C3%A9", "", ""),
    ("GET", "/scenario", "", ""),
    ("GET", "/delayed", "", ""),
    ("GET", "/large", "Accept-Encoding: gzip\r\n", ""),
    ("GET", "/large", "", ""),
    ("GET", "/usual", "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n", ""),
    ("GET", "/usual?api_key=0123456789abcdef0123456789abcdef", "", ""),
    ("GET", "/nobody", "", ""),
];

/// What a client of HTTP/1.1 gets, byte by byte.
async fn raw(ringer: &Ringer, (method, target, fields, body): (&str, &str, &str, &str)) -> String {
    let mut wire = Wire::connect(ringer.address).await;
    let length = match body {
        "" => String::new(),
        body => format!("Content-Length: {}\r\n", body.len()),
    };
    let head =
        format!("{method} {target} HTTP/1.1\r\nHost: api.test\r\n{fields}{length}\r\n{body}");
    wire.send(head).await;
    let is_bodiless = method == "HEAD" || target == "/empty";
    let answer = if is_bodiless { wire.bodiless().await } else { wire.message().await };
    format!("{answer:?}")
}

/// What the journal tells, without what differs between any two requests.
async fn journal(ringer: &Ringer) -> Vec<Value> {
    let told = client::get(ringer.address, "/__admin/requests").await.json();
    let Value::Array(mut entries) = told["requests"].clone() else { panic!("no list: {told}") };
    for entry in &mut entries {
        strip(entry);
    }
    entries
}

fn strip(value: &mut Value) {
    const VARYING: &[&str] =
        &["id", "loggedDate", "loggedDateString", "timing", "clientIp", "timeOffsetNanos"];
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !VARYING.contains(&name.as_str()));
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_give_the_same_answers_and_leave_the_same_entries() {
    let folder = Folder::new();
    for (name, stub) in STUBS {
        folder.stub(name, stub);
    }
    let ringer = folder.replay().await;
    let mut told = Vec::new();
    for is_followed in [false, true] {
        let connection = Connection::http1(ringer.address).await;
        let following = client::whole("");
        let request = connection.request("GET", "api.test", "/__admin/ringer/events");
        let mut stream = None;
        if is_followed {
            stream = Some(connection.begin(request.body(following).unwrap()).await.unwrap());
        }
        client::send(ringer.address, "DELETE", "/__admin/requests", &[], "").await;
        let mut answers = Vec::new();
        for request in REQUESTS {
            // The first answer of a stub is made ready.
            for _ in 0..2 {
                answers.push((request.0, request.1, raw(&ringer, *request).await));
            }
        }
        let h2 = Connection::http2(ringer.address).await;
        for (method, target, _, body) in REQUESTS {
            let request = h2.request(method, "api.test", target);
            let got = h2.send(request.body(client::whole(*body)).unwrap()).await;
            answers.push((method, target, format!("{got:?}")));
        }
        told.push((answers, journal(&ringer).await));
        drop(stream);
    }
    let [(short, short_entries), (long, long_entries)] = told.as_slice() else { unreachable!() };
    for (short, long) in short.iter().zip(long) {
        assert_eq!(short, long);
    }
    assert_eq!(short_entries.len(), 3 * REQUESTS.len());
    for (short, long) in short_entries.iter().zip(long_entries) {
        assert_eq!(short, long);
    }
    assert_eq!(short_entries.len(), long_entries.len());
}
