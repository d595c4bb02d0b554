//! Answers of stubs that people write, as WireMock's clients know them: framing, coding, waits,
//! faults.

use std::time::Duration;

use ringer::{
    config::Config,
    runtime::Clock,
    serve::{Answers, Chunking, Dialect},
};

use crate::support::{
    certificates::client_trusting,
    client::{self, Connection},
    folder::{Folder, Ringer},
    wire::{Message, Wire},
};

/// ringer with one stub that gives this answer to any request.
async fn giving(response: &str) -> (Folder, Ringer) {
    giving_with(response, Answers { chunking: Chunking::Always, ..Answers::default() }).await
}

async fn giving_with(response: &str, answers: Answers) -> (Folder, Ringer) {
    let folder = Folder::new();
    let id = "5b0d7c1e-6c0f-5a8e-9a53-1d9b8b2f7f10";
    folder.stub("stub", &format!(r#"{{"id": "{id}", "name": "my stub", "response": {response}}}"#));
    let ringer = folder.start(Config { answers, ..folder.config() }).await;
    (folder, ringer)
}

/// The wire after a request with these field lines.
async fn asked(ringer: &Ringer, method: &str, fields: &str) -> Wire {
    let mut wire = Wire::connect(ringer.address).await;
    wire.send(format!("{method} /a HTTP/1.1\r\nHost: a\r\n{fields}\r\n")).await;
    wire
}

async fn answer(response: &str, fields: &str) -> Message {
    let (_folder, ringer) = giving(response).await;
    asked(&ringer, "GET", fields).await.message().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_names_its_stub_and_comes_in_chunks_without_a_type() {
    let got = answer(r#"{"body": "hello"}"#, "").await;
    assert_eq!(
        got.head,
        "HTTP/1.1 200 OK\r\nMatched-Stub-Id: 5b0d7c1e-6c0f-5a8e-9a53-1d9b8b2f7f10\r\n\
         Matched-Stub-Name: my stub\r\nTransfer-Encoding: chunked"
    );
    assert_eq!((got.text(), got.chunks), ("hello".to_owned(), vec![5]));
    let empty = answer("{}", "").await;
    assert_eq!(empty.field("transfer-encoding"), Some("chunked"));
    assert_eq!(empty.body, b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_names_of_stubs_can_be_left_out() {
    let answers = Answers { matched_stub_headers: false, ..Answers::default() };
    let (_folder, ringer) = giving_with(r#"{"body": "hello"}"#, answers).await;
    let got = asked(&ringer, "GET", "").await.message().await;
    assert_eq!(got.head, "HTTP/1.1 200 OK\r\nContent-Length: 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_wiremocks_dialect_a_body_ends_with_the_connection_of_a_client_that_closes() {
    for (dialect, length) in [(Dialect::WireMock, None), (Dialect::Ringer, Some("5"))] {
        let chunking = match dialect {
            Dialect::WireMock => Chunking::Always,
            Dialect::Ringer => Chunking::Never,
        };
        let answers = Answers { dialect, chunking, ..Answers::default() };
        let response = r#"{"body": "hello", "headers": {"X-A": "1"}}"#;
        let (_folder, ringer) = giving_with(response, answers).await;
        let mut wire = asked(&ringer, "GET", "Connection: close\r\n").await;
        let got = wire.message().await;
        assert_eq!(got.first_line(), "HTTP/1.1 200 OK");
        assert_eq!(got.field("connection"), Some("close"));
        assert_eq!((got.field("content-length"), got.text()), (length, "hello".to_owned()));
        assert_eq!(got.field("transfer-encoding"), None);
        assert!(wire.is_closed().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_length_that_a_stub_names_is_sent_right_or_wrong() {
    let named = |length: &str| {
        format!(r#"{{"body": "hello", "headers": {{"Content-Length": "{length}"}}}}"#)
    };
    let right = answer(&named("5"), "").await;
    assert_eq!((right.field("content-length"), right.text()), (Some("5"), "hello".to_owned()));
    assert_eq!(right.field("transfer-encoding"), None);
    assert_eq!(answer(&named("3"), "").await.text(), "hel");
    let (_folder, ringer) = giving(&named("30")).await;
    let mut wire = asked(&ringer, "GET", "").await;
    assert!(wire.head().await.contains("Content-Length: 30"));
    assert_eq!(wire.rest().await.unwrap(), b"hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_without_a_body_and_head_have_none() {
    for status in [204, 304] {
        let (_folder, ringer) = giving(&format!(r#"{{"status": {status}, "body": "x"}}"#)).await;
        let mut wire = asked(&ringer, "GET", "").await;
        let got = wire.bodiless().await;
        assert_eq!(got.status(), status);
        assert_eq!(got.field("transfer-encoding"), None, "{}", got.head);
        // The connection is still in step.
        wire.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(wire.bodiless().await.status(), status);
    }
    let (_folder, ringer) = giving(r#"{"body": "abc", "headers": {"X-A": "1"}}"#).await;
    let mut wire = asked(&ringer, "HEAD", "").await;
    assert_eq!(wire.bodiless().await.field("x-a"), Some("1"));
    wire.send("GET /b HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(wire.message().await.text(), "abc");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_accepts_gzip_gets_it() {
    let body = "z".repeat(500);
    let stub = format!(r#"{{"body": "{body}", "headers": {{"ETag": "\"x\""}}}}"#);
    let got = answer(&stub, "Accept-Encoding: gzip\r\n").await;
    assert_eq!(got.field("content-encoding"), Some("gzip"));
    assert_eq!(got.field("etag"), Some("\"x--gzip\""));
    assert!(got.body.len() < 100 && got.body.starts_with(&[0x1f, 0x8b]));
    let plain = answer(&stub, "").await;
    assert_eq!((plain.field("content-encoding"), plain.text()), (None, body));
    let answers = Answers { gzip: false, ..Answers::default() };
    let (_folder, ringer) = giving_with(&stub, answers).await;
    let got = asked(&ringer, "GET", "Accept-Encoding: gzip\r\n").await.message().await;
    assert_eq!(got.field("content-encoding"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_in_the_head_are_as_written() {
    let got = answer(
        r#"{"statusMessage": "All fine", "headers": {"X-MixedCase": ["1", "2"], "A": "b c"}}"#,
        "",
    )
    .await;
    assert_eq!(got.first_line(), "HTTP/1.1 200 All fine");
    assert_eq!(got.field_lines()[..3], ["X-MixedCase: 1", "X-MixedCase: 2", "A: b c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_are_added_and_a_dribbled_body_comes_in_pieces() {
    let (_folder, ringer) = giving(
        r#"{"body": "Hello world!", "fixedDelayMilliseconds": 100,
            "delayDistribution": {"type": "fixed", "milliseconds": 100},
            "chunkedDribbleDelay": {"numberOfChunks": 5, "totalDuration": 200}}"#,
    )
    .await;
    let clock = Clock::start();
    let mut wire = asked(&ringer, "GET", "").await;
    wire.head().await;
    let head = clock.elapsed();
    assert!(head >= Duration::from_millis(195), "{head:?}");
    let mut sizes = Vec::new();
    loop {
        let chunk = wire.chunk().await;
        if chunk.is_empty() {
            break;
        }
        sizes.push(chunk.len());
    }
    assert_eq!(sizes, [2, 2, 2, 2, 4]);
    assert!(clock.elapsed() >= Duration::from_millis(395), "{:?}", clock.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_what_they_say_after_their_wait() {
    let fault = |name: &str| {
        format!(
            r#"{{"status": 503, "body": "never", "fault": "{name}", "fixedDelayMilliseconds": 50}}"#
        )
    };
    let clock = Clock::start();
    let (_folder, ringer) = giving(&fault("EMPTY_RESPONSE")).await;
    let mut wire = asked(&ringer, "POST", "Content-Length: 4\r\n").await;
    wire.send("body").await;
    assert_eq!(wire.rest().await.expect("an end, not a reset"), b"");
    assert!(clock.elapsed() >= Duration::from_millis(50));
    let (_folder, ringer) = giving(&fault("CONNECTION_RESET_BY_PEER")).await;
    let error = asked(&ringer, "GET", "").await.rest().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let (_folder, ringer) = giving(&fault("RANDOM_DATA_THEN_CLOSE")).await;
    let got = asked(&ringer, "GET", "").await.rest().await.expect("an end");
    assert!(!got.is_empty() && !got.starts_with(b"HTTP"), "{got:?}");
    let (_folder, ringer) = giving(&fault("MALFORMED_RESPONSE_CHUNK")).await;
    let mut wire = asked(&ringer, "GET", "").await;
    assert_eq!(wire.head().await, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked");
    let got = wire.rest().await.expect("an end");
    assert!(!got.is_empty() && !got.contains(&b'\n'), "{got:?}");
    // Other clients are served.
    assert!(asked(&ringer, "GET", "").await.head().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_reach_clients_of_tls_and_http_2() {
    for name in ["EMPTY_RESPONSE", "CONNECTION_RESET_BY_PEER", "MALFORMED_RESPONSE_CHUNK"] {
        let (_folder, ringer) = giving(&format!(r#"{{"fault": "{name}"}}"#)).await;
        for alpn in [&["http/1.1"][..], &["h2"]] {
            let trust = client_trusting(&ringer.ca_pem(), alpn);
            let connection = Connection::tls(ringer.address, "localhost", trust).await;
            let request = || connection.request("GET", "localhost", "/a");
            let sent = connection.try_send(request().body(client::whole("")).unwrap()).await;
            assert!(sent.is_err(), "{name} {alpn:?}");
            if connection.is_http2() {
                // Only the stream was reset.
                let again = connection.try_send(request().body(client::whole("")).unwrap()).await;
                assert!(format!("{:?}", again.unwrap_err()).contains("Reset"), "{name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_statuses_are_given_and_those_that_http_lacks_are_refused() {
    for (status, line) in [
        ("0", "HTTP/1.1 200 OK"),
        ("600", "HTTP/1.1 600"),
        ("999", "HTTP/1.1 999"),
        (r#""201""#, "HTTP/1.1 201 Created"),
    ] {
        let got = answer(&format!(r#"{{"status": {status}, "body": "x"}}"#), "").await;
        assert!(got.first_line().starts_with(line), "{status}: {}", got.first_line());
        assert_eq!(got.text(), "x");
    }
    let (_folder, ringer) = giving("{}").await;
    for status in ["99", "1000", "-1", r#""fine""#] {
        let stub = format!(r#"{{"response": {{"status": {status}}}}}"#);
        let got = client::send(ringer.address, "POST", "/__admin/mappings", &[], stub).await;
        assert_eq!(got.status, 422, "{status}");
        assert!(got.text().contains("status"), "{}", got.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interim_status_as_the_answer_leaves_no_client_waiting() {
    for status in [100, 103, 150, 199] {
        let got = answer(&format!(r#"{{"status": {status}, "body": "x"}}"#), "").await;
        assert_eq!(got.status(), 500);
        assert!(got.text().contains(&format!("status {status} is no answer")), "{}", got.text());
    }
    let (_folder, ringer) = giving(r#"{"status": 101, "headers": {"X-A": "1"}}"#).await;
    let got = asked(&ringer, "GET", "Connection: close\r\n").await.bodiless().await;
    assert_eq!((got.status(), got.field("x-a")), (101, Some("1")));
}
