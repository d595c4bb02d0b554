//! How fast bytes go.

use std::time::Duration;

/// A limit of throughput.
#[derive(Clone, Debug, PartialEq)]
pub struct Bandwidth {
    /// Bytes per second, more than 0; `None` leaves the speed and only slices.
    pub rate: Option<u64>,
    /// Which way.
    pub direction: Direction,
    /// Whether all connections share the rate; else each has it for itself.
    pub is_shared: bool,
    /// Into which pieces bodies are cut.
    pub slices: Option<Slices>,
    /// The round trip of a connection that has to find its speed first: it begins with ten segments of
    /// 1460 bytes a round trip and doubles until it has the rate (RFC 5681 §3.1, RFC 6928).
    pub slow_start: Option<Duration>,
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From ringer to the client (toxiproxy's `downstream`).
    #[default]
    Downstream,
    /// From the client to ringer (toxiproxy's `upstream`).
    Upstream,
    /// Either.
    Both,
}

/// Pieces of a body (toxiproxy's `slicer`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slices {
    /// Their average size in bytes; at least 1.
    pub average: u64,
    /// By how many bytes at most a piece is larger or smaller; less than `average`.
    pub variation: u64,
    /// The wait between two.
    pub delay: Duration,
}
