//! Connections that go wrong on purpose, as real clients see them: curl, Python's httpx, Node's fetch.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use ringer::{
    config::{Config, Service},
    model::{Behaviors, ConnectFault, Effect, Fault, Mode, Rule, ServiceName, TlsFault, When},
};
use serde_json::json;

use crate::support::{
    folder::{Folder, Ringer},
    process::Process,
};

/// What a client waits for that nobody answers, in seconds.
const SHORT: f64 = 1.0;
/// Longer than anything takes on a busy machine.
const LONG: f64 = 20.0;
const CLIENT_LIMIT: Duration = Duration::from_secs(120);
/// More than fits into the window that a client has before it is told another.
const UPLOAD: usize = 300_000;
const STUB: &str = r#"{"request":{"urlPath":"/a"},"response":{"status":200,"body":"from a"}}"#;

/// What a client does, and the class and words of what it sees then.
struct Case {
    name: &'static str,
    fault: Option<ConnectFault>,
    scheme: &'static str,
    upload: usize,
    limit: f64,
    curl: (&'static str, &'static str),
    httpx: (&'static str, &'static str),
    node: (&'static str, &'static str),
}

impl Case {
    fn well(name: &'static str, scheme: &'static str, upload: usize) -> Self {
        let seen = ("200", "from a");
        let limit = LONG;
        Self { name, fault: None, scheme, upload, limit, curl: seen, httpx: seen, node: seen }
    }

    fn silent(name: &'static str, fault: ConnectFault, scheme: &'static str) -> Self {
        Self {
            fault: Some(fault),
            limit: SHORT,
            curl: ("28", "timed out"),
            httpx: ("ReadTimeout", ""),
            node: ("TimeoutError", "timeout"),
            ..Self::well(name, scheme, 0)
        }
    }

    /// Words of curl, of httpx behind those of all its TLS errors, and Node's code.
    fn untrusted(
        name: &'static str,
        fault: TlsFault,
        curl: &'static str,
        httpx: &'static str,
        node: &'static str,
    ) -> Self {
        Self {
            fault: Some(ConnectFault::Tls(fault)),
            curl: ("60", curl),
            httpx: ("ConnectError", httpx),
            node: (node, ""),
            ..Self::well(name, "https", 0)
        }
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case::well("well", "http", 0),
        Case::well("well, TLS", "https", 0),
        Case::well("well, upload", "https", UPLOAD),
        Case {
            fault: Some(ConnectFault::Refuse),
            curl: ("7", "Failed to connect"),
            httpx: ("ConnectError", "Connection refused"),
            node: ("ECONNREFUSED", ""),
            ..Case::well("refuse", "http", 0)
        },
        Case::silent("never-answer", ConnectFault::NeverAnswer, "http"),
        Case {
            httpx: ("ConnectTimeout", ""),
            ..Case::silent("never-answer, TLS", ConnectFault::NeverAnswer, "https")
        },
        Case {
            fault: Some(ConnectFault::Reset),
            curl: ("56", "Connection reset by peer"),
            httpx: ("ReadError", "Connection reset by peer"),
            node: ("ECONNRESET", ""),
            ..Case::well("connect-reset", "http", 0)
        },
        Case {
            fault: Some(ConnectFault::WithheldWindow),
            ..Case::well("withheld-window, no upload", "https", 0)
        },
        Case {
            upload: UPLOAD,
            // Its library takes the window that is less than nothing, after what it sent before it
            // heard of it (RFC 9113 §6.9.2), for room.
            httpx: ("LocalProtocolError", "flow control window"),
            ..Case::silent("withheld-window, upload", ConnectFault::WithheldWindow, "https")
        },
        Case {
            upload: 10,
            ..Case::silent("withheld-window, small upload", ConnectFault::WithheldWindow, "https")
        },
        Case::untrusted(
            "tls-expired",
            TlsFault::Expired,
            "certificate has expired",
            "certificate has expired",
            "CERT_HAS_EXPIRED",
        ),
        Case::untrusted(
            "tls-wrong-name",
            TlsFault::WrongName,
            "no alternative certificate subject name matches",
            "IP address mismatch",
            "ERR_TLS_CERT_ALTNAME_INVALID",
        ),
        Case::untrusted(
            "tls-self-signed",
            TlsFault::SelfSigned,
            "self-signed certificate",
            "self-signed certificate",
            "DEPTH_ZERO_SELF_SIGNED_CERT",
        ),
        Case::untrusted(
            "tls-unknown-issuer",
            TlsFault::UnknownIssuer,
            "unable to get local issuer certificate",
            "unable to get local issuer certificate",
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        ),
        Case {
            httpx: ("ConnectTimeout", ""),
            ..Case::silent("tls-stall", ConnectFault::Tls(TlsFault::HandshakeStall), "https")
        },
        Case {
            curl: ("35", "alert handshake failure"),
            ..Case::untrusted(
                "tls-alert",
                TlsFault::Alert(40),
                "",
                "ALERT_HANDSHAKE_FAILURE",
                "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
            )
        },
        Case {
            curl: ("35", "alert protocol version"),
            ..Case::untrusted(
                "tls-old-version",
                TlsFault::OldVersion,
                "",
                "TLSV1_ALERT_PROTOCOL_VERSION",
                "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
            )
        },
        // On a connection without TLS nothing goes wrong with it.
        Case {
            fault: Some(ConnectFault::Tls(TlsFault::Expired)),
            ..Case::well("tls-expired, no TLS", "http", 0)
        },
    ]
}

