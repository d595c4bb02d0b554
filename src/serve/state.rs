//! What every request needs, made once; and that as one session sees it.

use std::{
    collections::BTreeMap,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::{
    administration::AdminDoor,
    announcer::Announcer,
    capture::Spool,
    lines::Lines,
    route::Router,
    settings::{Answers, Limits, ReadRequestFaults},
    spellings::Spellings,
    surroundings::Surroundings,
};
use crate::{
    behavior::GlobalDelay,
    engine::Matching,
    library::{BodyFiles, FaultLog},
    model::{Handled, Outcome},
    record::LazyRecorder,
    redaction::Redactor,
    runtime::{Clock, Drain, Seed},
    store::{BehaviorSet, Measured, Script, Session, Sessions, SharedBehaviors},
    telemetry::{Metrics, Tracer},
    tls::Acceptor,
};

/// Distinct requests without a stub that are listed at the end.
const MAX_MISSES: usize = 10_000;

/// Everything, as the requests of one session see it.
///
/// It is what all sessions have in common but for `session`, so it can be read as that.
pub(super) struct State {
    common: Arc<Common>,
    pub(super) session: Arc<Session>,
}

/// What the requests of all sessions need.
pub(super) struct Common {
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) router: Router,
    pub(super) acceptor: Acceptor,
    pub(super) sessions: Arc<Sessions>,
    pub(super) behaviors: Arc<SharedBehaviors>,
    /// Seed of the draws of sessions that have none of their own.
    pub(super) base_seed: Seed,
    /// What befell the requests of an earlier run, to befall these.
    pub(super) script: Option<Arc<Script>>,
    /// Reads how a request wants to be answered, where requests may say that.
    pub(super) read_request_faults: Option<ReadRequestFaults>,
    /// Where it is written what befalls requests.
    pub(super) fault_log: Option<Arc<FaultLog>>,
    pub(super) admin: Option<AdminDoor>,
    pub(super) body_files: BodyFiles,
    pub(super) redactor: Arc<Redactor>,
    pub(super) recorder: Arc<LazyRecorder>,
    pub(super) matching: Matching,
    pub(super) response_timeout: Duration,
    /// Where large bodies of recorded exchanges go until the recorder has them.
    pub(super) spool: Spool,
    pub(super) announcer: Arc<Announcer>,
    pub(super) counts: Counts,
    pub(super) metrics: Arc<Metrics>,
    /// Makes spans, where they are wanted.
    pub(super) tracer: Option<Arc<Tracer>>,
    /// What endpoints were recorded to take.
    pub(super) measured: Arc<Measured>,
    /// What bandwidths that all connections share have let through.
    pub(super) lines: Lines,
    /// Numbers connections, from 1.
    pub(super) connections: AtomicU64,
    /// Ends, at last, what did not end by itself.
    pub(super) cut_off: Drain,
    pub(super) answers: Answers,
    pub(super) surroundings: Surroundings,
    pub(super) webhooks: Webhooks,
    pub(super) spellings: Spellings,
}

impl Deref for State {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.common
    }
}

impl State {
    /// Everything, as requests see it that name no session.
    pub(super) fn new(common: Common) -> Self {
        let session = Arc::clone(common.sessions.default_session());
        Self { common: Arc::new(common), session }
    }

    /// Everything, as the requests of this session see it.
    pub(super) fn of(&self, session: Arc<Session>) -> Self {
        Self { common: Arc::clone(&self.common), session }
    }

    /// Seed of every draw.
    pub(super) fn seed(&self) -> Seed {
        self.session.terms().seed.unwrap_or(self.base_seed)
    }

    /// The behaviors of this moment, as the session sees them.
    pub(super) fn behaviors_now(&self) -> BehaviorSet {
        self.behaviors.of(self.session.name())
    }

    /// The waits of stubs that ask for none.
    pub(super) fn global_delay(&self) -> GlobalDelay {
        let settings = self.session.settings();
        GlobalDelay { fixed: settings.fixed_delay, drawn: settings.delay }
    }
}

impl Common {
    /// Counts a request that a stub answered, and tells whoever listens.
    pub(super) fn stubbed(&self, at: Duration, describe: impl FnOnce() -> Handled) {
        self.counts.stubbed.fetch_add(1, Ordering::Relaxed);
        self.announcer.tell_at(at, describe);
    }

    /// Counts what became of a request and tells whoever listens; `describe` is called only where
    /// somebody wants to know more than the count.
    pub(super) fn handled(&self, outcome: Outcome, describe: impl FnOnce(Outcome) -> Handled) {
        self.counts.count(&outcome);
        if outcome != Outcome::Missed {
            self.announcer.tell(|| describe(outcome));
            return;
        }
        let handled = describe(outcome);
        self.counts.miss(format!("{} {}", handled.method, handled.target));
        self.announcer.tell(|| handled);
    }
}

/// Calls of webhooks that may be under way at a time.
const CALLS_AT_ONCE: usize = 64;

/// What bounds webhooks.
pub(super) struct Webhooks {
    /// Calls that wait for their time or are under way.
    pub(super) waiting: AtomicUsize,
    pub(super) at_once: Semaphore,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { waiting: AtomicUsize::new(0), at_once: Semaphore::new(CALLS_AT_ONCE) }
    }
}

/// How many requests had which fate.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) requests: AtomicU64,
    pub(super) stubbed: AtomicU64,
    pub(super) nearest: AtomicU64,
    pub(super) missed: AtomicU64,
    pub(super) limited: AtomicU64,
    pub(super) injected: AtomicU64,
    pub(super) passed: AtomicU64,
    pub(super) upstream_failed: AtomicU64,
    /// Requests that no stub matched, with how often each came.
    pub(super) misses: Mutex<BTreeMap<String, u64>>,
}

impl Counts {
    fn miss(&self, request: String) {
        let mut misses = self.misses.lock();
        if misses.len() < MAX_MISSES || misses.contains_key(&request) {
            *misses.entry(request).or_default() += 1;
        }
    }

    fn count(&self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::InjectedError => &self.injected,
            Outcome::Missed => &self.missed,
            Outcome::Passed => &self.passed,
            Outcome::RateLimited => &self.limited,
            // The recorder counts these.
            Outcome::Recorded(_) => return,
            Outcome::Stub { nearest, .. } => {
                if *nearest {
                    self.nearest.fetch_add(1, Ordering::Relaxed);
                }
                &self.stubbed
            }
            Outcome::UpstreamFailed(_) => &self.upstream_failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
