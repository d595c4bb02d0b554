//! What is counted of recording.

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

/// What a recorded exchange did to the stubs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Result {
    /// A stub that was not there.
    New,
    /// A further answer of a stub.
    Sequence,
    /// Nothing: it says the same.
    Unchanged,
    /// Another answer in place of the old one.
    Updated,
    /// None: it is on the tape alone.
    TapeOnly,
}

impl Result {
    pub(super) const ALL: [Self; 5] =
        [Self::New, Self::Sequence, Self::Unchanged, Self::Updated, Self::TapeOnly];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Sequence => "sequence",
            Self::Unchanged => "unchanged",
            Self::Updated => "updated",
            Self::TapeOnly => "tape_only",
        }
    }
}

/// What is counted of recording. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct RecorderMetrics {
    pub(super) queue: Gauge,
    pub(super) exchanges: [Counter; Result::ALL.len()],
    pub(super) errors: Counter,
}

impl RecorderMetrics {
    /// An exchange was handed over.
    pub fn queued(&self) {
        self.queue.inc();
    }

    /// One was taken from the queue.
    pub fn taken(&self) {
        self.queue.dec();
    }

    /// An exchange was recorded.
    pub fn recorded(&self, result: Result) {
        if let Some(counter) = self.exchanges.get(result as usize) {
            counter.inc();
        }
    }

    /// Something could not be kept, or not be written.
    pub fn failed(&self) {
        self.errors.inc();
    }
}
