//! A bucket of tokens, refilled evenly.

use super::{
    now::{Now, count, divide_up},
    terms::Terms,
};

/// What is in the bucket. It is held in parts of a token, as many as a window has nanoseconds: each
/// nanosecond adds `limit` of them, and nothing is ever rounded.
#[derive(Clone, Debug)]
pub(super) struct TokenBucket {
    parts: i128,
    at: i128,
}

impl TokenBucket {
    /// A full one.
    pub(super) fn new(terms: &Terms, now: Now) -> Self {
        Self { parts: full(terms), at: now.nanos() }
    }

    pub(super) fn advance(&mut self, terms: &Terms, now: Now) {
        let passed = (now.nanos() - self.at).max(0);
        self.at = now.nanos();
        let refilled = self.parts.saturating_add(passed.saturating_mul(terms.limit));
        self.parts = refilled.min(full(terms));
    }

    pub(super) fn remaining(&self, terms: &Terms) -> u64 {
        count(self.parts.div_euclid(terms.window))
    }

    pub(super) fn until_reset(&self, terms: &Terms) -> i128 {
        divide_up(full(terms).saturating_sub(self.parts), terms.limit)
    }

    pub(super) fn wait(&self, terms: &Terms, cost: i128) -> Option<i128> {
        let missing = cost.saturating_mul(terms.window).saturating_sub(self.parts);
        // Of more than it holds, all that can be waited for is that it is full.
        let all = full(terms).saturating_sub(self.parts);
        let missing = missing.min(all.max(i128::from(missing > 0)));
        (missing > 0).then(|| divide_up(missing, terms.limit))
    }

    pub(super) fn charge(&mut self, terms: &Terms, cost: i128) {
        self.parts = self.parts.saturating_sub(cost.saturating_mul(terms.window));
    }

    /// A refused request takes what there is, and leaves no debt.
    pub(super) fn charge_refused(&mut self, terms: &Terms, cost: i128) {
        let least = self.parts.min(0);
        self.charge(terms, cost);
        self.parts = self.parts.max(least);
    }

    pub(super) fn correct(&mut self, terms: &Terms, change: i128) {
        self.charge(terms, change);
        self.parts = self.parts.min(full(terms));
    }

    pub(super) fn is_idle(&self, terms: &Terms) -> bool {
        self.parts >= full(terms)
    }
}

fn full(terms: &Terms) -> i128 {
    terms.burst.saturating_mul(terms.window)
}
