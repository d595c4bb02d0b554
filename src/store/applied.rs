//! What befell a request, with its draws: for the journal and for the log of faults.

use std::time::Duration;

use uuid::Uuid;

use crate::{
    model::{Place, ServiceName, StubId},
    runtime::Seed,
};

/// Something that befell a request or a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Where it is held.
    pub place: Place,
    /// The name of its rule; empty for latency.
    pub rule: String,
    /// `latency`, `delay`, `bandwidth` or `fault`.
    pub kind: &'static str,
    /// What it befell.
    pub subject: Subject,
    /// Whether its rule counts all requests together, whatever they are.
    pub is_together: bool,
    /// The number of the request, of those that the rule counts together, from 1.
    pub number: u64,
    /// The seed of its draws.
    pub seed: Seed,
    /// What was drawn for its probability, where that is less than 1.
    pub draw: Option<f64>,
    /// How long the answer waits for it.
    pub wait: Option<Duration>,
    /// What went wrong, in words.
    pub fault: Option<String>,
}

/// What requests and connections are numbered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The stub that answers.
    Stub(StubId),
    /// Service, method and path of a request that no stub answers.
    Endpoint(String),
    /// Service, method and path of a request whose body is on its way in: which stub will answer is not
    /// known yet.
    WayIn(String),
    /// The service of a connection; `*` where it is of none.
    Connection(String),
}

impl Subject {
    /// That of a request that no stub answers; `path` must be without secrets.
    pub fn endpoint(service: Option<&ServiceName>, method: &str, path: &str) -> Self {
        Self::Endpoint(format!("{} {method} {path}", service.map_or("*", ServiceName::as_str)))
    }

    /// That of a connection.
    pub fn connection(service: Option<&ServiceName>) -> Self {
        Self::Connection(service.map_or("*", ServiceName::as_str).to_owned())
    }

    /// That of a request whose body is on its way in; `path` must be without secrets.
    pub fn way_in(service: Option<&ServiceName>, method: &str, path: &str) -> Self {
        Self::WayIn(format!("{} {method} {path}", service.map_or("*", ServiceName::as_str)))
    }

    /// What is counted together with it by rules that count all requests together. Bodies on their way
    /// in are counted for themselves, before their requests are.
    pub fn together(&self) -> Uuid {
        match self {
            Self::WayIn(_) => Uuid::max(),
            Self::Stub(_) | Self::Endpoint(_) | Self::Connection(_) => Uuid::nil(),
        }
    }

    /// What it is counted and drawn under.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Stub(id) => id.0,
            Self::Endpoint(name) => Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()),
            Self::WayIn(name) => Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()),
            Self::Connection(name) => Uuid::new_v5(&Uuid::NAMESPACE_DNS, name.as_bytes()),
        }
    }
}

/// What the draws of a request were made with and came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The seed of the run.
    pub seed: Seed,
    /// What befell the request.
    pub applied: Vec<Applied>,
}
