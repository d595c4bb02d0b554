//! Answers that name the upstream name the address that the client uses instead.

use http::{
    HeaderMap, HeaderName,
    header::{CONTENT_LOCATION, LINK, LOCATION, SET_COOKIE},
};

use super::upstreams::Upstream;
use crate::model::Origin;

/// Rewrites the fields by which an answer sends the client somewhere.
#[derive(Clone, Debug)]
pub(super) struct Rewrite {
    /// `scheme://host[:port]` of the upstream with its base path.
    upstream: String,
    /// `//host[:port]` of the upstream with its base path.
    upstream_scheme_relative: String,
    upstream_host: String,
    /// Where the client finds the same.
    client: String,
    client_host: String,
}

/// The fields of an answer that may name the upstream.
const FIELDS: [HeaderName; 4] = [CONTENT_LOCATION, LINK, LOCATION, SET_COOKIE];

impl Rewrite {
    /// For an answer with these fields. `None` where there is nothing in them to rewrite.
    pub(super) fn of(
        fields: &HeaderMap,
        upstream: &Upstream,
        client_address: &str,
    ) -> Option<Self> {
        let may_name = FIELDS.iter().any(|name| fields.contains_key(name));
        may_name.then(|| Self::new(&upstream.origin, client_address)).flatten()
    }

    /// From `upstream` to `client_address` (`scheme://host[:port]`, and the service's path prefix
    /// if it has one). `None` when they are the same.
    fn new(upstream: &Origin, client_address: &str) -> Option<Self> {
        let from = upstream.to_string();
        if from == client_address {
            return None;
        }
        let authority =
            client_address.split_once("://").map_or(client_address, |(_, authority)| authority);
        let authority = authority.split('/').next().unwrap_or(authority);
        Some(Self {
            upstream_scheme_relative: format!("//{}{}", upstream.authority(), upstream.base_path),
            upstream: from,
            upstream_host: upstream.host.clone(),
            client: client_address.to_owned(),
            client_host: crate::tls::acceptor::host_of(authority).to_owned(),
        })
    }

    /// The new value of a field, if this is one that names the upstream. `name` in lower case.
    pub(super) fn field(&self, name: &str, value: &str) -> Option<String> {
        match name {
            "location" | "content-location" => self.url(value),
            "link" => self.link(value),
            "set-cookie" => self.cookie_domain(value),
            _ => None,
        }
    }

    fn url(&self, url: &str) -> Option<String> {
        let rest_of = |prefix: &str| {
            let head = url.get(..prefix.len())?;
            let rest = url.get(prefix.len()..)?;
            // Scheme and host are case-insensitive; a longer host or port is another one.
            let ends = rest.is_empty() || rest.starts_with(['/', '?', '#']);
            (head.eq_ignore_ascii_case(prefix) && ends).then_some(rest)
        };
        if let Some(rest) = rest_of(&self.upstream) {
            return Some(format!("{}{rest}", self.client));
        }
        let rest = rest_of(&self.upstream_scheme_relative)?;
        let client = self.client.split_once(':').map_or(self.client.as_str(), |(_, rest)| rest);
        Some(format!("{client}{rest}"))
    }

    /// Targets of a Link field stand in angle brackets (RFC 8288 §3).
    fn link(&self, value: &str) -> Option<String> {
        let mut out = String::with_capacity(value.len());
        let mut rest = value;
        let mut changed = false;
        while let Some((before, after)) = rest.split_once('<') {
            let (target, tail) = after.split_once('>')?;
            let new = self.url(target);
            changed |= new.is_some();
            out.push_str(before);
            out.push('<');
            out.push_str(new.as_deref().unwrap_or(target));
            out.push('>');
            rest = tail;
        }
        out.push_str(rest);
        changed.then_some(out)
    }

    /// A cookie for the upstream's domain would be refused by a client that knows another host.
    fn cookie_domain(&self, cookie: &str) -> Option<String> {
        let mut changed = false;
        let attributes: Vec<String> = cookie
            .split(';')
            .enumerate()
            .filter_map(|(at, attribute)| {
                let Some((name, domain)) = attribute.split_once('=') else {
                    return Some(attribute.to_owned());
                };
                let domain = domain.trim().trim_start_matches('.');
                if at == 0 || !name.trim().eq_ignore_ascii_case("domain") || !self.is_in(domain) {
                    return Some(attribute.to_owned());
                }
                changed = true;
                // A host-only cookie is what a bare address can have (RFC 6265 §5.2.3).
                let has_domain = self.client_host.contains('.')
                    && self.client_host.parse::<std::net::IpAddr>().is_err();
                has_domain.then(|| format!("{name}={}", self.client_host))
            })
            .collect();
        changed.then(|| attributes.join(";"))
    }

    fn is_in(&self, domain: &str) -> bool {
        let host = self.upstream_host.to_ascii_lowercase();
        let domain = domain.to_ascii_lowercase();
        host == domain || host.ends_with(&format!(".{domain}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(upstream: &str, client: &str, name: &str, value: &str) -> Option<String> {
        Rewrite::new(&upstream.parse().unwrap(), client)?.field(name, value)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_location_at_the_upstream_leads_back_to_the_client_s_address() {
        let location = |value| {
            rewritten("https://api.example.com", "http://127.0.0.1:8080", "location", value)
        };
        assert_eq!(location("https://api.example.com/a?b"), some("http://127.0.0.1:8080/a?b"));
        assert_eq!(location("HTTPS://API.example.com"), some("http://127.0.0.1:8080"));
        assert_eq!(location("//api.example.com/a"), some("//127.0.0.1:8080/a"));
        assert_eq!(location("https://api.example.com.evil/a"), None);
        assert_eq!(location("https://api.example.com:444/a"), None);
        assert_eq!(location("/relative"), None);
        assert_eq!(location("https://other.example.com/"), None);
    }

    #[test]
    fn base_path_and_prefix_are_exchanged() {
        assert_eq!(
            rewritten(
                "http://h:9/base",
                "http://127.0.0.1:8080/pay",
                "location",
                "http://h:9/base/x"
            ),
            some("http://127.0.0.1:8080/pay/x")
        );
    }

    #[test]
    fn every_link_is_rewritten_and_the_rest_kept() {
        assert_eq!(
            rewritten(
                "https://api.example.com",
                "http://l:1",
                "link",
                r#"<https://api.example.com/?page=2>; rel="next", <https://x.test/>; rel="help""#
            ),
            some(r#"<http://l:1/?page=2>; rel="next", <https://x.test/>; rel="help""#)
        );
    }

    #[test]
    fn a_cookie_s_domain_follows_the_client() {
        let cookie =
            |client, value| rewritten("https://api.example.com", client, "set-cookie", value);
        assert_eq!(
            cookie("http://127.0.0.1:8080", "a=1; Domain=.example.com; Path=/"),
            some("a=1; Path=/")
        );
        assert_eq!(
            cookie("https://ringer.test", "a=1; Domain=example.com"),
            some("a=1; Domain=ringer.test")
        );
        assert_eq!(cookie("http://127.0.0.1:8080", "domain=example.com; Path=/"), None);
        assert_eq!(cookie("http://127.0.0.1:8080", "a=1; Domain=other.com"), None);
    }
}
