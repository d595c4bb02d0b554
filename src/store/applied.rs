//! What befell a request, with its draws: for the journal and for the log of faults.

use std::time::Duration;

use crate::model::Place;

/// Something that befell a request or a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// Where it is held.
    pub place: Place,
    /// The name of its rule; empty for latency.
    pub rule: String,
    /// `latency`, `delay`, `bandwidth` or `fault`.
    pub kind: &'static str,
    /// The number of the request, of those that the rule counts together, from 1.
    pub number: u64,
    /// What was drawn for its probability, where that is less than 1.
    pub draw: Option<f64>,
    /// How long the answer waits for it.
    pub wait: Option<Duration>,
    /// What went wrong, in words.
    pub fault: Option<String>,
}

/// What the draws of a request were made with and came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// The seed.
    pub seed: u64,
    /// What befell the request.
    pub applied: Vec<Applied>,
}
