//! The listening side: one port for all protocols, certificates, bounds, the end.

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use ringer::{config::Config, model::Mode, serve::Limits};
use rustls::pki_types::CertificateDer;
use tokio::{net::TcpStream, sync::mpsc};

use crate::support::{
    certificates::client_trusting,
    client::{self, Connection, tls},
    folder::{Folder, Ringer},
    server::{Upstream, whole},
    waiting::{eventually_async, within},
    wire::Wire,
};

const STUB: &str = r#"{"request":{"urlPath":"/a"},"response":{"status":200,"body":"from a"}}"#;

async fn replaying() -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let ringer = folder.replay().await;
    (folder, ringer)
}

fn config(folder: &Folder, limits: Limits) -> Config {
    folder.stub("a", STUB);
    Config { limits, ..folder.config() }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_port_serves_http1_and_http2_with_and_without_tls() {
    let (_folder, ringer) = replaying().await;
    let tls = |alpn: &'static [&'static str]| {
        Connection::tls(ringer.address, "localhost", client_trusting(&ringer.ca_pem(), alpn))
    };
    for (connection, is_http2) in [
        (Connection::http1(ringer.address).await, false),
        (Connection::http2(ringer.address).await, true),
        (tls(&["http/1.1"]).await, false),
        (tls(&["h2", "http/1.1"]).await, true),
        (tls(&[]).await, false),
    ] {
        assert_eq!(connection.is_http2(), is_http2);
        for _ in 0..2 {
            let got = connection.get("localhost", "/a").await;
            assert_eq!((got.status, got.text().as_str()), (200, "from a"));
        }
    }
    let summary = ringer.stop().await;
    assert_eq!((summary.requests, summary.stub_answers), (10, 10));
}

