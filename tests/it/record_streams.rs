//! Recorded streams: pieces and pauses, streams without end, broken ones, HTTP/2 in both directions.

use http::HeaderMap;
use http_body_util::BodyExt as _;
use ringer::{config::Config, model::Mode};

use crate::support::{
    client::{self, Connection},
    folder::Folder,
    round_trip::answer,
    server::{Upstream, piece, piped},
    waiting::{eventually_async, within},
    wire::Wire,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_stream_that_the_client_leaves_stays_open_in_replay() {
    let upstream = Upstream::http(|_| async {
        let (pieces, body) = piped();
        tokio::spawn(async move {
            for n in 0..3 {
                pieces.send(piece(format!("data: {n}\n\n"))).await.unwrap();
            }
            pieces.closed().await;
        });
        answer().header("content-type", "text/event-stream").body(body).unwrap()
    })
    .await;
    let folder = Folder::new();
    let read = async |address| {
        let connection = Connection::http1(address).await;
        let request = connection.request("GET", "a", "/events").body(client::whole("")).unwrap();
        let mut answer = connection.begin(request).await.unwrap();
        let mut came = String::new();
        while came.matches("\n\n").count() < 3 {
            let frame = within(answer.frame()).await.unwrap().unwrap();
            came.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
        (came, answer)
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let (came, answer) = read(ringer.address).await;
    drop(answer);
    eventually_async("the exchange is kept when the client has left", || async {
        (!folder.stubs().is_empty()).then_some(())
    })
    .await;
    ringer.stop().await;
    upstream.stop().await;
    assert_eq!(folder.only_stub()["metadata"]["ringer"]["ending"], "staysOpen");
    let ringer = folder.replay().await;
    let (replayed, mut answer) = read(ringer.address).await;
    assert_eq!(replayed, came);
    let more = tokio::time::timeout(std::time::Duration::from_millis(100), answer.frame()).await;
    assert!(more.is_err(), "the stream stays open: {more:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_broke_off_is_kept_as_far_as_it_came_and_breaks_in_replay() {
    let upstream = Upstream::scripted(|mut wire| async move {
        while let Some(request) = wire.next_message().await {
            if request.first_line().contains("/fine") {
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine").await;
                continue;
            }
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nas far as").await;
            // Goes away when ringer has passed it on.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            return;
        }
    })
    .await;
    let folder = Folder::new();
    let talk = async |address| {
        let mut wire = Wire::connect(address).await;
        wire.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(wire.bodiless().await.status(), 200);
        let came = wire.exactly(9).await;
        assert!(wire.is_closed().await, "no more comes");
        let fine = client::get(address, "/fine").await;
        (String::from_utf8(came).unwrap(), fine.text())
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let recorded = talk(ringer.address).await;
    assert_eq!(recorded, ("as far as".to_owned(), "fine".to_owned()));
    ringer.stop().await;
    upstream.stop().await;
    let tape = folder.tape();
    assert_eq!(tape.len(), 2, "{tape:#?}");
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_and_pauses_are_replayed_and_can_be_left_out() {
    let upstream = Upstream::http(|_| async {
        let (pieces, body) = piped();
        tokio::spawn(async move {
            for text in ["one", "two", "three"] {
                tokio::time::sleep(std::time::Duration::from_millis(60)).await;
                pieces.send(piece(text)).await.unwrap();
            }
        });
        answer().header("content-type", "text/event-stream").body(body).unwrap()
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    client::get(ringer.address, "/events").await;
    ringer.stop().await;
    upstream.stop().await;
    for (latency, at_least) in [("recorded", 120), ("none", 0)] {
        let latency = latency.parse().unwrap();
        let ringer = folder.start(Config { latency, ..folder.config() }).await;
        let clock = ringer::runtime::Clock::start();
        let mut wire = Wire::connect(ringer.address).await;
        wire.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let message = wire.message().await;
        assert_eq!(message.text(), "onetwothree");
        if at_least > 0 {
            assert_eq!(message.chunks, [3, 3, 5]);
        }
        assert!(clock.elapsed().as_millis() >= at_least);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_with_trailers_is_recorded_and_replayed() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        let asked = request.into_body().collect().await.unwrap().to_bytes();
        let (pieces, body) = piped();
        tokio::spawn(async move {
            pieces.send(piece(asked)).await.unwrap();
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            pieces.send(Ok(http_body::Frame::trailers(trailers))).await.unwrap();
        });
        answer().header("content-type", "application/grpc").body(body).unwrap()
    })
    .await;
    let folder = Folder::new();
    let talk = async |address| {
        let connection = Connection::http2(address).await;
        let mut all = Vec::new();
        for body in ["\0\0\0\0\u{1}a", "\0\0\0\0\u{1}b", "\0\0\0\0\u{1}a"] {
            let request = connection
                .request("POST", "a", "/pkg.Service/Method")
                .header("te", "trailers")
                .header("content-type", "application/grpc")
                .body(client::whole(body))
                .unwrap();
            let got = connection.send(request).await;
            all.push(format!(
                "{} {:?} {:?}",
                got.status,
                got.body,
                got.trailers.map(|fields| fields["grpc-status"].clone())
            ));
        }
        all
    };
    let direct = talk(upstream.address).await;
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    assert_eq!(talk(ringer.address).await, direct);
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, direct);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_two_way_stream_is_answered_message_by_message_in_replay() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        answer()
            .header("content-type", "application/grpc")
            .body(request.into_body().map_err(std::io::Error::other).boxed_unsync())
            .unwrap()
    })
    .await;
    let folder = Folder::new();
    let talk = async |address| {
        let connection = Connection::http2(address).await;
        let (pieces, body) = piped();
        let request = connection
            .request("POST", "a", "/pkg.Service/Chat")
            .header("content-type", "application/grpc")
            .body(body)
            .unwrap();
        let answering = tokio::spawn(async move { connection.begin(request).await.unwrap() });
        pieces.send(piece("\0\0\0\0\u{4}msg0")).await.unwrap();
        let mut answer = within(answering).await.unwrap();
        let mut all = Vec::new();
        for n in 1..4 {
            all.push(within(answer.frame()).await.unwrap().unwrap().into_data().unwrap());
            pieces.send(piece(format!("\0\0\0\0\u{4}msg{n}"))).await.unwrap();
        }
        drop(pieces);
        all.push(client::collect(answer).await.unwrap().body);
        all
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let recorded = talk(ringer.address).await;
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, recorded);
}
