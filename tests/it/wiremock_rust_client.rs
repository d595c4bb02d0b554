//! A Rust client of WireMock's admin API, every function of it. There is none on crates.io, so it is one that
//! OpenAPI Generator made from WireMock's own description (`tests/clients/rust`).

mod drive;
mod example;

use wiremock_client::apis::{configuration::Configuration, system_api};

use self::drive::Server;
use crate::support::{folder::Folder, process::Serving, server::Upstream};

const ANSWER: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

async fn check(command: &str, arguments: &[&str]) {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.join("stubs")).unwrap();
    let serving = Serving::start(folder.path(), command, arguments);
    let base = format!("http://{}", serving.address);
    let client = Configuration {
        base_path: base.clone(),
        client: reqwest::Client::builder().no_proxy().build().unwrap(),
        ..Configuration::default()
    };
    let stubs = folder.join("stubs");
    let server = Server { base: &base, folder: &stubs, client, is_reference: false };
    server.stubs().await;
    server.journal().await;
    server.the_rest().await;
    let (upstream, _requests) = Upstream::answering(ANSWER).await;
    server.recordings(&upstream.url()).await;
    system_api::shutdown_server(&server.client).await.unwrap();
    assert_eq!(serving.process.ended().code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_client_drives_ringer_as_it_drives_wiremock() {
    check("wiremock", &["--root-dir", "stubs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_client_drives_a_replay_as_it_drives_wiremock() {
    check("replay", &["--stubs", "stubs", "--latency", "none"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_of_the_guide_runs_as_it_stands() {
    let text = include_str!("wiremock_rust_client/example.rs");
    let (_, text) = text.split_once("// begin\n").unwrap();
    let (text, _) = text.split_once("// end\n").unwrap();
    let guide = include_str!("../../docs/wiremock-clients.md");
    assert!(guide.contains(&format!("```rust\n{text}```\n")), "the guide says the same");
    let ringer = Folder::new().replay().await;
    example::run(format!("http://{}", ringer.host())).await.unwrap();
}
