//! What a found answer becomes: when its parts are due, and whether something goes wrong on purpose.

use std::time::Duration;

use super::find::Found;
use crate::{
    behavior::{ErrorRate, GlobalDelay, RateLimit, Verdict, latency::Schedule},
    model::{LatencySource, WireFault},
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
    /// The stub wants something to go wrong on the wire.
    Fault {
        /// What.
        fault: WireFault,
        /// When, since the request's head arrived.
        at: Duration,
    },
}

impl Behavior {
    /// Whether the limit leaves room for one more request; `None` without a limit.
    pub fn take(&self, session: &Session, now: Duration) -> Option<Verdict> {
        self.rate_limit.map(|limit| session.take(&self.limit_key, limit, now))
    }

    /// What a found answer becomes. `global` waits are those of stubs that ask for none of their
    /// own.
    pub fn plan(&self, session: &Session, found: &Found, global: GlobalDelay) -> Planned {
        let response = found.stub.response(found.step);
        let subject = found.stub.stub.id.0;
        let schedule = response.map_or_else(Schedule::default, |response| {
            // A source of its own, so that a delay changes no other draw.
            let draws = || {
                let subject = [subject.as_bytes().as_slice(), b"delay"].concat();
                self.seed.draws(session.name(), &subject, found.hit)
            };
            let latency_draws = || {
                let subject = [subject.as_bytes().as_slice(), b"latency"].concat();
                self.seed.draws(session.name(), &subject, found.hit)
            };
            self.latency.schedule(response, global.wait(response, draws), latency_draws)
        });
        if let Some(fail) = self.fail {
            let mut draws = self.seed.draws(session.name(), subject.as_bytes(), found.hit);
            if fail.strikes(&mut draws) {
                return Planned::Error { status: fail.status, at: schedule.head };
            }
        }
        match response {
            // WireMock asks the other server, whatever else the stub says.
            Some(response) if response.proxy.is_none() => match response.fault {
                Some(fault) => Planned::Fault { fault, at: schedule.head },
                None => Planned::Answer(schedule),
            },
            _ => Planned::Answer(schedule),
        }
    }
}
