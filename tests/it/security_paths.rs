//! Whatever names a file: nothing outside the stub folder is read, written or removed by any call or
//! request, and a name that tries is the caller's mistake.

use std::{collections::BTreeMap, os::unix::fs::symlink, path::Path};

use bytes::Bytes;
use ringer::{config::Config, model::Mode, serve::AdminPlace};
use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer, check_unchanged},
    process::Serving,
    server::Upstream,
    wire::{Message, Wire},
};

const SECRET: &str = "top-secret-outside";

/// Names of a file outside, or of none: as text, before they are encoded for a URL.
fn names(folder: &Folder) -> Vec<String> {
    let absolute = folder.join("secret.txt").display().to_string();
    let mut names: Vec<String> = [
        "../../secret.txt",
        "../mappings/../../secret.txt",
        "sub/../../../secret.txt",
        "./.././../secret.txt",
        "..",
        "../",
        ".",
        "sub/../..",
        "..\\..\\secret.txt",
        "sub\\..\\..\\..\\secret.txt",
        "C:\\secret.txt",
        "C:/secret.txt",
        "c:secret.txt",
        "\\\\host\\share\\secret.txt",
        "\\secret.txt",
        "link",
        "up/secret.txt",
        "up/new.txt",
        "up/new/new.txt",
        "up",
        "a\0b",
        "../../secret.txt\0.json",
        "there.txt/below",
    ]
    .map(str::to_owned)
    .into();
    names.extend([absolute.clone(), format!("/{absolute}"), "n".repeat(300), "n/".repeat(5000)]);
    names
}

/// Each name as it can stand in a URL.
fn spellings(name: &str) -> Vec<String> {
    let all = |name: &str, keep: &[u8]| -> String {
        let bytes = name.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ if keep.contains(&byte) => char::from(byte).to_string(),
            _ => format!("%{byte:02x}"),
        });
        bytes.collect()
    };
    vec![all(name, b"./"), all(name, b"/"), all(name, b"."), all(name, b"")]
}

/// A stub folder with links that lead out of it, and what lies outside.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("secret.txt", SECRET);
    folder.write("outside/secret.txt", SECRET);
    folder.write("outside/index.html", SECRET);
    let of_outside = json!({
        "id": "5d0c1f1e-1111-4d8e-9b9d-0a5c7e6b0001", "name": "outside", "persistent": true,
        "request": {"url": "/outside"}, "response": {"body": "x"},
    });
    folder.write("outside-mappings/o.json", of_outside.to_string());
    folder.write("stubs/__files/there.txt", "there");
    folder.write("stubs/__files/sub/there.txt", "there");
    folder.stub("a", r#"{"request": {"url": "/a"}, "response": {"bodyFileName": "there.txt"}}"#);
    symlink("../../secret.txt", folder.join("stubs/__files/link")).unwrap();
    symlink("../../outside", folder.join("stubs/__files/up")).unwrap();
    symlink("../../outside-mappings", folder.join("stubs/mappings/up")).unwrap();
    folder
}

/// What lies outside the stub folder, but for what ringer keeps there itself.
fn outside(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let mut all = folder.snapshot(".");
    all.retain(|name, _| {
        !["stubs/", "certs/", "recordings/", "ready-"].iter().any(|own| name.starts_with(own))
    });
    all
}

async fn raw(ringer: &Ringer, method: &str, target: &str, body: &str) -> Message {
    let mut wire = Wire::connect(ringer.address).await;
    let host = ringer.host();
    let length = body.len();
    wire.send(format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    ))
    .await;
    wire.message().await
}

async fn call(ringer: &Ringer, method: &str, path: &str, body: &Value) -> Got {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    client::send(ringer.address, method, &format!("/__admin{path}"), &[], body).await
}

