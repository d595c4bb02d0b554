//! What is counted for one client by one policy.

use std::time::Duration;

use super::{
    concurrency::Concurrency,
    daily::Daily,
    fixed_window::FixedWindow,
    gcra::Gcra,
    leaky_bucket::LeakyBucket,
    now::{Now, span},
    sliding_counter::SlidingCounter,
    sliding_log::SlidingLog,
    terms::{Terms, bounded},
    token_bucket::TokenBucket,
};
use crate::model::Algorithm;

/// What is counted for one client by one policy. All it says is as of the last time that it was told
/// with [`Meter::advance`].
#[derive(Clone, Debug)]
pub struct Meter(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Fixed { window: FixedWindow, from_first: bool },
    Log(SlidingLog),
    Counter(SlidingCounter),
    Token(TokenBucket),
    Leaky(LeakyBucket),
    Gcra(Gcra),
    Concurrency(Concurrency),
    Daily(Daily),
}

/// What was charged, so that it can be corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// How much.
    pub cost: u64,
    /// Where it is counted: the start of a window and the like.
    mark: i128,
}

impl Meter {
    /// One that has counted nothing.
    pub fn new(terms: &Terms, now: Now) -> Self {
        let mut meter = Self(match &terms.algorithm {
            Algorithm::FixedWindow { from_first } => {
                Kind::Fixed { window: FixedWindow::default(), from_first: *from_first }
            }
            Algorithm::SlidingLog => Kind::Log(SlidingLog::default()),
            Algorithm::SlidingCounter => Kind::Counter(SlidingCounter::default()),
            Algorithm::TokenBucket => Kind::Token(TokenBucket::new(terms, now)),
            Algorithm::LeakyBucket => Kind::Leaky(LeakyBucket::new(now)),
            Algorithm::Gcra => Kind::Gcra(Gcra::new(terms, now)),
            Algorithm::Concurrency => Kind::Concurrency(Concurrency::default()),
            Algorithm::Daily { .. } => Kind::Daily(Daily::new(terms, now)),
        });
        meter.advance(terms, now);
        meter
    }

    /// Tells the time, and takes nothing.
    pub fn advance(&mut self, terms: &Terms, now: Now) {
        match &mut self.0 {
            Kind::Fixed { window, from_first } => window.advance(terms, now, *from_first),
            Kind::Log(log) => log.advance(terms, now),
            Kind::Counter(counter) => counter.advance(terms, now),
            Kind::Token(bucket) => bucket.advance(terms, now),
            Kind::Leaky(bucket) => bucket.advance(terms, now),
            Kind::Gcra(gcra) => gcra.advance(terms, now),
            Kind::Concurrency(_) => {}
            Kind::Daily(daily) => daily.advance(terms, now),
        }
    }

    /// How much is left, whole.
    pub fn remaining(&self, terms: &Terms) -> u64 {
        match &self.0 {
            Kind::Fixed { window, .. } => window.remaining(terms),
            Kind::Log(log) => log.remaining(terms),
            Kind::Counter(counter) => counter.remaining(terms),
            Kind::Token(bucket) => bucket.remaining(terms),
            Kind::Leaky(bucket) => bucket.remaining(terms),
            Kind::Gcra(gcra) => gcra.remaining(terms),
            Kind::Concurrency(concurrency) => concurrency.remaining(terms),
            Kind::Daily(daily) => daily.remaining(terms),
        }
    }

    /// After which time all of it is there again, if nothing more is taken. Of windows, when the one
    /// that runs ends.
    pub fn reset_after(&self, terms: &Terms) -> Duration {
        span(match &self.0 {
            Kind::Fixed { window, .. } => window.until_reset(terms),
            Kind::Log(log) => log.until_reset(terms),
            Kind::Counter(counter) => counter.until_reset(terms),
            Kind::Token(bucket) => bucket.until_reset(terms),
            Kind::Leaky(bucket) => bucket.until_reset(terms),
            Kind::Gcra(gcra) => gcra.until_reset(terms),
            Kind::Concurrency(_) => 0,
            Kind::Daily(daily) => daily.until_reset(),
        })
    }

