//! How answers behave beyond what they say: late, slow, wrong or refused.

use std::{fmt, str::FromStr};

use super::{
    bandwidth::Bandwidth,
    distribution::{LatencySource, Wait},
    fault::Fault,
    id::{ServiceName, StubId},
    limit::RateLimit,
    when::{Ramp, When, Window},
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

    /// Whether answers wait by what the tapes say.
    pub fn is_empirical(&self) -> bool {
        matches!(self.latency, Some(LatencySource::Empirical(_)))
    }

    /// Whether chance has a part, so that another seed comes to something else.
    pub fn draws(&self) -> bool {
        let by_latency = match &self.latency {
            None | Some(LatencySource::None | LatencySource::Recorded(_)) => false,
            Some(LatencySource::Drawn { head, chunks }) => {
                head.draws() || chunks.as_ref().is_some_and(Wait::draws)
            }
            Some(LatencySource::Empirical(_)) => true,
        };
        by_latency || self.rules.iter().any(Rule::draws)
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

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => f.write_str("request"),
            Self::Stub(id) => write!(f, "stub {id}"),
            Self::Session(name) => write!(f, "session {name}"),
            Self::Service(name) => write!(f, "service {name}"),
            Self::All => f.write_str("all"),
        }
    }
}

impl FromStr for Place {
    type Err = String;

    /// `all`, `service NAME`, `session NAME`, `stub UUID`, `request`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "unknown place `{text}`, expected `all`, `service NAME`, `session NAME`, `stub UUID` or `request`"
            )
        };
        match text.split_once(' ') {
            None if text == "all" => Ok(Self::All),
            None if text == "request" => Ok(Self::Request),
            // The default session's name is empty.
            None if text == "session" => Ok(Self::Session(String::new())),
            Some(("session", name)) => Ok(Self::Session(name.to_owned())),
            Some(("service", name)) if !name.is_empty() => {
                Ok(Self::Service(ServiceName::new(name)))
            }
            Some(("stub", id)) => id.parse().map(|id| Self::Stub(StubId(id))).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
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

impl Rule {
    fn draws(&self) -> bool {
        let is_ramped = |window: &Window| window.ramp != Ramp::Flat;
        let by_effect = match &self.effect {
            Effect::Delay { head, chunks } => head.iter().chain(chunks).any(Wait::draws),
            Effect::Bandwidth(_) | Effect::Fault(_) => self.when.windows.iter().any(is_ramped),
        };
        by_effect || self.when.probability < 1.0
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for place in [
            Place::Request,
            Place::Stub(StubId(uuid::Uuid::from_u128(7))),
            Place::Session(String::new()),
            Place::Session("a b".to_owned()),
            Place::Service(ServiceName::new("api.test_8080")),
            Place::All,
        ] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for wrong in ["", "service", "service ", "stub x", "everything"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
