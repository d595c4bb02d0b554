//! What befell the requests of an earlier run, to befall them again.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

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
    /// What was counted: a stub, an endpoint, or all together.
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
    /// Adds what befell one request.
    pub fn add(&mut self, key: ScriptKey, recalled: Recalled) {
        self.0.insert(key, recalled);
    }

    /// What befell a request; `None` where nothing did.
    pub fn get(&self, key: &ScriptKey) -> Option<Recalled> {
        self.0.get(key).copied()
    }
}
