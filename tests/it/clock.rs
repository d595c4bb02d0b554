//! Time that a test moves: windows, dates and waits follow the session's clock.

use std::time::Duration;

use ringer::{config::Config, runtime::Clock};
use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
    server::Upstream,
    waiting::within,
};

/// What is done here takes moments, and would take an hour by the machine's clock.
const MOMENTS: Duration = Duration::from_secs(20);

async fn call(ringer: &Ringer, method: &str, path: &str, body: Value) -> Got {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let path = format!("/__admin/ringer/clock{path}");
    client::send(ringer.address, method, &path, &[], body).await
}

/// A call that is carried out; what the clock shows then.
async fn told(ringer: &Ringer, method: &str, path: &str, body: Value) -> Value {
    let got = call(ringer, method, path, body).await;
    assert_eq!(got.status, 200, "{got:?}");
    got.json()
}

/// ringer with this stub for `/a`.
async fn with_stub(request: Value, response: Value) -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.stub("a", &json!({"request": request, "response": response}).to_string());
    let ringer = folder.start(Config { watch: false, ..folder.config() }).await;
    (folder, ringer)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hour_of_a_limit_passes_in_a_moment() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"body": "ok"}}"#);
    let rate_limit = Some("2/h".parse().unwrap());
    let ringer = folder.start(Config { rate_limit, ..folder.config() }).await;
    let status = || async { client::get(ringer.address, "/a").await.status };
    let real = Clock::start();
    for _hour in 0..3 {
        assert_eq!([status().await, status().await, status().await], [200, 200, 429]);
        told(&ringer, "POST", "/advance", json!({"by": "1h"})).await;
    }
    assert!(real.elapsed() < MOMENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_are_those_of_the_clock() {
    let (_folder, ringer) = with_stub(
        json!({"url": "/a", "headers": {"X-Due": {"before": "now"}}}),
        json!({"body": "{{now format='yyyy-MM-dd HH:mm:ss'}}", "transformers": ["response-template"]}),
    )
    .await;
    let ask =
        || client::send(ringer.address, "GET", "/a", &[("x-due", "2031-05-06T00:00:00Z")], "");
    assert_eq!(ask().await.status, 404);
    let frozen = told(&ringer, "POST", "/freeze", json!({"now": "2031-05-06T07:08:09Z"})).await;
    assert_eq!(frozen["now"], "2031-05-06T07:08:09.000Z");
    assert_eq!(frozen["epochMillis"], 1_935_817_689_000_u64);
    assert_eq!(ask().await.text(), "2031-05-06 07:08:09");
    told(&ringer, "POST", "/advance", json!({"by": 1000})).await;
    assert_eq!(ask().await.text(), "2031-05-06 07:08:10");
    let journal = client::get(ringer.address, "/__admin/requests").await.json();
    assert_eq!(journal["requests"][0]["request"]["loggedDateString"], "2031-05-06T07:08:10Z");
    // Back before the day: time has not gone back, dates have.
    let back = told(&ringer, "PUT", "", json!({"now": "2001-01-01T00:00:00Z"})).await;
    assert!(back["elapsedMillis"].as_u64() >= frozen["elapsedMillis"].as_u64());
    assert_eq!(ask().await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_answer_is_dated_by_the_clock() {
    let head =
        "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 2\r\n\r\nok";
    let (upstream, _requests) = Upstream::answering(head).await;
    let folder = Folder::new();
    let recording = folder.run(ringer::model::Mode::Record, &upstream.url()).await;
    client::get(recording.address, "/a").await;
    recording.stop().await;
    let ringer = folder.replay().await;
    told(&ringer, "PUT", "", json!({"now": "2031-05-06T07:08:09Z", "frozen": true})).await;
    let got = client::get(ringer.address, "/a").await;
    assert_eq!(got.field("date"), Some("Tue, 06 May 2031 07:08:09 GMT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_wait_of_an_hour_ends_when_the_clock_has_passed_it() {
    let (_folder, ringer) = with_stub(
        json!({"url": "/a"}),
        json!({"body": "late", "fixedDelayMilliseconds": 3_600_000}),
    )
    .await;
    let real = Clock::start();
    told(&ringer, "PUT", "", json!({"frozen": true, "delays": "virtual"})).await;
    let address = ringer.address;
    let answer = tokio::spawn(async move { client::get(address, "/a").await });
    // The request has come, and its answer waits.
    while client::get(address, "/__admin/requests").await.json()["meta"]["total"] == 0 {}
    told(&ringer, "POST", "/advance", json!({"by": "59m"})).await;
    let journal = client::get(address, "/__admin/requests").await.json();
    assert!(journal["requests"][0].get("response").is_none() && !answer.is_finished());
    told(&ringer, "POST", "/advance", json!({"by": "1m"})).await;
    assert_eq!(within(answer).await.unwrap().text(), "late");
    assert!(real.elapsed() < MOMENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dribbled_answer_comes_piece_by_piece_as_the_clock_goes() {
    let dribble = json!({"numberOfChunks": 4, "totalDuration": 4_000_000});
    let (_folder, ringer) = with_stub(
        json!({"url": "/a"}),
        json!({"body": "12345678", "chunkedDribbleDelay": dribble}),
    )
    .await;
    told(&ringer, "PUT", "", json!({"speed": 100_000, "delays": "virtual"})).await;
    let real = Clock::start();
    assert_eq!(client::get(ringer.address, "/a").await.text(), "12345678");
    assert!(real.elapsed() >= Duration::from_millis(30) && real.elapsed() < MOMENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_clock_runs_on_and_a_reset_one_shows_real_time() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let start = told(&ringer, "GET", "", Value::Null).await;
    assert_eq!(
        (&start["frozen"], &start["speed"], &start["delays"]),
        (&json!(false), &json!(1), &json!("real"))
    );
    let set = told(&ringer, "POST", "/set", json!({"now": 1_000_000_000_000_u64})).await;
    assert!(set["now"].as_str().unwrap().starts_with("2001-09-09T01:46:4"), "{set}");
    let frozen = told(&ringer, "POST", "/freeze", Value::Null).await;
    let later = told(&ringer, "GET", "", Value::Null).await;
    assert_eq!(frozen, later);
    let resumed = told(&ringer, "POST", "/resume", json!({"speed": 3600})).await;
    assert_eq!((&resumed["frozen"], &resumed["speed"]), (&json!(false), &json!(3600)));
    tokio::time::sleep(Duration::from_millis(20)).await;
    let later = told(&ringer, "GET", "", Value::Null).await;
    assert!(later["epochMillis"].as_u64() >= resumed["epochMillis"].as_u64().map(|it| it + 60_000));
    let reset = told(&ringer, "POST", "/reset", Value::Null).await;
    let (began, now) =
        (start["epochMillis"].as_u64().unwrap(), reset["epochMillis"].as_u64().unwrap());
    assert!(now >= began && now < began + 60_000);
    assert_eq!(reset["speed"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_clock_cannot_do_is_refused_with_a_way_out() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let refused = [
        ("PUT", "", json!({"speed": 0}), "freeze the clock"),
        ("PUT", "", json!({"speed": "fast"}), "1 is real time"),
        ("PUT", "", json!({"now": "yesterday"}), "2026-11-23T12:00:00Z"),
        ("PUT", "", json!({"now": "9999-12-30T12:00:00Z", "advance": "1d"}), "from 1970 to 9999"),
        ("PUT", "", json!({"delays": "none"}), "`real` or `virtual`"),
        ("PUT", "", json!({"frosen": true}), "`frozen`"),
        ("PUT", "", json!([]), "an object is expected"),
        ("POST", "/advance", json!({}), "`by` is missing"),
        ("POST", "/advance", json!({"by": "-1h"}), "to go back, set the clock"),
        ("POST", "/set", Value::Null, "`now` is missing"),
    ];
    for (method, path, body, way_out) in refused {
        let got = call(&ringer, method, path, body.clone()).await;
        assert_eq!(got.status, 422, "{body}: {got:?}");
        let detail = got.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(way_out), "{body}: {detail}");
    }
    let clock = told(&ringer, "GET", "", Value::Null).await;
    assert_eq!((&clock["frozen"], &clock["speed"]), (&json!(false), &json!(1)));
}
