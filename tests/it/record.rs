//! What is around a recording: addresses, credentials, clients at the same time, the tape, hosts.

use std::net::SocketAddr;

use http::Response;
use ringer::{config::Config, model::Mode};
use serde_json::{Value, json};

use crate::support::{
    client::{self},
    folder::Folder,
    round_trip::{Asked, Pass, json_answer, round_trip, text, upstream},
    server::{Body, Upstream},
    waiting::{eventually_async, within},
    wire::Wire,
};

#[tokio::test(flavor = "multi_thread")]
async fn locations_lead_to_the_address_that_each_client_uses() {
    let (upstream, mut requests) = Upstream::answering_each(|request| {
        let host = request.field("host").unwrap();
        format!("HTTP/1.1 201 Created\r\nLocation: http://{host}/a/1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{{\"self\":\"http://{host}/a/1\"}}", host.len() + 22).into()
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let here = format!("http://{}/a/1", ringer.address);
    let got = client::send(ringer.address, "POST", "/a", &[], "").await;
    assert_eq!(requests.next().await.field("host"), Some(ringer.host().as_str()));
    assert_eq!(
        (got.field("location"), got.json()["self"].as_str()),
        (Some(here.as_str()), Some(here.as_str()))
    );
    ringer.stop().await;
    upstream.stop().await;
    let ringer = folder.replay().await;
    let here = format!("http://{}/a/1", ringer.address);
    let got = client::send(ringer.address, "POST", "/a", &[], "").await;
    assert_eq!(
        (got.field("location"), got.json()["self"].as_str()),
        (Some(here.as_str()), Some(here.as_str()))
    );
}

fn echo_of_credentials((): &mut (), asked: &Asked) -> Response<Body> {
    let token = asked.field("authorization").strip_prefix("Bearer ").unwrap_or_default();
    json_answer(&json!({"you": token, "again": asked.json()["password"]}))
}

/// Which of its credentials a client finds in the answer.
async fn echoed(pass: Pass, token: &str, password: &str) -> Vec<String> {
    let bearer = format!("Bearer {token}");
    let fields = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = format!(r#"{{"password":"{password}"}}"#);
    let json = pass.send("POST", "/me", &fields, body).await.json();
    let is = |name: &str, own: &str| match own {
        "" => String::new(),
        own => format!("{name} {}", if json[name] == own { "is its own" } else { "is another's" }),
    };
    vec![is("you", token), is("again", password)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_s_credentials_come_back_in_what_echoes_them_and_are_not_stored() {
    let (token, password) = ("tok-0123456789abcdef01", "correct-horse-battery");
    let folder =
        round_trip(echo_of_credentials, async |pass| echoed(pass, token, password).await).await;
    for (name, content) in folder.snapshot("") {
        let content = String::from_utf8_lossy(&content).into_owned();
        assert!(!content.contains(token) && !content.contains(password), "{name}: {content}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_than_the_recorded_one_comes_back_in_what_echoes_it() {
    round_trip(echo_of_credentials, async |pass| {
        echoed(pass, "", &format!("pw-{}", pass.uuid(5).replace('-', ""))).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_token_than_the_recorded_one_comes_back_in_what_echoes_it() {
    round_trip(echo_of_credentials, async |pass| {
        echoed(pass, &format!("tok-{}", pass.uuid(5).replace('-', "")), "").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_the_same_time_are_all_recorded() {
    let (upstream, _state) =
        upstream(|(): &mut (), asked| text(format!("{}{:?}", asked.path, asked.query))).await;
    let folder = Folder::new();
    let talk = async |address: SocketAddr| {
        let all: Vec<_> = (0..100)
            .map(|n| {
                tokio::spawn(async move {
                    client::get(address, &format!("/{}?{n}", n % 7)).await.text()
                })
            })
            .collect();
        let mut texts = Vec::new();
        for one in all {
            texts.push(within(one).await.unwrap());
        }
        texts
    };
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    let recorded = talk(ringer.address).await;
    let summary = ringer.stop().await.recorded.unwrap();
    assert_eq!((summary.exchanges, folder.stubs().len()), (100, 100));
    upstream.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address).await, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn record_missing_asks_the_upstream_once() {
    let (upstream, state) = upstream(|asked_times: &mut u32, asked| {
        *asked_times += 1;
        text(format!("{} {asked_times}", asked.path))
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::RecordMissing, &upstream.url()).await;
    let first = client::get(ringer.address, "/a").await.text();
    eventually_async("the stub answers", || async {
        let before = *state.lock().unwrap();
        let again = client::get(ringer.address, "/a").await.text();
        (again == first && *state.lock().unwrap() == before).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tape_tells_each_exchange_in_order_with_its_times() {
    let (upstream, _state) = upstream(|(): &mut (), asked| text(asked.path.clone())).await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    for path in ["/one", "/two?x=1", "/three"] {
        client::get(ringer.address, path).await;
    }
    ringer.stop().await;
    let tape = folder.tape();
    assert_eq!(tape.len(), 3);
    let texts: Vec<_> = tape.iter().map(ToString::to_string).collect();
    for (line, path) in texts.iter().zip(["/one", "/two?x=1", "/three"]) {
        assert!(line.contains(path), "{line}");
        assert!(line.contains("HTTP/1.1"), "the protocol: {line}");
    }
    let header = folder
        .snapshot("recordings")
        .into_iter()
        .find(|(name, _)| name.ends_with(".jsonl"))
        .unwrap()
        .1;
    let header: Value =
        serde_json::from_str(String::from_utf8(header).unwrap().lines().next().unwrap()).unwrap();
    assert!(header.to_string().contains(&upstream.url()), "{header}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_a_forward_proxy_are_kept_apart() {
    let (one, _) = upstream(|(): &mut (), _| text("one")).await;
    let (two, _) = upstream(|(): &mut (), _| text("two")).await;
    let folder = Folder::new();
    let talk = async |address, targets: &[SocketAddr]| {
        let mut all = Vec::new();
        for target in targets {
            let mut wire = Wire::connect(address).await;
            wire.send(format!("GET http://{target}/a HTTP/1.1\r\nHost: {target}\r\n\r\n")).await;
            all.push(wire.message().await.text());
        }
        all
    };
    let targets = [one.address, two.address, one.address];
    let ringer = folder.start(Config { forward: Mode::Record, ..folder.config() }).await;
    assert_eq!(talk(ringer.address, &targets).await, ["one", "two", "one"]);
    ringer.stop().await;
    one.stop().await;
    two.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(talk(ringer.address, &targets).await, ["one", "two", "one"]);
    assert_eq!(folder.stubs().len(), 2);
}
