//! All that an [`App`](crate::app::App) is told, every default filled in.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use crate::{
    behavior::{ErrorRate, LatencySource, RateLimit},
    engine::Mode,
    model::{Scheme, ServiceName},
    runtime::Seed,
};

/// All that an app is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses to listen on for any service. Port 0 picks a free one.
    pub listen: Vec<SocketAddr>,
    /// The stub directory: a WireMock root, or a folder of such roots, one per service.
    pub stubs: PathBuf,
    /// Where tapes go.
    pub recordings: PathBuf,
    /// Where the local certificate authority lies.
    pub certs: PathBuf,
    /// The services that are known by name.
    pub services: Vec<Service>,
    /// What happens to requests that the client sent to ringer as to a forward proxy, for hosts
    /// that no service names.
    pub forward: Mode,
    /// Seed of every draw.
    pub seed: Seed,
    /// Latency of answers, unless a service says otherwise.
    pub latency: LatencySource,
    /// Share of requests answered with an error, unless a service says otherwise.
    pub fail: Option<ErrorRate>,
    /// Limit for all requests together, unless a service says otherwise.
    pub rate_limit: Option<RateLimit>,
    /// How exactly a request must match a recorded stub.
    pub matching: Matching,
    /// How upstreams are reached.
    pub upstream: Upstream,
    /// Bounds.
    pub limits: Limits,
    /// What is sanitised.
    pub redaction: Redaction,
    /// Whether changes in the stub directory are picked up while running.
    pub watch: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8080))],
            stubs: "stubs".into(),
            recordings: "recordings".into(),
            certs: "certs".into(),
            services: Vec::new(),
            forward: Mode::Replay,
            seed: Seed(0),
            latency: LatencySource::default(),
            fail: None,
            rate_limit: None,
            matching: Matching::default(),
            upstream: Upstream::default(),
            limits: Limits::default(),
            redaction: Redaction::default(),
            watch: true,
        }
    }
}

/// An API that ringer stands in for.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name, and that of its folder in the stub directory.
    pub name: ServiceName,
    /// Where the real one is; needed by every mode but replay.
    pub upstream: Option<Origin>,
    /// Host names (with or without port) whose requests belong to it.
    pub hosts: Vec<String>,
    /// Path prefix whose requests belong to it, for clients that address ringer itself. It is
    /// taken off before matching and forwarding. Starts with `/`, does not end with it.
    pub prefix: Option<String>,
    /// Listeners whose requests all belong to it.
    pub listen: Vec<SocketAddr>,
    /// Where its answers come from.
    pub mode: Mode,
    /// Its own latency.
    pub latency: Option<LatencySource>,
    /// Its own error rate.
    pub fail: Option<ErrorRate>,
    /// Its own rate limit.
    pub rate_limit: Option<RateLimit>,
}

impl Service {
    /// A service of this upstream, named after its authority.
    pub fn of_upstream(upstream: Origin, mode: Mode) -> Self {
        Self {
            name: ServiceName::new(&upstream.authority()),
            hosts: vec![upstream.authority()],
            upstream: Some(upstream),
            prefix: None,
            listen: Vec::new(),
            mode,
            latency: None,
            fail: None,
            rate_limit: None,
        }
    }
}

/// Scheme, host and port of an API, with the path under which it lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: Scheme,
    /// Host name or address; an IPv6 address without brackets.
    pub host: String,
    /// Port, the scheme's own where the URL had none.
    pub port: u16,
    /// Path that is put before each request's; empty, or starts with `/` and does not end with it.
    pub base_path: String,
}

impl Origin {
    /// `host` where the port is the scheme's own, else `host:port`.
    pub fn authority(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == self.scheme.default_port() { host } else { format!("{host}:{}", self.port) }
    }

