//! How a client takes being limited: whether it waits as it was told, all at once or spread out, with
//! the same idempotency key, and when it gives up.
//!
//! A request is taken for another try of one that was refused when it has the same idempotency key,
//! or else the same method, target and length. Without a key, requests that come on different
//! connections within moments of a refusal are taken for ones that were under way together.

use std::{collections::VecDeque, time::Duration};

/// Refused requests that may still come again. Of more, the oldest are taken for given up.
const MOST_PENDING: usize = 256;
/// Waits that are kept for the median and the jitter: the latest.
const MOST_GAPS: usize = 512;
/// In which a request on another connection is hardly an answer to a refusal.
const TOGETHER: Duration = Duration::from_millis(5);
/// What timers of clients may be early by.
const TOLERANCE: Duration = Duration::from_millis(2);
/// After a reset, requests within this time are a herd.
const HERD: Duration = Duration::from_millis(100);
/// Waits that are needed before anything is said of how they vary.
const FEWEST_GAPS: usize = 3;
/// A coefficient of variation below which waits do not vary.
const NO_JITTER: f64 = 0.01;

/// By what a request is known when it comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A digest of method, target and length of the body.
    pub request: u64,
    /// A digest of its idempotency key, if it has one.
    pub idempotency_key: Option<u64>,
    /// Its connection; `None` where several requests can be under way on one.
    pub connection: Option<u64>,
}

/// What one client of a limit did.
#[derive(Clone, Debug, Default)]
pub struct Conduct {
    requests: u64,
    limited: u64,
    early: u64,
    retries: u64,
    same_key: u64,
    new_key: u64,
    pending: VecDeque<Refused>,
    gaps: VecDeque<Gap>,
    shortest: Option<Gap>,
    /// The first moment at which the client was told it may come again, until its herd is over.
    reset: Option<Duration>,
    /// The first such moment of those that the herd was told.
    next_reset: Option<Duration>,
    /// Requests since `reset`, as long as they are a herd.
    herd: u64,
    largest_herd: u64,
    given_up: u64,
    gave_up_after: u32,
}

/// A refused request that did not come again yet.
#[derive(Clone, Copy, Debug)]
struct Refused {
    who: Identity,
    at: Duration,
    told: Option<Duration>,
    tries: u32,
}

/// A wait between a refusal and the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How long it was.
    pub waited: Duration,
    /// How long it was to be; `None` where the client was not told.
    pub advertised: Option<Duration>,
}

/// A request that has come, to be told what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    who: Identity,
    at: Duration,
    tries: u32,
}

/// What a client's conduct comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Requests that counted.
    pub requests: u64,
    /// Of these, refused.
    pub limited: u64,
    /// Tries before the time that the client was told.
    pub early: u64,
    /// Tries after a refusal.
    pub retries: u64,
    /// The shortest wait before one.
    pub shortest: Option<Gap>,
    /// The median of the waits.
    pub median: Option<Gap>,
    /// How much waits vary, as their standard deviation by their mean; `None` of too few. 0 is none:
    /// all clients of this kind come back at once.
    pub jitter: Option<f64>,
    /// The most requests within 100 ms after the client could come again.
    pub burst_after_reset: u64,
    /// Tries with the idempotency key of the request that was refused.
    pub same_idempotency_key: u64,
    /// Tries with another one, so that the server would do the work twice.
    pub new_idempotency_key: u64,
    /// Requests that were refused and did not come again, though they could have.
    pub given_up: u64,
    /// After how many tries, of these at most.
    pub gave_up_after: u32,
}

impl Conduct {
    /// A request has come. Time is that of the session.
    pub fn arrive(&mut self, who: Identity, now: Duration) -> Arrived {
        self.requests += 1;
        let is_over = |reset: Duration| now >= reset.saturating_add(HERD);
        if self.reset.is_some_and(is_over) {
            self.reset = self.next_reset.take().filter(|next| !is_over(*next));
            self.herd = 0;
        }
        if self.reset.is_some_and(|reset| now >= reset) {
            self.herd += 1;
            self.largest_herd = self.largest_herd.max(self.herd);
        }
        let tries = match self.refused(who, now) {
            Some(refused) => self.tries_again(refused, who, now),
            None => 0,
        };
        Arrived { who, at: now, tries: tries.saturating_add(1) }
    }

    /// How many requests have come.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Tries before it was told to.
    pub fn early(&self) -> u64 {
        self.early
    }

