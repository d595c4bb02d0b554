//! Killed, out of room, in the way: what is lost, and what is said.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::{Request, Response};
use hyper::body::Incoming;
use ringer::runtime::Clock;

use crate::support::{
    client::{self, Connection},
    folder::Folder,
    process::{Process, Serving, ringer, run},
    server::{Body, Upstream, whole},
    waiting::{eventually, eventually_async, within},
    wire::Wire,
};

/// Answers with what it was asked for, a large body now and then, after a little while.
async fn counting(request: Request<Incoming>) -> Response<Body> {
    tokio::time::sleep(Duration::from_millis(10)).await;
    let path = request.uri().path().to_owned();
    let body = match path.ends_with("50") {
        true => path.repeat(200 * 1024 / path.len()),
        false => format!("this is {path}"),
    };
    Response::builder().header("content-type", "text/plain").body(whole(body)).unwrap()
}

const REQUESTS: u32 = 1000;
/// What was finished longer ago than this must be on disk.
const SAVED_AFTER: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_thousand_requests_nothing_older_than_a_second_is_lost() {
    let upstream = Upstream::http(counting).await;
    let folder = Folder::new();
    let serving = Serving::start(folder.path(), "record", &[&upstream.url(), "-q"]);
    let address = serving.address;
    let clock = Clock::start();
    let finished: Arc<Mutex<Vec<(u32, Duration)>>> = Arc::default();
    let next = Arc::new(AtomicU32::new(0));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (finished, next) = (Arc::clone(&finished), Arc::clone(&next));
        clients.spawn(async move {
            let connection = Connection::http1(address).await;
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= REQUESTS {
                    return;
                }
                let request = connection.request("GET", "a", &format!("/item/{n}"));
                let Ok(got) = connection.try_send(request.body(client::whole("")).unwrap()).await
                else {
                    return;
                };
                assert_eq!(got.status, 200);
                finished.lock().unwrap().push((n, clock.elapsed()));
            }
        });
    }
    eventually_async("the middle", || async {
        let finished = finished.lock().unwrap();
        (finished.len() >= 500 && clock.elapsed() > SAVED_AFTER * 2).then_some(())
    })
    .await;
    let killed_at = clock.elapsed();
    serving.kill();
    while clients.join_next().await.is_some() {}
    let finished = finished.lock().unwrap().clone();
    assert!(finished.len() < REQUESTS as usize, "still in the middle");
    let old: BTreeSet<String> = finished
        .iter()
        .filter(|(_, at)| *at + SAVED_AFTER < killed_at)
        .map(|(n, _)| format!("/item/{n}"))
        .collect();
    assert!(old.len() > 50, "{} requests were finished in time", old.len());

    // Every stub file reads, and each exchange of then has one.
    let stubs = folder.stubs();
    let stubbed: BTreeSet<String> =
        stubs.values().map(|stub| stub["request"]["url"].as_str().unwrap().to_owned()).collect();
    let missing: Vec<_> = old.difference(&stubbed).collect();
    assert!(missing.is_empty(), "without a stub: {missing:?}");
    // So does every line of the tape, but for the last, which may be cut off.
    let tapes = folder.snapshot("recordings");
    let (_, tape) = tapes.iter().find(|(name, _)| name.ends_with(".jsonl")).expect("a tape");
    let tape = String::from_utf8(tape.clone()).unwrap();
    let taped: BTreeSet<String> = tape
        .split_inclusive('\n')
        .skip(1)
        .filter(|line| line.ends_with('\n'))
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("a whole line reads");
            line.pointer("/request/target")
                .unwrap_or(&line["request"])
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    let missing: Vec<_> = old.difference(&taped).collect();
    assert!(missing.is_empty(), "not on the tape: {missing:?}");

    // What was half written counts for nothing.
    let check = run(ringer().current_dir(folder.path()).arg("check"));
    assert_eq!(check.code, Some(0), "{}", check.stderr);

    // The next recording goes on, and clears up.
    let again = Serving::start(folder.path(), "record", &[&upstream.url(), "-q"]);
    let connection = Connection::http1(again.address).await;
    for n in 0..50 {
        assert_eq!(connection.get("a", &format!("/item/{n}")).await.status, 200);
    }
    assert_eq!(connection.get("a", "/new").await.status, 200);
    let said = again.stop();
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let mut names = folder.snapshot("stubs");
    names.extend(folder.snapshot("recordings"));
    let left: Vec<_> = names
        .keys()
        .filter(|name| name.rsplit('/').next().unwrap().starts_with('.') && *name != ".ringer-key")
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    let now = folder.stubs();
    for (name, stub) in &stubs {
        assert_eq!(now.get(name), Some(stub), "{name} is as it was");
    }
    assert!(now.values().any(|stub| stub["request"]["url"] == "/new"));
}

