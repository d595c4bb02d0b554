//! Who may call the admin API, from where, with what, and how much at a time.

use std::{
    net::{SocketAddr, UdpSocket},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use http::Request;
use ringer::{
    admin::Access,
    config::{AdminSettings, Config},
    serve::{AdminPlace, Limits},
};
use tokio::net::UnixStream;

use crate::support::{
    certificates::client_trusting,
    client::{self, Connection, Got, whole},
    folder::{Folder, Ringer},
    process::{Serving, ringer, run},
    waiting::within,
    wire::Wire,
};

const MAPPINGS: &str = "/__admin/mappings";
const TOKEN: &str = "correct-horse-battery-staple";
const STUB: &str = r#"{"request": {"url": "/a"}, "response": {"body": "x"}}"#;

fn with_token(folder: &Folder, place: AdminPlace) -> Config {
    let access = Access { token: Some(TOKEN.parse().unwrap()), ..Access::default() };
    Config {
        admin: AdminSettings { place: Some(place), access, ..AdminSettings::default() },
        ..folder.config()
    }
}

fn everywhere() -> AdminPlace {
    AdminPlace::Everywhere { open: false }
}

async fn call(address: SocketAddr, method: &str, host: &str, fields: &[(&str, &str)]) -> Got {
    call_at(address, method, MAPPINGS, host, fields).await
}

async fn call_at(
    address: SocketAddr,
    method: &str,
    path: &str,
    host: &str,
    fields: &[(&str, &str)],
) -> Got {
    let connection = Connection::http1(address).await;
    let mut request = connection.request(method, host, path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let body = if method == "POST" { STUB } else { "" };
    connection.send(request.body(whole(body)).unwrap()).await
}

/// An address of this machine that is no loopback one, where it has any.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Asks for a route; nothing is sent.
    socket.connect("192.0.2.1:9").ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_only_who_brings_it_may_call() {
    let folder = Folder::new();
    let ringer = folder.start(with_token(&folder, everywhere())).await;
    let bearer = format!("Bearer {TOKEN}");
    let basic = |user: &str| {
        use base64::{Engine as _, prelude::BASE64_STANDARD};
        format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{TOKEN}")))
    };
    for right in [bearer.clone(), bearer.replace("Bearer", "bearer"), basic("x"), basic("")] {
        let got = call(ringer.address, "POST", "localhost", &[("Authorization", &right)]).await;
        assert_eq!(got.status, 201, "{right}");
    }
    let count = folder_count(&ringer, &bearer).await;
    for wrong in [
        "".to_owned(),
        "Bearer".to_owned(),
        format!("Bearer {}", &TOKEN[1..]),
        format!("Bearer {}", &TOKEN[..TOKEN.len() - 1]),
        format!("Bearer {TOKEN}x"),
        format!("Bearer {}", TOKEN.to_uppercase()),
        format!("Bearer {TOKEN},{TOKEN}"),
        format!("Token {TOKEN}"),
        TOKEN.to_owned(),
        "Basic !!!".to_owned(),
    ] {
        let got = call(ringer.address, "POST", "localhost", &[("Authorization", &wrong)]).await;
        assert_eq!(got.status, 401, "{wrong}");
        let challenge = got.field("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer realm=\"ringer\""), "{challenge}");
        assert!(!got.text().contains(TOKEN), "{got:?}");
    }
    for path in
        ["/__admin", "/__admin/", "/__admin/health", "/__admin/nothing", "/__admin/shutdown"]
    {
        let got = call_at(ringer.address, "GET", path, "localhost", &[]).await;
        assert_eq!(got.status, 401, "{path}");
    }
    // Elsewhere it is no token: not in the URL, not in other fields.
    let path = format!("{MAPPINGS}?token={TOKEN}&access_token={TOKEN}");
    assert_eq!(call_at(ringer.address, "GET", &path, "localhost", &[]).await.status, 401);
    for name in ["X-Ringer-Token", "Proxy-Authorization", "Cookie"] {
        let got = call(ringer.address, "GET", "localhost", &[(name, &bearer)]).await;
        assert_eq!(got.status, 401, "{name}");
    }
    assert_eq!(folder_count(&ringer, &bearer).await, count);
    // What is no call asks for none.
    assert_eq!(client::get(ringer.address, "/a").await.status, 200);
    let summary = ringer.stop().await;
    assert_eq!(summary.requests, 1);
}

async fn folder_count(ringer: &Ringer, bearer: &str) -> u64 {
    let got = call(ringer.address, "GET", "localhost", &[("Authorization", bearer)]).await;
    got.json()["meta"]["total"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_this_machine_a_token_is_needed() {
    let Some(own) = own_address() else { return };
    let folder = Folder::new();
    let beyond = SocketAddr::new(own, 0);
    for place in [everywhere(), AdminPlace::Address(beyond)] {
        let is_alone = matches!(place, AdminPlace::Address(_));
        let admin = AdminSettings { place: Some(place.clone()), ..AdminSettings::default() };
        let ringer = folder.start(Config { listen: vec![beyond], admin, ..folder.config() }).await;
        let addresses = ringer.running.addresses().to_vec();
        let at = addresses[usize::from(is_alone)];
        for (method, path) in [
            ("GET", MAPPINGS),
            ("POST", MAPPINGS),
            ("POST", "/__admin/shutdown"),
            ("GET", "/__admin"),
            ("OPTIONS", MAPPINGS),
        ] {
            let got = call_at(at, method, path, &at.to_string(), &[]).await;
            assert_eq!(got.status, 403, "{method} {path}");
            let said = got.text();
            assert!(said.contains("RINGER_ADMIN_TOKEN") && said.contains("Bearer"), "{said}");
        }
        ringer.stop().await;

        let mut config = with_token(&folder, place);
        config.listen = vec![beyond];
        let ringer = folder.start(config).await;
        let at = ringer.running.addresses()[usize::from(is_alone)];
        let bearer = format!("Bearer {TOKEN}");
        let got = call(at, "GET", "ringer.example", &[("Authorization", &bearer)]).await;
        assert_eq!(got.status, 200);
        assert_eq!(call(at, "GET", "ringer.example", &[]).await.status, 401);
        ringer.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_a_proxy_passed_on_is_not_from_this_machine() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    for field in [("X-Forwarded-For", "10.0.0.7"), ("Forwarded", "for=10.0.0.7")] {
        assert_eq!(call(ringer.address, "GET", "localhost", &[field]).await.status, 403);
    }
    assert_eq!(call(ringer.address, "GET", "localhost", &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_name_was_made_to_lead_here_reads_and_changes_nothing() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let port = ringer.address.port();
    for host in ["evil.example".to_owned(), format!("evil.example:{port}")] {
        let own = format!("http://{host}");
        for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
            for fields in [&[][..], &[("Origin", own.as_str())], &[("Origin", "http://127.0.0.1")]]
            {
                let got = call(ringer.address, method, &host, fields).await;
                assert_eq!(got.status, 403, "{method} {host} {fields:?}");
                assert!(!got.text().contains("mappings\" :"), "{got:?}");
            }
        }
        let got = call_at(ringer.address, "POST", "/__admin/shutdown", &host, &[]).await;
        assert_eq!(got.status, 403);
    }
    // Over HTTP/2 the name stands elsewhere.
    let connection = Connection::http2(ringer.address).await;
    assert_eq!(connection.get("evil.example", MAPPINGS).await.status, 403);
    assert_eq!(connection.get("localhost", MAPPINGS).await.status, 200);
    // And a stub for that host answers as before.
    let got = call(ringer.address, "GET", &format!("localhost:{port}"), &[]).await;
    assert_eq!((got.status, got.json()["meta"]["total"].as_u64()), (200, Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_embed_but_link() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let of = async |site: &str, mode: &str, dest: &str| {
        let fields = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)];
        call(ringer.address, "GET", "127.0.0.1", &fields).await.status
    };
    assert_eq!(of("cross-site", "no-cors", "script").await, 403);
    assert_eq!(of("cross-site", "navigate", "iframe").await, 403);
    assert_eq!(of("same-site", "cors", "empty").await, 403);
    assert_eq!(of("cross-site", "navigate", "document").await, 200);
    assert_eq!(of("same-origin", "cors", "empty").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_of_a_foreign_page_is_refused_and_opens_nothing() {
    let folder = Folder::new();
    for config in [folder.config(), with_token(&folder, everywhere())] {
        let ringer = folder.start(config).await;
        for origin in ["https://evil.example", "null", "http://localhost:3000"] {
            let fields = [
                ("Origin", origin),
                ("Access-Control-Request-Method", "POST"),
                ("Access-Control-Request-Headers", "authorization"),
            ];
            let got = call(ringer.address, "OPTIONS", "localhost", &fields).await;
            assert_eq!(got.status, 403, "{origin}");
            let opened = got.fields.keys().find(|name| name.as_str().starts_with("access-control"));
            assert_eq!(opened, None, "{got:?}");
            // Not even with the token: a browser that knows it as a password would add it.
            let bearer = format!("Bearer {TOKEN}");
            let fields = [("Origin", origin), ("Authorization", bearer.as_str())];
            let got =
                call_at(ringer.address, "POST", "/__admin/shutdown", "localhost", &fields).await;
            assert_eq!(got.status, 403, "{origin}");
        }
        ringer.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused() {
    let folder = Folder::new();
    let limits = Limits { admin_body: 64 * 1024, ..Limits::default() };
    let ringer = folder.start(Config { limits, ..folder.config() }).await;
    let path = "/__admin/files/a.bin";
    let put =
        async |size: usize| client::send(ringer.address, "PUT", path, &[], vec![b'x'; size]).await;
    assert_eq!(put(64 * 1024).await.status, 200);
    for size in [64 * 1024 + 1, 8 << 20] {
        let got = put(size).await;
        assert_eq!(got.status, 413, "{size}");
        assert!(got.json()["message"].as_str().unwrap().contains("max_admin_body"), "{got:?}");
    }
    // One that does not say how long it is.
    let mut wire = Wire::connect(ringer.address).await;
    wire.send(format!(
        "PUT {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    ))
    .await;
    let chunk = format!("4000\r\n{}\r\n", "y".repeat(0x4000));
    for _ in 0..5 {
        wire.send(&chunk).await;
    }
    wire.send("0\r\n\r\n").await;
    assert_eq!(wire.message().await.status(), 413);
    // Who says so beforehand is told so beforehand.
    let mut wire = Wire::connect(ringer.address).await;
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n"
    );
    wire.send(head).await;
    assert_eq!(wire.message().await.status(), 413);
    let kept = std::fs::read(folder.join("stubs/__files/a.bin")).unwrap();
    assert_eq!((kept.len(), kept[0]), (64 * 1024, b'x'));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let folder = Folder::new();
    let limits = Limits { headers: Duration::from_millis(100), ..Limits::default() };
    let ringer = folder.start(Config { limits, ..folder.config() }).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("POST /__admin/mappings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
        .await;
    let message = wire.message().await;
    assert_eq!(message.status(), 408, "{message:?}");
    // Nor one that comes a byte at a time, for ever.
    let mut wire = Wire::connect(ringer.address).await;
    wire.send("POST /__admin/mappings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n")
        .await;
    let message = within(async {
        loop {
            if wire.try_send(" ").await.is_err() {
                break None;
            }
            let more = tokio::time::timeout(Duration::from_millis(20), wire.message()).await;
            if let Ok(message) = more {
                break Some(message);
            }
        }
    })
    .await;
    assert_eq!(message.map(|message| message.status()), Some(408));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_call_is_told_so_before_the_body_is_read() {
    let folder = Folder::new();
    let ringer = folder.start(with_token(&folder, everywhere())).await;
    let mut wire = Wire::connect(ringer.address).await;
    wire.send(
        "PUT /__admin/files/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n",
    )
    .await;
    assert_eq!(wire.message().await.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_neither_shown_nor_remembered() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let file = folder.write("token", format!("{TOKEN}\n"));
    let serving = Serving::start(
        folder.path(),
        "replay",
        &["--admin-token-file", file.to_str().unwrap(), "-vvv"],
    );
    let bearer = format!("Bearer {TOKEN}");
    let address = serving.address;
    assert_eq!(call(address, "GET", "localhost", &[]).await.status, 401);
    assert_eq!(call(address, "GET", "localhost", &[("Authorization", &bearer)]).await.status, 200);
    // By mistake to a stub.
    let fields = [("Authorization", bearer.as_str())];
    assert_eq!(client::send(address, "GET", "/a", &fields, "").await.status, 200);
    let journal = call_at(address, "GET", "/__admin/requests", "localhost", &fields).await;
    assert_eq!(journal.json()["requests"].as_array().unwrap().len(), 1);
    assert!(!journal.text().contains(TOKEN), "{}", journal.text());
    let command = std::fs::read(format!("/proc/{}/cmdline", serving.process.id())).unwrap();
    assert!(!String::from_utf8_lossy(&command).contains(TOKEN));
    assert!(!serving.process.stderr().contains(TOKEN), "{}", serving.process.stderr());
    assert!(!serving.process.stdout().contains(TOKEN));
    for (name, content) in folder.snapshot(".") {
        assert!(name == "token" || !String::from_utf8_lossy(&content).contains(TOKEN), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_unix_socket_the_api_answers_and_nothing_else() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let path = folder.join("admin.sock");
    let admin =
        AdminSettings { place: Some(AdminPlace::Unix(path.clone())), ..AdminSettings::default() };
    let config = Config { admin, ..folder.config() };
    let ringer = folder.start(config.clone()).await;
    assert_eq!(ringer.running.admin(), Some(format!("unix:{}", path.display())));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let connection = Connection::http1_over(UnixStream::connect(&path).await.unwrap()).await;
    for _ in 0..2 {
        assert_eq!(connection.get("localhost", MAPPINGS).await.json()["meta"]["total"], 1);
    }
    assert_eq!(connection.get("localhost", "/a").await.status, 404);
    assert_eq!(client::get(ringer.address, MAPPINGS).await.status, 404);
    assert_eq!(client::get(ringer.address, "/a").await.status, 200);
    // One ringer a socket.
    let error = ringer::app::App::start(config).await.map(drop).unwrap_err();
    let shown = format!("{:#}", anyhow::Error::from(error));
    assert!(shown.contains("another process listens there"), "{shown}");
    drop(connection);
    ringer.stop().await;
    assert!(!path.exists());
}

#[test]
fn clients_come_over_a_unix_socket() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let ready = folder.join("ready.json");
    let arguments = ["--admin", "unix:admin.sock", "--ready-file", "ready.json"];
    let at = folder.path();
    let mut command = ringer();
    command.current_dir(at).args(["replay", "--listen", "0", "--certs", "certs"]).args(arguments);
    let mut process = crate::support::process::Process::spawn(&mut command);
    crate::support::waiting::eventually("ringer is ready", || ready.exists().then_some(()));
    let said: serde_json::Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    let admin = said["admin"].as_str().unwrap();
    assert!(admin.starts_with("unix:/") && admin.ends_with("/admin.sock"), "{admin}");
    let ctl = |at: &Path| run(ringer().current_dir(at).args(["ctl", "--admin", admin, "clock"]));
    let ended = ctl(at);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    let curl = Command::new("curl")
        .args(["-s", "--unix-socket", "admin.sock", "http://localhost/__admin/version"])
        .current_dir(at)
        .stdin(Stdio::null())
        .output();
    if let Ok(got) = curl {
        assert!(String::from_utf8_lossy(&got.stdout).contains("version"), "{got:?}");
    }
    // A process that is ended without a word leaves its socket behind, which the next replaces.
    process.signal(rustix::process::Signal::KILL);
    process.wait(crate::support::waiting::LIMIT);
    assert!(folder.join("admin.sock").exists());
    std::fs::remove_file(&ready).unwrap();
    let again = crate::support::process::Process::spawn(&mut command);
    crate::support::waiting::eventually("ringer is ready", || ready.exists().then_some(()));
    assert_eq!(ctl(at).code, Some(0));
    again.signal(rustix::process::Signal::TERM);
    assert_eq!(again.ended().code, Some(0));
    assert!(!folder.join("admin.sock").exists());
}

#[test]
fn a_client_says_who_it_is_or_is_told_how() {
    let folder = Folder::new();
    folder.stub("a", STUB);
    let file = folder.write("token", TOKEN);
    let token_file = file.to_str().unwrap();
    let serving = Serving::start(folder.path(), "replay", &["--admin-token-file", token_file]);
    let at = format!("http://{}", serving.address);
    let over_tls = format!("https://localhost:{}", serving.address.port());
    let ctl = |at: &str, arguments: &[&str]| {
        let mut command = ringer();
        run(command
            .current_dir(folder.path())
            .args(["ctl", "--admin", at, "clock"])
            .args(arguments))
    };
    for arguments in [["--admin-token-file", token_file], ["--admin-token", TOKEN]] {
        for at in [&at, &over_tls] {
            let ended = ctl(at, &arguments);
            assert_eq!(ended.code, Some(0), "{ended:?}");
        }
    }
    let mut command = ringer();
    command.env("RINGER_ADMIN_TOKEN", TOKEN).args(["ctl", "--admin", &at, "clock"]);
    assert_eq!(run(&mut command).code, Some(0));
    let ended = ctl(&at, &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("RINGER_ADMIN_TOKEN"), "{}", ended.stderr);
    let ended = ctl(&at, &["--admin-token", "wrong"]);
    assert!(ended.stderr.contains("does not take this token"), "{}", ended.stderr);
    let ended = ctl(&at, &["--admin-token-file", "nowhere"]);
    assert!(ended.stderr.contains("cannot read the token in `nowhere`"), "{}", ended.stderr);
    let ended = ctl("unix:nowhere", &[]);
    assert!(ended.stderr.contains("nobody answers at unix:nowhere"), "{}", ended.stderr);
}

#[test]
fn what_cannot_be_a_token_or_a_socket_is_said_at_the_start() {
    let folder = Folder::new();
    folder.write("empty", "\n");
    folder.stub("a", STUB);
    folder.write("file", "mine");
    let long = format!("unix:{}", "x".repeat(200));
    for (arguments, told) in [
        (["--admin-token-file", "nowhere"], "no token of the admin API in `nowhere`"),
        (["--admin-token-file", "empty"], "the token is empty"),
        (["--admin-token", "a b"], "visible ASCII"),
        (["--admin", &long], "may have at most 107"),
        (["--admin", "unix:file"], "a file that is no socket"),
        (["--admin", "unix:"], "the path is empty"),
        (["--admin", "unix:no/such/folder"], "cannot listen on the Unix socket"),
    ] {
        let mut command = ringer();
        let ended = run(command
            .current_dir(folder.path())
            .args(["replay", "--listen", "0"])
            .args(arguments));
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
    }
    assert_eq!(std::fs::read(folder.join("file")).unwrap(), b"mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_taken_over_tls_too() {
    let folder = Folder::new();
    let ringer = folder.start(with_token(&folder, everywhere())).await;
    let config = client_trusting(&ringer.ca_pem(), &["h2"]);
    let connection = Connection::tls(ringer.address, "localhost", config).await;
    let request = |token: &str| {
        let uri = format!("https://localhost:{}{MAPPINGS}", ringer.address.port());
        let request =
            Request::builder().uri(uri).header("authorization", format!("Bearer {token}"));
        request.body(whole("")).unwrap()
    };
    assert_eq!(connection.send(request(TOKEN)).await.status, 200);
    assert_eq!(connection.send(request("wrong")).await.status, 401);
}
