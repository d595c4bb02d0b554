//! Stubs that fetch their answer from another server.

use std::time::Duration;

use ringer::{
    config::Config,
    runtime::Clock,
    serve::{Answers, Targets},
};

use crate::support::{
    client,
    folder::{Folder, Ringer},
    server::Upstream,
    wire::{Message, Wire},
};

const ANSWER: &str = "HTTP/1.1 202 Fine\r\nX-Up: 1\r\nContent-Type: text/x\r\nX-Mine: 1\r\n\
     Connection: X-Mine\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 5\r\n\r\nhello";

/// ringer with one stub that fetches from `base`, with more said about its answer.
async fn fetching(base: &str, more: &str, answers: Answers) -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.stub("a", &format!(r#"{{"response": {{"proxyBaseUrl": "{base}"{more}}}}}"#));
    let ringer = folder.start(Config { answers, ..folder.config() }).await;
    (folder, ringer)
}

/// What the other server gets of this request, and what the client gets.
async fn exchange(path_of_base: &str, more: &str, request: &str) -> (Message, Message) {
    let (upstream, mut requests) = Upstream::answering(ANSWER).await;
    let base = format!("{}{path_of_base}", upstream.url());
    let (_folder, ringer) = fetching(&base, more, Answers::default()).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send(request).await;
    let got = wire.message().await;
    (requests.next().await, got)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_on_and_the_answer_comes_back_without_what_concerns_a_connection() {
    let (sent, got) = exchange(
        "/base",
        r#", "status": 500, "body": "never", "fault": "EMPTY_RESPONSE""#,
        "POST /a%20b/c%2Fd?x=%26 HTTP/1.1\r\nHost: h\r\nUser-Agent: me\r\nCookie: a=1\r\nTE: x\r\n\
         Connection: X-C\r\nX-C: 1\r\nContent-Length: 4\r\n\r\nbody",
    )
    .await;
    assert_eq!(sent.first_line(), "POST /base/a%20b/c%2Fd?x=%26 HTTP/1.1");
    assert_eq!((sent.text(), sent.field("cookie")), ("body".to_owned(), Some("a=1")));
    assert!(sent.field("host").unwrap().starts_with("127.0.0.1:"), "{}", sent.head);
    assert!(sent.field("user-agent").unwrap().starts_with("ringer/"), "{}", sent.head);
    assert_eq!((sent.field("x-c"), sent.field("te"), sent.field("connection")), (None, None, None));
    assert_eq!(got.first_line(), "HTTP/1.1 202 Fine");
    assert_eq!((got.text(), got.field("x-up")), ("hello".to_owned(), Some("1")));
    assert_eq!((got.field("x-mine"), got.field("matched-stub-id")), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stub_s_wishes_about_path_and_fields_are_followed() {
    let (sent, got) = exchange(
        "",
        r#", "proxyUrlPrefixToRemove": "/pre", "headers": {"X-Up": "2", "Content-Type": "text/y"},
           "additionalProxyRequestHeaders": {"X-B": "added"}, "removeProxyRequestHeaders": ["X-Secret"]"#,
        "GET /pre/a/pre?x=/pre HTTP/1.1\r\nHost: h\r\nX-B: mine\r\nx-secret: 1\r\n\r\n",
    )
    .await;
    assert_eq!(sent.first_line(), "GET /a/pre?x=/pre HTTP/1.1");
    let added: Vec<_> = sent
        .field_lines()
        .into_iter()
        .filter(|line| line.to_lowercase().starts_with("x-"))
        .collect();
    assert_eq!(added.len(), 2, "{}", sent.head);
    let ups: Vec<_> = got
        .field_lines()
        .into_iter()
        .filter(|line| {
            let line = line.to_lowercase();
            line.starts_with("x-up") || line.starts_with("content-type")
        })
        .collect();
    assert_eq!(ups, ["X-Up: 1", "X-Up: 2", "Content-Type: text/y"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_and_dribbles_as_the_stub_says() {
    let (upstream, _requests) = Upstream::answering(ANSWER).await;
    let more = r#", "fixedDelayMilliseconds": 100,
        "chunkedDribbleDelay": {"numberOfChunks": 5, "totalDuration": 100}"#;
    let (_folder, ringer) = fetching(&upstream.url(), more, Answers::default()).await;
    let clock = Clock::start();
    assert_eq!(client::get(ringer.address, "/a").await.text(), "hello");
    assert!(clock.elapsed() >= Duration::from_millis(195), "{:?}", clock.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_is_streamed_past_stubs_that_look_at_bodies() {
    let (upstream, mut requests) = Upstream::answering(ANSWER).await;
    let folder = Folder::new();
    let base = upstream.url();
    folder.stub("a", &format!(r#"{{"priority": 9, "response": {{"proxyBaseUrl": "{base}"}}}}"#));
    folder.stub("b", r#"{"request": {"bodyPatterns": [{"equalTo": "x"}]}}"#);
    let ringer = folder.replay().await;
    let body = "z".repeat(3 << 20);
    let got = client::send(ringer.address, "POST", "/a", &[], body.clone()).await;
    assert_eq!(got.text(), "hello");
    assert_eq!(requests.next().await.body.len(), body.len());
    // A small one is held until it is known which stub answers, and then sent on.
    assert_eq!(client::send(ringer.address, "POST", "/a", &[], "small").await.text(), "hello");
    assert_eq!(requests.next().await.text(), "small");
    assert_eq!(client::send(ringer.address, "POST", "/a", &[], "x").await.text(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_is_said() {
    let text = |base: &'static str, answers: Answers| async move {
        let (_folder, ringer) = fetching(base, "", answers).await;
        let got = client::get(ringer.address, "/a").await;
        assert_eq!(got.status, 500);
        got.text()
    };
    let down = text("http://127.0.0.1:9", Answers::default()).await;
    assert!(down.starts_with("Network failure trying to make a proxied request"), "{down}");
    assert!(down.contains("http://127.0.0.1:9/a"), "{down}");
    let none = text("nonsense", Answers::default()).await;
    assert!(none.contains("is no URL that can be called"), "{none}");
    let denied = vec!["127.0.0.0/8".parse().unwrap()];
    let answers =
        Answers { targets: Targets { allowed: Vec::new(), denied }, ..Answers::default() };
    let denied = text("http://localhost:9", answers).await;
    assert!(denied.contains("calling localhost is not allowed"), "{denied}");
}
