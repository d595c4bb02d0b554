//! What a test asserts of a client over time: over the admin API, by a file, by an exit code; with
//! clients that try again as real ones do.

use std::{path::Path, process::Command, time::Duration};

use ringer::{config::Config, store::JournalLimits};
use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
    process::{Ended, Process, Serving, ringer, run},
    waiting::eventually_async,
};

/// When a Python client is taken to hang.
const CLIENT_LIMIT: Duration = Duration::from_secs(120);

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OTHER_TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

/// Charges fail; everything below `/ok/` does not, and `/late` is answered after an hour.
fn stubbed() -> Folder {
    let folder = Folder::new();
    let stub = |name: &str, method: &str, path: &str, response: Value| {
        let request = json!({"method": method, "urlPathPattern": path});
        let stub = json!({"name": name, "request": request, "response": response});
        folder.stub(name, &stub.to_string());
    };
    stub("charge", "POST", "/v1/charges", json!({"status": 503}));
    stub("limited", "POST", "/limited", json!({"status": 429, "headers": {"Retry-After": "2"}}));
    stub("ok", "ANY", "/ok/.*", json!({"body": "ok"}));
    stub("late", "GET", "/late", json!({"fixedDelayMilliseconds": 3_600_000}));
    folder
}

async fn send(ringer: &Ringer, method: &str, path: &str, fields: &[(&str, &str)]) -> u16 {
    client::send(ringer.address, method, path, fields, "").await.status
}

async fn admin(ringer: &Ringer, method: &str, path: &str, body: impl Into<bytes::Bytes>) -> Got {
    client::send(ringer.address, method, &format!("/__admin/ringer/{path}"), &[], body).await
}

async fn verify(ringer: &Ringer, document: &str) -> Value {
    let got = admin(ringer, "POST", "verify", document.to_owned()).await;
    assert_eq!(got.status, 200, "{got:?}");
    got.json()
}

/// The clock stands still, and is moved on by so much.
async fn advance(ringer: &Ringer, by: &str) {
    let got = admin(ringer, "POST", "clock/freeze", "").await;
    assert_eq!(got.status, 200, "{got:?}");
    let got = admin(ringer, "POST", "clock/advance", json!({"by": by}).to_string()).await;
    assert_eq!(got.status, 200, "{got:?}");
}

