//! The only reader of time.

use std::time::{Duration, Instant, SystemTime};

/// A clock that started when it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at: SystemTime,
}

impl Clock {
    /// Starts a clock.
    #[expect(clippy::disallowed_methods, reason = "this is the place that they name")]
    pub fn start() -> Self {
        Self { started: Instant::now(), started_at: SystemTime::now() }
    }

    /// A clock that starts at another time than the machine's.
    #[cfg(test)]
    #[expect(clippy::disallowed_methods, reason = "only the passing of time is read")]
    pub(crate) fn showing(started_at: SystemTime) -> Self {
        Self { started: Instant::now(), started_at }
    }

    /// Time since the clock was started; never goes back.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// When the clock was started, on the wall.
    pub fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// The time on the wall, from the start and the time since: it does not jump when the
    /// machine's clock is set.
    pub fn now(&self) -> SystemTime {
        self.started_at + self.elapsed()
    }
}
