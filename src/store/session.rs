//! What one run of a test remembers: hits of stubs, states of scenarios, requests, and what is left of
//! limits.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use parking_lot::RwLock;

use super::{
    clock::SessionClock,
    journal::{Journal, Journals},
    limits::Counters,
    overlay::SessionStubs,
    recording::Recording,
    scenarios::Scenarios,
    settings::{GlobalSettings, SharedSettings},
    stubs::StubStore,
    turns::TurnCounts,
    values::Values,
};
use crate::{
    model::{Expectations, Mode, SessionName, StubId},
    runtime::{Clock, Seed},
};

/// Pairs of values are forgotten beyond this many, all at once: it is a load test, in which no value
/// comes back.
const MAX_PAIRS: usize = 20_000;

/// What is allocated for every session beside itself: its clock and its counters.
const FIXED_BYTES: usize = size_of::<SessionClock>() + size_of::<Counters>() + 256;
/// What a stub that was hit takes.
const HIT_BYTES: usize = size_of::<(StubId, AtomicU64)>() + 8;
/// What a pair of values takes beside its texts.
const PAIR_BYTES: usize = size_of::<(String, String)>() + 16;

/// Which recorded values the values of this session's client stand for.
#[derive(Debug, Default)]
struct Pairs {
    recorded_by_now: HashMap<String, String>,
    now_by_recorded: HashMap<String, String>,
}

/// What a session has of its own where others have what ringer was started with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Seed of its draws.
    pub seed: Option<Seed>,
    /// Where its answers come from, whatever the service.
    pub mode: Option<Mode>,
    /// For how long nobody asks anything of it until it is forgotten.
    pub idle: Option<Duration>,
}

/// The state of one session; nothing in it is shared with another.
#[derive(Debug)]
pub struct Session {
    name: SessionName,
    /// When somebody last asked for it, in milliseconds since the sessions began.
    touched: AtomicU64,
    has_terms: AtomicBool,
    terms: RwLock<Terms>,
    /// Settings of the sessions that have none of their own.
    base_settings: Arc<SharedSettings>,
    own_settings: ArcSwapOption<GlobalSettings>,
    n_requests: AtomicU64,
    stubs: SessionStubs,
    clock: Arc<SessionClock>,
    scenarios: Scenarios,
    journal: Journal,
    recording: Recording,
    hits: RwLock<HashMap<StubId, AtomicU64, RandomState>>,
    /// Stubs that were hit before the last reset.
    used: RwLock<HashSet<StubId>>,
    pairs: RwLock<Pairs>,
    values: Values,
    limits: Arc<Counters>,
    turns: TurnCounts,
    /// What a test expects of its client.
    expectations: RwLock<Option<Arc<Expectations>>>,
}

impl Session {
    /// A session without a past and without a journal.
    pub fn new(name: SessionName) -> Self {
        Self::open(name, &Journals::off(), Arc::default(), Arc::default())
    }

    /// A session without a past that keeps one of these journals. `settings` hold until it is given its
    /// own; the default session's stubs are `stubs`, and another's lie over them.
    pub fn open(
        name: SessionName,
        journals: &Arc<Journals>,
        settings: Arc<SharedSettings>,
        stubs: Arc<StubStore>,
    ) -> Self {
        Self {
            journal: journals.open(name.clone()),
            stubs: SessionStubs::over(stubs),
            name,
            touched: AtomicU64::new(0),
            has_terms: AtomicBool::new(false),
            terms: RwLock::default(),
            base_settings: settings,
            own_settings: ArcSwapOption::const_empty(),
            n_requests: AtomicU64::new(0),
            clock: Arc::new(SessionClock::new(Clock::start())),
            scenarios: Scenarios::default(),
            recording: Recording::default(),
            hits: RwLock::default(),
            used: RwLock::default(),
            pairs: RwLock::default(),
            values: Values::default(),
            limits: Arc::default(),
            turns: TurnCounts::default(),
            expectations: RwLock::default(),
        }
    }

