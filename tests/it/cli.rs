//! The program as people use it: help, messages, exit codes, wrapped programs.

use std::{path::Path, process::Command};

use http::Response;
use rustix::process::Signal;

use crate::support::{
    certificates::TestAuthority,
    client,
    folder::Folder,
    process::{Ended, Process, Serving, ringer, run},
    server::{Upstream, whole},
    waiting::eventually,
};

const STUB: &str = r#"{"name":"a","request":{"urlPath":"/a"},"response":{"body":"from a"}}"#;

#[track_caller]
fn ran(folder: &Folder, arguments: &[&str]) -> Ended {
    run(ringer().current_dir(folder.path()).args(arguments))
}

/// What was said, with what differs from run to run left out.
fn without_places(said: &str, folder: &Folder) -> String {
    said.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn the_help_of_each_command_has_examples() {
    let folder = Folder::new();
    for command in ["demo", "record", "replay", "serve", "check", "explain", "ca", "completions"] {
        let said = ran(&folder, &[command, "--help"]);
        assert_eq!(said.code, Some(0));
        let examples = said.stdout.split("Examples:").nth(1).unwrap_or_default();
        assert!(examples.contains(&format!("ringer {command}")), "{command}: {}", said.stdout);
        assert_eq!(said.stderr, "");
    }
    let top = ran(&folder, &["--help"]).stdout;
    assert!(top.contains("Examples:") && top.contains("Exit codes:"), "{top}");
    assert_eq!(
        ran(&folder, &["--version"]).stdout,
        concat!("ringer ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_wrong_command_line_is_explained_and_exits_2() {
    let folder = Folder::new();
    for (arguments, expected) in [
        (&["recrod"][..], "record"),
        (&["replay", "--latency", "fast"], "expected `none`, `recorded`"),
        (&["replay", "--fail", "often"], "5%:503"),
        (&["replay", "--rate-limit", "many"], "10/s"),
        (&["record", "api.example.com"], "https://api.example.com"),
        (&["record", "http://127.0.0.1:9", "--listen", "nowhere"], "listen"),
        (&["replay", "--replays"], "--replays"),
    ] {
        let said = ran(&folder, arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.stderr);
        assert!(said.stderr.starts_with("error: "), "{}", said.stderr);
        assert!(said.stderr.contains(expected), "{arguments:?}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn completions_are_scripts_of_each_shell() {
    let folder = Folder::new();
    for (shell, sign) in
        [("bash", "complete -F"), ("zsh", "#compdef ringer"), ("fish", "complete -c ringer")]
    {
        let said = ran(&folder, &["completions", shell]);
        assert_eq!(said.code, Some(0));
        assert!(said.stdout.contains(sign) && said.stdout.contains("record"), "{shell}");
    }
    let script = folder.write("ringer.bash", ran(&folder, &["completions", "bash"]).stdout);
    let checked = run(Command::new("bash").arg("-n").arg(script));
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""));
}

#[test]
fn the_authority_can_be_made_shown_and_exported() {
    let folder = Folder::new();
    let none = ran(&folder, &["ca"]);
    assert!(none.stderr.contains("--create"), "{}", none.stderr);
    assert!(!folder.join("certs/ca.pem").exists());
    assert_eq!(ran(&folder, &["ca", "--create"]).code, Some(0));
    let shown = ran(&folder, &["ca"]);
    assert_eq!(shown.code, Some(0));
    assert!(format!("{}{}", shown.stdout, shown.stderr).contains("ca.pem"), "{shown:?}");
    let exported = ran(&folder, &["ca", "--export", "-"]).stdout;
    assert_eq!(exported, std::fs::read_to_string(folder.join("certs/ca.pem")).unwrap());
    assert_eq!(ran(&folder, &["ca", "--export", "copy.crt"]).code, Some(0));
    assert_eq!(std::fs::read_to_string(folder.join("copy.crt")).unwrap(), exported);
    // A program that knows nothing of ringer reads it.
    let openssl = run(Command::new("openssl")
        .args(["x509", "-noout", "-subject", "-in"])
        .arg(folder.join("copy.crt")));
    assert_eq!(openssl.code, Some(0), "{}", openssl.stderr);
    assert!(openssl.stdout.contains("ringer"), "{}", openssl.stdout);
}

#[test]
fn check_says_what_is_wrong_where_and_what_was_meant() {
    let folder = Folder::new();
    folder.stub("good", STUB);
    folder.stub("matcher", "{\n  \"request\": {\n    \"method\": \"POST\",\n    \"bodyPatterns\": [{ \"equalsTo\": \"eur\" }]\n  },\n  \"response\": { \"status\": \"twice\" }\n}\n");
    folder
        .stub("regex", "{\n  \"request\": { \"urlPattern\": \"/c/(\" },\n  \"response\": {}\n}\n");
    folder.stub("syntax", "{\n  \"request\": {,\n");
    folder.stub(
        "body",
        "{\n  \"request\": {},\n  \"response\": { \"bodyFileName\": \"gone.txt\" }\n}\n",
    );
    folder.stub(
        "later",
        "{\n  \"request\": { \"customMatcher\": { \"name\": \"mine\" } },\n  \"response\": {}\n}\n",
    );
    let said = ran(&folder, &["check"]);
    assert_eq!(said.code, Some(1));
    insta::assert_snapshot!(without_places(&said.stderr, &folder), @r#"
    error: there is no file `gone.txt` in `stubs/__files`
      ┌ stubs/mappings/body.json:3:33
      │
    3 │   "response": { "bodyFileName": "gone.txt" }
      │                                 ^^^^^^^^^^
      └
    error: `customMatcher` names Java code, which ringer cannot run
      ┌ stubs/mappings/later.json:2:33
      │
    2 │   "request": { "customMatcher": { "name": "mine" } },
      │                                 ^^^^^^^^^^^^^^^^^^ say what it looks for with matchers, `and`, `or` and `not`
      └
    error: unknown matcher `equalsTo`
      ┌ stubs/mappings/matcher.json:4:24
      │
    4 │     "bodyPatterns": [{ "equalsTo": "eur" }]
      │                        ^^^^^^^^^^ did you mean `equalTo`?
      └
    error: `status` must be a number from 100 to 999, found the string "twice"
      ┌ stubs/mappings/matcher.json:6:27
      │
    6 │   "response": { "status": "twice" }
      │                           ^^^^^^^
      └
    error: the group that opens at character 4 is never closed; add `)`, or write `\(` for the character itself
      ┌ stubs/mappings/regex.json:2:30
      │
    2 │   "request": { "urlPattern": "/c/(" },
      │                              ^^^^^^
      └
    error: expected a member name in quotes, found `,`
      ┌ stubs/mappings/syntax.json:2:15
      │
    2 │   "request": {,
      │               ^
      └
    6 errors in 5 of 6 stub files
    "#);
}

#[test]
fn check_is_content_with_the_stubs_of_this_repository() {
    let folder = Folder::new();
    let stubs = Path::new(env!("CARGO_MANIFEST_DIR")).join("stubs");
    let said = ran(&folder, &["check", stubs.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.starts_with("✓ no mistakes: "), "{}", said.stderr);
}

#[test]
fn a_mistake_in_the_configuration_is_shown_with_its_place() {
    let folder = Folder::new();
    folder.stub("good", STUB);
    folder.write("ringer.toml", "seed = 7\n\n[service.payments]\nupstrem = \"https://api.example.com\"\nmode = \"replya\"\n");
    let said = ran(&folder, &["check"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    insta::assert_snapshot!(without_places(&said.stderr, &folder), @r#"
    error: unknown key `upstrem`
      ┌ ringer.toml:4:1
      │
    4 │ upstrem = "https://api.example.com"
      │ ^^^^^^^ did you mean `upstream`?
      └
    error: unknown mode `replya`, expected one of fallback, passthrough, record, record-missing, replay
      ┌ ringer.toml:5:8
      │
    5 │ mode = "replya"
      │        ^^^^^^^^
      └
    2 errors in the configuration file
    "#);
    let served = ran(&folder, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(served.code, Some(2));
    assert!(served.stderr.contains("did you mean `upstream`?"), "{}", served.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_runs_the_services_of_its_file_each_in_its_mode() {
    let upstream = Upstream::http(|request: http::Request<hyper::body::Incoming>| async move {
        Response::new(whole(format!("real {}", request.uri().path())))
    })
    .await;
    let folder = Folder::new();
    folder.write("stubs/mail/mappings/a.json", STUB);
    folder.write(
        "ringer.toml",
        format!(
            "[service.pay]\nupstream = \"{}\"\nmode = \"record-missing\"\nprefix = \"/pay\"\n\n\
             [service.mail]\nmode = \"replay\"\nprefix = \"/mail\"\n",
            upstream.url()
        ),
    );
    let serving = Serving::start(folder.path(), "serve", &[]);
    assert_eq!(client::get(serving.address, "/mail/a").await.text(), "from a");
    assert_eq!(client::get(serving.address, "/mail/b").await.status, 404);
    assert_eq!(client::get(serving.address, "/pay/b").await.text(), "real /b");
    let said = serving.stop();
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(
        folder.stubs().keys().any(|name| name.starts_with("pay/")),
        "{:?}",
        folder.stubs().keys()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_a_listener_of_its_own_needs_no_host_and_no_prefix() {
    let folder = Folder::new();
    for name in ["one", "two"] {
        let stub = STUB.replace("from a", name);
        folder.write(&format!("stubs/{name}/mappings/a.json"), stub);
    }
    folder.write(
        "ringer.toml",
        "[service.one]\nmode = \"replay\"\nlisten = [\"127.0.0.1:0\"]\n\n\
         [service.two]\nmode = \"replay\"\nlisten = [\"127.0.0.1:0\"]\n",
    );
    let serving = Serving::start(folder.path(), "serve", &[]);
    let ready = std::fs::read_to_string(folder.join("ready-serve.json")).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let addresses: Vec<std::net::SocketAddr> = ready["addresses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|address| address.as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(addresses.len(), 3, "the common one, and one each");
    assert_eq!(client::get(addresses[1], "/a").await.text(), "one");
    assert_eq!(client::get(addresses[2], "/a").await.text(), "two");
    assert_eq!(serving.stop().code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_is_said_to_people_and_programs_and_taken_back_at_the_end() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let serving = Serving::start(folder.path(), "replay", &["--seed", "7"]);
    assert_eq!(client::get(serving.address, "/a").await.text(), "from a");
    assert!(serving.ca.ends_with("certs/ca.pem") && serving.ca.exists());
    let address = serving.address;
    let said = serving.stop();
    assert_eq!(said.code, Some(0));
    let first = said.stderr.lines().next().unwrap();
    assert_eq!(
        first,
        format!(
            "ringer {} · replaying · http+https://{address} · stubs · seed 7",
            env!("CARGO_PKG_VERSION")
        )
    );
    assert!(said.stderr.contains("1 request · 1 by a stub"), "{}", said.stderr);
    assert_eq!(said.stdout, "", "stdout is for data");
    assert!(!folder.join("ready-replay.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wish_to_stop_is_followed() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let folder = Folder::new();
        folder.stub("a", STUB);
        let serving = Serving::start(folder.path(), "replay", &[]);
        serving.process.signal(signal);
        assert_eq!(serving.process.ended().code, Some(0), "{signal:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_a_line_and_quiet_says_nothing() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let serving = Serving::start(folder.path(), "replay", &[]);
    client::get(serving.address, "/a").await;
    client::get(serving.address, "/b?c=d").await;
    let said = serving.stop().stderr;
    let line =
        |part: &str| said.lines().find(|line| line.contains(part)).unwrap_or_default().to_owned();
    assert!(line(" /a ").contains("GET") && line(" /a ").contains("200"), "{said}");
    assert!(line("/b?c=d").contains("404") && line("/b?c=d").contains("no stub"), "{said}");
    let serving = Serving::start(folder.path(), "replay", &["-q"]);
    client::get(serving.address, "/a").await;
    assert_eq!(serving.stop().stderr, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_can_be_json() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let serving = Serving::start(folder.path(), "replay", &["--log-format", "json"]);
    client::get(serving.address, "/a").await;
    let said = serving.stop().stderr;
    let lines: Vec<serde_json::Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let request = lines.iter().find(|line| line["message"] == "request").unwrap();
    assert_eq!((&request["url"], &request["status"]), (&"/a".into(), &200.into()), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_fails_a_run_with_a_miss_or_an_unused_stub() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    for (paths, code) in [(&["/a"][..], Some(0)), (&["/a", "/b"], Some(1)), (&[], Some(1))] {
        for flag in [true, false] {
            let flags: &[&str] = if flag { &["--strict"] } else { &[] };
            let serving = Serving::start(folder.path(), "replay", flags);
            for path in paths {
                client::get(serving.address, path).await;
            }
            let said = serving.stop();
            assert_eq!(said.code, if flag { code } else { Some(0) }, "{paths:?}: {}", said.stderr);
            if flag && paths.len() == 2 {
                assert!(said.stderr.contains("GET /b"), "{}", said.stderr);
            }
        }
    }
}

#[test]
fn strict_fails_a_run_whose_stub_files_have_a_mistake() {
    let folder = Folder::new();
    folder.stub("misspelled", "{ \"requst\": {} }");
    for (flags, code) in [(&[][..], 0), (&["--strict"], 1)] {
        let mut arguments = vec!["replay", "--listen", "127.0.0.1:0"];
        arguments.extend(flags);
        arguments.extend(["--", "true"]);
        let said = ran(&folder, &arguments);
        assert_eq!(said.code, Some(code), "{}", said.stderr);
        assert!(said.stderr.contains("did you mean `request`?"), "{}", said.stderr);
    }
}

#[test]
fn a_wrapped_program_s_exit_code_is_passed_on() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    for (script, flags, code) in [
        ("exit 0", &[][..], 0),
        ("exit 7", &[], 7),
        ("exit 7", &["--strict"], 7),
        ("exit 0", &["--strict"], 1),
        ("curl -sf \"$RINGER_URL/a\"", &["--strict"], 0),
        ("kill -9 $$", &[], 137),
    ] {
        let mut arguments = vec!["replay", "--listen", "127.0.0.1:0"];
        arguments.extend(flags);
        arguments.extend(["--", "sh", "-c", script]);
        let said = ran(&folder, &arguments);
        assert_eq!(said.code, Some(code), "{script}: {}", said.stderr);
    }
    let said = ran(&folder, &["replay", "--listen", "127.0.0.1:0", "--", "no-such-program-here"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("`no-such-program-here`"), "{}", said.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrapped_program_is_recorded_over_https_and_replayed_without_the_api() {
    let authority = TestAuthority::new();
    let server = authority.server(&["localhost"], &["h2", "http/1.1"]);
    let upstream =
        Upstream::https(server, |request: http::Request<hyper::body::Incoming>| async move {
            Response::new(whole(format!("{} over {:?}", request.uri().path(), request.version())))
        })
        .await;
    let folder = Folder::new();
    let ca = folder.join("company-ca.pem");
    authority.write_to(&ca);
    let url = upstream.url_at("localhost");
    // The program knows the API by its own address, and trusts what the variables say.
    let script = format!("curl -sSf {url}/v1/things && echo && curl -sSf --http1.1 {url}/v1/more");
    let arguments = |command: &'static str, more: &[&str]| {
        let mut arguments =
            vec![command.to_owned(), "--listen".to_owned(), "127.0.0.1:0".to_owned()];
        arguments.extend(more.iter().map(|&one| one.to_owned()));
        arguments.extend(["--", "sh", "-c", &script].map(str::to_owned));
        arguments
    };
    let run_it = |arguments: Vec<String>| run(ringer().current_dir(folder.path()).args(arguments));
    let recorded = run_it(arguments("record", &["--upstream-ca", ca.to_str().unwrap()]));
    assert_eq!(recorded.code, Some(0), "{}", recorded.stderr);
    assert_eq!(recorded.stdout, "/v1/things over HTTP/2.0\n/v1/more over HTTP/1.1");
    assert!(recorded.stderr.contains("✓ sh exited 0"), "{}", recorded.stderr);
    assert!(recorded.stderr.contains("2 exchanges · 2 stubs written"), "{}", recorded.stderr);
    assert!(
        recorded.stderr.contains("next: ringer replay --strict -- sh -c"),
        "{}",
        recorded.stderr
    );
    upstream.stop().await;
    let replayed = run_it(arguments("replay", &["--strict"]));
    assert_eq!(replayed.code, Some(0), "{}", replayed.stderr);
    assert_eq!(replayed.stdout, recorded.stdout);
}

#[test]
fn a_flag_beats_a_variable_beats_the_file() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    folder.write("ringer.toml", "listen = [\"127.0.0.1:1\"]\nrate_limit = \"1/h\"\n");
    let script = "curl -s -o /dev/null -w '%{http_code} ' $RINGER_URL/a $RINGER_URL/a";
    // Two transfers and one `-o`: the second body goes to stdout as well, behind its status.
    let statuses = |command: &mut Command| {
        let said = run(command.args(["--", "sh", "-c", &format!("{script} -o /dev/null")]));
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        said.stdout.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let replay = |variable: bool, flag: bool| {
        let mut command = ringer();
        command.current_dir(folder.path()).args(["replay", "--listen", "127.0.0.1:0"]);
        if variable {
            command.env("RINGER_RATE_LIMIT", "2/h");
        }
        if flag {
            command.args(["--rate-limit", "1/h"]);
        }
        command
    };
    assert_eq!(statuses(&mut replay(false, false)), ["200", "429"]);
    assert_eq!(statuses(&mut replay(true, false)), ["200", "200"]);
    assert_eq!(statuses(&mut replay(true, true)), ["200", "429"]);
}

#[test]
fn without_a_stub_folder_replay_says_how_to_get_one() {
    let folder = Folder::new();
    let said = ran(&folder, &["replay", "--listen", "127.0.0.1:0"]);
    assert_eq!(said.code, Some(2));
    insta::assert_snapshot!(said.stderr.trim(), @r"
    error: there is no stub folder `stubs`
    hint: `ringer record URL` makes one; `--stubs DIR` names another
    ");
}

#[test]
fn the_demo_shows_the_whole_job_and_leaves_nothing() {
    let folder = Folder::new();
    let mut command = ringer();
    let process = Process::spawn(command.current_dir(folder.path()).arg("demo"));
    let said = process.ended_within(std::time::Duration::from_secs(60));
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    let text = format!("{}{}", said.stdout, said.stderr);
    for part in ["record", "replay", "503", "reset", "403", "ctl clock advance", "rate limits"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(folder.snapshot(""), std::collections::BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once_what_is_being_drained() {
    let upstream = Upstream::http(|_| std::future::pending()).await;
    let folder = Folder::new();
    let serving =
        Serving::start(folder.path(), "record", &[&upstream.url(), "--drain-timeout", "1h"]);
    let address = serving.address;
    tokio::spawn(async move { client::get(address, "/never").await });
    // The request is in flight when ringer has connected to the upstream; its line comes at its
    // end, so the signal that starts the draining is what shows next.
    eventually("the connection is accepted", || {
        let tcp =
            std::fs::read_to_string(format!("/proc/{}/net/tcp", serving.process.id())).ok()?;
        tcp.contains(&format!(":{:04X} 01", upstream.address.port())).then_some(())
    });
    serving.process.signal(Signal::INT);
    eventually("new connections are refused", || {
        std::net::TcpStream::connect(address).is_err().then_some(())
    });
    serving.process.signal(Signal::INT);
    assert_eq!(serving.process.ended().code, Some(130));
}
