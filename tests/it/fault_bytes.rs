//! Faults on HTTP/1.1, byte by byte: what is framed how, what arrives before a connection breaks, and
//! whether it ends with a reset or is closed.

use std::{io::ErrorKind, time::Duration};

use http::{Request, Response};
use hyper::body::Incoming;
use ringer::{
    config::Config,
    model::{AnswerFault, Cut, ErrorAnswer, Fault, Headers, Mode, Stall, WireFault},
};

use crate::support::{
    client::{self, Connection},
    folder::{Folder, Ringer},
    server::{Upstream, piece, piped},
    striking::{LENGTH, all, at, body, ringer_with},
    waiting::within,
    wire::{Message, Wire},
};

const HALF: Cut = Cut::Share(0.5);

/// How a connection ended, nothing more having come.
#[derive(Debug, PartialEq)]
enum End {
    Closed,
    Reset,
}

async fn end(wire: &mut Wire) -> End {
    match wire.more().await {
        Ok(0) => End::Closed,
        Ok(more) => panic!("{more} bytes more"),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => End::Reset,
        Err(error) => panic!("{error}"),
    }
}

async fn ask(wire: &mut Wire, path: &str) {
    wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
}

/// A connection to ringer with one fault, on which the path that it strikes was asked for.
async fn struck(fault: Fault) -> (Folder, Ringer, Wire) {
    let folder = Folder::new();
    let ringer = ringer_with(&folder, vec![at("a", fault)]).await;
    let mut wire = Wire::connect(ringer.address).await;
    ask(&mut wire, "/a").await;
    (folder, ringer, wire)
}

