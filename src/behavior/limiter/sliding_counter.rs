//! The count of this window, and of the one before as much as a sliding window would still cover.

use super::{
    now::{Now, count, divide_up},
    terms::Terms,
};

/// Two windows, which follow each other from the start of the session.
#[derive(Clone, Debug, Default)]
pub(super) struct SlidingCounter {
    number: i128,
    before: i128,
    used: i128,
    /// How far in the window is.
    into: i128,
}

impl SlidingCounter {
    pub(super) fn advance(&mut self, terms: &Terms, now: Now) {
        let number = now.nanos() / terms.window;
        self.into = now.nanos() % terms.window;
        match number - self.number {
            // A clock that was set back changes no count.
            ..=0 => {}
            1 => self.before = std::mem::take(&mut self.used),
            2.. => (self.before, self.used) = (0, 0),
        }
        self.number = number;
    }

    /// What of the window before still counts, times the window's length.
    fn share(&self, terms: &Terms) -> i128 {
        self.before.saturating_mul(terms.window - self.into)
    }

    pub(super) fn remaining(&self, terms: &Terms) -> u64 {
        let all = terms.limit.saturating_mul(terms.window).saturating_sub(self.share(terms));
        count(all.div_euclid(terms.window).saturating_sub(self.used))
    }

    pub(super) fn until_reset(&self, terms: &Terms) -> i128 {
        let left = terms.window - self.into;
        match (self.used, self.before) {
            (0, 0) => 0,
            (0, _) => left,
            _ => left + terms.window,
        }
    }

    pub(super) fn wait(&self, terms: &Terms, cost: i128) -> Option<i128> {
        let room = (terms.limit - cost).saturating_sub(self.used);
        if self.share(terms) <= room.saturating_mul(terms.window) {
            return None;
        }
        if cost > terms.limit {
            return Some(self.until_reset(terms));
        }
        if room >= 0 {
            return Some(covered(self.before, room, terms.window) - self.into);
        }
        let left = terms.window - self.into;
        Some(left + covered(self.used, terms.limit - cost, terms.window))
    }

    /// Returns the number of the window, by which a correction finds it again.
    pub(super) fn charge(&mut self, cost: i128) -> i128 {
        self.used = self.used.saturating_add(cost);
        self.number
    }

    pub(super) fn correct(&mut self, mark: i128, change: i128) {
        let counted = match self.number - mark {
            0 => &mut self.used,
            1 => &mut self.before,
            _ => return,
        };
        *counted = counted.saturating_add(change).max(0);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.used == 0 && self.before == 0
    }
}

/// How far a window must be in for no more than `room` to count of `before` in the one before.
fn covered(before: i128, room: i128, window: i128) -> i128 {
    if before <= room {
        return 0;
    }
    divide_up(before.saturating_sub(room).saturating_mul(window), before)
}
