//! What judging comes to.

use std::{borrow::Cow, time::Duration};

use uuid::Uuid;

use super::evidence::Seen;

/// Requests that a finding cites; the rest is counted.
const MOST_CITED: usize = 20;

/// Whether an expectation was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was.
    Passed,
    /// What would be needed to say so is gone: as bad as failed.
    Unjudged,
    /// It was not.
    Failed,
}

impl Outcome {
    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Unjudged => "unjudged",
            Self::Failed => "failed",
        }
    }
}

/// What all expectations come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Each of them.
    pub judged: Vec<Judged>,
    /// The session; the default one's is empty.
    pub session: String,
    /// Requests that were looked at.
    pub requests: u64,
    /// Requests that the journal no longer has.
    pub dropped: u64,
}

impl Verdict {
    /// Whether every expectation was met.
    pub fn is_passed(&self) -> bool {
        self.judged.iter().all(|judged| judged.outcome() == Outcome::Passed)
    }

    /// How many were not met, or could not be judged.
    pub fn n_unmet(&self) -> usize {
        self.judged.len() - self.n_with(Outcome::Passed)
    }

    /// How many came to this.
    pub fn n_with(&self, outcome: Outcome) -> usize {
        self.judged.iter().filter(|judged| judged.outcome() == outcome).count()
    }
}

/// What one expectation comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// Its name.
    pub name: String,
    /// What it was judged by, in words: `3 requests, 2 retries`.
    pub basis: String,
    /// Why it was not met; empty where it was.
    pub findings: Vec<Finding>,
}

impl Judged {
    /// Whether it was met.
    pub fn outcome(&self) -> Outcome {
        let all = self.findings.iter().map(|finding| finding.outcome);
        all.max().unwrap_or(Outcome::Passed)
    }
}

/// Why an expectation was not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Not met, or cannot be told.
    pub outcome: Outcome,
    /// Which demand: `count`, `order`, `retries.gaps`.
    pub about: Cow<'static, str>,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub got: String,
    /// The requests concerned, in the order in which they came.
    pub requests: Vec<Cited>,
    /// How many more there are.
    pub n_more: usize,
}

impl Finding {
    /// Something is not as expected.
    pub(super) fn failed(about: &'static str, expected: String, got: String) -> Self {
        Self {
            outcome: Outcome::Failed,
            about: Cow::Borrowed(about),
            expected,
            got,
            requests: Vec::new(),
            n_more: 0,
        }
    }

    /// What would be needed is gone; `why` says so.
    pub(super) fn unjudged(about: &'static str, expected: String, why: String) -> Self {
        Self { outcome: Outcome::Unjudged, ..Self::failed(about, expected, why) }
    }

    /// With the requests concerned.
    pub(super) fn citing(mut self, requests: impl IntoIterator<Item = Cited>) -> Self {
        for cited in requests {
            if self.requests.len() < MOST_CITED {
                self.requests.push(cited);
            } else {
                self.n_more += 1;
            }
        }
        self
    }
}

/// A request that a finding is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Cited {
    /// Its number in the session, from 1, in the order in which requests came.
    pub number: u64,
    /// Its id in the journal.
    pub id: Uuid,
    /// When it came, by the session's clock, since the session began.
    pub at: Duration,
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub url: String,
    /// The status of its answer; `None` where there was none.
    pub status: Option<u16>,
    /// The stub that answered.
    pub stub: Option<String>,
    /// What about it: `80ms after #2`.
    pub note: Option<String>,
}

impl Cited {
    pub(super) fn of(number: u64, seen: &Seen) -> Self {
        Self {
            number,
            id: seen.id,
            at: seen.began.session,
            method: seen.request.method.to_string(),
            url: seen.request.target.to_string(),
            status: seen.status(),
            stub: seen.stub.clone(),
            note: None,
        }
    }

    pub(super) fn noting(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}
