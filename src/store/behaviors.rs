//! The behaviors of this moment by place, read without a lock and changed while requests are served.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use parking_lot::{Mutex, RwLock};
use thiserror::Error;
use tokio::sync::watch;

use super::{
    behavior_set::{Base, BehaviorSet},
    profiles::Profiles,
    rules::{LiveBehaviors, LiveRule},
};
use crate::{
    matching::CompileError,
    model::{Behaviors, LatencySource, Place, RateLimit, Rule, SessionName},
};

/// Rules and limits that one place may hold: each costs every request that it may befall.
const MAX_AT_A_PLACE: usize = 1000;

/// Why behaviors were not changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BehaviorError {
    /// A request pattern cannot be honoured.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The place has a rule or limit of this name.
    #[error("`{place}` has a `{name}` already: remove it first, or choose another name")]
    Duplicate {
        /// The place.
        place: Place,
        /// The name.
        name: String,
    },
    /// The place takes no more.
    #[error("`{0}` has {MAX_AT_A_PLACE} rules already: remove some first")]
    Full(Place),
    /// Nobody can set what a request brings itself.
    #[error("what holds for one request comes with the request: choose another place")]
    Request,
}

/// The session other than the default one that a place is.
fn other_session(place: &Place) -> Option<&str> {
    match place {
        Place::Session(name) if !name.is_empty() => Some(name),
        _ => None,
    }
}

/// Where behaviors are read and changed. `now` is the time of the session's clock from which a change
/// holds.
///
/// Those of sessions are kept apart: many sessions that each change their own cost each other nothing.
#[derive(Debug, Default)]
pub struct SharedBehaviors {
    base: ArcSwap<Base>,
    sessions: RwLock<HashMap<String, Arc<LiveBehaviors>>>,
    /// How many sessions have some.
    n_sessions: AtomicUsize,
    /// Held by who changes; what was configured is gone back to by a reset.
    configured: Mutex<Vec<(Place, Behaviors)>>,
    profiles: Profiles,
    serials: AtomicU64,
    changed: watch::Sender<()>,
}

impl SharedBehaviors {
    /// What was configured, in service from the start of the session.
    ///
    /// # Errors
    ///
    /// A request pattern that cannot be honoured.
    pub fn new(configured: Vec<(Place, Behaviors)>) -> Result<Self, BehaviorError> {
        let shared = Self::default();
        for (place, behaviors) in &configured {
            shared.put_back(place, behaviors, Duration::ZERO)?;
        }
        *shared.configured.lock() = configured;
        Ok(shared)
    }

    /// The same, with a profile in effect that is among it.
    #[must_use]
    pub fn with_profiles(mut self, profiles: Profiles) -> Self {
        self.profiles = profiles;
        self
    }

    /// The profiles in effect.
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// The behaviors of this moment, as the default session sees them.
    pub fn load(&self) -> BehaviorSet {
        let base = self.base.load_full();
        let session = base.default_session.clone();
        BehaviorSet { base, session }
    }

    /// The behaviors of this moment, as a session sees them.
    pub fn of(&self, session: &SessionName) -> BehaviorSet {
        if session.is_default() {
            return self.load();
        }
        let mut own = None;
        if self.n_sessions.load(Ordering::Acquire) > 0 {
            own = self.sessions.read().get(session.as_str()).cloned();
        }
        BehaviorSet { base: self.base.load_full(), session: own }
    }

    /// Where the latency of a session's answers comes from, where nothing else holds for its requests but
    /// what their stubs say.
    pub fn only_latency(&self, session: &SessionName) -> Option<LatencySource> {
        if !session.is_default() && self.n_sessions.load(Ordering::Acquire) > 0 {
            return None;
        }
        let base = self.base.load();
        base.is_only_latency().then(|| base.all.latency.clone().unwrap_or_default())
    }

    /// What holds at a place, where anything does.
    pub fn at(&self, place: &Place) -> Option<Arc<LiveBehaviors>> {
        match other_session(place) {
            Some(name) => self.sessions.read().get(name).cloned(),
            None => self.base.load().get(place).cloned(),
        }
    }

    /// Every place that says something, with what it says, as it was written: the places of everybody
    /// for the default session, for another one only its own.
    pub fn written(&self, session: &SessionName) -> BTreeMap<Place, Behaviors> {
        let mut all = Vec::new();
        if session.is_default() {
            let base = self.base.load();
            all.extend(base.services.values().chain(base.stubs.values()).cloned());
            all.extend(base.default_session.clone());
            all.push(Arc::clone(&base.all));
        } else {
            all.extend(self.at(&Place::Session(session.as_str().to_owned())));
        }
        let said = all.into_iter().filter(|live| !live.is_empty());
        said.map(|live| (live.place.clone(), live.written())).collect()
    }

