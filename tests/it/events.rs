//! Events of the admin API, as they happen: who follows hears all of it, or how much it missed.

use std::{net::SocketAddr, process::Stdio};

use http::Request;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use ringer::config::{Config, behaviors::entry};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{
    client::{self, Connection},
    folder::{Folder, Ringer},
    server::Upstream,
    waiting::within,
};

/// A stream of events.
struct Events {
    body: Incoming,
    text: String,
    _connection: Connection,
}

/// An event: its kind, its id, its data.
type Event = (String, Option<String>, Value);

impl Events {
    async fn open(address: SocketAddr, query: &str, fields: &[(&str, &str)]) -> Self {
        let connection = Connection::http1(address).await;
        let path = format!("/__admin/ringer/events{query}");
        let mut request = Request::get(path).header("host", address.to_string());
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let response = connection.begin(request.body(client::whole("")).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), text: String::new(), _connection: connection }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let value = |name: &str| {
                    let found = block.lines().find_map(|line| line.strip_prefix(name));
                    found.map(|value| value.trim_start().to_owned())
                };
                let Some(data) = value("data:") else { continue };
                let kind = value("event:").unwrap_or_default();
                return Some((kind, value("id:"), serde_json::from_str(&data).unwrap()));
            }
            let frame = within(self.body.frame()).await?.ok()?;
            self.text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
    }

    async fn urls(&mut self, n: usize) -> Vec<String> {
        let mut urls = Vec::new();
        while urls.len() < n {
            let (kind, _, data) = self.next().await.expect("more events");
            assert_eq!(kind, "exchange", "{data}");
            urls.push(data["request"]["url"].as_str().unwrap().to_owned());
        }
        urls
    }
}

