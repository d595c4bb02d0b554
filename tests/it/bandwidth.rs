//! Bytes that come slowly, in either direction: whole, framed as before, and not earlier than they may.
//! How late they are is the machine's affair, so nothing here says how fast they must be.

use std::time::Duration;

use ringer::{
    config::Config,
    model::{
        Bandwidth, Behaviors, Direction, Effect, Mode, RequestPattern, Rule, Slices, Turns,
        UrlPattern, When,
    },
    store::{ClockChange, Delays},
};

use crate::support::{
    client::{self, Connection, whole},
    folder::{Folder, Ringer},
    server::{self, Upstream},
    waiting::{eventually_async, within},
    wire::Wire,
};

/// A megabyte a second.
const RATE: u64 = 1_000_000;
const LENGTH: usize = 200_000;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn slow(direction: Direction) -> Bandwidth {
    Bandwidth { rate: Some(RATE), direction, is_shared: false, slices: None, slow_start: None }
}

fn rule(name: &str, bandwidth: Bandwidth) -> Rule {
    let effect = Effect::Bandwidth(bandwidth);
    Rule { name: name.to_owned(), when: When::default(), effect }
}

fn always(bandwidths: impl IntoIterator<Item = Bandwidth>) -> Behaviors {
    let rules = bandwidths.into_iter().enumerate().map(|(at, it)| rule(&format!("slow {at}"), it));
    Behaviors { rules: rules.collect(), ..Behaviors::default() }
}

fn body() -> Vec<u8> {
    (0..LENGTH).map(|at| b'a' + u8::try_from(at % 23).unwrap()).collect()
}

