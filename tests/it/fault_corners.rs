//! Faults where they could go unseen: over TLS, in tunnels, on answers of every kind and of nobody, to
//! old clients and to those that send much, ask twice, or leave.

use std::{collections::BTreeSet, io::ErrorKind, net::SocketAddr, time::Duration};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use ringer::{
    config::Config,
    model::{
        AnswerFault, Cut, Effect, ErrorAnswer, Fault, Http2Fault, Mode, RequestPattern, Rule,
        Stall, Turns, UrlPattern, When, WireFault,
    },
    runtime::Seed,
    store::JournalLimits,
};
use serde_json::{Value, json};

use crate::support::{
    certificates::client_trusting,
    client::{self, Connection},
    folder::{Folder, Ringer},
    server::{Upstream, piece, piped},
    striking::{LENGTH, all, at, body, ringer_with},
    waiting::{eventually_async, within},
    wire::{Message, Wire},
};

const HALF: Cut = Cut::Share(0.5);

fn status(status: u16) -> Fault {
    Fault::Answer(AnswerFault::Status(ErrorAnswer { status, ..ErrorAnswer::default() }))
}

fn stall(after: Option<Cut>, ms: Option<u64>) -> Fault {
    Fault::Stall(Stall { after, time: ms.map(Duration::from_millis) })
}

/// A fault that strikes everything below `/NAME`.
fn below(name: &str, fault: Fault) -> Rule {
    let url = UrlPattern::UrlPathPattern(format!("/{name}(/.*)?"));
    let request = RequestPattern { url, ..RequestPattern::default() };
    let when = When { request: Some(request), ..When::default() };
    Rule { name: name.to_owned(), when, effect: Effect::Fault(fault) }
}

/// What a client saw: status and length, and whether the exchange broke.
async fn seen(connection: &Connection, method: &str, host: &str, path: &str) -> (String, Vec<u8>) {
    let request = connection.request(method, host, path).body(client::whole("")).unwrap();
    let answer = match connection.begin(request).await {
        Ok(answer) => answer,
        Err(error) => return (broken(&error), Vec::new()),
    };
    let (status, mut body) = (answer.status().as_u16(), answer.into_body());
    let mut came = Vec::new();
    loop {
        match within(body.frame()).await {
            Some(Ok(frame)) => came.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => {
                // What HTTP/2's client still had when a stream was reset is lost to it or not.
                let length = if connection.is_http2() { 0 } else { came.len() };
                return (format!("{status} {length} {}", broken(&error)), came);
            }
            None => return (format!("{status} {}", came.len()), came),
        }
    }
}

/// That it broke, and the code of HTTP/2.
fn broken(error: &hyper::Error) -> String {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(code) = error.downcast_ref::<h2::Error>().and_then(h2::Error::reason) {
            return format!("broken {}", u32::from(code));
        }
        source = error.source();
    }
    "broken".to_owned()
}