    /// `None` when there is room for `cost`; else after which time there is, if nothing else comes. A
    /// cost above the burst never has room; then it is the time until all is there again.
    pub fn wait(&self, terms: &Terms, cost: u64) -> Option<Duration> {
        let cost = bounded(cost);
        if cost == 0 {
            return None;
        }
        let wait = match &self.0 {
            Kind::Fixed { window, .. } => window.wait(terms, cost),
            Kind::Log(log) => log.wait(terms, cost),
            Kind::Counter(counter) => counter.wait(terms, cost),
            Kind::Token(bucket) => bucket.wait(terms, cost),
            Kind::Leaky(bucket) => bucket.wait(terms, cost),
            Kind::Gcra(gcra) => gcra.wait(terms, cost),
            Kind::Concurrency(concurrency) => concurrency.wait(terms, cost),
            Kind::Daily(daily) => daily.wait(terms, cost),
        };
        wait.map(span)
    }

    /// Takes `cost`, room or not; 0 too, so that it can be corrected. `now` is the time that it was
    /// last told.
    pub fn charge(&mut self, terms: &Terms, cost: u64, now: Now) -> Receipt {
        let amount = bounded(cost);
        let mark = match &mut self.0 {
            Kind::Fixed { window, from_first } => window.charge(amount, now, *from_first),
            Kind::Log(log) => log.charge(terms, amount),
            Kind::Counter(counter) => counter.charge(amount),
            Kind::Daily(daily) => daily.charge(amount),
            Kind::Token(bucket) => {
                bucket.charge(terms, amount);
                0
            }
            Kind::Leaky(bucket) => {
                bucket.charge(terms, amount);
                0
            }
            Kind::Gcra(gcra) => {
                gcra.charge(terms, amount);
                0
            }
            Kind::Concurrency(concurrency) => {
                concurrency.charge(amount);
                0
            }
        };
        Receipt { cost, mark }
    }

    /// Counts a refused request, where a provider does. Buckets get no debt of it; what is not being
    /// answered is not counted as if it were.
    pub fn charge_refused(&mut self, terms: &Terms, cost: u64, now: Now) {
        let amount = bounded(cost);
        match &mut self.0 {
            Kind::Token(bucket) => bucket.charge_refused(terms, amount),
            Kind::Leaky(bucket) => bucket.charge_refused(terms, amount),
            Kind::Gcra(gcra) => gcra.charge_refused(terms, amount),
            Kind::Concurrency(_) => {}
            Kind::Fixed { .. } | Kind::Log(_) | Kind::Counter(_) | Kind::Daily(_) => {
                self.charge(terms, cost, now);
            }
        }
    }

    /// Makes of what was charged what it really was: gives back, or takes more even where there is no
    /// room. What was counted in a window that is over stays as it was.
    pub fn correct(&mut self, terms: &Terms, receipt: Receipt, actual: u64) {
        let change = bounded(actual) - bounded(receipt.cost);
        if change == 0 {
            return;
        }
        match &mut self.0 {
            Kind::Fixed { window, .. } => window.correct(receipt.mark, change),
            Kind::Log(log) => log.correct(terms, receipt.mark, change),
            Kind::Counter(counter) => counter.correct(receipt.mark, change),
            Kind::Token(bucket) => bucket.correct(terms, change),
            Kind::Leaky(bucket) => bucket.correct(terms, change),
            Kind::Gcra(gcra) => gcra.correct(terms, change),
            Kind::Concurrency(concurrency) => concurrency.correct(change),
            Kind::Daily(daily) => daily.correct(receipt.mark, change),
        }
    }

    /// Whether it counts what is being answered, and must not be forgotten until that is over.
    pub fn is_held(&self) -> bool {
        matches!(&self.0, Kind::Concurrency(concurrency) if !concurrency.is_idle())
    }

    /// Whether it is as good as a new one, and so may be forgotten.
    pub fn is_idle(&self, terms: &Terms) -> bool {
        match &self.0 {
            Kind::Fixed { window, .. } => window.is_idle(),
            Kind::Log(log) => log.is_idle(),
            Kind::Counter(counter) => counter.is_idle(),
            Kind::Token(bucket) => bucket.is_idle(terms),
            Kind::Leaky(bucket) => bucket.is_idle(),
            Kind::Gcra(gcra) => gcra.is_idle(),
            Kind::Concurrency(concurrency) => concurrency.is_idle(),
            Kind::Daily(daily) => daily.is_idle(),
        }
    }
}
