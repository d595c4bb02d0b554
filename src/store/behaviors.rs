//! The behaviors of this moment by place, read without a lock and changed while requests are served.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::watch;

use super::rules::{LiveBehaviors, LiveRule};
use crate::{
    matching::CompileError,
    model::{Behaviors, LatencySource, Place, RateLimit, Rule, ServiceName, StubId},
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

/// The behaviors of one moment.
#[derive(Clone, Debug)]
pub struct BehaviorSet {
    all: Arc<LiveBehaviors>,
    services: HashMap<ServiceName, Arc<LiveBehaviors>>,
    sessions: HashMap<String, Arc<LiveBehaviors>>,
    stubs: HashMap<StubId, Arc<LiveBehaviors>>,
    has_rules: bool,
}

impl Default for BehaviorSet {
    fn default() -> Self {
        Self {
            all: Arc::new(LiveBehaviors::none(Place::All)),
            services: HashMap::new(),
            sessions: HashMap::new(),
            stubs: HashMap::new(),
            has_rules: false,
        }
    }
}

impl BehaviorSet {
    /// Whether any place has a rule; where none has, nothing but latency is to be looked for.
    pub fn has_rules(&self) -> bool {
        self.has_rules
    }

    /// What holds at a place, where anything does.
    pub fn get(&self, place: &Place) -> Option<&Arc<LiveBehaviors>> {
        match place {
            Place::Request => None,
            Place::Stub(id) => self.stubs.get(id),
            Place::Session(name) => self.sessions.get(name),
            Place::Service(name) => self.services.get(name),
            Place::All => Some(&self.all),
        }
    }

    /// What holds for a stub, a session, a service, and all: the innermost first.
    pub fn around(
        &self,
        stub: Option<StubId>,
        session: &str,
        service: Option<&ServiceName>,
    ) -> [Option<&LiveBehaviors>; 4] {
        // A look into an empty map would still hash.
        let stub = stub.filter(|_| !self.stubs.is_empty()).and_then(|id| self.stubs.get(&id));
        let session = (!self.sessions.is_empty()).then(|| self.sessions.get(session)).flatten();
        let service = service.filter(|_| !self.services.is_empty());
        let service = service.and_then(|name| self.services.get(name));
        [
            stub.map(Arc::as_ref),
            session.map(Arc::as_ref),
            service.map(Arc::as_ref),
            Some(&*self.all),
        ]
    }

    /// Every place that says something, with what it says, as it was written.
    pub fn written(&self) -> BTreeMap<Place, Behaviors> {
        let places =
            self.services.values().chain(self.sessions.values()).chain(self.stubs.values());
        let places = places.chain(std::iter::once(&self.all)).filter(|live| !live.is_empty());
        places.map(|live| (live.place.clone(), live.written())).collect()
    }

    fn put(&mut self, live: LiveBehaviors) {
        let is_empty = live.is_empty();
        let live = Arc::new(live);
        match live.place.clone() {
            Place::Request => {}
            Place::Stub(id) if is_empty => drop(self.stubs.remove(&id)),
            Place::Stub(id) => drop(self.stubs.insert(id, live)),
            Place::Session(name) if is_empty => drop(self.sessions.remove(&name)),
            Place::Session(name) => drop(self.sessions.insert(name, live)),
            Place::Service(name) if is_empty => drop(self.services.remove(&name)),
            Place::Service(name) => drop(self.services.insert(name, live)),
            Place::All => self.all = live,
        }
        let mut places =
            self.services.values().chain(self.sessions.values()).chain(self.stubs.values());
        self.has_rules = !self.all.rules.is_empty() || places.any(|live| !live.rules.is_empty());
    }
}

/// Where behaviors are read and changed. `now` is the time of the session's clock from which a change
/// holds.
#[derive(Debug, Default)]
pub struct SharedBehaviors {
    current: ArcSwap<BehaviorSet>,
    /// Held by who changes; what was configured is gone back to by a reset.
    configured: Mutex<Vec<(Place, Behaviors)>>,
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
        let set = shared.made(&configured, Duration::ZERO)?;
        shared.current.store(Arc::new(set));
        *shared.configured.lock() = configured;
        Ok(shared)
    }

    /// The behaviors of this moment.
    pub fn load(&self) -> Guard<Arc<BehaviorSet>> {
        self.current.load()
    }

    /// Tells of each change from now on.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn store(&self, set: BehaviorSet) {
        self.current.store(Arc::new(set));
        self.changed.send_replace(());
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

    /// Forgets what was set for a session.
    pub fn forget_session(&self, name: &str) {
        let place = Place::Session(name.to_owned());
        if self.load().get(&place).is_some() {
            // There is nothing in it that could not be honoured.
            let _ = self.replace(&place, &Behaviors::default(), Duration::ZERO);
        }
    }

    /// Goes back to what was configured, as if it had come into service now.
    pub fn reset(&self, now: Duration) {
        let configured = self.configured.lock();
        // It compiled before.
        if let Ok(set) = self.made(&configured, now) {
            self.store(set);
        }
    }

    fn made(
        &self,
        configured: &[(Place, Behaviors)],
        now: Duration,
    ) -> Result<BehaviorSet, BehaviorError> {
        let mut set = BehaviorSet::default();
        for (place, behaviors) in configured {
            set.put(LiveBehaviors::compile(place.clone(), behaviors, now, || self.serial())?);
        }
        Ok(set)
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
        let mut set = BehaviorSet::clone(&self.current.load());
        let mut live = match set.get(place) {
            Some(live) => LiveBehaviors::clone(live),
            None => LiveBehaviors::none(place.clone()),
        };
        change(&mut live)?;
        if live.rules.len() + live.limits.len() > MAX_AT_A_PLACE {
            return Err(BehaviorError::Full(live.place));
        }
        set.put(live);
        self.store(set);
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
    use crate::model::{AnswerFault, Effect, Fault, When};

    fn rule(name: &str) -> Rule {
        let effect = Effect::Fault(Fault::Answer(AnswerFault::InvalidJson));
        Rule { name: name.to_owned(), when: When::default(), effect }
    }

    fn names(shared: &SharedBehaviors, place: &Place) -> Vec<String> {
        let set = shared.load();
        let live = set.get(place).map(|live| live.rules.clone()).unwrap_or_default();
        live.iter().map(|rule| rule.name.clone()).collect()
    }

    #[test]
    fn a_change_leaves_what_others_hold_and_what_was_there_before() {
        let configured = Behaviors { rules: vec![rule("a")], ..Behaviors::default() };
        let shared = SharedBehaviors::new(vec![(Place::All, configured)]).unwrap();
        let before = shared.load();
        let service = Place::Service(ServiceName::new("api.test"));
        let s = Duration::from_secs;
        shared.add(&Place::All, rule("b"), s(5)).unwrap();
        shared.add(&service, rule("a"), s(6)).unwrap();
        assert_eq!(before.get(&Place::All).unwrap().rules.len(), 1);
        assert_eq!(names(&shared, &Place::All), ["a", "b"]);
        let set = shared.load();
        let rules = &set.get(&Place::All).unwrap().rules;
        // What was there is the same rule still, and has counted.
        assert!(Arc::ptr_eq(&rules[0], &before.get(&Place::All).unwrap().rules[0]));
        assert_eq!((rules[0].since, rules[1].since), (s(0), s(5)));
        assert_ne!(rules[0].key, set.get(&service).unwrap().rules[0].key);
        assert!(matches!(
            shared.add(&Place::All, rule("a"), s(7)),
            Err(BehaviorError::Duplicate { .. })
        ));
        assert!(shared.remove(&Place::All, "a") && !shared.remove(&Place::All, "a"));
        assert!(shared.remove(&service, "a"));
        assert!(shared.load().get(&service).is_none());
        shared.reset(s(9));
        assert_eq!(names(&shared, &Place::All), ["a"]);
        assert_eq!(shared.load().get(&Place::All).unwrap().rules[0].since, s(9));
    }

    #[test]
    fn nobody_sets_what_a_request_brings() {
        let shared = SharedBehaviors::default();
        let result = shared.add(&Place::Request, rule("a"), Duration::ZERO);
        assert_eq!(result, Err(BehaviorError::Request));
        assert!(!shared.load().has_rules() && shared.load().written().is_empty());
    }
}
