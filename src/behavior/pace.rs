//! How fast bytes go, as (state, time, bytes) → when: rates, slices and slow starts.
//!
//! A stream of bytes books its next piece: how large it is and when it has gone through. Times follow
//! from those before, not from when somebody woke up, so nothing adds up over a long stream; a stream
//! that comes late for its next piece, but not later than [`SLACK`], makes up for it.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::model::{Bandwidth, Slices};

/// What a stream may be late and make up for: timers and other work cost that much now and then. One
/// that is later had nothing to send, or nobody who took it.
pub const SLACK: Duration = Duration::from_millis(50);
/// Where nobody asks for slices, a piece has what goes through in this time …
const PIECE: Duration = Duration::from_millis(20);
/// … and at most so many bytes.
const MAX_PIECE: u64 = 16 * 1024;
/// What a sender begins with: ten segments of 1460 bytes (RFC 6928).
const FIRST_WINDOW: u64 = 10 * 1460;
/// A sender that was idle for longer begins anew (RFC 5681 §4.1; the shortest timeout of RFC 6298).
const IDLE: Duration = Duration::from_secs(1);

/// A line that bytes go over one after another, maybe those of several streams.
#[derive(Debug, Default)]
pub struct Line {
    /// When all that is booked has gone through.
    free_at: Duration,
}

impl Line {
    /// Books `bytes` at `rate` bytes a second, to go from `from` at the earliest; says when they have
    /// gone through.
    pub fn book(&mut self, rate: u64, bytes: u64, from: Duration) -> Duration {
        self.free_at = self.free_at.max(from).saturating_add(time_of(bytes, rate));
        self.free_at
    }
}

