//! The behaviors of one moment: those of everybody, and those of one session.

use std::{collections::HashMap, sync::Arc};

use super::rules::LiveBehaviors;
use crate::model::{Place, ServiceName, StubId};

/// The behaviors of one moment, as one session sees them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BehaviorSet {
    pub(super) base: Arc<Base>,
    pub(super) session: Option<Arc<LiveBehaviors>>,
}

/// What holds in every session, and what holds in the default one.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) all: Arc<LiveBehaviors>,
    pub(super) services: HashMap<ServiceName, Arc<LiveBehaviors>>,
    pub(super) stubs: HashMap<StubId, Arc<LiveBehaviors>>,
    pub(super) default_session: Option<Arc<LiveBehaviors>>,
    /// Whether any place but a session has a rule.
    has_rules: bool,
}

impl Default for Base {
    fn default() -> Self {
        Self {
            all: Arc::new(LiveBehaviors::none(Place::All)),
            services: HashMap::new(),
            stubs: HashMap::new(),
            default_session: None,
            has_rules: false,
        }
    }
}

impl BehaviorSet {
    /// Whether a rule may befall the session's requests; where none may, nothing but latency is to be
    /// looked for.
    pub fn has_rules(&self) -> bool {
        self.base.has_rules || self.session.as_ref().is_some_and(|live| !live.rules.is_empty())
    }

    /// What holds for a stub, the session, a service, and all: the innermost first.
    pub fn around(
        &self,
        stub: Option<StubId>,
        service: Option<&ServiceName>,
    ) -> [Option<&LiveBehaviors>; 4] {
        let base = &self.base;
        // A look into an empty map would still hash.
        let stub = stub.filter(|_| !base.stubs.is_empty()).and_then(|id| base.stubs.get(&id));
        let service = service.filter(|_| !base.services.is_empty());
        let service = service.and_then(|name| base.services.get(name));
        [stub.map(Arc::as_ref), self.session.as_deref(), service.map(Arc::as_ref), Some(&*base.all)]
    }
}

impl Base {
    /// Whether nothing holds anywhere, the default session included, but where latency comes from.
    pub(super) fn is_only_latency(&self) -> bool {
        self.default_session.is_none()
            && self.services.is_empty()
            && self.stubs.is_empty()
            && self.all.rules.is_empty()
            && self.all.limits.is_empty()
    }

    /// What holds at a place, where anything does; of sessions, there is only the default one.
    pub(super) fn get(&self, place: &Place) -> Option<&Arc<LiveBehaviors>> {
        match place {
            Place::Request => None,
            Place::Stub(id) => self.stubs.get(id),
            Place::Session(_) => self.default_session.as_ref(),
            Place::Service(name) => self.services.get(name),
            Place::All => Some(&self.all),
        }
    }

    /// Has this hold at its place, and nothing else.
    pub(super) fn put(&mut self, live: LiveBehaviors) {
        let is_empty = live.is_empty();
        let live = Arc::new(live);
        match live.place.clone() {
            Place::Request => {}
            Place::Stub(id) if is_empty => drop(self.stubs.remove(&id)),
            Place::Stub(id) => drop(self.stubs.insert(id, live)),
            Place::Session(_) => self.default_session = (!is_empty).then_some(live),
            Place::Service(name) if is_empty => drop(self.services.remove(&name)),
            Place::Service(name) => drop(self.services.insert(name, live)),
            Place::All => self.all = live,
        }
        let mut places = self.services.values().chain(self.stubs.values());
        self.has_rules = !self.all.rules.is_empty() || places.any(|live| !live.rules.is_empty());
    }
}
