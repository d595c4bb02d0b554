//! What the admin API says of odd inputs, and in which order it lists things: as WireMock 3.13.2 does, asked the
//! same.

use serde_json::{Value, json};

use crate::support::{
    client::{self, Got},
    folder::{Folder, Ringer},
};

const ID: &str = "00000001-0002-4003-8004-000000000005";

async fn call(ringer: &Ringer, method: &str, path: &str, body: &str) -> Got {
    client::send(ringer.address, method, &format!("/__admin{path}"), &[], body.to_owned()).await
}

async fn create(ringer: &Ringer, stub: Value) -> Value {
    let got = call(ringer, "POST", "/mappings", &stub.to_string()).await;
    assert_eq!(got.status, 201, "{}", got.text());
    got.json()
}

fn stub(url: &str, more: Value) -> Value {
    let mut stub = json!({"request": {"method": "GET", "url": url}, "response": {"body": "x"}});
    let Value::Object(more) = more else { panic!("members are expected") };
    stub.as_object_mut().unwrap().extend(more);
    stub
}

async fn urls(ringer: &Ringer) -> Vec<String> {
    let listed = call(ringer, "GET", "/mappings", "").await.json();
    let listed = listed["mappings"].as_array().unwrap().iter();
    listed.map(|it| it["request"]["url"].as_str().unwrap().to_owned()).collect()
}

/// The status, and where the first mistake is.
async fn refusal(ringer: &Ringer, method: &str, path: &str, body: &str) -> (u16, Value) {
    let got = call(ringer, method, path, body).await;
    let pointer = match got.text().is_empty() {
        true => Value::Null,
        false => got.json()["errors"][0]["source"]["pointer"].clone(),
    };
    (got.status, pointer)
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_paths_are_read_as_java_reads_them() {
    let ringer = Folder::new().replay().await;
    create(&ringer, stub("/a", json!({"id": ID}))).await;
    for (id, status) in [
        (ID, 200),
        ("1-2-4003-8004-5", 200),
        ("1-2-3-4-5", 404),
        ("00000001000240038004000000000005", 400),
        ("{00000001-0002-4003-8004-000000000005}", 400),
        ("x", 400),
    ] {
        assert_eq!(
            call(&ringer, "GET", &format!("/mappings/{id}"), "").await.status,
            status,
            "{id}"
        );
    }
    assert_eq!(call(&ringer, "DELETE", "/requests/1-2-3-4-5", "").await.status, 200);
    assert_eq!(call(&ringer, "DELETE", "/requests/12345", "").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_an_import_are_objects_of_known_values() {
    let ringer = Folder::new().replay().await;
    let import = |options: Value| {
        let stubs = json!([stub("/new", json!({"id": ID}))]);
        json!({"mappings": stubs, "importOptions": options}).to_string()
    };
    for (body, pointer) in [
        ("[]".to_owned(), "/"),
        ("{}".to_owned(), "/mappings"),
        (import(json!([])), "/importOptions"),
        (import(json!("x")), "/importOptions"),
        (import(json!({"duplicatePolicy": "odd"})), "/importOptions/duplicatePolicy"),
        (import(json!({"deleteAllNotInImport": 7})), "/importOptions/deleteAllNotInImport"),
    ] {
        let refused = refusal(&ringer, "POST", "/mappings/import", &body).await;
        assert_eq!(refused, (422, pointer.into()), "{body}");
    }
    assert_eq!(urls(&ringer).await, [""; 0]);

    create(&ringer, stub("/old", json!({"id": ID}))).await;
    create(&ringer, stub("/other", json!({}))).await;
    let options = json!({"duplicatePolicy": null, "deleteAllNotInImport": "true"});
    assert_eq!(call(&ringer, "POST", "/mappings/import", &import(options)).await.status, 200);
    assert_eq!(urls(&ringer).await, ["/old"]);
    assert_eq!(call(&ringer, "POST", "/mappings/import", &import(Value::Null)).await.status, 200);
    assert_eq!(urls(&ringer).await, ["/new"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_with_nothing_in_it_is_a_mistake_of_the_whole() {
    let ringer = Folder::new().replay().await;
    create(&ringer, stub("/a", json!({"scenarioName": "s"}))).await;
    for (method, path) in [
        ("POST", "/mappings"),
        ("POST", "/near-misses/request"),
        ("POST", "/requests/count"),
        ("POST", "/settings"),
        ("PATCH", "/settings/extended"),
    ] {
        assert_eq!(refusal(&ringer, method, path, "").await, (422, "/".into()), "{path}");
        assert_eq!(refusal(&ringer, method, path, "{").await.0, 422, "{path}");
    }
    let both = r#"{"settings": {}, "fixedDelay": 1}"#;
    assert_eq!(refusal(&ringer, "POST", "/settings", both).await, (422, "/fixedDelay".into()));
    let header = r#"{"response": {"headers": {"A": null}}}"#;
    assert_eq!(refusal(&ringer, "POST", "/mappings", header).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_is_listed_in_the_order_in_which_wiremock_lists_it() {
    let ringer = Folder::new().replay().await;
    let more = json!({
        "id": ID, "name": "n", "priority": 1, "persistent": null, "metadata": {"a": 1},
        "scenarioName": "s", "requiredScenarioState": "Started", "newScenarioState": "t",
    });
    let shown = create(&ringer, stub("/a", more)).await;
    let names: Vec<&String> = shown.as_object().unwrap().keys().collect();
    let expect = "id name request response uuid priority scenarioName requiredScenarioState \
                  newScenarioState metadata";
    assert_eq!(names, expect.split_whitespace().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_are_listed_as_in_a_java_hash_table_and_their_stubs_oldest_first() {
    let ringer = Folder::new().replay().await;
    for name in ["gamma", "zeta", "other one", "alpha", "delta"] {
        create(&ringer, stub(&format!("/{name}"), json!({"scenarioName": name}))).await;
    }
    create(&ringer, stub("/later", json!({"scenarioName": "alpha", "newScenarioState": "b"})))
        .await;
    let listed = call(&ringer, "GET", "/scenarios", "").await.json();
    let listed = listed["scenarios"].as_array().unwrap();
    let names: Vec<_> = listed.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["zeta", "alpha", "delta", "other one", "gamma"]);
    let stubs = listed[1]["mappings"].as_array().unwrap().iter();
    let urls: Vec<_> = stubs.map(|it| it["request"]["url"].as_str().unwrap()).collect();
    assert_eq!(urls, ["/alpha", "/later"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_described_request_no_more_is_shown_than_was_said() {
    let ringer = Folder::new().replay().await;
    let cookie = json!({"request": {"url": "/known", "cookies": {"c": {"equalTo": "1"}}}});
    create(&ringer, cookie).await;
    let described = r#"{"url": "/knwon?a=b", "cookies": {"c": "1"}, "body": "for people"}"#;
    let near = call(&ringer, "POST", "/near-misses/request", described).await.json();
    let expect = json!({
        "url": "/knwon?a=b", "cookies": {"c": "1"}, "browserProxyRequest": false, "port": -1,
        "queryParams": {"a": {"key": "a", "values": ["b"]}}, "formParams": {},
    });
    assert_eq!(near["nearMisses"][0]["request"], expect);
    for wrong in ["[]", r#"{"url": []}"#, r#"{"cookies": "c=1"}"#] {
        assert_eq!(refusal(&ringer, "POST", "/near-misses/request", wrong).await.0, 422, "{wrong}");
    }
}
