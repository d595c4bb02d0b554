//! Each fault as real clients see it: curl, Python's requests and httpx, Node's fetch.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use ringer::model::{AnswerFault, Cut, ErrorAnswer, Fault, Headers, Http2Fault, Stall, WireFault};

use crate::support::{
    folder::Folder,
    process::Process,
    striking::{at, ringer_with},
};

/// A client asks some thirty times, and waits at some.
const CLIENT_LIMIT: Duration = Duration::from_secs(60);

/// The faults by name.
fn faults() -> Vec<(&'static str, Fault)> {
    let mut headers = Headers::new();
    headers.push("Retry-After", "7");
    let body = Some(r#"{"error":{"type":"overloaded"}}"#.to_owned());
    let stall =
        |after, ms: Option<u64>| Fault::Stall(Stall { after, time: ms.map(Duration::from_millis) });
    let half = Cut::Share(0.5);
    vec![
        ("status", Fault::Answer(AnswerFault::Status(ErrorAnswer { status: 503, headers, body }))),
        ("status-own", Fault::Answer(AnswerFault::Status(ErrorAnswer::default()))),
        ("grpc-status", Fault::Answer(AnswerFault::GrpcStatus { code: 14, message: None })),
        ("content-type", Fault::Answer(AnswerFault::ContentType("text/html".to_owned()))),
        ("truncated", Fault::Answer(AnswerFault::Truncated(half))),
        ("corrupted", Fault::Answer(AnswerFault::Corrupted { bytes: 3 })),
        ("invalid-json", Fault::Answer(AnswerFault::InvalidJson)),
        ("header-missing", Fault::Answer(AnswerFault::HeaderMissing("etag".to_owned()))),
        ("header-duplicated", Fault::Answer(AnswerFault::HeaderDuplicated("ETag".to_owned()))),
        ("length-longer", Fault::Answer(AnswerFault::ContentLength(10))),
        ("length-shorter", Fault::Answer(AnswerFault::ContentLength(-10))),
        ("stall", stall(None, None)),
        ("stall-over", stall(None, Some(50))),
        ("stall-within", stall(Some(half), None)),
        ("stall-within-over", stall(Some(Cut::Bytes(10)), Some(50))),
        ("connection-reset", Fault::Wire(WireFault::ConnectionReset)),
        ("empty-response", Fault::Wire(WireFault::EmptyResponse)),
        ("malformed-chunk", Fault::Wire(WireFault::MalformedChunk)),
        ("random-data", Fault::Wire(WireFault::RandomData)),
        ("half-close", Fault::Wire(WireFault::HalfClose)),
        ("reset-within", Fault::Wire(WireFault::ResetWithin(half))),
        ("reset-after", Fault::Wire(WireFault::ResetAfter)),
        ("close-within", Fault::Wire(WireFault::CloseWithin(Cut::Bytes(3000)))),
        ("reset-stream", Fault::Http2(Http2Fault::ResetStream { code: 11 })),
        ("goaway", Fault::Http2(Http2Fault::GoAway { code: 2 })),
    ]
}

/// What each client makes of each fault, in its own words, as far as its versions agree on them:
/// `exit 92|56` is one exit code or the other, and any end will do in place of a `*`.
const SEEN: &str = "\
fault             | curl               | curl, HTTP/2       | fetch                          | requests                             | httpx                          | httpx, HTTP/2
status            | status 503         | status 503         | status 503                     | status 503                           | status 503                     | status 503
status-own        | status 500         | status 500         | status 500                     | status 500                           | status 500                     | status 500
grpc-status       | grpc-status 14     | grpc-status 14     | grpc-status 14                 | grpc-status 14                       | grpc-status 14                 | grpc-status 14
content-type      | type text/html     | type text/html     | type text/html                 | type text/html                       | type text/html                 | type text/html
truncated         | size 2000          | size 2000          | SyntaxError                    | JSONDecodeError                      | JSONDecodeError                | JSONDecodeError
corrupted         | other bytes        | other bytes        | other bytes                    | other bytes                          | other bytes                    | other bytes
invalid-json      | other bytes        | other bytes        | SyntaxError                    | JSONDecodeError                      | JSONDecodeError                | JSONDecodeError
header-missing    | etags 0            | etags 0            | etags 0                        | etags 0                              | etags 0                        | etags 0
header-duplicated | etags 2            | etags 2            | etags 2                        | etags 2                              | etags 2                        | etags 2
length-longer     | exit 18 after 4000 | exit 92|56         | TypeError UND_ERR_*|ECONNRESET | ChunkedEncodingError*                | RemoteProtocolError*           | LocalProtocolError*
length-shorter    | size 3990          | exit 92|56         | SyntaxError                    | JSONDecodeError                      | JSONDecodeError                | LocalProtocolError*
stall             | exit 28            | exit 28            | TimeoutError                   | ReadTimeout*                         | ReadTimeout*                   | ReadTimeout*
stall-over        | healthy            | healthy            | healthy                        | healthy                              | healthy                        | healthy
stall-within      | exit 28 after 2000 | exit 28 after 2000 | TimeoutError                   | ConnectionError*                     | ReadTimeout*                   | ReadTimeout*
stall-within-over | healthy            | healthy            | healthy                        | healthy                              | healthy                        | healthy
connection-reset  | exit 56            | exit 92|56         | TypeError ECONNRESET|UND_ERR_* | ConnectionError ConnectionResetError | ReadError ConnectionResetError | RemoteProtocolError StreamReset 2
empty-response    | exit 52            | exit 92|56         | TypeError UND_ERR_*|ECONNRESET | ConnectionError*                     | RemoteProtocolError*           | RemoteProtocolError StreamReset 2
malformed-chunk   | exit 56            | exit 92|56         | TypeError HPE_*                | ChunkedEncodingError*                | RemoteProtocolError*           | RemoteProtocolError StreamReset 2
random-data       | exit 1             | exit 92|56         | TypeError HPE_*                | ConnectionError*                     | RemoteProtocolError*           | RemoteProtocolError StreamReset 2
half-close        | exit 52            | exit 92|56         | TypeError UND_ERR_*|ECONNRESET | ConnectionError*                     | RemoteProtocolError*           | RemoteProtocolError StreamReset 2
reset-within      | exit 56 after 2000 | exit 92|56         | TypeError ECONNRESET|UND_ERR_* | ChunkedEncodingError*                | ReadError ConnectionResetError | RemoteProtocolError StreamReset 2
reset-after       | healthy            | exit 92|56         | healthy                        | healthy                              | healthy                        | RemoteProtocolError StreamReset 2
close-within      | exit 18 after 3000 | exit 92|56         | TypeError UND_ERR_*|ECONNRESET | ChunkedEncodingError*                | RemoteProtocolError*           | RemoteProtocolError StreamReset 2
reset-stream      | exit 56            | exit 92|56         | TypeError ECONNRESET|UND_ERR_* | ConnectionError ConnectionResetError | ReadError ConnectionResetError | RemoteProtocolError StreamReset 11
goaway            | exit 56            | exit 18|16|56|92   | TypeError ECONNRESET|UND_ERR_* | ConnectionError ConnectionResetError | ReadError ConnectionResetError | RemoteProtocolError ConnectionTerminated 2
";

/// The classes of a fault by client.
fn expected() -> BTreeMap<&'static str, Vec<&'static str>> {
    let row = |line: &'static str| {
        let mut cells = line.split(" | ").map(str::trim);
        (cells.next().unwrap_or_default(), cells.collect())
    };
    SEEN.lines().map(row).collect()
}

