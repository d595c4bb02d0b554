//! What the journal keeps of exchanges: what was sent and answered, when, why; no secrets, and no more
//! than its bounds.

use std::time::Duration;

use ringer::{
    config::{Config, behaviors::entry},
    model::Mode,
    store::JournalLimits,
};
use serde_json::{Value, json};

use crate::support::{
    client,
    folder::{Folder, Ringer},
    server::Upstream,
};

async fn entries(ringer: &Ringer) -> Vec<Value> {
    let list = client::get(ringer.address, "/__admin/requests").await.json();
    list["requests"].as_array().unwrap().clone()
}

async fn newest(ringer: &Ringer) -> Value {
    entries(ringer).await.into_iter().next().expect("an entry")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_is_kept_by_digest_length_and_beginning() {
    let folder = Folder::new();
    let long = "x".repeat(9000);
    folder.stub("a", &json!({"request": {"url": "/a"}, "response": {"body": long}}).to_string());
    let journal = JournalLimits { body_bytes: 8000, ..JournalLimits::default() };
    let ringer = folder.start(Config { journal, ..folder.config() }).await;
    client::send(ringer.address, "POST", "/a", &[], "y".repeat(8500)).await;
    let entry = newest(&ringer).await;
    // Nobody takes the beginning for the whole.
    assert_eq!((&entry["request"]["body"], &entry["response"]["body"]), (&json!(""), &json!("")));
    let cut = &entry["ringer"]["cut"];
    assert_eq!(
        (&cut["request"]["length"], &cut["response"]["length"]),
        (&8500.into(), &9000.into())
    );
    let head = cut["response"]["headAsBase64"].as_str().unwrap();
    // But for the last 4 KiB: a secret could be cut there.
    assert_eq!(head.len(), (8000_usize - 4096).div_ceil(3) * 4);
    assert_eq!(cut["response"]["sha256"].as_str().unwrap().len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_what_became_of_it_and_when() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"fixedDelayMilliseconds": 60}}"#);
    let ringer = folder.replay().await;
    client::get(ringer.address, "/a").await;
    client::get(ringer.address, "/b").await;
    let [missed, stub]: [Value; 2] = entries(&ringer).await.try_into().unwrap();
    let own = &stub["ringer"];
    assert_eq!((&own["outcome"], &own["session"]), (&json!("stub"), &json!("default")));
    assert_eq!(own["timing"]["delayMicros"], 60_000);
    let micros = |name: &str| own["timing"][name].as_u64().unwrap();
    assert!(micros("headMicros") >= 60_000 && micros("totalMicros") >= micros("headMicros"));
    assert_eq!(missed["ringer"]["outcome"], "missed");
    assert!(missed["subEvents"][0]["data"]["report"].as_str().unwrap().contains("/a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_shown_as_they_were_sent_with_what_rate_limits_tell() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"body": "a"}}"#);
    let behaviors = entry("rate_limit", "preset=github").unwrap();
    let ringer = folder.start(Config { behaviors, ..folder.config() }).await;
    let got = client::get(ringer.address, "/a").await;
    let told = got.field("x-ratelimit-limit").expect("a limit is told");
    let entry = newest(&ringer).await;
    let fields = entry["response"]["headers"].as_object().unwrap();
    let shown = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-ratelimit-limit"));
    assert_eq!(shown.map(|(_, value)| value), Some(&json!(told)), "{fields:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_api_took_is_told() {
    let upstream = Upstream::http(async |_| {
        tokio::time::sleep(Duration::from_millis(50)).await;
        http::Response::new(crate::support::server::whole("hi"))
    })
    .await;
    let folder = Folder::new();
    let ringer = folder.run(Mode::Passthrough, &upstream.url()).await;
    client::get(ringer.address, "/a").await;
    let own = &newest(&ringer).await["ringer"];
    assert_eq!(own["outcome"], "passed");
    let took = own["timing"]["upstreamMicros"].as_u64().unwrap();
    assert!(took >= 50_000 && took <= own["timing"]["totalMicros"].as_u64().unwrap());
}

const TOKEN: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const PASSWORD: &str = "correct-horse-7Zq";
const COOKIE: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";
const FRESH: &str = "Zx81kQp0LmN72vBcRt55";

/// Whether none of the planted secrets is in a text, in clear or in base64.
fn check_clean(text: &str) {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    for secret in [TOKEN, PASSWORD, COOKIE, FRESH] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let mut values = vec![&json];
    while let Some(value) = values.pop() {
        match value {
            Value::Array(list) => values.extend(list),
            Value::Object(members) => values.extend(members.values()),
            Value::String(text) => {
                let decoded = BASE64_STANDARD.decode(text).unwrap_or_default();
                let decoded = String::from_utf8_lossy(&decoded);
                for secret in [TOKEN, PASSWORD, COOKIE, FRESH] {
                    assert!(!decoded.contains(secret), "{secret} in {decoded}");
                }
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_request_or_answer_is_in_the_journal() {
    let upstream = Upstream::http(async |request: http::Request<_>| {
        let asked = request.headers().get("authorization").cloned();
        let echo = asked.as_ref().and_then(|it| it.to_str().ok()).unwrap_or_default();
        let body = json!({"access_token": FRESH, "echo": echo, "you": {"token": TOKEN}});
        let body = match request.uri().path() {
            // One that is cut off, and in pieces.
            "/long" => format!("{{\"you sent\": \"{TOKEN}\", \"x\": \"{}\"}}", "z".repeat(9000)),
            _ => body.to_string(),
        };
        let mut response = http::Response::new(crate::support::server::whole(body));
        let fields = response.headers_mut();
        fields.insert("content-type", "application/json".parse().unwrap());
        let cookie = format!("session={COOKIE}; Path=/; HttpOnly");
        fields.insert("set-cookie", cookie.parse().unwrap());
        fields.insert("x-echo", echo.parse().unwrap());
        response
    })
    .await;
    let folder = Folder::new();
    let config = folder.config_of(Mode::Passthrough, &upstream.url());
    let journal = JournalLimits { body_bytes: 6000, ..JournalLimits::default() };
    let ringer = folder.start(Config { journal, ..config }).await;
    let bearer = format!("Bearer {TOKEN}");
    let fields = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = json!({"user": "ada", "password": PASSWORD}).to_string();
    for path in ["/login", "/long"] {
        let got = client::send(ringer.address, "POST", path, &fields, body.clone()).await;
        assert!(got.text().contains(TOKEN), "the client gets its own");
    }
    let list = client::get(ringer.address, "/__admin/requests").await.text();
    check_clean(&list);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["requests"][0]["ringer"]["cut"]["response"]["length"], 9057, "{list}");
    assert_eq!(list["requests"][1]["response"]["status"], 200);
    // It was seen as it was passed on.
    let sent = list["requests"][1]["request"]["body"].as_str().unwrap();
    assert!(sent.contains("ada") && sent.contains("password"), "{sent}");
    let path = "/__admin/ringer/events?last=9&bodies=true&follow=false";
    let events = client::get(ringer.address, path).await.text();
    let data: Vec<_> = events.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(data.len(), 2, "{events}");
    data.iter().for_each(|data| check_clean(data));
}

#[tokio::test(flavor = "multi_thread")]
async fn stubs_that_give_a_client_its_own_credentials_back_do_not_to_the_journal() {
    let folder = Folder::new();
    let response = json!({
        "body": "you are {{request.headers.Authorization}}", "transformers": ["response-template"],
    });
    folder.stub("a", &json!({"request": {"url": "/a"}, "response": response}).to_string());
    let ringer = folder.replay().await;
    let bearer = format!("Bearer {TOKEN}");
    let got = client::send(ringer.address, "GET", "/a", &[("authorization", &bearer)], "").await;
    assert!(got.text().contains(TOKEN));
    check_clean(&client::get(ringer.address, "/__admin/requests").await.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_session_has_its_own_journal() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    client::send(ringer.address, "GET", "/a", &[("x-ringer-session", "a")], "").await;
    client::get(ringer.address, "/b").await;
    let of = async |name: &str| {
        let fields = [("x-ringer-session", name)];
        let got = client::send(ringer.address, "GET", "/__admin/requests", &fields, "").await;
        let list = got.json();
        list["requests"].as_array().unwrap().iter().map(|it| it["request"]["url"].clone()).collect()
    };
    let seen: [Vec<Value>; 2] = [of("a").await, of("default").await];
    assert_eq!(seen, [vec![json!("/a")], vec![json!("/b")]]);
}
