//! Who calls the admin API: somebody on this machine or elsewhere, a program or a web page. Decides by
//! what a connection and a request's head say, and touches neither.

use std::net::{IpAddr, SocketAddr};

use http::{
    HeaderMap, HeaderName, Method, Uri,
    header::{FORWARDED, HOST, ORIGIN},
    request,
};

use super::route::Arrival;
use crate::model::{Origin, Scheme, SessionName};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Fetch Metadata Request Headers (W3C), which browsers set and pages cannot.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Names by which containers reach the machine that they run on. `internal` is nobody's to register.
const NAMES_OF_HOSTS: [&str; 3] =
    ["host.docker.internal", "gateway.docker.internal", "host.containers.internal"];

/// The way that a call took.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// Over TCP.
    Tcp {
        scheme: Scheme,
        /// The address that the client connected to.
        local: SocketAddr,
        /// The address that the client connected from.
        peer: Option<IpAddr>,
        /// The session of the listener.
        session: Option<SessionName>,
    },
    /// Over a Unix socket, which only those can open whom the file system lets.
    Unix,
}

impl Way {
    /// `session` is that of the connection. A call of ringer to itself, for a stub, is trusted as little
    /// as the client whose request the stub answered.
    pub(super) fn of(arrival: &Arrival, session: Option<&SessionName>, is_own_call: bool) -> Self {
        let &Arrival { scheme, local, peer, .. } = arrival;
        let peer = peer.filter(|_| !is_own_call);
        Self::Tcp { scheme, local, peer, session: session.cloned() }
    }

    pub(super) fn session(&self) -> Option<&SessionName> {
        match self {
            Self::Tcp { session, .. } => session.as_ref(),
            Self::Unix => None,
        }
    }

    /// Whether nobody can listen to it.
    pub(super) fn is_private(&self) -> bool {
        match self {
            Self::Tcp { scheme, .. } => *scheme == Scheme::Https,
            Self::Unix => true,
        }
    }

    /// Whether a call may be made without saying who makes it: it comes from this machine, by a name
    /// that nobody could make lead here. A page of a site whose name is made to lead to this machine
    /// (DNS rebinding) is of the same origin as ringer for its browser, but names its site as host.
    pub(super) fn is_trusted(&self, head: &request::Parts) -> bool {
        let Self::Tcp { peer, .. } = self else { return true };
        let passed_on = [FORWARDED, FORWARDED_FOR];
        peer.is_some_and(|peer| peer.to_canonical().is_loopback())
            && !passed_on.iter().any(|name| head.headers.contains_key(name))
            && hosts(&head.uri, &head.headers).all(|host| host.is_some_and(is_of_machine))
    }

    /// Whether a web page makes the call, and none of ringer's own. `is_guarded`: calls must say who
    /// makes them, so what name led here does not matter.
    pub(super) fn is_foreign_page(&self, head: &request::Parts, is_guarded: bool) -> bool {
        let Self::Tcp { scheme, local, .. } = self else { return false };
        let fields = &head.headers;
        let is = |name: &HeaderName, value: &str| fields.get(name).is_some_and(|it| it == value);
        // Whoever follows a link sees the answer, but the page that has the link does not.
        let is_link = is(&FETCH_MODE, "navigate")
            && is(&FETCH_DEST, "document")
            && [Method::GET, Method::HEAD].contains(&head.method);
        let is_foreign_site = ["cross-site", "same-site"].iter().any(|it| is(&FETCH_SITE, it));
        let is_named = is_guarded || self.is_trusted(head);
        let mut origins = fields.get_all(ORIGIN).iter();
        let all_own = origins.all(|origin| {
            let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Origin>().ok());
            origin.is_some_and(|origin| {
                is_address(&origin, *scheme, *local)
                    || is_named
                        && (is_guarded || origin.scheme == *scheme)
                        && is_host(&origin, &head.uri, fields)
            })
        });
        !all_own || (is_foreign_site && !is_link)
    }
}

