//! The generic cell rate algorithm (ITU-T I.371, virtual scheduling): each request has a time at
//! which it should come at the earliest, and may come before it by the tolerance.

use super::{
    now::{Now, count, divide_up},
    terms::Terms,
};

/// When the next request should come. Times are held as many times finer than a nanosecond as the
/// limit is, so that the distance of requests, `window / limit`, is whole.
#[derive(Clone, Debug)]
pub(super) struct Gcra {
    /// The theoretical arrival time.
    arrival: i128,
    now: i128,
}

impl Gcra {
    pub(super) fn new(terms: &Terms, now: Now) -> Self {
        let now = fine(terms, now);
        Self { arrival: now, now }
    }

    pub(super) fn advance(&mut self, terms: &Terms, now: Now) {
        let now = fine(terms, now);
        if now < self.now {
            // A clock that was set back: the time until then stays as it was.
            self.arrival = self.arrival.saturating_sub(self.now - now);
        }
        self.now = now;
        self.arrival = self.arrival.max(now);
    }

    /// How far ahead the next request may be scheduled.
    fn tolerance(&self, terms: &Terms) -> i128 {
        terms.burst.saturating_mul(terms.window)
    }

    fn ahead(&self) -> i128 {
        self.arrival.saturating_sub(self.now)
    }

    pub(super) fn remaining(&self, terms: &Terms) -> u64 {
        count(self.tolerance(terms).saturating_sub(self.ahead()).div_euclid(terms.window))
    }

    pub(super) fn until_reset(&self, terms: &Terms) -> i128 {
        divide_up(self.ahead(), terms.limit)
    }

    pub(super) fn wait(&self, terms: &Terms, cost: i128) -> Option<i128> {
        let next = self.ahead().saturating_add(cost.saturating_mul(terms.window));
        let early = next.saturating_sub(self.tolerance(terms));
        // Of more than the tolerance, all that can be waited for is that nothing is ahead.
        let early = early.min(self.ahead().max(i128::from(early > 0)));
        (early > 0).then(|| divide_up(early, terms.limit))
    }

    pub(super) fn charge(&mut self, terms: &Terms, cost: i128) {
        self.arrival = self.arrival.saturating_add(cost.saturating_mul(terms.window));
    }

    /// A refused request takes the tolerance that is left, and no more.
    pub(super) fn charge_refused(&mut self, terms: &Terms, cost: i128) {
        let most = self.arrival.max(self.now.saturating_add(self.tolerance(terms)));
        self.charge(terms, cost);
        self.arrival = self.arrival.min(most);
    }

    pub(super) fn correct(&mut self, terms: &Terms, change: i128) {
        self.charge(terms, change);
        self.arrival = self.arrival.max(self.now);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.arrival <= self.now
    }
}

fn fine(terms: &Terms, now: Now) -> i128 {
    now.nanos().saturating_mul(terms.limit)
}
