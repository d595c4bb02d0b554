//! Rate limits on the wire: who is let through, what answers tell, what the others get, and how the run
//! ends.

use std::{net::SocketAddr, time::Duration};

use http::Response;
use ringer::{
    config::Config,
    model::{
        Algorithm, Behaviors, Cost, Emit, LimitHeader, LimitKey, Mode, Policy, RateLimit, Refusal,
        RequestPattern, RetryAfter, TokenKind, UrlPattern,
    },
};
use serde_json::{Value, json};

use crate::support::{
    client::{self, Connection, Got},
    folder::{Folder, Ringer},
    process::{ringer, run},
    server::{Upstream, piece, piped},
    waiting::{eventually_async, within},
    wire::Wire,
};

const MINUTE: Duration = Duration::from_secs(60);

fn policy(limit: u64) -> Policy {
    let mut policy = RateLimit::plain(limit, MINUTE).policies.remove(0);
    policy.algorithm = Algorithm::FixedWindow { from_first: true };
    policy
}

fn limit(policy: Policy) -> RateLimit {
    RateLimit { policies: vec![policy], ..RateLimit::plain(1, MINUTE) }
}

fn header(name: &str, value: &str) -> LimitHeader {
    LimitHeader { name: name.to_owned(), value: value.to_owned(), emit: None }
}

fn all(limit: RateLimit) -> Behaviors {
    Behaviors { limits: vec![limit], ..Behaviors::default() }
}

fn path(path: &str) -> RequestPattern {
    RequestPattern { url: UrlPattern::UrlPath(path.to_owned()), ..RequestPattern::default() }
}

async fn limited(folder: &Folder, limit: RateLimit) -> Ringer {
    folder.stub(
        "a",
        &json!({"request": {"urlPath": "/a"}, "response": {
            "body": "ok", "headers": {"X-RateLimit-Remaining": "4999", "X-Own": "1"}
        }})
        .to_string(),
    );
    folder.start(Config { behaviors: all(limit), watch: false, ..folder.config() }).await
}