/// Whether an origin is the address that was connected to.
fn is_address(origin: &Origin, scheme: Scheme, local: SocketAddr) -> bool {
    let ip = local.ip().to_canonical();
    let is_here = match origin.host.as_str() {
        "localhost" => ip.is_loopback(),
        host => host.parse() == Ok(ip),
    };
    is_here && origin.port == local.port() && origin.scheme == scheme
}

/// Whether an origin is the host that the request names.
fn is_host(origin: &Origin, uri: &Uri, fields: &HeaderMap) -> bool {
    hosts(uri, fields).all(|host| {
        host.is_some_and(|host| {
            let (name, port) = split(host);
            let port = port.map_or(Some(origin.scheme.default_port()), |port| port.parse().ok());
            name.eq_ignore_ascii_case(&origin.host) && port == Some(origin.port)
        })
    })
}

/// Every host that a request names; `None` for one that is no text. A request without any was made by
/// no browser.
fn hosts<'r>(uri: &'r Uri, fields: &'r HeaderMap) -> impl Iterator<Item = Option<&'r str>> {
    let named = fields.get_all(HOST).iter().map(|host| host.to_str().ok());
    uri.authority().map(|authority| Some(authority.as_str())).into_iter().chain(named)
}

/// A host without brackets, and its port.
fn split(authority: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = authority.strip_prefix('[').and_then(|it| it.split_once(']')) {
        // What follows an address in brackets can only be a port: what is none is told from one.
        return (host, (!rest.is_empty()).then(|| rest.strip_prefix(':').unwrap_or(rest)));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

/// Whether a host is an address, or a name that means this machine wherever it is looked up.
fn is_of_machine(host: &str) -> bool {
    let (name, port) = split(host);
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    is_port
        && (name.parse::<IpAddr>().is_ok()
            || name == "localhost"
            // RFC 6761 §6.3.
            || name.ends_with(".localhost")
            || NAMES_OF_HOSTS.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn tcp(local: &str, peer: &str) -> Way {
        Way::Tcp {
            scheme: Scheme::Http,
            local: local.parse().unwrap(),
            peer: Some(peer.parse().unwrap()),
            session: None,
        }
    }

    fn head(fields: &[(&str, &str)]) -> request::Parts {
        let mut request = Request::builder().uri("/__admin/mappings");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_callers_on_this_machine_are_trusted() {
        let is_trusted = |local: &str, peer: &str| {
            tcp(local, peer).is_trusted(&head(&[("host", "127.0.0.1:8080")]))
        };
        assert!(is_trusted("127.0.0.1:8080", "127.0.0.1"));
        assert!(is_trusted("127.0.0.2:8080", "127.3.2.1"));
        assert!(is_trusted("[::1]:8080", "::1"));
        assert!(is_trusted("[::ffff:127.0.0.1]:8080", "::ffff:127.0.0.1"));
        for (local, peer) in [
            ("10.0.0.2:8080", "10.0.0.7"),
            // The machine's own address is no loopback one: who else has it is not known.
            ("10.0.0.2:8080", "10.0.0.2"),
            ("172.17.0.2:8080", "172.17.0.1"),
            ("[fe80::1]:8080", "fe80::2"),
            ("[::ffff:10.0.0.2]:8080", "::ffff:10.0.0.7"),
            ("[2001:db8::1]:8080", "2001:db8::2"),
        ] {
            assert!(!is_trusted(local, peer), "{local} {peer}");
        }
        let unknown = Way::Tcp {
            scheme: Scheme::Http,
            local: "127.0.0.1:1".parse().unwrap(),
            peer: None,
            session: None,
        };
        assert!(!unknown.is_trusted(&head(&[])));
        assert!(Way::Unix.is_trusted(&head(&[("host", "anything.example")])));
    }

    #[test]
    fn a_call_that_was_passed_on_comes_from_elsewhere() {
        let way = tcp("127.0.0.1:8080", "127.0.0.1");
        for field in [("x-forwarded-for", "10.0.0.7"), ("forwarded", "for=10.0.0.7")] {
            assert!(!way.is_trusted(&head(&[("host", "localhost"), field])), "{field:?}");
        }
    }

    #[test]
    fn names_that_could_be_made_to_lead_here_are_not_trusted() {
        let way = tcp("127.0.0.1:8080", "127.0.0.1");
        for host in [
            "127.0.0.1:8080",
            "127.0.0.1",
            "[::1]:8080",
            "localhost:8080",
            "LOCALHOST.",
            "a.localhost",
            "10.0.0.2:8080",
            "host.docker.internal:8080",
        ] {
            assert!(way.is_trusted(&head(&[("host", host)])), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1:8080.evil.example",
            "127.0.0.1@evil.example",
            "evil.example:127.0.0.1",
            "ringer",
            "",
            "[::1].evil.example",
            "0x7f000001",
            "localhost:evil",
            "machine.local",
        ] {
            assert!(!way.is_trusted(&head(&[("host", host)])), "{host}");
        }
        assert!(!way.is_trusted(&head(&[("host", "localhost"), ("host", "evil.example")])));
        let mut absolute = head(&[("host", "localhost:8080")]);
        absolute.uri = "http://evil.example/__admin".parse().unwrap();
        assert!(!way.is_trusted(&absolute));
        assert!(way.is_trusted(&head(&[])));
    }

    #[test]
    fn a_page_is_ringers_own_only_at_its_own_address() {
        let way = tcp("127.0.0.1:8080", "127.0.0.1");
        let page = |host: &str, origin: &str| {
            way.is_foreign_page(&head(&[("host", host), ("origin", origin)]), false)
        };
        for (host, origin) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("localhost:8080", "http://localhost:8080"),
            ("localhost:8080", "http://127.0.0.1:8080"),
            ("app.localhost:8080", "http://app.localhost:8080"),
            // Through a published port: the browser's is another than ringer's.
            ("localhost:18080", "http://localhost:18080"),
        ] {
            assert!(!page(host, origin), "{host} {origin}");
        }
        for (host, origin) in [
            ("127.0.0.1:8080", "null"),
            ("127.0.0.1:8080", ""),
            ("127.0.0.1:8080", "https://127.0.0.1:8080"),
            ("127.0.0.1:8080", "http://127.0.0.1:3000"),
            ("127.0.0.1:8080", "http://localhost"),
            ("127.0.0.1:8080", "https://evil.example"),
            ("evil.example:8080", "http://evil.example:8080"),
        ] {
            assert!(page(host, origin), "{host} {origin}");
        }
        let several = [
            ("host", "localhost:8080"),
            ("origin", "http://localhost:8080"),
            ("origin", "http://e"),
        ];
        assert!(way.is_foreign_page(&head(&several), false));
    }

    #[test]
    fn where_calls_say_who_makes_them_ringers_page_may_have_any_name() {
        let way = tcp("10.0.0.2:8080", "10.0.0.7");
        let page = |host: &str, origin: &str| {
            way.is_foreign_page(&head(&[("host", host), ("origin", origin)]), true)
        };
        assert!(!page("ringer.example:8080", "http://ringer.example:8080"));
        assert!(!page("ringer.example", "https://ringer.example"));
        assert!(page("ringer.example", "https://evil.example"));
        assert!(page("ringer.example", "http://ringer.example:81"));
    }

    #[test]
    fn what_a_browser_says_of_the_site_counts() {
        let way = tcp("127.0.0.1:8080", "127.0.0.1");
        let of = |site: &str, mode: &str, dest: &str| {
            let fields = [
                ("host", "127.0.0.1:8080"),
                ("sec-fetch-site", site),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ];
            way.is_foreign_page(&head(&fields), false)
        };
        assert!(!of("same-origin", "cors", "empty"));
        assert!(!of("none", "navigate", "document"));
        assert!(!of("cross-site", "navigate", "document"));
        assert!(of("cross-site", "navigate", "iframe"));
        assert!(of("cross-site", "no-cors", "script"));
        assert!(of("same-site", "no-cors", "image"));
    }
}
