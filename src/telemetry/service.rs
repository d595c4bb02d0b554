//! What is counted of one service: handles that are found once and then cost an addition.

use std::{collections::BTreeMap, time::Duration};

use parking_lot::RwLock;
use prometheus_client::metrics::counter::Counter;

use super::histogram::Histogram;

/// Limits of a service that are told by name; more are told together.
const MAX_LIMITS: usize = 32;
/// How what is told together is called.
pub(super) const OTHER: &str = "other";

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A stub answered.
    Stub,
    /// A stub answered that fits but for values that vary.
    Nearest,
    /// No stub matched, and ringer said so.
    Missed,
    /// It was passed on.
    Passed,
    /// It was passed on and recorded.
    Recorded,
    /// A rate limit refused it.
    RateLimited,
    /// Something went wrong on purpose.
    Injected,
    /// The real API gave no answer.
    UpstreamFailed,
    /// ringer refused it: it says what it wants in a way that cannot be read, or names no place.
    Rejected,
    /// The client left, or was lost, before it was known.
    Abandoned,
}

impl Outcome {
    /// Each, in the order of the counters.
    pub const ALL: [Self; 10] = [
        Self::Stub,
        Self::Nearest,
        Self::Missed,
        Self::Passed,
        Self::Recorded,
        Self::RateLimited,
        Self::Injected,
        Self::UpstreamFailed,
        Self::Rejected,
        Self::Abandoned,
    ];

    /// Its name in metrics and spans.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stub => "stub",
            Self::Nearest => "nearest",
            Self::Missed => "missed",
            Self::Passed => "passed",
            Self::Recorded => "recorded",
            Self::RateLimited => "rate_limited",
            Self::Injected => "injected_error",
            Self::UpstreamFailed => "upstream_failed",
            Self::Rejected => "rejected",
            Self::Abandoned => "abandoned",
        }
    }
}

/// What a look at the stubs came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// One matched.
    Hit,
    /// One matched but for values that vary.
    Nearest,
    /// None did.
    Miss,
}

impl Lookup {
    pub(super) const ALL: [Self; 3] = [Self::Hit, Self::Nearest, Self::Miss];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Nearest => "nearest",
            Self::Miss => "miss",
        }
    }
}

/// What befell a request on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The latency that it has anyhow, where it was drawn.
    Latency,
    /// A wait beyond it.
    Delay,
    /// Slow bytes.
    Bandwidth,
    /// Something went wrong.
    Fault,
}

impl Applied {
    pub(super) const ALL: [Self; 4] = [Self::Latency, Self::Delay, Self::Bandwidth, Self::Fault];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|applied| applied.as_str() == name)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Delay => "delay",
            Self::Bandwidth => "bandwidth",
            Self::Fault => "fault",
        }
    }
}

/// What is counted of one service.
#[derive(Debug, Default)]
pub struct ServiceMetrics {
    pub(super) requests: [Counter; Outcome::ALL.len()],
    pub(super) lookups: [Counter; Lookup::ALL.len()],
    pub(super) applied: [Counter; Applied::ALL.len()],
    pub(super) duration: Histogram,
    pub(super) upstream: Histogram,
    /// By the short name of the error; there are few.
    pub(super) upstream_errors: RwLock<BTreeMap<&'static str, Counter>>,
    /// By the name of the limit.
    pub(super) limits: RwLock<BTreeMap<String, Counter>>,
}

impl ServiceMetrics {
    /// A request has its answer, or none, after so long.
    pub fn request(&self, outcome: Outcome, duration: Duration) {
        if let Some(counter) = self.requests.get(outcome as usize) {
            counter.inc();
        }
        self.duration.observe(duration);
    }

    /// The stubs were asked.
    pub fn lookup(&self, lookup: Lookup) {
        if let Some(counter) = self.lookups.get(lookup as usize) {
            counter.inc();
        }
    }

    /// Something befell a request or a connection.
    pub fn applied(&self, applied: Applied) {
        if let Some(counter) = self.applied.get(applied as usize) {
            counter.inc();
        }
    }

    /// The head of another server's answer has come after so long.
    pub fn upstream_answered(&self, duration: Duration) {
        self.upstream.observe(duration);
    }

    /// Another server gave no answer; `error` is one of few short names.
    pub fn upstream_failed(&self, error: &'static str) {
        let known = self.upstream_errors.read().get(error).cloned();
        known
            .unwrap_or_else(|| self.upstream_errors.write().entry(error).or_default().clone())
            .inc();
    }

    /// A rate limit of this name refused a request.
    pub fn limit_reached(&self, limit: &str) {
        if let Some(counter) = self.limits.read().get(limit) {
            counter.inc();
            return;
        }
        let mut limits = self.limits.write();
        let is_known = limits.contains_key(limit);
        let name = if is_known || limits.len() < MAX_LIMITS { limit } else { OTHER };
        limits.entry(name.to_owned()).or_default().inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_names_is_that_of_the_counters() {
        for (at, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, at);
        }
        for (at, lookup) in Lookup::ALL.into_iter().enumerate() {
            assert_eq!(lookup as usize, at);
        }
        for (at, applied) in Applied::ALL.into_iter().enumerate() {
            assert_eq!(applied as usize, at);
            assert_eq!(Applied::named(applied.as_str()), Some(applied));
        }
    }

    #[test]
    fn limits_beyond_the_bound_are_counted_together() {
        let service = ServiceMetrics::default();
        for n in 0..MAX_LIMITS + 10 {
            service.limit_reached(&format!("limit {n}"));
        }
        service.limit_reached("limit 0");
        let limits = service.limits.read();
        assert_eq!(limits.len(), MAX_LIMITS + 1);
        assert_eq!((limits["limit 0"].get(), limits[OTHER].get()), (2, 10));
    }
}
