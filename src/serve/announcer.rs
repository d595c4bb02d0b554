//! Tells what became of requests, as they are handled, to whoever shows it: not more of them than
//! somebody can read.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::broadcast;

use crate::{model::Handled, runtime::Clock};

/// Requests that are told one by one within a second.
const A_SECOND: u64 = 200;
/// So many bits of a window say how many were told in it; the others, which second it is.
const COUNT_BITS: u32 = 16;

/// Requests that a slow reader may lag behind before it loses the oldest.
const MOST: usize = 1024;

/// Where it is told what becomes of requests.
#[derive(Debug)]
pub struct Announcer {
    events: broadcast::Sender<Handled>,
    clock: Clock,
    /// The second, and how many were told in it.
    window: AtomicU64,
    /// Requests that were not told since somebody last asked.
    untold: AtomicU64,
}

impl Announcer {
    /// One that nobody listens to yet.
    pub fn new(clock: Clock) -> Self {
        let events = broadcast::channel(MOST).0;
        Self { events, clock, window: AtomicU64::new(0), untold: AtomicU64::new(0) }
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Handled> {
        self.events.subscribe()
    }

    /// How many requests were not told of, as too many came at once, since this was last asked.
    pub fn untold(&self) -> u64 {
        self.untold.swap(0, Ordering::Relaxed)
    }

    /// Tells of a request, where anybody listens and can still read it.
    pub fn tell(&self, describe: impl FnOnce() -> Handled) {
        self.tell_at(self.clock.elapsed(), describe);
    }

    /// The same, of a request that was handled at a time since the clock was started.
    pub(super) fn tell_at(&self, at: Duration, describe: impl FnOnce() -> Handled) {
        if self.events.receiver_count() == 0 {
            return;
        }
        let second = at.as_secs() << COUNT_BITS;
        let told = self.window.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |window| {
            match window >> COUNT_BITS << COUNT_BITS == second {
                false => Some(second + 1),
                true => (window - second < A_SECOND).then_some(window + 1),
            }
        });
        if told.is_err() {
            self.untold.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // Who listened may have stopped meanwhile.
        let _ = self.events.send(describe());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Outcome;

    fn handled() -> Handled {
        Handled {
            number: 1,
            method: "GET".to_owned(),
            target: "/".to_owned(),
            status: Some(200),
            latency: Duration::ZERO,
            outcome: Outcome::Missed,
        }
    }

    #[test]
    fn a_flood_is_told_in_part_and_counted_in_full() {
        let announcer = Announcer::new(Clock::start());
        announcer.tell(|| panic!("nobody listens"));
        let mut events = announcer.listen();
        for _ in 0..10_000 {
            announcer.tell(handled);
        }
        let mut told = 0;
        while events.try_recv().is_ok() {
            told += 1;
        }
        // The second may end while they come.
        assert!((200..=2000).contains(&told), "{told}");
        assert_eq!(told + announcer.untold(), 10_000);
        assert_eq!(announcer.untold(), 0);
    }
}
