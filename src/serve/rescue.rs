//! Where something else than a stub or an upstream has to answer: errors in words, as text or JSON.

use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode, Version,
    header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST},
};

use super::reply::ReplyBody;
use crate::{
    codec::json,
    model::{Json, JsonStyle},
    upstream::UpstreamError,
};

const PRETTY: JsonStyle = JsonStyle {
    indent: Some(2),
    space_after_comma: true,
    space_after_colon: true,
    ascii: false,
    escaped_slash: false,
    final_newline: true,
};

/// How a client wants to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    Json,
    Text,
}

impl Wants {
    /// JSON where `Accept` names it before any text, text where it does not.
    pub(super) fn of(fields: &HeaderMap) -> Self {
        let accept = fields.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let at = |what: &str| accept.find(what).unwrap_or(usize::MAX);
        if at("json") < at("text/") { Self::Json } else { Self::Text }
    }
}

/// An answer of ringer's own.
pub(super) fn own_answer(
    status: StatusCode,
    wants: Wants,
    json: &Json,
    text: &str,
) -> Response<ReplyBody> {
    let (content_type, body) = match wants {
        Wants::Json => ("application/json", json::write(json, PRETTY)),
        Wants::Text => ("text/plain; charset=utf-8", text.to_owned()),
    };
    let mut response = Response::new(ReplyBody::text(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// 403 for a web page of another origin that calls the admin API: a page must not drive the ringer of
/// whoever looks at it, nor read what it heard.
pub(super) fn foreign_page() -> Response<ReplyBody> {
    admin_refusal(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "web pages of other origins may not call the admin API; `ringer wiremock` lets them",
    )
}

/// The answer to a call of the admin API that is not carried out.
pub(super) fn admin_refusal(
    status: StatusCode,
    kind: &'static str,
    message: &str,
) -> Response<ReplyBody> {
    let json = Json::Object(vec![
        ("error".to_owned(), kind.into()),
        ("message".to_owned(), message.into()),
    ]);
    own_answer(status, Wants::Json, &json, "")
}

/// 400 to a request that says badly how its answer is to behave.
pub(super) fn unusable_header(reason: &str, fields: &HeaderMap) -> Response<ReplyBody> {
    let reason = format!("the header `X-Ringer-Fault` cannot be read: {reason}");
    let json = Json::Object(vec![
        ("error".to_owned(), "request_faults".into()),
        ("message".to_owned(), reason.as_str().into()),
    ]);
    own_answer(StatusCode::BAD_REQUEST, Wants::of(fields), &json, &format!("400 {reason}\n"))
}

/// An answer to a request that belongs to no session.
pub(super) fn sessionless(
    status: StatusCode,
    kind: &str,
    reason: &str,
    fields: &HeaderMap,
) -> Response<ReplyBody> {
    let json = Json::Object(vec![
        ("error".to_owned(), kind.into()),
        ("message".to_owned(), reason.into()),
    ]);
    let text = format!("{} {reason}\n", status.as_str());
    own_answer(status, Wants::of(fields), &json, &text)
}

/// What is wrong with the head of a request that the reference server does not look at further.
pub(super) fn bad_message<B>(request: &Request<B>) -> Option<&'static str> {
    if request.version() > Version::HTTP_11 {
        return None;
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() == Version::HTTP_11 => return Some("No Host"),
        (Some(_), Some(_)) => return Some("Duplicate Host Header"),
        _ => {}
    }
    is_bad_path(request.uri().path()).then_some("Bad Request")
}

/// Whether a path has a broken escape, a NUL, or leads above its root.
fn is_bad_path(path: &str) -> bool {
    let mut depth = 0_i64;
    for segment in path.split('/').skip(1) {
        match segment {
            ".." => depth -= 1,
            "" | "." => {}
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    path.split('%').skip(1).any(|escape| {
        let digits = escape.as_bytes().get(..2).unwrap_or_default();
        digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit) || digits == b"00"
    })
}

/// 400 for such a request; its connection ends.
pub(super) fn refused(reason: &str) -> Response<ReplyBody> {
    let page = format!("<h1>Bad Message 400</h1><pre>reason: {reason}</pre>");
    let mut response = Response::new(ReplyBody::text(page));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let html = HeaderValue::from_static("text/html;charset=iso-8859-1");
    response.headers_mut().insert(CONTENT_TYPE, html);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// 502 in place of a tunnel whose target refuses on purpose.
pub(super) fn tunnel_refused(target: &str) -> Response<ReplyBody> {
    let message = format!("{target} refuses connections: a `refuse` rule has it so");
    let mut response = Response::new(ReplyBody::text(message));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

/// 502 or 504 with a JSON body: programs read it, and so do people in a log.
pub(super) fn upstream_failed(error: &UpstreamError, upstream: &str) -> Response<ReplyBody> {
    let json = Json::Object(vec![
        ("error".to_owned(), error.code().into()),
        ("upstream".to_owned(), upstream.into()),
        ("message".to_owned(), error.to_string().into()),
        ("hint".to_owned(), error.hint().into()),
    ]);
    own_answer(error.status(), Wants::Json, &json, "")
}

/// 502: the mode wants an upstream, and there is none.
pub(super) fn no_upstream(mode: &str) -> Response<ReplyBody> {
    let message = format!("mode `{mode}` needs an upstream, and this service has none");
    let json = Json::Object(vec![
        ("error".to_owned(), "no_upstream".into()),
        ("message".to_owned(), message.into()),
        (
            "hint".to_owned(),
            "give the service an `upstream` in ringer.toml, or use mode `replay`".into(),
        ),
    ]);
    own_answer(StatusCode::BAD_GATEWAY, Wants::Json, &json, "")
}

/// 500: the stub that matched can't be served.
pub(super) fn unusable_stub(
    stub: &str,
    file: &str,
    error: &dyn std::fmt::Display,
) -> Response<ReplyBody> {
    let message = format!("stub `{stub}` of `{file}` cannot be served: {error}");
    tracing::error!("{message}");
    let json = Json::Object(vec![
        ("error".to_owned(), "unusable_stub".into()),
        ("message".to_owned(), message.into()),
        ("hint".to_owned(), "`ringer check` lists what is wrong with stub files".into()),
    ]);
    own_answer(StatusCode::INTERNAL_SERVER_ERROR, Wants::Json, &json, "")
}

/// 400: the request could not be read.
pub(super) fn bad_request(message: &str) -> Response<ReplyBody> {
    let json = Json::Object(vec![
        ("error".to_owned(), "bad_request".into()),
        ("message".to_owned(), message.into()),
    ]);
    own_answer(StatusCode::BAD_REQUEST, Wants::Json, &json, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_without_one_host_or_with_a_broken_path_is_refused() {
        let told = |path: &str, hosts: &[&str]| {
            let mut request = Request::builder().uri(path);
            for host in hosts {
                request = request.header(HOST, *host);
            }
            bad_message(&request.body(()).unwrap())
        };
        assert_eq!(told("/a%20b/../c", &["h"]), None);
        assert_eq!(told("/a", &[]), Some("No Host"));
        assert_eq!(told("/a", &["h", "i"]), Some("Duplicate Host Header"));
        for path in ["/%zz", "/a%2", "/a%00", "/a/../../b"] {
            assert_eq!(told(path, &["h"]), Some("Bad Request"), "{path}");
        }
    }
    #[test]
    fn a_program_gets_json_and_a_person_text() {
        let wants = |accept: &str| {
            let mut fields = HeaderMap::new();
            fields.insert(ACCEPT, accept.parse().unwrap());
            Wants::of(&fields)
        };
        assert_eq!(wants("application/json"), Wants::Json);
        assert_eq!(wants("application/vnd.api+json, text/plain"), Wants::Json);
        assert_eq!(wants("*/*"), Wants::Text);
        assert_eq!(wants("text/html,application/json"), Wants::Text);
        assert_eq!(Wants::of(&HeaderMap::new()), Wants::Text);
    }
}
