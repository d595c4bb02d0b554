//! The time that a session sees: it can be stopped, set, moved on and made to run faster, so that an
//! hour of a rate limit passes in a moment.
//!
//! Two times are told. The *wall* is what dates are made from; it goes where it is set. The *elapsed*
//! time is what windows of rules and limits are counted in; it moves on with the wall and never goes
//! back: setting the wall back leaves it where it is.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::watch;

use crate::runtime::{Clock, Moment};

/// The last moment that dates can be told of in every time zone: near the end of the year 9999, in
/// seconds since 1970.
const LAST: Duration = Duration::from_secs(253_402_207_200);
/// How many times as fast as real time a clock can run, at most and at least.
const SPEEDS: (f64, f64) = (0.001, 1_000_000.0);

/// The clock of a session.
#[derive(Debug)]
pub struct SessionClock {
    real: Clock,
    /// Set before `hands` are changed for the first time. While it is not, they are as real time is.
    is_touched: AtomicBool,
    hands: Mutex<Hands>,
    /// There once somebody wants to be told: few sessions have an answer that waits by their clock.
    changed: OnceLock<watch::Sender<()>>,
}

/// Where the clock stood at some moment, and how it goes since.
#[derive(Clone, Copy, Debug)]
struct Hands {
    /// The moment, in real time since the session's start.
    at: Duration,
    wall: SystemTime,
    elapsed: Duration,
    is_frozen: bool,
    speed: f64,
    delays: Delays,
}

/// By which time answers are held back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delays {
    /// A client waits for as long as was said, whatever the clock shows.
    #[default]
    Real,
    /// By the session's clock: to advance it ends waits at once, to freeze it holds them.
    Virtual,
}

/// What a clock shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockReading {
    /// The time on the wall.
    pub now: SystemTime,
    /// The time since the session's start; never goes back.
    pub elapsed: Duration,
    /// Whether it stands still.
    pub is_frozen: bool,
    /// How many times as fast as real time it runs when it does.
    pub speed: f64,
    /// By which time answers are held back.
    pub delays: Delays,
}

/// What is to become of a clock. The default changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClockChange {
    /// The time to set the wall to. If it is later than now, so much time has elapsed.
    pub now: Option<SystemTime>,
    /// The time to move on by, after `now` is set.
    pub advance: Option<Duration>,
    /// Whether to stand still.
    pub is_frozen: Option<bool>,
    /// How many times as fast as real time to run.
    pub speed: Option<f64>,
    /// By which time to hold answers back.
    pub delays: Option<Delays>,
}

/// A change that a clock cannot make; nothing of it is made.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum ClockError {
    /// Dates cannot be told of such times.
    #[error("the clock shows times from 1970 to 9999 only")]
    OutOfRange,
    /// No such speed.
    #[error(
        "speed {0} is not possible: a number from 0.001 to 1000000 is expected, and 1 is real time; \
         to stand still, freeze the clock"
    )]
    Speed(f64),
}

impl SessionClock {
    /// A clock that shows real time, of a session that starts when `real` did.
    pub fn new(real: Clock) -> Self {
        let hands = Hands {
            at: Duration::ZERO,
            wall: real.started_at(),
            elapsed: Duration::ZERO,
            is_frozen: false,
            speed: 1.0,
            delays: Delays::Real,
        };
        Self {
            real,
            is_touched: AtomicBool::new(false),
            hands: Mutex::new(hands),
            changed: OnceLock::new(),
        }
    }

    /// When the session began, on the wall.
    pub fn started_at(&self) -> SystemTime {
        self.real.started_at()
    }

    /// What it shows.
    pub fn read(&self) -> ClockReading {
        self.read_at(Moment::now())
    }

    /// What it shows at a moment that is now.
    pub fn read_at(&self, moment: Moment) -> ClockReading {
        // Time is read before the mark, and a change sets the mark before it reads time. So no time
        // that was read without the mark is later than the change.
        let real = self.real.elapsed_at(moment);
        if self.is_touched.load(Ordering::SeqCst) {
            let hands = self.hands.lock();
            // Read again: a change may have come between.
            return hands.read(self.real.elapsed());
        }
        ClockReading {
            now: self.real.started_at() + real,
            elapsed: real,
            is_frozen: false,
            speed: 1.0,
            delays: Delays::Real,
        }
    }

    /// Whether it shows real time: nobody has changed it.
    pub fn is_real(&self) -> bool {
        !self.is_touched.load(Ordering::SeqCst)
    }

    /// The time on the wall.
    pub fn now(&self) -> SystemTime {
        self.read().now
    }