    /// `scheme://host[:port]`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme.as_str(), self.authority())
    }

    /// Whether it lies on this machine or in a private network: loopback, RFC 1918, RFC 4193,
    /// link-local, `localhost`, or a name of a reserved local domain (RFC 6761, RFC 8375).
    pub fn is_private(&self) -> bool {
        use std::net::IpAddr;
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            Ok(IpAddr::V6(ip)) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
            Err(_) => {
                let host = self.host.trim_end_matches('.').to_ascii_lowercase();
                !host.contains('.')
                    || [".localhost", ".test", ".internal", ".local", ".home.arpa"]
                        .iter()
                        .any(|suffix| host.ends_with(suffix))
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.base_path)
    }
}

impl FromStr for Origin {
    type Err = String;

    /// `https://api.example.com`, `http://127.0.0.1:9000/base`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |why: &str| {
            format!(
                "`{text}` is no upstream URL ({why}), expected for example `https://api.example.com`"
            )
        };
        let uri: http::Uri = text.parse().map_err(|error| wrong(&format!("{error}")))?;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            Some(other) => return Err(wrong(&format!("scheme `{other}` is not http or https"))),
            None => return Err(wrong("it has no scheme")),
        };
        if uri.query().is_some() {
            return Err(wrong("a query makes no sense here"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("user name and password do not belong here"));
        }
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() {
            return Err(wrong("it has no host"));
        }
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or_else(|| scheme.default_port()),
            base_path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

/// How exactly a request must match a recorded stub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// When nothing matches, a recorded stub that differs only in values that vary from run to
    /// run (ids, nonces, dates) answers.
    #[default]
    Nearest,
    /// Every matcher must hold.
    Strict,
}

/// How upstreams are reached.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// PEM files of certificate authorities trusted besides the system's.
    pub ca_files: Vec<PathBuf>,
    /// Certificates are not verified at all.
    pub insecure: bool,
    /// Whether the client's `Host` is passed on; `None` decides by [`Origin::is_private`].
    pub preserve_host: Option<bool>,
    /// Time for a connection to be made, TLS included.
    pub connect_timeout: Duration,
    /// Time from the end of a request to the head of its answer.
    pub response_timeout: Duration,
    /// Idle connections are closed after this time.
    pub idle_timeout: Duration,
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            ca_files: Vec::new(),
            insecure: false,
            preserve_host: None,
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// Bounds of the server side.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Client connections at a time; further ones wait to be accepted.
    pub connections: usize,
    /// Time for a TLS handshake.
    pub handshake: Duration,
    /// Time for a request's head to arrive once its connection was accepted or used before.
    pub headers: Duration,
    /// Largest head of a request, in bytes.
    pub head_bytes: usize,
    /// Largest body held in memory, in bytes; larger ones go through files or are only hashed.
    pub body_in_memory: usize,
    /// Leaf certificates kept.
    pub leaf_certificates: usize,
    /// Time for requests in flight to finish when ringer stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            handshake: Duration::from_secs(10),
            headers: Duration::from_secs(30),
            head_bytes: 128 * 1024,
            body_in_memory: 2 * 1024 * 1024,
            leaf_certificates: 1024,
            drain: Duration::from_secs(5),
        }
    }
}

/// What is sanitised.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    /// Nothing is: secrets go to disk as they are.
    pub off: bool,
    /// Key of the pseudonyms; `None` takes it from a file beside the stubs, made at first use.
    pub key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_and_shows_itself() {
        let show = |text: &str| text.parse::<Origin>().map(|origin| origin.to_string());
        assert_eq!(show("https://api.example.com"), Ok("https://api.example.com".to_owned()));
        assert_eq!(show("http://h:80/v1/"), Ok("http://h/v1".to_owned()));
        assert_eq!(show("http://[::1]:9000"), Ok("http://[::1]:9000".to_owned()));
        for wrong in ["", "api.example.com", "ftp://x", "https://", "https://u:p@x", "http://x?q"] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn private_means_that_the_host_header_can_be_kept() {
        let private = |text: &str| text.parse::<Origin>().unwrap().is_private();
        for yes in [
            "http://127.0.0.1:1",
            "https://[::1]",
            "http://10.0.0.1",
            "http://minio",
            "http://a.test",
        ] {
            assert!(private(yes), "{yes}");
        }
        for no in ["https://api.example.com", "http://8.8.8.8"] {
            assert!(!private(no), "{no}");
        }
    }
}