    /// Tells of each change from now on.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Adds a rule after all others of a place.
    ///
    /// # Errors
    ///
    /// Its name is taken there, its pattern cannot be honoured, or the place takes no more.
    pub fn add(&self, place: &Place, rule: Rule, now: Duration) -> Result<(), BehaviorError> {
        let rule = LiveRule::compile(place, rule, now, self.serial())?;
        self.change(place, |live| {
            if live.rules.iter().any(|known| known.name == rule.name)
                || live.limits.iter().any(|known| known.written.name == rule.name)
            {
                let (place, name) = (live.place.clone(), rule.name);
                return Err(BehaviorError::Duplicate { place, name });
            }
            live.rules.push(Arc::new(rule));
            Ok(())
        })
    }

    /// Puts a rate limit at a place, where it takes the place of one of its name.
    ///
    /// # Errors
    ///
    /// A rule has its name, it cannot be honoured, or the place takes no more.
    pub fn put_limit(&self, place: &Place, limit: &RateLimit) -> Result<(), BehaviorError> {
        self.change(place, |live| live.put_limit(limit))
    }

    /// Says where latency comes from at a place; `None` leaves it to the place around.
    ///
    /// # Errors
    ///
    /// The place is one that nobody can set.
    pub fn set_latency(
        &self,
        place: &Place,
        latency: Option<LatencySource>,
    ) -> Result<(), BehaviorError> {
        self.change(place, |live| {
            live.latency = latency;
            Ok(())
        })
    }

    /// Takes a rule or a limit away; whether there was one.
    pub fn remove(&self, place: &Place, name: &str) -> bool {
        let mut was_there = false;
        let changed = self.change(place, |live| {
            let before = live.rules.len() + live.limits.len();
            live.rules.retain(|rule| rule.name != name);
            live.limits.retain(|limit| limit.written.name != name);
            was_there = live.rules.len() + live.limits.len() < before;
            Ok(())
        });
        changed.is_ok() && was_there
    }

    /// Has these hold at a place, and nothing else.
    ///
    /// # Errors
    ///
    /// A request pattern cannot be honoured.
    pub fn replace(
        &self,
        place: &Place,
        behaviors: &Behaviors,
        now: Duration,
    ) -> Result<(), BehaviorError> {
        let made = LiveBehaviors::compile(place.clone(), behaviors, now, || self.serial())?;
        self.change(place, |live| {
            *live = made;
            Ok(())
        })
    }

    /// Has a session return to what was configured for it, which mostly is nothing.
    pub fn reset_session(&self, session: &SessionName, now: Duration) {
        let place = Place::Session(session.as_str().to_owned());
        if other_session(&place).is_some() {
            let configured = self.configured.lock();
            let known = configured.iter().find(|(known, _)| *known == place);
            if known.is_some() || self.at(&place).is_some() {
                let nothing = Behaviors::default();
                let behaviors = known.map_or(&nothing, |(_, behaviors)| behaviors);
                // It compiled before.
                let _ = self.put_back(&place, behaviors, now);
            }
            // Who puts a profile in place holds them before what is configured.
            drop(configured);
            self.profiles.reset(&place);
        }
    }

    /// Goes back to what was configured, as if it had come into service now. Sessions other than the
    /// default one keep theirs.
    pub fn reset(&self, now: Duration) {
        let configured = self.configured.lock();
        let mut base = Base::default();
        let of_all = configured.iter().filter(|(place, _)| other_session(place).is_none());
        for (place, behaviors) in of_all {
            let serial = || self.serial();
            // It compiled before.
            let Ok(live) = LiveBehaviors::compile(place.clone(), behaviors, now, serial) else {
                return;
            };
            base.put(live);
        }
        self.base.store(Arc::new(base));
        drop(configured);
        self.profiles.reset(&Place::All);
        self.profiles.reset(&Place::Session(String::new()));
        self.changed.send_replace(());
    }

    /// Has what was configured for a place hold there.
    fn put_back(
        &self,
        place: &Place,
        behaviors: &Behaviors,
        now: Duration,
    ) -> Result<(), BehaviorError> {
        let live = LiveBehaviors::compile(place.clone(), behaviors, now, || self.serial())?;
        self.put_live(live);
        Ok(())
    }

    /// To be called by one at a time.
    fn put_live(&self, live: LiveBehaviors) {
        if let Some(name) = other_session(&live.place) {
            let name = name.to_owned();
            let mut sessions = self.sessions.write();
            if live.is_empty() {
                sessions.remove(&name);
            } else {
                sessions.insert(name, Arc::new(live));
            }
            self.n_sessions.store(sessions.len(), Ordering::Release);
        } else {
            let mut base = Base::clone(&self.base.load());
            base.put(live);
            self.base.store(Arc::new(base));
        }
        self.changed.send_replace(());
    }

