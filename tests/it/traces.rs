//! Traces: whose trace the upstream sees, and the spans that a collector gets.

use std::time::Duration;

use http::Uri;
use ringer::{config::Config, model::Mode, runtime::Clock, telemetry::Otlp};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    metrics::read_by,
    support::{
        client::{self, Got},
        folder::{Folder, Ringer},
        process::Serving,
        server::{Requests, Upstream},
        waiting::{eventually_async, within},
        wire::Message,
    },
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup";
const TAKEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{CALLER}-{flags}")
}

/// Fields of a request that is part of a trace.
async fn traced(ringer: &Ringer, path: &str, flags: &str) -> Got {
    let parent = traceparent(flags);
    let fields = [
        ("traceparent", parent.as_str()),
        ("tracestate", "vendor=a,other=b"),
        ("baggage", "user=1,ringer.session=s1"),
    ];
    client::send(ringer.address, "GET", path, &fields, "").await
}

fn to(collector: &Upstream) -> Option<Otlp> {
    let endpoint: Uri = format!("{}/v1/traces", collector.url()).parse().unwrap();
    Some(Otlp {
        endpoint,
        headers: vec![("x-key".parse().unwrap(), "k1".parse().unwrap())],
        resource: vec![("service.name".to_owned(), "mock".to_owned())],
        timeout: Duration::from_secs(5),
    })
}

