//! Planted credentials occur in nothing that ringer writes or says.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::BodyExt as _;

use crate::support::{
    client,
    folder::Folder,
    process::Serving,
    server::{Upstream, whole},
};

/// Credentials, made up so that no scanner takes them for real ones.
struct Planted {
    bearer: String,
    password: String,
    session: String,
    set_session: String,
    api_key: String,
    query_token: String,
    form_secret: String,
    json_secret: String,
    github: String,
    stripe: String,
    aws: String,
    card: String,
}

impl Planted {
    fn new() -> Self {
        Self {
            bearer: "bearer-planted-8d1f0c3b5a".to_owned(),
            password: "planted-basic-password".to_owned(),
            session: "planted-session-1f2e3d4c5b".to_owned(),
            set_session: "planted-set-cookie-9a8b7c6d".to_owned(),
            api_key: "planted-api-key-77aa66bb".to_owned(),
            query_token: "planted-query-token-5a5b5c".to_owned(),
            form_secret: "planted-form-secret-0f0e0d".to_owned(),
            json_secret: "planted-json-secret-1a2b3c".to_owned(),
            github: format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
            stripe: format!("sk_{}_{}", "live", "4eC39HqLyjWDarjtT1zdp7dc"),
            aws: format!("AKI{}", "A5XGZQ4TUVN3HBM7K"),
            // Valid, but not one of the numbers that are published for tests.
            card: format!("4539 1488 {} 6467", "0343"),
        }
    }

    fn all(&self) -> [&str; 12] {
        [
            &self.bearer,
            &self.password,
            &self.session,
            &self.set_session,
            &self.api_key,
            &self.query_token,
            &self.form_secret,
            &self.json_secret,
            &self.github,
            &self.stripe,
            &self.aws,
            &self.card,
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_credentials_occur_in_nothing_that_is_written_or_said() {
    let planted = std::sync::Arc::new(Planted::new());
    let server = std::sync::Arc::clone(&planted);
    // Servers echo what they were given: in the answer's head, in JSON and in text.
    let upstream = Upstream::http(move |request: http::Request<hyper::body::Incoming>| {
        let planted = std::sync::Arc::clone(&server);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let mut echo = format!("{} {:?} ", parts.uri, parts.headers);
            echo.push_str(&String::from_utf8_lossy(&body));
            let kind = if parts.uri.path() == "/text" { "text/plain" } else { "application/json" };
            let echo = match kind {
                "text/plain" => echo,
                _ => serde_json::json!({"access_token": planted.json_secret, "echo": echo})
                    .to_string(),
            };
            http::Response::builder()
                .header("content-type", kind)
                .header("set-cookie", format!("sid={}; Path=/; HttpOnly", planted.set_session))
                .header("x-echo", parts.uri.to_string())
                .body(whole(echo))
                .unwrap()
        }
    })
    .await;
    let folder = Folder::new();
    let ringer = Serving::start(folder.path(), "record", &[&upstream.url(), "-vvv"]);
    let basic = format!("Basic {}", STANDARD.encode(format!("joe:{}", planted.password)));
    let bearer = format!("Bearer {}", planted.bearer);
    let cookie = format!("theme=dark; session={}", planted.session);
    let json = serde_json::json!({
        "client_secret": planted.json_secret,
        "deep": [{"note": format!("my key is {} and {}", planted.github, planted.stripe)}],
        "card": {"number": planted.card, "cvc": "123"},
        "aws": planted.aws,
    })
    .to_string();
    let form = format!("grant_type=password&client_secret={}&x=1", planted.form_secret);
    let query = format!("/query?access_token={}&page=2", planted.query_token);
    let multipart = format!(
        "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n{}\r\n--b--\r\n",
        planted.form_secret
    );
    let broken_json = format!("{{\"password\": \"{}\"", planted.json_secret);
    for (method, path, fields, body) in [
        ("GET", "/bearer", vec![("authorization", bearer.as_str())], ""),
        ("GET", "/basic", vec![("authorization", basic.as_str())], ""),
        ("GET", "/cookie", vec![("cookie", cookie.as_str())], ""),
        ("GET", "/key", vec![("x-api-key", planted.api_key.as_str())], ""),
        ("GET", query.as_str(), vec![], ""),
        ("POST", "/form", vec![("content-type", "application/x-www-form-urlencoded")], &form),
        ("POST", "/json", vec![("content-type", "application/json")], &json),
        ("POST", "/text", vec![("content-type", "text/plain")], &json),
        (
            "POST",
            "/multipart",
            vec![("content-type", "multipart/form-data; boundary=b")],
            &multipart,
        ),
        ("POST", "/broken", vec![("content-type", "application/json")], &broken_json),
    ] {
        let got = client::send(ringer.address, method, path, &fields, body.to_owned()).await;
        assert_eq!(got.status, 200);
        // What is written is sanitised; what the client gets is not.
        assert!(got.fields["set-cookie"].to_str().unwrap().contains(&planted.set_session));
    }
    // A request that fails is told of as well.
    drop(upstream);
    client::send(ringer.address, "GET", &query, &[("authorization", &bearer)], "").await;

    let said = ringer.stop();
    let mut written = folder.snapshot("");
    assert!(written.keys().any(|name| name.starts_with("stubs/")), "{:?}", written.keys());
    assert!(written.keys().any(|name| name.ends_with(".jsonl")), "{:?}", written.keys());
    written.insert("stdout".to_owned(), said.stdout.into_bytes());
    written.insert("stderr".to_owned(), said.stderr.into_bytes());
    let mut found = Vec::new();
    for secret in planted.all() {
        for form in forms(secret) {
            for (name, content) in &written {
                if memchr::memmem::find(content, form.as_bytes()).is_some() {
                    found.push(format!("`{form}` in {name}"));
                }
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// How a secret may be spelled.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![
        secret.to_owned(),
        percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC)
            .to_string(),
        secret.replace(' ', "+"),
    ];
    // In Base64 a text looks different by what precedes it; the whole groups within are sought.
    for shift in 0..3 {
        let coded = STANDARD.encode(format!("{}{secret}", "x".repeat(shift)));
        let whole = &coded[4..coded.len() - 4];
        if whole.len() >= 12 {
            forms.push(whole.to_owned());
        }
    }
    forms
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redaction_a_loud_warning_is_said() {
    let folder = Folder::new();
    let ringer = Serving::start(folder.path(), "record", &["http://127.0.0.1:9", "--no-redact"]);
    let said = ringer.stop();
    assert!(said.stderr.contains("secrets are NOT replaced"), "{}", said.stderr);
}
