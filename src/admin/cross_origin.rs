//! What lets web pages of other origins call (CORS, as Jetty's `CrossOriginFilter` does it for
//! WireMock).

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Response,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
        ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};

/// The answer to a browser that asks before it calls; `None` for any other request. [`share`] is
/// still to be done.
pub fn preflight(method: &Method, asked: &HeaderMap) -> Option<Response<Bytes>> {
    let is_preflight = method == Method::OPTIONS
        && asked.contains_key(ORIGIN)
        && asked.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    let mut response = Response::new(Bytes::new());
    let fields = response.headers_mut();
    fields.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("1800"));
    fields.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("OPTIONS,GET,POST,PUT,PATCH,DELETE"),
    );
    if let Some(asked) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        fields.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    Some(response)
}

/// Lets a page of the origin that asked read the answer. A stub's own fields stay.
pub fn share(origin: Option<&HeaderValue>, fields: &mut HeaderMap) {
    fields.entry(VARY).or_insert(HeaderValue::from_static("Origin"));
    if let Some(origin) = origin
        && !fields.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)
    {
        fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        fields.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}