    /// The refused request that this one is another try of.
    fn refused(&mut self, who: Identity, now: Duration) -> Option<Refused> {
        let follows = |refused: &Refused| {
            let same_connection =
                who.connection.is_some() && who.connection == refused.who.connection;
            let same_request = who.request == refused.who.request;
            match (who.idempotency_key, refused.who.idempotency_key) {
                (Some(key), Some(known)) if key == known => true,
                (Some(_), Some(_)) => same_request && same_connection,
                _ => {
                    same_request && (same_connection || now.saturating_sub(refused.at) >= TOGETHER)
                }
            }
        };
        let has_same_key = |refused: &Refused| {
            who.idempotency_key.is_some() && refused.who.idempotency_key == who.idempotency_key
        };
        let at = self
            .pending
            .iter()
            .position(has_same_key)
            .or_else(|| self.pending.iter().position(follows))?;
        self.pending.remove(at)
    }

    fn tries_again(&mut self, refused: Refused, who: Identity, now: Duration) -> u32 {
        self.retries += 1;
        if let (Some(key), Some(known)) = (who.idempotency_key, refused.who.idempotency_key) {
            if key == known {
                self.same_key += 1;
            } else {
                self.new_key += 1;
            }
        }
        let gap = Gap { waited: now.saturating_sub(refused.at), advertised: refused.told };
        if gap.advertised.is_some_and(|told| gap.waited.saturating_add(TOLERANCE) < told) {
            self.early += 1;
        }
        if self.shortest.is_none_or(|shortest| gap.waited < shortest.waited) {
            self.shortest = Some(gap);
        }
        if self.gaps.len() >= MOST_GAPS {
            self.gaps.pop_front();
        }
        self.gaps.push_back(gap);
        refused.tries
    }

    /// It was refused, and told to wait for so long.
    pub fn refuse(&mut self, arrived: Arrived, told: Option<Duration>) {
        self.limited += 1;
        let refused = Refused { who: arrived.who, at: arrived.at, told, tries: arrived.tries };
        if self.pending.len() >= MOST_PENDING
            && let Some(oldest) = self.pending.pop_front()
        {
            self.given_up += 1;
            self.gave_up_after = self.gave_up_after.max(oldest.tries);
        }
        self.pending.push_back(refused);
        if let Some(told) = told {
            let reset = arrived.at.saturating_add(told);
            let is_herd = self.reset.is_some_and(|known| known <= arrived.at);
            let first = if is_herd { &mut self.next_reset } else { &mut self.reset };
            *first = Some(first.map_or(reset, |known| known.min(reset)));
        }
    }

    /// What it comes to by now.
    pub fn verdict(&self, now: Duration) -> Verdict {
        let could_come =
            |refused: &&Refused| now > refused.at.saturating_add(refused.told.unwrap_or_default());
        let gone: Vec<_> = self.pending.iter().filter(could_come).collect();
        let tries = gone.iter().map(|refused| refused.tries).max().unwrap_or_default();
        Verdict {
            requests: self.requests,
            limited: self.limited,
            early: self.early,
            retries: self.retries,
            shortest: self.shortest,
            median: self.median(),
            jitter: self.jitter(),
            burst_after_reset: self.largest_herd,
            same_idempotency_key: self.same_key,
            new_idempotency_key: self.new_key,
            given_up: self.given_up.saturating_add(gone.len() as u64),
            gave_up_after: self.gave_up_after.max(tries),
        }
    }

    fn median(&self) -> Option<Gap> {
        let mut gaps: Vec<_> = self.gaps.iter().copied().collect();
        gaps.sort_unstable_by_key(|gap| gap.waited);
        gaps.get(gaps.len().checked_sub(1)? / 2).copied()
    }

