//! Statuses of gRPC and broken streams, as a real client of gRPC sees them.

use std::process::{Command, Stdio};

use ringer::model::{AnswerFault, Fault, Http2Fault, Stall, WireFault};
use serde_json::Value;

use crate::support::{
    folder::Folder,
    process::Process,
    striking::{at, ringer_with},
};

/// A message of which most must be escaped on the wire.
const MESSAGE: &str = "50% of caf\u{e9}s \u{1f980} are\nclosed \u{7f}~";

const DEADLINE_EXCEEDED: u64 = 4;
const UNAVAILABLE: u64 = 14;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_grpc_sees_each_status_and_its_message() {
    let path = |method: &str, fault| at(&format!("shop.Orders/{method}"), fault);
    let status = |code, message: Option<&str>| {
        let message = message.map(str::to_owned);
        Fault::Answer(AnswerFault::GrpcStatus { code, message })
    };
    let mut cases: Vec<(String, Fault, u64, Option<&str>)> = (1..=16)
        .map(|code| {
            (format!("Code{code}"), status(code, Some(MESSAGE)), code.into(), Some(MESSAGE))
        })
        .collect();
    let stall = Fault::Stall(Stall { after: None, time: None });
    let reset = |code| Fault::Http2(Http2Fault::ResetStream { code });
    cases.extend([
        ("Mute".to_owned(), status(7, None), 7, Some("")),
        ("Stalled".to_owned(), stall, DEADLINE_EXCEEDED, None),
        // What the codes of HTTP/2 are to gRPC (gRPC over HTTP/2, "Errors").
        ("Refused".to_owned(), reset(7), UNAVAILABLE, None),
        ("Cancelled".to_owned(), reset(8), 1, None),
        ("Calm".to_owned(), reset(11), 8, None),
        ("Broken".to_owned(), Fault::Wire(WireFault::ConnectionReset), 13, None),
    ]);
    let rules = cases.iter().map(|(method, fault, ..)| path(method, fault.clone())).collect();
    let folder = Folder::new();
    let ringer = ringer_with(&folder, rules).await;
    let python = std::env::var_os("RINGER_TEST_PYTHON").expect(
        "RINGER_TEST_PYTHON is not set: run `scripts/test`, which installs the clients that this \
         test needs and sets it",
    );
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/grpc_faults.py");
    let mut client = Command::new(python);
    client.args([script, &ringer.host(), "2"]).args(cases.iter().map(|(method, ..)| method));
    client.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || Process::spawn(&mut client).ended());
    let ended = ended.await.unwrap();
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let seen: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(seen.len(), cases.len());
    for ((method, _, code, details), seen) in cases.iter().zip(seen) {
        assert_eq!(seen["code"], *code, "{seen}");
        if let Some(details) = details {
            assert_eq!(seen["details"], *details, "{method}");
        }
    }
}
