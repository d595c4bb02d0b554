//! What passes between client and upstream, to the byte, whether it is recorded or not.

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use ringer::{
    config::{Config, Upstream as UpstreamConfig},
    model::Mode,
};
use tokio::sync::{Mutex, mpsc};

use crate::support::{
    certificates::{TestAuthority, client_trusting},
    client::{self, Connection},
    folder::Folder,
    server::{Upstream, whole},
    waiting::within,
    wire::{Message, Wire},
};

/// Forwarding is the same with and without a recorder.
const MODES: [Mode; 2] = [Mode::Passthrough, Mode::Record];

/// Sends `request` through ringer to an upstream that gives `answer`; what each side saw.
async fn exchange(mode: Mode, request: &str, answer: &str) -> (Message, Message) {
    let (upstream, mut requests) = Upstream::answering(answer.to_owned()).await;
    let folder = Folder::new();
    let ringer = folder.run(mode, &upstream.url()).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send(request).await;
    let seen =
        if request.starts_with("HEAD") { wire.bodiless().await } else { wire.message().await };
    (requests.next().await, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn names_keep_their_case_their_order_and_their_repeats() {
    for mode in MODES {
        let (request, answer) = exchange(
            mode,
            "GET /a HTTP/1.1\r\nHOST: api.test\r\nX-b: 1\r\nX-B: 3\r\nx-A: 2\r\naccept: */*\r\nX-Empty: \r\n\r\n",
            "HTTP/1.1 200 OK\r\nx-Amz-META: v\r\nETag: \"1\"\r\nSet-Cookie: a=1\r\nSet-cookie: b=2\r\nContent-LENGTH: 2\r\nX-Last: 1\r\n\r\nok",
        )
        .await;
        assert_eq!(
            request.field_lines(),
            ["HOST: api.test", "X-b: 1", "X-B: 3", "x-A: 2", "accept: */*", "X-Empty:"],
            "{mode:?}"
        );
        assert_eq!(
            answer.field_lines(),
            [
                "x-Amz-META: v",
                "ETag: \"1\"",
                "Set-Cookie: a=1",
                "Set-cookie: b=2",
                "Content-LENGTH: 2",
                "X-Last: 1"
            ],
            "{mode:?}"
        );
        assert_eq!(answer.text(), "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_concerns_one_connection_stays_on_it() {
    for mode in MODES {
        let (request, answer) = exchange(
            mode,
            "GET /a HTTP/1.1\r\nHost: api.test\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: Basic eDp5\r\nProxy-Connection: keep-alive\r\nX-Yours: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nConnection: X-Own\r\nX-Own: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nX-Yours: 1\r\nContent-Length: 0\r\n\r\n",
        )
        .await;
        assert_eq!(request.field_lines(), ["Host: api.test", "TE: trailers", "X-Yours: 1"]);
        assert_eq!(answer.field_lines(), ["X-Yours: 1", "Content-Length: 0"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_added_to_request_or_answer() {
    for mode in MODES {
        let (request, answer) = exchange(
            mode,
            "POST /a?b=c HTTP/1.1\r\nHost: api.test\r\nContent-Length: 3\r\n\r\nabc",
            "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx",
        )
        .await;
        assert_eq!(request.head, "POST /a?b=c HTTP/1.1\r\nHost: api.test\r\nContent-Length: 3");
        assert_eq!(request.text(), "abc");
        assert_eq!(answer.head, "HTTP/1.1 201 Created\r\nContent-Length: 1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_are_passed_on_as_they_were_spelled() {
    for target in [
        "/a?",
        "/?a",
        "/?a=",
        "/a?x=1&x=2&y=+&z=%20&&",
        "/a//b/../c/./%2e%2F%C3%A4",
        "/caf%c3%a9;v=1?q=%e2%82%ac",
        "/a?b?c",
    ] {
        let (request, _) = exchange(
            Mode::Record,
            &format!("REPORT {target} HTTP/1.1\r\nHost: api.test\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        )
        .await;
        assert_eq!(request.first_line(), format!("REPORT {target} HTTP/1.1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_asterisk_is_passed_on() {
    for mode in MODES {
        let (request, answer) = exchange(
            mode,
            "OPTIONS * HTTP/1.1\r\nHost: api.test\r\n\r\n",
            "HTTP/1.1 200 OK\r\nAllow: GET, PROPFIND\r\nDAV: 1,2\r\nContent-Length: 0\r\n\r\n",
        )
        .await;
        assert_eq!(request.first_line(), "OPTIONS * HTTP/1.1");
        assert_eq!(answer.field_lines(), ["Allow: GET, PROPFIND", "DAV: 1,2", "Content-Length: 0"]);
    }
}

async fn host_seen(preserve_host: Option<bool>, path: &str) -> (Message, std::net::SocketAddr) {
    let (upstream, mut requests) =
        Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let folder = Folder::new();
    let config = folder.config_of(Mode::Record, &format!("{}{path}", upstream.url()));
    let config = Config { upstream: UpstreamConfig { preserve_host, ..config.upstream }, ..config };
    let ringer = folder.start(config).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /a HTTP/1.1\r\nAccept: */*\r\nHost: my.name:1234\r\n\r\n").await;
    wire.message().await;
    (requests.next().await, upstream.address)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_upstream_sees_the_host_that_the_client_named() {
    let (request, _) = host_seen(None, "").await;
    assert_eq!(request.field_lines(), ["Accept: */*", "Host: my.name:1234"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_sees_its_own_name_where_it_shall() {
    let (request, address) = host_seen(Some(false), "").await;
    assert_eq!(request.field_lines(), ["Accept: */*".to_owned(), format!("Host: {address}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_of_the_upstream_s_url_is_put_before_each() {
    let (request, _) = host_seen(None, "/base/v1").await;
    assert_eq!(request.first_line(), "GET /base/v1/a HTTP/1.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_the_upstream_does_not_want_is_never_sent() {
    for mode in MODES {
        let upstream = Upstream::scripted(|mut wire| async move {
            let head = wire.head().await;
            assert!(head.contains("100-continue"), "{head}");
            wire.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
                .await;
            // What the client would have sent.
            let rest = wire.rest().await.unwrap_or_default();
            assert!(rest.is_empty(), "{rest:?}");
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let mut wire = Wire::connect(ringer.address).await;
        wire.send(
            "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        )
        .await;
        let answer = wire.message().await;
        assert_eq!((answer.status(), answer.text().as_str()), (417, "no"), "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_is_told_to_continue_when_the_upstream_says_so() {
    for mode in MODES {
        let (go, wait) = mpsc::channel::<()>(1);
        let wait = std::sync::Arc::new(Mutex::new(wait));
        let upstream = Upstream::scripted(move |mut wire| {
            let wait = std::sync::Arc::clone(&wait);
            async move {
                wire.head().await;
                wait.lock().await.recv().await;
                wire.send("HTTP/1.1 100 Continue\r\n\r\n").await;
                assert_eq!(wire.exactly(5).await, b"hello");
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ngot").await;
                wire.rest().await.ok();
            }
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let mut wire = Wire::connect(ringer.address).await;
        wire.send(
            "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        )
        .await;
        let early = tokio::time::timeout(std::time::Duration::from_millis(100), wire.more()).await;
        assert!(early.is_err(), "not before the upstream: {mode:?}");
        go.send(()).await.unwrap();
        assert_eq!(wire.bodiless().await.status(), 100);
        wire.send("hello").await;
        assert_eq!(wire.message().await.text(), "got");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_never_says_continue_gets_the_body_all_the_same() {
    let upstream = Upstream::scripted(|mut wire| async move {
        wire.head().await;
        assert_eq!(wire.exactly(5).await, b"hello");
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ngot").await;
        wire.rest().await.ok();
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(wire.bodiless().await.status(), 100);
    wire.send("hello").await;
    assert_eq!(wire.message().await.text(), "got");
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_after_chunks_pass_both_ways() {
    for mode in MODES {
        let (request, answer) = exchange(
            mode,
            "POST /a HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Check\r\n\r\n4\r\nabcd\r\n1\r\ne\r\n0\r\nX-Check: 1\r\n\r\n",
        )
        .await;
        assert_eq!(request.text(), "abcde");
        assert_eq!(request.field("trailer"), Some("X-Sum"));
        assert_eq!(request.trailers.join(",").to_ascii_lowercase(), "x-sum: 5", "{mode:?}");
        assert_eq!(answer.text(), "abcde");
        assert_eq!(answer.trailers.join(",").to_ascii_lowercase(), "x-check: 1", "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_and_chunks_reach_the_client_as_the_upstream_chose() {
    for mode in MODES {
        let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
        let (_, chunked) = exchange(
            mode,
            get,
            "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\nX-B: 2\r\n\r\n1\r\na\r\n0\r\n\r\n",
        )
        .await;
        let lines = chunked.field_lines();
        assert_eq!(lines, ["X-A: 1", "Transfer-Encoding: chunked", "X-B: 2"], "{mode:?}");
        assert_eq!(chunked.text(), "a");
        let (_, to_the_end) =
            exchange(mode, get, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end").await;
        assert_eq!(to_the_end.text(), "until the end");
        assert_eq!(to_the_end.field("content-length"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_keeps_the_length_of_the_body_that_does_not_come() {
    for mode in MODES {
        let (upstream, _requests) =
            Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n").await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let mut wire = Wire::connect(ringer.address).await;
        for _ in 0..2 {
            wire.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let head = wire.bodiless().await;
            assert_eq!(head.field_lines(), ["Content-Length: 12345"], "{mode:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_body_have_none_and_no_length_is_made_up() {
    for mode in MODES {
        for (answer, lines) in [
            ("HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n", vec!["X-A: 1"]),
            ("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n", vec!["ETag: \"1\""]),
        ] {
            let (upstream, _requests) = Upstream::answering(answer).await;
            let folder = Folder::new();
            let ringer = folder.run(mode, &upstream.url()).await;
            let mut wire = Wire::connect(ringer.address).await;
            for _ in 0..2 {
                wire.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
                assert_eq!(wire.bodiless().await.field_lines(), lines, "{mode:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reasons_are_kept() {
    for mode in MODES {
        let (_, answer) = exchange(
            mode,
            "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/1.1 299 Rather Fine\r\nContent-Length: 0\r\n\r\n",
        )
        .await;
        assert_eq!(answer.first_line(), "HTTP/1.1 299 Rather Fine");
    }
}

/// An upstream that gives a hint, and its answer when it is told to go on.
async fn hinting() -> (Upstream, mpsc::Sender<()>) {
    let (go, wait) = mpsc::channel::<()>(1);
    let wait = std::sync::Arc::new(Mutex::new(wait));
    let upstream = Upstream::scripted(move |mut wire| {
        let wait = std::sync::Arc::clone(&wait);
        async move {
            wire.head().await;
            wire.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n").await;
            wait.lock().await.recv().await;
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            wire.rest().await.ok();
        }
    })
    .await;
    (upstream, go)
}

#[tokio::test(flavor = "multi_thread")]
async fn early_hints_reach_an_http11_client_before_the_answer() {
    let (upstream, go) = hinting().await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let hints = wire.bodiless().await;
    assert_eq!(hints.first_line(), "HTTP/1.1 103 Early Hints");
    assert_eq!(hints.field("link"), Some("</a.css>; rel=preload"));
    go.send(()).await.unwrap();
    assert_eq!(wire.message().await.text(), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn early_hints_reach_an_http11_client_also_when_nothing_is_recorded() {
    let (upstream, go) = hinting().await;
    go.send(()).await.unwrap();
    let folder = Folder::new();
    let ringer = folder.run(Mode::Passthrough, &upstream.url()).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(wire.bodiless().await.first_line(), "HTTP/1.1 103 Early Hints");
    assert_eq!(wire.message().await.text(), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_the_upstream_names_the_client_s_address_instead() {
    for mode in MODES {
        let (upstream, _requests) = Upstream::answering_each(|request| {
            let own = request.field("x-own").unwrap();
            format!(
                "HTTP/1.1 302 Found\r\nLocation: {own}/next?a=b\r\nContent-Location: {own}/here\r\n\
                 Link: <{own}/?page=2>; rel=\"next\", <https://elsewhere.test/>; rel=\"help\"\r\n\
                 X-Untouched: {own}/\r\nSet-Cookie: s=1; Domain=127.0.0.1; Path=/\r\n\
                 Content-Length: 0\r\n\r\n"
            )
            .into()
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let got =
            client::send(ringer.address, "GET", "/a", &[("x-own", &upstream.url())], "").await;
        let here = format!("http://{}", ringer.address);
        assert_eq!(got.field("location").unwrap(), format!("{here}/next?a=b"), "{mode:?}");
        assert_eq!(got.field("content-location").unwrap(), format!("{here}/here"));
        assert_eq!(
            got.field("link").unwrap(),
            format!("<{here}/?page=2>; rel=\"next\", <https://elsewhere.test/>; rel=\"help\"")
        );
        assert_eq!(got.field("x-untouched").unwrap(), format!("{}/", upstream.url()));
        assert_eq!(got.field("set-cookie").unwrap(), "s=1; Path=/");
    }
}

/// Says which protocol a request came with, sends its body and trailers back.
async fn echo(
    request: http::Request<hyper::body::Incoming>,
) -> Response<crate::support::server::Body> {
    let version = format!("{:?}", request.version());
    let authority = request.uri().authority().map(ToString::to_string);
    let host = request.headers().get("host").map(|host| host.to_str().unwrap().to_owned());
    let collected = request.into_body().collect().await.unwrap();
    let mut trailers = collected.trailers().cloned().unwrap_or_else(HeaderMap::new);
    trailers.insert("x-status", "0".parse().unwrap());
    let frames = vec![
        Ok::<_, std::io::Error>(Frame::data(collected.to_bytes())),
        Ok(Frame::trailers(trailers)),
    ];
    Response::builder()
        .header("x-version", version)
        .header("x-authority", authority.or(host).unwrap_or_default())
        .body(StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync())
        .unwrap()
}

fn with_trailer(body: &'static str) -> client::Body {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", "7".parse().unwrap());
    let frames = vec![
        Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(body.as_bytes()))),
        Ok(Frame::trailers(trailers)),
    ];
    StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http2_client_reaches_an_http2_upstream_with_trailers_both_ways() {
    let upstream = Upstream::http(echo).await;
    for mode in MODES {
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let connection = Connection::http2(ringer.address).await;
        for _ in 0..2 {
            let request = connection
                .request("POST", "my.name", "/a")
                .header("te", "trailers")
                .body(with_trailer("ping"))
                .unwrap();
            let got = connection.send(request).await;
            assert_eq!(got.field("x-version"), Some("HTTP/2.0"), "{mode:?}");
            assert_eq!(got.field("x-authority"), Some("my.name"));
            assert_eq!(got.text(), "ping");
            let trailers = got.trailers.expect("trailers");
            assert_eq!(
                (&trailers["x-sum"], &trailers["x-status"]),
                (&"7".parse().unwrap(), &"0".parse().unwrap())
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http2_client_reaches_an_upstream_that_speaks_http11_alone() {
    for mode in MODES {
        let (upstream, mut requests) =
            Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let connection = Connection::http2(ringer.address).await;
        assert_eq!(connection.get("my.name", "/a").await.text(), "ok");
        let request = loop {
            let request = requests.next().await;
            // ringer may first ask which protocol the upstream speaks.
            if request.first_line() == "GET /a HTTP/1.1" {
                break request;
            }
        };
        assert_eq!(request.field("host"), Some("my.name"), "{mode:?}");
    }
}

fn trusting(folder: &Folder, mode: Mode, url: &str, authority: &TestAuthority) -> Config {
    let ca = folder.join("upstream-ca.pem");
    authority.write_to(&ca);
    let config = folder.config_of(mode, url);
    Config { upstream: UpstreamConfig { ca_files: vec![ca], ..config.upstream }, ..config }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_upstream_gets_the_protocol_that_the_client_speaks() {
    let authority = TestAuthority::new();
    let server = authority.server(&["localhost"], &["h2", "http/1.1"]);
    let upstream = Upstream::https(server, echo).await;
    for mode in MODES {
        let folder = Folder::new();
        let config = trusting(&folder, mode, &upstream.url_at("localhost"), &authority);
        let ringer = folder.start(config).await;
        let pem = ringer.ca_pem();
        for (alpn, version) in [("h2", "HTTP/2.0"), ("http/1.1", "HTTP/1.1")] {
            let config = client_trusting(&pem, &[alpn]);
            let connection = Connection::tls(ringer.address, "localhost", config).await;
            let request =
                connection.request("POST", "localhost", "/a").body(whole_body("ping")).unwrap();
            let got = connection.send(request).await;
            assert_eq!((got.field("x-version"), got.text().as_str()), (Some(version), "ping"));
        }
    }
}

fn whole_body(text: &'static str) -> client::Body {
    client::whole(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_stream_does_not_hold_up_the_others_of_its_connection() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        if request.uri().path() == "/slow" {
            std::future::pending::<()>().await;
        }
        Response::new(whole("fast"))
    })
    .await;
    for mode in MODES {
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let connection = Connection::http2(ringer.address).await;
        let slow = tokio::spawn({
            let connection = connection.clone();
            async move { connection.get("a", "/slow").await }
        });
        for _ in 0..10 {
            assert_eq!(connection.get("a", "/fast").await.text(), "fast");
        }
        assert!(!slow.is_finished());
        slow.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_pass_untouched_whatever_their_coding() {
    // A gzip header, and then bytes that are none.
    let odd = b"\x1f\x8b\x08\x00not gzip at all\xff\xfe\x00";
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        Response::builder().header("content-encoding", "gzip").body(whole(body)).unwrap()
    })
    .await;
    for mode in MODES {
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let fields = [("content-encoding", "gzip"), ("content-type", "application/json")];
        let got = client::send(ringer.address, "POST", "/a", &fields, &odd[..]).await;
        assert_eq!(got.body, odd.as_slice());
        assert_eq!(got.field("content-encoding"), Some("gzip"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_upgrade_is_passed_through_in_both_directions() {
    for mode in MODES {
        let upstream = Upstream::scripted(|mut wire| async move {
            let request = wire.message().await;
            assert_eq!(request.field("upgrade"), Some("chat/2"));
            wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat/2\r\n\r\nhello from there")
                .await;
            assert_eq!(wire.exactly(5).await, b"hello");
            wire.send("bye").await;
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let mut wire = Wire::connect(ringer.address).await;
        wire.send(
            "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat/2\r\n\r\n",
        )
        .await;
        assert_eq!(wire.bodiless().await.status(), 101);
        assert_eq!(wire.exactly(16).await, b"hello from there");
        wire.send("hello").await;
        assert_eq!(wire.exactly(3).await, b"bye");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_connections_are_used_again() {
    let (opened, mut opens) = mpsc::channel(100);
    let upstream = Upstream::scripted(move |mut wire| {
        opened.try_send(()).unwrap();
        async move {
            while wire.next_message().await.is_some() {
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").await;
            }
        }
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    for _ in 0..20 {
        assert_eq!(client::get(ringer.address, "/a").await.status, 200);
    }
    within(opens.recv()).await.unwrap();
    let more = std::iter::from_fn(|| opens.try_recv().ok()).count();
    // An answer may reach the client before its connection is back in the pool.
    assert!(more < 10, "{more} more connections for 20 requests in a row");
}
