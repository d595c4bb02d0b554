//! Header fields that concern one connection and are not passed on (RFC 9110 §7.6.1).

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, HOST, TE, TRANSFER_ENCODING},
};

const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// The names that a `Connection` field lists, in lower case.
pub(super) fn nominated<'a>(connection: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    connection
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Whether a field of this name, however spelled, stays on its connection.
pub(super) fn is_hop_by_hop(name: &str, nominated: &[String]) -> bool {
    HOP_BY_HOP.iter().any(|known| name.eq_ignore_ascii_case(known))
        || nominated.iter().any(|nominated| name.eq_ignore_ascii_case(nominated))
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
pub(super) fn with_host(mut fields: HeaderMap, host: HeaderValue) -> HeaderMap {
    if fields.contains_key(HOST) {
        fields.insert(HOST, host);
        return fields;
    }
    let mut all = HeaderMap::with_capacity(fields.len() + 1);
    all.insert(HOST, host);
    for (name, value) in &fields {
        all.append(name.clone(), value.clone());
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
