//! Puts right what was charged when an answer is over, however it ends.

use std::sync::Arc;

use http::HeaderMap;
use jiff::Timestamp;

use super::{
    cost::{LiveCost, number_at},
    counters::Counters,
    decision::{Admission, Taken},
    usage::Ear,
};
use crate::{behavior::limiter::Now, store::clock::SessionClock};

/// What is settled when it is dropped: requests at a time go down by one, and costs become what the
/// answer told.
#[derive(Debug)]
pub struct Settlement {
    counters: Arc<Counters>,
    clock: Arc<SessionClock>,
    taken: Vec<Taken>,
    listens: bool,
    ear: Option<Ear>,
}

impl Settlement {
    /// That of a request that was let through.
    pub fn new(counters: &Arc<Counters>, clock: &Arc<SessionClock>, admission: Admission) -> Self {
        let listens = admission.listens();
        let (counters, clock) = (Arc::clone(counters), Arc::clone(clock));
        Self { counters, clock, taken: admission.taken, listens, ear: None }
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

impl Drop for Settlement {
    fn drop(&mut self) {
        let heard = self.ear.take().map(Ear::finish).unwrap_or_default();
        let actual = |taken: &Taken| match taken.cost()? {
            LiveCost::ResponseField(path, _) => {
                heard.json.as_ref().and_then(|json| number_at(path, json))
            }
            LiveCost::Tokens(kind) => heard.usage.of(*kind),
            LiveCost::ResponseBytes => Some(heard.bytes),
            LiveCost::Fixed(_) | LiveCost::ByRequest(..) | LiveCost::RequestField(..) => None,
        };
        let settled: Vec<_> = self.taken.iter().map(|taken| (taken, actual(taken))).collect();
        let time = self.clock.read();
        let wall = Timestamp::try_from(time.now).unwrap_or(Timestamp::UNIX_EPOCH);
        self.counters.settle(&settled, Now { elapsed: time.elapsed, wall });
    }
}