    /// The time since the session's start. It moves on when the clock is advanced or set forward, and
    /// stays where it is when the clock is set back.
    pub fn elapsed(&self) -> Duration {
        self.read().elapsed
    }

    /// Whether answers are held back by this clock; see [`Delays`].
    pub fn has_virtual_delays(&self) -> bool {
        self.is_touched.load(Ordering::SeqCst) && self.hands.lock().delays == Delays::Virtual
    }

    /// How long it takes in real time until so much time has elapsed, if nothing is changed
    /// meanwhile; `None` while it stands still before that.
    pub fn real_time_until(&self, elapsed: Duration) -> Option<Duration> {
        let reading = self.read();
        let left = elapsed.saturating_sub(reading.elapsed);
        if left.is_zero() {
            return Some(left);
        }
        let real = left.as_secs_f64() / reading.speed;
        (!reading.is_frozen).then(|| Duration::try_from_secs_f64(real).unwrap_or(Duration::MAX))
    }

    /// Tells of each change from now on.
    pub fn changes(&self) -> watch::Receiver<()> {
        // With the hands held, no change falls between the telling and what is read of it after.
        let _hands = self.hands.lock();
        self.changed.get_or_init(|| watch::Sender::new(())).subscribe()
    }

    fn tell(&self) {
        if let Some(changed) = self.changed.get() {
            changed.send_replace(());
        }
    }

    /// Makes a change, all of it in one moment; what the clock shows then.
    ///
    /// # Errors
    ///
    /// When a part is not possible; nothing is changed then.
    pub fn change(&self, change: ClockChange) -> Result<ClockReading, ClockError> {
        if let Some(speed) = change.speed
            && !(SPEEDS.0..=SPEEDS.1).contains(&speed)
        {
            return Err(ClockError::Speed(speed));
        }
        let reading = {
            let mut hands = self.hands.lock();
            self.is_touched.store(true, Ordering::SeqCst);
            let at = self.real.elapsed();
            let now = hands.read(at);
            let start = change.now.unwrap_or(now.now);
            let by = change.advance.unwrap_or_default();
            let wall = start.checked_add(by).ok_or(ClockError::OutOfRange)?;
            match wall.duration_since(SystemTime::UNIX_EPOCH) {
                Ok(since) if since <= LAST => {}
                _ => return Err(ClockError::OutOfRange),
            }
            let forward = start.duration_since(now.now).unwrap_or_default().saturating_add(by);
            *hands = Hands {
                at,
                wall,
                elapsed: now.elapsed.saturating_add(forward),
                is_frozen: change.is_frozen.unwrap_or(now.is_frozen),
                speed: change.speed.unwrap_or(now.speed),
                delays: change.delays.unwrap_or(now.delays),
            };
            hands.read(at)
        };
        self.tell();
        Ok(reading)
    }

    /// Stops it.
    pub fn freeze(&self) {
        // No part of it can be impossible.
        let _ = self.change(ClockChange { is_frozen: Some(true), ..ClockChange::default() });
    }

    /// Lets it run on from where it stands.
    pub fn resume(&self) {
        let _ = self.change(ClockChange { is_frozen: Some(false), ..ClockChange::default() });
    }

    /// Sets the wall.
    ///
    /// # Errors
    ///
    /// When the time is before 1970 or after 9999.
    pub fn set(&self, now: SystemTime) -> Result<ClockReading, ClockError> {
        self.change(ClockChange { now: Some(now), ..ClockChange::default() })
    }

    /// Moves it on.
    ///
    /// # Errors
    ///
    /// When the time would be after 9999.
    pub fn advance(&self, by: Duration) -> Result<ClockReading, ClockError> {
        self.change(ClockChange { advance: Some(by), ..ClockChange::default() })
    }

    /// Has it show real time again, at real speed, with real delays. Time that has elapsed stays
    /// elapsed.
    pub fn reset(&self) {
        {
            let mut hands = self.hands.lock();
            if !self.is_touched.load(Ordering::SeqCst) {
                return;
            }
            let at = self.real.elapsed();
            *hands = Hands {
                at,
                wall: self.real.started_at() + at,
                elapsed: hands.read(at).elapsed,
                is_frozen: false,
                speed: 1.0,
                delays: Delays::Real,
            };
        }
        self.tell();
    }
}

