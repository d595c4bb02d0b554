//! Puts right what was charged when an answer is over, however it ends.

use std::sync::Arc;

use http::HeaderMap;
use jiff::Timestamp;

use super::{
    cost::{LiveCost, number_at},
    counters::Counters,
    decision::{Admission, Retelling, Taken},
    usage::{Ear, Heard},
};
use crate::{behavior::limiter::Now, model::Json, store::clock::SessionClock};

/// What is settled when it is dropped: requests at a time go down by one, and costs become what the
/// answer told.
#[derive(Debug)]
pub struct Settlement {
    counters: Arc<Counters>,
    clock: Arc<SessionClock>,
    taken: Vec<Taken>,
    retellings: Vec<Retelling>,
    listens: bool,
    ear: Option<Ear>,
}

impl Settlement {
    /// That of a request that was let through.
    pub fn new(counters: &Arc<Counters>, clock: &Arc<SessionClock>, admission: Admission) -> Self {
        let listens = admission.listens();
        let (counters, clock) = (Arc::clone(counters), Arc::clone(clock));
        let Admission { taken, retellings, .. } = admission;
        Self { counters, clock, taken, retellings, listens, ear: None }
    }

    /// An answer with these fields begins.
    pub fn begin(&mut self, fields: &HeaderMap) {
        self.ear = Some(Ear::new(self.listens, fields));
    }

    /// More of its body.
    pub fn hear(&mut self, data: &[u8]) {
        if let Some(ear) = &mut self.ear {
            ear.hear(data);
        }
    }
}

impl Settlement {
    /// Whether it tells something inside of the answer.
    pub fn is_told_inside(&self) -> bool {
        !self.retellings.is_empty()
    }

    /// The whole body was heard: settles what it cost, and gives what is told inside of it. Requests at
    /// a time are still counted until this is dropped.
    pub fn retell(&mut self) -> Vec<Json> {
        let heard = self.ear.take().map(Ear::finish).unwrap_or_default();
        let (held, taken): (Vec<_>, Vec<_>) = self
            .taken
            .drain(..)
            .partition(|taken| taken.terms().is_some_and(|terms| terms.is_concurrency()));
        let told = self.counters.settle_and_retell(
            &settled(&taken, &heard),
            &std::mem::take(&mut self.retellings),
            self.now(),
        );
        self.taken = held;
        told
    }

    fn now(&self) -> Now {
        let time = self.clock.read();
        let wall = Timestamp::try_from(time.now).unwrap_or(Timestamp::UNIX_EPOCH);
        Now { elapsed: time.elapsed, wall }
    }
}

impl Drop for Settlement {
    fn drop(&mut self) {
        let heard = self.ear.take().map(Ear::finish).unwrap_or_default();
        self.counters.settle(&settled(&self.taken, &heard), self.now());
    }
}

/// What each really cost, where the answer said it.
fn settled<'t>(taken: &'t [Taken], heard: &Heard) -> Vec<(&'t Taken, Option<u64>)> {
    let actual = |taken: &Taken| match taken.cost()? {
        LiveCost::ResponseField(path, _) => {
            heard.json.as_ref().and_then(|json| number_at(path, json))
        }
        LiveCost::Tokens(kind) => heard.usage.of(*kind),
        LiveCost::ResponseBytes => Some(heard.bytes),
        LiveCost::Fixed(_) | LiveCost::ByRequest(..) | LiveCost::RequestField(..) => None,
    };
    taken.iter().map(|taken| (taken, actual(taken))).collect()
}