async fn leaf(ringer: &Ringer, name: &str) -> CertificateDer<'static> {
    let config = client_trusting(&ringer.ca_pem(), &[]);
    let stream = tls(ringer.address, name, config).await.expect("the leaf fits the name");
    stream.get_ref().1.peer_certificates().expect("a chain")[0].clone().into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_is_minted_for_each_name_and_address_and_kept() {
    let (_folder, ringer) = replaying().await;
    let api = leaf(&ringer, "api.example.com").await;
    assert_ne!(api, leaf(&ringer, "other.example.com").await);
    assert_eq!(api, leaf(&ringer, "api.example.com").await);
    // A client that connects to an address names nobody, and checks for the address.
    leaf(&ringer, "127.0.0.1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_is_made_once_and_its_key_is_private() {
    let (folder, ringer) = replaying().await;
    let key = folder.join("certs/ca-key.pem");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let first = (std::fs::read(&key).unwrap(), ringer.ca_pem());
    ringer.stop().await;
    let again = folder.replay().await;
    assert_eq!(first, (std::fs::read(&key).unwrap(), again.ca_pem()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_is_not_finished_in_time_ends_its_connection() {
    let folder = Folder::new();
    let limits = Limits { handshake: Duration::from_millis(50), ..Limits::default() };
    let ringer = folder.start(config(&folder, limits)).await;
    let mut silent = Wire::connect(ringer.address).await;
    // The first bytes of a TLS record that never comes whole.
    silent.send([0x16, 3, 1, 2, 0]).await;
    assert!(silent.is_closed().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_in_time_ends_its_connection() {
    let folder = Folder::new();
    let limits = Limits { headers: Duration::from_millis(50), ..Limits::default() };
    let ringer = folder.start(config(&folder, limits)).await;
    let mut mute = Wire::connect(ringer.address).await;
    assert!(mute.is_closed().await);
    let mut slow = Wire::connect(ringer.address).await;
    slow.send("GET /a HTTP/1.1\r\nHost: a\r\n").await;
    // Whether 408 is said first is the server's choice; that it ends is not.
    let _ = slow.rest().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_beyond_the_limit_is_refused_and_costs_no_memory() {
    let folder = Folder::new();
    let limits = Limits { head_bytes: 16 * 1024, ..Limits::default() };
    let ringer = folder.start(config(&folder, limits)).await;
    let mut wire = Wire::connect(ringer.address).await;
    // No more than the limit: what the server leaves unread would reset the connection, and the
    // answer could be lost with it.
    let head = format!("{:x<1$}", "GET /a HTTP/1.1\r\nX: ", 16 * 1024);
    wire.send(head).await;
    assert_eq!(wire.bodiless().await.status(), 431);
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_connection_limit_the_next_waits_until_one_ends() {
    let folder = Folder::new();
    let limits = Limits { connections: 1, ..Limits::default() };
    let ringer = folder.start(config(&folder, limits)).await;
    let mut first = Wire::connect(ringer.address).await;
    first.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(first.message().await.status(), 200);
    let mut second = Wire::connect(ringer.address).await;
    second.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let early = tokio::time::timeout(Duration::from_millis(150), second.more()).await;
    assert!(early.is_err(), "the second is not served beside the first");
    drop(first);
    assert_eq!(second.message().await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_finishes_what_is_in_flight_and_takes_nothing_new() {
    let (arrived, mut arrivals) = mpsc::channel(1);
    let release = std::sync::Arc::new(tokio::sync::Notify::new());
    let held = std::sync::Arc::clone(&release);
    let upstream = Upstream::http(move |_| {
        let (arrived, held) = (arrived.clone(), std::sync::Arc::clone(&held));
        async move {
            arrived.send(()).await.unwrap();
            held.notified().await;
            http::Response::new(whole("at last"))
        }
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Passthrough, &upstream.url()).await;
    let address = ringer.address;
    let in_flight = tokio::spawn(async move { client::get(address, "/slow").await });
    within(arrivals.recv()).await.unwrap();
    let stopping = tokio::spawn(ringer.stop());
    eventually_async("connections refused", || async {
        TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
    assert!(!stopping.is_finished());
    release.notify_one();
    assert_eq!(within(in_flight).await.unwrap().text(), "at last");
    assert_eq!(within(stopping).await.unwrap().requests, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_does_not_wait_longer_than_the_drain_limit() {
    let (arrived, mut arrivals) = mpsc::channel(1);
    let upstream = Upstream::http(move |_| {
        let arrived = arrived.clone();
        async move {
            arrived.send(()).await.unwrap();
            std::future::pending().await
        }
    })
    .await;
    for mode in [Mode::Passthrough, Mode::Record] {
        let folder = Folder::new();
        let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
        let ringer =
            folder.start(Config { limits, ..folder.config_of(mode, &upstream.url()) }).await;
        let mut hanging = Wire::connect(ringer.address).await;
        hanging.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await;
        within(arrivals.recv()).await.unwrap();
        // An idle connection does not hold it up either.
        let _idle = Wire::connect(ringer.address).await;
        ringer.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_order() {
    let (_folder, ringer) = replaying().await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send(
        "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n\
         POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxyGET /c HTTP/1.1\r\nHost: a\r\n\r\n",
    )
    .await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(wire.message().await.status());
    }
    assert_eq!(statuses, [200, 404, 200, 404]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_does_not_wait_for_the_rest_of_the_next_request() {
    let (_folder, ringer) = replaying().await;
    for beginning in ["GET /a HT", "\r\n"] {
        let mut wire = Wire::connect(ringer.address).await;
        wire.send(format!("GET /a HTTP/1.1\r\nHost: a\r\n\r\n{beginning}")).await;
        assert_eq!(wire.message().await.text(), "from a");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http10_ends_after_one_answer_unless_the_client_wants_more() {
    let (_folder, ringer) = replaying().await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /a HTTP/1.0\r\n\r\n").await;
    assert_eq!(wire.message().await.text(), "from a");
    assert!(wire.is_closed().await);

    let mut wire = Wire::connect(ringer.address).await;
    for _ in 0..2 {
        wire.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await;
        let answer = wire.message().await;
        assert_eq!(answer.text(), "from a");
        assert_eq!(answer.field("connection"), Some("keep-alive"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_refused_and_the_next_connection_is_served() {
    let (_folder, ringer) = replaying().await;
    for garbage in ["\r\n\r\n\0\0\0garbage\r\n\r\n", "GET\r\n\r\n", "GET /a HTTP/9.9\r\n\r\n"] {
        let mut wire = Wire::connect(ringer.address).await;
        wire.send(garbage).await;
        let said = String::from_utf8(wire.rest().await.unwrap_or_default()).unwrap();
        assert!(said.starts_with("HTTP/1.1 400"), "{garbage:?}: {said:?}");
    }
    assert_eq!(client::get(ringer.address, "/a").await.status, 200);
}

/// Stubs of two hosts, which answer with their names.
async fn two_hosts() -> (Folder, Ringer) {
    let folder = Folder::new();
    for host in ["one.test", "two.test"] {
        let stub = STUB.replace("from a", host);
        folder.write(&format!("stubs/{host}/mappings/a.json"), stub);
    }
    let ringer = folder.replay().await;
    (folder, ringer)
}

#[tokio::test(flavor = "multi_thread")]
async fn absolute_targets_name_the_host_whose_stubs_answer() {
    let (_folder, ringer) = two_hosts().await;
    let mut wire = Wire::connect(ringer.address).await;
    for host in ["one.test", "two.test", "one.test"] {
        // The target counts, not the field (RFC 9112 §3.2.2).
        wire.send(format!("GET http://{host}/a HTTP/1.1\r\nHost: ignored.test\r\n\r\n")).await;
        assert_eq!(wire.message().await.text(), host);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_tunnels_are_opened_and_served_as_the_host_they_name() {
    let (_folder, ringer) = two_hosts().await;
    for (host, alpn) in [("one.test", "http/1.1"), ("two.test", "h2")] {
        let mut wire = Wire::connect(ringer.address).await;
        wire.send(format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n")).await;
        assert_eq!(wire.bodiless().await.status(), 200);
        let connector =
            tokio_rustls::TlsConnector::from(client_trusting(&ringer.ca_pem(), &[alpn]));
        let name = host.try_into().unwrap();
        let stream = within(connector.connect(name, wire.into_stream())).await.unwrap();
        let connection = if alpn == "h2" {
            Connection::http2_over(stream).await
        } else {
            Connection::http1_over(stream).await
        };
        for _ in 0..2 {
            assert_eq!(connection.get(host, "/a").await.text(), host);
        }
    }
    // Cleartext goes through a tunnel, too.
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("CONNECT two.test:80 HTTP/1.1\r\nHost: two.test:80\r\n\r\n").await;
    assert_eq!(wire.bodiless().await.status(), 200);
    wire.send("GET /a HTTP/1.1\r\nHost: two.test\r\n\r\n").await;
    assert_eq!(wire.message().await.text(), "two.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_to_an_address_gets_a_certificate_of_that_address() {
    let (_folder, ringer) = replaying().await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("CONNECT 192.0.2.7:443 HTTP/1.1\r\nHost: 192.0.2.7:443\r\n\r\n").await;
    assert_eq!(wire.bodiless().await.status(), 200);
    let connector = tokio_rustls::TlsConnector::from(client_trusting(&ringer.ca_pem(), &[]));
    let name = rustls::pki_types::ServerName::try_from("192.0.2.7").unwrap();
    within(connector.connect(name, wire.into_stream())).await.expect("the leaf fits");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_an_error_that_names_it() {
    let (folder, ringer) = replaying().await;
    let config = Config { listen: vec![ringer.address], ..folder.config() };
    let error = ringer::app::App::start(config).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {}", ringer.address));
}
