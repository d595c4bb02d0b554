//! A bucket that leaks evenly, and takes no more when it is full (a leaky bucket as a meter).

use super::{
    now::{Now, count, divide_up},
    terms::Terms,
};

/// What is in the bucket, in parts of a request: as many as a window has nanoseconds, of which each
/// nanosecond lets `limit` out.
#[derive(Clone, Debug)]
pub(super) struct LeakyBucket {
    parts: i128,
    at: i128,
}

impl LeakyBucket {
    /// An empty one.
    pub(super) fn new(now: Now) -> Self {
        Self { parts: 0, at: now.nanos() }
    }

    pub(super) fn advance(&mut self, terms: &Terms, now: Now) {
        let passed = (now.nanos() - self.at).max(0);
        self.at = now.nanos();
        self.parts = self.parts.saturating_sub(passed.saturating_mul(terms.limit)).max(0);
    }

    fn room(&self, terms: &Terms) -> i128 {
        terms.burst.saturating_mul(terms.window).saturating_sub(self.parts)
    }

    pub(super) fn remaining(&self, terms: &Terms) -> u64 {
        count(self.room(terms).div_euclid(terms.window))
    }

    pub(super) fn until_reset(&self, terms: &Terms) -> i128 {
        divide_up(self.parts, terms.limit)
    }

    pub(super) fn wait(&self, terms: &Terms, cost: i128) -> Option<i128> {
        let excess = cost.saturating_mul(terms.window).saturating_sub(self.room(terms));
        // Of more than it holds, all that can be waited for is that it is empty.
        let excess = excess.min(self.parts.max(i128::from(excess > 0)));
        (excess > 0).then(|| divide_up(excess, terms.limit))
    }

    pub(super) fn charge(&mut self, terms: &Terms, cost: i128) {
        self.parts = self.parts.saturating_add(cost.saturating_mul(terms.window));
    }

    /// A refused request fills it to the brim, and no further.
    pub(super) fn charge_refused(&mut self, terms: &Terms, cost: i128) {
        let most = self.parts.max(terms.burst.saturating_mul(terms.window));
        self.charge(terms, cost);
        self.parts = self.parts.min(most);
    }

    pub(super) fn correct(&mut self, terms: &Terms, change: i128) {
        self.charge(terms, change);
        self.parts = self.parts.max(0);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.parts == 0
    }
}
