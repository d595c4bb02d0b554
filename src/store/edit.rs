//! Changes of behaviors that are made whole: a document that is added, a profile that takes the place of
//! another.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::{
    behaviors::{BehaviorError, SharedBehaviors},
    profiles::InEffect,
    rules::{LiveBehaviors, LiveRule, live_limit},
};
use crate::model::{Behaviors, Place, RateLimit, Rule};

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

    /// Has a profile take the place of the one in effect at a place.
    ///
    /// # Errors
    ///
    /// A pattern cannot be honoured, or there are too many rules; the one before stays then.
    pub fn put_profile(
        &self,
        place: &Place,
        name: &str,
        profile: Behaviors,
        now: Duration,
    ) -> Result<(), BehaviorError> {
        let mut profiles = self.profiles().hold();
        let before = profiles.get(place);
        let mut made = InEffect::named(name);
        self.change(place, |live| {
            if let Some(before) = before {
                before.leave(live);
            }
            if profile.latency.is_some() {
                made.latency = Some(std::mem::replace(&mut live.latency, profile.latency));
            }
            for mut rule in profile.rules {
                if live.has(&rule.name) {
                    rule.name = live.free_name(&rule.name);
                }
                made.names.push(rule.name.clone());
                live.rules.push(Arc::new(LiveRule::compile(place, rule, now, self.serial())?));
            }
            for mut limit in profile.limits {
                if live.has(&limit.name) {
                    limit.name = live.free_name(&limit.name);
                }
                made.names.push(limit.name.clone());
                live.put_limit(&limit)?;
            }
            Ok(())
        })?;
        profiles.insert(place.clone(), made);
        Ok(())
    }

    /// Takes the profile in effect at a place away; whether there was one.
    ///
    /// # Errors
    ///
    /// None that it could have: less is always possible.
    pub fn remove_profile(&self, place: &Place) -> Result<bool, BehaviorError> {
        let mut profiles = self.profiles().hold();
        let Some(before) = profiles.get(place) else { return Ok(false) };
        self.change(place, |live| {
            before.leave(live);
            Ok(())
        })?;
        profiles.remove(place);
        Ok(true)
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
