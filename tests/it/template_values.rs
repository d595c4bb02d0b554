//! What templates see beside the request: tokens, chance, kept values, variables of paths and of the
//! machine.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ringer::{
    config::Config,
    runtime::Seed,
    serve::{Answers, SystemKeys, Templating},
};
use serde_json::Value;

use crate::support::{
    client,
    folder::{Folder, Ringer},
};

fn stub(folder: &Folder, name: &str, url: &str, body: &str) {
    let body = serde_json::to_string(body).unwrap();
    folder.stub(name, &format!(r#"{{"request": {{{url}}}, "response": {{"body": {body}}}}}"#));
}

async fn start(folder: &Folder, answers: Answers, seed: u64) -> Ringer {
    let answers = Answers { templating: Templating::All, ..answers };
    folder.start(Config { answers, seed: Seed(seed), ..folder.config() }).await
}

async fn rendering(url: &str, body: &str) -> (Folder, Ringer) {
    let folder = Folder::new();
    stub(&folder, "a", url, body);
    let ringer = start(&folder, Answers::default(), 0).await;
    (folder, ringer)
}

async fn text(ringer: &Ringer, path: &str) -> String {
    client::get(ringer.address, path).await.text()
}

fn decoded(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Verifies a token by the published keys, as a client would; its claims.
fn verified(token: &str, keys: &Value) -> Value {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (head, claims) = message.split_once('.').unwrap();
    let head: Value = serde_json::from_slice(&decoded(head)).unwrap();
    let keys = keys["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == head["kid"]).expect("the key is published");
    assert_eq!(key["alg"], head["alg"]);
    let member = |name: &str| decoded(key[name].as_str().unwrap());
    let signature = decoded(signature);
    match key["kty"].as_str().unwrap() {
        "RSA" => RsaPublicKeyComponents { n: member("n"), e: member("e") }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
            .expect("signed by the published key"),
        _ => {
            let point = [&[4][..], &member("x"), &member("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message.as_bytes(), &signature)
                .expect("signed by the published key");
        }
    }
    serde_json::from_slice(&decoded(claims)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_verified_by_the_published_keys_also_after_a_restart() {
    let folder = Folder::new();
    stub(&folder, "token", r#""urlPath": "/token""#, "{{jwt sub='ann' alg=request.query.alg}}");
    stub(&folder, "keys", r#""urlPath": "/keys""#, "{{jwks}}");
    let kept = folder.join("certs/token-keys.json");
    let first = start(&folder, Answers::default(), 0).await;
    assert!(!kept.exists(), "keys are made when they are needed");
    let tokens = [text(&first, "/token?alg=RS256").await, text(&first, "/token?alg=ES256").await];
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
    first.stop().await;
    let second = start(&folder, Answers::default(), 0).await;
    let published = client::get(second.address, "/__admin/ringer/jwks").await.json();
    for token in &tokens {
        assert_eq!(verified(token, &published)["sub"], "ann");
    }
    let rendered: Value = serde_json::from_str(&text(&second, "/keys").await).unwrap();
    assert_eq!(rendered, published);
    assert!(!published.to_string().contains("\"d\""), "{published}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_draws_the_same_values_for_each_hit() {
    async fn drawn(seed: u64) -> Vec<String> {
        let folder = Folder::new();
        let body = "{{randomValue length=24 type='ALPHANUMERIC'}} {{randomInt}} {{random 'Name.fullName'}}";
        for name in ["a", "b"] {
            let url = format!(r#""urlPath": "/{name}""#);
            let id = format!("00000000-0000-0000-0000-00000000000{name}");
            let stub = serde_json::json!({"id": id, "response": {"body": body},
                "request": serde_json::from_str::<Value>(&format!("{{{url}}}")).unwrap()});
            folder.stub(name, &stub.to_string());
        }
        let ringer = start(&folder, Answers::default(), seed).await;
        let mut values = Vec::new();
        for path in ["/a", "/b", "/a", "/b"] {
            values.push(text(&ringer, path).await);
        }
        values
    }
    let first = drawn(7).await;
    assert_eq!(first, drawn(7).await);
    assert_ne!(first, drawn(8).await);
    let distinct: std::collections::BTreeSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), 4, "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_kept_from_request_to_request_until_the_reset() {
    let body = "{{state context='cart' property='n' default='none'}}\
        {{#if request.query.n}}{{state context='cart' property='n' value=request.query.n}}{{/if}}";
    let (_folder, ringer) = rendering(r#""urlPath": "/a""#, body).await;
    assert_eq!(text(&ringer, "/a?n=3").await, "none");
    assert_eq!(text(&ringer, "/a?n=4").await, "3");
    assert_eq!(text(&ringer, "/a").await, "4");
    client::send(ringer.address, "POST", "/__admin/reset", &[], "").await;
    assert_eq!(text(&ringer, "/a").await, "none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_within_a_segment_is_what_the_matcher_found() {
    let url = r#""urlPathTemplate": "/files/{name}.{kind}/v{version}""#;
    let body = "{{request.path.name}} {{request.path.kind}} {{request.path.version}}";
    let (_folder, ringer) = rendering(url, body).await;
    assert_eq!(text(&ringer, "/files/report.json/v2").await, "report json 2");
    assert_eq!(client::get(ringer.address, "/files/report/v2").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_the_machine_are_read_where_a_pattern_permits_it() {
    let body = "{{systemValue key='PATH' default='-'}}";
    let (_folder, ringer) = rendering(r#""urlPath": "/a""#, body).await;
    assert_eq!(text(&ringer, "/a").await, "[ERROR: Access to PATH is denied]");
    let folder = Folder::new();
    stub(&folder, "a", r#""urlPath": "/a""#, body);
    let permitted_system_keys = SystemKeys(vec!["p.th".parse().unwrap()]);
    let ringer = start(&folder, Answers { permitted_system_keys, ..Answers::default() }, 0).await;
    assert_eq!(text(&ringer, "/a").await, std::env::var("PATH").unwrap().replace('\'', "&#x27;"));
}
