//! How answers behave beyond what they say: late, slow, wrong or refused.

use super::{
    bandwidth::Bandwidth,
    distribution::{LatencySource, Wait},
    fault::Fault,
    id::{ServiceName, StubId},
    limit::RateLimit,
    when::When,
};

/// What holds at one place: for all, for a service, a session or a stub.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behaviors {
    /// Where latency comes from; `None` leaves it to the place around.
    pub latency: Option<LatencySource>,
    /// What befalls some requests, in the order in which it was written.
    pub rules: Vec<Rule>,
    /// Rate limits, all of which must leave room.
    pub limits: Vec<RateLimit>,
}

impl Behaviors {
    /// Whether nothing is said at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where behaviors are held. A request gets those of all its places: its own header's, its stub's, its
/// session's, its service's, and those that are for all, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The request itself.
    Request,
    /// A stub.
    Stub(StubId),
    /// A session.
    Session(String),
    /// A service.
    Service(ServiceName),
    /// Everything.
    All,
}

/// Something that befalls some requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it is called in the journal, in the log of faults and by who changes it; unique at its
    /// place.
    pub name: String,
    /// Which requests.
    pub when: When,
    /// What.
    pub effect: Effect,
}

/// What befalls a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Its answer waits, beyond its latency.
    Delay {
        /// Until the head goes out.
        head: Option<Wait>,
        /// Before each further piece of the body.
        chunks: Option<Wait>,
    },
    /// Its bytes come slowly.
    Bandwidth(Bandwidth),
    /// It goes wrong.
    Fault(Fault),
}

impl Effect {
    /// The word for its kind: `delay`, `bandwidth`, `fault`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::Bandwidth(_) => "bandwidth",
            Self::Fault(_) => "fault",
        }
    }
}
