//! Nothing is held back until it is complete, and nothing is taken that cannot be passed on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt as _;
use ringer::model::Mode;
use tokio::sync::mpsc;

use crate::support::{
    client::{self, Connection},
    folder::Folder,
    process::Serving,
    server::{Pieces, Upstream, piece, piped, whole},
    waiting::within,
    wire::Wire,
};

const MODES: [Mode; 2] = [Mode::Passthrough, Mode::Record];
const MIB: u64 = 1 << 20;
/// For an upload that takes longer than other requests may.
const LARGE: Duration = Duration::from_secs(120);

/// An upstream whose answers' bodies are written by the test.
async fn trickling() -> (Upstream, mpsc::Receiver<Pieces>) {
    let (bodies, body) = mpsc::channel(1);
    let upstream = Upstream::http(move |_| {
        let bodies = bodies.clone();
        async move {
            let (pieces, body) = piped();
            bodies.send(pieces).await.unwrap();
            Response::new(body)
        }
    })
    .await;
    (upstream, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_piece_of_an_answer_arrives_while_the_rest_is_still_to_come() {
    for mode in MODES {
        let (upstream, mut bodies) = trickling().await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        for connection in
            [Connection::http1(ringer.address).await, Connection::http2(ringer.address).await]
        {
            let request = connection.request("GET", "a", "/a").body(client::whole("")).unwrap();
            let mut answer = connection.begin(request).await.unwrap();
            let pieces = within(bodies.recv()).await.unwrap();
            for text in ["data: 1\n\n", "data: 2\n\n", "x"] {
                pieces.send(piece(text)).await.unwrap();
                let frame = within(answer.frame()).await.unwrap().unwrap();
                assert_eq!(frame.into_data().unwrap(), text, "{mode:?}");
            }
            drop(pieces);
            assert_eq!(client::collect(answer).await.unwrap().text(), "");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_of_an_answer_arrives_before_its_body() {
    for mode in MODES {
        let (upstream, mut bodies) = trickling().await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let mut wire = Wire::connect(ringer.address).await;
        wire.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(wire.bodiless().await.status(), 200);
        let pieces = within(bodies.recv()).await.unwrap();
        pieces.send(piece("abc")).await.unwrap();
        assert_eq!(wire.chunk().await, b"abc");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_piece_of_a_request_reaches_the_upstream_while_the_rest_is_still_to_come() {
    for mode in MODES {
        let (seen, mut pieces) = mpsc::channel(16);
        let upstream = Upstream::http(move |request: http::Request<hyper::body::Incoming>| {
            let seen = seen.clone();
            async move {
                let mut body = request.into_body();
                while let Some(Ok(frame)) = body.frame().await {
                    if let Ok(data) = frame.into_data() {
                        seen.send(data).await.unwrap();
                    }
                }
                Response::new(whole("all"))
            }
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let mut wire = Wire::connect(ringer.address).await;
        wire.send("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        for text in ["abc", "d", "efghi"] {
            wire.send(format!("{:x}\r\n{text}\r\n", text.len())).await;
            assert_eq!(within(pieces.recv()).await.unwrap(), text, "{mode:?}");
        }
        wire.send("0\r\n\r\n").await;
        assert_eq!(wire.message().await.text(), "all");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_directions_flow_at_the_same_time() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        Response::new(request.into_body().map_err(std::io::Error::other).boxed_unsync())
    })
    .await;
    for mode in MODES {
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let connection = Connection::http2(ringer.address).await;
        let (pieces, body) = piped();
        let request = connection.request("POST", "a", "/echo").body(body).unwrap();
        let answering = tokio::spawn({
            let connection = connection.clone();
            async move { connection.begin(request).await.unwrap() }
        });
        pieces.send(piece("ping 0")).await.unwrap();
        let mut answer = within(answering).await.unwrap();
        for n in 0..5 {
            let frame = within(answer.frame()).await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), format!("ping {n}"), "{mode:?}");
            pieces.send(piece(format!("ping {}", n + 1))).await.unwrap();
        }
        drop(pieces);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_stops_the_upstream() {
    for mode in MODES {
        let taken = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&taken);
        let upstream = Upstream::http(move |_| {
            let counter = Arc::clone(&counter);
            async move { Response::new(endless(counter)) }
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let mut wire = Wire::connect(ringer.address).await;
        wire.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let stalled = stalls(taken).await;
        // Both connections' kernel buffers and a few pieces between them.
        assert!(stalled < 32 * MIB, "{stalled} bytes were taken ({mode:?})");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_does_not_read_stops_the_client() {
    for mode in MODES {
        let upstream = Upstream::scripted(|mut wire| async move {
            wire.head().await;
            std::future::pending().await
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let taken = Arc::new(AtomicU64::new(0));
        let connection = Connection::http1(ringer.address).await;
        let request =
            connection.request("POST", "a", "/a").body(endless(Arc::clone(&taken))).unwrap();
        let sending = tokio::spawn(async move { connection.begin(request).await });
        let stalled = stalls(taken).await;
        assert!(stalled < 32 * MIB, "{stalled} bytes were taken ({mode:?})");
        sending.abort();
    }
}

/// A body without end that counts what is taken of it.
fn endless(taken: Arc<AtomicU64>) -> client::Body {
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    let stream = futures_util::stream::poll_fn(move |_| {
        taken.fetch_add(piece.len() as u64, Ordering::Relaxed);
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(piece.clone()))))
    });
    http_body_util::StreamBody::new(stream).boxed_unsync()
}

/// Waits until the count stands still, and gives it.
async fn stalls(taken: Arc<AtomicU64>) -> u64 {
    let mut last = (0, 0);
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = taken.load(Ordering::Relaxed);
        last = if now == last.0 { (now, last.1 + 1) } else { (now, 0) };
        if (now > 0 && last.1 >= 6) || now > 256 * MIB {
            return now;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gibibyte_passes_either_way_in_flat_memory() {
    // In a coding no secret is looked for, which takes long in a program without optimisation.
    check_memory(1024 * MIB, &[("content-encoding", "zstd")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_looked_for_in_a_large_body_in_flat_memory() {
    check_memory(96 * MIB, &[("content-type", "text/plain")]).await;
}

/// Sends so many bytes down and up through a recording program, with these fields.
async fn check_memory(length: u64, fields: &'static [(&'static str, &'static str)]) {
    /// Resident memory of the program, in KiB.
    const BOUND: u64 = 64 * 1024;
    let upstream =
        Upstream::http(move |request: http::Request<hyper::body::Incoming>| async move {
            if request.method() == http::Method::GET {
                let mut answer = Response::builder().header("content-length", length);
                for (name, value) in fields {
                    answer = answer.header(*name, *value);
                }
                return answer.body(so_much(length)).unwrap();
            }
            Response::new(whole(count(request.into_body()).await.to_string()))
        })
        .await;
    let folder = Folder::new();
    let ringer = Serving::start(folder.path(), "record", &[&upstream.url(), "-q"]);
    let connection = Connection::http1(ringer.address).await;

    let request = connection.request("GET", "a", "/down").body(client::whole("")).unwrap();
    let answer = connection.begin(request).await.unwrap();
    assert_eq!(count(answer.into_body()).await, length);
    let after_download = ringer.process.memory("VmHWM");
    assert!(after_download < BOUND, "{after_download} KiB for a download");

    let mut request = connection.request("POST", "a", "/up").header("content-length", length);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let sent = connection.begin_within(LARGE, request.body(so_much(length)).unwrap()).await;
    let got = client::collect(sent.unwrap()).await.unwrap();
    assert_eq!(got.text(), length.to_string());
    let after_upload = ringer.process.memory("VmHWM");
    assert!(after_upload < BOUND, "{after_upload} KiB for an upload");
    ringer.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_replayed_and_compared_in_flat_memory() {
    const LENGTH: u64 = 512 * MIB;
    let folder = Folder::new();
    let file = folder.write("stubs/__files/large.bin", "");
    // A file with nothing in it takes no room on most disks.
    std::fs::File::options().write(true).open(file).unwrap().set_len(LENGTH).unwrap();
    folder
        .stub("down", r#"{"request":{"urlPath":"/down"},"response":{"bodyFileName":"large.bin"}}"#);
    let digest = {
        use sha2::Digest as _;
        let mut digest = sha2::Sha256::new();
        let piece = text_piece();
        for _ in 0..LENGTH / piece.len() as u64 {
            digest.update(&piece);
        }
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest.finalize())
    };
    folder.stub(
        "up",
        &format!(
            r#"{{"request":{{"urlPath":"/up","bodyPatterns":[{{"equalToDigest":"sha-256={digest}","length":{LENGTH}}}]}},"response":{{"body":"got it"}}}}"#
        ),
    );
    let ringer = Serving::start(folder.path(), "replay", &["-q"]);
    let connection = Connection::http1(ringer.address).await;
    let request = connection.request("GET", "a", "/down").body(client::whole("")).unwrap();
    let answer = connection.begin(request).await.unwrap();
    assert_eq!(count(answer.into_body()).await, LENGTH);
    let request = connection.request("POST", "a", "/up").header("content-length", LENGTH);
    let sent = connection.begin_within(LARGE, request.body(so_much(LENGTH)).unwrap()).await;
    assert_eq!(client::collect(sent.unwrap()).await.unwrap().text(), "got it");
    let memory = ringer.process.memory("VmHWM");
    assert!(memory < 64 * 1024, "{memory} KiB");
    assert_eq!(ringer.stop().code, Some(0));
}

/// How much comes of a body.
async fn count(mut body: hyper::body::Incoming) -> u64 {
    let mut length = 0;
    while let Some(frame) = within(body.frame()).await {
        length += frame.unwrap().into_data().map_or(0, |data| data.len() as u64);
    }
    length
}

fn text_piece() -> Bytes {
    Bytes::from("some text that holds no secret. ".repeat(2048))
}

/// A body that nobody holds in memory.
fn so_much(length: u64) -> client::Body {
    let piece = text_piece();
    let mut left = length / piece.len() as u64;
    let stream = futures_util::stream::poll_fn(move |_| {
        std::task::Poll::Ready((left > 0).then(|| {
            left -= 1;
            Ok(http_body::Frame::data(piece.clone()))
        }))
    });
    http_body_util::StreamBody::new(stream).boxed_unsync()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_are_served_at_the_same_time() {
    let (upstream, mut bodies) = trickling().await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let address = ringer.address;
    let clients: Vec<_> = (0..100)
        .map(|n| tokio::spawn(async move { client::get(address, &format!("/{n}")).await }))
        .collect();
    // All of them are in flight before any is answered.
    let mut pieces = Vec::new();
    for _ in 0..100 {
        pieces.push(within(bodies.recv()).await.unwrap());
    }
    for body in &pieces {
        body.send(piece("x")).await.unwrap();
    }
    drop(pieces);
    for client in clients {
        assert_eq!(within(client).await.unwrap().text(), "x");
    }
    assert_eq!(ringer.stop().await.requests, 100);
}
