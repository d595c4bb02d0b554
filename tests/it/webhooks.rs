//! Calls that follow answers.

use std::time::Duration;

use ringer::{config::Config, runtime::Clock};

use crate::support::{
    client,
    folder::{Folder, Ringer},
    server::{Requests, Upstream},
    waiting::within,
};

/// ringer with a stub that calls `upstream` with these parameters besides the URL.
async fn calling(url: &str, more: &str) -> (Folder, Ringer, Upstream, Requests) {
    let (upstream, requests) = Upstream::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let folder = Folder::new();
    let base = upstream.url();
    folder.stub(
        "a",
        &format!(
            r#"{{"request": {{"urlPath": "/a"}}, "response": {{"body": "ok"}},
                "serveEventListeners": [{{"name": "webhook",
                    "parameters": {{"url": "{base}{url}"{more}}}}}]}}"#
        ),
    );
    let ringer = folder.start(Config { watch: false, ..folder.config() }).await;
    (folder, ringer, upstream, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_is_followed_by_a_call_with_the_request_s_own_values() {
    let (_folder, ringer, _upstream, mut requests) = calling(
        "/cb/{{originalRequest.query.id}}",
        r#", "method": "PUT", "headers": {"X-Id": "{{originalRequest.headers.X-Req}}", "X-M": ["1", "2"]},
            "body": "{{jsonPath originalRequest.body '$.tx'}} {{parameters.extra}}", "extra": "more""#,
    )
    .await;
    for n in 0..2 {
        let body = format!(r#"{{"tx": "t{n}"}}"#);
        let fields = [("x-req", "r1")];
        let got = client::send(ringer.address, "POST", "/a?id=77", &fields, body).await;
        assert_eq!(got.text(), "ok");
        let call = requests.next().await;
        assert_eq!(call.first_line(), "PUT /cb/77 HTTP/1.1");
        assert_eq!(call.field("x-id"), Some("r1"));
        assert_eq!(call.field_lines().iter().filter(|line| line.starts_with("x-m:")).count(), 2);
        assert_eq!(call.text(), format!("t{n} more"));
    }
    // A request that no stub matches is followed by nothing.
    client::get(ringer.address, "/b").await;
    client::get(ringer.address, "/a").await;
    assert_eq!(requests.next().await.first_line(), "PUT /cb/ HTTP/1.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_waits_as_told_and_stopping_waits_for_it() {
    let more = r#", "delay": {"type": "fixed", "milliseconds": 2000}"#;
    let (_folder, ringer, _upstream, mut requests) = calling("/late", more).await;
    let clock = Clock::start();
    assert_eq!(client::get(ringer.address, "/a").await.text(), "ok");
    assert!(clock.elapsed() < Duration::from_secs(2), "{:?}", clock.elapsed());
    within(ringer.stop()).await;
    assert!(clock.elapsed() >= Duration::from_secs(2), "{:?}", clock.elapsed());
    assert_eq!(requests.next().await.first_line(), "GET /late HTTP/1.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_fails_costs_nobody_an_answer() {
    let (_folder, ringer, upstream, _requests) = calling("/gone", "").await;
    upstream.stop().await;
    for _ in 0..3 {
        assert_eq!(client::get(ringer.address, "/a").await.text(), "ok");
    }
    within(ringer.stop()).await;
}
