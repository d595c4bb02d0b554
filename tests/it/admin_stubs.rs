//! Stubs and files over the admin API: created, changed, kept, removed, and in which order they go.

use ringer::{
    admin::Access,
    config::{AdminSettings, Config},
};
use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
    waiting::{eventually_async, within},
};

/// Calls the admin API.
async fn call(ringer: &Ringer, method: &str, path: &str, body: &Value) -> Got {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    client::send(ringer.address, method, &format!("/__admin{path}"), &[], body).await
}

async fn create(ringer: &Ringer, stub: Value) -> String {
    let got = call(ringer, "POST", "/mappings", &stub).await;
    assert_eq!(got.status, 201, "{}", got.text());
    got.json()["id"].as_str().unwrap().to_owned()
}

async fn text(ringer: &Ringer, path: &str) -> String {
    let got = client::get(ringer.address, path).await;
    if got.status == 404 { "404".to_owned() } else { got.text() }
}

fn stub(url: &str, body: &str) -> Value {
    json!({"request": {"url": url}, "response": {"body": body}})
}

async fn urls(ringer: &Ringer) -> Vec<String> {
    let list = call(ringer, "GET", "/mappings", &Value::Null).await.json();
    let mappings = list["mappings"].as_array().unwrap().clone();
    mappings.iter().map(|it| it["request"]["url"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_is_created_changed_and_removed() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let id = create(&ringer, stub("/a", "one")).await;
    assert_eq!(text(&ringer, "/a").await, "one");
    let path = format!("/mappings/{id}");
    let shown = call(&ringer, "GET", &path, &Value::Null).await;
    assert_eq!(shown.field("content-type"), Some("application/json"));
    assert!(shown.text().contains("\"method\" : \"ANY\""), "{}", shown.text());
    assert_eq!(shown.json()["uuid"], id.as_str());
    let mut other = stub("/a", "two");
    other["id"] = "99999999-9999-9999-9999-999999999999".into();
    let edited = call(&ringer, "PUT", &path, &other).await;
    assert_eq!((edited.status, edited.json()["id"].as_str()), (200, Some(id.as_str())));
    assert_eq!(text(&ringer, "/a").await, "two");
    assert_eq!(call(&ringer, "DELETE", &path, &Value::Null).await.status, 200);
    assert_eq!(text(&ringer, "/a").await, "404");
    let gone = call(&ringer, "DELETE", &path, &Value::Null).await;
    assert_eq!((gone.status, gone.text().as_str()), (404, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_one_stub_leaves_the_file_that_a_person_wrote() {
    let folder = Folder::new();
    let mut written = stub("/file", "file");
    written["id"] = "99999999-9999-9999-9999-999999999999".into();
    folder.stub("z", &written.to_string());
    let ringer = folder.replay().await;
    let path = "/mappings/99999999-9999-9999-9999-999999999999";
    assert_eq!(call(&ringer, "DELETE", path, &Value::Null).await.status, 200);
    assert_eq!(text(&ringer, "/file").await, "404");
    assert_eq!(call(&ringer, "POST", "/mappings/reset", &Value::Null).await.status, 200);
    assert_eq!(text(&ringer, "/file").await, "file");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_are_searched_as_wiremock_searches_them() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    create(&ringer, stub("/none", "")).await;
    let mut tagged = stub("/tagged", "");
    tagged["metadata"] = json!({"a": 1});
    create(&ringer, tagged).await;
    for (matcher, expect) in [
        (json!({"contains": "\"a\" : 1"}), vec!["/tagged"]),
        (json!({"not": {"matchesJsonPath": "$.a"}}), vec!["/none"]),
        (json!({"matches": ".*"}), vec!["/tagged", "/none"]),
    ] {
        let found = call(&ringer, "POST", "/mappings/find-by-metadata", &matcher).await.json();
        let urls: Vec<_> = found["mappings"].as_array().unwrap().iter().collect();
        let urls: Vec<_> = urls.iter().map(|it| it["request"]["url"].as_str().unwrap()).collect();
        assert_eq!(urls, expect, "{matcher}");
    }
    let bytes = json!({"binaryEqualTo": "AA=="});
    let refused = call(&ringer, "POST", "/mappings/find-by-metadata", &bytes).await;
    assert_eq!(refused.status, 422);
    let options = json!({"mappings": [], "importOptions": {"bogus": 1}});
    let refused = call(&ringer, "POST", "/mappings/import", &options).await.json();
    assert_eq!(refused["errors"][0]["source"]["pointer"], "/importOptions/bogus");
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_stubs_go_first_and_an_edit_keeps_the_place() {
    let folder = Folder::new();
    folder.stub("z", &stub("/file", "file").to_string());
    let ringer = folder.replay().await;
    let first = create(&ringer, stub("/1", "1")).await;
    create(&ringer, stub("/2", "2")).await;
    let mut urgent = stub("/urgent", "u");
    urgent["priority"] = 1.into();
    create(&ringer, urgent).await;
    assert_eq!(urls(&ringer).await, ["/urgent", "/2", "/1", "/file"]);
    call(&ringer, "PUT", &format!("/mappings/{first}"), &stub("/1b", "1")).await;
    assert_eq!(urls(&ringer).await, ["/urgent", "/2", "/1b", "/file"]);
    let page = call(&ringer, "GET", "/mappings?offset=1&limit=2", &Value::Null).await.json();
    assert_eq!(page["mappings"][0]["request"]["url"], "/2");
    assert_eq!(
        (page["mappings"].as_array().unwrap().len(), &page["meta"]["total"]),
        (2, &json!(4))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_of_a_stub_is_said_where_wiremock_says_it() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    for (stub, pointer) in [
        (json!({"reqest": {}}), "/reqest"),
        (json!({"request": {"urlpath": "/x"}}), "/request/urlpath"),
        (json!({"request": {"headers": {"A": {"bogus": "1"}}}}), "/request/headers/A"),
        (json!({"request": {"urlPattern": "["}}), "/request"),
        (json!({"mappings": []}), "/mappings"),
        (json!([]), "/"),
    ] {
        let got = call(&ringer, "POST", "/mappings", &stub).await;
        assert_eq!(got.status, 422, "{stub}");
        let error = &got.json()["errors"][0];
        assert_eq!((&error["code"], &error["source"]["pointer"]), (&json!(10), &json!(pointer)));
        assert_eq!(error["title"], "Error parsing JSON");
    }
    let unknown = call(&ringer, "GET", "/mappings/x", &Value::Null).await;
    assert_eq!(unknown.json()["errors"][0]["title"], "x is not a valid UUID");
    assert_eq!(unknown.status, 400);
    let mut taken = stub("/a", "a");
    taken["id"] = create(&ringer, stub("/b", "b")).await.into();
    let got = call(&ringer, "POST", "/mappings", &taken).await;
    assert_eq!((got.status, &got.json()["errors"][0]["code"]), (422, &json!(109)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persistent_stub_survives_a_reset_and_takes_its_file_with_it() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let mut kept = stub("/kept", "v1");
    kept["persistent"] = true.into();
    kept["name"] = "Kept here".into();
    let id = create(&ringer, kept.clone()).await;
    create(&ringer, stub("/lost", "x")).await;
    assert_eq!(folder.stubs().len(), 1);
    kept["response"]["body"] = "v2".into();
    assert_eq!(call(&ringer, "PUT", &format!("/mappings/{id}"), &kept).await.status, 200);
    assert_eq!(call(&ringer, "POST", "/mappings/reset", &Value::Null).await.status, 200);
    assert_eq!(text(&ringer, "/kept").await, "v2");
    assert_eq!(text(&ringer, "/lost").await, "404");
    assert_eq!(call(&ringer, "DELETE", &format!("/mappings/{id}"), &Value::Null).await.status, 200);
    assert!(folder.stubs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn save_gives_every_stub_a_file() {
    let folder = Folder::new();
    folder.stub("mine", &stub("/mine", "m").to_string());
    let before = folder.snapshot("stubs");
    let ringer = folder.replay().await;
    create(&ringer, stub("/new", "n")).await;
    assert_eq!(call(&ringer, "POST", "/mappings/save", &Value::Null).await.status, 200);
    let now = folder.snapshot("stubs");
    assert_eq!(now.len(), 2);
    assert_eq!(now["mappings/mine.json"], before["mappings/mine.json"], "unchanged, not rewritten");
    ringer.stop().await;
    let ringer = folder.replay().await;
    assert_eq!(text(&ringer, "/new").await, "n");
}

#[tokio::test(flavor = "multi_thread")]
async fn stubs_that_a_person_wrote_keep_their_files_unless_ringer_stands_in_for_wiremock() {
    for owns in [false, true] {
        let folder = Folder::new();
        folder.stub("mine", &stub("/mine", "m").to_string());
        let admin = AdminSettings { owns_stub_files: owns, ..AdminSettings::default() };
        let ringer = folder.start(Config { admin, ..folder.config() }).await;
        assert_eq!(call(&ringer, "DELETE", "/mappings", &Value::Null).await.status, 200);
        assert_eq!(text(&ringer, "/mine").await, "404");
        assert_eq!(folder.stubs().is_empty(), owns);
        call(&ringer, "POST", "/mappings/reset", &Value::Null).await;
        assert_eq!(text(&ringer, "/mine").await, if owns { "404" } else { "m" });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_of_a_persistent_stub_is_picked_up() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let mut kept = stub("/kept", "v1");
    kept["persistent"] = true.into();
    create(&ringer, kept).await;
    let (name, content) = folder.snapshot("stubs").into_iter().next().unwrap();
    let edited = String::from_utf8(content).unwrap().replace("v1", "by hand");
    folder.write(&format!("stubs/{name}"), edited);
    let ringer = &ringer;
    eventually_async("the changed stub answers", move || async move {
        (text(ringer, "/kept").await == "by hand").then_some(())
    })
    .await;
    assert_eq!(urls(ringer).await, ["/kept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_replaces_ignores_or_empties() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let id = create(&ringer, stub("/1", "old")).await;
    let mut one = stub("/1", "new");
    one["id"] = id.into();
    let import = |options: Value| {
        let stubs = [one.clone(), stub("/2", "2")];
        json!({"mappings": stubs, "importOptions": options})
    };
    let ignore = import(json!({"duplicatePolicy": "IGNORE", "deleteAllNotInImport": false}));
    assert_eq!(call(&ringer, "POST", "/mappings/import", &ignore).await.status, 200);
    assert_eq!((text(&ringer, "/1").await, text(&ringer, "/2").await), ("old".into(), "2".into()));
    let replace = import(json!({"deleteAllNotInImport": true}));
    assert_eq!(call(&ringer, "POST", "/mappings/import", &replace).await.status, 200);
    assert_eq!(text(&ringer, "/1").await, "new");
    assert_eq!(urls(&ringer).await, ["/2", "/1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_and_go_and_stay_in_their_folder() {
    let folder = Folder::new();
    let ringer = folder.replay().await;
    let put = |name: &'static str, body: &'static str| {
        client::send(ringer.address, "PUT", name, &[], body)
    };
    assert_eq!(put("/__admin/files/sub/a.txt", "one").await.status, 200);
    let mut from_file = stub("/f", "");
    from_file["response"] = json!({"bodyFileName": "sub/a.txt"});
    create(&ringer, from_file).await;
    assert_eq!(text(&ringer, "/f").await, "one");
    assert_eq!(put("/__admin/files/sub/a.txt", "two").await.status, 200);
    assert_eq!(text(&ringer, "/f").await, "two");
    assert_eq!(call(&ringer, "GET", "/files", &Value::Null).await.json(), json!(["sub/a.txt"]));
    assert_eq!(put("/__admin/files/../../outside.txt", "x").await.status, 400);
    assert!(!folder.join("outside.txt").exists() && !folder.join("stubs/outside.txt").exists());
    assert_eq!(call(&ringer, "DELETE", "/files/sub/a.txt", &Value::Null).await.status, 200);
    assert_eq!(call(&ringer, "GET", "/files/sub/a.txt", &Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_with_credentials_only_and_a_wish_to_stop() {
    let folder = Folder::new();
    let credentials = Some(("u".to_owned(), "p".to_owned()));
    let access = Access { credentials, ..Access::default() };
    let admin = AdminSettings { access, ..AdminSettings::default() };
    let ringer = folder.start(Config { admin, ..folder.config() }).await;
    assert_eq!(call(&ringer, "GET", "/mappings", &Value::Null).await.status, 401);
    let fields = [("authorization", "Basic dTpw")];
    let with = |method: &'static str, path: &'static str| {
        client::send(ringer.address, method, path, &fields, "")
    };
    assert_eq!(with("GET", "/__admin/mappings").await.status, 200);
    assert_eq!(with("POST", "/__admin/shutdown").await.status, 200);
    within(ringer.running.asked_to_stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_its_own_is_the_only_one_that_answers() {
    let folder = Folder::new();
    let place = ringer::config::admin_place("0").unwrap();
    let admin = AdminSettings { place, ..AdminSettings::default() };
    let ringer = folder.start(Config { admin, ..folder.config() }).await;
    assert_eq!(call(&ringer, "GET", "/health", &Value::Null).await.status, 404);
    let own = *ringer.running.addresses().last().unwrap();
    assert_eq!(client::get(own, "/__admin/health").await.json()["status"], "healthy");
    assert_eq!(client::get(own, "/anything").await.status, 404);
    assert!(ringer.stop().await.misses.iter().all(|(miss, _)| !miss.contains("/anything")));
}
