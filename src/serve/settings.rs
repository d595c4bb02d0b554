//! What the serving side is told: the services, and its bounds.

use std::{net::SocketAddr, time::Duration};

use crate::{
    behavior::{ErrorRate, LatencySource, RateLimit},
    engine::Mode,
    model::{Origin, ServiceName},
};

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
