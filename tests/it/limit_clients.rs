//! Each preset of a rate limit as the provider's own client sees it: it knows the limit by its own
//! exception, reads from it what it would read there, and tries again as it would there. `scripts/test`
//! installs the clients.

use std::{path::Path, process::Command, time::Duration};

use ringer::{
    config::Config,
    format::behavior::{limit::read_short, no_files},
    model::Behaviors,
};
use serde_json::{Value, json};

use crate::support::{client, folder::Folder, process::Process};

/// When a client is taken to hang. Clients are slow to load, and wait as they are told.
const CLIENT_LIMIT: Duration = Duration::from_secs(300);

#[derive(Clone, Copy)]
enum Client {
    Python,
    Node,
}

impl Client {
    fn command(self) -> Command {
        let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
        let (mut command, script) = match self {
            Self::Python => {
                let python = std::env::var_os("RINGER_TEST_PYTHON").expect(
                    "RINGER_TEST_PYTHON is not set: run `scripts/test`, which installs the clients \
                     that this test needs and sets it",
                );
                (Command::new(python), "limits.py")
            }
            Self::Node => (Command::new("node"), "node/limits.mjs"),
        };
        command.arg(clients.join(script));
        command
    }
}

/// What a client tells that is limited by a preset; `changes` come to it, `answer` is what it gets until
/// then.
async fn told(preset: &str, changes: &str, answer: &Value, by: Client) -> Value {
    let folder = Folder::new();
    let stub = json!({
        "request": {"urlPathPattern": "/.*"},
        "response": {"jsonBody": answer, "headers": {"Content-Type": "application/json"}},
    });
    folder.stub("all", &stub.to_string());
    let limit = read_short(&format!("preset={preset}; {changes}"), &no_files).unwrap();
    let behaviors = Behaviors { limits: vec![limit], ..Behaviors::default() };
    let ringer = folder.start(Config { behaviors, ..folder.config() }).await;
    // However slow a client is, no limit refills before it is known to be refused.
    let frozen =
        client::send(ringer.address, "POST", "/__admin/ringer/clock/freeze", &[], String::new());
    assert_eq!(frozen.await.status, 200);
    let mut command = by.command();
    command.arg(preset).arg(format!("http://{}", ringer.host()));
    for (name, _) in std::env::vars() {
        if name.to_ascii_uppercase().ends_with("_PROXY") || name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    let ended = tokio::task::spawn_blocking(move || {
        Process::spawn(&mut command).ended_within(CLIENT_LIMIT)
    });
    let ended = ended.await.unwrap();
    assert_eq!(ended.code, Some(0), "{preset}: {}{}", ended.stdout, ended.stderr);
    serde_json::from_str(ended.stdout.trim())
        .unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

/// Takes out a number, which must be between two.
#[track_caller]
fn check_between(told: &mut Value, name: &str, least: f64, most: f64) {
    let found = told.as_object_mut().and_then(|members| members.remove(name));
    let number = found.as_ref().and_then(|value| match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_f64(),
    });
    let is_within = number.is_some_and(|number| (least..=most).contains(&number));
    assert!(is_within, "`{name}` is {found:?}, not from {least} to {most}");
}

fn tokens(usage: &Value) -> Value {
    json!({
        "id": "1", "type": "message", "role": "assistant", "object": "chat.completion", "created": 1,
        "model": "m", "stop_reason": "end_turn", "usage": usage,
        "content": [{"type": "text", "text": "hi"}],
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}
        ],
    })
}