async fn with_stub() -> (Folder, Ringer) {
    let folder = Folder::new();
    folder
        .stub("a", r#"{"name": "orders", "request": {"urlPathPattern": "/a.*"}, "response": {}}"#);
    let ringer = folder.replay().await;
    (folder, ringer)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_is_told_when_it_is_over() {
    let (_folder, ringer) = with_stub().await;
    let mut events = Events::open(ringer.address, "", &[]).await;
    client::get(ringer.address, "/a?x=1").await;
    client::get(ringer.address, "/b").await;
    let (kind, id, data) = events.next().await.unwrap();
    assert_eq!((kind.as_str(), id.is_some()), ("exchange", true));
    assert_eq!(data["request"]["method"], "GET");
    assert_eq!((&data["outcome"], &data["stub"]["name"]), (&json!("stub"), &json!("orders")));
    assert!(data["request"].get("headers").is_none() && data["timing"]["totalMicros"].is_u64());
    let (_, _, missed) = events.next().await.unwrap();
    assert_eq!(
        (&missed["outcome"], &missed["response"]["status"]),
        (&json!("missed"), &json!(404))
    );
    assert!(missed["miss"]["report"].as_str().unwrap().contains("orders"), "{missed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_come_and_none_is_lost() {
    let (_folder, ringer) = with_stub().await;
    let mut events = Events::open(ringer.address, "", &[]).await;
    let address = ringer.address;
    let asking: Vec<_> = (0..4)
        .map(|client| {
            tokio::spawn(async move {
                let connection = Connection::http1(address).await;
                for n in 0..250 {
                    connection.get("localhost", &format!("/a{client}-{n}")).await;
                }
            })
        })
        .collect();
    let mut numbers = Vec::new();
    for _ in 0..1000 {
        let (kind, _, data) = events.next().await.unwrap();
        assert_eq!(kind, "exchange");
        numbers.push(data["number"].as_u64().unwrap());
    }
    assert_eq!(numbers, (1..=1000).collect::<Vec<_>>());
    for asking in asking {
        asking.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_again_goes_on_where_it_was() {
    let (_folder, ringer) = with_stub().await;
    let mut events = Events::open(ringer.address, "?last=5", &[]).await;
    client::get(ringer.address, "/a1").await;
    let (_, id, _) = events.next().await.unwrap();
    drop(events);
    client::get(ringer.address, "/a2").await;
    client::get(ringer.address, "/a3").await;
    let id = id.unwrap();
    let mut again = Events::open(ringer.address, "", &[("last-event-id", &id)]).await;
    client::get(ringer.address, "/a4").await;
    assert_eq!(again.urls(3).await, ["/a2", "/a3", "/a4"]);
    let mut latest = Events::open(ringer.address, "?last=2&follow=false", &[]).await;
    assert_eq!(latest.urls(2).await, ["/a3", "/a4"]);
    assert!(latest.next().await.is_none());
    // What is no longer there is counted.
    client::send(ringer.address, "DELETE", "/__admin/requests", &[], "").await;
    let mut late = Events::open(ringer.address, "", &[("last-event-id", &id)]).await;
    let (kind, _, data) = late.next().await.unwrap();
    assert_eq!((kind.as_str(), data), ("lost", json!({"events": 3})));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_let_pass_what_is_asked_for() {
    let (_folder, ringer) = with_stub().await;
    let queries = [
        ("?status=4xx", "/none"),
        ("?outcome=stub&method=post", "/a-post"),
        ("?url=/x/*/y", "/x/1/y"),
        ("?session=s", "/a-session"),
        ("?stub=orders&url=/a-get", "/a-get"),
    ];
    let mut streams = Vec::new();
    for (query, _) in queries {
        streams.push(Events::open(ringer.address, query, &[]).await);
    }
    let mut of_header = Events::open(ringer.address, "", &[("x-ringer-session", "s")]).await;
    let session = [("x-ringer-session", "s")];
    client::send(ringer.address, "GET", "/a-session", &session, "").await;
    client::send(ringer.address, "POST", "/a-post", &[], "").await;
    client::get(ringer.address, "/a-get").await;
    client::get(ringer.address, "/none").await;
    client::get(ringer.address, "/x/1/y").await;
    for (stream, (query, url)) in streams.iter_mut().zip(queries) {
        assert_eq!(stream.urls(1).await, [url], "{query}");
    }
    assert_eq!(of_header.urls(1).await, ["/a-session"]);
    for wrong in ["?status=x", "?outcome=x", "?url=x", "?kind=x", "?last=x", "?after=x"] {
        let path = format!("/__admin/ringer/events{wrong}");
        let got = client::get(ringer.address, &path).await;
        assert_eq!(got.status, 400, "{wrong}");
        assert!(got.json()["errors"][0]["title"].is_string(), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_webhooks_and_refusals_are_told() {
    let (upstream, _requests) = Upstream::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let folder = Folder::new();
    let hook = json!([{"name": "webhook", "parameters": {
        "method": "POST", "url": format!("{}/hook", upstream.url()), "body": "x",
    }}]);
    let stub = json!({
        "request": {"url": "/a"}, "response": {}, "serveEventListeners": hook,
    });
    folder.stub("a", &stub.to_string());
    let behaviors = entry("rate_limit", "1/h").unwrap();
    let ringer = folder.start(Config { behaviors, ..folder.config() }).await;
    let mut events = Events::open(ringer.address, "?kind=began,exchange,webhook,change", &[]).await;
    client::get(ringer.address, "/a").await;
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let (kind, _, data) = events.next().await.unwrap();
        kinds.push(match data["type"].as_str() {
            Some(of) => format!("{kind} {of}"),
            None => kind,
        });
    }
    kinds.sort();
    let told = ["began", "exchange", "webhook WEBHOOK_REQUEST", "webhook WEBHOOK_RESPONSE"];
    assert_eq!(kinds, told);
    client::get(ringer.address, "/a").await;
    // What is told of a request that has begun is as it is when that is written.
    let (kind, _, _) = events.next().await.unwrap();
    assert_eq!(kind, "began");
    let (_, _, refused) = events.next().await.unwrap();
    assert_eq!(
        (&refused["outcome"], refused["limited"]["limit"].is_string()),
        (&json!("limited"), true)
    );
    client::send(ringer.address, "DELETE", "/__admin/ringer/behaviors", &[], "").await;
    client::send(ringer.address, "POST", "/__admin/requests/count", &[], "{}").await;
    client::send(ringer.address, "POST", "/__admin/scenarios/reset", &[], "").await;
    let mut what = Vec::new();
    for _ in 0..2 {
        let (kind, _, data) = events.next().await.unwrap();
        assert_eq!(kind, "change");
        what.push(data["what"].clone());
    }
    assert_eq!(what, ["behaviors", "scenarios"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_reads_nothing_holds_nobody_up_and_learns_what_it_lost() {
    let (_folder, ringer) = with_stub().await;
    let mut slow = tokio::net::TcpSocket::new_v4().unwrap();
    slow.set_recv_buffer_size(4096).unwrap();
    let mut slow = within(
        std::mem::replace(&mut slow, tokio::net::TcpSocket::new_v4().unwrap())
            .connect(ringer.address),
    )
    .await
    .unwrap();
    let head = "GET /__admin/ringer/events?headers=true HTTP/1.1\r\nHost: localhost\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 15];
    within(slow.read_exact(&mut first)).await.unwrap();
    let long = "x".repeat(2000);
    let asking: Vec<_> = (0..4)
        .map(|_| {
            let (address, long) = (ringer.address, long.clone());
            tokio::spawn(async move {
                let connection = Connection::http1(address).await;
                for _ in 0..2500 {
                    let request =
                        connection.request("GET", "localhost", "/a").header("x-long", &long);
                    let request = request.body(client::whole("")).unwrap();
                    connection.try_send(request).await.unwrap();
                }
            })
        })
        .collect();
    for asking in asking {
        tokio::time::timeout(std::time::Duration::from_secs(120), asking).await.unwrap().unwrap();
    }
    let mut text = String::new();
    let mut piece = vec![0; 1 << 16];
    while !text.contains("event: lost") {
        let read = within(slow.read(&mut piece)).await.unwrap();
        assert!(read > 0, "the stream ended");
        text = text.split_off(text.len().saturating_sub(20));
        text.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_the_stream() {
    let (_folder, ringer) = with_stub().await;
    let mut events = Events::open(ringer.address, "", &[]).await;
    client::get(ringer.address, "/a").await;
    assert_eq!(events.urls(1).await, ["/a"]);
    let (summary, end) = tokio::join!(within(ringer.stop()), events.next());
    assert!(end.is_none());
    assert_eq!(summary.requests, 1);
}

/// What a page would do, with fetch.
const NODE: &str = r#"
const response = await fetch(process.argv[1] + "?last=1");
let text = "";
for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const events = text.split("\n\n").filter((it) => it.includes("data: "));
    if (events.length === 1) console.log("one");
    if (events.length >= 3) {
        const urls = events.map((it) => JSON.parse(it.match(/^data: (.*)$/m)[1]).request.url);
        console.log(urls.join(" "));
        process.exit(0);
    }
}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn node_reads_events_by_fetch() {
    let (_folder, ringer) = with_stub().await;
    client::get(ringer.address, "/a1").await;
    let mut node = tokio::process::Command::new("node")
        .args(["--input-type=module", "-e", NODE])
        .arg(format!("http://{}/__admin/ringer/events", ringer.address))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdout = node.stdout.take().unwrap();
    let mut said = vec![0; 4];
    within(stdout.read_exact(&mut said)).await.unwrap();
    assert_eq!(said, b"one\n");
    client::get(ringer.address, "/a2").await;
    client::get(ringer.address, "/a3").await;
    let mut rest = String::new();
    within(stdout.read_to_string(&mut rest)).await.unwrap();
    assert_eq!(rest.lines().last(), Some("/a1 /a2 /a3"));
    assert!(within(node.wait()).await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_stub_file_is_told_by_its_name_alone() {
    const SECRET: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
    let (folder, ringer) = with_stub().await;
    let mut events = Events::open(ringer.address, "?kind=change", &[]).await;
    let stub = format!(
        r#"{{"request": {{"url": "/b", "headers": {{"authorization": {{"equalTo": "Bearer {SECRET}"}}}}}},
            "response": {{"body": "{SECRET}"}}}}"#
    );
    folder.stub("b", &stub);
    let (kind, _, data) = events.next().await.unwrap();
    assert_eq!((kind.as_str(), &data["what"]), ("change", &json!("files")));
    assert_eq!(data["method"], "WRITE");
    assert!(data["path"].as_str().unwrap().ends_with("b.json"), "{data}");
    assert!(!data.to_string().contains(SECRET), "{data}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_a_session_makes_none() {
    let (_folder, ringer) = with_stub().await;
    let fields = [("x-ringer-session", "later")];
    let mut events = Events::open(ringer.address, "", &fields).await;
    let sessions = client::get(ringer.address, "/__admin/ringer/sessions").await.text();
    assert!(!sessions.contains("later"), "{sessions}");
    client::get(ringer.address, "/a1").await;
    client::send(ringer.address, "GET", "/a2", &fields, "").await;
    assert_eq!(events.urls(1).await, ["/a2"]);
}
