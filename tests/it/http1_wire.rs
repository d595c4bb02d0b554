//! Corners of HTTP/1.1 that a recording keeps: what is on the client's wire is the same in replay.

use ringer::model::Mode;

use crate::support::{folder::Folder, server::Upstream, waiting::within, wire::Wire};

/// What a client reads that sends `request` and keeps silent.
async fn read(address: std::net::SocketAddr, request: &str) -> Vec<u8> {
    let mut wire = Wire::connect(address).await;
    wire.send(request).await;
    within(wire.rest()).await.unwrap()
}

/// Records one exchange and replays it, with the bytes that the client got each time.
async fn twice(request: &str, answer: &'static [u8]) -> [Vec<u8>; 2] {
    let upstream = Upstream::scripted(move |mut wire| async move {
        wire.head().await;
        wire.send(answer).await;
        // Closing at once would be an error to who still sends.
        wire.rest().await.ok();
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let recorded = read(ringer.address, request).await;
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    [recorded, read(ringer.address, request).await]
}

#[track_caller]
fn check_holds(answers: &[Vec<u8>; 2], expect: &[u8]) {
    for answer in answers {
        let shown = String::from_utf8_lossy(answer);
        assert!(answer.windows(expect.len()).any(|bytes| bytes == expect), "{shown}");
    }
}

const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn trailers_reach_a_client_that_did_not_ask_for_them() {
    let answers = twice(
        GET,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n\
          5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n",
    )
    .await;
    check_holds(&answers, b"5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn interim_answers_are_replayed() {
    let answers = twice(
        GET,
        b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n\
          HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    check_holds(
        &answers,
        b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_value_that_is_not_utf_8_keeps_its_bytes() {
    let answers = twice(
        GET,
        b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nX-Other: caf\xc3\xa9\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    check_holds(&answers, b"X-Name: caf\xe9\r\nX-Other: caf\xc3\xa9\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_expectation_is_refused_again_without_asking_for_the_body() {
    let answers = twice(
        "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
    )
    .await;
    check_holds(&answers, b"HTTP/1.1 417 Expectation Failed\r\n");
    for answer in answers {
        assert!(!String::from_utf8_lossy(&answer).contains("100 Continue"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_answered_before_it_had_come_is_recorded_whole() {
    let upstream = Upstream::scripted(|mut wire| async move {
        loop {
            let head = wire.head().await;
            wire.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno").await;
            if !head.starts_with("POST") {
                break;
            }
            wire.exactly(7).await;
        }
        wire.rest().await.ok();
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n")
        .await;
    assert_eq!(wire.message().await.status(), 401);
    wire.send("{\"a\":1}").await;
    // The next request on the connection shows that the body has passed.
    wire.send("GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    wire.rest().await.ok();
    ringer.stop().await;
    let stubs = folder.stubs();
    let post = stubs.iter().find(|(name, _)| name.contains("post-a")).unwrap().1;
    assert_eq!(post["request"]["bodyPatterns"][0]["equalToJson"]["a"], 1);
}
