//! What a test expects of a client over time: how often, in which order, how many at once, how long
//! between tries.

use std::time::Duration;

use super::{
    json::Json,
    pattern::{RequestPattern, ValuePattern},
};

/// What is expected of the requests of one session.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectations {
    /// Each by itself.
    pub each: Vec<Expectation>,
    /// The document that says so.
    pub document: Json,
}

/// One expectation; its demands are judged together.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// What a report calls it; no two have the same.
    pub name: String,
    /// What is expected.
    pub demand: Demand,
}

/// What is expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    /// Something of the requests that fit a pattern.
    Requests(Box<RequestDemand>),
    /// An order of requests.
    Order(OrderDemand),
    /// Every stub was used, but for those of these names or ids; `*` stands for any text.
    UnusedStubs(Vec<String>),
    /// At most so many tries before the time that a rate limit told.
    EarlyRetries(u64),
    /// At most so many requests that nothing matched.
    Unmatched(u64),
}

/// What is expected of the requests that fit a pattern. What is `None` or empty is not asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestDemand {
    /// Which requests, in words.
    pub which: String,
    /// Which requests.
    pub request: RequestPattern,
    /// Only those that were answered with one of these; empty is any answer, or none.
    pub answered: Vec<Statuses>,
    /// How often they come.
    pub count: Option<Times>,
    /// How many of them are under way at a time, at most.
    pub concurrent: Option<u64>,
    /// How they are tried again.
    pub retries: Option<Retries>,
    /// What stands in their headers.
    pub headers: Vec<(String, HeaderDemand)>,
}

/// How often something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// At least.
    pub at_least: u64,
    /// At most; `None` is any number.
    pub at_most: Option<u64>,
}

impl Times {
    /// Whether a number is one of these.
    pub fn holds(self, number: u64) -> bool {
        self.at_least <= number && self.at_most.is_none_or(|most| number <= most)
    }
}

/// Statuses from one to another, both included: `429`, `5xx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statuses {
    /// The lowest.
    pub from: u16,
    /// The highest.
    pub to: u16,
}

impl Statuses {
    /// Whether a status is one of these.
    pub fn holds(self, status: u16) -> bool {
        (self.from..=self.to).contains(&status)
    }
}

/// How an operation is tried again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retries {
    /// By what two requests are known for tries of one operation; all of it must be the same.
    pub by: Vec<SameBy>,
    /// How often an operation is tried.
    pub tries: Option<Times>,
    /// How long a client waits between two tries.
    pub gaps: Option<Gaps>,
    /// Header fields that are there and the same on all tries.
    pub same: Vec<String>,
    /// All tries are of one trace (`traceparent`, W3C Trace Context).
    pub same_trace: bool,
    /// Answers after which there must be no other try.
    pub never_after: Vec<Statuses>,
}

/// What two tries of one operation have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SameBy {
    /// The bytes of the body.
    Body,
    /// The address of the client.
    Client,
    /// The values of a header field. Requests that have the same are tries of one operation whatever
    /// the earlier ones were answered.
    Header(String),
    /// Method and path.
    Path,
    /// The values of a parameter of the query.
    Query(String),
    /// Method, URL and body.
    Request,
    /// Method, path and query.
    Url,
}

/// How long a client waits between two tries: from the end of an answer to the next request, by the
/// session's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaps {
    /// The first wait, where it is known.
    pub first: Option<Duration>,
    /// By which each further wait is longer than the one before.
    pub factor: Option<f64>,
    /// How far a wait may be from what it should be.
    pub jitter: Jitter,
    /// How much the waits of clients must differ, as their standard deviation by their mean.
    pub spread: Option<f64>,
    /// No wait is shorter.
    pub at_least: Option<Duration>,
    /// No wait is longer; where there is a factor, waits grow no further.
    pub at_most: Option<Duration>,
    /// No wait is shorter than `Retry-After` said.
    pub retry_after: bool,
    /// What timers and networks may add to a wait, or take from it.
    pub tolerance: Duration,
}

/// How far a wait may be from what it should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// By this share of it, in either direction; from 0 to 1.
    Share(f64),
    /// Anything from nothing to the whole of it ("full jitter").
    Full,
}

/// What stands in a header field of every request.
#[derive(Clone, Debug, PartialEq)]
pub enum HeaderDemand {
    /// A value that fits.
    Fits(ValuePattern),
    /// The same value on all.
    Same,
    /// A different value on each.
    Unique,
    /// A trace context (W3C Trace Context §3.2), of the same trace on all.
    SameTrace,
    /// A trace context of this trace: 32 hexadecimal digits in lower case.
    Trace(String),
}

/// An order of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderDemand {
    /// The requests, in their order.
    pub steps: Vec<Step>,
    /// What may come between them.
    pub between: Between,
}

/// A request of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// How it was written.
    pub name: String,
    /// Which request.
    pub request: RequestPattern,
}

/// What may come between the requests of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Between {
    /// Any request.
    #[default]
    Anything,
    /// Requests that fit none of the steps: those that do come in this order and each once.
    Others,
    /// None: one comes directly after the other.
    Nothing,
}