    /// What a test expects of its client, if anything.
    pub fn expectations(&self) -> Option<Arc<Expectations>> {
        self.expectations.read().clone()
    }

    /// Replaces what a test expects.
    pub fn expect(&self, expectations: Option<Arc<Expectations>>) {
        *self.expectations.write() = expectations;
    }

    /// Its time: what has to do with dates, windows and limits reads this one and no other.
    pub fn clock(&self) -> &Arc<SessionClock> {
        &self.clock
    }

    /// The stubs that its requests see.
    pub fn stubs(&self) -> &SessionStubs {
        &self.stubs
    }

    /// In which states its scenarios are.
    pub fn scenarios(&self) -> &Scenarios {
        &self.scenarios
    }

    /// Its requests of late.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What is recorded of it over the admin API.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What its templates keep from request to request.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// How often each rule has had a request to look at.
    pub fn turns(&self) -> &TurnCounts {
        &self.turns
    }

    /// What is counted of rate limits.
    pub fn limits(&self) -> &Arc<Counters> {
        &self.limits
    }

    /// Its name.
    pub fn name(&self) -> &SessionName {
        &self.name
    }

    /// What it has of its own where others have what ringer was started with.
    pub fn terms(&self) -> Terms {
        // Each request asks, and few sessions have any.
        if self.has_terms.load(Ordering::Acquire) { *self.terms.read() } else { Terms::default() }
    }

    /// Gives it such; what is not given is as it was for all.
    pub fn set_terms(&self, terms: Terms) {
        *self.terms.write() = terms;
        self.has_terms.store(true, Ordering::Release);
    }

    /// What holds for every stub in it.
    pub fn settings(&self) -> Arc<GlobalSettings> {
        let own = self.own_settings.load_full();
        own.unwrap_or_else(|| Arc::clone(&self.base_settings.load()))
    }

    /// Whether stubs that ask for no wait have none.
    pub fn has_no_waits(&self) -> bool {
        let none =
            |settings: &GlobalSettings| settings.fixed_delay.is_none() && settings.delay.is_none();
        match &*self.own_settings.load() {
            Some(own) => none(own),
            None => none(&self.base_settings.load()),
        }
    }

    /// Replaces what holds for every stub in it; of the default session, in all that have nothing of
    /// their own.
    pub fn replace_settings(&self, settings: GlobalSettings) {
        if self.name.is_default() {
            self.base_settings.replace(settings);
        } else {
            self.own_settings.store(Some(Arc::new(settings)));
        }
    }

