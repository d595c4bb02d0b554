//! Answers from stubs: the example API, sequences, near matches, misses, behaviour, live changes.

use std::{path::Path, time::Duration};

use ringer::{
    config::Config,
    engine::Matching,
    model::{LatencySource, Outcome},
    runtime::Clock,
    runtime::Seed,
};

use crate::support::{
    client::{self, Connection, Got},
    folder::{Folder, Ringer},
    waiting::{eventually_async, within},
    wire::Wire,
};

/// The stubs of the repository.
async fn example() -> (Folder, Ringer) {
    let folder = Folder::new();
    let stubs = Path::new(env!("CARGO_MANIFEST_DIR")).join("stubs");
    let ringer = folder.start(Config { stubs, ..folder.config() }).await;
    (folder, ringer)
}

/// ringer with these stubs, by name, at full speed.
async fn replaying(stubs: &[(&str, &str)]) -> (Folder, Ringer) {
    let folder = Folder::new();
    for (name, text) in stubs {
        folder.stub(name, text);
    }
    let ringer = folder.replay().await;
    (folder, ringer)
}

async fn texts(ringer: &Ringer, path: &str, times: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for _ in 0..times {
        let got = client::get(ringer.address, path).await;
        texts.push(if got.status == 404 { "404".to_owned() } else { got.text() });
    }
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_api_answers_as_it_says() {
    let (_folder, ringer) = example().await;
    let get = |path: &'static str| client::get(ringer.address, path);
    let one = get("/books/9780441478125").await;
    assert_eq!((one.status, one.field("etag")), (200, Some("\"v3\"")));
    // The spelling of numbers is kept.
    assert!(one.text().contains("\"price\":9.90"), "{}", one.text());
    assert_eq!(get("/books/42").await.json()["title"], "No such book");
    assert_eq!(get("/books").await.json()["total"], 3);
    assert_eq!(get("/books?author=Le%20Guin&limit=5").await.json()["total"], 1);
    // The limit does not match, so the list that looks at no query answers.
    assert_eq!(get("/books?author=le+guin&limit=0").await.json()["total"], 3);
    let cover = get("/books/9780441478125/cover").await;
    assert_eq!(cover.field("content-type"), Some("image/svg+xml"));
    assert!(cover.text().starts_with("<svg"), "{}", cover.text());

    let order = |fields: &'static [(&str, &str)], body: &'static str| {
        client::send(ringer.address, "POST", "/orders", fields, body)
    };
    let body = r#"{"note":"gift","items":[{"count":1,"isbn":"9780441478125"}]}"#;
    assert_eq!(order(&[("content-type", "application/json")], body).await.status, 401);
    let known =
        &[("content-type", "application/json; charset=utf-8"), ("authorization", "Bearer me")];
    let placed = order(known, body).await;
    assert_eq!((placed.status, placed.field("location")), (201, Some("/orders/1017")));
    assert_eq!(order(known, r#"{"items":[]}"#).await.status, 404);
    let mut states = Vec::new();
    for _ in 0..5 {
        states.push(get("/orders/1017").await.json()["state"].as_str().unwrap().to_owned());
    }
    assert_eq!(states, ["placed", "placed", "sent", "delivered", "delivered"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_request_gets_the_length_of_the_body_file_and_no_body() {
    let (_folder, ringer) = example().await;
    let mut wire = Wire::connect(ringer.address).await;
    let get = "GET /books/9780441478125/cover HTTP/1.1\r\nHost: a\r\n\r\n";
    wire.send(get).await;
    let with_body = wire.message().await;
    wire.send(get.replace("GET", "HEAD")).await;
    let without = wire.bodiless().await;
    assert_eq!(without.status(), 200);
    assert_eq!(without.field("content-length"), with_body.field("content-length"));
    // What follows is the next answer, not the body.
    wire.send(get).await;
    assert_eq!(wire.message().await.body, with_body.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_the_last_answer_can_be_chosen() {
    let stub = |after: &str| {
        format!(
            r#"{{"request":{{"urlPath":"/{after}"}},"responses":[{{"body":"1","times":2}},{{"body":"2"}}],"afterLast":"{after}"}}"#
        )
    };
    let (_folder, ringer) =
        replaying(&[("a", &stub("stay")), ("b", &stub("restart")), ("c", &stub("miss"))]).await;
    assert_eq!(texts(&ringer, "/stay", 5).await, ["1", "1", "2", "2", "2"]);
    assert_eq!(texts(&ringer, "/restart", 5).await, ["1", "1", "2", "1", "1"]);
    assert_eq!(texts(&ringer, "/miss", 5).await, ["1", "1", "2", "404", "404"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_at_the_same_time_share_out_a_sequence_without_loss() {
    let steps: Vec<_> = (0..50).map(|n| format!(r#"{{"body":"{n}"}}"#)).collect();
    let stub = format!(
        r#"{{"request":{{"urlPath":"/a"}},"responses":[{}],"afterLast":"miss"}}"#,
        steps.join(",")
    );
    let (_folder, ringer) = replaying(&[("a", &stub)]).await;
    let address = ringer.address;
    let clients: Vec<_> =
        (0..50).map(|_| tokio::spawn(async move { client::get(address, "/a").await })).collect();
    let mut all = Vec::new();
    for client in clients {
        all.push(within(client).await.unwrap().text().parse::<u32>().unwrap());
    }
    all.sort_unstable();
    assert_eq!(all, (0..50).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn priority_goes_before_order_and_the_newest_wins_at_equal_priority() {
    let stub = |body: &str, priority: u32| {
        format!(
            r#"{{"priority":{priority},"request":{{"urlPath":"/a"}},"response":{{"body":"{body}"}}}}"#
        )
    };
    let (folder, ringer) =
        replaying(&[("1", &stub("first", 5)), ("2", &stub("second", 5)), ("3", &stub("low", 9))])
            .await;
    assert_eq!(client::get(ringer.address, "/a").await.text(), "second");
    folder.stub("0", &stub("top", 1));
    eventually_async("the new stub answers", || async {
        (client::get(ringer.address, "/a").await.text() == "top").then_some(())
    })
    .await;
}

/// A stub as the recorder writes it, for a request with values that vary.
const RECORDED: &str = r#"{
  "name": "POST /pay",
  "request": {
    "method": "POST",
    "url": "/pay?run=4f0c2a7be19d4c55&currency=eur",
    "bodyPatterns": [
      { "equalToJson": { "id": "0b7e1f4e-8f6b-4a39-9c3b-3a1f0f4f6a11", "at": "2026-01-02T03:04:05Z", "amount": 5 } }
    ]
  },
  "response": {
    "status": 200,
    "headers": { "X-Id": "0b7e1f4e-8f6b-4a39-9c3b-3a1f0f4f6a11" },
    "jsonBody": { "echo": "0b7e1f4e-8f6b-4a39-9c3b-3a1f0f4f6a11", "paid": true }
  },
  "metadata": { "ringer": { "upstream": "https://pay.test" } }
}"#;

async fn pay(ringer: &Ringer, nonce: &str, currency: &str, id: &str, amount: u32) -> Got {
    let path = format!("/pay?run={nonce}&currency={currency}");
    let body = format!(r#"{{"amount":{amount},"at":"2026-11-23T10:00:00Z","id":"{id}"}}"#);
    client::send(ringer.address, "POST", &path, &[("content-type", "application/json")], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nearest_tolerates_values_that_vary_and_gives_back_the_new_ones() {
    let (_folder, ringer) = replaying(&[("pay", RECORDED)]).await;
    let mut events = ringer.running.events();
    let id = "c2a4d0de-55aa-4c9e-8b0e-1a2b3c4d5e6f";
    let got = pay(&ringer, "9e107d9d372bb682", "eur", id, 5).await;
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(got.json()["echo"], id);
    assert_eq!(got.field("x-id"), Some(id));
    let outcome = within(events.recv()).await.unwrap().outcome;
    assert!(matches!(outcome, Outcome::Stub { nearest: true, .. }), "{outcome:?}");
    // What does not vary by itself must be the same.
    assert_eq!(pay(&ringer, "9e107d9d372bb682", "usd", id, 5).await.status, 404);
    assert_eq!(pay(&ringer, "9e107d9d372bb682", "eur", id, 6).await.status, 404);
    let summary = ringer.stop().await;
    assert_eq!((summary.nearest, summary.stub_answers, summary.misses.len()), (1, 1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_tolerates_nothing() {
    let folder = Folder::new();
    folder.stub("pay", RECORDED);
    let ringer = folder.start(Config { matching: Matching::Strict, ..folder.config() }).await;
    let id = "c2a4d0de-55aa-4c9e-8b0e-1a2b3c4d5e6f";
    assert_eq!(pay(&ringer, "9e107d9d372bb682", "eur", id, 5).await.status, 404);
    let exact =
        r#"{"at":"2026-01-02T03:04:05Z","id":"0b7e1f4e-8f6b-4a39-9c3b-3a1f0f4f6a11","amount":5}"#;
    let path = "/pay?run=4f0c2a7be19d4c55&currency=eur";
    let got = client::send(ringer.address, "POST", path, &[], exact).await;
    assert_eq!(got.status, 200, "{}", got.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_that_names_a_credential_in_clear_is_matched_by_it() {
    let token = format!("Bearer {}", "test-token-0123456789");
    let stubs = [
        ("header", format!(r#""headers": {{ "Authorization": {{ "equalTo": "{token}" }} }}"#)),
        (
            "query",
            r#""queryParameters": { "api_key": { "equalTo": "k-0123456789abcdef" } }"#.to_owned(),
        ),
        ("url", r#""url": "/url?access_token=k-0123456789abcdef""#.to_owned()),
        (
            "basic",
            r#""basicAuthCredentials": { "username": "joe", "password": "hunter2hunter2" }"#
                .to_owned(),
        ),
        (
            "json",
            r#""bodyPatterns": [{ "equalToJson": { "password": "hunter2hunter2" } }]"#.to_owned(),
        ),
        ("cookie", r#""cookies": { "session": { "equalTo": "s-0123456789abcdef" } }"#.to_owned()),
    ];
    let folder = Folder::new();
    for (name, condition) in &stubs {
        let path =
            if *name == "url" { String::new() } else { format!(r#""urlPath": "/{name}", "#) };
        folder.stub(
            name,
            &format!(
                r#"{{ "request": {{ {path}{condition} }}, "response": {{ "body": "{name}" }} }}"#
            ),
        );
    }
    let ringer = folder.replay().await;
    let basic = "Basic am9lOmh1bnRlcjJodW50ZXIy";
    let mut answers = Vec::new();
    for (path, fields, body) in [
        ("/header", vec![("authorization", token.as_str())], ""),
        ("/query?api_key=k-0123456789abcdef", vec![], ""),
        ("/url?access_token=k-0123456789abcdef", vec![], ""),
        ("/basic", vec![("authorization", basic)], ""),
        ("/json", vec![("content-type", "application/json")], r#"{"password":"hunter2hunter2"}"#),
        ("/cookie", vec![("cookie", "session=s-0123456789abcdef")], ""),
    ] {
        let got = client::send(ringer.address, "POST", path, &fields, body).await;
        answers.push(if got.status == 200 { got.text() } else { format!("{path} missed") });
    }
    assert_eq!(answers, ["header", "query", "url", "basic", "json", "cookie"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_that_a_person_wrote_is_never_near() {
    let stub = RECORDED.replace(
        r#",
  "metadata": { "ringer": { "upstream": "https://pay.test" } }"#,
        "",
    );
    assert!(!stub.contains("metadata"));
    let (_folder, ringer) = replaying(&[("pay", &stub)]).await;
    let id = "c2a4d0de-55aa-4c9e-8b0e-1a2b3c4d5e6f";
    assert_eq!(pay(&ringer, "9e107d9d372bb682", "eur", id, 5).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_names_the_three_closest_stubs_and_what_differs() {
    let (_folder, ringer) = example().await;
    let missed = client::get(ringer.address, "/book").await;
    assert_eq!(missed.status, 404);
    assert_eq!(missed.field("content-type"), Some("text/plain; charset=utf-8"));
    let text = missed.text();
    assert!(text.starts_with("404 no stub matches GET /book\n"), "{text}");
    // Only the path tells them apart from the request, so the one that would be tried first is named.
    assert!(text.contains("closest  books-search.json  books of one author"), "{text}");
    assert!(text.contains("then     books-list.json  all books"), "{text}");
    assert!(text.contains("expected /books") && text.contains("got /book"), "{text}");
    assert!(text.contains("to answer it: "), "{text}");
    assert_eq!(text.matches(".json").count(), 3, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_the_miss_as_json() {
    let (_folder, ringer) = example().await;
    let fields = [
        ("accept", "application/json"),
        ("authorization", "Bearer me"),
        ("content-type", "application/json"),
    ];
    let body = r#"{"items":[{"isbn":"9780441478125","count":2}]}"#;
    let missed = client::send(ringer.address, "POST", "/orders", &fields, body).await;
    assert_eq!((missed.status, missed.field("content-type")), (404, Some("application/json")));
    let json = missed.json();
    assert_eq!(json["error"], "no_stub_matches");
    assert_eq!(json["request"], "POST /orders");
    let closest = json["closest"].as_array().unwrap();
    let closest = closest.iter().find(|one| one["stub"] == "an order is taken").unwrap();
    assert!(closest["file"].as_str().unwrap().ends_with("order-place.json"));
    let differences = closest["differences"].as_array().unwrap();
    let count = differences.iter().find(|one| one["part"].as_str().unwrap().contains("count"));
    let count = count.unwrap_or_else(|| panic!("the member that differs is named: {json:#}"));
    assert_eq!((&count["expected"], &count["actual"]), (&"1".into(), &"2".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_without_stubs_says_how_to_get_some() {
    let (_folder, ringer) = replaying(&[]).await;
    let missed = client::get(ringer.address, "/a").await;
    assert!(missed.text().contains("ringer record URL"), "{}", missed.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_does_not_tell_the_secrets_of_the_request() {
    let (_folder, ringer) = example().await;
    let token = format!("ghp_{}", "A1b2C3d4E5f6G7h8I9j0".repeat(2));
    let fields = [("authorization", format!("Bearer {token}"))];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = format!("/orders?access_token={token}");
    let missed = client::send(ringer.address, "PUT", &path, &fields, "").await;
    assert_eq!(missed.status, 404);
    assert!(!missed.text().contains(&token), "{}", missed.text());
}

const TIMED: &str = r#"{
  "request": { "urlPath": "/a" },
  "response": { "status": 200, "body": "onetwo" },
  "metadata": { "ringer": { "upstream": "http://a.test", "latency": { "firstByteMs": 60, "totalMs": 120, "chunks": [[60, 3], [120, 3]] } } }
}"#;

/// How long the answer took to begin and to end with this latency.
async fn timed(latency: &str) -> (Duration, Duration) {
    let folder = Folder::new();
    folder.stub("a", TIMED);
    let latency: LatencySource = latency.parse().unwrap();
    let ringer = folder.start(Config { latency, ..folder.config() }).await;
    let connection = Connection::http1(ringer.address).await;
    let request = connection.request("GET", "a", "/a").body(client::whole("")).unwrap();
    let clock = Clock::start();
    let answer = connection.begin(request).await.unwrap();
    let begun = clock.elapsed();
    assert_eq!(client::collect(answer).await.unwrap().text(), "onetwo");
    (begun, clock.elapsed())
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_latency_is_kept_stretched_replaced_or_left_out() {
    let (begun, ended) = timed("recorded").await;
    assert!(begun >= ms(60) && ended >= ms(120), "{begun:?} {ended:?}");
    let (begun, ended) = timed("recorded*3").await;
    assert!(begun >= ms(180) && ended >= ms(360), "{begun:?} {ended:?}");
    let (begun, _) = timed("fixed:200ms").await;
    assert!(begun >= ms(200), "{begun:?}");
    let (begun, _) = timed("recorded*0.5").await;
    assert!(begun >= ms(30), "{begun:?}");
    // The upper bound is an hour of the recorded latency away from a machine's own slowness.
    let slow = TIMED.replace("120", "3600000").replace("60", "3600000");
    let (_folder, ringer) = replaying(&[("a", &slow)]).await;
    assert_eq!(client::get(ringer.address, "/a").await.text(), "onetwo");
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_chunks_are_sent_as_chunks() {
    let folder = Folder::new();
    let stub = TIMED.replace(
        r#""body": "onetwo""#,
        r#""headers": { "Transfer-Encoding": "chunked" }, "body": "onetwo""#,
    );
    folder.stub("a", &stub);
    let latency = "recorded*0.1".parse().unwrap();
    let ringer = folder.start(Config { latency, ..folder.config() }).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let message = wire.message().await;
    assert_eq!((message.text().as_str(), message.chunks), ("onetwo", vec![3, 3]));
}

/// Which of 40 requests fail.
async fn failing(seed: u64) -> Vec<bool> {
    let folder = Folder::new();
    folder.stub("a", r#"{"request":{"urlPath":"/a"},"response":{"body":"x"}}"#);
    let fail = Some("30%:503".parse().unwrap());
    let ringer = folder.start(Config { fail, seed: Seed(seed), ..folder.config() }).await;
    let mut failed = Vec::new();
    for _ in 0..40 {
        let got = client::get(ringer.address, "/a").await;
        assert!(got.status == 200 || got.status == 503);
        failed.push(got.status == 503);
    }
    let injected = failed.iter().filter(|failed| **failed).count() as u64;
    assert_eq!(ringer.stop().await.injected, injected);
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_fails_the_same_requests() {
    let first = failing(7).await;
    assert!(first.contains(&true) && first.contains(&false));
    assert_eq!(first, failing(7).await);
    assert_ne!(first, failing(8).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_rate_limit_a_client_is_told_when_to_come_back() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request":{"urlPath":"/a"},"response":{"body":"x"}}"#);
    let rate_limit = Some("3/h".parse().unwrap());
    let ringer = folder.start(Config { rate_limit, ..folder.config() }).await;
    for _ in 0..3 {
        assert_eq!(client::get(ringer.address, "/a").await.status, 200);
    }
    let limited = client::get(ringer.address, "/a").await;
    assert_eq!(limited.status, 429);
    let seconds: u64 = limited.field("retry-after").unwrap().parse().unwrap();
    assert!((1..=1200).contains(&seconds), "{seconds}");
    assert_eq!(ringer.stop().await.rate_limited, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn stubs_are_added_changed_and_deleted_while_running() {
    let stub =
        |body: &str| format!(r#"{{"request":{{"urlPath":"/a"}},"response":{{"body":"{body}"}}}}"#);
    let (folder, ringer) = replaying(&[]).await;
    let answers = |want: &'static str| {
        eventually_async("the change applies", move || async move {
            let got = client::get(ringer.address, "/a").await;
            let now = if got.status == 404 { "404".to_owned() } else { got.text() };
            (now == want).then_some(())
        })
    };
    answers("404").await;
    // Its folder is not there yet either.
    let file = folder.write("stubs/api.test/mappings/deep/er/a.json", stub("one"));
    answers("one").await;
    std::fs::write(&file, stub("two")).unwrap();
    answers("two").await;
    // As editors write: whole, under another name, put in place.
    let temporary = folder.write("stubs/api.test/mappings/.a.json.swp", stub("three"));
    std::fs::rename(temporary, &file).unwrap();
    answers("three").await;
    std::fs::remove_file(&file).unwrap();
    answers("404").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_stubs_is_exchanged_in_one_step() {
    let list = |version: u32| {
        let stub =
            |n| format!(r#"{{"request":{{"urlPath":"/{n}"}},"response":{{"body":"{version}"}}}}"#);
        let stubs: Vec<_> = (0..200).map(stub).collect();
        format!(r#"{{"mappings":[{}]}}"#, stubs.join(","))
    };
    let (folder, ringer) = replaying(&[("all", &list(1))]).await;
    // Written whole and put in place, so that half a file is never there.
    let new = folder.write("stubs/mappings/.all.tmp", list(2));
    std::fs::rename(new, folder.join("stubs/mappings/all.json")).unwrap();
    let address = ringer.address;
    let versions = || async move {
        // The last first: once one is new, all that are asked for later are.
        let last = client::get(address, "/199").await.text();
        let first = client::get(address, "/0").await.text();
        (last, first)
    };
    eventually_async("the change applies", move || async move {
        let (last, first) = versions().await;
        assert!(last <= first, "the new {last} was there before {first}");
        (last == "2").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_body_file_is_served() {
    let folder = Folder::new();
    folder.write("stubs/__files/a.txt", "one");
    folder.stub("a", r#"{"request":{"urlPath":"/a"},"response":{"bodyFileName":"a.txt"}}"#);
    let ringer = folder.replay().await;
    assert_eq!(client::get(ringer.address, "/a").await.text(), "one");
    folder.write("stubs/__files/a.txt", "and two");
    eventually_async("the new content", || async {
        (client::get(ringer.address, "/a").await.text() == "and two").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_goes_on_where_it_was_when_its_stub_has_changed() {
    let stub = |second: &str| {
        format!(
            r#"{{"request":{{"urlPath":"/a"}},"responses":[{{"body":"one"}},{{"body":"{second}"}}]}}"#
        )
    };
    let (folder, ringer) = replaying(&[("a", &stub("two"))]).await;
    assert_eq!(texts(&ringer, "/a", 3).await, ["one", "two", "two"]);
    folder.stub("a", &stub("changed"));
    eventually_async("the change applies", || async {
        (client::get(ringer.address, "/a").await.text() == "changed").then_some(())
    })
    .await;
}

/// What was recorded by a client that knew the API by another address.
const ADDRESSED: &str = r#"{
  "request": { "urlPath": "/a" },
  "response": {
    "status": 201,
    "headers": { "Location": "http://127.0.0.1:4711/a/1", "Link": "<http://127.0.0.1:4711/a?page=2>; rel=\"next\"" },
    "jsonBody": { "self": "http://127.0.0.1:4711/a/1", "other": "http://127.0.0.1:47110/x" }
  },
  "metadata": { "ringer": { "upstream": "https://api.test", "address": "http://127.0.0.1:4711", "computedHeaders": { "Content-Length": 2 } } }
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn answers_name_the_address_that_the_client_uses_now() {
    let (_folder, ringer) = replaying(&[("a", ADDRESSED)]).await;
    let by_address = client::get(ringer.address, "/a").await;
    let here = format!("http://{}", ringer.address);
    assert_eq!(by_address.field("location").unwrap(), format!("{here}/a/1"));
    assert_eq!(by_address.field("link").unwrap(), format!("<{here}/a?page=2>; rel=\"next\""));
    assert_eq!(by_address.json()["self"], format!("{here}/a/1"));
    assert_eq!(by_address.json()["other"], "http://127.0.0.1:47110/x");
    let by_name = Connection::http1(ringer.address).await.get("my.name:99", "/a").await;
    assert_eq!(by_name.field("location"), Some("http://my.name:99/a/1"));
    let length: usize = by_name.field("content-length").unwrap().parse().unwrap();
    assert_eq!(length, by_name.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn unused_stubs_and_misses_are_summed_up() {
    let (_folder, ringer) = replaying(&[
        ("a", r#"{"name":"used","request":{"urlPath":"/a"},"response":{}}"#),
        ("b", r#"{"name":"idle","request":{"urlPath":"/b"},"response":{}}"#),
    ])
    .await;
    for path in ["/a", "/c", "/c", "/a"] {
        client::get(ringer.address, path).await;
    }
    let summary = ringer.stop().await;
    assert_eq!((summary.requests, summary.stub_answers), (4, 2));
    assert_eq!(summary.misses, [("GET /c".to_owned(), 2)]);
    assert_eq!(summary.unused_stubs, ["idle"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_whose_file_has_gone_is_said_to_be_unusable() {
    let folder = Folder::new();
    let file = folder.write("stubs/__files/a.txt", "one");
    folder.stub(
        "a",
        r#"{"name":"mine","request":{"urlPath":"/a"},"response":{"bodyFileName":"a.txt"}}"#,
    );
    let ringer = folder.start(Config { watch: false, ..folder.config() }).await;
    std::fs::remove_file(file).unwrap();
    let got = client::get(ringer.address, "/a").await;
    assert_eq!(got.status, 500);
    assert!(got.json()["message"].as_str().unwrap().contains("`mine`"), "{}", got.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_reasons_names_and_trailers_are_sent_as_the_stub_says() {
    let (_folder, ringer) = replaying(&[(
        "a",
        r#"{
          "request": { "urlPath": "/a" },
          "response": {
            "status": 299, "statusMessage": "Rather Fine",
            "headers": { "x-AMZ-Meta": "1", "Set-Cookie": ["a=1", "b=2"], "Trailer": "X-Sum", "Transfer-Encoding": "chunked" },
            "body": "x", "trailers": { "X-Sum": "7" }
          }
        }"#,
    )])
    .await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("GET /a HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n").await;
    let message = wire.message().await;
    assert_eq!(message.first_line(), "HTTP/1.1 299 Rather Fine");
    assert_eq!(
        message.field_lines(),
        [
            "x-AMZ-Meta: 1",
            "Set-Cookie: a=1",
            "Set-Cookie: b=2",
            "Trailer: X-Sum",
            "Transfer-Encoding: chunked",
            "Matched-Stub-Id: 84bb3ca9-11ab-5875-bd19-74c2f40b5bd1"
        ]
    );
    assert_eq!(message.trailers.join(",").to_ascii_lowercase(), "x-sum: 7");
    let got = Connection::http2(ringer.address).await.get("a", "/a").await;
    assert_eq!(got.trailers.unwrap()["x-sum"], "7");
}
