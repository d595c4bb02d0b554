//! What befell the requests of an earlier run, to befall them again.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

use super::applied::Applied;
use crate::{model::Place, runtime::Seed};

/// What a log of faults says of each request. Where there is one, nothing else strikes.
#[derive(Clone, Debug, Default)]
pub struct Script(HashMap<ScriptKey, Recalled>);

/// Which request of which rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScriptKey {
    /// The session.
    pub session: String,
    /// Where the rule is held.
    pub place: Place,
    /// Its name; empty for latency.
    pub rule: String,
    /// What was counted; nil where the rule counts all together.
    pub subject: Uuid,
    /// The number of the request.
    pub number: u64,
}

/// What befell it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recalled {
    /// The seed of all draws but that of the probability.
    pub seed: Seed,
    /// How long the answer waited.
    pub wait: Option<Duration>,
}

impl Script {
    /// Adds what befell a request of a session.
    pub fn add(&mut self, session: &str, applied: Applied) {
        let subject = if applied.is_together { Uuid::nil() } else { applied.subject.id() };
        let key = ScriptKey {
            session: session.to_owned(),
            place: applied.place,
            rule: applied.rule,
            subject,
            number: applied.number,
        };
        self.0.insert(key, Recalled { seed: applied.seed, wait: applied.wait });
    }

    /// What befell a request; `None` where nothing did.
    pub fn get(&self, key: &ScriptKey) -> Option<Recalled> {
        self.0.get(key).copied()
    }

    /// Each rule that struck, and its place.
    pub fn rules(&self) -> impl Iterator<Item = (&Place, &str)> {
        self.0.keys().map(|key| (&key.place, key.rule.as_str()))
    }
}
