//! `ringer ctl` on a running ringer.

use std::{net::SocketAddr, path::Path};

use serde_json::Value;

use crate::support::{
    client,
    folder::Folder,
    process::{Ended, Serving, ringer, run},
};

/// A ringer process with a stub for `/a`.
fn serving(arguments: &[&str]) -> (Folder, Serving) {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"body": "a"}}"#);
    let serving = Serving::start(folder.path(), "replay", arguments);
    (folder, serving)
}

#[track_caller]
fn ctl(at: &str, folder: &Path, line: &str) -> Ended {
    let words = line.split(' ').map(|word| word.replace('~', " "));
    run(ringer().current_dir(folder).args(["ctl", "--at", at]).args(words))
}

/// A command that works; what it prints.
#[track_caller]
fn told(serving: &Serving, line: &str) -> String {
    let ended = ctl(&format!("http://{}", serving.address), Path::new("."), line);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "ringer ctl {line}: {ended:?}");
    ended.stdout
}

/// A command that is refused; what it says.
#[track_caller]
fn refused(at: &str, line: &str) -> String {
    let ended = ctl(at, Path::new("."), line);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "ringer ctl {line}: {ended:?}");
    ended.stderr
}

fn status(address: SocketAddr) -> u16 {
    status_or_none(address).expect("an answer")
}

/// `None` where the connection broke.
fn status_or_none(address: SocketAddr) -> Option<u16> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connection = client::Connection::http1(address).await;
        let request = connection.request("GET", "localhost", "/a").body(client::whole(""));
        connection.try_send(request.unwrap()).await.ok().map(|got| got.status)
    })
}

