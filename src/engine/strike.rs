//! Something that befalls a request or a connection, and the chance that belongs to it.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::{model::Place, runtime::Seed, store::LiveRule};

/// Something that befalls a request or a connection.
#[derive(Clone, Debug)]
pub struct Strike<T> {
    /// Where its rule is held.
    pub place: Place,
    /// The name of its rule; with the place, unlike that of every other.
    pub rule: String,
    /// The number of the request, of those that the rule counts together, from 1.
    pub number: u64,
    /// What befalls it.
    pub value: Arc<T>,
    chance: Chance,
}

impl<T> Strike<T> {
    pub(super) fn new(
        place: &Place,
        rule: &LiveRule,
        number: u64,
        value: Arc<T>,
        chance: Chance,
    ) -> Self {
        Self { place: place.clone(), rule: rule.name.clone(), number, value, chance }
    }

    /// The source of chance for its details: the same for the same request of each run.
    pub fn draws(&self) -> ChaCha8Rng {
        self.chance.draws(self.number, "detail")
    }
}

/// Where the draws of one rule for one subject come from.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    pub(super) seed: Seed,
    pub(super) session: Arc<str>,
    /// The rule and what is numbered.
    pub(super) subject: [u8; 32],
}

impl Chance {
    pub(super) fn new(seed: Seed, session: &Arc<str>, rule: Uuid, subject: Uuid) -> Self {
        let mut both = [0; 32];
        let (left, right) = both.split_at_mut(16);
        left.copy_from_slice(rule.as_bytes());
        right.copy_from_slice(subject.as_bytes());
        Self { seed, session: Arc::clone(session), subject: both }
    }

    /// The source of chance for the `number`th request, from 1. Each purpose has its own, so that one
    /// draw more changes no other.
    pub(super) fn draws(&self, number: u64, purpose: &str) -> ChaCha8Rng {
        let subject = [self.subject.as_slice(), purpose.as_bytes()].concat();
        self.seed.draws(&self.session, &subject, number)
    }
}

#[cfg(test)]
mod tests;