/// Whether a class is one of those that are expected.
fn fits(expected: &str, class: &str) -> bool {
    let mut alternatives = expected.split('|');
    let first = alternatives.next().unwrap_or_default();
    let stem = first.rfind(' ').map_or("", |end| &first[..=end]);
    let others = alternatives.map(|last| format!("{stem}{last}"));
    std::iter::once(first.to_owned()).chain(others).any(|one| match one.strip_suffix('*') {
        Some(start) => class.starts_with(start),
        None => class == one,
    })
}

#[test]
fn an_expected_class_is_one_or_another() {
    assert!(fits("exit 92|56", "exit 92") && fits("exit 92|56", "exit 56"));
    assert!(!fits("exit 92|56", "exit 5") && !fits("exit 9", "exit 92"));
    assert!(fits("TypeError ECONNRESET|UND_ERR_*", "TypeError UND_ERR_SOCKET"));
    assert!(
        fits("ReadTimeout*", "ReadTimeout TimeoutError") && fits("ReadTimeout*", "ReadTimeout")
    );
}

#[test]
fn the_page_on_faults_tells_what_clients_see() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/faults.md"));
    let page = page.unwrap();
    for line in SEEN.lines().skip(1) {
        let (name, seen) = line.split_once(" | ").unwrap();
        let cells: Vec<_> = seen.split(" | ").map(str::trim).collect();
        let told = cells.join(" | ").replace('*', "\\*").replace("healthy", "nothing");
        let told: String =
            told.split(" | ").map(|cell| format!("| {} ", cell.replace('|', " or "))).collect();
        assert!(page.contains(&format!("{told}|\n")), "{name}: {told}");
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

fn python() -> OsString {
    std::env::var_os("RINGER_TEST_PYTHON").expect(
        "RINGER_TEST_PYTHON is not set: run `scripts/test`, which installs the clients that this \
         test needs and sets it",
    )
}

/// What a client saw, by fault.
fn observed(client: &str, command: &mut Command) -> BTreeMap<String, String> {
    let program = command.get_program().to_owned();
    if let Err(error) = Command::new(&program).arg("--version").output() {
        panic!("{program:?} does not run ({error}): `scripts/test` installs what tests need");
    }
    for (name, _) in std::env::vars() {
        if name.to_ascii_uppercase().ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
    let ended = Process::spawn(command).ended_within(CLIENT_LIMIT);
    assert_eq!(ended.code, Some(0), "{client}: {}{}", ended.stdout, ended.stderr);
    let line = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect(line);
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        (text("fault"), text("class"))
    };
    ended.stdout.lines().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_to_real_clients_the_failure_that_it_is_meant_to_be() {
    let folder = Folder::new();
    let rules = faults().into_iter().map(|(name, fault)| at(name, fault)).collect();
    let ringer = ringer_with(&folder, rules).await;
    let base = format!("http://{}", ringer.address);
    let names: Vec<&str> = faults().into_iter().map(|(name, _)| name).collect();
    let curl = |option: &'static str| {
        let work = folder.join(option);
        std::fs::create_dir_all(&work).unwrap();
        let mut command = Command::new("sh");
        command.arg(script("faults_curl.sh")).arg(&base).arg(work).args([option, "--"]);
        command.args(&names);
        command
    };
    let in_python = |client: &str| {
        let mut command = Command::new(python());
        command.arg(script("faults.py")).args([client, &base]).args(&names);
        command
    };
    let mut fetch = Command::new("node");
    fetch.arg(script("faults.mjs")).arg(&base).args(&names);
    let clients = [
        ("curl", curl("--http1.1")),
        ("curl, HTTP/2", curl("--http2-prior-knowledge")),
        ("fetch", fetch),
        ("requests", in_python("requests")),
        ("httpx", in_python("httpx")),
        ("httpx, HTTP/2", in_python("httpx2")),
    ];
    let expected = expected();
    assert_eq!(expected["fault"], clients.each_ref().map(|(client, _)| *client));
    // All at a time: most of it is waiting.
    let running: Vec<_> = clients
        .map(|(client, mut command)| {
            let observing = tokio::task::spawn_blocking(move || observed(client, &mut command));
            (client, observing)
        })
        .into();
    let mut wrong = String::new();
    for (column, (client, observing)) in running.into_iter().enumerate() {
        let seen = observing.await.unwrap_or_else(|error| panic!("{client}: {error}"));
        for name in &names {
            let expected = expected.get(name).map_or("nothing told", |row| row[column]);
            let class = seen.get(*name).map_or("nothing", String::as_str);
            if !fits(expected, class) {
                writeln!(wrong, "{name}: {client} saw `{class}`, not `{expected}`").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
