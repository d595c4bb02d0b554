//! Every name of every fault, wherever a fault can be asked for.

use std::{net::SocketAddr, path::Path, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    folder::Folder,
    process::{Ended, Serving, ringer, run},
    striking::{LENGTH, body},
    waiting::within,
    wire::Wire,
};

/// Names of faults of requests, what else their entry takes, and what comes of them on HTTP/1.1.
const NAMES: &[(&str, &str, Seen)] = &[
    ("connection-reset", "", Seen::Nothing("reset")),
    ("CONNECTION_RESET_BY_PEER", "", Seen::Nothing("reset")),
    ("reset_peer", "", Seen::Nothing("reset")),
    ("reset", "", Seen::Nothing("reset")),
    ("empty-response", "", Seen::Nothing("closed")),
    ("EMPTY_RESPONSE", "", Seen::Nothing("closed")),
    ("empty", "", Seen::Nothing("closed")),
    ("malformed-chunk", "", Seen::Garbage),
    ("MALFORMED_RESPONSE_CHUNK", "", Seen::Garbage),
    ("random-data", "", Seen::Garbage),
    ("RANDOM_DATA_THEN_CLOSE", "", Seen::Garbage),
    ("garbage", "", Seen::Garbage),
    ("reset-within", "", Seen::Body(LENGTH / 2, "reset")),
    ("reset_within", "at=100", Seen::Body(100, "reset")),
    ("RESET_WITHIN", "at=25%", Seen::Body(LENGTH / 4, "reset")),
    ("reset-after", "", Seen::Body(LENGTH, "reset")),
    ("close-within", "", Seen::Body(LENGTH / 2, "closed")),
    ("limit_data", "at=100", Seen::Body(100, "closed")),
    ("limit-data", "bytes=100", Seen::Body(100, "closed")),
    ("half-close", "", Seen::Nothing("closed")),
    ("content-type", "", Seen::Field("content-type: text/html")),
    ("content_type", "value=a/b", Seen::Field("content-type: a/b")),
    ("truncated", "", Seen::Body(LENGTH / 2, "closed")),
    ("truncate", "at=100", Seen::Body(100, "closed")),
    ("corrupted", "", Seen::Others(1)),
    ("corrupt", "bytes=7", Seen::Others(7)),
    ("invalid-json", "", Seen::Others(1)),
    ("invalidJson", "", Seen::Others(1)),
    ("header-missing", "value=ETag", Seen::Etags(0)),
    ("header_missing", "value=etag", Seen::Etags(0)),
    ("header-duplicated", "value=ETag", Seen::Etags(2)),
    ("headerDuplicated", "value=etag", Seen::Etags(2)),
    ("content-length", "", Seen::Field("content-length: 4010")),
    ("CONTENT_LENGTH", "offset=-10", Seen::Field("content-length: 3990")),
    ("stall", "", Seen::Waiting(0)),
    ("timeout", "", Seen::Waiting(0)),
    ("Stall", "time=10ms", Seen::Body(LENGTH, "closed")),
    ("TIMEOUT", "time=10ms", Seen::Body(LENGTH, "closed")),
    ("STALL", "at=100", Seen::Waiting(100)),
    ("slow-close", "", Seen::Waiting(LENGTH)),
    ("slow_close", "time=10ms", Seen::Body(LENGTH, "closed")),
    ("reset-stream", "", Seen::Nothing("reset")),
    ("rst_stream", "code=CANCEL", Seen::Nothing("reset")),
    ("RST-STREAM", "code=8", Seen::Nothing("reset")),
    ("goaway", "", Seen::Nothing("reset")),
    ("go-away", "code=NO_ERROR", Seen::Nothing("reset")),
    ("GOAWAY", "code=0", Seen::Nothing("reset")),
    ("Connection_Reset", "", Seen::Nothing("reset")),
    ("Empty-Response", "", Seen::Nothing("closed")),
];

/// Names of faults of connections.
const OF_CONNECTIONS: [&str; 15] = [
    "refuse",
    "down",
    "DOWN",
    "never-answer",
    "never_answer",
    "connect-reset",
    "withheld-window",
    "tls-expired",
    "tls-wrong-name",
    "tls-self-signed",
    "tls-unknown-issuer",
    "tls-stall",
    "tls-alert",
    "tls-old-version",
    "TLS_EXPIRED",
];