fn is_client_error(status: u16) -> bool {
    (400..500).contains(&status)
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_api_stay_in_their_folder() {
    let folder = folder();
    let before = outside(&folder);
    let ringer = folder.replay().await;
    let mut wrong = Vec::new();
    for name in names(&folder) {
        let encoded = spellings(&name).into_iter().filter(|it| *it != name);
        let plain = (!name.contains('\0')).then(|| (name.clone(), true));
        for (spelling, is_plain) in plain.into_iter().chain(encoded.map(|it| (it, false))) {
            for method in ["GET", "PUT", "DELETE"] {
                let target = format!("/__admin/files/{spelling}");
                let got = raw(&ringer, method, &target, "written").await;
                let status = got.status();
                // As in WireMock, what is not there is gone already; and nothing is decoded, so that
                // what leads out when it is decoded is the name of a file as good as any.
                let may_succeed = method == "DELETE" || !is_plain;
                let is_right = is_client_error(status) || (may_succeed && status == 200);
                if !is_right || got.text().contains(SECRET) {
                    let short: String = target.chars().take(80).collect();
                    wrong.push(format!("{method} {short}: {status} {}", got.text()));
                }
            }
        }
    }
    check_unchanged(&before, &outside(&folder));
    assert_eq!(wrong, Vec::<String>::new());
    // Links that lead out are not followed, and stay.
    for link in ["stubs/__files/link", "stubs/__files/up"] {
        assert!(folder.join(link).is_symlink(), "{link}");
    }
    let listed = call(&ringer, "GET", "/files", &Value::Null).await.json();
    assert_eq!(listed, json!(["sub/there.txt", "there.txt"]));
    let encoded = "/__admin/files/%2e%2e%2fsecret.txt";
    assert_eq!(raw(&ringer, "PUT", encoded, "in").await.status(), 200);
    assert_eq!(std::fs::read(folder.join("stubs/__files/%2e%2e%2fsecret.txt")).unwrap(), b"in");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_get_no_file_of_outside() {
    let folder = folder();
    let before = outside(&folder);
    let admin = ringer::config::AdminSettings {
        place: Some(AdminPlace::Everywhere { open: false }),
        ..ringer::config::AdminSettings::default()
    };
    let ringer = folder.start(Config { admin, ..folder.config() }).await;
    // In the URL, for a file that no stub names.
    for name in names(&folder) {
        for spelling in spellings(&name) {
            let got = raw(&ringer, "GET", &format!("/{spelling}"), "").await;
            assert!(!got.text().contains(SECRET), "{spelling}: {}", got.text());
            assert!(got.status() < 500, "{spelling}: {}", got.head);
        }
    }
    // By stubs that are made, changed and imported over the API, with and without templates.
    let id = "5d0c1f1e-1111-4d8e-9b9d-0a5c7e6b0002";
    for name in names(&folder) {
        let stub = |response: Value| json!({"id": id, "request": {"urlPath": "/s"}, "priority": 1, "response": response});
        let template = "{{request.query.f}}";
        for (response, target) in [
            (json!({"bodyFileName": name}), "/s".to_owned()),
            (json!({"bodyFileName": name, "transformers": ["response-template"]}), "/s".to_owned()),
            (
                json!({"bodyFileName": template, "transformers": ["response-template"]}),
                format!("/s?f={}", spellings(&name)[3]),
            ),
        ] {
            let stub = stub(response);
            let made = call(&ringer, "POST", "/mappings", &stub).await.status;
            let path = format!("/mappings/{id}");
            let edited = call(&ringer, "PUT", &path, &stub).await.status;
            let policy = json!({"duplicatePolicy": "OVERWRITE"});
            let import = json!({"mappings": [stub], "importOptions": policy});
            let imported = call(&ringer, "POST", "/mappings/import", &import).await.status;
            for status in [made, edited, imported] {
                assert!(status < 500, "{name}: {made} {edited} {imported}");
            }
            if target.len() < 10_000 {
                let got = raw(&ringer, "GET", &target, "").await;
                assert!(!got.text().contains(SECRET), "{name}: {}", got.text());
            }
            call(&ringer, "DELETE", &path, &Value::Null).await;
        }
    }
    check_unchanged(&before, &outside(&folder));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reads_documents_fetches_nothing_that_they_name() {
    let folder = folder();
    let ringer = folder.replay().await;
    let url = format!("file://{}", folder.join("secret.txt").display());
    let entity = format!("<!DOCTYPE a [<!ENTITY x SYSTEM \"{url}\">]><a>&x;</a>");
    let schema = json!({"$ref": url}).to_string();
    for (at, request, body) in [
        ("/t1", json!({"urlPath": "/t1"}), "{{xPath request.body '/a/text()'}}".to_owned()),
        ("/t2", json!({"urlPath": "/t2"}), "{{soapXPath request.body '/a'}}".to_owned()),
        ("/t3", json!({"urlPath": "/t3"}), "{{formatXml request.body}}".to_owned()),
        ("/t4", json!({"urlPath": "/t4"}), format!("{{{{> {url}}}}}")),
        ("/t5", json!({"urlPath": "/t5"}), format!("{{{{include '{url}'}}}}")),
        ("/t6", json!({"urlPath": "/t6"}), "{{> ../../secret.txt}}{{embed 'link'}}".to_owned()),
        (
            "/t7",
            json!({"urlPath": "/t7"}),
            "{{systemValue type='ENVIRONMENT' key='HOME'}}".to_owned(),
        ),
        (
            "/m1",
            json!({"urlPath": "/m1", "bodyPatterns": [{"equalToXml": entity}]}),
            "x".to_owned(),
        ),
        (
            "/m2",
            json!({"urlPath": "/m2", "bodyPatterns": [{"matchesXPath": "/a"}]}),
            "x".to_owned(),
        ),
        (
            "/m3",
            json!({"urlPath": "/m3", "bodyPatterns": [{"matchesJsonSchema": schema}]}),
            "x".to_owned(),
        ),
    ] {
        let stub = json!({
            "request": request,
            "response": {"body": body, "transformers": ["response-template"]},
        });
        let made = call(&ringer, "POST", "/mappings", &stub).await;
        assert!(made.status < 500, "{at}: {made:?}");
        let got = raw(&ringer, "POST", at, &entity).await;
        assert!(!got.text().contains(SECRET), "{at}: {}", got.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stubs_are_kept_in_their_folder() {
    let folder = folder();
    let before = outside(&folder);
    for is_strict in [false, true] {
        let ringer = folder.replay().await;
        for (n, name) in names(&folder).into_iter().enumerate() {
            let id = format!("5d0c1f1e-2222-4d8e-9b9d-{n:012x}");
            // Whatever may become part of the file's name.
            let stub = json!({
                "id": id, "name": name, "persistent": !is_strict, "scenarioName": name,
                "metadata": {"file": name},
                "request": {"method": name, "url": format!("/{name}")},
                "response": {"body": "x"},
            });
            let made = call(&ringer, "POST", "/mappings", &stub).await.status;
            let edited = call(&ringer, "PUT", &format!("/mappings/{id}"), &stub).await.status;
            assert!(made < 500 && edited < 500, "{name}: {made} {edited}");
            if name.len() < 1000 {
                let path = format!("/mappings/{}", spellings(&name)[3]);
                let got = call(&ringer, "GET", &path, &Value::Null).await;
                assert!(is_client_error(got.status), "{name}: {got:?}");
            }
        }
        if is_strict {
            assert_eq!(call(&ringer, "POST", "/mappings/save", &Value::Null).await.status, 200);
        }
        // A stub that a link made known: it is out of service when asked, and the file is another's.
        let path = "/mappings/5d0c1f1e-1111-4d8e-9b9d-0a5c7e6b0001";
        let mut changed = call(&ringer, "GET", path, &Value::Null).await.json();
        changed["response"]["body"] = "changed".into();
        let edited = call(&ringer, "PUT", path, &changed).await;
        assert!(is_client_error(edited.status), "{edited:?}");
        assert_eq!(call(&ringer, "DELETE", path, &Value::Null).await.status, 200);
        check_unchanged(&before, &outside(&folder));
        assert_eq!(call(&ringer, "DELETE", "/mappings", &Value::Null).await.status, 200);
        check_unchanged(&before, &outside(&folder));
        ringer.stop().await;
    }
}

/// As WireMock, all stubs' files go with `DELETE /mappings`; but not those that links lead to.
#[tokio::test(flavor = "multi_thread")]
async fn what_removes_all_files_removes_none_outside() {
    let folder = folder();
    let before = outside(&folder);
    let root = folder.join("stubs").display().to_string();
    let serving = Serving::start(folder.path(), "wiremock", &["--root-dir", &root]);
    let deleted = client::send(serving.address, "DELETE", "/__admin/mappings", &[], "").await;
    assert_eq!(deleted.status, 200, "{deleted:?}");
    assert!(!folder.join("stubs/mappings/a.json").exists());
    check_unchanged(&before, &outside(&folder));
    serving.stop();
}

async fn odd_upstream() -> Upstream {
    let (upstream, _) = Upstream::answering_each(|_| {
        Bytes::from_static(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/../../x\r\nContent-Disposition: attachment; \
              filename=\"../../evil\"\r\nContent-Length: 5\r\n\r\nhello",
        )
    })
    .await;
    upstream
}

/// Targets whose paths are made into names of files.
const TARGETS: [&str; 8] = [
    "/../../../evil",
    "/%2e%2e/%2e%2e/%2e%2e/evil.json",
    "/..%2f..%2f..%2fevil",
    "/a/..%5c..%5cevil.txt",
    "/C:%5cevil",
    "/a.%2f..%2f..%2fevil",
    "/%00evil",
    "//evil//..//..",
];

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_kept_in_their_folder() {
    let folder = folder();
    let upstream = odd_upstream().await;
    let before = outside(&folder);
    let ringer = folder.replay().await;
    let spec = json!({
        "targetBaseUrl": upstream.url(), "persist": true, "repeatsAsScenarios": false,
        "extractBodyCriteria": {"textSizeThreshold": "0", "binarySizeThreshold": "0"},
    });
    let started = call(&ringer, "POST", "/recordings/start", &spec).await;
    assert_eq!(started.status, 200, "{started:?}");
    for target in TARGETS {
        assert!(raw(&ringer, "GET", target, "").await.status() < 500, "{target}");
        assert!(raw(&ringer, "../../EVIL", target, "").await.status() < 500, "{target}");
    }
    let stopped = call(&ringer, "POST", "/recordings/stop", &Value::Null).await;
    assert_eq!(stopped.status, 200, "{stopped:?}");
    let spec = json!({
        "persist": true, "extractBodyCriteria": {"textSizeThreshold": "0"},
    });
    let taken = call(&ringer, "POST", "/recordings/snapshot", &spec).await;
    assert_eq!(taken.status, 200, "{taken:?}");
    assert!(folder.snapshot("stubs/__files").len() > 2, "bodies were extracted");
    check_unchanged(&before, &outside(&folder));
    ringer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_of_odd_hosts_is_kept_in_its_folder() {
    let folder = folder();
    let upstream = odd_upstream().await;
    let before = outside(&folder);
    let ringer = folder.run(Mode::Record, &upstream.url()).await;
    for target in TARGETS {
        for host in ["..", "../..", "a/../..", "..%2f..", "x\\..\\.."] {
            let mut wire = Wire::connect(ringer.address).await;
            let head =
                format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            wire.send(head).await;
            // One that is no host cannot be passed on.
            let status = wire.message().await.status();
            assert!(status < 500 || status == 502, "{host} {target}: {status}");
        }
    }
    ringer.stop().await;
    check_unchanged(&before, &outside(&folder));
    let names: Vec<_> = folder.snapshot("stubs").into_keys().collect();
    assert!(names.iter().all(|name| !Path::new(name).is_absolute()), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn record_mappings_stay_in_their_folder() {
    let folder = folder();
    let upstream = odd_upstream().await;
    let before = outside(&folder);
    let root = folder.join("stubs").display().to_string();
    let url = upstream.url();
    let arguments = ["--root-dir", &root, "--proxy-all", &url, "--record-mappings"];
    let serving = Serving::start(folder.path(), "wiremock", &arguments);
    for target in TARGETS {
        let mut wire = Wire::connect(serving.address).await;
        wire.send(format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        assert!(wire.message().await.status() < 500, "{target}");
    }
    serving.stop();
    assert!(folder.snapshot("stubs/mappings").len() > 1, "something was recorded");
    check_unchanged(&before, &outside(&folder));
}
