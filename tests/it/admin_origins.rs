//! Web pages that call the admin API.

use ringer::{
    config::Config,
    serve::{Answers, Dialect},
};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
};

const STUB: &str = r#"{"request": {"url": "/a"}, "response": {"body": "x"}}"#;
const FOREIGN: &str = "https://evil.example";

async fn call(ringer: &Ringer, method: &str, origin: &str) -> Got {
    let fields = [("Origin", origin), ("Content-Type", "text/plain")];
    client::send(ringer.address, method, "/__admin/mappings", &fields, STUB).await
}

#[track_caller]
fn check_closed(got: &Got) {
    let opened = got.fields.keys().find(|name| name.as_str().starts_with("access-control"));
    assert_eq!(opened, None, "{got:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_changes_and_reads_nothing() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let port = ringer.address.port();
    let rebound = format!("http://evil.example:{port}");
    for origin in [FOREIGN, "null", "http://127.0.0.1:1", &rebound, "http://localhost"] {
        for method in ["POST", "DELETE"] {
            let got = call(&ringer, method, origin).await;
            assert_eq!(got.status, 403, "{method} {origin}");
            assert_eq!(got.json()["error"], "foreign_origin");
            check_closed(&got);
        }
        let got = client::get(ringer.address, "/__admin/mappings").await;
        assert_eq!(got.json()["meta"]["total"], 0);
        let read = call(&ringer, "GET", origin).await;
        assert_eq!(read.status, 403);
        check_closed(&read);
    }
    let fields = [("Origin", FOREIGN), ("Access-Control-Request-Method", "PUT")];
    check_closed(&client::send(ringer.address, "OPTIONS", "/__admin/mappings", &fields, "").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_and_pages_of_ringer_itself_may_change() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    for host in ["127.0.0.1", "localhost"] {
        let own = format!("http://{host}:{}", ringer.address.port());
        assert_eq!(call(&ringer, "POST", &own).await.status, 201, "{own}");
    }
    let got = client::send(ringer.address, "POST", "/__admin/mappings", &[], STUB).await;
    assert_eq!(got.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_wiremocks_dialect_every_page_may_call() {
    let folder = Folder::new();
    let answers = Answers { dialect: Dialect::WireMock, ..Answers::default() };
    let ringer = folder.start(Config { answers, ..folder.config() }).await;
    let got = call(&ringer, "POST", FOREIGN).await;
    assert_eq!((got.status, got.field("access-control-allow-origin")), (201, Some(FOREIGN)));
    let fields = [("Origin", FOREIGN), ("Access-Control-Request-Method", "PUT")];
    let got = client::send(ringer.address, "OPTIONS", "/__admin/mappings", &fields, "").await;
    assert!(got.field("access-control-allow-methods").is_some_and(|all| all.contains("PUT")));
}
