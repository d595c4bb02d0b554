//! The only reader of time.

use std::time::{Duration, Instant, SystemTime};

/// A clock that started when it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at: SystemTime,
}

/// A moment of real time, to be told by several clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment(Instant);

impl Moment {
    /// This one.
    #[expect(clippy::disallowed_methods, reason = "this is the place that they name")]
    pub fn now() -> Self {
        Self(Instant::now())
    }
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

    /// The time from the start of the clock to a moment; none where that came before.
    pub fn elapsed_at(&self, moment: Moment) -> Duration {
        moment.0.saturating_duration_since(self.started)
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
