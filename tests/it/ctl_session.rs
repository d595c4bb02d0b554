//! `ringer ctl session` on a running ringer.

use serde_json::Value;

use crate::support::{
    folder::Folder,
    process::{Ended, Serving, ringer, run},
};

fn ctl(serving: &Serving, line: &str) -> Ended {
    let at = format!("http://{}", serving.address);
    run(ringer().args(["ctl", "--at", &at, "session"]).args(line.split(' ')))
}

/// A command that works; what it prints.
#[track_caller]
fn told(serving: &Serving, line: &str) -> String {
    let ended = ctl(serving, line);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{line}: {ended:?}");
    ended.stdout
}

#[test]
fn sessions_are_made_shown_reset_and_dropped() {
    let folder = Folder::new();
    folder.stub("any", r#"{"request": {"urlPath": "/any"}, "response": {"status": 200}}"#);
    let serving = Serving::start(folder.path(), "replay", &["--latency", "none"]);
    let made = "create checkout --seed 7 --mode replay --idle 1h --freeze 2031-05-06T07:08:09Z";
    assert_eq!(told(&serving, made), "checkout\n");
    let given = told(&serving, "create");
    assert!(given.starts_with("s-"), "{given}");
    let list = told(&serving, "list");
    let names: Vec<_> = list.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["NAME", "default", "checkout", given.trim()], "{list}");
    let shown = told(&serving, "show checkout");
    for line in ["seed        7\n", "mode        replay\n", "2031-05-06T07:08:09.000Z, frozen\n"] {
        assert!(shown.contains(line), "{shown}");
    }
    let json: Value = serde_json::from_str(&told(&serving, "show checkout --json")).unwrap();
    assert_eq!((&json["name"], &json["seed"]), (&"checkout".into(), &7.into()));
    assert_eq!(told(&serving, "reset checkout"), "session checkout is as new\n");
    let shown = told(&serving, "show checkout");
    assert!(shown.contains("seed        7\n") && !shown.contains("frozen"), "{shown}");
    assert_eq!(told(&serving, "drop checkout"), "dropped session checkout\n");
    let ended = ctl(&serving, "show checkout");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.starts_with("error: there is no session `checkout`"), "{ended:?}");
    told(&serving, "drop --all");
    assert_eq!(told(&serving, "list --json").matches("\"name\"").count(), 1);
    // What makes no sense is told before anybody is asked.
    for line in ["drop", "drop a --all", "create a,b", "create a --mode sometimes"] {
        assert_eq!(ctl(&serving, line).code, Some(2), "{line}");
    }
}

#[test]
fn a_session_is_given_an_address() {
    let folder = Folder::new();
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"body": "a"}}"#);
    let serving = Serving::start(folder.path(), "replay", &["--latency", "none"]);
    let made = told(&serving, "create ann --listen 127.0.0.1:0");
    let address = made.strip_prefix("ann\nlistens on ").expect(&made).trim();
    assert!(address.parse::<std::net::SocketAddr>().is_ok(), "{made}");
    assert!(told(&serving, "show ann").contains(&format!("listens     {address}\n")));
    std::net::TcpStream::connect(address).unwrap();
}