/// ringer that passes on in each of its ways; what the upstream got of each request.
async fn passed_on(otlp: Option<Otlp>, flags: &str) -> Vec<(&'static str, Message)> {
    let (upstream, mut requests) = Upstream::answering(ANSWER).await;
    let base = upstream.url();
    let mut all = Vec::new();
    for (name, mode) in [
        ("record", Mode::Record),
        ("record missing", Mode::RecordMissing),
        ("fallback", Mode::Fallback),
        ("passthrough", Mode::Passthrough),
    ] {
        let folder = Folder::new();
        let config = Config { otlp: otlp.clone(), ..folder.config_of(mode, &base) };
        let ringer = folder.start(config).await;
        assert_eq!(traced(&ringer, "/x", flags).await.text(), "up");
        all.push((name, requests.next().await));
        within(ringer.stop()).await;
    }
    let folder = Folder::new();
    folder.stub(
        "a",
        &json!({"request": {"urlPath": "/proxied"}, "response": {"proxyBaseUrl": base}})
            .to_string(),
    );
    let passing = "{{originalRequest.headers.traceparent}}";
    folder.stub(
        "b",
        &json!({"request": {"urlPath": "/hook"}, "response": {"body": "up"},
            "serveEventListeners": [{"name": "webhook", "parameters": {"url": format!("{base}/cb"),
                "headers": {"traceparent": passing, "baggage": "{{originalRequest.headers.baggage}}",
                    "tracestate": "{{originalRequest.headers.tracestate}}"}}}]})
        .to_string(),
    );
    let ringer = folder.start(Config { otlp, ..folder.config() }).await;
    for (name, path) in [("proxy stub", "/proxied"), ("webhook", "/hook")] {
        assert_eq!(traced(&ringer, path, flags).await.text(), "up");
        all.push((name, requests.next().await));
    }
    within(ringer.stop()).await;
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn without_spans_of_its_own_ringer_passes_a_trace_on_unchanged() {
    for (way, sent) in passed_on(None, "01").await {
        assert_eq!(sent.field("traceparent"), Some(traceparent("01").as_str()), "{way}");
        assert_eq!(sent.field("tracestate"), Some("vendor=a,other=b"), "{way}");
        assert_eq!(sent.field("baggage"), Some("user=1,ringer.session=s1"), "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_spans_the_upstream_s_parent_is_ringer_s_span_in_the_same_trace() {
    let (collector, _batches) = Upstream::answering(TAKEN).await;
    for (way, sent) in passed_on(to(&collector), "01").await {
        let parent = sent.field("traceparent").unwrap();
        if way == "webhook" {
            // What the stub says itself stays.
            assert_eq!(parent, traceparent("01"));
            continue;
        }
        assert!(
            parent.starts_with(&format!("00-{TRACE}-")) && parent.ends_with("-01"),
            "{way}: {parent}"
        );
        assert!(!parent.contains(CALLER), "{way}: {parent}");
        assert_eq!(sent.field("tracestate"), Some("vendor=a,other=b"), "{way}");
        assert_eq!(sent.field("baggage"), Some("user=1,ringer.session=s1"), "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_says_nothing_of_a_trace_belongs_to_the_exchange_where_spans_are_made() {
    let (collector, mut batches) = Upstream::answering(TAKEN).await;
    let (upstream, mut requests) = Upstream::answering(ANSWER).await;
    let folder = Folder::new();
    let hook = json!({"name": "webhook", "parameters": {"url": upstream.url()}});
    let stub = json!({"response": {"body": "up"}, "serveEventListeners": [hook]});
    folder.stub("a", &stub.to_string());
    for otlp in [None, to(&collector)] {
        let is_traced = otlp.is_some();
        let ringer = folder.start(Config { otlp, ..folder.config() }).await;
        client::get(ringer.address, "/a").await;
        let call = requests.next().await;
        if !is_traced {
            assert_eq!(call.field("traceparent"), None);
            continue;
        }
        let (_, spans) = spans(&mut batches, 1).await;
        let [trace, span] = ["trace", "span"].map(|name| spans[0][name].as_str().unwrap());
        let expected = format!("00-{trace}-{span}-01");
        assert_eq!(call.field("traceparent"), Some(expected.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_wants_no_trace_gets_no_span_and_its_header_stays() {
    let (collector, _batches) = Upstream::answering(TAKEN).await;
    for (way, sent) in passed_on(to(&collector), "00").await {
        assert_eq!(sent.field("traceparent"), Some(traceparent("00").as_str()), "{way}");
    }
}

/// The spans of all batches until there are so many.
async fn spans(batches: &mut Requests, count: usize) -> (Value, Vec<Value>) {
    let (mut all, mut last) = (Vec::new(), Value::Null);
    while all.len() < count {
        let batch = batches.next().await;
        assert_eq!(batch.first_line(), "POST /v1/traces HTTP/1.1");
        assert_eq!(batch.field("content-type"), Some("application/json"));
        assert_eq!(batch.field("x-key"), Some("k1"));
        assert!(batch.field("traceparent").unwrap().ends_with("-00"));
        let mut read = read_by("spans.py", &[], &batch.body);
        all.extend(read["spans"].as_array().unwrap().clone());
        read["spans"] = Value::Null;
        last = read;
    }
    all.sort_by_key(|span| span["start"].as_u64());
    (last, all)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_exchange_is_a_span_with_what_it_was_and_what_befell_it() {
    let (collector, mut batches) = Upstream::answering(TAKEN).await;
    let (upstream, mut requests) = Upstream::answering(ANSWER).await;
    let folder = Folder::new();
    folder.stub(
        "a",
        &json!({"id": "7b9ac1c6-0001-4000-8000-000000000000", "name": "orders",
            "request": {"urlPath": "/orders"},
            "response": {"status": 201, "fixedDelayMilliseconds": 30}})
        .to_string(),
    );
    let mut config = folder.config_of(Mode::Fallback, &upstream.url());
    config.services[0].name = ringer::model::ServiceName::new("api");
    config.otlp = to(&collector);
    let ringer = folder.start(config).await;
    let body = json!({"fault": {"url": "/bad", "status": 503}}).to_string();
    client::send(ringer.address, "POST", "/__admin/ringer/behaviors", &[], body).await;
    traced(&ringer, "/orders?api_key=sk_live_4eC39HqLyjWDarjtT1zdp7dc&n=1", "01").await;
    client::get(ringer.address, "/passed").await;
    let passed = requests.next().await;
    client::get(ringer.address, "/bad").await;
    let (about, spans) = spans(&mut batches, 3).await;
    within(ringer.stop()).await;
    assert_eq!(about["resource"]["service.name"], "mock");
    assert_eq!(about["resource"]["telemetry.sdk.language"], "rust");
    assert_eq!(about["scope"]["name"], "ringer");

    let first = &spans[0];
    assert_eq!((&first["trace"], &first["parent"]), (&json!(TRACE), &json!(CALLER)));
    assert_eq!((&first["state"], &first["flags"]), (&json!("vendor=a,other=b"), &json!(0x301)));
    assert_eq!(
        (&first["name"], &first["kind"], &first["status"]),
        (&json!("GET"), &json!(2), &json!(0))
    );
    let took = first["end"].as_u64().unwrap() - first["start"].as_u64().unwrap();
    assert!(took >= 30_000_000, "{took}");
    let attributes = &first["attributes"];
    let query = attributes["url.query"].as_str().unwrap();
    assert!(query.ends_with("&n=1") && !query.contains("4eC39HqLyjWDarjtT1zdp7dc"), "{query}");
    let expected = json!({
        "http.request.method": "GET",
        "url.path": "/orders",
        "url.query": query,
        "url.scheme": "http",
        "server.address": "127.0.0.1",
        "server.port": ringer_port(attributes),
        "client.address": "127.0.0.1",
        "network.protocol.version": "1.1",
        "http.response.status_code": 201,
        "ringer.service": "api",
        "ringer.session": "s1",
        "ringer.outcome": "stub",
        "ringer.stub.id": "7b9ac1c6-0001-4000-8000-000000000000",
        "ringer.stub.name": "orders",
    });
    assert_eq!(attributes, &expected);

    let second = &spans[1];
    assert_eq!((&second["parent"], &second["flags"]), (&json!(""), &json!(0x101)));
    assert_eq!(second["attributes"]["ringer.outcome"], "passed");
    assert_eq!(second["attributes"]["ringer.session"], "default");
    let (trace, span) = (second["trace"].as_str().unwrap(), second["span"].as_str().unwrap());
    assert_eq!(passed.field("traceparent"), Some(format!("00-{trace}-{span}-01").as_str()));

    let third = &spans[2];
    assert_ne!(third["trace"], second["trace"]);
    assert_eq!(third["status"], 2);
    assert_eq!(third["attributes"]["error.type"], "503");
    assert_eq!(third["attributes"]["ringer.outcome"], "injected_error");
    let befell = third["attributes"]["ringer.behaviors"][0].as_str().unwrap();
    assert!(befell.starts_with("fault: "), "{befell}");
}

fn ringer_port(attributes: &Value) -> Value {
    let port = attributes["server.port"].clone();
    assert!(port.as_u64().unwrap() > 0, "{attributes}");
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_wait_are_sent_when_ringer_stops() {
    let (collector, mut batches) = Upstream::answering(TAKEN).await;
    let folder = Folder::new();
    let ringer = folder.start(Config { otlp: to(&collector), ..folder.config() }).await;
    client::get(ringer.address, "/none").await;
    within(ringer.stop()).await;
    let (_, spans) = spans(&mut batches, 1).await;
    assert_eq!(spans[0]["attributes"]["ringer.outcome"], "missed");
    assert_eq!(spans[0]["attributes"]["http.response.status_code"], 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_costs_spans_and_nothing_else() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"urlPath": "/a"}, "response": {"body": "ok"}}"#);
    let otlp = format!("http://{free}");
    let arguments = ["--latency", "none", "--otlp", &otlp];
    let serving = Serving::start(folder.path(), "replay", &arguments);
    for _ in 0..20 {
        assert_eq!(client::get(serving.address, "/a").await.text(), "ok");
    }
    // The first batch is tried again and again by now.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    client::get(serving.address, "/a").await;
    let clock = Clock::start();
    let ended = tokio::task::spawn_blocking(move || {
        serving.process.signal(Signal::TERM);
        serving.process.ended()
    });
    let ended = ended.await.unwrap();
    assert!(clock.elapsed() < Duration::from_secs(3), "{:?}", clock.elapsed());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let warnings = ended.stderr.matches("spans are lost while this lasts").count();
    assert_eq!(warnings, 1, "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn opentelemetry_s_own_variables_are_heeded() {
    let (collector, mut batches) = Upstream::answering(TAKEN).await;
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"urlPath": "/a"}, "response": {"body": "ok"}}"#);
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=k%31".to_owned()),
        ("OTEL_SERVICE_NAME", "named".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let serving = Serving::try_start_with(folder.path(), "replay", &[], &variables).unwrap();
    client::get(serving.address, "/none").await;
    let (about, all) = spans(&mut batches, 1).await;
    assert_eq!((about["resource"]["service.name"].as_str(), all.len()), (Some("named"), 1));
    let text = eventually_async("the batch is counted", || async {
        let text = client::get(serving.address, "/__admin/ringer/metrics").await.text();
        text.contains("\nringer_otlp_exported_spans_total 1\n").then_some(text)
    })
    .await;
    assert!(text.contains("ringer_otlp_dropped_spans_total{reason=\"undelivered\"} 0\n"), "{text}");
}