/// Faults, and what a client of HTTP/1.1 and one of HTTP/2 see of them.
fn table() -> Vec<(&'static str, Fault, &'static str, &'static str)> {
    let wire = Fault::Wire;
    let answer = Fault::Answer;
    let http2 = Fault::Http2;
    vec![
        ("status", status(503), "503 62", "503 62"),
        (
            "grpc-status",
            answer(AnswerFault::GrpcStatus { code: 14, message: None }),
            "200 0",
            "200 0",
        ),
        ("truncated", answer(AnswerFault::Truncated(HALF)), "200 2000", "200 2000"),
        ("corrupted", answer(AnswerFault::Corrupted { bytes: 3 }), "200 4000", "200 4000"),
        ("invalid-json", answer(AnswerFault::InvalidJson), "200 4000", "200 4000"),
        ("content-type", answer(AnswerFault::ContentType("a/b".into())), "200 4000", "200 4000"),
        ("missing", answer(AnswerFault::HeaderMissing("etag".into())), "200 4000", "200 4000"),
        ("twice", answer(AnswerFault::HeaderDuplicated("etag".into())), "200 4000", "200 4000"),
        ("length", answer(AnswerFault::ContentLength(10)), "200 4000 broken", "200 0 broken 1"),
        ("stall-over", stall(None, Some(20)), "200 4000", "200 4000"),
        ("stall-within", stall(Some(HALF), Some(20)), "200 4000", "200 4000"),
        ("connection-reset", wire(WireFault::ConnectionReset), "broken", "broken 2"),
        ("empty-response", wire(WireFault::EmptyResponse), "broken", "broken 2"),
        ("malformed-chunk", wire(WireFault::MalformedChunk), "200 0 broken", "broken 2"),
        ("random-data", wire(WireFault::RandomData), "broken", "broken 2"),
        ("half-close", wire(WireFault::HalfClose), "broken", "broken 2"),
        ("reset-within", wire(WireFault::ResetWithin(HALF)), "200 2000 broken", "200 0 broken 2"),
        ("reset-after", wire(WireFault::ResetAfter), "200 4000", "200 0 broken 2"),
        (
            "close-within",
            wire(WireFault::CloseWithin(Cut::Bytes(3000))),
            "200 3000 broken",
            "200 0 broken 2",
        ),
        ("reset-stream", http2(Http2Fault::ResetStream { code: 11 }), "broken", "broken 11"),
        ("goaway", http2(Http2Fault::GoAway { code: 11 }), "broken", "broken"),
    ]
}

/// Ways to ringer.
#[derive(Clone, Copy, Debug)]
enum Way {
    Clear,
    Tls,
    Tunnel,
    TlsInTunnel,
}

