//! Days of a calendar: a quota that is there again at midnight, wherever the provider sits.

use jiff::Timestamp;

use super::{
    now::{Now, count},
    terms::Terms,
};

const DAY: i128 = 24 * 60 * 60 * 1_000_000_000;

/// What a day has seen.
#[derive(Clone, Debug)]
pub(super) struct Daily {
    /// Nanoseconds since 1970.
    start: i128,
    end: i128,
    used: i128,
    now: i128,
}

impl Daily {
    pub(super) fn new(terms: &Terms, now: Now) -> Self {
        let (start, end) = day(terms, now.wall);
        Self { start, end, used: 0, now: now.wall.as_nanosecond() }
    }

    pub(super) fn advance(&mut self, terms: &Terms, now: Now) {
        self.now = now.wall.as_nanosecond();
        // A clock that was set back to another day is in that day.
        if !(self.start..self.end).contains(&self.now) {
            *self = Self::new(terms, now);
        }
    }

    pub(super) fn remaining(&self, terms: &Terms) -> u64 {
        count(terms.limit.saturating_sub(self.used))
    }

    pub(super) fn until_reset(&self) -> i128 {
        self.end - self.now
    }

    pub(super) fn wait(&self, terms: &Terms, cost: i128) -> Option<i128> {
        (self.used.saturating_add(cost) > terms.limit).then(|| self.until_reset())
    }

    /// Returns the start of the day, by which a correction finds it again.
    pub(super) fn charge(&mut self, cost: i128) -> i128 {
        self.used = self.used.saturating_add(cost);
        self.start
    }

    pub(super) fn correct(&mut self, mark: i128, change: i128) {
        if self.start == mark {
            self.used = self.used.saturating_add(change).max(0);
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.used == 0
    }
}

/// The day that a time is in, which daylight saving can make 23 or 25 hours long.
fn day(terms: &Terms, wall: Timestamp) -> (i128, i128) {
    let zoned = wall.to_zoned(terms.zone.clone());
    let start = zoned.start_of_day().map(|start| start.timestamp().as_nanosecond());
    let end = zoned
        .tomorrow()
        .and_then(|next| next.start_of_day())
        .map(|end| end.timestamp().as_nanosecond());
    let now = wall.as_nanosecond();
    match (start, end) {
        (Ok(start), Ok(end)) if start <= now && now < end => (start, end),
        // At the ends of the calendar, days are as long as they mostly are.
        _ => (now, now + DAY),
    }
}