    /// Counts a request.
    pub fn count_request(&self) {
        self.n_requests.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests it had, resets or not.
    pub fn n_requests(&self) -> u64 {
        self.n_requests.load(Ordering::Relaxed)
    }

    /// Says that somebody asked for it at this time since the sessions began.
    pub(super) fn touch(&self, now: Duration) {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.touched.fetch_max(now, Ordering::Relaxed);
    }

    /// When somebody last asked for it, since the sessions began.
    pub(super) fn touched(&self) -> Duration {
        Duration::from_millis(self.touched.load(Ordering::Relaxed))
    }

    /// Every stub that was ever hit, resets or not.
    pub(super) fn used(&self) -> HashSet<StubId> {
        let used = self.used.read();
        self.hits.read().keys().chain(used.iter()).copied().collect()
    }

    /// Forgets how far every sequence and scenario has come, what the client's values stand for, the
    /// values of templates, what rules and limits have counted, and the requests.
    pub fn reset(&self) {
        self.scenarios.reset();
        self.journal.clear();
        self.values.reset();
        self.recount();
        *self.pairs.write() = Pairs::default();
    }

    /// Has it be as if it were made now, but for its terms: it has no stubs and settings of its own, its
    /// clock shows real time, and nothing is remembered. The default session keeps its stubs and
    /// settings, which are everybody's.
    pub fn restart(&self) {
        self.stubs.reset();
        self.own_settings.store(None);
        self.clock.reset();
        drop(self.recording.stop());
        self.reset();
    }

    /// About how many bytes it takes. What it has in common with others does not count.
    pub fn bytes(&self) -> usize {
        let pairs = {
            let pairs = self.pairs.read();
            let texts =
                pairs.recorded_by_now.iter().map(|(now, recorded)| now.len() + recorded.len());
            2 * texts.map(|length| length + PAIR_BYTES).sum::<usize>()
        };
        size_of::<Self>()
            + FIXED_BYTES
            + self.name.as_str().len()
            + self.stubs.bytes()
            + self.scenarios.bytes()
            + self.journal.bytes()
            + self.hits.read().capacity() * HIT_BYTES
            + self.used.read().capacity() * size_of::<StubId>()
            + pairs
            + self.values.bytes()
            + self.limits.bytes()
            + self.turns.bytes()
    }

    /// Forgets what was counted: hits of stubs, with how far each sequence has come, turns of rules, and
    /// what was taken of limits. Draws begin anew.
    pub fn recount(&self) {
        self.limits.reset();
        self.turns.reset();
        self.used.write().extend(self.hits.write().drain().map(|(stub, _)| stub));
    }

    /// Claims the next hit of a stub; the first is 0. Each number is given once, however many
    /// requests race for it.
    pub fn claim(&self, stub: StubId) -> u64 {
        if let Some(counter) = self.hits.read().get(&stub) {
            return counter.fetch_add(1, Ordering::Relaxed);
        }
        self.hits.write().entry(stub).or_default().fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a stub was ever hit, resets or not.
    pub fn was_used(&self, stub: StubId) -> bool {
        self.hits(stub) > 0 || self.used.read().contains(&stub)
    }

    /// How often a stub was hit since the last reset.
    pub fn hits(&self, stub: StubId) -> u64 {
        self.hits.read().get(&stub).map_or(0, |hits| hits.load(Ordering::Relaxed))
    }

    /// Notes which recorded values the client's own stand for: `(recorded, now)`.
    pub fn learn(&self, pairs: impl IntoIterator<Item = (String, String)>) {
        let mut known = self.pairs.write();
        for (recorded, now) in pairs {
            if known.recorded_by_now.len() >= MAX_PAIRS {
                *known = Pairs::default();
            }
            known.recorded_by_now.insert(now.clone(), recorded.clone());
            known.now_by_recorded.insert(recorded, now);
        }
    }

    /// Whether one of two values is known to stand for another one than the other.
    pub fn contradicts(&self, recorded: &str, now: &str) -> bool {
        let known = self.pairs.read();
        known.recorded_by_now.get(now).is_some_and(|other| other != recorded)
            || known.now_by_recorded.get(recorded).is_some_and(|other| other != now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_value_stands_for_one_recorded_value() {
        let session = Session::new(SessionName::default());
        let pair = |recorded: &str, now: &str| [(recorded.to_owned(), now.to_owned())];
        session.learn(pair("a", "x"));
        assert!(!session.contradicts("a", "x"));
        assert!(!session.contradicts("b", "y"));
        assert!(session.contradicts("a", "y"));
        assert!(session.contradicts("b", "x"));
    }

    #[test]
    fn a_session_of_which_nothing_was_asked_is_small() {
        let session = Session::new("checkout-7".parse().unwrap());
        assert!(session.bytes() <= 2048, "{} bytes", session.bytes());
    }

    #[test]
    fn racing_requests_claim_each_hit_once() {
        let session = Session::new(SessionName::default());
        let stub = StubId(Uuid::from_u128(1));
        let claimed: BTreeSet<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..100).map(|_| session.claim(stub)).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(claimed, (0..800).collect());
        assert_eq!(session.hits(stub), 800);
    }
}