    fn jitter(&self) -> Option<f64> {
        if self.gaps.len() < FEWEST_GAPS {
            return None;
        }
        let waits = || self.gaps.iter().map(|gap| gap.waited.as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "at most MOST_GAPS")]
        let count = self.gaps.len() as f64;
        let mean = waits().sum::<f64>() / count;
        if mean <= 0.0 {
            return Some(0.0);
        }
        let variance = waits().map(|wait| (wait - mean).powi(2)).sum::<f64>() / count;
        let variation = variance.sqrt() / mean;
        Some(if variation < NO_JITTER { 0.0 } else { variation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn who(request: u64, connection: u64) -> Identity {
        Identity { request, idempotency_key: None, connection: Some(connection) }
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_client_that_does_not_wait_is_early() {
        let mut conduct = Conduct::default();
        for at in [0, 40, 80] {
            let arrived = conduct.arrive(who(1, 1), ms(at));
            conduct.refuse(arrived, Some(SECOND));
        }
        conduct.arrive(who(1, 1), ms(1080));
        let verdict = conduct.verdict(ms(1080));
        assert_eq!((verdict.requests, verdict.limited, verdict.early), (4, 3, 2));
        assert_eq!(verdict.shortest, Some(Gap { waited: ms(40), advertised: Some(SECOND) }));
        assert_eq!(verdict.median.map(|gap| gap.waited), Some(ms(40)));
        assert_eq!((verdict.given_up, verdict.burst_after_reset), (0, 1));
    }

    #[test]
    fn who_was_not_told_cannot_be_early() {
        let mut conduct = Conduct::default();
        let arrived = conduct.arrive(who(1, 1), ms(0));
        conduct.refuse(arrived, None);
        conduct.arrive(who(1, 1), ms(1));
        assert_eq!(conduct.verdict(SECOND).early, 0);
        assert_eq!(conduct.verdict(SECOND).retries, 1);
    }

    #[test]
    fn requests_that_were_under_way_together_are_no_retries() {
        let mut conduct = Conduct::default();
        for connection in 0..10 {
            let arrived = conduct.arrive(who(1, connection), ms(connection / 3));
            conduct.refuse(arrived, Some(SECOND));
        }
        assert_eq!(conduct.verdict(ms(3)).retries, 0);
        for connection in 0..10 {
            conduct.arrive(who(1, connection), ms(1003 + connection));
        }
        let verdict = conduct.verdict(ms(2000));
        assert_eq!((verdict.retries, verdict.early), (10, 0));
        assert_eq!(verdict.burst_after_reset, 10, "a herd");
    }

    #[test]
    fn waits_that_do_not_vary_have_no_jitter() {
        let run = |gaps: [u64; 4]| {
            let mut conduct = Conduct::default();
            let mut at = 0;
            for gap in gaps {
                let arrived = conduct.arrive(who(1, 1), ms(at));
                conduct.refuse(arrived, Some(SECOND));
                at += gap;
            }
            conduct.arrive(who(1, 1), ms(at));
            conduct.verdict(ms(at)).jitter
        };
        assert_eq!(run([1000, 1001, 1000, 1002]), Some(0.0));
        assert!(run([1000, 1200, 1700, 1100]).is_some_and(|jitter| jitter > 0.1));
    }

    #[test]
    fn a_retry_is_known_by_its_idempotency_key() {
        let keyed =
            |key: u64, connection| Identity { idempotency_key: Some(key), ..who(1, connection) };
        let mut conduct = Conduct::default();
        let arrived = conduct.arrive(keyed(7, 1), ms(0));
        conduct.refuse(arrived, Some(SECOND));
        let arrived = conduct.arrive(keyed(7, 2), ms(1));
        conduct.refuse(arrived, Some(SECOND));
        conduct.arrive(keyed(8, 2), ms(1500));
        let verdict = conduct.verdict(ms(1500));
        assert_eq!((verdict.same_idempotency_key, verdict.new_idempotency_key), (1, 1));
        assert_eq!(verdict.early, 1);
    }

    #[test]
    fn who_does_not_come_again_gave_up() {
        let mut conduct = Conduct::default();
        for at in [0, 1000, 2000] {
            let arrived = conduct.arrive(who(1, 1), ms(at));
            conduct.refuse(arrived, Some(SECOND));
        }
        assert_eq!(conduct.verdict(ms(2500)).given_up, 0, "it may still wait");
        let verdict = conduct.verdict(ms(3500));
        assert_eq!((verdict.given_up, verdict.gave_up_after), (1, 3));
    }

    #[test]
    fn memory_is_bounded() {
        let mut conduct = Conduct::default();
        for request in 0..10_000 {
            let arrived = conduct.arrive(who(request, request), ms(request));
            conduct.refuse(arrived, Some(SECOND));
        }
        assert!(conduct.pending.len() <= MOST_PENDING && conduct.gaps.len() <= MOST_GAPS);
        assert_eq!(conduct.verdict(100 * SECOND).given_up, 10_000);
    }
}