/// So many bytes of a body in chunks.
async fn chunks(wire: &mut Wire, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let chunk = wire.chunk().await;
        assert!(!chunk.is_empty(), "the body ended after {} bytes", bytes.len());
        bytes.extend(chunk);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_reset_or_closed_in_place_of_an_answer() {
    for (fault, expected) in
        [(WireFault::ConnectionReset, End::Reset), (WireFault::EmptyResponse, End::Closed)]
    {
        let (_folder, _ringer, mut wire) = struck(Fault::Wire(fault)).await;
        assert_eq!(end(&mut wire).await, expected, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_closed_connection_ends_when_the_client_closes_it() {
    let (_folder, ringer, mut wire) = struck(Fault::Wire(WireFault::HalfClose)).await;
    assert_eq!(end(&mut wire).await, End::Closed);
    // What is sent to a socket that is closed is answered by a reset, which another exchange gives
    // the time to come.
    for _ in 0..3 {
        wire.send("more").await;
        client::get(ringer.address, "/other").await;
    }
    assert_eq!(end(&mut wire).await, End::Closed);
    // It does not keep ringer from stopping.
    within(ringer.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_an_earlier_request_arrives_before_a_reset() {
    let folder = Folder::new();
    let fault = Fault::Wire(WireFault::EmptyResponse);
    let ringer = ringer_with(&folder, vec![at("a", fault)]).await;
    let mut wire = Wire::connect(ringer.address).await;
    let asked = ["/other", "/a"].map(|path| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    wire.send(asked.concat()).await;
    assert_eq!(wire.message().await.text(), body());
    assert_eq!(end(&mut wire).await, End::Closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_a_break_arrives_and_no_more() {
    for (fault, length, expected) in [
        (WireFault::ResetWithin(HALF), LENGTH / 2, End::Reset),
        (WireFault::ResetWithin(Cut::Bytes(1)), 1, End::Reset),
        (WireFault::ResetWithin(Cut::Bytes(0)), 0, End::Reset),
        (WireFault::CloseWithin(HALF), LENGTH / 2, End::Closed),
        (WireFault::CloseWithin(Cut::Bytes(0)), 0, End::Closed),
    ] {
        let (_folder, _ringer, mut wire) = struck(Fault::Wire(fault)).await;
        assert!(wire.head().await.starts_with("HTTP/1.1 200"), "{fault:?}");
        assert_eq!(chunks(&mut wire, length).await, &body().as_bytes()[..length], "{fault:?}");
        assert_eq!(end(&mut wire).await, expected, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_after_the_answer_leaves_it_whole() {
    for (method, length) in [("GET", LENGTH), ("HEAD", 0)] {
        let folder = Folder::new();
        let fault = Fault::Wire(WireFault::ResetAfter);
        let ringer = ringer_with(&folder, vec![at("a", fault)]).await;
        let mut wire = Wire::connect(ringer.address).await;
        wire.send(format!("{method} /a HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        let answer = match method {
            "GET" => wire.message().await,
            _ => wire.bodiless().await,
        };
        assert_eq!((answer.status(), answer.body.len()), (200, length));
        assert_eq!(end(&mut wire).await, End::Reset, "{method}");
    }
    // Where the connection ends with the answer, too.
    let folder = Folder::new();
    let ringer = ringer_with(&folder, vec![at("a", Fault::Wire(WireFault::ResetAfter))]).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    wire.head().await;
    assert_eq!(wire.exactly(LENGTH).await, body().as_bytes());
    assert_eq!(end(&mut wire).await, End::Reset);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_arrives_up_to_the_place_of_the_reset() {
    const SIZE: usize = 8 << 20;
    let folder = Folder::new();
    let large = "x".repeat(SIZE);
    folder.stub(
        "large",
        &serde_json::json!({
            "request": {"urlPath": "/a"},
            "response": {"body": large, "headers": {"Content-Length": SIZE.to_string()}},
        })
        .to_string(),
    );
    let fault = Fault::Wire(WireFault::ResetWithin(Cut::Bytes(SIZE as u64 - 1)));
    let behaviors = all(vec![at("a", fault)]);
    let ringer = folder.start(Config { behaviors, ..folder.config() }).await;
    let mut wire = Wire::connect(ringer.address).await;
    ask(&mut wire, "/a").await;
    assert_eq!(Message { head: wire.head().await, ..Message::default() }.status(), 200);
    assert_eq!(wire.exactly(SIZE - 1).await.len(), SIZE - 1);
    assert_eq!(end(&mut wire).await, End::Reset);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_length_is_said_wrong_and_the_connection_ends_with_the_body() {
    for (off, said) in [(10, LENGTH + 10), (-10, LENGTH - 10), (-9_999_999, 0)] {
        let fault = Fault::Answer(AnswerFault::ContentLength(off));
        let (_folder, _ringer, mut wire) = struck(fault).await;
        let head = Message { head: wire.head().await, ..Message::default() };
        assert_eq!(head.field("content-length"), Some(said.to_string().as_str()));
        assert_eq!(head.field("transfer-encoding"), None);
        assert!(head.first_line().starts_with("HTTP/1.1 200"), "{}", head.head);
        assert_eq!(wire.exactly(LENGTH).await, body().as_bytes());
        assert_eq!(end(&mut wire).await, End::Closed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_missing_or_comes_twice_framing_included() {
    let twice = |name: &str| Fault::Answer(AnswerFault::HeaderDuplicated(name.to_owned()));
    for (name, line) in
        [("etag", "ETag: \"v1\""), ("Transfer-Encoding", "Transfer-Encoding: chunked")]
    {
        let (_folder, _ringer, mut wire) = struck(twice(name)).await;
        let answer = wire.message().await;
        let lines = answer.field_lines().into_iter().filter(|one| *one == line).count();
        assert_eq!(lines, 2, "{}", answer.head);
        assert_eq!(answer.text(), body());
    }
    for name in ["Transfer-Encoding", "content-length"] {
        let missing = Fault::Answer(AnswerFault::HeaderMissing(name.to_owned()));
        let (_folder, _ringer, mut wire) = struck(missing).await;
        let answer = wire.message().await;
        assert_eq!(answer.field("transfer-encoding").or(answer.field("content-length")), None);
        assert_eq!(answer.text(), body(), "its end is that of the connection");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_body_has_the_length_of_what_is_left() {
    for (cut, length) in [(HALF, LENGTH / 2), (Cut::Bytes(7), 7), (Cut::Bytes(99_999), LENGTH)] {
        let (_folder, _ringer, mut wire) = struck(Fault::Answer(AnswerFault::Truncated(cut))).await;
        assert_eq!(wire.message().await.text(), body()[..length]);
        // The connection lives on.
        ask(&mut wire, "/other").await;
        assert_eq!(wire.message().await.text(), body());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_has_the_provider_s_body_or_ringer_s_as_the_client_accepts_it() {
    let mut headers = Headers::new();
    headers.push("X-Request-Id", "r1");
    headers.push("Content-Type", "application/problem+json");
    let provider = ErrorAnswer { status: 529, headers, body: Some("{}".to_owned()) };
    let own = ErrorAnswer { status: 503, ..ErrorAnswer::default() };
    let folder = Folder::new();
    let status = |error| Fault::Answer(AnswerFault::Status(error));
    let rules = vec![at("provider", status(provider)), at("own", status(own))];
    let ringer = ringer_with(&folder, rules).await;
    let get = async |path: &str, accept: &str| {
        client::send(ringer.address, "GET", path, &[("accept", accept)], "").await
    };
    let got = get("/provider", "*/*").await;
    assert_eq!((got.status, got.text().as_str()), (529, "{}"));
    assert_eq!(got.field("x-request-id"), Some("r1"));
    assert_eq!(got.field("content-type"), Some("application/problem+json"));
    let got = get("/own", "application/json").await;
    assert_eq!((got.status, got.json()["error"].as_str()), (503, Some("injected")));
    let got = get("/own", "text/html").await;
    assert!(got.text().starts_with("503 Service Unavailable: "), "{}", got.text());
    // HEAD has no body on either protocol, and the connection lives on.
    for connection in
        [Connection::http1(ringer.address).await, Connection::http2(ringer.address).await]
    {
        let request = connection.request("HEAD", "a", "/provider").body(client::whole(""));
        let got = connection.send(request.unwrap()).await;
        assert_eq!((got.status, got.body.len(), got.field("content-length")), (529, 0, Some("2")));
        assert_eq!(connection.get("a", "/other").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_broken_beneath_its_coding() {
    let folder = Folder::new();
    let ringer = ringer_with(&folder, vec![at("a", Fault::Answer(AnswerFault::InvalidJson))]).await;
    let accept = [("accept-encoding", "gzip")];
    let coded = client::send(ringer.address, "GET", "/other", &accept, "").await;
    assert_eq!(coded.field("content-encoding"), Some("gzip"));
    let broken = client::send(ringer.address, "GET", "/a", &accept, "").await;
    assert_eq!(broken.field("content-encoding"), None);
    assert_eq!(broken.text(), body().replacen('{', "[", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stall_ends_with_its_time_and_with_ringer() {
    let time = Some(Duration::from_millis(30));
    let stall = |after, time| Fault::Stall(Stall { after, time });
    for after in [None, Some(Cut::Bytes(0)), Some(HALF), Some(Cut::Bytes(LENGTH as u64))] {
        let (_folder, _ringer, mut wire) = struck(stall(after, time)).await;
        assert_eq!(wire.message().await.text(), body(), "{after:?}");
    }
    let (_folder, ringer, mut wire) = struck(stall(Some(HALF), None)).await;
    wire.head().await;
    chunks(&mut wire, LENGTH / 2).await;
    within(ringer.stop()).await;
    assert!(wire.is_closed().await);
    let (_folder, ringer, mut wire) = struck(stall(None, None)).await;
    // It has been asked for what it does not answer when it answers what came later.
    client::get(ringer.address, "/other").await;
    within(ringer.stop()).await;
    assert!(wire.is_closed().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_passed_on_is_damaged_by_what_comes_of_it() {
    let upstream = Upstream::http(|_: Request<Incoming>| async {
        let (pieces, body) = piped();
        tokio::spawn(async move {
            for text in ["0123456789", "abcdefghij", "ABCDEFGHIJ", "9876543210"] {
                let _ = pieces.send(piece(text)).await;
            }
        });
        Response::new(body)
    })
    .await;
    let folder = Folder::new();
    let wire = |fault| Fault::Wire(fault);
    let rules = vec![
        at("truncated", Fault::Answer(AnswerFault::Truncated(HALF))),
        at("corrupted", Fault::Answer(AnswerFault::Corrupted { bytes: 4 })),
        at("reset", wire(WireFault::ResetWithin(Cut::Bytes(25)))),
        at("closed", wire(WireFault::CloseWithin(Cut::Share(0.25)))),
    ];
    let config = folder.config_of(Mode::Passthrough, &upstream.url());
    let ringer = folder.start(Config { behaviors: all(rules), ..config }).await;
    let whole = "0123456789abcdefghijABCDEFGHIJ9876543210";
    assert_eq!(client::get(ringer.address, "/other").await.text(), whole);
    assert_eq!(client::get(ringer.address, "/truncated").await.text(), whole[..20]);
    let corrupted = client::get(ringer.address, "/corrupted").await.body;
    let others = corrupted.iter().zip(whole.as_bytes()).filter(|(now, before)| now != before);
    assert_eq!((corrupted.len(), others.count()), (whole.len(), 4));
    for (path, length, expected) in [("/reset", 25, End::Reset), ("/closed", 10, End::Closed)] {
        let mut wire = Wire::connect(ringer.address).await;
        ask(&mut wire, path).await;
        wire.head().await;
        assert_eq!(chunks(&mut wire, length).await, &whole.as_bytes()[..length], "{path}");
        assert_eq!(end(&mut wire).await, expected, "{path}");
    }
}
