//! A bad day of minutes and hours, in milliseconds: the clock is moved, and clients see what they would.

use std::{net::SocketAddr, path::Path, time::Instant};

use serde_json::Value;

use crate::support::{
    client::{self, Got},
    folder::Folder,
    process::{Serving, ringer, run},
};

fn serving(arguments: &[&str]) -> (Folder, Serving) {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"body": "a"}}"#);
    let serving = Serving::start(folder.path(), "replay", arguments);
    (folder, serving)
}

#[track_caller]
fn ctl(at: SocketAddr, line: &str) -> String {
    let at = format!("http://{at}");
    let mut command = ringer();
    command.current_dir(Path::new("/")).args(["ctl", "--at", &at]).args(line.split(' '));
    let ended = run(&mut command);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{line}");
    ended.stdout
}

async fn call(at: SocketAddr, path: &str, body: &str) {
    let path = format!("/__admin/ringer{path}");
    let got = client::send(at, "POST", &path, &[], body.to_owned()).await;
    assert!(got.status < 300, "{path} {got:?}");
}

/// The share of 200 requests that fail.
async fn failed(at: SocketAddr) -> usize {
    let connection = client::Connection::http1(at).await;
    let mut failed = 0;
    for _ in 0..200 {
        failed += usize::from(connection.get("localhost", "/a").await.status == 503);
    }
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_gets_slow_goes_away_and_comes_back() {
    let (_folder, serving) = serving(&["--latency", "none", "--chaos", "recovering"]);
    let at = serving.address;
    ctl(at, "clock freeze 2026-11-23T12:00:00Z");
    ctl(at, "clock delays virtual");
    // The day begins now.
    ctl(at, "chaos recovering");
    assert_eq!(failed(at).await, 0, "healthy");

    ctl(at, "clock advance 30s");
    let slow = tokio::spawn(async move { client::get(at, "/a").await });
    // An answer of a second and a half comes when the clock has passed it.
    let begun = Instant::now();
    while !slow.is_finished() {
        call(at, "/clock/advance", r#"{"by": "100ms"}"#).await;
    }
    slow.await.unwrap();
    assert!(begun.elapsed().as_secs() < 5);
    let passed = ctl(at, "clock --json");
    let passed: Value = serde_json::from_str(&passed).unwrap();
    assert!(passed["now"].as_str().unwrap() > "2026-11-23T12:00:30.1", "{passed}");

    ctl(at, "clock set 2026-11-23T12:01:00Z");
    assert_eq!(failed(at).await, 200, "down");
    // Waits of what fades out would have to be waited for.
    ctl(at, "clock delays real");
    ctl(at, "clock set 2026-11-23T12:01:29.990Z");
    let fading = failed(at).await;
    assert!(fading < 20, "{fading} of 200 while it is all but over");
    ctl(at, "clock advance 1s");
    assert_eq!(failed(at).await, 0, "well again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fades_out_fails_less_and_less() {
    let (folder, serving) = serving(&["--latency", "none", "--seed", "7"]);
    let at = serving.address;
    let stages = "[[stage]]\nname = \"down\"\nfor = \"10s\"\nfault = 503\n\
                  [[stage]]\nname = \"ramp\"\nfor = \"20s\"\nramp = \"down\"\nfault = 503\n";
    let file = folder.write("day.toml", stages);
    ctl(at, "clock freeze 2026-11-23T12:00:00Z");
    ctl(at, &format!("chaos {}", file.display()));
    assert_eq!(failed(at).await, 200);
    let mut shares = Vec::new();
    for _ in 0..3 {
        ctl(at, if shares.is_empty() { "clock advance 15s" } else { "clock advance 5s" });
        shares.push(failed(at).await);
    }
    // 75, 50, 25 of a hundred.
    assert!((125..175).contains(&shares[0]), "{shares:?}");
    assert!((75..125).contains(&shares[1]), "{shares:?}");
    assert!((25..75).contains(&shares[2]), "{shares:?}");
    ctl(at, "clock advance 5s");
    assert_eq!(failed(at).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_github_passes() {
    let limit = "preset=github,limit=3/h";
    let (_folder, serving) = serving(&["--latency", "none", "--rate-limit", limit]);
    let at = serving.address;
    ctl(at, "clock freeze 2026-11-23T12:00:00Z");
    // A client without credentials has GitHub's 60 an hour.
    let token = ("authorization", "Bearer ghp_1");
    let ask = async || client::send(at, "GET", "/a", &[token], "").await;
    let left = |got: &Got| got.field("x-ratelimit-remaining").unwrap().to_owned();
    for remaining in ["2", "1", "0"] {
        let got = ask().await;
        assert_eq!((got.status, left(&got).as_str()), (200, remaining));
    }
    let refused = ask().await;
    assert_eq!((refused.status, refused.field("retry-after")), (403, None));
    // An hour after the first request: 2026-11-23T13:00:00Z.
    assert_eq!(refused.field("x-ratelimit-reset"), Some("1795438800"));
    assert!(refused.text().contains("API rate limit exceeded"), "{}", refused.text());
    ctl(at, "clock advance 59m");
    assert_eq!(ask().await.status, 403);
    ctl(at, "clock advance 1m");
    let got = ask().await;
    assert_eq!((got.status, left(&got).as_str()), (200, "2"));
}
