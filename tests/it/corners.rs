//! Odd but real: bytes beyond ASCII, contradictory framing, stubs that contradict HTTP, uploads that
//! end early, answers that change from one recording to the next.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use http::Response;
use http_body_util::BodyExt as _;
use ringer::{config::Config, model::Mode};
use tokio::net::TcpListener;

use crate::support::{
    certificates::{TestAuthority, client_trusting},
    client::{self, Connection},
    folder::Folder,
    server::{Upstream, piece, piped, whole},
    waiting::{eventually_async, within},
    wire::Wire,
};

/// What `talk` sees through a recording and through a replay with the upstream gone.
async fn recorded_and_replayed<T: PartialEq + std::fmt::Debug>(
    upstream: Upstream,
    talk: impl AsyncFn(SocketAddr) -> T,
) -> (T, Folder) {
    let direct = talk(upstream.address).await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    assert_eq!(talk(ringer.address).await, direct, "recorded");
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, direct, "replayed, of {:#?}", folder.stubs());
    (direct, folder)
}

/// What comes of an answer with this head after a request with such bytes.
async fn exact_bytes(address: SocketAddr, answer: &'static [u8]) -> Vec<u8> {
    let mut wire = Wire::connect(address).await;
    wire.send(&b"GET /a HTTP/1.1\r\nHost: a\r\nX-Name: caf\xe9\r\n\r\n"[..]).await;
    let came = wire.exactly(answer.len()).await;
    assert_eq!(came, answer);
    came
}

