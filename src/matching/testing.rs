//! What the tests of this room share: requests in one line.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::request::CompiledRequest;
use crate::{
    codec::view::RequestView,
    model::{Request, RequestBody, RequestPattern, Scheme},
};

/// A request with this request line, these header lines and this body.
#[track_caller]
pub(super) fn request(line: &str, headers: &[&str], body: &[u8]) -> Request {
    let (method, target) = line.split_once(' ').unwrap();
    let mut map = HeaderMap::new();
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        map.append(
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    Request {
        method: method.parse().unwrap(),
        scheme: Scheme::Http,
        authority: "api.test".to_owned(),
        target: target.parse().unwrap(),
        headers: map,
        body: RequestBody::Whole(Bytes::copy_from_slice(body)),
        client: Some([127, 0, 0, 1].into()),
        // 2026-11-23T10:00:00Z
        received: std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_795_428_000),
    }
}

/// Asserts that a pattern fits a request or does not, and that its explanation agrees.
#[track_caller]
pub(super) fn check_match(pattern: &RequestPattern, request: &Request, expect: bool) {
    let compiled = CompiledRequest::compile(pattern).unwrap();
    let view = RequestView::new(request);
    assert_eq!(compiled.matches(&view), expect, "{pattern:?}\non {request:?}");
    let verdicts = compiled.explain(&view);
    assert_eq!(verdicts.iter().all(|verdict| verdict.matched), expect, "{verdicts:?}");
    for verdict in verdicts {
        assert_eq!(verdict.matched, verdict.distance == 0.0, "{verdict:?}");
    }
}
