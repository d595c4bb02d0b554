//! What a request takes of the limits that it falls under.

use std::{sync::Arc, time::Duration};

use super::{key, live::LiveLimit};
use crate::{
    behavior::{
        limiter::{Demand, Meter, Now, Receipt, admit},
        verdict::Arrived,
    },
    codec::RequestView,
};

/// Which meter: the limit, the place of its policy, and a digest of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct MeterId(pub(super) u64, pub(super) usize, pub(super) u128);

/// A limit that a request falls under, and what it takes of it.
pub(super) struct Claim<'l> {
    pub(super) limit: &'l Arc<LiveLimit>,
    pub(super) key: u128,
    pub(super) is_exempt: bool,
    pub(super) parts: Vec<Part>,
}

/// What is taken of a policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) meter: MeterId,
    /// Whether it is about such requests.
    pub(super) fits: bool,
    /// Whether it counts this one.
    pub(super) counts: bool,
    pub(super) cost: u64,
}

impl<'l> Claim<'l> {
    pub(super) fn of(limit: &'l Arc<LiveLimit>, view: &RequestView<'_>) -> Self {
        let key = key::digest(&limit.key, view);
        let is_exempt = limit.exempts(view);
        let parts = limit.policies.iter().enumerate().map(|(at, policy)| {
            let own = policy.key.as_ref().map(|parts| key::digest(parts, view));
            let fits = policy.is_for(view);
            let counts = fits && !is_exempt;
            Part {
                meter: MeterId(limit.id, at, own.unwrap_or(key)),
                fits,
                counts,
                cost: if counts { policy.cost.of(view) } else { 0 },
            }
        });
        Self { limit, key, is_exempt, parts: parts.collect() }
    }
}

/// How one limit takes a request.
pub(super) struct Taking {
    pub(super) arrived: Option<Arrived>,
    /// For each policy, how long it has no room.
    pub(super) waits: Vec<Option<Duration>>,
    /// How long a penalty lasts.
    pub(super) sentenced: Option<Duration>,
}

impl Taking {
    pub(super) fn refuses(&self) -> bool {
        self.sentenced.is_some() || self.waits.iter().any(Option::is_some)
    }
}

/// Charges all that count the request; `None` where one has no room, and then nothing is charged.
/// Returns limit, policy and what was charged.
pub(super) fn charge(
    claims: &[Claim<'_>],
    meters: &mut [Vec<Meter>],
    takings: &mut [Taking],
    now: Now,
    is_sentenced: bool,
) -> Option<Vec<(usize, usize, Receipt)>> {
    let mut demands = Vec::new();
    let mut places = Vec::new();
    for (at, (claim, meters)) in claims.iter().zip(meters).enumerate() {
        let policies = claim.limit.policies.iter().zip(&claim.parts).zip(meters);
        for (policy, ((live, part), meter)) in policies.enumerate() {
            // What costs nothing is charged only where it may turn out to cost something.
            if part.counts && (part.cost > 0 || live.cost.is_settled_by_answer()) {
                demands.push(Demand { meter, terms: &live.terms, cost: part.cost });
                places.push((at, policy));
            }
        }
    }
    let waits = if is_sentenced {
        demands.iter().map(|it| it.meter.wait(it.terms, it.cost)).collect()
    } else {
        match admit(&mut demands, now) {
            Ok(receipts) => {
                let receipts = places.into_iter().zip(receipts);
                return Some(receipts.map(|((at, policy), it)| (at, policy, it)).collect());
            }
            Err(waits) => waits,
        }
    };
    for ((at, policy), wait) in places.into_iter().zip(waits) {
        if let Some(place) = takings.get_mut(at).and_then(|it| it.waits.get_mut(policy)) {
            *place = wait;
        }
    }
    None
}

/// Counts a request that is refused, and how long it is refused then.
pub(super) fn count_refused(
    claim: &Claim<'_>,
    meters: &mut [Meter],
    taking: &mut Taking,
    now: Now,
) {
    let policies = claim.limit.policies.iter().zip(&claim.parts).zip(meters);
    for (((policy, part), meter), wait) in policies.zip(&mut taking.waits) {
        if part.counts && part.cost > 0 {
            meter.charge_refused(&policy.terms, part.cost, now);
            // One that had room is not what refused it.
            if wait.is_some() {
                *wait = meter.wait(&policy.terms, part.cost);
            }
        }
    }
}