#[tokio::test]
async fn anthropic() {
    let usage = json!({"input_tokens": 1, "output_tokens": 1});
    let changes = "policies.requests.limit=2/2s";
    let told = told("anthropic", changes, &tokens(&usage), Client::Python).await;
    let expected = json!({
        "passed": 2, "exception": "anthropic.RateLimitError", "status": 429,
        "type": "rate_limit_error", "remaining": "0", "retried": "message",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn atlassian() {
    let issue = json!({"id": "1", "key": "A-1", "fields": {}});
    let told = told("atlassian", "policies.read.limit=2/2s", &issue, Client::Python).await;
    let expected = json!({
        "passed": 2, "exception": "jira.exceptions.JIRAError", "status": 429,
        "reason": "jira-burst-based", "retried": "A-1",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn auth0() {
    let clients = json!({"start": 0, "limit": 50, "length": 0, "total": 0, "clients": []});
    let changes = "policies.management.limit=2/2s; policies.management.burst=2";
    let told = told("auth0", changes, &clients, Client::Python).await;
    let expected = json!({
        "passed": 2, "status": 429, "remaining": "0", "retried": true,
        "exception": "auth0.management.errors.too_many_requests_error.TooManyRequestsError",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn aws_json() {
    let keys = json!({"Keys": []});
    let told = told("aws-json", "limit=2/2s; burst=2", &keys, Client::Python).await;
    let expected = json!({
        "passed": 2, "exception": "botocore.exceptions.ClientError", "status": 400,
        "code": "ThrottlingException", "throttled": 1, "retried": true,
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn aws_s3() {
    let told = told("aws-s3", "policies.read.limit=3/2s", &json!({}), Client::Python).await;
    let expected = json!({
        "passed": 3, "exception": "botocore.exceptions.ClientError", "status": 503,
        "code": "SlowDown", "throttled": 1, "retried": true,
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn discord() {
    let user = json!({"id": "1", "username": "u"});
    let changes = "policies.route.limit=3/60s";
    let mut told = told("discord", changes, &user, Client::Python).await;
    check_between(&mut told, "retry_after", 30.0, 60.0);
    assert_eq!(told, json!({"passed": 2, "exception": "discord.errors.RateLimited"}));
}

#[tokio::test]
async fn generic() {
    let told = told("generic", "limit=2/2s", &json!({}), Client::Python).await;
    let expected = json!({
        "passed": 2, "exception": "requests.exceptions.HTTPError", "status": 429,
        "remaining": "0", "retried": 200,
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn github() {
    let user = json!({"login": "octocat", "id": 1});
    let mut told = told("github", "limit=2/h", &user, Client::Python).await;
    check_between(&mut told, "wait", 3500.0, 3602.0);
    let expected = json!({
        "passed": 2, "exception": "github.GithubException.RateLimitExceededException",
        "status": 403, "remaining": 0, "retried": "RateLimitExceededExceedsMaxWait",
        "core": [2, 2, 0], "search": [30, 0, 30],
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn github_by_octokit() {
    let user = json!({"login": "octocat", "id": 1});
    let mut told = told("github", "limit=2/h", &user, Client::Node).await;
    check_between(&mut told["seen"][0], "wait", 3500.0, 3602.0);
    let seen = json!([{"limit": "primary"}]);
    let expected = json!({"passed": 2, "exception": "HttpError", "status": 403, "seen": seen});
    assert_eq!(told, expected);
}

#[tokio::test]
async fn github_secondary() {
    let user = json!({"login": "octocat", "id": 1});
    let changes = "policies.points.limit=2/min";
    let told = told("github-secondary", changes, &user, Client::Python).await;
    let expected = json!({
        "passed": 2, "exception": "github.GithubException.RateLimitExceededException",
        "status": 403, "retry_after": "60",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn github_secondary_by_octokit() {
    let user = json!({"login": "octocat", "id": 1});
    let changes = "policies.points.limit=2/min";
    let told = told("github-secondary", changes, &user, Client::Node).await;
    let seen = json!([{"limit": "secondary", "wait": 60}]);
    let expected = json!({"passed": 2, "exception": "HttpError", "status": 403, "seen": seen});
    assert_eq!(told, expected);
}

#[tokio::test]
async fn google() {
    let buckets = json!({"kind": "storage#buckets", "items": []});
    let changes = "policies.ReadRequestsPerMinutePerUser.limit=2/2s";
    let changes =
        format!("{changes}; policies.ReadRequestsPerMinutePerUser.algorithm=sliding-window");
    let told = told("google", &changes, &buckets, Client::Python).await;
    let expected = json!({
        "passed": 2, "exception": "google.api_core.exceptions.TooManyRequests", "status": 429,
        "reason": "RATE_LIMIT_EXCEEDED", "retried": true,
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn ietf_draft() {
    let mut told =
        told("ietf-draft", "policies.burst.limit=2/min", &json!({}), Client::Python).await;
    check_between(&mut told, "retry_after", 1.0, 60.0);
    check_between(&mut told, "reset", 1.0, 60.0);
    let expected = json!({
        "passed": 2, "exception": "requests.exceptions.HTTPError", "status": 429,
        "policies": {"burst": {"q": 2, "w": 60}, "daily": {"q": 1000, "w": 86400}},
        "limit": "burst", "remaining": 0, "violated": ["burst"],
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn okta() {
    let mut told =
        told("okta", "limit=2/2s; algorithm=sliding-window", &json!([]), Client::Python).await;
    // Its client waits a second longer than it is told.
    check_between(&mut told, "waited", 1.0, f64::INFINITY);
    let text = "Okta HTTP 429 E0000047 API call exceeded rate limit due to too many requests.\n";
    let expected = json!({
        "passed": 2, "exception": "okta.errors.okta_api_error.OktaAPIError", "text": text,
        "retried": true,
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn openai() {
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2});
    let changes = "policies.requests.limit=2/2s; counts_refused=false";
    let told = told("openai", changes, &tokens(&usage), Client::Python).await;
    let expected = json!({
        "passed": 2, "exception": "openai.RateLimitError", "status": 429,
        "code": "rate_limit_exceeded", "type": "requests", "remaining": "0",
        "retried": "chat.completion",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn shopify_graphql() {
    let answer = json!({
        "data": {"shop": {"name": "s"}}, "extensions": {"cost": {"actualQueryCost": 12}},
    });
    let changes = "limit=1/min; burst=24";
    let told = told("shopify-graphql", changes, &answer, Client::Node).await;
    let expected = json!({
        "passed": 2, "exception": "GraphqlQueryError", "code": "THROTTLED",
        "message": "Throttled",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn shopify_rest() {
    let shop = json!({"shop": {"id": 1, "name": "s"}});
    let changes = "limit=2/min; burst=2; min_retry_after=60s";
    let told = told("shopify-rest", changes, &shop, Client::Python).await;
    let expected = json!({
        "passed": 2, "exception": "pyactiveresource.connection.ClientError", "status": 429,
        "retry_after": "60.0", "credit": [2, 2],
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn shopify_rest_by_node() {
    let shop = json!({"shop": {"id": 1, "name": "s"}});
    let changes = "limit=2/min; burst=2; min_retry_after=60s";
    let told = told("shopify-rest", changes, &shop, Client::Node).await;
    let expected = json!({
        "passed": 2, "exception": "HttpThrottlingError", "status": 429, "retry_after": 60,
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn slack() {
    let changes = "policies.tier-3.limit=2/4s";
    let mut told = told("slack", changes, &json!({"ok": true}), Client::Python).await;
    check_between(&mut told, "retry_after", 1.0, 2.0);
    let expected = json!({
        "passed": 2, "exception": "slack_sdk.errors.SlackApiError", "code": "ratelimited",
        "retried": true,
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn stripe() {
    let charge = json!({"id": "ch_1", "object": "charge", "amount": 1});
    let told = told("stripe", "policies.global-rate.limit=2/min", &charge, Client::Python).await;
    let expected = json!({
        "passed": 2, "exception": "stripe._error.RateLimitError", "status": 429,
        "code": "rate_limit", "reason": "global-rate",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn x() {
    let user = json!({"data": {"id": "1", "name": "n", "username": "u"}});
    let mut told = told("x", "policies.v2.limit=2/2s", &user, Client::Python).await;
    check_between(&mut told, "reset", 1.7e9, 4e9);
    let expected = json!({
        "passed": 2, "exception": "tweepy.errors.TooManyRequests", "status": 429,
        "text": "429 Too Many Requests\nToo Many Requests", "retried": "u",
    });
    assert_eq!(told, expected);
}
