//! Which profile is in effect at which place, and what it added to what else holds there.

use std::collections::{BTreeMap, HashSet};

use parking_lot::{Mutex, MutexGuard};

use super::rules::LiveBehaviors;
use crate::model::{Behaviors, LatencySource, Place};

/// The profiles in effect, by place.
#[derive(Debug, Default)]
pub struct Profiles {
    current: Mutex<BTreeMap<Place, InEffect>>,
    /// That of the start, for all, which a reset goes back to.
    configured: Option<InEffect>,
}

/// A profile in effect.
#[derive(Clone, Debug)]
pub(super) struct InEffect {
    pub(super) name: String,
    /// What it added.
    pub(super) names: Vec<String>,
    /// Whether it says where latency comes from, and what was said before.
    pub(super) latency: Option<Option<LatencySource>>,
}

impl Profiles {
    /// With one that is in effect from the start: what holds for all `with` it, and what would hold
    /// `without`.
    pub fn configured(name: &str, without: &Behaviors, with: &Behaviors) -> Self {
        let names = |behaviors: &Behaviors| -> Vec<String> {
            let rules = behaviors.rules.iter().map(|rule| &rule.name);
            rules.chain(behaviors.limits.iter().map(|limit| &limit.name)).cloned().collect()
        };
        let known: HashSet<String> = names(without).into_iter().collect();
        let mut added = names(with);
        added.retain(|name| !known.contains(name));
        let latency = (with.latency != without.latency).then(|| without.latency.clone());
        let configured = InEffect { name: name.to_owned(), names: added, latency };
        let current = BTreeMap::from([(Place::All, configured.clone())]);
        Self { current: Mutex::new(current), configured: Some(configured) }
    }

    /// What the one of a place is called; `None` where none is in effect.
    pub fn name(&self, place: &Place) -> Option<String> {
        self.current.lock().get(place).map(|current| current.name.clone())
    }

    /// Forgets the one of a place: what holds there has been replaced.
    pub fn forget(&self, place: &Place) {
        self.current.lock().remove(place);
    }

    /// The one of the start is in effect again, if it was at this place: what holds there has been
    /// reset.
    pub(super) fn reset(&self, place: &Place) {
        let mut current = self.current.lock();
        match &self.configured {
            Some(configured) if *place == Place::All => {
                current.insert(Place::All, configured.clone());
            }
            _ => drop(current.remove(place)),
        }
    }

    /// Holds them; to be kept short.
    pub(super) fn hold(&self) -> MutexGuard<'_, BTreeMap<Place, InEffect>> {
        self.current.lock()
    }
}

impl InEffect {
    /// One that has added nothing yet.
    pub(super) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), names: Vec::new(), latency: None }
    }

    /// Takes what it added away.
    pub(super) fn leave(&self, live: &mut LiveBehaviors) {
        live.rules.retain(|rule| !self.names.contains(&rule.name));
        live.limits.retain(|limit| !self.names.contains(&limit.written.name));
        if let Some(latency) = &self.latency {
            live.latency.clone_from(latency);
        }
    }
}
