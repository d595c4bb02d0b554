//! Requests that are being answered at a time.

use super::{now::count, terms::Terms};

/// How many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Concurrency {
    used: i128,
}

impl Concurrency {
    pub(super) fn remaining(&self, terms: &Terms) -> u64 {
        count(terms.limit.saturating_sub(self.used))
    }

    /// When another ends, nobody knows.
    pub(super) fn wait(&self, terms: &Terms, cost: i128) -> Option<i128> {
        (self.used.saturating_add(cost) > terms.limit).then_some(0)
    }

    pub(super) fn charge(&mut self, cost: i128) {
        self.used = self.used.saturating_add(cost);
    }

    pub(super) fn correct(&mut self, change: i128) {
        self.used = self.used.saturating_add(change).max(0);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.used == 0
    }
}
