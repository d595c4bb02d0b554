//! What sanitising promises, seen from outside.

mod agreement;
mod ordinary;
mod planted;
mod streams;

use std::time::Duration;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::Redactor;
use crate::{
    codec::encoding,
    model::{
        Coding, Ending, Exchange, Headers, RecordedBody, RecordedRequest, RecordedResponse,
        Request, RequestBody, Scheme, ServiceName, Timing,
    },
};

fn redactor() -> Redactor {
    Redactor::new(b"a key for tests")
}

/// An ordinary `GET /` with an empty answer.
fn exchange() -> Exchange {
    Exchange {
        number: 1,
        service: ServiceName::new("api.test"),
        started: Duration::ZERO,
        connection: 1,
        address: "http://127.0.0.1:8080".to_owned(),
        upstream: "https://api.test".to_owned(),
        request: RecordedRequest {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            protocol: "HTTP/1.1".to_owned(),
            headers: Headers::new(),
            trailers: Headers::new(),
            body: RecordedBody::Bytes(Bytes::new()),
        },
        response: Some(RecordedResponse {
            status: 200,
            reason: None,
            protocol: "HTTP/1.1".to_owned(),
            headers: Headers::new(),
            trailers: Headers::new(),
            body: RecordedBody::Bytes(Bytes::new()),
            interim: Vec::new(),
        }),
        timing: Timing::default(),
        ending: Ending::Complete,
    }
}

/// Shorthand for exchanges.
trait Build: Sized {
    fn target(self, target: &str) -> Self;
    fn header(self, name: &str, value: &str) -> Self;
    fn body(self, content_type: &str, body: impl AsRef<[u8]>) -> Self;
    fn answer_header(self, name: &str, value: &str) -> Self;
    fn answer(self, content_type: &str, body: impl AsRef<[u8]>) -> Self;
}

impl Build for Exchange {
    fn target(mut self, target: &str) -> Self {
        self.request.target = target.to_owned();
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.push(name, value);
        self
    }

    fn body(mut self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        self.request.headers.push("Content-Type", content_type);
        self.request.headers.push("Content-Length", body.as_ref().len().to_string());
        self.request.body = RecordedBody::Bytes(Bytes::copy_from_slice(body.as_ref()));
        self
    }

    fn answer_header(mut self, name: &str, value: &str) -> Self {
        self.response.as_mut().unwrap().headers.push(name, value);
        self
    }

    fn answer(mut self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        let response = self.response.as_mut().unwrap();
        response.headers.push("Content-Type", content_type);
        response.headers.push("Content-Length", body.as_ref().len().to_string());
        response.body = RecordedBody::Bytes(Bytes::copy_from_slice(body.as_ref()));
        self
    }
}

fn answer_text(exchange: &Exchange) -> String {
    String::from_utf8(exchange.response.as_ref().unwrap().body.bytes().unwrap().to_vec()).unwrap()
}

fn request_text(exchange: &Exchange) -> String {
    String::from_utf8(exchange.request.body.bytes().unwrap().to_vec()).unwrap()
}

fn decoded(headers: &Headers, body: &RecordedBody) -> Vec<u8> {
    let body = body.bytes().unwrap();
    encoding::decode_all(headers.get("content-encoding").unwrap_or(""), body, 1 << 20)
        .unwrap_or_else(|_| body.to_vec())
}

/// Everything of an exchange that a recording would hold.
fn everything(exchange: &Exchange) -> Vec<u8> {
    let request = &exchange.request;
    let response = exchange.response.as_ref().unwrap();
    let mut all = format!(
        "{}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n",
        request.target,
        request.headers,
        request.trailers,
        response.headers,
        response.trailers,
        response.interim
    )
    .replace("\\\"", "\"")
    .into_bytes();
    all.extend(decoded(&request.headers, &request.body));
    all.push(b'\n');
    all.extend(decoded(&response.headers, &response.body));
    all
}

/// Asserts that a secret is nowhere in an exchange, in no encoding, also within runs of base64.
#[track_caller]
fn assert_gone(exchange: &Exchange, secret: &str) {
    let all = everything(exchange);
    let text = String::from_utf8_lossy(&all).into_owned();
    let mut haystacks = vec![all];
    for run in text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))) {
        if run.len() >= 8 {
            let usable = &run[..run.len() - run.len() % 4];
            haystacks.extend(STANDARD.decode(usable));
        }
    }
    for needle in [
        secret.to_owned(),
        secret.replace('/', "\\/"),
        STANDARD.encode(secret).trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(secret),
        super::taint::percent(secret, false),
        super::taint::percent(secret, true),
    ] {
        for haystack in &haystacks {
            assert!(
                !haystack.windows(needle.len()).any(|part| part == needle.as_bytes()),
                "`{needle}` is left in\n{}",
                String::from_utf8_lossy(haystack)
            );
        }
    }
}

/// The request of an exchange as it comes in again when it is replayed.
fn incoming(exchange: &Exchange) -> Request {
    let recorded = &exchange.request;
    let mut headers = HeaderMap::new();
    for (name, value) in recorded.headers.iter() {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    Request {
        method: Method::from_bytes(recorded.method.as_bytes()).unwrap(),
        scheme: Scheme::Http,
        authority: "127.0.0.1:8080".to_owned(),
        target: recorded.target.parse().unwrap(),
        headers,
        body: RequestBody::Whole(recorded.body.bytes().unwrap().clone()),
        client: None,
        received: std::time::UNIX_EPOCH,
    }
}

fn gzip(body: &str) -> Vec<u8> {
    encoding::encode(Coding::Gzip, body.as_bytes()).unwrap()
}
