//! Errors in place of an answer: a provider's own, or ringer's; gRPC's status.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::{
    model::{ErrorAnswer, Json, bytes_of},
    serve::{
        reply::ReplyBody,
        rescue::{Wants, own_answer},
        respond::may_have_body,
    },
};

const GRPC: &str = "application/grpc";
/// What `grpc-message` escapes: all but printable ASCII, and the percent sign (gRPC over HTTP/2,
/// "Responses").
const GRPC_MESSAGE: &AsciiSet = &CONTROLS.add(b'%');

/// The error as the provider would give it; without a body, ringer's own in the form that the client
/// accepts.
pub(super) fn status(
    error: &ErrorAnswer,
    method: &Method,
    asked: &HeaderMap,
) -> Response<ReplyBody> {
    let status = StatusCode::from_u16(error.status)
        .ok()
        .filter(|status| !status.is_informational())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match &error.body {
        Some(body) => {
            let mut response = Response::new(ReplyBody::text(body.clone()));
            *response.status_mut() = status;
            if !error.headers.contains(CONTENT_TYPE.as_str()) && !body.is_empty() {
                let guessed = HeaderValue::from_static(media_type(body));
                response.headers_mut().insert(CONTENT_TYPE, guessed);
            }
            response
        }
        None => own(status, Wants::of(asked)),
    };
    for (name, value) in error.headers.iter() {
        let (Ok(name), Ok(value)) =
            (name.parse::<HeaderName>(), HeaderValue::from_bytes(&bytes_of(value)))
        else {
            tracing::warn!(name, "a header of a fault is none, and is left out");
            continue;
        };
        // The length is the body's.
        if name != CONTENT_LENGTH && name != TRANSFER_ENCODING {
            if name == CONTENT_TYPE {
                response.headers_mut().insert(name, value);
            } else {
                response.headers_mut().append(name, value);
            }
        }
    }
    bodied(response, method)
}

/// No answer but a status, where an answer without messages has its trailers: in the head (gRPC over
/// HTTP/2, "Trailers-Only").
pub(super) fn grpc(code: u8, message: Option<&str>, asked: &HeaderMap) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::empty());
    let asked = asked.get(CONTENT_TYPE).filter(|it| it.as_bytes().starts_with(GRPC.as_bytes()));
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, asked.cloned().unwrap_or(HeaderValue::from_static(GRPC)));
    fields.insert("grpc-status", u16::from(code).into());
    if let Some(message) = message {
        let escaped = utf8_percent_encode(message, GRPC_MESSAGE).to_string();
        if let Ok(value) = HeaderValue::from_str(&escaped) {
            fields.insert("grpc-message", value);
        }
    }
    response
}

fn own(status: StatusCode, wants: Wants) -> Response<ReplyBody> {
    let message = "ringer was told to fail this request";
    let json = Json::Object(vec![
        ("error".to_owned(), "injected".into()),
        ("status".to_owned(), u64::from(status.as_u16()).into()),
        ("message".to_owned(), message.into()),
    ]);
    let reason = status.canonical_reason().unwrap_or("error");
    own_answer(status, wants, &json, &format!("{} {reason}: {message}\n", status.as_u16()))
}

/// Without a body where there is none: hyper takes it off on HTTP/1.1 only.
fn bodied(response: Response<ReplyBody>, method: &Method) -> Response<ReplyBody> {
    if has_body(method, response.status()) {
        return response;
    }
    let length = response.body().known_length().unwrap_or(0);
    let (mut parts, _) = response.into_parts();
    if method == Method::HEAD && may_have_body(parts.status) {
        parts.headers.insert(CONTENT_LENGTH, length.into());
    } else {
        parts.headers.remove(CONTENT_TYPE);
    }
    Response::from_parts(parts, ReplyBody::empty())
}

/// Whether an answer has a body on the wire.
pub(super) fn has_body(method: &Method, status: StatusCode) -> bool {
    method != Method::HEAD && may_have_body(status)
}

fn media_type(body: &str) -> &'static str {
    match body.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') if body.trim_start().to_ascii_lowercase().starts_with("<?xml") => "text/xml",
        Some(b'<') => "text/html; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}
