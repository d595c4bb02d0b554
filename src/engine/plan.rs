//! What a found answer becomes: when its parts are due, and whether something goes wrong on purpose.

use std::time::Duration;

use super::find::Found;
use crate::{
    behavior::{ErrorRate, LatencySource, RateLimit, Verdict, latency::Schedule},
    runtime::Seed,
    store::Session,
};

/// How a service behaves beyond what its stubs say.
#[derive(Clone, Debug)]
pub struct Behavior {
    /// Where latency comes from.
    pub latency: LatencySource,
    /// Share of answers replaced by an error.
    pub fail: Option<ErrorRate>,
    /// Requests allowed.
    pub rate_limit: Option<RateLimit>,
    /// Seed of the draws.
    pub seed: Seed,
    /// Under which the limit is counted: services that share one share the key.
    pub limit_key: String,
}

/// What a found answer becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Planned {
    /// It is given on this schedule.
    Answer(Schedule),
    /// An error takes its place, at the time at which the answer would have begun.
    Error {
        /// The status.
        status: u16,
        /// When it is due, since the request's head arrived.
        at: Duration,
    },
}

impl Behavior {
    /// Whether the limit leaves room for one more request; `None` without a limit.
    pub fn take(&self, session: &Session, now: Duration) -> Option<Verdict> {
        self.rate_limit.map(|limit| session.take(&self.limit_key, limit, now))
    }

    /// What a found answer becomes.
    pub fn plan(&self, session: &Session, found: &Found) -> Planned {
        let response = found.stub.response(found.step);
        let schedule =
            response.map_or_else(Schedule::default, |response| self.latency.schedule(response));
        if let Some(fail) = self.fail {
            let subject = found.stub.stub.id.0;
            let mut draws = self.seed.draws(session.name(), subject.as_bytes(), found.hit);
            if fail.strikes(&mut draws) {
                return Planned::Error { status: fail.status, at: schedule.head };
            }
        }
        Planned::Answer(schedule)
    }
}
