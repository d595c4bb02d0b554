//! What is known of the requests of a session: all that an expectation is judged by.

use std::time::Duration;

use http::HeaderMap;
use uuid::Uuid;

use crate::model::Request;

/// A moment, by two clocks.
///
/// Waits are judged by the session's: a test that moves its clock on by an hour has waited an hour.
/// Order and concurrency are judged by real time: while the session's clock stands still, all
/// requests come at the same time by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The time that has elapsed by the session's clock.
    pub session: Duration,
    /// The time that has elapsed since ringer was started.
    pub real: Duration,
}

/// All that is known.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The requests that the journal has.
    pub requests: Vec<Seen>,
    /// How many it had to drop.
    pub dropped: u64,
    /// Whether a journal is kept.
    pub is_kept: bool,
    /// What a journal keeps at most.
    pub kept_entries: usize,
    /// The present.
    pub now: Moment,
    /// Tries before the time that rate limits told.
    pub early_retries: u64,
    /// Stubs that no request used.
    pub unused_stubs: Vec<UnusedStub>,
}

/// A stub that no request used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedStub {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// A request and what became of it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its id in the journal.
    pub id: Uuid,
    /// The request.
    pub request: Request,
    /// When its head had come.
    pub began: Moment,
    /// When its answer was over, or the client had gone; `None` while it is under way.
    pub ended: Option<Moment>,
    /// The answer, as far as there was one.
    pub answer: Option<Answered>,
    /// Whether anything matched it.
    pub is_matched: bool,
    /// The stub that answered.
    pub stub: Option<String>,
    /// What went wrong on purpose.
    pub fault: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Whether the client was given all of it.
    pub is_whole: bool,
}

impl Seen {
    /// The status of its answer.
    pub fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    /// Whether a client may well try it again: it has no whole answer, or one of 408, 425, 429 or 5xx,
    /// or something went wrong on purpose.
    pub fn has_failed(&self) -> bool {
        let Some(answer) = &self.answer else { return true };
        !answer.is_whole
            || self.fault.is_some()
            || matches!(answer.status, 408 | 425 | 429 | 500..=599)
    }
}