fn rule(fault: ConnectFault, when: When) -> Rule {
    Rule { name: "broken".to_owned(), when, effect: Effect::Fault(Fault::Connect(fault)) }
}

fn any(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

/// A service with a listener of its own, whose connections go wrong.
fn service(name: &str, rule: Option<Rule>) -> Service {
    Service {
        listen: vec![any("127.0.0.1:0")],
        behaviors: Behaviors { rules: rule.into_iter().collect(), ..Behaviors::default() },
        ..named(name)
    }
}

fn named(name: &str) -> Service {
    let origin = format!("https://{name}").parse().unwrap();
    Service { name: ServiceName::new(name), ..Service::of_upstream(origin, Mode::Replay) }
}

/// ringer with a service a case; its own address comes first.
async fn broken(folder: &Folder, cases: &[Case]) -> Ringer {
    folder.stub("a", STUB);
    let services = cases
        .iter()
        .enumerate()
        .map(|(at, case)| {
            let rule = case.fault.clone().map(|fault| rule(fault, When::default()));
            service(&format!("service-{at}.test"), rule)
        })
        .collect();
    folder.start(Config { services, ..folder.config() }).await
}

/// Runs a client that makes every case, and gives the class and words of what it saw of each.
fn seen(
    mut client: Command,
    script: &str,
    folder: &Folder,
    ringer: &Ringer,
    cases: &[Case],
) -> BTreeMap<String, (String, String)> {
    let told: Vec<_> = cases
        .iter()
        .zip(&ringer.running.addresses()[1..])
        .map(|(case, address)| {
            json!({
                "case": case.name,
                "url": format!("{}://{address}/a", case.scheme),
                "upload": case.upload,
                "limit": case.limit,
            })
        })
        .collect();
    let told = folder.write("cases.json", serde_json::to_string(&told).unwrap());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    client.arg(script).arg(told).arg(ringer.running.ca_file());
    let ended = Process::spawn(&mut client).ended_within(CLIENT_LIMIT);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    ended
        .stdout
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| line[key].as_str().unwrap().to_owned();
            (text("case"), (text("class"), text("detail")))
        })
        .collect()
}

/// A program that no variable of whoever runs the tests leads elsewhere.
fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    for (name, _) in std::env::vars() {
        if name.to_ascii_uppercase().ends_with("_PROXY") || name.starts_with("NODE_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// curl's exit code, or the status of the answer, and its words.
fn curl(ca: &Path, limit: f64, arguments: &[&str]) -> (String, String) {
    let mut command = program("curl");
    command.args(["--silent", "--show-error", "--no-keepalive", "--write-out", "\n%{http_code}"]);
    command.arg("--cacert").arg(ca).arg("--max-time").arg(limit.to_string()).args(arguments);
    let ended = Process::spawn(&mut command).ended();
    match ended.code {
        Some(0) => {
            let (body, status) = ended.stdout.rsplit_once('\n').unwrap();
            (status.to_owned(), body.to_owned())
        }
        code => (code.unwrap_or(-1).to_string(), ended.stderr),
    }
}

#[track_caller]
fn check(client: &str, case: &str, seen: &(String, String), expected: (&str, &str)) {
    let (class, words) = expected;
    assert!(
        seen.0 == class && seen.1.contains(words),
        "{client}, {case}: expected {expected:?}, got {seen:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_reports_each_fault_as_what_it_is() {
    let (folder, cases) = (Folder::new(), cases());
    let ringer = broken(&folder, &cases).await;
    let body = folder.write("upload", vec![b'x'; UPLOAD]);
    let body = format!("@{}", body.display());
    for (case, address) in cases.iter().zip(&ringer.running.addresses()[1..]) {
        let url = format!("{}://{address}/a", case.scheme);
        let mut arguments = vec![url.as_str()];
        match case.upload {
            0 => {}
            UPLOAD => arguments.extend(["--data-binary", &body]),
            _ => arguments.extend(["--data-binary", "x"]),
        }
        let seen = curl(&ringer.running.ca_file(), case.limit, &arguments);
        check("curl", case.name, &seen, case.curl);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn httpx_reports_each_fault_as_what_it_is() {
    let (folder, cases) = (Folder::new(), cases());
    let ringer = broken(&folder, &cases).await;
    let python = std::env::var_os("RINGER_TEST_PYTHON").expect(
        "RINGER_TEST_PYTHON is not set: run `scripts/test`, which installs the clients that this \
         test needs and sets it",
    );
    let seen = seen(program(python), "connect_faults.py", &folder, &ringer, &cases);
    for case in &cases {
        check("httpx", case.name, &seen[case.name], case.httpx);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn node_fetch_reports_each_fault_as_what_it_is() {
    let (folder, cases) = (Folder::new(), cases());
    let ringer = broken(&folder, &cases).await;
    let mut node = program("node");
    node.env("NODE_EXTRA_CA_CERTS", ringer.running.ca_file());
    let seen = seen(node, "connect_faults.mjs", &folder, &ringer, &cases);
    for case in &cases {
        check("node", case.name, &seen[case.name], case.node);
    }
}
