//! `host[:port]`, as requests and connections name where they go.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderValue, Uri, header::HOST, uri::Authority};

use crate::model::Scheme;

/// `host[:port]` as the request names it: the target's in absolute form and HTTP/2, else `Host`
/// (RFC 9112 §3.2.2).
pub(super) fn authority_of(uri: &Uri, fields: &HeaderMap) -> Option<String> {
    let in_target = uri.authority().map(Authority::as_str);
    let in_field = fields.get(HOST).map(HeaderValue::to_str).and_then(Result::ok);
    in_target.or(in_field).map(|authority| {
        // User name and password are no part of an address.
        authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
    })
}

/// Whether `host:port` names this address.
pub(super) fn names(authority: &str, local: SocketAddr) -> bool {
    let is_localhost = || {
        local.ip().is_loopback()
            && authority.strip_prefix("localhost:").and_then(|port| port.parse().ok())
                == Some(local.port())
    };
    authority.parse() == Ok(local) || is_localhost()
}

pub(super) fn without_default_port(authority: &str, scheme: Scheme) -> String {
    let port = format!(":{}", scheme.default_port());
    authority.strip_suffix(&port).unwrap_or(authority).to_owned()
}