impl Hands {
    fn read(&self, real: Duration) -> ClockReading {
        let gone = real.saturating_sub(self.at);
        let gone = if self.is_frozen {
            Duration::ZERO
        } else if (self.speed - 1.0).abs() < f64::EPSILON {
            gone
        } else {
            Duration::try_from_secs_f64(gone.as_secs_f64() * self.speed).unwrap_or(LAST)
        };
        let last = SystemTime::UNIX_EPOCH + LAST;
        ClockReading {
            now: self.wall.checked_add(gone).map_or(last, |now| now.min(last)),
            elapsed: self.elapsed.saturating_add(gone),
            is_frozen: self.is_frozen,
            speed: self.speed,
            delays: self.delays,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn clock() -> SessionClock {
        SessionClock::new(Clock::showing(at(1_000_000)))
    }

    #[test]
    fn untouched_it_shows_real_time() {
        let clock = clock();
        let first = clock.read();
        assert!(first.now >= at(1_000_000) && first.now < at(1_000_060));
        assert!(clock.elapsed() >= first.elapsed && !clock.has_virtual_delays());
    }

    #[test]
    fn frozen_it_moves_only_when_it_is_moved() {
        let clock = clock();
        clock.freeze();
        let frozen = clock.read();
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(clock.read(), frozen);
        let moved = clock.advance(HOUR).unwrap();
        assert_eq!((moved.now, moved.elapsed), (frozen.now + HOUR, frozen.elapsed + HOUR));
        assert_eq!(clock.real_time_until(moved.elapsed + HOUR), None);
        assert_eq!(clock.real_time_until(moved.elapsed), Some(Duration::ZERO));
        clock.resume();
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.now() > moved.now && clock.now() < moved.now + HOUR);
    }

    #[test]
    fn set_forward_time_elapses_and_set_back_it_stays() {
        let clock = clock();
        clock.freeze();
        let start = clock.elapsed();
        assert_eq!(clock.set(at(2_000_000)).unwrap().now, at(2_000_000));
        let ahead = clock.elapsed();
        assert!(ahead > start + Duration::from_secs(999_000));
        let back = clock.set(at(5)).unwrap();
        assert_eq!((back.now, back.elapsed), (at(5), ahead));
    }

    #[test]
    fn it_runs_as_fast_as_it_is_told() {
        let clock = clock();
        let change = ClockChange { speed: Some(1000.0), ..ClockChange::default() };
        let fast = clock.change(change).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        let gone = clock.elapsed() - fast.elapsed;
        assert!(gone >= Duration::from_secs(20) && gone < HOUR, "{gone:?}");
        let end = clock.elapsed() + HOUR;
        let real = clock.real_time_until(end).unwrap();
        let least = end.saturating_sub(clock.elapsed()) / 1000;
        assert!(real <= HOUR / 1000 && real >= least, "{real:?} {least:?}");
    }

    #[test]
    fn reset_it_shows_real_time_and_what_has_elapsed_has() {
        let clock = clock();
        let change = ClockChange {
            delays: Some(Delays::Virtual),
            advance: Some(HOUR),
            is_frozen: Some(true),
            ..ClockChange::default()
        };
        let advanced = clock.change(change).unwrap();
        assert!(clock.has_virtual_delays());
        clock.reset();
        let reset = clock.read();
        assert!(reset.now < at(1_000_060) && !reset.is_frozen && reset.delays == Delays::Real);
        assert!(reset.elapsed >= advanced.elapsed);
    }

    #[test]
    fn what_is_not_possible_changes_nothing() {
        let clock = clock();
        clock.freeze();
        let before = clock.read();
        assert_eq!(clock.advance(Duration::MAX), Err(ClockError::OutOfRange));
        assert_eq!(clock.advance(LAST), Err(ClockError::OutOfRange));
        let ancient = SystemTime::UNIX_EPOCH - HOUR;
        assert_eq!(clock.set(ancient), Err(ClockError::OutOfRange));
        for speed in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            let change = ClockChange { speed: Some(speed), ..ClockChange::default() };
            assert!(matches!(clock.change(change), Err(ClockError::Speed(_))));
        }
        assert_eq!(clock.read(), before);
    }

    #[tokio::test]
    async fn who_waits_is_told_of_changes() {
        let clock = clock();
        let mut changes = clock.changes();
        assert!(!changes.has_changed().unwrap());
        clock.advance(HOUR).unwrap();
        changes.changed().await.unwrap();
    }

    proptest! {
        #[test]
        fn elapsed_time_never_goes_back(
            steps in prop::collection::vec((0u8..5, 0u64..10_000_000_000), 0..20)
        ) {
            let clock = clock();
            let mut last = Duration::ZERO;
            for (kind, number) in steps {
                match kind {
                    0 => drop(clock.set(at(number))),
                    1 => drop(clock.advance(Duration::from_millis(number))),
                    2 => clock.freeze(),
                    3 => clock.resume(),
                    _ => clock.reset(),
                }
                let elapsed = clock.elapsed();
                prop_assert!(elapsed >= last);
                last = elapsed;
            }
        }
    }
}