    pub(super) fn change(
        &self,
        place: &Place,
        change: impl FnOnce(&mut LiveBehaviors) -> Result<(), BehaviorError>,
    ) -> Result<(), BehaviorError> {
        if *place == Place::Request {
            return Err(BehaviorError::Request);
        }
        let _one_at_a_time = self.configured.lock();
        let mut live = match self.at(place) {
            Some(live) => LiveBehaviors::clone(&live),
            None => LiveBehaviors::none(place.clone()),
        };
        change(&mut live)?;
        if live.rules.len() + live.limits.len() > MAX_AT_A_PLACE {
            return Err(BehaviorError::Full(live.place));
        }
        self.put_live(live);
        Ok(())
    }

    /// From 1: rules of stubs and of requests, which are numbered elsewhere, have 0.
    pub(super) fn serial(&self) -> u64 {
        self.serials.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AnswerFault, Effect, Fault, ServiceName, When};

    fn rule(name: &str) -> Rule {
        let effect = Effect::Fault(Fault::Answer(AnswerFault::InvalidJson));
        Rule { name: name.to_owned(), when: When::default(), effect }
    }

    fn names(shared: &SharedBehaviors, place: &Place) -> Vec<String> {
        let live = shared.at(place).map(|live| live.rules.clone()).unwrap_or_default();
        live.iter().map(|rule| rule.name.clone()).collect()
    }

    #[test]
    fn a_change_leaves_what_others_hold_and_what_was_there_before() {
        let configured = Behaviors { rules: vec![rule("a")], ..Behaviors::default() };
        let shared = SharedBehaviors::new(vec![(Place::All, configured)]).unwrap();
        let before = shared.at(&Place::All).unwrap();
        let service = Place::Service(ServiceName::new("api.test"));
        let s = Duration::from_secs;
        shared.add(&Place::All, rule("b"), s(5)).unwrap();
        shared.add(&service, rule("a"), s(6)).unwrap();
        assert_eq!(before.rules.len(), 1);
        assert_eq!(names(&shared, &Place::All), ["a", "b"]);
        let rules = shared.at(&Place::All).unwrap().rules.clone();
        // What was there is the same rule still, and has counted.
        assert!(Arc::ptr_eq(&rules[0], &before.rules[0]));
        assert_eq!((rules[0].since, rules[1].since), (s(0), s(5)));
        assert_ne!(rules[0].key, shared.at(&service).unwrap().rules[0].key);
        assert!(matches!(
            shared.add(&Place::All, rule("a"), s(7)),
            Err(BehaviorError::Duplicate { .. })
        ));
        assert!(shared.remove(&Place::All, "a") && !shared.remove(&Place::All, "a"));
        assert!(shared.remove(&service, "a"));
        assert!(shared.at(&service).is_none());
        shared.reset(s(9));
        assert_eq!(names(&shared, &Place::All), ["a"]);
        assert_eq!(shared.at(&Place::All).unwrap().rules[0].since, s(9));
    }

    #[test]
    fn what_holds_in_a_session_is_seen_in_no_other() {
        let configured = |name: &str| Behaviors { rules: vec![rule(name)], ..Behaviors::default() };
        let one: SessionName = "one".parse().unwrap();
        let two: SessionName = "two".parse().unwrap();
        let place = |name: &SessionName| Place::Session(name.as_str().to_owned());
        let shared = SharedBehaviors::new(vec![(place(&two), configured("a"))]).unwrap();
        shared.add(&place(&one), rule("b"), Duration::ZERO).unwrap();
        shared.add(&place(&two), rule("c"), Duration::ZERO).unwrap();
        let seen = |session: &SessionName| {
            let set = shared.of(session);
            let around = set.around(None, None);
            let rules = around.into_iter().flatten().flat_map(|live| live.rules.clone());
            let names: Vec<_> = rules.map(|rule| rule.name.clone()).collect();
            assert_eq!(set.has_rules(), !names.is_empty());
            names.join(" ")
        };
        let default = SessionName::default();
        let all = || [seen(&default), seen(&one), seen(&two)];
        assert_eq!(all(), ["", "b", "a c"]);
        assert!(shared.written(&default).is_empty());
        assert_eq!(shared.written(&one).into_keys().collect::<Vec<_>>(), [place(&one)]);
        shared.reset(Duration::ZERO);
        assert_eq!(all(), ["", "b", "a c"]);
        shared.reset_session(&one, Duration::ZERO);
        shared.reset_session(&two, Duration::ZERO);
        assert_eq!(all(), ["", "", "a"]);
        shared.add(&place(&default), rule("d"), Duration::ZERO).unwrap();
        assert_eq!(all(), ["d", "", "a"]);
    }

    #[test]
    fn nobody_sets_what_a_request_brings() {
        let shared = SharedBehaviors::default();
        let result = shared.add(&Place::Request, rule("a"), Duration::ZERO);
        assert_eq!(result, Err(BehaviorError::Request));
        assert!(!shared.load().has_rules());
    }
}
