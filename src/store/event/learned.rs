//! What an entry learns of its exchange beside the answer.

use std::time::Duration;

use super::ServeEvent;
use crate::store::{applied::Drawn, outcome::ExchangeOutcome, served::Note};

/// Notes on one entry beyond which no more are taken.
const MAX_NOTES: usize = 32;

impl ServeEvent {
    /// What else happened, in order.
    pub fn notes(&self) -> Vec<Note> {
        self.later.lock().notes.clone()
    }

    /// What befell it on purpose, and the seed of that.
    pub fn drawn(&self) -> Option<Drawn> {
        self.later.lock().drawn.as_deref().cloned()
    }

    /// Says for how long the answer is held back, and what befalls it on purpose where that is told.
    pub fn set_plan(&self, delay: Duration, drawn: Option<Drawn>) {
        let mut later = self.later.lock();
        later.delay = delay;
        later.drawn = drawn.map(Box::new);
    }

    /// Says how long the real API took to the head of its answer.
    pub fn set_upstream(&self, time: Duration) {
        self.later.lock().upstream = Some(time);
    }

    /// Says what becomes of it.
    pub fn set_outcome(&self, outcome: ExchangeOutcome) {
        self.later.lock().outcome = Some(outcome);
    }

    /// Says why the real API did not answer.
    pub fn set_failure(&self, reason: &str) {
        self.later.lock().failure = Some(reason.into());
    }

    /// Adds what else happened.
    pub fn note(&self, note: Note) {
        let mut later = self.later.lock();
        if later.notes.len() < MAX_NOTES {
            later.notes.push(note);
        }
    }
}
