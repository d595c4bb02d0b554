//! What the serving side is told: the services, and its bounds.

use std::{net::SocketAddr, time::Duration};

use super::{system_keys::SystemKeys, targets::Targets};
use crate::{
    behavior::ErrorRate,
    model::{Behaviors, LatencySource, Mode, Origin, RateLimit, ServiceName},
};

/// Reads what a request says of how its answer is to behave; the error says what is wrong with it.
pub type ReadRequestFaults = fn(&str) -> Result<Behaviors, String>;

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
    /// How its answers behave.
    pub behaviors: Behaviors,
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
            behaviors: Behaviors::default(),
        }
    }
}

/// How answers look where stubs leave it open.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Whose words and ways are used.
    pub dialect: Dialect,
    /// Whether the answer of a stub that a person wrote names the stub (`Matched-Stub-Id`,
    /// `Matched-Stub-Name`).
    pub matched_stub_headers: bool,
    /// Whether the answer of a stub that a person wrote is gzipped for a client that accepts it.
    pub gzip: bool,
    /// Whose texts are templates.
    pub templating: Templating,
    /// Which environment variables templates may read.
    pub permitted_system_keys: SystemKeys,
    /// Where stubs may fetch answers from, and call.
    pub targets: Targets,
    /// Whether a stub that fetches its answer passes the client's `Host` on.
    pub proxy_preserves_host: bool,
    /// Whether a stub that fetches its answer passes the client's `User-Agent` on.
    pub proxy_preserves_user_agent: bool,
    /// Which answers of stubs that a person wrote come in chunks.
    pub chunking: Chunking,
    /// Whether web pages of other origins may read answers (CORS).
    pub cross_origin: bool,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            matched_stub_headers: true,
            gzip: true,
            templating: Templating::default(),
            permitted_system_keys: SystemKeys::default(),
            targets: Targets::default(),
            proxy_preserves_host: false,
            proxy_preserves_user_agent: false,
            chunking: Chunking::default(),
            cross_origin: false,
        }
    }
}

/// Whose words and ways are used where ringer's own differ from WireMock's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// ringer's own: a miss is reported with all that may help.
    #[default]
    Ringer,
    /// WireMock's: its texts, and files of `__files` for requests that nothing matches.
    WireMock,
}

/// Whose texts are templates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Templating {
    /// No stub's.
    Off,
    /// Those of stubs that name the transformer `response-template`.
    #[default]
    Stub,
    /// Those of every stub that a person wrote.
    All,
}

impl Templating {
    /// Each with its name in files and on the command line.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Off, "off"), (Self::Stub, "stub"), (Self::All, "all")];
}

impl std::str::FromStr for Templating {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(templating, _)| *templating)
            .ok_or_else(|| format!("unknown templating `{text}`, expected `off`, `stub` or `all`"))
    }
}

/// Which answers come in chunks (WireMock's `--use-chunked-encoding`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chunking {
    /// All that name no length.
    Always,
    /// Those whose body is a file.
    BodyFile,
    /// None: each names its length.
    #[default]
    Never,
}

impl Chunking {
    /// Each with its name on the command line.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Always, "always"), (Self::BodyFile, "body_file"), (Self::Never, "never")];
}

impl std::fmt::Display for Chunking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = Self::ALL.iter().find(|(chunking, _)| chunking == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl std::str::FromStr for Chunking {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(chunking, _)| *chunking)
            .ok_or_else(|| format!("unknown `{text}`, expected `always`, `body_file` or `never`"))
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
    /// Largest body of a call of the admin API, in bytes.
    pub admin_body: usize,
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
            // Imports are large.
            admin_body: 128 * 1024 * 1024,
            leaf_certificates: 1024,
            drain: Duration::from_secs(5),
        }
    }
}