/// A ringer that answers any method at `/large` with [`body`], and `POST` of that at `/upload` with
/// `whole`.
async fn start(folder: &Folder, behaviors: Behaviors) -> Ringer {
    folder.write("stubs/__files/large.txt", body());
    folder.stub(
        "large",
        r#"{"request":{"urlPath":"/large"},"response":{"status":200,"bodyFileName":"large.txt"}}"#,
    );
    let upload = format!(
        r#"{{"request":{{"method":"POST","urlPath":"/upload","bodyPatterns":[{{"equalTo":"{}"}}]}},"response":{{"status":200,"body":"whole"}}}}"#,
        String::from_utf8(body()).unwrap()
    );
    folder.stub("upload", &upload);
    folder.start(Config { behaviors, ..folder.config() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_answer_takes_at_least_its_time_and_arrives_whole() {
    let folder = Folder::new();
    let ringer = start(&folder, always([slow(Direction::Downstream)])).await;
    for connection in
        [Connection::http1(ringer.address).await, Connection::http2(ringer.address).await]
    {
        let (got, took) = ringer.timed(connection.get("a", "/large")).await;
        assert_eq!(got.body, body());
        assert!(took >= ms(200), "{took:?}");
        // The connection is as good as before.
        assert_eq!(connection.get("a", "/missing").await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_takes_at_least_its_time_and_arrives_whole() {
    let folder = Folder::new();
    let ringer = start(&folder, always([slow(Direction::Upstream)])).await;
    for connection in
        [Connection::http1(ringer.address).await, Connection::http2(ringer.address).await]
    {
        let request = connection.request("POST", "a", "/upload").body(whole(body())).unwrap();
        let (got, took) = ringer.timed(connection.send(request)).await;
        assert_eq!(got.text(), "whole");
        assert!(took >= ms(200), "{took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_passed_on_is_slow_too() {
    let upstream = Upstream::http(|request| async {
        use http_body_util::BodyExt as _;
        let bytes = request.into_body().collect().await.unwrap().to_bytes();
        http::Response::new(server::whole(bytes))
    })
    .await;
    let folder = Folder::new();
    let config = folder.config_of(Mode::Passthrough, &upstream.url());
    let ringer =
        folder.start(Config { behaviors: always([slow(Direction::Both)]), ..config }).await;
    let connection = Connection::http1(ringer.address).await;
    let request = connection.request("POST", "a", "/echo").body(whole(body())).unwrap();
    let (got, took) = ringer.timed(connection.send(request)).await;
    assert_eq!(got.body, body());
    // Its answer begins when it has come whole.
    assert!(took >= ms(400), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slowest_of_several_decides() {
    let folder = Folder::new();
    let slowest = Bandwidth { rate: Some(RATE / 2), ..slow(Direction::Downstream) };
    let ringer =
        start(&folder, always([slow(Direction::Both), slowest, slow(Direction::Downstream)])).await;
    let (got, took) = ringer.timed(client::get(ringer.address, "/large")).await;
    assert_eq!(got.body.len(), LENGTH);
    assert!(took >= ms(400), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_share_a_line_take_the_time_of_all() {
    let folder = Folder::new();
    let shared = Bandwidth { is_shared: true, ..slow(Direction::Downstream) };
    let ringer = start(&folder, always([shared])).await;
    let get = || client::get(ringer.address, "/large");
    let (all, took) = ringer.timed(async { tokio::join!(get(), get(), get()) }).await;
    assert!([all.0, all.1, all.2].iter().all(|got| got.body.len() == LENGTH));
    assert!(took >= ms(600), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_are_the_chunks_that_a_client_sees() {
    let folder = Folder::new();
    folder.stub(
        "small",
        r#"{"request":{"urlPath":"/small"},"response":{"status":200,"headers":{"Transfer-Encoding":"chunked"},"body":"0123456789abcdefghij!"}}"#,
    );
    let slices = Some(Slices { average: 5, variation: 0, delay: ms(20) });
    let ringer =
        start(&folder, always([Bandwidth { rate: None, slices, ..slow(Direction::Downstream) }]))
            .await;
    let mut wire = Wire::connect(ringer.address).await;
    let (answer, took) = ringer
        .timed(async {
            wire.send("GET /small HTTP/1.1\r\nHost: a\r\n\r\n").await;
            wire.message().await
        })
        .await;
    assert_eq!(answer.chunks, [5, 5, 5, 5, 1]);
    assert!(took >= ms(80), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn framing_stays_as_it_was() {
    let folder = Folder::new();
    folder.stub(
        "length",
        r#"{"request":{"urlPath":"/length"},"response":{"status":200,"body":"0123456789",
            "headers":{"Content-Length":"10"}}}"#,
    );
    let slices = Some(Slices { average: 3, variation: 0, delay: ms(1) });
    let ringer =
        start(&folder, always([Bandwidth { rate: None, slices, ..slow(Direction::Both) }])).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /length HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = wire.message().await;
    assert_eq!(
        (answer.field("content-length"), answer.text().as_str()),
        (Some("10"), "0123456789")
    );
    wire.send("HEAD /length HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(wire.bodiless().await.field("content-length"), Some("10"));
    wire.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(wire.message().await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_follow_a_slow_body() {
    let upstream = Upstream::http(|_| async {
        let (pieces, body) = server::piped();
        tokio::spawn(async move {
            pieces.send(server::piece("0123456789")).await.unwrap();
            let mut trailers = http::HeaderMap::new();
            trailers.insert("x-sum", "10".parse().unwrap());
            pieces.send(Ok(http_body::Frame::trailers(trailers))).await.unwrap();
        });
        let mut response = http::Response::new(body);
        response.headers_mut().insert("trailer", "x-sum".parse().unwrap());
        response
    })
    .await;
    let folder = Folder::new();
    let slices = Some(Slices { average: 4, variation: 1, delay: ms(1) });
    let behaviors = always([Bandwidth { rate: None, slices, ..slow(Direction::Downstream) }]);
    let config = folder.config_of(Mode::Passthrough, &upstream.url());
    let ringer = folder.start(Config { behaviors, ..config }).await;
    let connection = Connection::http2(ringer.address).await;
    let got = connection.get("a", "/").await;
    assert_eq!(got.text(), "0123456789");
    assert_eq!(got.trailers.unwrap().get("x-sum").unwrap(), "10");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_requests_that_are_meant_are_slow() {
    let folder = Folder::new();
    let mut one = rule("one", Bandwidth { rate: Some(1), ..slow(Direction::Both) });
    one.when.request = Some(RequestPattern {
        url: UrlPattern::UrlPath("/other".to_owned()),
        ..RequestPattern::default()
    });
    let mut second = rule("second", Bandwidth { rate: Some(1), ..slow(Direction::Upstream) });
    second.when.turns = Turns { after: 1, ..Turns::default() };
    let behaviors = Behaviors { rules: vec![one, second], ..Behaviors::default() };
    let ringer = start(&folder, behaviors).await;
    // At a byte a second this would take days.
    assert_eq!(client::get(ringer.address, "/large").await.body.len(), LENGTH);
    let connection = Connection::http1(ringer.address).await;
    let request = connection.request("POST", "a", "/upload").body(whole(body())).unwrap();
    assert_eq!(connection.send(request).await.text(), "whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_a_slow_answer_frees_its_connection() {
    let folder = Folder::new();
    let crawl = Bandwidth { rate: Some(10), ..slow(Direction::Downstream) };
    let ringer = start(&folder, always([crawl])).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(wire.until("\r\n\r\n").await.is_some());
    drop(wire);
    // What is in flight would hold it up.
    within(ringer.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_advanced_lets_bytes_through() {
    let folder = Folder::new();
    folder.stub("tiny", r#"{"request":{"urlPath":"/tiny"},"response":{"status":200,"body":"ab"}}"#);
    let crawl = Bandwidth { rate: Some(1), ..slow(Direction::Downstream) };
    let ringer = start(&folder, always([crawl])).await;
    let clock = ringer.running.clock();
    let (is_frozen, delays) = (Some(true), Some(Delays::Virtual));
    clock.change(ClockChange { is_frozen, delays, ..ClockChange::default() }).unwrap();
    let get = tokio::spawn({
        let address = ringer.address;
        async move { client::get(address, "/tiny").await }
    });
    // Each time for as much as is waited for at that moment.
    eventually_async("the answer", || {
        clock.advance(Duration::from_secs(3600)).unwrap();
        let is_there = get.is_finished();
        async move { is_there.then_some(()) }
    })
    .await;
    assert_eq!(get.await.unwrap().text(), "ab");
}
