//! Upstreams that are down, slow, or not whom they claim to be: what the client is told.

use std::time::Duration;

use http_body_util::BodyExt as _;
use ringer::{
    config::{Config, Upstream as UpstreamConfig},
    model::Mode,
};
use tokio::{net::TcpListener, sync::mpsc};

use crate::support::{
    certificates::TestAuthority,
    client::{self, Connection, Got},
    folder::Folder,
    server::{Upstream, piece, piped, whole},
    waiting::within,
    wire::Wire,
};

const MODES: [Mode; 3] = [Mode::Passthrough, Mode::Fallback, Mode::Record];

async fn hello(
    _: http::Request<hyper::body::Incoming>,
) -> http::Response<crate::support::server::Body> {
    http::Response::new(whole("hello"))
}

/// What a client gets by way of a ringer whose upstream settings were `changed`.
async fn asked(mode: Mode, url: &str, changed: impl FnOnce(&mut UpstreamConfig)) -> Got {
    let folder = Folder::new();
    let mut config = folder.config_of(mode, url);
    changed(&mut config.upstream);
    let ringer = folder.start(config).await;
    client::get(ringer.address, "/a").await
}

#[track_caller]
fn check_failure(got: &Got, status: u16, code: &str, named: &str, hint: &str) {
    assert_eq!(got.status, status, "{}", got.text());
    assert_eq!(got.field("content-type"), Some("application/json"));
    let json = got.json();
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(text("error"), code, "{json}");
    assert!(text("message").contains(named), "{json}");
    assert!(text("hint").contains(hint), "{json}");
    assert!(json["upstream"].is_string(), "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_down_is_named() {
    // Bound and let go again: nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for mode in MODES {
        let got = asked(mode, &format!("http://{free}"), |_| {}).await;
        check_failure(
            &got,
            502,
            "upstream_unreachable",
            &free.to_string(),
            "is the upstream running",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_has_no_address_is_named() {
    let got = asked(Mode::Record, "http://no-such-host.invalid", |_| {}).await;
    check_failure(&got, 502, "upstream_unknown_host", "no-such-host.invalid", "spelling");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_silent_is_given_up() {
    let upstream = Upstream::scripted(|mut wire| async move {
        wire.head().await;
        wire.rest().await.ok();
    })
    .await;
    for mode in MODES {
        let got = asked(mode, &upstream.url(), |upstream| {
            upstream.response_timeout = Duration::from_millis(100);
        })
        .await;
        let address = upstream.address.to_string();
        check_failure(&got, 504, "upstream_timeout", &address, "--response-timeout");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_never_finishes_its_handshake_is_given_up() {
    let upstream = Upstream::scripted(|mut wire| async move {
        wire.rest().await.ok();
    })
    .await;
    let url = format!("https://{}", upstream.address);
    let got = asked(Mode::Record, &url, |upstream| {
        upstream.connect_timeout = Duration::from_millis(100);
    })
    .await;
    let address = upstream.address.to_string();
    check_failure(&got, 504, "upstream_connect_timeout", &address, "--connect-timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_speaks_no_http_is_said_to_have_broken_off() {
    for bytes in ["SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 nonsense\r\n\r\n", ""] {
        let upstream = Upstream::scripted(move |mut wire| async move {
            wire.head().await;
            wire.send(bytes).await;
        })
        .await;
        for mode in MODES {
            let got = asked(mode, &upstream.url(), |_| {}).await;
            let address = upstream.address.to_string();
            check_failure(&got, 502, "upstream_broke_off", &address, "look at its log");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_to_a_port_without_tls_is_said_so() {
    let upstream = Upstream::http(hello).await;
    let url = format!("https://{}", upstream.address);
    let got = asked(Mode::Record, &url, |_| {}).await;
    check_failure(&got, 502, "upstream_tls", &upstream.address.to_string(), "speak TLS");
}

/// What a client gets from an upstream with a certificate for `names`, asked for as `host`.
async fn asked_over_tls(names: &[&str], host: &str, trusted: bool, insecure: bool) -> Got {
    let authority = TestAuthority::new();
    let upstream = Upstream::https(authority.server(names, &["http/1.1"]), hello).await;
    let folder = Folder::new();
    let config = folder.config_of(Mode::Record, &upstream.url_at(host));
    let ca = folder.join("upstream-ca.pem");
    authority.write_to(&ca);
    let ca_files = if trusted { vec![ca] } else { Vec::new() };
    let upstream = UpstreamConfig { ca_files, insecure, ..config.upstream };
    let ringer = folder.start(Config { upstream, ..config }).await;
    client::get(ringer.address, "/a").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_unknown_authority_is_refused_unless_it_is_trusted() {
    let got = asked_over_tls(&["localhost"], "localhost", false, false).await;
    check_failure(&got, 502, "upstream_tls", "localhost:", "--upstream-ca");
    let got = asked_over_tls(&["localhost"], "localhost", true, false).await;
    assert_eq!(got.text(), "hello");
    let got = asked_over_tls(&["127.0.0.1"], "127.0.0.1", true, false).await;
    assert_eq!(got.text(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_refused() {
    let got = asked_over_tls(&["other.test"], "localhost", true, false).await;
    check_failure(&got, 502, "upstream_tls", "localhost:", "by a name that its certificate holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn insecure_takes_any_certificate() {
    let got = asked_over_tls(&["other.test"], "localhost", false, true).await;
    assert_eq!(got.text(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_authority_is_an_error_at_the_start() {
    let folder = Folder::new();
    let config = folder.config_of(Mode::Record, "https://localhost");
    let ca_files = vec![folder.write("not-a-ca.pem", "hello")];
    let upstream = UpstreamConfig { ca_files, ..config.upstream };
    std::fs::create_dir_all(folder.join("stubs")).unwrap();
    let error = ringer::app::App::start(Config { upstream, ..config }).await.unwrap_err();
    let mut chain = vec![error.to_string()];
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        chain.push(error.to_string());
        source = error.source();
    }
    assert!(chain.join(": ").contains("not-a-ca.pem"), "{chain:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ringer_is_not_its_own_upstream() {
    let folder = Folder::new();
    // A port that was free a moment ago, so that the upstream can be named before it is bound.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config =
        Config { listen: vec![free], ..folder.config_of(Mode::Record, &format!("http://{free}")) };
    let ringer = folder.start(config).await;
    let got = client::get(ringer.address, "/a").await;
    check_failure(&got, 502, "upstream_is_ringer", &free.to_string(), "address of the real API");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_broken_for_the_client_too() {
    for (mode, head) in [Mode::Passthrough, Mode::Record].into_iter().flat_map(|mode| {
        ["Content-Length: 100", "Transfer-Encoding: chunked"]
            .map(|framing| (mode, format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n5\r\nhello\r\n")))
    }) {
        let upstream = Upstream::scripted(move |mut wire| {
            let head = head.clone();
            async move {
                wire.head().await;
                wire.send(&head).await;
                // Goes away without the rest, once it was read.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let connection = Connection::http1(ringer.address).await;
        let request = connection.request("GET", "a", "/a").body(client::whole("")).unwrap();
        let response = connection.begin(request).await.expect("the head comes");
        assert_eq!(response.status(), 200);
        let mut body = response.into_body();
        let mut came = Vec::new();
        let end = loop {
            match within(body.frame()).await {
                Some(Ok(frame)) => came.extend(frame.into_data().unwrap()),
                end => break end,
            }
        };
        assert!(matches!(end, Some(Err(_))), "the client is told: {mode:?}");
        let came = String::from_utf8(came).unwrap();
        assert!(came.contains("hello"), "what came before the end is passed on: {came:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_reset_is_reset_for_an_http2_client() {
    for mode in [Mode::Passthrough, Mode::Record] {
        let (bodies, mut body) = mpsc::channel(1);
        let upstream = Upstream::http(move |_| {
            let bodies = bodies.clone();
            async move {
                let (pieces, body) = piped();
                bodies.send(pieces).await.unwrap();
                http::Response::new(body)
            }
        })
        .await;
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let connection = Connection::http2(ringer.address).await;
        let get = || connection.request("GET", "a", "/a").body(client::whole("")).unwrap();
        let mut answer = connection.begin(get()).await.unwrap();
        let pieces = within(body.recv()).await.unwrap();
        pieces.send(piece("hello")).await.unwrap();
        let first = within(answer.frame()).await.unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), "hello");
        pieces.send(Err(std::io::Error::other("broken on purpose"))).await.unwrap();
        let next = within(answer.frame()).await;
        assert!(matches!(next, Some(Err(_))), "{mode:?}: {next:?}");
        // The connection lives on.
        assert_eq!(connection.begin(get()).await.unwrap().status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_ends_the_work_of_the_upstream() {
    let (seen, mut ends) = mpsc::channel(1);
    let upstream = Upstream::scripted(move |mut wire| {
        let seen = seen.clone();
        async move {
            wire.head().await;
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").await;
            // Ends when ringer closes, or resets, the connection.
            wire.rest().await.ok();
            seen.send(()).await.ok();
        }
    })
    .await;
    for mode in [Mode::Passthrough, Mode::Record] {
        let folder = Folder::new();
        let ringer = folder.run(mode, &upstream.url()).await;
        let mut wire = Wire::connect(ringer.address).await;
        wire.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(wire.bodiless().await.status(), 200);
        assert_eq!(wire.chunk().await, b"hello");
        drop(wire);
        within(ends.recv()).await.expect("the upstream notices");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_counted_and_told() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &format!("http://{free}")).await;
    let mut events = ringer.running.events();
    client::get(ringer.address, "/a?b").await;
    let event = within(events.recv()).await.unwrap();
    assert_eq!(
        (event.method.as_str(), event.target.as_str(), event.status),
        ("GET", "/a?b", Some(502))
    );
    let summary = ringer.stop().await;
    assert_eq!((summary.requests, summary.upstream_failures), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn fallback_asks_the_upstream_for_what_no_stub_answers() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        http::Response::new(whole(request.into_body().collect().await.unwrap().to_bytes()))
    })
    .await;
    let folder = Folder::new();
    folder.stub(
        "a",
        r#"{"request":{"urlPath":"/a","bodyPatterns":[{"equalTo":"x"}]},"response":{"body":"stub"}}"#,
    );
    let ringer = folder.run(Mode::Fallback, &upstream.url()).await;
    let sent = |body: &'static str| client::send(ringer.address, "POST", "/a", &[], body);
    assert_eq!(sent("x").await.text(), "stub");
    assert_eq!(sent("something else").await.text(), "something else");
    let large = "y".repeat(5 << 20);
    let got = client::send(ringer.address, "POST", "/a", &[], large.clone()).await;
    assert_eq!(got.body.len(), large.len());
}
