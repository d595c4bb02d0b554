//! Addresses of sessions' own.

use std::{net::SocketAddr, time::Duration};

use ringer::{config::Config, model::SessionName, store::SessionLimits};
use tokio::net::TcpStream;

use crate::support::{
    client::{self, Connection},
    folder::Folder,
    waiting::eventually_async,
};

const STUB: &str = r#"{"request": {"url": "/a"}, "response": {"body": "base"}}"#;

fn name(text: &str) -> SessionName {
    text.parse().unwrap()
}

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn count(at: SocketAddr, session: &str) -> u64 {
    let fields = [("X-Ringer-Session", session)];
    let got =
        client::send(at, "POST", "/__admin/requests/count", &fields, r#"{"url": "/a"}"#).await;
    got.json()["count"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_at_a_sessions_address_belongs_to_it() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let session_listen = vec![(name("ann"), local()), (name("bob"), local())];
    let ringer = folder.start(Config { session_listen, ..folder.config() }).await;
    let addresses = ringer.running.session_addresses().to_vec();
    let [(_, ann), (_, bob)] = addresses[..] else { panic!("{addresses:?}") };
    assert_eq!(client::get(ann, "/a").await.text(), "base");
    assert_eq!(count(ringer.address, "ann").await, 1);
    for other in ["bob", "default"] {
        assert_eq!(count(ringer.address, other).await, 0, "{other}");
    }
    // Calls of the admin API there are about the session.
    let asked = r#"{"url": "/a"}"#;
    let here = client::send(ann, "POST", "/__admin/requests/count", &[], asked).await;
    assert_eq!(here.json()["count"], 1);
    // Who names another means that.
    let got = client::send(ann, "GET", "/a", &[("X-Ringer-Session", "bob")], "").await;
    assert_eq!(got.text(), "base");
    assert_eq!((count(bob, "bob").await, count(bob, "ann").await), (1, 1));
    // Over TLS as well.
    let config = crate::support::certificates::client_trusting(&ringer.ca_pem(), &["h2"]);
    let connection = Connection::tls(ann, "localhost", config).await;
    assert_eq!(connection.get("localhost", "/a").await.text(), "base");
    assert_eq!(count(ringer.address, "ann").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_an_address_from_the_start_begins_anew_when_it_is_forgotten() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let sessions =
        SessionLimits { strict: true, idle: Duration::from_millis(50), ..SessionLimits::default() };
    let session_listen = vec![(name("ann"), local())];
    let ringer = folder.start(Config { session_listen, sessions, ..folder.config() }).await;
    let ann = ringer.running.session_addresses()[0].1;
    assert_eq!(client::get(ann, "/a").await.status, 200);
    eventually_async("the session is forgotten", || async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        (count(ann, "ann").await == 0).then_some(())
    })
    .await;
    assert_eq!(client::get(ann, "/a").await.status, 200);
    ringer.stop().await;
    assert!(TcpStream::connect(ann).await.is_err());
}
