//! What became of one request: the line that a person sees, the entry that a test asks for.

use std::time::Duration;

/// One request and its fate.
#[derive(Clone, Debug)]
pub struct Handled {
    /// Order of arrival at this ringer, from 1.
    pub number: u64,
    /// Method token.
    pub method: String,
    /// Path and query, sanitised.
    pub target: String,
    /// The status that the client got; `None` if the connection broke first.
    pub status: Option<u16>,
    /// From the request's head to the end of the answer.
    pub latency: Duration,
    /// What ringer did.
    pub outcome: Outcome,
}

/// What ringer did with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered as a configured error rate told.
    InjectedError,
    /// No stub matched.
    Missed,
    /// Passed on to the upstream without recording.
    Passed,
    /// Answered 429: over the limit.
    RateLimited,
    /// Passed on to the upstream and recorded.
    Recorded(RecordedAs),
    /// Answered by a stub.
    Stub {
        /// The stub's name, or its id where it has none.
        name: String,
        /// Which answer of a sequence, from 1; `None` for a stub with one answer.
        step: Option<usize>,
        /// It matched but for values that vary from run to run.
        nearest: bool,
    },
    /// The upstream could not be reached or broke off; says why.
    UpstreamFailed(String),
}

/// What a recorded exchange did to the stubs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedAs {
    /// Wrote a stub that was not there.
    New,
    /// Gave a stub a further answer; this is its number, from 1.
    Sequence(usize),
    /// The stub was there and says the same.
    Unchanged,
    /// The stub was there and said something else; its answer was replaced.
    Updated,
    /// Kept on the tape alone; says why.
    TapeOnly(String),
}
