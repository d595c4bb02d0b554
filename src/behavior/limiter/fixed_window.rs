//! Windows one after the other, each with the whole limit.

use super::{
    now::{Now, count},
    terms::Terms,
};

/// What a window has seen.
#[derive(Clone, Debug, Default)]
pub(super) struct FixedWindow {
    /// The start of the window, in nanoseconds: on the wall where windows are aligned, else of the
    /// session; `None` before the first request.
    start: Option<i128>,
    used: i128,
    /// How far in it is.
    into: i128,
}

impl FixedWindow {
    pub(super) fn advance(&mut self, terms: &Terms, now: Now, from_first: bool) {
        if from_first {
            let now = now.nanos();
            self.start = self.start.filter(|start| now < start.saturating_add(terms.window));
            // A clock that was set back starts the window anew, but not its count.
            self.start = self.start.map(|start| start.min(now));
            self.into = self.start.map_or(0, |start| now - start);
        } else {
            let now = now.wall.as_nanosecond();
            self.into = now.rem_euclid(terms.window);
            self.start = self.start.filter(|start| *start == now - self.into);
        }
        if self.start.is_none() {
            self.used = 0;
        }
    }

    pub(super) fn remaining(&self, terms: &Terms) -> u64 {
        count(terms.limit.saturating_sub(self.used))
    }

    pub(super) fn until_reset(&self, terms: &Terms) -> i128 {
        terms.window - self.into
    }

    pub(super) fn wait(&self, terms: &Terms, cost: i128) -> Option<i128> {
        (self.used.saturating_add(cost) > terms.limit).then(|| self.until_reset(terms))
    }

    /// Returns the start of the window, by which a correction finds it again.
    pub(super) fn charge(&mut self, cost: i128, now: Now, from_first: bool) -> i128 {
        let now = if from_first { now.nanos() } else { now.wall.as_nanosecond() };
        let start = *self.start.get_or_insert(now - self.into);
        self.used = self.used.saturating_add(cost);
        start
    }

    pub(super) fn correct(&mut self, mark: i128, change: i128) {
        if self.start == Some(mark) {
            self.used = self.used.saturating_add(change).max(0);
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.start.is_none()
    }
}
