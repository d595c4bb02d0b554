//! What is asked, of which stubs, and how far ringer may be from the bare protocol.

use serde_json::{Value, json};

use super::load::{Exchange, Transport};

pub(crate) const JSON: &str = "application/json";
/// The header by which a request belongs to a session.
pub(crate) const SESSION: &str = "x-ringer-session";

/// By what the reference finds the answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// There is one answer.
    Any,
    Path,
    /// The path and the query.
    Target,
    Header(&'static str),
    /// The number `id` in the JSON body.
    JsonId,
    /// It writes path, query and header into the answer.
    Echo,
}

/// What both do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    Answer,
    /// Pass on what another server answers; ringer records it.
    Record,
    /// The same, where no request comes twice: `requests` in each round.
    RecordNew,
}

pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) job: Job,
    pub(crate) transport: Transport,
    pub(crate) key: Key,
    pub(crate) stubs: usize,
    /// Different requests, at least one for each stub where they are told apart.
    pub(crate) requests: usize,
    pub(crate) mapping: fn(usize) -> Value,
    pub(crate) exchange: fn(usize) -> Exchange,
    /// What ringer is told beside where its files are.
    pub(crate) arguments: &'static [&'static str],
    /// Ours ÷ the reference's, at most.
    pub(crate) goal: Option<f64>,
}

pub(crate) const ONE_STUB_NAME: &str = "1 stub";

const ONE_STUB: Workload = Workload {
    name: ONE_STUB_NAME,
    job: Job::Answer,
    transport: Transport::Plain,
    key: Key::Path,
    stubs: 1,
    requests: 1,
    mapping: exact,
    exchange: get,
    arguments: &["replay"],
    goal: None,
};

const BY_BODY: Workload = Workload {
    key: Key::JsonId,
    stubs: 1_000,
    requests: 1_000,
    exchange: |n| Exchange::post("/b".to_owned(), order(n), payload(n)),
    ..ONE_STUB
};

const RECORD: Workload = Workload {
    job: Job::Record,
    stubs: 0,
    requests: 1_000,
    exchange: |n| Exchange::get(format!("/customers/{n}"), customer(n)),
    arguments: &["record"],
    ..ONE_STUB
};

/// As rules that befall no other path, or nobody, are counted and drawn for with each request.
const ELSEWHERE: &str = "status=503; url=/elsewhere/*";
const DRAWN: &str = "status=503; p=0.000000000001";

