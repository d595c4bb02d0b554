//! ringer while it runs, until it is stopped.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::sync::broadcast;

use super::{behaviors::AnswerBehaviors, mappings, spans::Spans, summary::Summary, verification};
use crate::{
    library::Watcher,
    model::{Handled, SessionName},
    record::{LazyRecorder, MappingFiles},
    runtime::{Clock, Drain, Watch},
    serve::{AdminPlace, Announcer, Server},
    store::{SessionClock, Sessions, SharedBehaviors, StubStore},
    tls::Authority,
    verify::{Compiled, Evidence, gather},
};

/// A running ringer.
pub struct Running {
    pub(super) server: Server,
    pub(super) authority: Arc<Authority>,
    pub(super) stubs: Arc<StubStore>,
    pub(super) recorder: Arc<LazyRecorder>,
    pub(super) announcer: Arc<Announcer>,
    pub(super) problems: Vec<String>,
    pub(super) behaviors: AnswerBehaviors,
    pub(super) sessions: Arc<Sessions>,
    pub(super) mapping_files: Option<MappingFiles>,
    pub(super) expectations: Option<Compiled>,
    pub(super) clock: Clock,
    /// Stops when dropped.
    pub(super) watcher: Option<Watcher>,
    pub(super) spans: Option<Spans>,
    pub(super) asked_to_stop: Watch,
    /// Kept, so that its end is not taken for a wish to stop.
    pub(super) _shutdown: Arc<Drain>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("addresses", &self.addresses()).finish_non_exhaustive()
    }
}

impl Running {
    /// The addresses that are listened on, in the order in which they were given.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.server.addresses()
    }

    /// The addresses that sessions have of their own from the start, in the order in which they were
    /// given.
    pub fn session_addresses(&self) -> &[(SessionName, SocketAddr)] {
        self.server.session_addresses()
    }

    /// Where the admin API answers, as its clients are told it: a URL, or `unix:` and a path.
    pub fn admin(&self) -> Option<String> {
        let url = |address: &SocketAddr| format!("http://{address}");
        match self.server.admin()? {
            AdminPlace::Address(address) => Some(url(address)),
            AdminPlace::Everywhere { .. } => self.addresses().first().map(url),
            #[cfg(unix)]
            AdminPlace::Unix(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                Some(format!("unix:{}", path.display()))
            }
        }
    }

    /// The certificate to give to clients.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.certificate_file()
    }

    /// How answers behave, to be changed while ringer runs. A change holds from a time of
    /// [`Running::clock`].
    pub fn behaviors(&self) -> &SharedBehaviors {
        &self.behaviors.shared
    }

    /// The time that rules, limits and dates follow.
    pub fn clock(&self) -> &SessionClock {
        self.sessions.default_session().clock()
    }

    /// What becomes of each request from now on.
    pub fn events(&self) -> broadcast::Receiver<Handled> {
        self.announcer.listen()
    }

    /// Counts the requests that were too many at once to be told of.
    pub fn announcer(&self) -> &Arc<Announcer> {
        &self.announcer
    }

    /// Waits until a client of the admin API asks ringer to stop; for ever where there is no such API.
    pub async fn asked_to_stop(&self) {
        self.asked_to_stop.clone().stopped().await;
    }

    /// Mistakes in stub files that were found at the start, as people read them.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Finishes what is in flight, saves everything, and says what it came to.
    pub async fn stop(self) -> Summary {
        self.server.stop().await;
        drop(self.watcher);
        if let Some(spans) = self.spans {
            spans.finish().await;
        }
        mappings::finish(self.mapping_files).await;
        let recorded = match self.recorder.running() {
            Some(recorder) => Some(recorder.finish().await),
            None => None,
        };
        let tally = self.server.tally();
        let set = self.stubs.snapshot();
        let unused_stubs = match recorded {
            Some(_) => Vec::new(),
            None => verification::unused(&self.server, &set),
        };
        let early_retries = self.server.early_retries();
        let verdict = self.expectations.as_ref().map(|compiled| {
            let (session, now) = (self.sessions.default_session(), self.clock.elapsed());
            let known = gather(session, &set, now);
            compiled.judge(&Evidence { unused_stubs: unused_stubs.clone(), early_retries, ..known })
        });
        let mut problems = self.problems;
        problems.extend(recorded.iter().flat_map(|recorded| recorded.errors.clone()));
        problems.extend(self.behaviors.finish().await);
        Summary {
            requests: tally.requests,
            stub_answers: tally.stubbed,
            nearest: tally.nearest,
            recorded,
            misses: self.server.misses().into_iter().collect(),
            unused_stubs: unused_stubs.into_iter().map(|stub| stub.name).collect(),
            verdict,
            rate_limited: tally.limited,
            early_retries,
            limits: self.server.limits(),
            injected: tally.injected,
            upstream_failures: tally.upstream_failed,
            problems,
        }
    }
}