/// One expectation that is met, and one that is not.
async fn check(ringer: &Ringer, met: &str, not_met: &str) {
    let verdict = verify(ringer, &format!("- {met}\n")).await;
    assert_eq!(verdict["passed"], true, "{met}: {verdict:#}");
    let verdict = verify(ringer, &format!("- {not_met}\n")).await;
    assert_eq!(verdict["passed"], false, "{not_met}: {verdict:#}");
    let found = &verdict["expectations"][0];
    assert_eq!(found["outcome"], "failed", "{not_met}: {verdict:#}");
    assert_eq!(found["findings"].as_array().map(Vec::len), Some(1), "{not_met}: {verdict:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_expectation_is_met_or_not() {
    let folder = stubbed();
    let ringer = folder.start(Config { watch: false, ..folder.config() }).await;
    let key = |key| [("idempotency-key", key), ("traceparent", TRACE)];
    advance(&ringer, "1h").await;
    // 200, 400 and 800 ms between tries; the last has another key.
    assert_eq!(send(&ringer, "POST", "/v1/charges", &key("a")).await, 503);
    for (wait, name) in [("200ms", "a"), ("400ms", "a"), ("800ms", "b")] {
        advance(&ringer, wait).await;
        assert_eq!(send(&ringer, "POST", "/v1/charges", &key(name)).await, 503);
    }
    assert_eq!(send(&ringer, "POST", "/limited", &[]).await, 429);
    advance(&ringer, "2s").await;
    assert_eq!(send(&ringer, "POST", "/limited", &[]).await, 429);
    for (path, trace) in [("/ok/login", TRACE), ("/ok/items", TRACE), ("/ok/logout", OTHER_TRACE)] {
        assert_eq!(send(&ringer, "GET", path, &[("traceparent", trace)]).await, 200);
    }
    assert_eq!(send(&ringer, "GET", "/nothing", &[]).await, 404);

    let charge = "{request: POST /v1/charges";
    let pair =
        |met: &str, not_met: &str| (format!("{charge}, {met}}}"), format!("{charge}, {not_met}}}"));
    for (met, not_met) in [
        pair("count: 4", "count: {atMost: 3}"),
        pair("answered: 5xx, count: 4", "answered: 2xx, count: 1"),
        pair("retries: {tries: 4}", "retries: {tries: {atMost: 3}}"),
        pair("retries: {gaps: {factor: 2}}", "retries: {gaps: {factor: 3}}"),
        pair(
            "retries: {gaps: {first: 250ms, factor: 2, jitter: 25%}}",
            "retries: {gaps: {first: 500ms, factor: 2, jitter: 25%}}",
        ),
        pair("retries: {gaps: {atLeast: 200ms}}", "retries: {gaps: {atLeast: 300ms}}"),
        pair("retries: {gaps: {atMost: 800ms}}", "retries: {gaps: {atMost: 500ms}}"),
        pair("retries: {sameTrace: true}", "retries: {sameIdempotencyKey: true}"),
        pair("retries: {neverAfter: 4xx}", "retries: {neverAfter: 503}"),
        pair(
            "headers: {traceparent: {sameTrace: true}}",
            "headers: {Idempotency-Key: {same: true}}",
        ),
        pair("headers: {Idempotency-Key: {matches: '[ab]'}}", "headers: {X-None: {present: true}}"),
        pair("concurrent: 1", "concurrent: 0"),
    ] {
        check(&ringer, &met, &not_met).await;
    }
    for (met, not_met) in [
        ("{request: GET /never, never: true}", "{request: GET /nothing, never: true}"),
        (
            "{request: POST /limited, retries: {gaps: {retryAfter: true}}}",
            "{request: POST /limited, retries: {gaps: {atLeast: 3s, retryAfter: true}}}",
        ),
        ("{order: [GET /ok/login, GET /ok/logout]}", "{order: [GET /ok/logout, GET /ok/login]}"),
        (
            "{order: [GET /ok/login, /ok/items, /ok/logout], between: nothing}",
            "{order: [GET /ok/login, /ok/logout], between: nothing}",
        ),
        (
            "{order: [GET /ok/login, /ok/logout], between: others}",
            "{order: [GET /ok/login, /ok/*], between: others}",
        ),
        (
            "{request: /ok/l*in, headers: {traceparent: {trace: 4bf92f3577b34da6a3ce929d0e0e4736}}}",
            "{request: /ok/*, headers: {traceparent: {sameTrace: true}}}",
        ),
        ("{unusedStubs: [late]}", "{unusedStubs: none}"),
        ("{unmatched: 1}", "{unmatched: none}"),
        ("{earlyRetries: 0}", "{request: GET /nothing, count: 2}"),
    ] {
        check(&ringer, met, not_met).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_before_retry_after_is_told_with_its_requests() {
    let folder = stubbed();
    let ringer = folder.start(Config { watch: false, ..folder.config() }).await;
    advance(&ringer, "1h").await;
    assert_eq!(send(&ringer, "POST", "/limited", &[]).await, 429);
    advance(&ringer, "500ms").await;
    assert_eq!(send(&ringer, "POST", "/limited", &[]).await, 429);
    let document =
        "- name: the client waits as it is told\n  retries: {gaps: {retryAfter: true}}\n";
    let verdict = verify(&ringer, document).await;
    let finding = &verdict["expectations"][0]["findings"][0];
    assert_eq!(finding["about"], "retries.gaps.retryAfter");
    let notes: Vec<_> =
        finding["requests"].as_array().unwrap().iter().map(|it| &it["note"]).collect();
    assert_eq!(notes, [&Value::Null, &json!("500ms after #1, told 2s")]);
    let text = admin(&ringer, "POST", "verify?format=text", document).await;
    assert_eq!(text.field("content-type"), Some("text/plain; charset=utf-8"));
    assert!(text.text().starts_with("✗ the client waits as it is told  (2 requests, 1 retry)\n"));
    let junit = admin(&ringer, "POST", "verify?format=junit", document).await;
    assert_eq!(junit.field("content-type"), Some("application/xml"));
    assert_eq!(junit_cases(&junit.text()), [json!(["the client waits as it is told", "failure"])]);
    assert_eq!(admin(&ringer, "POST", "verify?format=pdf", document).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_s_early_retries_are_an_expectation() {
    let folder = stubbed();
    let rate_limit = Some("1/h".parse().unwrap());
    let ringer = folder.start(Config { rate_limit, ..folder.config() }).await;
    let connection = client::Connection::http1(ringer.address).await;
    for status in [200, 429, 429] {
        assert_eq!(connection.get("h", "/ok/a").await.status, status);
    }
    check(&ringer, "{earlyRetries: {atMost: 1}}", "{earlyRetries: none}").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_a_time_are_counted_while_they_wait() {
    let folder = stubbed();
    let ringer = folder.start(Config { watch: false, ..folder.config() }).await;
    let virtual_delays = json!({"frozen": true, "delays": "virtual"}).to_string();
    assert_eq!(admin(&ringer, "PUT", "clock", virtual_delays).await.status, 200);
    let address = ringer.address;
    let ask = || tokio::spawn(async move { client::get(address, "/late").await.status });
    let waiting = [ask(), ask()];
    eventually_async("both to wait", || async {
        let journal = client::get(address, "/__admin/requests").await.json();
        (journal["meta"]["total"] == 2).then_some(())
    })
    .await;
    check(&ringer, "{concurrent: 2}", "{concurrent: 1}").await;
    advance(&ringer, "1h").await;
    for status in waiting {
        assert_eq!(status.await.unwrap(), 200);
    }
    // It is still what it was, and nothing new.
    assert_eq!(send(&ringer, "GET", "/ok/a", &[]).await, 200);
    check(&ringer, "{concurrent: 2}", "{concurrent: 1}").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_expectations_of_its_own() {
    let folder = stubbed();
    let ringer = folder.replay().await;
    let call = |session: &'static str, method: &'static str, path: &str, body: &'static str| {
        let path = path.to_owned();
        let address = ringer.address;
        async move {
            let fields = [("x-ringer-session", session)];
            let fields = if session.is_empty() { &[][..] } else { &fields };
            client::send(address, method, &path, fields, body).await
        }
    };
    let expectations = "/__admin/ringer/expectations";
    let once = "- {request: /ok/a, count: 1}\n";
    let put = call("a", "PUT", expectations, once).await;
    assert_eq!((put.status, put.json()), (200, json!([{"request": "/ok/a", "count": 1}])));
    assert_eq!(call("a", "GET", expectations, "").await.json(), put.json());
    assert_eq!(call("b", "GET", expectations, "").await.json(), json!({"expectations": []}));
    assert_eq!(call("", "GET", expectations, "").await.json(), json!({"expectations": []}));
    call("b", "GET", "/ok/a", "").await;
    let verdict =
        async |session| call(session, "GET", "/__admin/ringer/verification", "").await.json();
    assert_eq!(verdict("a").await["passed"], false);
    call("a", "GET", "/ok/a", "").await;
    let passed = verdict("a").await;
    assert_eq!((&passed["passed"], &passed["session"]), (&json!(true), &json!("a")));
    assert_eq!(passed["requests"], 1);
    assert_eq!(call("a", "DELETE", expectations, "").await.status, 200);
    assert_eq!(verdict("a").await["expectations"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_with_mistakes_is_refused() {
    let folder = stubbed();
    let ringer = folder.replay().await;
    for (document, pointer, detail) in [
        ("[{\"cuont\": 1}]", "/0/cuont", "did you mean `count`?"),
        ("- request: /a\n  cuont: 1\n", "/0/cuont", "did you mean `count`?"),
        ("- {request: {urlPattern: '['}, never: true}", "/expectations/0/request/urlPattern", ""),
    ] {
        for (method, path) in [("POST", "verify"), ("PUT", "expectations")] {
            let got = admin(&ringer, method, path, document).await;
            assert_eq!(got.status, 422, "{got:?}");
            let error = &got.json()["errors"][0];
            assert_eq!(error["source"]["pointer"], pointer, "{error}");
            assert!(error["detail"].as_str().unwrap().contains(detail), "{error}");
        }
    }
    assert_eq!(admin(&ringer, "POST", "verify", "{\"a\": ").await.status, 422);
    assert_eq!(admin(&ringer, "POST", "verify", "a: [").await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_journal_dropped_cannot_be_judged() {
    let folder = stubbed();
    let journal = JournalLimits { entries: 2, ..JournalLimits::default() };
    let ringer = folder.start(Config { journal, ..folder.config() }).await;
    for _ in 0..5 {
        send(&ringer, "GET", "/ok/a", &[]).await;
    }
    let verdict =
        verify(&ringer, "- {request: /ok/a, count: {atMost: 5}}\n- {never: false}\n").await;
    assert_eq!((&verdict["passed"], &verdict["dropped"]), (&json!(false), &json!(3)));
    let finding = &verdict["expectations"][0]["findings"][0];
    assert_eq!(finding["outcome"], "unjudged");
    let got = finding["got"].as_str().unwrap();
    assert!(got.contains("3 requests are gone") && got.contains("--journal-entries"), "{got}");
    // What there is says enough.
    assert_eq!(verdict["expectations"][1]["outcome"], "passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_judged_at_its_end_without_an_admin_api() {
    let folder = stubbed();
    let document = "- {request: /ok/a, count: 1}\n- {unusedStubs: [charge, limited, late]}\n";
    let yaml = ringer::format::behavior::Language::Yaml;
    let expectations = ringer::format::expectations::read(document, yaml).unwrap();
    let mut config = Config { expectations: Some(expectations), ..folder.config() };
    config.admin.place = None;
    let ringer = folder.start(config).await;
    send(&ringer, "GET", "/ok/a", &[]).await;
    let verdict = ringer.running.stop().await.verdict.unwrap();
    assert!(verdict.is_passed(), "{verdict:#?}");
}

fn python() -> Command {
    let python = std::env::var_os("RINGER_TEST_PYTHON").expect(
        "RINGER_TEST_PYTHON is not set: run `scripts/test`, which installs the clients that this \
         test needs and sets it",
    );
    Command::new(python)
}

/// Name and outcome of each test case, as Python's parser of XML has them.
#[track_caller]
fn junit_cases(xml: &str) -> Vec<Value> {
    let folder = Folder::new();
    let path = folder.write("junit.xml", xml);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/junit.py");
    let ended = run(python().arg(script).arg(path));
    assert_eq!(ended.code, Some(0), "{}{xml}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

/// urllib3 with this policy, until it gives up or has an answer.
async fn urllib3(ringer: &Ringer, path: &str, policy: Value) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/retries.py");
    let mut command = python();
    command.arg(script).arg(format!("http://{}{path}", ringer.host())).arg(policy.to_string());
    let ended = tokio::task::spawn_blocking(move || {
        Process::spawn(&mut command).ended_within(CLIENT_LIMIT)
    });
    let ended = ended.await.unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_client_backs_off_and_heeds_retry_after() {
    let folder = stubbed();
    let ringer = folder.replay().await;
    // urllib3 tries again at once, and waits 300 and 600 ms from then on.
    let policy = json!({"total": 3, "backoff_factor": 0.15, "status_forcelist": [503]});
    urllib3(&ringer, "/v1/charges", policy).await;
    let charge = "request: POST /v1/charges";
    check(
        &ringer,
        &format!("{{{charge}, retries: {{tries: 4, sameIdempotencyKey: true}}}}"),
        &format!("{{{charge}, retries: {{gaps: {{atLeast: 100ms}}}}}}"),
    )
    .await;
    // The first wait is over before it began: that is not twice of anything.
    let verdict =
        verify(&ringer, &format!("- {{{charge}, retries: {{gaps: {{factor: 2}}}}}}\n")).await;
    assert_eq!(verdict["passed"], false, "{verdict:#}");

    let heeding = json!({"total": 1, "status_forcelist": [429]});
    urllib3(&ringer, "/limited", heeding).await;
    let as_told = "- {request: POST /limited, retries: {tries: 2, gaps: {retryAfter: true}}}\n";
    let verdict = verify(&ringer, as_told).await;
    assert_eq!(verdict["passed"], true, "{verdict:#}");
    let careless =
        json!({"total": 1, "status_forcelist": [429], "respect_retry_after_header": false});
    client::send(ringer.address, "POST", "/__admin/reset", &[], "").await;
    urllib3(&ringer, "/limited", careless).await;
    let verdict = verify(&ringer, as_told).await;
    assert_eq!(verdict["expectations"][0]["findings"][0]["about"], "retries.gaps.retryAfter");
}

const MET: &str = "expectations:\n  - request: GET /ok/a\n    count: 1\n";
const NOT_MET: &str =
    "expectations:\n  - name: \"<a> & b\"\n    request: GET /ok/a\n    never: true\n";

/// Replays while `curl` asks for `/ok/a`.
fn replayed(folder: &Folder, arguments: &[&str]) -> Ended {
    let mut command = ringer();
    command.current_dir(folder.path()).args(["replay", "--listen", "127.0.0.1:0"]);
    let script = "curl -sf -o /dev/null \"$RINGER_URL/ok/a\"";
    run(command.args(arguments).args(["--", "sh", "-c", script]))
}

#[test]
fn replay_is_judged_by_the_file_of_the_stub_folder_and_by_others() {
    let folder = stubbed();
    folder.write("met.yaml", MET);
    folder.write("not.yaml", NOT_MET);
    assert_eq!(replayed(&folder, &["--expectations", "met.yaml"]).code, Some(0));
    let reports = ["--junit", "reports/junit.xml", "--report", "reports/verdict.json"];
    let failed = replayed(&folder, &[&["--expectations", "not.yaml"], &reports[..]].concat());
    assert_eq!(failed.code, Some(1), "{}", failed.stderr);
    assert!(failed.stderr.contains("✗ <a> & b  (1 request)"), "{}", failed.stderr);
    assert!(failed.stderr.contains("1 expectation: 0 met · 1 failed"), "{}", failed.stderr);
    let junit = std::fs::read_to_string(folder.join("reports/junit.xml")).unwrap();
    assert_eq!(junit_cases(&junit), [json!(["<a> & b", "failure"])]);
    let report = std::fs::read_to_string(folder.join("reports/verdict.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&report).unwrap()["passed"], false);

    // Without `--strict` nobody asks for the file of the folder.
    folder.write("stubs/expectations.yaml", NOT_MET);
    let lax = replayed(&folder, &[]);
    assert_eq!((lax.code, lax.stderr.contains("expectation")), (Some(0), false), "{}", lax.stderr);
    let strict = replayed(&folder, &["--strict"]);
    assert_eq!(strict.code, Some(1), "{}", strict.stderr);
    assert!(strict.stderr.contains("✗ <a> & b"), "{}", strict.stderr);
    // What the file says of unused stubs goes before what `--strict` does.
    let allowed = format!("{MET}  - unusedStubs: [charge, limited, late]\n");
    folder.write("stubs/expectations.yaml", allowed);
    let strict = replayed(&folder, &["--strict"]);
    assert_eq!(strict.code, Some(0), "{}", strict.stderr);
    assert!(strict.stderr.contains("2 expectations met"), "{}", strict.stderr);
}

#[test]
fn mistakes_in_a_file_point_at_their_place() {
    let folder = stubbed();
    folder.write("wrong.yaml", "expectations:\n  - request: GET /ok/a\n    cuont: 1\n");
    let said = replayed(&folder, &["--expectations", "wrong.yaml"]);
    assert_eq!(said.code, Some(2));
    insta::assert_snapshot!(said.stderr, @"
    error: unknown key `cuont` in an expectation
      ┌ wrong.yaml:3:5
      │
    3 │     cuont: 1
      │     ^^^^^ did you mean `count`?
      └
    ");
    folder.write("wrong.yaml", "- request: {urlPattern: '['}\n  never: true\n");
    let said = replayed(&folder, &["--expectations", "wrong.yaml"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("wrong.yaml:1:25"), "{}", said.stderr);
    let said = replayed(&folder, &["--expectations", "none.yaml"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("cannot read the expectations `none.yaml`"), "{}", said.stderr);
    let said = replayed(&folder, &["--junit", "report.xml"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("nothing is expected of this run"), "{}", said.stderr);
}

#[test]
fn a_running_ringer_is_asked_for_its_verdict() {
    let folder = stubbed();
    folder.write("met.yaml", MET);
    folder.write("not.yaml", NOT_MET);
    let serving = Serving::start(folder.path(), "replay", &["--latency", "none"]);
    let at = format!("http://{}", serving.address);
    let verify = |arguments: &[&str]| {
        let mut command = ringer();
        run(command.current_dir(folder.path()).args(["verify", "--admin", &at]).args(arguments))
    };
    let curl = run(Command::new("curl").args(["-sf", "-o", "/dev/null"]).arg(format!("{at}/ok/a")));
    assert_eq!(curl.code, Some(0));
    let met = verify(&["met.yaml"]);
    assert_eq!(met.code, Some(0), "{}", met.stderr);
    assert_eq!(met.stdout, "✓ GET /ok/a  (1 request)\n1 expectation met · 1 request\n");
    let not = verify(&["not.yaml", "--junit", "junit.xml", "--report", "-"]);
    assert_eq!(not.code, Some(1), "{}", not.stderr);
    assert_eq!(serde_json::from_str::<Value>(&not.stdout).unwrap()["passed"], false);
    assert!(not.stderr.contains("✗ <a> & b"), "{}", not.stderr);
    let junit = std::fs::read_to_string(folder.join("junit.xml")).unwrap();
    assert_eq!(junit_cases(&junit), [json!(["<a> & b", "failure"])]);
    // In another session, nothing came.
    let other = verify(&["not.yaml", "--session", "other"]);
    assert_eq!(other.code, Some(0), "{}{}", other.stdout, other.stderr);
    assert!(other.stdout.ends_with("1 expectation met · 0 requests · session other\n"));
    let none = verify(&[]);
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("nothing is expected of this session"), "{}", none.stderr);
}