#[tokio::test(flavor = "multi_thread")]
async fn field_values_in_utf8_keep_their_bytes() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nX-Utf: caf\xc3\xa9\r\nContent-Length: 2\r\n\r\nok";
    let (upstream, _requests) = Upstream::answering(ANSWER).await;
    recorded_and_replayed(upstream, async |address| exact_bytes(address, ANSWER).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn field_values_that_are_no_utf8_pass_as_bytes() {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nX-Latin: caf\xe9\r\nContent-Length: 2\r\n\r\nok";
    let (upstream, _requests) = Upstream::answering(ANSWER).await;
    for mode in [Mode::Passthrough, Mode::Record] {
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        exact_bytes(ringer.address, ANSWER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_with_characters_that_should_have_been_escaped_pass() {
    let (upstream, _requests) = Upstream::answering_each(|request| {
        let target = request.first_line().to_owned();
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{target}", target.len()).into()
    })
    .await;
    recorded_and_replayed(upstream, async |address| {
        let mut all = Vec::new();
        for target in ["/s?q={a|b}", "/s?q[]=1&q[]=2", "/s?q=`x`^", "/s?q='x'", "/{id}/a|b"] {
            let mut wire = Wire::connect(address).await;
            wire.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
            let message = wire.message().await;
            all.push((message.status(), message.text()));
            assert_eq!(all.last().unwrap().1, format!("GET {target} HTTP/1.1"));
        }
        all
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contradictory_framing_never_reaches_the_upstream() {
    for mode in [Mode::Passthrough, Mode::Record] {
        let (upstream, _requests) = Upstream::answering_each(|request| {
            let lengths = request.head.to_ascii_lowercase().matches("content-length").count();
            let chunked = request.head.to_ascii_lowercase().contains("chunked");
            assert!(lengths < 2 && !(lengths == 1 && chunked), "smuggled: {}", request.head);
            let first = request.first_line().to_owned();
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{first}", first.len()).into()
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        for framing in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
            "Content-Length: +5\r\n\r\nhello",
            "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        ] {
            let mut wire = Wire::connect(ringer.address).await;
            wire.send(format!("POST /a HTTP/1.1\r\nHost: a\r\n{framing}")).await;
            wire.send("GET /smuggled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
            let said = String::from_utf8(wire.rest().await.unwrap_or_default()).unwrap();
            let answers = said.matches("HTTP/1.1 ").count();
            // Each request line is seen as one, or the connection ends.
            assert!(said.is_empty() || said.starts_with("HTTP/1.1 400") || answers >= 1, "{said}");
        }
        assert_eq!(client::get(ringer.address, "/next").await.status, 200);
    }
}

fn coded(coding: &str, text: &str) -> Vec<u8> {
    use std::io::Write as _;
    match coding {
        "gzip" => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder =
                flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        }
        "br" => {
            let mut bytes = Vec::new();
            let mut encoder = brotli::CompressorWriter::new(&mut bytes, 4096, 5, 20);
            encoder.write_all(text.as_bytes()).unwrap();
            drop(encoder);
            bytes
        }
        _ => zstd::encode_all(text.as_bytes(), 1).unwrap(),
    }
}

fn decoded(coding: &str, bytes: &[u8]) -> String {
    use std::io::Read as _;
    let mut text = String::new();
    match coding {
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_string(&mut text),
        "deflate" => flate2::read::ZlibDecoder::new(bytes).read_to_string(&mut text),
        "br" => brotli::Decompressor::new(bytes, 4096).read_to_string(&mut text),
        _ => zstd::Decoder::new(bytes).unwrap().read_to_string(&mut text),
    }
    .unwrap_or_else(|error| panic!("{coding}: {error}"));
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn coded_answers_that_came_in_pieces_are_whole_in_replay_at_any_pace() {
    let text = serde_json::json!({"items": (0..2000).collect::<Vec<_>>()}).to_string();
    let sent = text.clone();
    let upstream = Upstream::http(move |request: http::Request<hyper::body::Incoming>| {
        let coding = request.uri().path()[1..].to_owned();
        let bytes = coded(&coding, &sent);
        async move {
            let (pieces, body) = piped();
            tokio::spawn(async move {
                for part in bytes.chunks(bytes.len() / 3 + 1) {
                    pieces.send(piece(part.to_vec())).await.unwrap();
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            });
            Response::builder()
                .header("content-type", "application/json")
                .header("content-encoding", coding)
                .body(body)
                .unwrap()
        }
    })
    .await;
    let folder = Folder::new();
    let check = async |address| {
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let got = client::get(address, &format!("/{coding}")).await;
            assert_eq!(got.field("content-encoding"), Some(coding));
            assert_eq!(decoded(coding, &got.body), text);
        }
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    check(ringer.address).await;
    ringer.stop().await;
    upstream.stop().await;
    for latency in ["none", "recorded", "fixed:5ms"] {
        let latency = latency.parse().unwrap();
        let ringer = folder.start(Config { latency, ..folder.config() }).await;
        check(ringer.address).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stubs_that_contradict_http_give_an_answer_all_the_same() {
    let folder = Folder::new();
    for (name, response) in [
        ("short", r#"{"headers": {"Content-Length": "2"}, "body": "too long"}"#),
        ("long", r#"{"headers": {"Content-Length": "100"}, "body": "short"}"#),
        (
            "both",
            r#"{"headers": {"Content-Length": "5", "Transfer-Encoding": "chunked"}, "body": "hello"}"#,
        ),
        ("none", r#"{"status": 204, "body": "a body"}"#),
        ("unmodified", r#"{"status": 304, "body": "a body"}"#),
        ("kept", r#"{"headers": {"Connection": "close", "Keep-Alive": "5"}, "body": "x"}"#),
        ("fine", r#"{"body": "fine"}"#),
    ] {
        folder.stub(
            name,
            &format!(r#"{{"request": {{"urlPath": "/{name}"}}, "response": {response}}}"#),
        );
    }
    let ringer = folder.replay().await;
    for name in ["short", "long", "both", "none", "unmodified", "kept"] {
        for connection in
            [Connection::http1(ringer.address).await, Connection::http2(ringer.address).await]
        {
            let request = connection.request("GET", "a", &format!("/{name}"));
            let got = connection.begin(request.body(client::whole("")).unwrap()).await;
            let status = got.map(|answer| answer.status().as_u16());
            assert!(matches!(status, Ok(200 | 204 | 304 | 500)), "{name}: {status:?}");
        }
        assert_eq!(client::get(ringer.address, "/fine").await.text(), "fine", "after {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_client_is_told_to_continue_in_replay() {
    let folder = Folder::new();
    folder.stub(
        "a",
        r#"{"request":{"urlPath":"/a","bodyPatterns":[{"equalTo":"hello"}]},"response":{"body":"got"}}"#,
    );
    let ringer = folder.replay().await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(wire.bodiless().await.status(), 100);
    wire.send("hello").await;
    assert_eq!(wire.message().await.text(), "got");
}

#[tokio::test(flavor = "multi_thread")]
async fn ringer_s_own_errors_are_not_recorded_as_the_api_s() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &format!("http://{free}")).await;
    assert_eq!(client::get(ringer.address, "/a").await.status, 502);
    ringer.stop().await;
    assert_eq!(folder.stubs().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_s_own_errors_are_recorded() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        let status: u16 = request.uri().path()[1..].parse().unwrap();
        Response::builder().status(status).body(whole(format!("said {status}"))).unwrap()
    })
    .await;
    recorded_and_replayed(upstream, async |address| {
        let mut all = Vec::new();
        for status in [400, 404, 429, 500, 502, 503, 504, 599, 999] {
            let got = client::get(address, &format!("/{status}")).await;
            all.push((got.status, got.text()));
        }
        all
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_the_client_gives_up_costs_no_other() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        let came = request.into_body().collect().await.map(|body| body.to_bytes());
        Response::new(whole(format!("{:?}", came.is_ok())))
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    for _ in 0..3 {
        let mut wire = Wire::connect(ringer.address).await;
        wire.send("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nnot all").await;
        drop(wire);
    }
    assert_eq!(client::send(ringer.address, "POST", "/up", &[], "whole").await.text(), "true");
    let summary = ringer.stop().await;
    assert_eq!(summary.problems, Vec::<String>::new());
    // The broken ones have no answer that another client could want.
    let stubs = folder.stubs();
    assert_eq!(stubs.len(), 1, "{stubs:#?}");
    let ringer = folder.replay().await;
    assert_eq!(client::send(ringer.address, "POST", "/up", &[], "whole").await.text(), "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_recording_replaces_what_the_api_now_answers_otherwise() {
    let version = Arc::new(Mutex::new(1));
    let now = Arc::clone(&version);
    let upstream = Upstream::http(move |request: http::Request<hyper::body::Incoming>| {
        let version = *now.lock().unwrap();
        async move {
            let text = match request.uri().path() {
                "/stable" => "as ever".to_owned(),
                _ => format!("version {version}"),
            };
            Response::new(whole(text))
        }
    })
    .await;
    let folder = Folder::new();
    for round in [1, 2] {
        *version.lock().unwrap() = round;
        let ringer = folder.run(Mode::Record, &upstream.url()).await;
        for path in ["/stable", "/changing"] {
            client::get(ringer.address, path).await;
        }
        let recorded = ringer.stop().await.recorded.unwrap();
        if round == 2 {
            assert_eq!((recorded.unchanged, recorded.updated, recorded.stubs_written), (1, 1, 0));
        }
    }
    upstream.stop().await;
    let ringer = folder.replay().await;
    for _ in 0..2 {
        assert_eq!(client::get(ringer.address, "/changing").await.text(), "version 2");
        assert_eq!(client::get(ringer.address, "/stable").await.text(), "as ever");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_changed_in_a_recorded_stub_answers_at_once() {
    let upstream = Upstream::http(|_| async { Response::new(whole("recorded")) }).await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    client::get(ringer.address, "/a").await;
    ringer.stop().await;
    let ringer = folder.replay().await;
    let (name, text) =
        folder.snapshot("stubs").into_iter().find(|(name, _)| name.ends_with(".json")).unwrap();
    let text = String::from_utf8(text).unwrap().replace("\"recorded\"", "\"edited\"");
    folder.write(&format!("stubs/{name}"), text);
    eventually_async("the edit applies", || async {
        let got = client::get(ringer.address, "/a").await;
        (got.text() == "edited" && got.field("content-length") == Some("6")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_and_http2_a_recording_is_replayed_the_same() {
    let authority = TestAuthority::new();
    let server = authority.server(&["localhost"], &["h2", "http/1.1"]);
    let upstream =
        Upstream::https(server, |request: http::Request<hyper::body::Incoming>| async move {
            Response::builder()
                .header("x-version", format!("{:?}", request.version()))
                .body(whole(request.uri().path().to_owned()))
                .unwrap()
        })
        .await;
    let folder = Folder::new();
    let ca = folder.join("upstream-ca.pem");
    authority.write_to(&ca);
    let mut config = folder.config_of(Mode::Record, &upstream.url_at("localhost"));
    config.upstream.ca_files = vec![ca];
    let talk = async |address, pem: String| {
        let config = client_trusting(&pem, &["h2"]);
        let connection = Connection::tls(address, "localhost", config).await;
        let mut all = Vec::new();
        for path in ["/a", "/b", "/a"] {
            let got = connection.get("localhost", path).await;
            all.push((got.status, got.text(), got.field("x-version").map(str::to_owned)));
        }
        all
    };
    let ringer = folder.start(config).await;
    let recorded = talk(ringer.address, ringer.ca_pem()).await;
    assert_eq!(recorded[0].2.as_deref(), Some("HTTP/2.0"));
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address, ringer.ca_pem()).await, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_too_impatient_for_the_answer_leaves_a_recording_of_it() {
    let (upstream_got_it, mut requests) = tokio::sync::mpsc::channel(1);
    let release = Arc::new(tokio::sync::Notify::new());
    let held = Arc::clone(&release);
    let upstream = Upstream::http(move |_| {
        let (got_it, held) = (upstream_got_it.clone(), Arc::clone(&held));
        async move {
            got_it.send(()).await.unwrap();
            held.notified().await;
            Response::new(whole("late"))
        }
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    within(requests.recv()).await.unwrap();
    drop(wire);
    release.notify_one();
    eventually_async("the answer is recorded", || async {
        folder.stubs().values().any(|stub| stub["response"]["body"] == "late").then_some(())
    })
    .await;
    ringer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_and_long_fields_and_targets_pass() {
    let (upstream, mut requests) = Upstream::answering_each(|request| {
        let many: String = (0..120).map(|n| format!("X-Answer-{n}: {n}\r\n")).collect();
        let length = request.first_line().len().to_string();
        format!("HTTP/1.1 200 OK\r\n{many}Content-Length: {}\r\n\r\n{length}", length.len()).into()
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let mut wire = Wire::connect(ringer.address).await;
    let many: String = (0..150).map(|n| format!("X-Field-{n}: {}\r\n", "v".repeat(200))).collect();
    let target = format!("/long?{}", "y".repeat(30_000));
    wire.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n{many}\r\n")).await;
    let message = wire.message().await;
    assert_eq!(message.status(), 200);
    assert_eq!(message.field_lines().len(), 121);
    assert_eq!(requests.next().await.field_lines().len(), 151);
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
    let replayed = wire.message().await;
    assert_eq!((replayed.status(), replayed.field_lines().len()), (200, 121));
}