#[test]
fn rules_are_added_shown_and_removed() {
    let (_folder, serving) = serving(&["--latency", "none", "--seed", "7"]);
    let at = serving.address;
    told(&serving, "clock freeze 2026-11-23T12:00:00Z");
    assert_eq!(
        told(&serving, "fault add --url /a --status 503 --for 30s"),
        "added fault status-503\n"
    );
    assert_eq!(status(at), 503);
    told(&serving, "fault add --spec status=500;~every=2 --method POST --name odd");
    told(&serving, "delay add --wait 1ms..2ms -p 50%");
    told(&serving, "delay add --distribution lognormal,median=1ms,p99=2ms --name tail");
    told(&serving, "bandwidth add --rate 1MB/s --direction both");
    insta::assert_snapshot!(told(&serving, "show"), @r"
    latency  none (all)
    clock    2026-11-23T12:00:00.000Z, frozen

    NAME        KIND       WHAT                                             REQUESTS             WHERE
    delay       delay      distribution=uniform lower=1ms upper=2ms         probability=0.5      all
    tail        delay      distribution=lognormal median=1ms sigma=0.29796  all                  all
    bandwidth   bandwidth  rate=1MB/s direction=both                        all                  all
    status-503  fault      status=503                                       url=/a until=30s     all
    odd         fault      status=500                                       method=POST every=2  all
    ");
    insta::assert_snapshot!(told(&serving, "fault list"), @r"
    NAME        WHAT        REQUESTS             WHERE
    status-503  status=503  url=/a until=30s     all
    odd         status=500  method=POST every=2  all
    ");
    assert_eq!(told(&serving, "fault remove odd status-503"), "removed odd\nremoved status-503\n");
    assert_eq!(status(at), 200);
    assert_eq!(told(&serving, "fault list"), "there are no faults\n");
    assert_eq!(told(&serving, "latency fixed:1ms"), "latency is fixed:1ms\n");
    assert_eq!(told(&serving, "reset"), "all is as at the start\n");
    let shown: Value = serde_json::from_str(&told(&serving, "show --json")).unwrap();
    assert_eq!(shown["behaviors"][0]["latency"], "none");
    assert_eq!(
        (&shown["clock"]["frozen"], &shown["behaviors"][0]["delay"]),
        (&Value::Bool(false), &Value::Null)
    );
}

#[test]
fn limits_are_added_listed_and_reset() {
    let (_folder, serving) = serving(&["--latency", "none"]);
    told(&serving, "clock freeze 2026-11-23T12:00:00Z");
    assert_eq!(told(&serving, "limit list"), "no request has come under a limit yet\n");
    assert_eq!(told(&serving, "limit add 2/h"), "added limit rate-limit\n");
    let statuses = || [0; 3].map(|_| status(serving.address));
    assert_eq!(statuses(), [200, 200, 429]);
    insta::assert_snapshot!(told(&serving, "limit list"), @r"
    LIMIT       POLICY    KEY  OF  LEFT  FULL AGAIN
    rate-limit  requests  all  2   0     2026-11-23T13:00:00Z
    ");
    let report = told(&serving, "limit report");
    let row: Vec<&str> = report.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..5], ["rate-limit", "all", "3", "1", "0"], "{report}");
    told(&serving, "clock advance 1h");
    assert_eq!(statuses(), [200, 200, 429]);
    assert_eq!(told(&serving, "limit reset"), "all limits are full again\n");
    assert_eq!(statuses(), [200, 200, 429]);
    assert_eq!(told(&serving, "limit add preset=github,limit=20/min"), "added limit github\n");
    told(&serving, "limit remove rate-limit github");
    assert_eq!(statuses(), [200, 200, 200]);
}

#[test]
fn the_clock_is_moved() {
    let (_folder, serving) = serving(&[]);
    assert_eq!(
        told(&serving, "clock freeze 2026-11-23T12:00:00Z"),
        "2026-11-23T12:00:00.000Z, frozen\n"
    );
    assert_eq!(told(&serving, "clock advance 90m"), "2026-11-23T13:30:00.000Z, frozen\n");
    assert_eq!(
        told(&serving, "clock delays virtual"),
        "2026-11-23T13:30:00.000Z, frozen, delays follow it\n"
    );
    let resumed = told(&serving, "clock resume --speed 60");
    assert!(resumed.ends_with("60 times as fast as real time, delays follow it\n"), "{resumed}");
    assert!(told(&serving, "clock set 2031-01-01T00:00:00Z").starts_with("2031-01-01T00:00:"));
    assert!(!told(&serving, "clock reset").contains("2031"));
    let clock: Value = serde_json::from_str(&told(&serving, "clock --json")).unwrap();
    assert_eq!(clock["speed"], 1);
}

#[test]
fn a_profile_of_a_file_is_put_into_effect_and_taken_back() {
    let (folder, serving) = serving(&["--latency", "none"]);
    folder.write("bad.toml", "[[fault]]\nname = \"down\"\nstatus = 503\n");
    folder.write("wrong.toml", "[[fault]]\nstatus = 503\nprobabilty = 0.5\n");
    let at = format!("http://{}", serving.address);
    let ended = ctl(&at, folder.path(), "chaos bad.toml");
    assert_eq!(ended.stdout, "profile bad.toml is in effect\n", "{ended:?}");
    assert_eq!(status(serving.address), 503);
    let ended = ctl(&at, folder.path(), "chaos wrong.toml");
    assert_eq!(ended.code, Some(2));
    insta::assert_snapshot!(ended.stderr, @r"
    error: unknown key `probabilty` in a fault
      ┌ wrong.toml:3:1
      │
    3 │ probabilty = 0.5
      │ ^^^^^^^^^^ did you mean `probability`?
      └
    ");
    assert_eq!(status(serving.address), 503);
    assert_eq!(told(&serving, "chaos off"), "no profile is in effect\n");
    assert_eq!(status(serving.address), 200);
}

#[test]
fn a_profile_that_ships_is_put_into_effect_by_its_name() {
    let (_folder, serving) = serving(&["--latency", "none", "--chaos", "outage", "--seed", "7"]);
    let outage = |status: u16| status != 200;
    let strikes = || status_or_none(serving.address).is_none_or(outage);
    assert!((0..10).all(|_| strikes()));
    let list = told(&serving, "chaos");
    let in_effect = |list: &str| -> Vec<String> {
        let lines = list.lines().filter(|line| line.contains(" in effect "));
        lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    assert_eq!(in_effect(&list), ["outage"], "{list}");
    assert!(list.contains("\nflaky                    1 % errors, "), "{list}");
    assert!(told(&serving, "show").starts_with("profile  outage\n"));
    assert_eq!(told(&serving, "chaos off"), "no profile is in effect\n");
    assert_eq!(status(serving.address), 200);
    assert_eq!(told(&serving, "chaos flaky"), "profile flaky is in effect\n");
    assert_eq!(in_effect(&told(&serving, "chaos")), ["flaky"]);
    assert!(told(&serving, "fault list").contains("probability=0.005"));
    assert_eq!(told(&serving, "chaos outage"), "profile outage is in effect\n");
    assert!(!told(&serving, "fault list").contains("probability=0.005"));
    told(&serving, "chaos off");
    // What is in effect at the start comes back.
    told(&serving, "reset");
    assert_eq!(in_effect(&told(&serving, "chaos")), ["outage"]);
    assert!((0..10).all(|_| strikes()));
    let at = format!("http://{}", serving.address);
    insta::assert_snapshot!(refused(&at, "chaos flakey"), @"error: there is no profile `flakey`; did you mean `flaky`?");
}

#[test]
fn what_is_wrong_is_said_with_a_way_out() {
    let (folder, serving) = serving(&[]);
    let at = format!("http://{}", serving.address);
    insta::assert_snapshot!(refused(&at, "fault add --fault conection-reset"), @"error: `fault` cannot be `conection-reset`; did you mean `connection-reset`?");
    insta::assert_snapshot!(refused(&at, "fault remove none"), @"error: there is no `none`; `GET /__admin/ringer/behaviors` lists what there is");
    insta::assert_snapshot!(refused(&at, "clock advance soon"), @"error: `by` must be a duration, `90s`, `1h` or a number of milliseconds; to go back, set the clock by `now`");
    let nobody = refused("http://127.0.0.1:1", "show");
    assert!(nobody.contains("nobody answers at http://127.0.0.1:1"), "{nobody}");
    assert!(nobody.contains("hint: start one with `ringer replay`"), "{nobody}");
    let without = Serving::start(folder.path(), "replay", &["--admin", "off"]);
    let without = format!("http://{}", without.address);
    let said = refused(&without, "clock");
    assert!(said.contains("does not know /__admin/ringer/clock"), "{said}");
    let ended = run(ringer().args(["ctl", "fault", "add"]));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--status"), "{}", ended.stderr);
}

#[test]
fn it_finds_ringer_by_the_environment_and_over_tls() {
    let (folder, serving) = serving(&[]);
    let said = |at: &str, arguments: &[&str]| {
        let mut command = ringer();
        command.current_dir(folder.path()).env("RINGER_ADMIN_URL", at).args(["ctl", "clock"]);
        run(command.args(arguments))
    };
    let ended = said(&format!("http://{}", serving.address), &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // The authority lies where ringer put it.
    let over_tls = said(&format!("https://localhost:{}", serving.address.port()), &[]);
    assert_eq!(over_tls.code, Some(0), "{over_tls:?}");
    let ended = said("nowhere", &[]);
    assert!(ended.stderr.contains("RINGER_ADMIN_URL"), "{}", ended.stderr);
}