#[derive(Clone, Copy, Debug)]
enum Seen {
    /// The connection ends so, without a byte.
    Nothing(&'static str),
    /// Bytes that are no answer come.
    Garbage,
    /// So much of the body comes, and the connection ends so.
    Body(usize, &'static str),
    /// The body is as long as it is, with so many other bytes.
    Others(usize),
    /// This line is in the head.
    Field(&'static str),
    /// So many lines of this field are.
    Etags(usize),
    /// So much of the body comes, and then nothing.
    Waiting(usize),
}

/// Whether a fault at a path is what its name says.
async fn check(address: SocketAddr, at: usize) -> Result<(), String> {
    let (name, _, expected) = NAMES[at];
    let mut wire = Wire::connect(address).await;
    wire.send(format!("GET /{at} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).await;
    let length = match expected {
        Seen::Waiting(length) => length,
        _ => usize::MAX,
    };
    let mut bytes = Vec::new();
    let how = within(async {
        loop {
            let came = bytes.len() - head_of(&bytes).map_or(0, str::len);
            if came >= length && (length == 0 || head_of(&bytes).is_some()) {
                let more = tokio::time::timeout(Duration::from_millis(20), wire.more()).await;
                return more.map_or("waiting", |_| "answered");
            }
            match wire.more().await {
                Ok(0) => return "closed",
                Ok(_) => bytes.extend(wire.taken()),
                Err(_) => return "reset",
            }
        }
    })
    .await;
    let head = head_of(&bytes).unwrap_or_default().to_ascii_lowercase();
    let came = &bytes[head.len()..];
    let others =
        || came.iter().zip(body().as_bytes()).filter(|(now, before)| now != before).count();
    let etags = head.lines().filter(|line| line.starts_with("etag:")).count();
    let is_well = match expected {
        Seen::Nothing(end) => bytes.is_empty() && how == end,
        Seen::Garbage => !came.is_empty() && came.starts_with(b"lskdu018973t09sylgasjkfg1"),
        Seen::Body(length, end) => came.len() == length && others() == 0 && how == end,
        Seen::Others(count) => came.len() == LENGTH && others() == count,
        Seen::Field(line) => head.lines().any(|it| it == line),
        Seen::Etags(count) => etags == count,
        Seen::Waiting(_) => how == "waiting",
    };
    let came = came.len();
    if is_well { Ok(()) } else { Err(format!("{name}: {expected:?}, but {how} {came} {head}")) }
}

/// The head that bytes begin with.
fn head_of(bytes: &[u8]) -> Option<&str> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n")?;
    std::str::from_utf8(&bytes[..end + 4]).ok()
}

#[track_caller]
fn check_all(address: SocketAddr) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let wrong: Vec<_> = runtime.block_on(async {
        let asking = (0..NAMES.len()).map(|at| check(address, at));
        let results = futures_util::future::join_all(asking).await;
        results.into_iter().filter_map(Result::err).collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A folder with a stub for each name, with a behaviour of its own.
fn folder(behavior: impl Fn(usize) -> Option<Value>) -> Folder {
    let folder = Folder::new();
    for at in 0..NAMES.len() {
        let mut stub = json!({
            "request": {"urlPath": format!("/{at}")},
            "response": {
                "headers": {"Content-Type": "application/json", "ETag": "\"v1\""},
                "body": body(),
            },
        });
        if let Some(behavior) = behavior(at) {
            stub["behavior"] = behavior;
        }
        folder.stub(&at.to_string(), &stub.to_string());
    }
    folder
}

/// In short form.
fn short(at: usize) -> String {
    let (name, more, _) = NAMES[at];
    let more = if more.is_empty() { String::new() } else { format!("; {more}") };
    format!("{name}{more}; url=/{at}")
}

/// As a table.
fn table(at: usize) -> Value {
    let (name, more, _) = NAMES[at];
    let mut table = json!({"fault": name});
    if let Some((key, value)) = more.split_once('=') {
        table[key] = value.parse::<i64>().map_or(value.into(), Into::into);
    }
    table
}

#[test]
fn every_name_strikes_as_an_argument() {
    let folder = folder(|_| None);
    let faults: Vec<_> = (0..NAMES.len()).map(short).collect();
    let arguments: Vec<_> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
    let serving = Serving::start(folder.path(), "replay", &arguments);
    check_all(serving.address);
}

#[test]
fn every_name_strikes_in_a_stub() {
    let folder = folder(|at| Some(json!({"fault": [table(at)]})));
    let serving = Serving::start(folder.path(), "replay", &["--latency", "none"]);
    check_all(serving.address);
}

#[test]
fn every_name_strikes_in_a_profile_and_in_ringer_toml() {
    let mut toml = String::new();
    for at in 0..NAMES.len() {
        toml += &format!("[[fault]]\nurl = \"/{at}\"\n");
        for (key, value) in table(at).as_object().unwrap() {
            toml += &format!("{key} = {value}\n");
        }
    }
    let folder = folder(|_| None);
    folder.write("bad-day.toml", &toml);
    let serving = Serving::start(folder.path(), "replay", &["--chaos", "bad-day.toml"]);
    check_all(serving.address);
    drop(serving);
    folder.write("ringer.toml", &toml);
    let serving = Serving::start(folder.path(), "replay", &[]);
    check_all(serving.address);
}

#[track_caller]
fn ctl(serving: &Serving, words: &[&str]) -> Ended {
    let at = format!("http://{}", serving.address);
    run(ringer().current_dir(Path::new(".")).args(["ctl", "--at", &at]).args(words))
}

#[test]
fn every_name_strikes_by_ctl() {
    let folder = folder(|_| None);
    let serving = Serving::start(folder.path(), "replay", &[]);
    for (at, (name, ..)) in NAMES.iter().enumerate() {
        let spec = short(at);
        let said = ctl(&serving, &["fault", "add", "--spec", &spec]);
        assert_eq!(said.code, Some(0), "{name}: {}", said.stderr);
    }
    check_all(serving.address);
}

#[test]
fn every_name_of_a_fault_of_connections_is_taken() {
    let folder = folder(|_| None);
    let never: Vec<_> = OF_CONNECTIONS.map(|name| format!("{name}; nth=1000000")).into();
    let arguments: Vec<_> = never.iter().flat_map(|fault| ["--fault", fault]).collect();
    let serving = Serving::start(folder.path(), "replay", &arguments);
    for fault in &never {
        let said = ctl(&serving, &["fault", "add", "--spec", fault]);
        assert_eq!(said.code, Some(0), "{fault}: {}", said.stderr);
    }
    // They cannot stand in a stub, where it is too late for them.
    folder.stub(
        "late",
        r#"{"request":{"urlPath":"/late"},"response":{},"behavior":{"fault":["refuse"]}}"#,
    );
    let check = run(ringer().current_dir(folder.path()).args(["check"]));
    assert_eq!(check.code, Some(1), "{}{}", check.stdout, check.stderr);
}

#[test]
fn what_is_no_fault_names_the_key_that_it_has() {
    let folder = Folder::new();
    for (name, key) in [
        ("latency", "`delay`"),
        ("bandwidth", "`bandwidth`"),
        ("slicer", "`slice"),
        ("rate-limit", "`rate_limit`"),
    ] {
        let said = Serving::try_start(folder.path(), "replay", &["--fault", name]);
        let Err(said) = said else { panic!("{name} is taken") };
        assert_eq!(said.code, Some(2), "{}", said.stderr);
        assert!(
            said.stderr.contains("is no fault") && said.stderr.contains(key),
            "{name}: {}",
            said.stderr
        );
    }
}

#[test]
fn every_example_of_the_page_is_taken() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/faults.md"));
    let page = page.unwrap();
    let examples: Vec<&str> =
        page.split("--fault '").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
    assert!(examples.len() > 20, "{examples:?}");
    let folder = Folder::new();
    let arguments: Vec<_> = examples.iter().flat_map(|example| ["--fault", example]).collect();
    Serving::start(folder.path(), "replay", &arguments);
}
