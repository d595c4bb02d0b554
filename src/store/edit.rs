//! Changes of behaviors that are made whole: a document that is added, a profile that takes the place of
//! another.

use std::{collections::HashSet, sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::{
    behaviors::{BehaviorError, SharedBehaviors},
    rules::{LiveBehaviors, LiveRule, live_limit},
};
use crate::model::{Behaviors, LatencySource, Place, RateLimit, Rule};

/// Numbers that are tried behind a name that is taken: more than a place has rules.
const MOST_NUMBERS: usize = 10_000;

impl SharedBehaviors {
    /// Adds a document to what holds at a place: all of it, or nothing. Of names that are taken: a limit
    /// takes the place of the one that is there, and a rule gets a number behind its name unless that
    /// was `chosen`. Returns the names of what was added.
    ///
    /// # Errors
    ///
    /// A chosen name is taken, a pattern cannot be honoured, or the place takes no more.
    pub fn extend(
        &self,
        place: &Place,
        more: Behaviors,
        chosen: &HashSet<String>,
        now: Duration,
    ) -> Result<Vec<String>, BehaviorError> {
        let mut names = Vec::new();
        self.change(place, |live| {
            live.latency = more.latency.or(live.latency.take());
            for mut rule in more.rules {
                if live.has(&rule.name) {
                    if chosen.contains(&rule.name) {
                        let (place, name) = (live.place.clone(), rule.name);
                        return Err(BehaviorError::Duplicate { place, name });
                    }
                    rule.name = live.free_name(&rule.name);
                }
                names.push(rule.name.clone());
                live.rules.push(Arc::new(LiveRule::compile(place, rule, now, self.serial())?));
            }
            for limit in more.limits {
                names.push(limit.name.clone());
                live.put_limit(&limit)?;
            }
            Ok(())
        })?;
        Ok(names)
    }

    /// Puts a rule at a place, where it takes the place of one of its name.
    ///
    /// # Errors
    ///
    /// A limit has its name, its pattern cannot be honoured, or the place takes no more.
    pub fn put(&self, place: &Place, rule: Rule, now: Duration) -> Result<(), BehaviorError> {
        let rule = Arc::new(LiveRule::compile(place, rule, now, self.serial())?);
        self.change(place, |live| {
            if let Some(known) = live.rules.iter_mut().find(|known| known.name == rule.name) {
                *known = rule;
                return Ok(());
            }
            if live.has(&rule.name) {
                let (place, name) = (live.place.clone(), rule.name.clone());
                return Err(BehaviorError::Duplicate { place, name });
            }
            live.rules.push(rule);
            Ok(())
        })
    }
}

impl LiveBehaviors {
    fn has(&self, name: &str) -> bool {
        self.rules.iter().any(|known| known.name == name)
            || self.limits.iter().any(|known| known.written.name == name)
    }

    /// A name with the first number behind it that nothing has.
    fn free_name(&self, wanted: &str) -> String {
        let mut names = (2..MOST_NUMBERS).map(|number| format!("{wanted}-{number}"));
        names.find(|name| !self.has(name)).unwrap_or_else(|| wanted.to_owned())
    }

    /// Puts a limit in the place of the one of its name, or after all others.
    pub(super) fn put_limit(&mut self, limit: &RateLimit) -> Result<(), BehaviorError> {
        if self.rules.iter().any(|known| known.name == limit.name) {
            let (place, name) = (self.place.clone(), limit.name.clone());
            return Err(BehaviorError::Duplicate { place, name });
        }
        let ready = live_limit(&self.place, limit)?;
        match self.limits.iter_mut().find(|known| known.written.name == limit.name) {
            Some(known) => *known = ready,
            None => self.limits.push(ready),
        }
        Ok(())
    }
}

/// The profile that is in effect, for all, beside what else holds.
#[derive(Debug, Default)]
pub struct Profile {
    current: Mutex<Option<InEffect>>,
    /// That of the start, which a reset goes back to.
    configured: Option<InEffect>,
}

#[derive(Clone, Debug)]
struct InEffect {
    name: String,
    /// What it added.
    names: Vec<String>,
    /// Whether it says where latency comes from, and what was said before.
    latency: Option<Option<LatencySource>>,
}

impl Profile {
    /// A profile that is in effect from the start: what holds for all `with` it, and what would hold
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
        let configured = Some(InEffect { name: name.to_owned(), names: added, latency });
        Self { current: Mutex::new(configured.clone()), configured }
    }

    /// What it is called; `None` where none is in effect.
    pub fn name(&self) -> Option<String> {
        self.current.lock().as_ref().map(|current| current.name.clone())
    }

    /// Has a profile take the place of the one in effect.
    ///
    /// # Errors
    ///
    /// A pattern cannot be honoured, or there are too many rules; the one before stays then.
    pub fn put(
        &self,
        shared: &SharedBehaviors,
        name: &str,
        profile: Behaviors,
        now: Duration,
    ) -> Result<(), BehaviorError> {
        let mut current = self.current.lock();
        let before = current.as_ref();
        let mut added = Vec::new();
        let mut latency = None;
        shared.change(&Place::All, |live| {
            if let Some(before) = before {
                before.leave(live);
            }
            if profile.latency.is_some() {
                latency = Some(std::mem::replace(&mut live.latency, profile.latency));
            }
            for mut rule in profile.rules {
                if live.has(&rule.name) {
                    rule.name = live.free_name(&rule.name);
                }
                added.push(rule.name.clone());
                let rule = LiveRule::compile(&Place::All, rule, now, shared.serial())?;
                live.rules.push(Arc::new(rule));
            }
            for mut limit in profile.limits {
                if live.has(&limit.name) {
                    limit.name = live.free_name(&limit.name);
                }
                added.push(limit.name.clone());
                live.put_limit(&limit)?;
            }
            Ok(())
        })?;
        *current = Some(InEffect { name: name.to_owned(), names: added, latency });
        Ok(())
    }

    /// Takes the profile in effect away; whether there was one.
    ///
    /// # Errors
    ///
    /// None that it could have: less is always possible.
    pub fn remove(&self, shared: &SharedBehaviors) -> Result<bool, BehaviorError> {
        let mut current = self.current.lock();
        let Some(before) = current.as_ref() else { return Ok(false) };
        shared.change(&Place::All, |live| {
            before.leave(live);
            Ok(())
        })?;
        *current = None;
        Ok(true)
    }

    /// Forgets it: the behaviors have been replaced.
    pub fn forget(&self) {
        *self.current.lock() = None;
    }

    /// The one of the start is in effect again: the behaviors have been reset.
    pub fn reset(&self) {
        self.current.lock().clone_from(&self.configured);
    }
}

impl InEffect {
    fn leave(&self, live: &mut LiveBehaviors) {
        live.rules.retain(|rule| !self.names.contains(&rule.name));
        live.limits.retain(|limit| !self.names.contains(&limit.written.name));
        if let Some(latency) = &self.latency {
            live.latency.clone_from(latency);
        }
    }
}
