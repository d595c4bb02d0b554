//! Every window that ends now: each request is remembered for as long as it counts.

use std::collections::VecDeque;

use super::{
    now::{Now, count},
    terms::Terms,
};

/// Requests that are remembered one by one. Of more, those that came close together are taken as one
/// that came when the last of them did: never too many pass, some may pass a little late.
const MOST: usize = 4096;
/// Into how many parts of a window they are gathered then.
const PARTS: i128 = 1024;

/// The requests of one window.
#[derive(Clone, Debug, Default)]
pub(super) struct SlidingLog {
    /// When, in nanoseconds, and how much; the oldest first.
    entries: VecDeque<(i128, i128)>,
    used: i128,
    now: i128,
}

impl SlidingLog {
    pub(super) fn advance(&mut self, terms: &Terms, now: Now) {
        self.now = now.nanos();
        while let Some((at, cost)) = self.entries.front().copied() {
            if self.now < at.saturating_add(terms.window) {
                break;
            }
            self.entries.pop_front();
            self.used = self.used.saturating_sub(cost);
        }
        // A clock that was set back: what lies ahead counts as if it came now.
        for entry in self.entries.iter_mut().rev().take_while(|entry| entry.0 > now.nanos()) {
            entry.0 = now.nanos();
        }
    }

    pub(super) fn remaining(&self, terms: &Terms) -> u64 {
        count(terms.limit.saturating_sub(self.used))
    }

    pub(super) fn until_reset(&self, terms: &Terms) -> i128 {
        self.entries.back().map_or(0, |(at, _)| at + terms.window - self.now)
    }

    pub(super) fn wait(&self, terms: &Terms, cost: i128) -> Option<i128> {
        let mut excess = self.used.saturating_add(cost).saturating_sub(terms.limit);
        if excess <= 0 {
            return None;
        }
        for (at, cost) in &self.entries {
            excess = excess.saturating_sub(*cost);
            if excess <= 0 {
                return Some(at + terms.window - self.now);
            }
        }
        // More than can ever be.
        Some(self.until_reset(terms))
    }

    /// Returns when it came, by which a correction finds it again.
    pub(super) fn charge(&mut self, terms: &Terms, cost: i128) -> i128 {
        self.used = self.used.saturating_add(cost);
        match self.entries.back_mut() {
            Some(last) if last.0 == self.now => last.1 = last.1.saturating_add(cost),
            _ => {
                if self.entries.len() >= MOST {
                    self.gather(terms);
                }
                self.entries.push_back((self.now, cost));
            }
        }
        self.now
    }

    fn gather(&mut self, terms: &Terms) {
        let part = (terms.window / PARTS).max(1);
        let mut gathered: VecDeque<(i128, i128)> = VecDeque::new();
        for (at, cost) in self.entries.drain(..) {
            match gathered.back_mut() {
                Some(last) if last.0.div_euclid(part) == at.div_euclid(part) => {
                    *last = (at, last.1.saturating_add(cost));
                }
                _ => gathered.push_back((at, cost)),
            }
        }
        self.entries = gathered;
    }

    pub(super) fn correct(&mut self, terms: &Terms, mark: i128, change: i128) {
        if self.now >= mark.saturating_add(terms.window) {
            return;
        }
        // The first that is not older: its own, or the one that it was gathered into.
        let at = self.entries.partition_point(|(at, _)| *at < mark);
        if let Some(entry) = self.entries.get_mut(at) {
            let change = change.max(-entry.1);
            entry.1 = entry.1.saturating_add(change);
            self.used = self.used.saturating_add(change);
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.entries.is_empty()
    }
}