/// A command before ringer's that gives it a place `disk` with little room, and how that was done.
fn little_room(folder: &Folder) -> (Vec<String>, &'static str) {
    let disk = folder.join("disk");
    std::fs::create_dir_all(&disk).unwrap();
    // A file system of its own; allowed to everybody on most systems.
    let mount = format!("mount -t tmpfs -o size=400k none '{}'", disk.display());
    let unshare = |script: String| {
        ["unshare", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]
            .map(str::to_owned)
            .to_vec()
    };
    let probe = unshare(mount.clone());
    let allowed = Command::new(&probe[0])
        .args(&probe[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if allowed {
        return (unshare(format!("{mount} && exec \"$@\"")), "a small file system");
    }
    // Else no file may grow beyond a limit: the tape does.
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$@\"";
    (["sh", "-c", limited, "sh"].map(str::to_owned).to_vec(), "a limit on the size of files")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_no_traffic_and_is_reported() {
    let upstream = Upstream::http(|request: Request<Incoming>| async move {
        let path = request.uri().path().to_owned();
        Response::new(whole(path.repeat(2000 / path.len())))
    })
    .await;
    let folder = Folder::new();
    let (prefix, how) = little_room(&folder);
    let mut command = Command::new(&prefix[0]);
    let ready = folder.join("ready.json");
    command
        .args(&prefix[1..])
        .arg(ringer().get_program())
        .args(["record", &upstream.url(), "--listen", "127.0.0.1:0", "--ready-file"])
        .arg(&ready)
        .arg("--stubs")
        .arg(folder.join("disk/stubs"))
        .arg("--recordings")
        .arg(folder.join("disk/recordings"))
        .arg("--certs")
        .arg(folder.join("certs"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    let mut process = Process::spawn(&mut command);
    let ready = eventually("the ready file", || {
        assert!(process.is_running(), "with {how}: {}", process.stderr());
        std::fs::read_to_string(&ready).ok()
    });
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let address = ready["addresses"][0].as_str().unwrap().parse().unwrap();
    let connection = Connection::http1(address).await;
    for n in 0..600 {
        assert_eq!(connection.get("a", &format!("/item/{n}")).await.status, 200, "with {how}");
    }
    // What is there is whole.
    let disk = format!("/proc/{}/root{}", process.id(), folder.join("disk/stubs").display());
    for entry in walkdir::WalkDir::new(&disk).into_iter().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") && !name.starts_with('.') {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            serde_json::from_str::<serde_json::Value>(&text)
                .unwrap_or_else(|error| panic!("{name} with {how}: {error}"));
        }
    }
    process.signal(rustix::process::Signal::TERM);
    let said = process.ended();
    assert_eq!(said.code, Some(1), "with {how}: {}", said.stderr);
    let cause = if how.contains("system") { "No space left" } else { "File too large" };
    assert!(said.stderr.contains(cause), "with {how}: {}", said.stderr);
    let line = said.stderr.lines().find(|line| line.trim_start().starts_with("not saved:"));
    let line = line.unwrap_or_else(|| panic!("with {how}: {}", said.stderr));
    assert!(line.contains("/disk/"), "the path is named: {line}");
    // Once, not for each exchange.
    assert!(said.stderr.matches(cause).count() < 100, "with {how}: {}", said.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_where_the_folder_of_tapes_should_be_stops_no_traffic_and_is_reported() {
    let upstream = Upstream::http(|_| async { Response::new(whole("fine")) }).await;
    let folder = Folder::new();
    folder.write("recordings", "a file");
    let serving = Serving::start(folder.path(), "record", &[&upstream.url()]);
    assert_eq!(client::get(serving.address, "/a").await.text(), "fine");
    let said = serving.stop();
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(
        said.stderr.contains("not saved:") && said.stderr.contains("recordings"),
        "{}",
        said.stderr
    );
    // The stub is there all the same.
    assert_eq!(folder.only_stub()["request"]["url"], "/a");
}

#[test]
fn a_file_where_the_folder_of_stubs_should_be_is_an_error_at_the_start() {
    let folder = Folder::new();
    folder.write("stubs", "a file");
    for arguments in [&["record", "http://127.0.0.1:9"][..], &["replay"]] {
        let said = run(ringer()
            .current_dir(folder.path())
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"]));
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.stderr);
        assert!(
            said.stderr.starts_with("error: ") && said.stderr.contains("stubs"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn a_file_where_the_folder_of_certificates_should_be_is_an_error_at_the_start() {
    let folder = Folder::new();
    folder.write("certs", "a file");
    let said = run(ringer().current_dir(folder.path()).args([
        "record",
        "http://127.0.0.1:9",
        "--listen",
        "127.0.0.1:0",
    ]));
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    assert!(
        said.stderr.contains("certificate authority") && said.stderr.contains("certs"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_taken_port_is_named_and_a_free_one_offered() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::new();
    folder.write("stubs/mappings/a.json", "{}");
    for arguments in [&["record", "http://127.0.0.1:9"][..], &["replay"]] {
        let said =
            run(ringer().current_dir(folder.path()).args(arguments).args(["--listen", &address]));
        assert_eq!(said.code, Some(2), "{}", said.stderr);
        assert!(said.stderr.contains(&format!("cannot listen on {address}")), "{}", said.stderr);
        assert!(
            said.stderr.contains("hint: ") && said.stderr.contains("--listen 0"),
            "{}",
            said.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_file_that_cannot_be_read_is_named_and_the_others_answer() {
    let folder = Folder::new();
    folder.stub("good", r#"{"request":{"urlPath":"/a"},"response":{"body":"good"}}"#);
    // Nobody can read it, not even root.
    std::os::unix::fs::symlink("loop.json", folder.join("stubs/mappings/loop.json")).unwrap();
    folder.write("stubs/mappings/latin1.json", b"{\"name\": \"caf\xe9\"}");
    folder.stub("broken", "{\n  \"request\": {,\n}");
    let serving = Serving::start(folder.path(), "replay", &[]);
    assert_eq!(client::get(serving.address, "/a").await.text(), "good");
    let said = serving.stop().stderr;
    for name in ["loop.json", "latin1.json", "broken.json:2:"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    let check = run(ringer().current_dir(folder.path()).arg("check"));
    assert_eq!(check.code, Some(1), "{}", check.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_edit_keeps_the_last_good_version_and_says_where() {
    let folder = Folder::new();
    let file = folder.stub("a", r#"{"request":{"urlPath":"/a"},"response":{"body":"good"}}"#);
    let serving = Serving::start(folder.path(), "replay", &[]);
    assert_eq!(client::get(serving.address, "/a").await.text(), "good");
    std::fs::write(&file, "{\n  \"request\": { \"urlPaht\": \"/a\" },\n  \"response\": {}\n}\n")
        .unwrap();
    eventually("the mistake is said", || {
        let said = serving.process.stderr();
        (said.contains("a.json:2:16") && said.contains("did you mean `urlPath`?")).then_some(())
    });
    assert_eq!(client::get(serving.address, "/a").await.text(), "good");
    std::fs::write(&file, r#"{"request":{"urlPath":"/a"},"response":{"body":"better"}}"#).unwrap();
    eventually_async("the correction applies", || async {
        (client::get(serving.address, "/a").await.text() == "better").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_breaks_off_in_the_middle_of_a_body_is_said_so() {
    let upstream = Upstream::scripted(|mut wire| async move {
        wire.head().await;
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    })
    .await;
    let folder = Folder::new();
    let serving = Serving::start(folder.path(), "record", &[&upstream.url()]);
    let mut wire = Wire::connect(serving.address).await;
    wire.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(wire.bodiless().await.status(), 200);
    assert_eq!(within(wire.exactly(4)).await, b"half");
    assert!(wire.is_closed().await);
    let line = eventually("the line of the request", || {
        let said = serving.process.stderr();
        said.lines().find(|line| line.contains("/broken")).map(str::to_owned)
    });
    assert!(line.contains("broke"), "that it broke is said: {line}");
    assert_eq!(serving.stop().code, Some(0));
}
