//! `ringer tail` on a running ringer.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use rustix::process::Signal;

use crate::support::{
    client,
    folder::Folder,
    process::{Process, Serving, ringer, run},
    waiting::{LIMIT, eventually},
};

fn serving(arguments: &[&str]) -> (Folder, Serving) {
    let folder = Folder::new();
    folder.stub(
        "a",
        r#"{"name": "orders", "request": {"urlPath": "/a"}, "response": {"body": "hi"}}"#,
    );
    let serving = Serving::start(folder.path(), "replay", arguments);
    (folder, serving)
}

fn ask(serving: &Serving, path: &str, fields: &[(&str, &str)]) -> u16 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client::send(serving.address, "GET", path, fields, "")).status
}

fn tail(serving: &Serving, arguments: &[&str]) -> Process {
    let at = format!("http://{}", serving.address);
    Process::spawn(ringer().args(["tail", "--admin", &at]).args(arguments))
}

/// The line with the latency taken out.
fn shown(line: &str) -> String {
    let words =
        line.split_whitespace().filter(|word| *word != "ms" && word.parse::<f64>().is_err());
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn it_shows_the_last_requests_then_each_as_it_is_answered_and_ends_by_ctrl_c() {
    let (_folder, serving) = serving(&[]);
    ask(&serving, "/a?x=1", &[]);
    let mut tail = tail(&serving, &[]);
    eventually("the first line", || tail.stdout().contains("/a?x=1").then_some(()));
    ask(&serving, "/none", &[("x-ringer-session", "s")]);
    eventually("the second line", || tail.stdout().contains("/none").then_some(()));
    tail.signal(Signal::INT);
    assert_eq!(tail.wait(LIMIT).code(), Some(0));
    let lines: Vec<_> = tail.stdout().lines().map(shown).collect();
    assert_eq!(lines, ["GET /a?x=1 stub orders", "GET /none no stub matches session s"]);
    assert_eq!(tail.stderr(), "");
}

#[test]
fn filters_and_json() {
    let (_folder, serving) = serving(&[]);
    for path in ["/a", "/none", "/other"] {
        ask(&serving, path, &[]);
    }
    let at = format!("http://{}", serving.address);
    let ended = |arguments: &[&str]| {
        run(ringer().args(["tail", "--admin", &at, "--no-follow"]).args(arguments))
    };
    let json = ended(&["--json", "--status", "4xx", "--url", "/n*"]);
    assert_eq!((json.code, json.stderr.as_str()), (Some(0), ""));
    let event: serde_json::Value = serde_json::from_str(json.stdout.trim_end()).unwrap();
    assert_eq!((&event["event"], &event["request"]["url"]), (&"exchange".into(), &"/none".into()));
    let bodies = ended(&["--outcome", "stub", "--bodies", "-n", "1"]).stdout;
    assert!(bodies.contains("    < hi\n"), "{bodies}");
    assert_eq!(
        ended(&["-n", "1"]).stdout.lines().map(shown).collect::<Vec<_>>(),
        ["GET /other no stub matches"]
    );
    let wrong = ended(&["--outcome", "gone"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("unknown outcome `gone`"), "{}", wrong.stderr);
}

#[test]
fn it_comes_back_when_ringer_does() {
    let (folder, serving) = serving(&[]);
    ask(&serving, "/a", &[]);
    let tail = tail(&serving, &["--json"]);
    eventually("the first line", || tail.stdout().contains("\"/a\"").then_some(()));
    let listen = serving.address.to_string();
    serving.process.signal(Signal::TERM);
    eventually("that it has ended", || tail.stderr().contains("has ended").then_some(()));
    drop(serving);
    let again = Serving::start(folder.path(), "replay", &["--listen", &listen]);
    ask(&again, "/again", &[]);
    eventually("the line after it", || tail.stdout().contains("/again").then_some(()));
    assert!(tail.stderr().contains("is back"), "{}", tail.stderr());
}

#[test]
fn who_stops_reading_ends_it_quietly() {
    let (_folder, serving) = serving(&[]);
    let at = format!("http://{}", serving.address);
    let mut tail = ringer()
        .args(["tail", "--admin", &at])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    ask(&serving, "/a", &[]);
    let mut first = String::new();
    let mut reader = BufReader::new(tail.stdout.take().unwrap());
    eventually("a line", || {
        ask(&serving, "/a", &[]);
        (reader.read_line(&mut first).unwrap() > 0).then_some(())
    });
    drop(reader);
    let status = eventually("its end", || {
        ask(&serving, "/a", &[]);
        tail.try_wait().unwrap()
    });
    let said = std::io::read_to_string(tail.stderr.take().unwrap()).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn where_nobody_answers_it_says_so() {
    let ended = run(ringer().args(["tail", "--admin", "http://127.0.0.1:1"]));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("nobody answers at http://127.0.0.1:1"), "{}", ended.stderr);
}
