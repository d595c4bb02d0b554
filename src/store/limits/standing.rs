//! What is left of each limit, for each client.

use std::time::Duration;

use super::counters::Counters;
use crate::{behavior::limiter::Now, model::Place};

/// What is left of a policy for a client.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitStanding {
    /// The limit.
    pub limit: String,
    /// Where it holds.
    pub place: Place,
    /// The policy.
    pub policy: String,
    /// The client, secrets replaced; `None` where the policy tells requests apart otherwise than the
    /// limit does.
    pub key: Option<String>,
    /// How much passes in a window.
    pub total: u64,
    /// How much is left.
    pub remaining: u64,
    /// After which time all of it is there again.
    pub reset_after: Duration,
}

impl Counters {
    /// What is left of each limit that counted a request, by name.
    pub fn standings(&self, now: Now) -> Vec<LimitStanding> {
        let inner = self.inner.lock();
        let meters = inner.meters.iter().filter_map(|(id, slot)| {
            let policy = slot.limit.policies.get(id.1)?;
            let mut meter = slot.meter.clone();
            meter.advance(&policy.terms, now);
            let client = policy.key.is_none().then(|| inner.clients.get(&(id.0, id.2))).flatten();
            Some(LimitStanding {
                limit: slot.limit.written.name.clone(),
                place: slot.limit.place.clone(),
                policy: policy.name.clone(),
                key: client.map(|client| client.label.clone()),
                total: policy.limit,
                remaining: meter.remaining(&policy.terms),
                reset_after: meter.reset_after(&policy.terms),
            })
        });
        let mut standings: Vec<_> = meters.collect();
        drop(inner);
        standings.sort_by(|left, right| {
            let key = |it: &LimitStanding| {
                (it.limit.clone(), it.place.clone(), it.policy.clone(), it.key.clone())
            };
            key(left).cmp(&key(right))
        });
        standings
    }
}
