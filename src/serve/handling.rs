//! What became of a request, told once: when it is known, or when the client leaves before it is. Its
//! handling is then dropped, wherever it waits.

use std::sync::Arc;

use http::{Method, StatusCode, uri::PathAndQuery};

use super::{
    client::Client,
    entry::Entry,
    observed::{Observed, told},
    state::State,
    tee::Stopwatch,
};
use crate::model::{Handled, Outcome};

/// What is needed to say what became of a request.
pub(super) struct Handling {
    pub(super) state: Arc<State>,
    pub(super) client: Arc<Client>,
    pub(super) number: u64,
    pub(super) watch: Stopwatch,
    pub(super) method: Method,
    pub(super) target: PathAndQuery,
    pub(super) observed: Observed,
}

impl Handling {
    /// Says what became of it.
    pub(super) fn done(&self, status: Option<StatusCode>, outcome: Outcome) {
        self.observed.tell(status, told(&outcome));
        self.state.handled(outcome, |outcome| Handled {
            number: self.number,
            method: self.method.to_string(),
            target: self.state.redactor.target(self.target.as_str()).into_owned(),
            status: status.map(|status| status.as_u16()),
            latency: self.watch.elapsed(),
            outcome,
        });
    }

    /// What is to become of it, as far as that is known; also if it is not brought to its end.
    pub(super) fn fate<'h>(&'h self, entry: Option<&'h Entry>, outcome: Outcome) -> Fate<'h> {
        Fate { handling: self, entry, outcome, is_told: false }
    }
}

/// What becomes of a request, told when it is dropped if it was not before.
pub(super) struct Fate<'h> {
    handling: &'h Handling,
    entry: Option<&'h Entry>,
    /// What ringer did.
    pub(super) outcome: Outcome,
    is_told: bool,
}

impl Fate<'_> {
    /// Tells it, with the status of the answer where there is one.
    pub(super) fn tell(mut self, status: Option<StatusCode>) {
        self.tell_now(status);
    }

    fn tell_now(&mut self, status: Option<StatusCode>) {
        self.is_told = true;
        Entry::becomes(self.entry, &self.outcome);
        self.handling.done(status, std::mem::replace(&mut self.outcome, Outcome::Missed));
    }
}

impl Drop for Fate<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell_now(None);
        }
    }
}
