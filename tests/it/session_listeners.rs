//! Addresses of sessions' own.

use std::{net::SocketAddr, time::Duration};

use ringer::{config::Config, model::SessionName, store::SessionLimits};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::{
    client::{self, Connection},
    folder::{Folder, Ringer},
    in_session::InSession,
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

/// Makes a session with an address of its own.
async fn opened(ringer: &Ringer, spec: Value) -> SocketAddr {
    let made = InSession::none(ringer).admin("POST", "/ringer/sessions", spec).await;
    made["listeners"][0].as_str().unwrap().parse().unwrap()
}

async fn until_shut(at: SocketAddr) {
    eventually_async("nobody listens", || async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        TcpStream::connect(at).await.is_err().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_comes_and_goes_with_its_session() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let ringer = folder.replay().await;
    let none = InSession::none(&ringer);
    let eve = opened(&ringer, json!({"name": "eve", "listen": "127.0.0.1:0"})).await;
    let two = json!({"name": "two", "listen": ["127.0.0.1:0", "127.0.0.1:0"]});
    let two = none.admin("POST", "/ringer/sessions", two).await;
    assert_eq!(two["listeners"].as_array().unwrap().len(), 2, "{two}");
    assert_eq!(client::get(eve, "/a").await.text(), "base");
    assert_eq!(
        (count(ringer.address, "eve").await, count(ringer.address, "default").await),
        (1, 0)
    );
    // A call of the admin API there is one of the session.
    let own = r#"{"request": {"url": "/a"}, "response": {"body": "own"}}"#;
    let got = client::send(eve, "POST", "/__admin/mappings", &[], own).await;
    assert_eq!(got.status, 201, "{got:?}");
    assert_eq!(client::get(eve, "/a").await.text(), "own");
    assert_eq!(client::get(ringer.address, "/a").await.text(), "base");
    // What listens already, and what is no address, is told; and no half of a session is left.
    for (listen, reason) in [(eve.to_string(), "cannot listen on"), ("x:1".into(), "no address")] {
        let spec = json!({"name": "bob", "listen": ["127.0.0.1:0", listen]});
        let got = none.send("POST", "/__admin/ringer/sessions", &spec).await;
        assert!((400..500).contains(&got.status) && got.text().contains(reason), "{got:?}");
        assert_eq!(none.status("/__admin/ringer/sessions/bob").await, 404);
    }
    none.admin("DELETE", "/ringer/sessions/eve", Value::Null).await;
    until_shut(eve).await;
    // The others are as they were, and the port is free for the next.
    let other: SocketAddr = two["listeners"][1].as_str().unwrap().parse().unwrap();
    assert_eq!(client::get(other, "/a").await.text(), "base");
    let again = opened(&ringer, json!({"name": "eve", "listen": eve.to_string()})).await;
    assert_eq!(again, eve);
    assert_eq!(client::get(eve, "/a").await.text(), "base", "it is a new session");
    ringer.stop().await;
    assert!(TcpStream::connect(eve).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_shut_when_its_session_is_forgotten() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let ringer = folder.replay().await;
    let spec = json!({"name": "eve", "idle": "50ms", "listen": "127.0.0.1:0"});
    let eve = opened(&ringer, spec).await;
    until_shut(eve).await;
    assert_eq!(InSession::none(&ringer).status("/__admin/ringer/sessions/eve").await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_refuses_as_the_rules_of_its_session_have_it() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let ringer = folder.replay().await;
    let none = InSession::none(&ringer);
    let in_eve = InSession::new(&ringer, "eve");
    let eve = opened(&ringer, json!({"name": "eve", "listen": "127.0.0.1:0"})).await;
    let bob = opened(&ringer, json!({"name": "bob", "listen": "127.0.0.1:0"})).await;
    in_eve.admin("POST", "/ringer/faults", json!("refuse")).await;
    until_shut(eve).await;
    assert_eq!(client::get(bob, "/a").await.text(), "base");
    in_eve.admin("DELETE", "/ringer/faults", Value::Null).await;
    eventually_async("it listens again", || async { TcpStream::connect(eve).await.ok() }).await;
    assert_eq!(client::get(eve, "/a").await.text(), "base");
    // What the rules of one session have refused, those of the next of its name do not.
    in_eve.admin("POST", "/ringer/faults", json!("refuse")).await;
    until_shut(eve).await;
    none.admin("DELETE", "/ringer/sessions/eve", Value::Null).await;
    let eve = opened(&ringer, json!({"name": "eve", "listen": "127.0.0.1:0"})).await;
    assert_eq!(client::get(eve, "/a").await.text(), "base");
}
