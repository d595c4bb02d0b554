//! Clients that were written for WireMock, unchanged: every function of each that talks to the admin API
//! does here what it does with WireMock. Their scripts, in `tests/clients/`, pass with WireMock 3.13.2
//! too. `scripts/test` installs the clients.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command, time::Duration};

use crate::support::{
    client::get,
    folder::Folder,
    process::{Process, Serving},
    server::Upstream,
};

/// When a client is taken to hang.
const CLIENT_LIMIT: Duration = Duration::from_secs(120);

/// How ringer is started: in WireMock's place, or as itself.
#[derive(Clone, Copy)]
enum As {
    WireMock,
    Replay,
}

impl As {
    /// Starts it on a folder, in which stubs are kept.
    fn start(self, folder: &Folder) -> Serving {
        fs::create_dir_all(folder.join("stubs")).unwrap();
        match self {
            Self::WireMock => Serving::start(folder.path(), "wiremock", &["--root-dir", "stubs"]),
            Self::Replay => {
                Serving::start(folder.path(), "replay", &["--stubs", "stubs", "--latency", "none"])
            }
        }
    }
}

fn client(script: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    let mut command = match script.extension() {
        Some(extension) if extension == "mjs" => Command::new("node"),
        _ => Command::new(std::env::var_os("RINGER_TEST_PYTHON").expect(
            "RINGER_TEST_PYTHON is not set: run `scripts/test`, which installs the clients that this \
             test needs and sets it",
        )),
    };
    command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1");
    for (name, _) in std::env::vars() {
        if name.to_ascii_uppercase().ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a client's script to its end, which is an error at the first answer that is not as it should be.
#[track_caller]
fn run(mut client: Command) {
    let ended = Process::spawn(&mut client).ended_within(CLIENT_LIMIT);
    assert_eq!(ended.code, Some(0), "{client:?}: {}{}", ended.stdout, ended.stderr);
}

/// Drives a client against ringer.
#[track_caller]
fn check(script: &str, flags: &[&str], ringer: As) -> Serving {
    let folder = Folder::new();
    let serving = ringer.start(&folder);
    let mut client = client(script);
    client.arg(format!("http://{}", serving.address)).arg(folder.join("stubs")).args(flags);
    run(client);
    serving
}

#[test]
fn the_python_client_drives_ringer_as_it_drives_wiremock() {
    check("wiremock_python.py", &[], As::WireMock).stop();
}

#[test]
fn the_python_client_drives_a_replay_as_it_drives_wiremock() {
    check("wiremock_python.py", &[], As::Replay).stop();
}

/// Its helper starts `java -jar …` and asks until there is an answer.
#[test]
fn the_python_client_starts_ringer_for_wiremock() {
    let folder = Folder::new();
    let program = assert_cmd::cargo::cargo_bin!("ringer").display().to_string();
    let java =
        folder.write("java", format!("#!/bin/sh\nshift 2\nexec '{program}' wiremock \"$@\"\n"));
    fs::set_permissions(&java, fs::Permissions::from_mode(0o755)).unwrap();
    let mut client = client("wiremock_python_server.py");
    client.arg(java).arg(folder.path());
    run(client);
}

#[test]
fn wiremock_captain_drives_ringer_as_it_drives_wiremock() {
    check("node/wiremock_captain.mjs", &[], As::WireMock).stop();
}

#[test]
fn wiremock_captain_drives_a_replay_as_it_drives_wiremock() {
    check("node/wiremock_captain.mjs", &[], As::Replay).stop();
}

/// What the script does beside what it does anyway: it can leave these out with a server that has them not.
const FLAGS: &[&str] = &["--recordings", "--shutdown"];

#[test]
fn wiremock_rest_client_drives_ringer_as_it_drives_wiremock() {
    let ended = check("node/wiremock_rest_client.mjs", FLAGS, As::WireMock);
    assert_eq!(ended.process.ended().code, Some(0));
}

#[test]
fn wiremock_rest_client_drives_a_replay_as_it_drives_wiremock() {
    let ended = check("node/wiremock_rest_client.mjs", FLAGS, As::Replay);
    assert_eq!(ended.process.ended().code, Some(0));
}

/// The examples of the guide in one language.
fn examples(language: &str) -> Vec<&'static str> {
    let guide = include_str!("../../docs/wiremock-clients.md");
    let blocks = guide.split("\n```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn the_examples_of_the_guide_run_as_they_stand() {
    let folder = Folder::new();
    let serving = As::WireMock.start(&folder);
    let run_all = |language: &str, extension: &str, expect: usize| {
        let examples = examples(language);
        assert_eq!(examples.len(), expect, "{language}");
        for (at, example) in examples.into_iter().enumerate() {
            let example = example.replace("localhost:8080", &serving.address.to_string());
            let file = folder.write(&format!("example{at}.{extension}"), example);
            // An absolute path stays as it is.
            run(client(file.to_str().unwrap()));
        }
    };
    // Node looks for packages beside the script.
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/node/node_modules");
    std::os::unix::fs::symlink(packages, folder.join("node_modules")).unwrap();
    run_all("python", "py", 1);
    run_all("js", "mjs", 2);
    serving.stop();
}

/// The length of the race is the length of the work: each does as many rounds as it can.
const RACE: &str = "10";

/// Two test runs of each client against one ringer, and a pair against another, all at the same time. Each
/// asserts that every stub, entry, near miss, state, setting and clock that it sees is its own; one records.
#[tokio::test(flavor = "multi_thread")]
async fn runs_in_sessions_of_their_own_do_not_meet() {
    let (api, _requests) =
        Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
    let folders = [Folder::new(), Folder::new()];
    let replay = As::Replay.start(&folders[0]);
    let wiremock = As::WireMock.start(&folders[1]);
    let start = |serving: &Serving, script: &str, session: &str, api: &[String]| {
        let mut client = client(script);
        client.args([&format!("http://{}", serving.address), session, RACE]).args(api);
        (session.to_owned(), Process::spawn(&mut client))
    };
    let racing = [
        start(&replay, "wiremock_race.py", "python-1", &[api.url()]),
        start(&replay, "wiremock_race.py", "python-2", &[]),
        start(&replay, "node/wiremock_race.mjs", "node-1", &[]),
        start(&replay, "node/wiremock_race.mjs", "node-2", &[]),
        start(&wiremock, "wiremock_race.py", "python-1", &[]),
        start(&wiremock, "node/wiremock_race.mjs", "node-1", &[]),
    ];
    for (session, process) in racing {
        let ended = process.ended_within(CLIENT_LIMIT);
        assert_eq!(ended.code, Some(0), "{session}: {}{}", ended.stdout, ended.stderr);
        let rounds: u32 = ended.stdout.trim().parse().unwrap();
        assert!(rounds >= 3, "{session} made {rounds} rounds");
    }
    // None of it reached those that name no session.
    for serving in [replay, wiremock] {
        for (path, list) in
            [("mappings", "mappings"), ("requests", "requests"), ("scenarios", "scenarios")]
        {
            let got = get(serving.address, &format!("/__admin/{path}")).await.json();
            assert_eq!(got[list], serde_json::json!([]), "{path}");
        }
        serving.stop();
    }
}
