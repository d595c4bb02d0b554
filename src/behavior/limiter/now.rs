//! The two times that limits count by.

use std::time::Duration;

use jiff::Timestamp;

/// A time, by the session's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Since the session began. Windows and refills go by it, as it does not jump; should it go back
    /// all the same, nothing is refilled and nothing is lost.
    pub elapsed: Duration,
    /// On the wall: days of the calendar, windows that begin on the minute, and what clients are told.
    pub wall: Timestamp,
}

impl Now {
    /// `elapsed` in nanoseconds.
    pub(super) fn nanos(self) -> i128 {
        nanos(self.elapsed)
    }
}

/// A time in nanoseconds.
pub(super) fn nanos(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX)
}

/// Nanoseconds as a time: 0 where they are less, the longest where they are more than there can be.
pub(super) fn span(nanos: i128) -> Duration {
    match u64::try_from(nanos.max(0)) {
        Ok(nanos) => Duration::from_nanos(nanos),
        Err(_) => Duration::from_nanos(u64::MAX),
    }
}

/// Divides by a number above 0, rounding up.
pub(super) fn divide_up(number: i128, by: i128) -> i128 {
    let by = by.max(1);
    number.div_euclid(by) + i128::from(number.rem_euclid(by) > 0)
}

/// A number of requests as what is left or used: 0 where it is less.
pub(super) fn count(number: i128) -> u64 {
    u64::try_from(number.max(0)).unwrap_or(u64::MAX)
}