pub(crate) const WORKLOADS: &[Workload] = &[
    Workload { goal: Some(1.20), ..ONE_STUB },
    Workload { name: "1,000 stubs, exact paths", stubs: 1_000, requests: 1_000, ..ONE_STUB },
    Workload {
        name: "10,000 stubs, exact paths",
        stubs: 10_000,
        requests: 10_000,
        goal: Some(1.25),
        ..ONE_STUB
    },
    Workload {
        name: "100,000 stubs, exact paths",
        stubs: 100_000,
        requests: 100_000,
        goal: Some(1.30),
        ..ONE_STUB
    },
    Workload {
        name: "10,000 path templates",
        stubs: 10_000,
        requests: 10_000,
        mapping: |n| {
            let template = format!("/things/{n}/parts/{{part}}");
            stub(json!({"method": "GET", "urlPathTemplate": template}), n)
        },
        exchange: |n| Exchange::get(format!("/things/{n}/parts/x{n}"), payload(n)),
        goal: Some(1.35),
        ..ONE_STUB
    },
    Workload {
        name: "1,000 regexes on one prefix",
        stubs: 1_000,
        requests: 1_000,
        mapping: |n| {
            let pattern = format!("/users/[0-9]+/orders/{n}/[a-z]+");
            stub(json!({"method": "GET", "urlPathPattern": pattern}), n)
        },
        exchange: |n| Exchange::get(format!("/users/{}/orders/{n}/paid", n * 7), payload(n)),
        goal: Some(2.0),
        ..ONE_STUB
    },
    Workload {
        name: "1,000 stubs, equalToJson",
        mapping: |n| {
            let body = json!([{"equalToJson": order(n)}]);
            stub(json!({"method": "POST", "urlPath": "/b", "bodyPatterns": body}), n)
        },
        goal: Some(1.6),
        ..BY_BODY
    },
    Workload {
        name: "1,000 stubs, JSONPath equality",
        mapping: |n| {
            let path = json!({"expression": "$.customer.name", "equalTo": format!("c{n}")});
            let body = json!([{"matchesJsonPath": path}]);
            stub(json!({"method": "POST", "urlPath": "/b", "bodyPatterns": body}), n)
        },
        goal: Some(2.0),
        ..BY_BODY
    },
    Workload {
        name: "1,000 stubs, by header",
        key: Key::Header("x-tenant"),
        stubs: 1_000,
        requests: 1_000,
        mapping: |n| {
            let headers = json!({"X-Tenant": {"equalTo": format!("t{n}")}});
            stub(json!({"method": "GET", "urlPath": "/h", "headers": headers}), n)
        },
        exchange: |n| {
            Exchange::get("/h".to_owned(), payload(n)).with_header("x-tenant", format!("t{n}"))
        },
        ..ONE_STUB
    },
    Workload {
        name: "1,000 stubs, by query",
        key: Key::Target,
        stubs: 1_000,
        requests: 1_000,
        mapping: |n| {
            let query = json!({"id": {"equalTo": format!("q{n}")}});
            stub(json!({"method": "GET", "urlPath": "/q", "queryParameters": query}), n)
        },
        exchange: |n| Exchange::get(format!("/q?id=q{n}&page=1"), payload(n)),
        ..ONE_STUB
    },
    Workload {
        name: "templated answer",
        key: Key::Echo,
        requests: 1_000,
        mapping: |_| {
            let body = r#"{"path":"{{request.path.[1]}}","name":"{{request.query.name}}","trace":"{{request.headers.X-Trace}}"}"#;
            json!({
                "request": {"method": "GET", "urlPathPattern": "/echo/.*"},
                "response": {
                    "status": 200,
                    "headers": {"Content-Type": JSON},
                    "body": body,
                    "transformers": ["response-template"],
                },
            })
        },
        exchange: |n| {
            let answer = format!(r#"{{"path":"p{n}","name":"user{n}","trace":"t-{n}"}}"#);
            Exchange::get(format!("/echo/p{n}?name=user{n}"), answer)
                .with_header("x-trace", format!("t-{n}"))
        },
        goal: Some(1.5),
        ..ONE_STUB
    },
    Workload { name: "TLS, keep-alive", transport: Transport::Tls, goal: Some(1.20), ..ONE_STUB },
    Workload {
        name: "TLS, full handshakes",
        transport: Transport::Handshakes,
        goal: Some(1.05),
        ..ONE_STUB
    },
    Workload { name: "HTTP/2 over TLS", transport: Transport::Http2, goal: Some(1.25), ..ONE_STUB },
    Workload { name: "record, 1 kB JSON", goal: Some(1.6), ..RECORD },
    Workload { name: "record, not sanitised", arguments: &["record", "--no-redact"], ..RECORD },
    Workload {
        name: "record, each request a new one",
        job: Job::RecordNew,
        key: Key::Any,
        requests: 2_000,
        exchange: |n| Exchange::get(format!("/customers/{n}"), customer(0)),
        ..RECORD
    },
    Workload {
        name: "1 stub, journal off",
        arguments: &["replay", "--journal-entries", "0"],
        ..ONE_STUB
    },
    Workload {
        name: "10 rules of another path",
        arguments: &[
            "replay", "--fault", ELSEWHERE, "--fault", ELSEWHERE, "--fault", ELSEWHERE, "--fault",
            ELSEWHERE, "--fault", ELSEWHERE, "--fault", ELSEWHERE, "--fault", ELSEWHERE, "--fault",
            ELSEWHERE, "--fault", ELSEWHERE, "--fault", ELSEWHERE,
        ],
        ..ONE_STUB
    },
    Workload { name: "1 rule, drawn", arguments: &["replay", "--fault", DRAWN], ..ONE_STUB },
    Workload {
        name: "1 rate limit",
        arguments: &["replay", "--rate-limit", "1000000000/s"],
        ..ONE_STUB
    },
    Workload {
        name: "1 session",
        exchange: |n| get(0).with_header(SESSION, format!("s{n}")),
        ..ONE_STUB
    },
    Workload {
        name: "10,000 sessions",
        requests: 10_000,
        exchange: |n| get(0).with_header(SESSION, format!("s{n}")),
        ..ONE_STUB
    },
];

pub(crate) fn exact(n: usize) -> Value {
    stub(json!({"method": "GET", "urlPath": format!("/s/{n}")}), n)
}

pub(crate) fn get(n: usize) -> Exchange {
    Exchange::get(format!("/s/{n}"), payload(n))
}

pub(crate) fn stub(request: Value, n: usize) -> Value {
    let response = json!({"status": 200, "headers": {"Content-Type": JSON}, "body": payload(n)});
    let mut stub = serde_json::Map::new();
    stub.insert("request".to_owned(), request);
    stub.insert("response".to_owned(), response);
    stub.into()
}

/// 200 bytes of JSON.
pub(crate) fn payload(n: usize) -> String {
    let mut text = format!(r#"{{"id":{n},"status":"ok","pad":""#);
    text.extend(std::iter::repeat_n('x', 198_usize.saturating_sub(text.len())));
    text + "\"}"
}

/// What clients post.
fn order(n: usize) -> String {
    format!(
        r#"{{"kind":"order","id":{n},"customer":{{"name":"c{n}","tier":"gold"}},"lines":[{{"sku":"A-1","qty":2}},{{"sku":"B-2","qty":1}}]}}"#
    )
}

/// About 1 kB of JSON with what is sanitised: names, addresses, numbers, a token.
fn customer(n: usize) -> String {
    let items: Vec<_> = (0..6)
        .map(|at| {
            json!({"sku": format!("SKU-{n:04}-{at}"), "title": "a thing that somebody has ordered",
                "quantity": at + 1, "price": {"amount": 1999 + at, "currency": "EUR"}})
        })
        .collect();
    json!({
        "id": n,
        "email": format!("customer{n}@example.org"),
        "phone": "+49 30 901820",
        "name": "Erika Mustermann",
        "access_token": format!("tok_live_{n:032x}"),
        "created_at": "2026-03-04T05:06:07Z",
        "items": items,
    })
    .to_string()
}