/// How long so many bytes take; not shorter.
fn time_of(bytes: u64, rate: u64) -> Duration {
    let nanos = (u128::from(bytes) * 1_000_000_000).div_ceil(u128::from(rate.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// A connection that has to find its speed: so many bytes a round trip, twice as many in the next.
#[derive(Debug, Default)]
pub struct SlowStart {
    window: u64,
    /// Bytes that the round has left.
    left: u64,
    began: Duration,
    ends: Duration,
    last: Duration,
}

impl SlowStart {
    /// How many bytes may go in the round that `from` is in or waits for, and when it begins; `None`
    /// where the connection has its speed.
    fn round(
        &mut self,
        trip: Duration,
        rate: Option<u64>,
        from: Duration,
    ) -> Option<(u64, Duration)> {
        if self.window == 0 || from > self.last.saturating_add(IDLE.max(trip)) {
            self.begin(FIRST_WINDOW, trip, from);
        }
        self.last = self.last.max(from);
        if rate.is_some_and(|rate| time_of(self.window, rate) >= trip) {
            return None;
        }
        if self.left == 0 {
            let window = self.window.saturating_mul(2);
            self.begin(window, trip, self.ends.max(from));
        } else if from > self.ends {
            // What was not used is no reason to send more (RFC 7661 §4.3).
            self.begin(self.window, trip, from);
        }
        Some((self.left, self.began))
    }

    fn begin(&mut self, window: u64, trip: Duration, at: Duration) {
        self.window = window;
        self.left = window;
        self.began = at;
        self.ends = at.saturating_add(trip);
        self.last = self.last.max(at);
    }
}

/// What one limit asks of a stream.
#[derive(Debug)]
pub struct Lane {
    rate: Option<u64>,
    line: Arc<Mutex<Line>>,
    slow_start: Option<(Duration, Arc<Mutex<SlowStart>>)>,
    slicer: Option<Slicer>,
}

impl Lane {
    /// What `bandwidth` asks of a stream: `line` is the one that it shares or has for its connection,
    /// `slow_start` that of its connection, `draws` decide over the sizes of slices.
    pub fn new(
        bandwidth: &Bandwidth,
        line: Arc<Mutex<Line>>,
        slow_start: Arc<Mutex<SlowStart>>,
        draws: impl FnOnce() -> ChaCha8Rng,
    ) -> Self {
        let slices = bandwidth.slices.filter(|slices| slices.average > 0);
        Self {
            rate: bandwidth.rate,
            line,
            slow_start: bandwidth
                .slow_start
                .filter(|trip| !trip.is_zero())
                .map(|trip| (trip, slow_start)),
            slicer: slices.map(|slices| Slicer::new(slices, draws())),
        }
    }

    /// How many bytes may go as the next piece, and when at the earliest.
    fn next(&mut self, from: Duration) -> (u64, Duration) {
        let (mut size, mut from) = (u64::MAX, from);
        if let Some(slicer) = &mut self.slicer {
            size = slicer.left();
            from = from.max(slicer.not_before);
        } else if let Some(rate) = self.rate {
            size = bytes_in(PIECE, rate).clamp(1, MAX_PIECE);
        }
        if let Some((trip, slow_start)) = &self.slow_start
            && let Some((left, began)) = slow_start.lock().round(*trip, self.rate, from)
        {
            size = size.min(left);
            from = from.max(began);
        }
        (size, from)
    }

    /// Books a piece; says when it has gone through.
    fn book(&mut self, bytes: u64, from: Duration) -> Duration {
        if let Some((_, slow_start)) = &self.slow_start {
            let mut slow_start = slow_start.lock();
            slow_start.left = slow_start.left.saturating_sub(bytes);
        }
        match self.rate {
            Some(rate) => self.line.lock().book(rate, bytes, from),
            None => from,
        }
    }
}

fn bytes_in(time: Duration, rate: u64) -> u64 {
    let bytes = u128::from(rate) * time.as_nanos() / 1_000_000_000;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Cuts a stream into slices of drawn sizes with waits between.
#[derive(Debug)]
struct Slicer {
    slices: Slices,
    left: u64,
    not_before: Duration,
    draws: ChaCha8Rng,
}

impl Slicer {
    fn new(slices: Slices, draws: ChaCha8Rng) -> Self {
        Self { slices, left: 0, not_before: Duration::ZERO, draws }
    }

    /// Bytes that the slice has left.
    fn left(&mut self) -> u64 {
        if self.left == 0 {
            let Slices { average, variation, .. } = self.slices;
            let smallest = average.saturating_sub(variation).max(1);
            self.left = match variation {
                // No draw where none is needed.
                0 => average,
                _ => self.draws.random_range(smallest..=average.saturating_add(variation)),
            };
        }
        self.left
    }

    fn gone(&mut self, bytes: u64, at: Duration) {
        self.left = self.left.saturating_sub(bytes);
        if self.left == 0 {
            self.not_before = at.saturating_add(self.slices.delay);
        }
    }
}

/// A stream of bytes that several limits may slow down: the slowest decides.
#[derive(Debug)]
pub struct Pace {
    lanes: Vec<Lane>,
    /// When its last piece was due.
    due: Option<Duration>,
}

impl Pace {
    /// A stream to which these limits apply; `None` where none does.
    pub fn new(lanes: Vec<Lane>) -> Option<Self> {
        (!lanes.is_empty()).then_some(Self { lanes, due: None })
    }

    /// Has further limits apply from the next piece on.
    pub fn join(&mut self, other: Self) {
        self.lanes.extend(other.lanes);
    }

    /// Books the next piece of `available` bytes, which are more than none: its size, which is at least
    /// 1 and not more than are available, and when it has gone through.
    pub fn book(&mut self, available: u64, now: Duration) -> (u64, Duration) {
        let from = self.due.filter(|due| now.saturating_sub(*due) <= SLACK).unwrap_or(now);
        let mut piece = (available, from);
        for lane in &mut self.lanes {
            let (size, begin) = lane.next(from);
            piece = (piece.0.min(size), piece.1.max(begin));
        }
        let (size, begin) = (piece.0.max(1), piece.1);
        let due = self.lanes.iter_mut().map(|lane| lane.book(size, begin)).max().unwrap_or(begin);
        for slicer in self.lanes.iter_mut().filter_map(|lane| lane.slicer.as_mut()) {
            slicer.gone(size, due);
        }
        self.due = Some(due);
        (size, due)
    }
}

#[cfg(test)]
mod tests;