async fn by(way: Way, alpn: &str, ringer: &Ringer) -> Connection {
    let config = client_trusting(&ringer.ca_pem(), &[alpn]);
    let wire = match way {
        Way::Clear | Way::Tls => Wire::connect(ringer.address).await,
        Way::Tunnel | Way::TlsInTunnel => {
            let mut wire = Wire::connect(ringer.address).await;
            wire.send("CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n").await;
            assert_eq!(wire.bodiless().await.status(), 200);
            wire
        }
    };
    let stream = wire.into_stream();
    if matches!(way, Way::Clear | Way::Tunnel) {
        return match alpn {
            "h2" => Connection::http2_over(stream).await,
            _ => Connection::http1_over(stream).await,
        };
    }
    let name = rustls::pki_types::ServerName::try_from("api.test").unwrap();
    let stream = within(tokio_rustls::TlsConnector::from(config).connect(name, stream)).await;
    let stream = stream.expect("a handshake");
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Connection::http2_over(stream).await,
        _ => Connection::http1_over(stream).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_strikes_by_every_way_to_ringer() {
    let folder = Folder::new();
    let rules = table().into_iter().map(|(name, fault, ..)| below(name, fault)).collect();
    let ringer = ringer_with(&folder, rules).await;
    let mut wrong = Vec::new();
    for way in [Way::Clear, Way::Tls, Way::Tunnel, Way::TlsInTunnel] {
        for (name, _, http1, http2) in table() {
            for (alpn, expected) in [("http/1.1", http1), ("h2", http2)] {
                let connection = by(way, alpn, &ringer).await;
                assert_eq!(connection.is_http2(), alpn == "h2");
                let path = format!("/{name}");
                let (class, _) = seen(&connection, "GET", "api.test", &path).await;
                if class != expected {
                    wrong.push(format!("{name} by {way:?}, {alpn}: {class}, not {expected}"));
                }
                // Other requests do not suffer where the connection does not end.
                if name != "goaway" && (alpn == "h2" || !ends(name)) {
                    let (class, _) = seen(&connection, "GET", "api.test", "/other").await;
                    if class != "200 4000" {
                        wrong.push(format!("after {name} by {way:?}, {alpn}: {class}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a connection of HTTP/1.1 ends with this fault.
fn ends(name: &str) -> bool {
    let (.., http1, _) = table().into_iter().find(|(it, ..)| *it == name).unwrap();
    http1.ends_with("broken") || name == "reset-after"
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_strike_requests_to_a_proxy() {
    let folder = Folder::new();
    let rules = table().into_iter().map(|(name, fault, ..)| below(name, fault)).collect();
    let ringer = ringer_with(&folder, rules).await;
    for (name, _, expected, _) in table() {
        let connection = Connection::http1(ringer.address).await;
        let (class, _) = seen_at(&connection, &format!("http://api.test/{name}")).await;
        assert_eq!(class, expected, "{name}");
    }
}

async fn seen_at(connection: &Connection, url: &str) -> (String, Vec<u8>) {
    seen(connection, "GET", "api.test", url).await
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_body_are_struck_and_hang_nobody() {
    let folder = Folder::new();
    for status in [204, 304] {
        let stub = json!({
            "priority": 1,
            "request": {"urlPathPattern": format!("/.*/{status}")},
            "response": {"status": status, "headers": {"ETag": "\"v1\""}},
        });
        folder.stub(&status.to_string(), &stub.to_string());
    }
    let rules = table().into_iter().map(|(name, fault, ..)| below(name, fault)).collect();
    let ringer = ringer_with(&folder, rules).await;
    let mut wrong = Vec::new();
    for (name, fault, ..) in table() {
        for (method, path, usual) in [("HEAD", "", 200), ("GET", "/204", 204), ("GET", "/304", 304)]
        {
            for alpn in ["http/1.1", "h2"] {
                let is_http2 = alpn == "h2";
                let connection = by(Way::Clear, alpn, &ringer).await;
                let path = format!("/{name}{path}");
                let (class, _) = seen(&connection, method, "api.test", &path).await;
                let takes_place = matches!(
                    fault,
                    Fault::Http2(_)
                        | Fault::Wire(
                            WireFault::ConnectionReset
                                | WireFault::EmptyResponse
                                | WireFault::MalformedChunk
                                | WireFault::RandomData
                                | WireFault::HalfClose
                        )
                );
                let is_well = match name {
                    "status" => class == format!("503 {}", if method == "HEAD" { 0 } else { 62 }),
                    "grpc-status" => class == "200 0",
                    // The head is as it should be, for it is to HEAD.
                    "malformed-chunk" if method == "HEAD" && !is_http2 => class == "200 0",
                    "malformed-chunk" if !is_http2 => class == "200 0 broken",
                    _ if takes_place => class.starts_with("broken"),
                    _ if is_http2 && matches!(fault, Fault::Wire(_)) => class.contains("broken"),
                    _ => class == format!("{usual} 0"),
                };
                if !is_well {
                    wrong.push(format!("{method} {path}, {alpn}: {class}"));
                }
                let lives_on = match &fault {
                    Fault::Answer(_) | Fault::Stall(_) => true,
                    Fault::Wire(_) => is_http2,
                    _ => is_http2 && name != "goaway",
                };
                if lives_on {
                    let (class, _) = seen(&connection, "GET", "api.test", "/other").await;
                    if class != "200 4000" {
                        wrong.push(format!("after {method} {path}, {alpn}: {class}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A body that comes in two pieces and then no more, without an end.
async fn unending(_: Request<Incoming>) -> Response<crate::support::server::Body> {
    let (pieces, body) = piped();
    tokio::spawn(async move {
        for text in ["01234", "56789"] {
            let _ = pieces.send(piece(text)).await;
        }
        pieces.closed().await;
    });
    let mut answer = Response::new(body);
    answer.headers_mut().insert("content-type", "text/event-stream".parse().unwrap());
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_passed_on_break_where_they_are_told() {
    let upstream = Upstream::http(unending).await;
    let cases = [
        ("status", status(503), "503 62"),
        ("reset", Fault::Wire(WireFault::ConnectionReset), "broken"),
        ("truncated", Fault::Answer(AnswerFault::Truncated(Cut::Bytes(4))), "200 4"),
        ("reset-within", Fault::Wire(WireFault::ResetWithin(Cut::Bytes(7))), "200 7 broken"),
        ("close-within", Fault::Wire(WireFault::CloseWithin(Cut::Bytes(10))), "200 10 broken"),
        ("share", Fault::Wire(WireFault::CloseWithin(HALF)), "200 5 broken"),
    ];
    for mode in [Mode::Passthrough, Mode::Fallback] {
        let folder = Folder::new();
        let rules = cases.iter().map(|(name, fault, _)| below(name, fault.clone())).collect();
        let config = folder.config_of(mode, &upstream.url());
        let ringer = folder.start(Config { behaviors: all(rules), ..config }).await;
        for (name, _, expected) in &cases {
            let connection = Connection::http1(ringer.address).await;
            let (class, came) = seen(&connection, "GET", "a", &format!("/{name}")).await;
            assert_eq!(class, *expected, "{name}, {mode:?}");
            if *name != "status" {
                assert!(b"0123456789".starts_with(&came[..]), "{name}");
            }
            let connection = Connection::http2(ringer.address).await;
            let (class, _) = seen(&connection, "GET", "a", &format!("/{name}")).await;
            let is_whole = !expected.contains("broken");
            assert_eq!(class.contains("broken"), !is_whole, "{name}, {mode:?}, HTTP/2: {class}");
        }
        let summary = ringer.stop().await;
        assert_eq!(summary.injected, 2 * cases.len() as u64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_the_place_of_an_answer_asks_no_api() {
    let (upstream, mut requests) =
        Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let folder = Folder::new();
    let rules = vec![at("a", status(503)), at("b", Fault::Wire(WireFault::EmptyResponse))];
    let config = folder.config_of(Mode::Passthrough, &upstream.url());
    let ringer = folder.start(Config { behaviors: all(rules), ..config }).await;
    for path in ["/a", "/b", "/c"] {
        let _ = seen(&Connection::http1(ringer.address).await, "GET", "a", path).await;
    }
    assert_eq!(requests.next().await.first_line(), "GET /c HTTP/1.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn misses_are_struck_and_stay_misses() {
    let folder = Folder::new();
    let cases = [
        ("status", status(503), "503 62"),
        ("truncated", Fault::Answer(AnswerFault::Truncated(Cut::Bytes(10))), "404 10"),
        ("within", Fault::Wire(WireFault::ResetWithin(Cut::Bytes(10))), "404 10 broken"),
        ("reset", Fault::Wire(WireFault::ConnectionReset), "broken"),
    ];
    let rules = cases.iter().map(|(name, fault, _)| at(name, fault.clone())).collect();
    let ringer = folder.start(Config { behaviors: all(rules), ..folder.config() }).await;
    for (name, _, expected) in &cases {
        let connection = Connection::http1(ringer.address).await;
        let (class, _) = seen(&connection, "GET", "a", &format!("/{name}")).await;
        assert_eq!(class, *expected, "{name}");
    }
    let summary = ringer.stop().await;
    assert_eq!(summary.misses.iter().map(|(_, count)| count).sum::<u64>(), 4);
}

/// Stubs of each kind at `/FAULT/KIND`.
fn stubs_of_every_kind(folder: &Folder, upstream: &str) -> [&'static str; 6] {
    folder.write("stubs/__files/body.json", body());
    let events = "data: {\"n\": 1}\n\n".repeat(20);
    let json_type = json!({"Content-Type": "application/json"});
    let pieces = json!({"numberOfChunks": 5, "totalDuration": 30});
    let template = r#"{"path":"{{request.path}}","more":"{{randomValue length=100}}"}"#;
    let kinds = [
        ("plain", json!({"body": body(), "headers": json_type})),
        ("proxied", json!({"proxyBaseUrl": upstream})),
        (
            "templated",
            json!({"body": template, "headers": json_type, "transformers": ["response-template"]}),
        ),
        ("file", json!({"bodyFileName": "body.json", "headers": json_type})),
        (
            "events",
            json!({
                "body": events,
                "headers": {"Content-Type": "text/event-stream"},
                "chunkedDribbleDelay": pieces,
            }),
        ),
        ("zipped", json!({"body": body(), "headers": json_type})),
    ];
    for (kind, response) in &kinds {
        let request = json!({"urlPathPattern": format!("/.*/{kind}")});
        folder.stub(kind, &json!({"request": request, "response": response}).to_string());
    }
    kinds.map(|(kind, _)| kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_every_kind_are_damaged_alike() {
    let upstream = Upstream::http(|_: Request<Incoming>| async {
        let (pieces, piped) = piped();
        tokio::spawn(async move {
            for part in body().as_bytes().chunks(700) {
                let _ = pieces.send(piece(part.to_vec())).await;
            }
        });
        let mut answer = Response::new(piped);
        answer.headers_mut().insert("content-type", "application/json".parse().unwrap());
        answer
    })
    .await;
    let folder = Folder::new();
    let kinds = stubs_of_every_kind(&folder, &upstream.url());
    let faults = [
        ("well", Fault::Answer(AnswerFault::ContentType("a/b".to_owned()))),
        ("truncated", Fault::Answer(AnswerFault::Truncated(HALF))),
        ("corrupted", Fault::Answer(AnswerFault::Corrupted { bytes: 3 })),
        ("invalid-json", Fault::Answer(AnswerFault::InvalidJson)),
        ("reset-within", Fault::Wire(WireFault::ResetWithin(HALF))),
        ("close-within", Fault::Wire(WireFault::CloseWithin(Cut::Bytes(10)))),
        ("stall-within", stall(Some(Cut::Bytes(10)), Some(20))),
    ];
    let rules = faults.iter().map(|(name, fault)| below(name, fault.clone())).collect();
    let ringer = folder.start(Config { behaviors: all(rules), ..folder.config() }).await;
    let mut wrong = Vec::new();
    for kind in kinds {
        let ask = async |name: &str| {
            let connection = Connection::http1(ringer.address).await;
            let mut request = connection.request("GET", "a", &format!("/{name}/{kind}"));
            if kind == "zipped" {
                request = request.header("accept-encoding", "gzip");
            }
            let request = request.body(client::whole("")).unwrap();
            let answer = connection.begin(request).await.expect("a head");
            let mut body = answer.into_body();
            let mut came = Vec::new();
            let is_broken = loop {
                match within(body.frame()).await {
                    Some(Ok(frame)) => came.extend(frame.into_data().unwrap_or_default()),
                    other => break other.is_some(),
                }
            };
            (came, is_broken)
        };
        let (well, is_broken) = ask("well").await;
        assert!(!is_broken && well.len() > 60, "{kind}: {}", well.len());
        assert_eq!(well.starts_with(&[0x1f, 0x8b]), kind == "zipped");
        for (name, _) in &faults[1..] {
            let (came, is_broken) = ask(name).await;
            // Values that are drawn, or a path, are others in each answer.
            let varies = kind == "templated";
            let others = came.iter().zip(&well).filter(|(now, before)| now != before).count();
            let is_start = |length: usize| {
                came.len().abs_diff(length) <= if varies { 6 } else { 0 }
                    && (varies || well.starts_with(&came))
            };
            let is_well = match *name {
                "truncated" => !is_broken && is_start(well.len() / 2),
                "corrupted" => !is_broken && (varies || (came.len() == well.len() && others == 3)),
                "invalid-json" => {
                    !is_broken
                        && match kind {
                            "events" => came.starts_with(b"data: [\"n\""),
                            _ => came.starts_with(b"[\""),
                        }
                }
                "reset-within" => is_broken && is_start(well.len() / 2),
                "close-within" => is_broken && is_start(10),
                _ => !is_broken && (varies || came == well),
            };
            if !is_well {
                wrong.push(format!("{name}, {kind}: {} bytes, {is_broken}, {others}", came.len()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// How a connection ended, and what came before.
async fn to_the_end(wire: &mut Wire) -> (Message, &'static str) {
    let how = loop {
        match wire.more().await {
            Ok(0) => break "closed",
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break "reset",
            Err(error) => panic!("{error}"),
        }
    };
    let bytes = wire.taken();
    let mut message = Message::default();
    match memchr::memmem::find(&bytes, b"\r\n\r\n") {
        Some(end) => {
            message.head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            message.body = bytes[end + 4..].to_vec();
        }
        None => message.body = bytes,
    }
    (message, how)
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_http_1_0_and_those_that_ask_once_see_the_same() {
    let folder = Folder::new();
    let rules = table().into_iter().map(|(name, fault, ..)| below(name, fault)).collect();
    let ringer = ringer_with(&folder, rules).await;
    for head in ["HTTP/1.0\r\n", "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"] {
        for (name, ..) in table() {
            let mut wire = Wire::connect(ringer.address).await;
            wire.send(format!("GET /{name} {head}\r\n")).await;
            let (message, how) = to_the_end(&mut wire).await;
            let (length, expected) = match name {
                "status" => (message.body.len().max(1), "closed"),
                "grpc-status" | "empty-response" | "half-close" => (0, "closed"),
                "connection-reset" | "reset-stream" | "goaway" => (0, "reset"),
                "malformed-chunk" | "random-data" => (36, "closed"),
                "truncated" => (LENGTH / 2, "closed"),
                "reset-within" => (LENGTH / 2, "reset"),
                "reset-after" => (LENGTH, "reset"),
                "close-within" => (3000, "closed"),
                _ => (LENGTH, "closed"),
            };
            assert_eq!(
                (message.body.len(), how),
                (length, expected),
                "{name}, {head}: {message:?}"
            );
            let etags =
                message.field_lines().iter().filter(|line| line.starts_with("ETag:")).count();
            match name {
                "twice" => assert_eq!(etags, 2, "{message:?}"),
                "missing" => assert_eq!(etags, 0, "{message:?}"),
                "length" => assert_eq!(message.field("content-length"), Some("4010"), "{head}"),
                "status" => assert_eq!(message.status(), 503),
                _ => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_come_in_one_piece_are_each_answered_as_they_should_be() {
    let folder = Folder::new();
    let rules = table().into_iter().map(|(name, fault, ..)| below(name, fault)).collect();
    let ringer = ringer_with(&folder, rules).await;
    let ask = |path: &str| format!("GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n");
    for (name, ..) in table() {
        let mut wire = Wire::connect(ringer.address).await;
        wire.send([ask("other"), ask(name), ask("other"), ask(name), ask("other")].concat()).await;
        assert_eq!(wire.message().await.text(), body(), "before {name}");
        if ends(name) {
            // What was asked after it goes down with the connection.
            let (message, _) = to_the_end(&mut wire).await;
            let heads = memchr::memmem::find_iter(&message.body, b"HTTP/1.1").count();
            assert_eq!(heads, 0, "{name}");
            continue;
        }
        for _ in 0..2 {
            let struck = wire.message().await;
            let etags =
                struck.field_lines().iter().filter(|line| line.starts_with("ETag:")).count();
            assert_eq!(etags == 2, name == "twice", "{name}");
            let plain = wire.message().await;
            assert_eq!((plain.status(), plain.text()), (200, body()), "after {name}");
            let etags = plain.field_lines().iter().filter(|line| line.starts_with("ETag:")).count();
            assert_eq!(etags, 1, "after {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_taken_and_those_that_wait_are_not_asked_for() {
    let folder = Folder::new();
    let wire = |fault| Fault::Wire(fault);
    let ringer = ringer_with(
        &folder,
        vec![
            at("status", status(503)),
            at("reset", wire(WireFault::ConnectionReset)),
            at("empty", wire(WireFault::EmptyResponse)),
            at("within", wire(WireFault::ResetWithin(HALF))),
        ],
    )
    .await;
    let post = |path: &str, length: usize, more: &str| {
        format!("POST /{path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n{more}\r\n")
    };
    const LARGE: usize = 4 << 20;
    let large = vec![b'x'; LARGE];
    // All of it is read, so that the client gets to reading what became of it.
    let mut client = Wire::connect(ringer.address).await;
    for path in ["status", "other"] {
        client.send(post(path, LARGE, "")).await;
        client.send(&large).await;
        let expected = if path == "status" { 503 } else { 200 };
        assert_eq!(client.message().await.status(), expected);
    }
    for (path, expected) in [("reset", "reset"), ("empty", "closed"), ("within", "reset")] {
        let mut client = Wire::connect(ringer.address).await;
        client.send(post(path, LARGE, "")).await;
        client.send(&large).await;
        assert_eq!(to_the_end(&mut client).await.1, expected, "{path}");
    }
    // A body that does not come holds nothing up, and one that is not needed is not asked for, unless
    // the journal is to show it.
    let rules = vec![
        at("status", status(503)),
        at("reset", wire(WireFault::ConnectionReset)),
        at("empty", wire(WireFault::EmptyResponse)),
        at("within", wire(WireFault::ResetWithin(HALF))),
        at("stall", stall(None, None)),
    ];
    let journal = JournalLimits { entries: 0, ..JournalLimits::default() };
    let config = Config { behaviors: all(rules), journal, ..folder.config() };
    let ringer = folder.start(config).await;
    for (path, expected) in [("reset", "reset"), ("within", "reset")] {
        let mut client = Wire::connect(ringer.address).await;
        client.send(post(path, LARGE, "")).await;
        client.send("the beginning").await;
        assert_eq!(to_the_end(&mut client).await.1, expected, "{path}, in part");
    }
    let mut client = Wire::connect(ringer.address).await;
    client.send(post("status", LARGE, "")).await;
    client.send("the beginning").await;
    assert_eq!(client.message().await.status(), 503);
    let expects = "Expect: 100-continue\r\n";
    let mut client = Wire::connect(ringer.address).await;
    client.send(post("status", LARGE, expects)).await;
    assert_eq!(client.message().await.status(), 503);
    let mut events = ringer.running.events();
    for (path, expected) in [("reset", "reset"), ("empty", "closed")] {
        let mut client = Wire::connect(ringer.address).await;
        client.send(post(path, LARGE, expects)).await;
        let (message, how) = to_the_end(&mut client).await;
        assert_eq!((message.head.as_str(), message.body.len(), how), ("", 0, expected), "{path}");
        // No status is told that no client saw.
        assert_eq!(within(events.recv()).await.expect("it is told").status, None, "{path}");
    }
    // Who leaves a stall in the middle of a body is seen to.
    let mut client = Wire::connect(ringer.address).await;
    client.send(post("stall", LARGE, expects)).await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue");
    client.send("the beginning").await;
    drop(client);
    assert_eq!(within(events.recv()).await.expect("it is told").status, None);
}

async fn journal(address: SocketAddr) -> Vec<Value> {
    let list = client::get(address, "/__admin/requests").await.json();
    list["requests"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_a_stall_is_counted_and_in_the_journal() {
    let folder = Folder::new();
    let rules = vec![at("a", stall(None, None)), at("b", stall(Some(HALF), None))];
    let ringer = ringer_with(&folder, rules).await;
    let mut events = ringer.running.events();
    let posts = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n";
    let asked = [
        "GET /a HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        format!("{posts}\r\nfive more"),
        "GET /b HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
    ];
    for asked in &asked {
        let mut wire = Wire::connect(ringer.address).await;
        wire.send(asked).await;
        if asked.contains("/b") {
            wire.head().await;
        } else {
            let entered = asked.split(' ').next().unwrap();
            eventually_async("the entry", || async {
                let newest = journal(ringer.address).await.into_iter().next()?;
                (newest["request"]["method"] == entered).then_some(())
            })
            .await;
        }
        drop(wire);
        let handled = within(events.recv()).await.expect("it is told");
        assert_eq!(handled.outcome, ringer::model::Outcome::InjectedError, "{asked}");
        assert_eq!(handled.status, asked.contains("/b").then_some(200), "{asked}");
    }
    // A stream of HTTP/2 that its client gives up, too.
    let connection = Connection::http2(ringer.address).await;
    let request = connection.request("GET", "a", "/a").body(client::whole("")).unwrap();
    let asking = tokio::spawn(async move { connection.begin(request).await.map(drop) });
    eventually_async("the entry", || async {
        (journal(ringer.address).await.len() == asked.len() + 1).then_some(())
    })
    .await;
    asking.abort();
    assert_eq!(within(events.recv()).await.expect("it is told").status, None);
    let entries = journal(ringer.address).await;
    assert_eq!(entries.len(), asked.len() + 1);
    let summary = ringer.stop().await;
    assert_eq!((summary.injected, summary.stub_answers), (asked.len() as u64 + 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_that_are_kept_waiting_keep_nobody_else_waiting() {
    const CONNECTIONS: usize = 4;
    const STREAMS: usize = 500;
    let folder = Folder::new();
    let ringer = ringer_with(&folder, vec![at("a", stall(None, None))]).await;
    let mut events = ringer.running.events();
    let mut asking = tokio::task::JoinSet::new();
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let connection = Connection::http2(ringer.address).await;
        for _ in 0..STREAMS {
            let connection = connection.clone();
            asking.spawn(async move {
                let request = connection.request("GET", "a", "/a").body(client::whole("")).unwrap();
                connection.begin_within(Duration::from_secs(300), request).await.map(drop)
            });
        }
        connections.push(connection);
    }
    eventually_async("all wait", || async {
        let seen = client::get(ringer.address, "/__admin/requests?limit=1").await.json();
        (seen["meta"]["total"].as_u64()? >= 1000).then_some(())
    })
    .await;
    for connection in &connections {
        assert_eq!(connection.get("a", "/other").await.status, 200);
        let _ = within(events.recv()).await;
    }
    let summary = ringer.stop().await;
    assert!(summary.injected <= (CONNECTIONS * STREAMS) as u64);
    while let Some(ended) = within(asking.join_next()).await {
        assert!(ended.unwrap().is_err(), "nobody is answered");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rule_that_strikes_counts_and_the_others_are_numbered_all_the_same() {
    let folder = Folder::new();
    let rule = |name: &str, code: u16, turns: Turns, probability: f64| Rule {
        name: name.to_owned(),
        when: When { turns, probability, ..When::default() },
        effect: Effect::Fault(status(code)),
    };
    let nth = |nth: &[u64]| Turns { nth: nth.to_vec(), ..Turns::default() };
    let rules = vec![
        rule("first", 501, nth(&[2]), 1.0),
        rule("second", 502, nth(&[2, 3]), 1.0),
        rule("by chance", 503, Turns { after: 4, ..Turns::default() }, 0.3),
        rule("else", 504, Turns { after: 4, ..Turns::default() }, 1.0),
    ];
    let run = async |seed: u64| {
        let config = Config { seed: Seed(seed), behaviors: all(rules.clone()), ..folder.config() };
        let ringer = folder.start(config).await;
        let connection = Connection::http1(ringer.address).await;
        let mut got = Vec::new();
        for _ in 0..204 {
            got.push(connection.get("a", "/a").await.status);
        }
        got
    };
    folder.stub("a", r#"{"request":{"urlPath":"/a"},"response":{"status":200}}"#);
    let got = run(1).await;
    assert_eq!(got[..4], [200, 501, 502, 200]);
    let rest: BTreeSet<_> = got[4..].iter().copied().collect();
    assert_eq!(rest, [503, 504].into());
    let by_chance = got.iter().filter(|status| **status == 503).count();
    assert!((35..=85).contains(&by_chance), "{by_chance}");
    assert_eq!(got, run(1).await);
    assert_ne!(got, run(2).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_corrupted_for_the_same_seed() {
    let run = async |seed: u64, is_http2: bool| {
        let folder = Folder::new();
        let corrupted = at("a", Fault::Answer(AnswerFault::Corrupted { bytes: 5 }));
        let id = "00000000-0000-4000-8000-00000000000a";
        let stub = json!({"id": id, "request": {"urlPath": "/a"}, "response": {"body": body()}});
        folder.stub("a", &stub.to_string());
        let behaviors = all(vec![corrupted]);
        let config = Config { behaviors, seed: Seed(seed), ..folder.config() };
        let ringer = folder.start(config).await;
        let connection = match is_http2 {
            true => Connection::http2(ringer.address).await,
            false => Connection::http1(ringer.address).await,
        };
        let first = connection.get("a", "/a").await.body;
        (first, connection.get("a", "/a").await.body)
    };
    let (first, second) = run(5, false).await;
    assert_ne!(first, second);
    assert_eq!((first.clone(), second), run(5, true).await);
    assert_ne!(first, run(6, false).await.0);
}
