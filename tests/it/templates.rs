//! Answers that are rendered for each request.

use ringer::{
    config::Config,
    serve::{Answers, Templating},
};

use crate::support::{
    client,
    folder::{Folder, Ringer},
    server::Upstream,
};

async fn rendering(response: &str, templating: Templating) -> (Folder, Ringer) {
    let folder = Folder::new();
    folder.write("stubs/__files/7.txt", "file for {{request.query.q}}");
    let url = r#""request": {"urlPathTemplate": "/a/{name}"}"#;
    folder.stub("a", &format!(r#"{{{url}, "response": {response}}}"#));
    let answers = Answers { templating, ..Answers::default() };
    let ringer = folder.start(Config { answers, ..folder.config() }).await;
    (folder, ringer)
}

const ASKS: &str = r#""transformers": ["response-template"]"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_the_values_of_its_request() {
    let response = format!(
        r#"{{"headers": {{"X-MixedCase": "{{{{request.path.name}}}}"}}, {ASKS},
            "body": "{{{{request.body}}}} {{{{request.query.q}}}} {{{{request.clientIp}}}}"}}"#
    );
    let (_folder, ringer) = rendering(&response, Templating::Stub).await;
    for name in ["one", "two"] {
        let path = format!("/a/{name}?q=7");
        let got = client::send(ringer.address, "POST", &path, &[], "body").await;
        assert_eq!(got.text(), "body 7 127.0.0.1");
        assert_eq!(got.field("x-mixedcase"), Some(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_targets_are_templates_too() {
    let response = format!(r#"{{"bodyFileName": "{{{{request.query.q}}}}.txt", {ASKS}}}"#);
    let (folder, ringer) = rendering(&response, Templating::Stub).await;
    assert_eq!(client::get(ringer.address, "/a/x?q=7").await.text(), "file for 7");
    folder.write("stubs/__files/7.txt", "now {{request.query.q}}!");
    assert_eq!(client::get(ringer.address, "/a/x?q=7").await.text(), "now 7!");
    assert_eq!(client::get(ringer.address, "/a/x?q=8").await.status, 500);
    let (upstream, mut requests) =
        Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup").await;
    let base = upstream.url();
    let response = format!(r#"{{"proxyBaseUrl": "{base}/{{{{request.path.name}}}}", {ASKS}}}"#);
    let (_folder, ringer) = rendering(&response, Templating::Stub).await;
    let got = client::send(ringer.address, "POST", "/a/x", &[], "body").await;
    assert_eq!(got.text(), "up");
    let sent = requests.next().await;
    assert_eq!((sent.first_line(), sent.text()), ("POST /x/a/x HTTP/1.1", "body".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_say_whose_texts_are_templates() {
    let plain = r#"{"body": "{{request.path}}"}"#;
    let asking = format!(r#"{{"body": "{{{{request.path}}}}", {ASKS}}}"#);
    for (response, templating, expect) in [
        (plain, Templating::Stub, "{{request.path}}"),
        (plain, Templating::All, "/a/x"),
        (&asking, Templating::Stub, "/a/x"),
        (&asking, Templating::Off, "{{request.path}}"),
    ] {
        let (_folder, ringer) = rendering(response, templating).await;
        assert_eq!(client::get(ringer.address, "/a/x").await.text(), expect, "{templating:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_fails_is_named_with_its_place() {
    let response = r#"{"body": "x\n {{#if}}"}"#;
    let (_folder, ringer) = rendering(response, Templating::All).await;
    let got = client::get(ringer.address, "/a/x").await;
    assert_eq!(got.status, 500);
    let message = got.json()["message"].to_string();
    assert!(message.contains("/body") && message.contains("2:"), "{message}");
}
