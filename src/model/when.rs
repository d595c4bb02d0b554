//! Which requests something befalls.

use std::time::Duration;

use super::pattern::RequestPattern;

/// Which requests something befalls: all that fit, by chance, by number and by time. The default is
/// every request.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    /// What they must look like; `None` is any request.
    pub request: Option<RequestPattern>,
    /// The session that they belong to; `None` is any.
    pub session: Option<String>,
    /// Which of them by number.
    pub turns: Turns,
    /// What is numbered.
    pub counted: Counted,
    /// When, by the session's clock; several are as good as one of them.
    pub windows: Vec<Window>,
    /// The probability that it befalls one that all the above is true of; from 0 to 1.
    pub probability: f64,
}

impl Default for When {
    fn default() -> Self {
        Self {
            request: None,
            session: None,
            turns: Turns::default(),
            counted: Counted::default(),
            windows: Vec::new(),
            probability: 1.0,
        }
    }
}

/// Which of the requests that fit, by number from 1. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    /// Only those that come after so many; what follows counts from there.
    pub after: u64,
    /// Only so many.
    pub first: Option<u64>,
    /// Only every so many: 3 is each third; at least 1.
    pub every: Option<u64>,
    /// Only these; empty is any.
    pub nth: Vec<u64>,
}

/// What is numbered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counted {
    /// The requests of each stub for themselves: racing requests to different stubs get the same in
    /// any order.
    #[default]
    PerStub,
    /// All requests together, in the order in which they come.
    Together,
}

/// A stretch of time since its rule came into service, by the session's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it begins.
    pub from: Duration,
    /// When it ends; `None` never does.
    pub until: Option<Duration>,
    /// After which time it comes again.
    pub period: Option<Duration>,
    /// How strong it is.
    pub ramp: Ramp,
}

/// How strong something is over a window: the waits of a delay are multiplied by it, the rate of a
/// bandwidth divided, and of all else the probability is multiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ramp {
    /// As strong all the time.
    #[default]
    Flat,
    /// From nothing to full strength.
    Up,
    /// From full strength to nothing.
    Down,
}
