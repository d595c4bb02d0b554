//! Header fields that concern one connection and are not passed on (RFC 9110 §7.6.1).

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONNECTION, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
    },
};

const KEEP_ALIVE: &str = "keep-alive";
const PROXY_CONNECTION: &str = "proxy-connection";

/// The names that a `Connection` field lists, in lower case.
pub(super) fn nominated<'a>(connection: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    connection
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Whether a field of this (lower-case) name stays on its connection.
pub(super) fn is_hop_by_hop(name: &str, nominated: &[String]) -> bool {
    name == CONNECTION.as_str()
        || name == KEEP_ALIVE
        || name == PROXY_CONNECTION
        || name == PROXY_AUTHENTICATE.as_str()
        || name == PROXY_AUTHORIZATION.as_str()
        || name == TE.as_str()
        || name == TRANSFER_ENCODING.as_str()
        || name == UPGRADE.as_str()
        || nominated.iter().any(|nominated| nominated == name)
}

/// The fields of a request that go on to the upstream. Rebuilt, not thinned out: removing from a
/// `HeaderMap` would change the order of the rest.
pub(super) fn request_fields(fields: &HeaderMap) -> HeaderMap {
    let nominated = nominated(fields.get_all(CONNECTION).iter().map(HeaderValue::as_bytes));
    let mut kept = HeaderMap::with_capacity(fields.len());
    for (name, value) in fields {
        // gRPC servers insist on it, and it says nothing about this connection.
        let wants_trailers = name == TE && value.as_bytes().eq_ignore_ascii_case(b"trailers");
        if wants_trailers || !is_hop_by_hop(name.as_str(), &nominated) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// The fields with this `Host`: in its place, or first where the client's protocol has none.
pub(super) fn with_host(fields: &HeaderMap, host: &HeaderValue) -> HeaderMap {
    let mut all = HeaderMap::with_capacity(fields.len() + 1);
    if !fields.contains_key(HOST) {
        all.insert(HOST, host.clone());
    }
    for (name, value) in fields {
        if name == HOST {
            all.insert(HOST, host.clone());
        } else {
            all.append(name.clone(), value.clone());
        }
    }
    all
}

/// The fields of an answer that go on to the client. `Transfer-Encoding: chunked` keeps its place
/// where the client's connection can carry it.
pub(super) fn response_fields(fields: &HeaderMap, keep_chunked: bool) -> HeaderMap {
    let nominated = nominated(fields.get_all(CONNECTION).iter().map(HeaderValue::as_bytes));
    let mut kept = HeaderMap::with_capacity(fields.len());
    for (name, value) in fields {
        let chunked = keep_chunked && is_chunked(name, value.as_bytes());
        if chunked || !is_hop_by_hop(name.as_str(), &nominated) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// Whether this field is `Transfer-Encoding: chunked`.
pub(super) fn is_chunked(name: &HeaderName, value: &[u8]) -> bool {
    name == TRANSFER_ENCODING && value.eq_ignore_ascii_case(b"chunked")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn names(map: &HeaderMap) -> Vec<&str> {
        map.keys().map(HeaderName::as_str).collect()
    }

    #[test]
    fn what_concerns_one_connection_stays_on_it() {
        let sent = fields(&[
            ("accept", "*/*"),
            ("connection", "keep-alive, X-Mine"),
            ("keep-alive", "5"),
            ("x-mine", "1"),
            ("proxy-authorization", "Basic x"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("x-last", "1"),
        ]);
        assert_eq!(names(&request_fields(&sent)), ["accept", "te", "x-last"]);
        assert_eq!(names(&response_fields(&sent, true)), ["accept", "transfer-encoding", "x-last"]);
        assert_eq!(names(&response_fields(&sent, false)), ["accept", "x-last"]);
    }
}