async fn advance(address: SocketAddr, by: &str) {
    let path = "/__admin/ringer/clock/advance";
    let got = client::send(address, "POST", path, &[], json!({"by": by}).to_string()).await;
    assert_eq!(got.status, 200, "{got:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_take_the_place_of_recorded_ones_and_are_spelled_as_written() {
    let folder = Folder::new();
    let ringer = limited(
        &folder,
        RateLimit {
            headers: vec![
                header("X-RateLimit-Limit", "{limit}"),
                header("x-ratelimit-remaining", "{remaining}"),
                header("X-RateLimit-Reset", "{reset:delta}"),
            ],
            ..limit(policy(2))
        },
    )
    .await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = wire.message().await;
    let lines = answer.field_lines();
    for line in
        ["X-Own: 1", "X-RateLimit-Limit: 2", "x-ratelimit-remaining: 1", "X-RateLimit-Reset: 60"]
    {
        assert!(lines.contains(&line), "{line} in {lines:?}");
    }
    assert_eq!(lines.iter().filter(|line| line.to_lowercase().contains("remaining")).count(), 1);
    // Misses are limited too, and told of.
    let missed = client::get(ringer.address, "/none").await;
    assert_eq!((missed.status, missed.field("x-ratelimit-remaining")), (404, Some("0")));
    let refused = client::get(ringer.address, "/a").await;
    assert_eq!((refused.status, refused.field("x-ratelimit-remaining")), (429, Some("0")));
    let summary = ringer.stop().await;
    assert_eq!((summary.rate_limited, summary.misses.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_looks_as_the_provider_has_it() {
    let folder = Folder::new();
    let refusal = Refusal {
        status: 403,
        headers: vec![header("X-Reason", "{name}"), header("Content-Type", "application/vnd+json")],
        retry_after: RetryAfter::Float,
        body: Some(r#"{"error":{"message":"wait {retry_after:go}","used":{used}}}"#.to_owned()),
        ..Refusal::default()
    };
    let ringer = limited(&folder, RateLimit { refusal, ..limit(policy(1)) }).await;
    let connection = Connection::http1(ringer.address).await;
    assert_eq!(connection.get("a", "/a").await.status, 200);
    let body = r#"{"a": 1}"#;
    let request = connection.request("POST", "a", "/a").body(client::whole(body)).unwrap();
    let got = connection.send(request).await;
    assert_eq!(got.status, 403);
    assert_eq!(got.field("x-reason"), Some("requests"));
    assert_eq!(got.field("content-type"), Some("application/vnd+json"));
    let wait: f64 = got.field("retry-after").unwrap().parse().unwrap();
    assert!(got.field("retry-after").unwrap().contains('.') && wait > 50.0 && wait <= 60.0);
    assert_eq!(got.json()["error"]["used"], 1);
    // The body of the refused request was read, and the connection lives on.
    assert_eq!(connection.get("a", "/a").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_have_limits_of_their_own_which_come_back_with_time() {
    let folder = Folder::new();
    let key = vec![LimitKey::Credential];
    let ringer = limited(&folder, RateLimit { key, ..limit(policy(1)) }).await;
    let get = |key: &'static str| async move {
        client::send(ringer.address, "GET", "/a", &[("authorization", key)], "").await.status
    };
    assert_eq!([get("Bearer one").await, get("Bearer two").await], [200, 200]);
    assert_eq!([get("Bearer one").await, get("Bearer two").await], [429, 429]);
    advance(ringer.address, "59s").await;
    assert_eq!(get("Bearer one").await, 429);
    advance(ringer.address, "1s").await;
    assert_eq!(get("Bearer one").await, 200);
    let summary = ringer.stop().await;
    assert_eq!(summary.limits.len(), 2);
    for client in &summary.limits {
        assert!(!client.key.contains("one") && !client.key.contains("two"), "{}", client.key);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_that_stands_closest_decides_where_names_are_the_same() {
    let folder = Folder::new();
    folder
        .stub("b", &json!({"request": {"urlPath": "/b"}, "response": {"body": "ok"}}).to_string());
    let mut config = folder.config_of(Mode::Replay, "http://127.0.0.1:9");
    config.services[0].rate_limit = Some("3/h".parse().unwrap());
    config.rate_limit = Some("1/h".parse().unwrap());
    config.services[0].behaviors = all(RateLimit { name: "other".to_owned(), ..limit(policy(2)) });
    let ringer = folder.start(config).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(client::get(ringer.address, "/b").await.status);
    }
    assert_eq!(statuses, [200, 200, 429], "the tighter of both, but not that for all");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_a_time_end_with_their_answers() {
    let (pieces, body) = piped();
    let body = std::sync::Mutex::new(Some(body));
    let upstream = Upstream::http(move |_| {
        let body = body.lock().unwrap().take();
        async move { Response::new(body.unwrap_or_else(|| crate::support::server::whole("done"))) }
    })
    .await;
    let folder = Folder::new();
    let concurrency = Policy { algorithm: Algorithm::Concurrency, ..policy(1) };
    let config = folder.config_of(Mode::Passthrough, &upstream.url());
    let ringer = folder.start(Config { behaviors: all(limit(concurrency)), ..config }).await;
    let connection = Connection::http1(ringer.address).await;
    let host = upstream.address.to_string();
    let request = connection.request("GET", &host, "/slow").body(client::whole("")).unwrap();
    let slow = within(connection.begin(request)).await.unwrap();
    assert_eq!(client::get(ringer.address, "/x").await.status, 429);
    pieces.send(piece("end")).await.unwrap();
    drop(pieces);
    assert_eq!(client::collect(slow).await.unwrap().text(), "end");
    let freed = || async { (client::get(ringer.address, "/x").await.status == 200).then_some(()) };
    eventually_async("room again", freed).await;
    // A client that leaves makes room too.
    let leaving = Connection::http1(ringer.address).await;
    drop(leaving);
    eventually_async("room again", freed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_reserved_and_settled_by_what_the_answer_says() {
    let folder = Folder::new();
    let events =
        "data: {\"usage\":null}\n\ndata: {\"usage\":{\"total_tokens\":40}}\n\ndata: [DONE]\n\n";
    let stub = |name: &str, headers: Value, body: &str| {
        let url = format!("/{name}");
        let stub =
            json!({"request": {"urlPath": url}, "response": {"body": body, "headers": headers}});
        folder.stub(name, &stub.to_string());
    };
    stub("json", json!({"Content-Type": "application/json"}), r#"{"usage": {"total_tokens": 30}}"#);
    stub("sse", json!({"Content-Type": "text/event-stream"}), events);
    let tokens = Policy { cost: Cost::Tokens(TokenKind::Total), ..policy(1000) };
    let headers = vec![header("R", "{remaining}")];
    let ringer = limited(&folder, RateLimit { headers, ..limit(tokens) }).await;
    let ask = |path: &'static str, most: u64| async move {
        let body = json!({"max_tokens": most}).to_string();
        let got: Got = client::send(ringer.address, "POST", path, &[], body).await;
        (got.status, got.field("r").map(str::to_owned))
    };
    assert_eq!(ask("/json", 100).await, (200, Some("895".to_owned())));
    assert_eq!(ask("/sse", 200).await, (200, Some("765".to_owned())), "970 - 200 - 5");
    assert_eq!(ask("/json", 2000).await.0, 429);
    assert_eq!(ask("/json", 0).await, (200, Some("926".to_owned())), "930 - 4");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_limit_is_for_counts_and_recordings_are_never_limited() {
    let (upstream, _requests) = Upstream::answering("x").await;
    let folder = Folder::new();
    let config = folder.config_of(Mode::Record, &upstream.url());
    let ringer = folder.start(Config { behaviors: all(limit(policy(1))), ..config }).await;
    for _ in 0..2 {
        assert_ne!(client::get(ringer.address, "/r").await.status, 429);
    }
    ringer.stop().await;
    let folder = Folder::new();
    let ringer = limited(
        &folder,
        RateLimit {
            request: Some(path("/a")),
            emit: Emit::WhenLimited,
            headers: vec![header("R", "{remaining}")],
            ..limit(policy(1))
        },
    )
    .await;
    assert_eq!(client::get(ringer.address, "/other").await.status, 404);
    let first = client::get(ringer.address, "/a").await;
    assert_eq!((first.status, first.field("r")), (200, None));
    let second = client::get(ringer.address, "/a").await;
    assert_eq!((second.status, second.field("r")), (429, Some("0")));
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_requests_get_exactly_what_the_limit_allows() {
    let folder = Folder::new();
    let ringer = limited(&folder, limit(policy(10))).await;
    let requests = (0..40).map(|_| {
        let address = ringer.address;
        tokio::spawn(async move { client::get(address, "/a").await.status })
    });
    let requests: Vec<_> = requests.collect();
    let mut passed = 0;
    for request in requests {
        passed += u32::from(request.await.unwrap() == 200);
    }
    assert_eq!(passed, 10);
}

#[test]
fn a_client_that_does_not_wait_fails_the_run() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"body": "ok"}}"#);
    let replay = |most: &str| {
        let script = "for i in 1 2 3; do curl -s -o /dev/null $RINGER_URL/a; sleep 0.02; done";
        let mut command = ringer();
        command.current_dir(folder.path()).args(["replay", "--listen", "127.0.0.1:0"]);
        command.args(["--rate-limit", "1/h", "--max-early-retries", most]);
        run(command.args(["--", "sh", "-c", script]))
    };
    let said = replay("0");
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("rate limits   rate-limit   key all   1/h token bucket"));
    assert!(said.stderr.contains("3 requests · 2 limited (429) · 1 retried before Retry-After  ✗"));
    assert!(said.stderr.contains("1 retried before Retry-After, 0 allowed"), "{}", said.stderr);
    assert_eq!(replay("1").code, Some(0));
    // The file says it too, and a variable counts more.
    folder.write("ringer.toml", "rate_limit = \"1/h\"\nmax_early_retries = 0\n");
    let script = "for i in 1 2 3; do curl -s -o /dev/null $RINGER_URL/a; sleep 0.02; done";
    let mut command = ringer();
    command.current_dir(folder.path()).args(["replay", "--listen", "127.0.0.1:0"]);
    command.args(["--", "sh", "-c", script]);
    assert_eq!(run(&mut command).code, Some(1));
    assert_eq!(run(command.env("RINGER_MAX_EARLY_RETRIES", "1")).code, Some(0));
}
