//! All sessions: the default one, and those that requests or clients of the admin API opened.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, RwLock};
use thiserror::Error;
use tokio::sync::watch;

use super::{journal::Journals, session::Session, settings::SharedSettings, stubs::StubStore};
use crate::{
    model::{SessionName, StubId},
    runtime::Clock,
};

/// How sessions come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Whether a session must be created before a request names it.
    pub strict: bool,
    /// A session of which nobody has asked anything for this time is forgotten.
    pub idle: Duration,
    /// Sessions at a time beside the default one.
    pub most: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { strict: false, idle: Duration::from_secs(30 * 60), most: 100_000 }
    }
}

/// Why there is no such session.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// There is one of this name.
    #[error("there is a session `{0}` already")]
    Exists(SessionName),
    /// Sessions have to be created, and this one was not.
    #[error(
        "there is no session `{0}`, and sessions have to be created first: \
         POST /__admin/ringer/sessions {{\"name\": \"{0}\"}}, or leave out --strict-sessions"
    )]
    Unknown(SessionName),
    /// There are too many.
    #[error("there are {0} sessions already: drop some, or raise --max-sessions")]
    TooMany(usize),
}

/// All sessions.
#[derive(Debug)]
pub struct Sessions {
    limits: SessionLimits,
    clock: Clock,
    journals: Arc<Journals>,
    settings: Arc<SharedSettings>,
    stubs: Arc<StubStore>,
    default: Arc<Session>,
    open: RwLock<BTreeMap<SessionName, Arc<Session>>>,
    gone: Gone,
    /// Told when sessions go.
    removals: watch::Sender<()>,
}

/// What is known of sessions that are forgotten: a run is judged by all of it.
#[derive(Debug, Default)]
struct Gone {
    used: Mutex<HashSet<StubId>>,
    early_retries: AtomicU64,
}

impl Sessions {
    /// The default session, and none beside it. `settings` hold in every session that has none of its
    /// own, as do `stubs`; each keeps one of `journals`.
    pub fn new(
        limits: SessionLimits,
        journals: Arc<Journals>,
        settings: Arc<SharedSettings>,
        stubs: Arc<StubStore>,
    ) -> Self {
        let name = SessionName::default();
        let default = Session::open(name, &journals, Arc::clone(&settings), Arc::clone(&stubs));
        Self {
            limits,
            clock: Clock::start(),
            journals,
            settings,
            stubs,
            default: Arc::new(default),
            open: RwLock::default(),
            gone: Gone::default(),
            removals: watch::Sender::new(()),
        }
    }

    /// What is remembered of the requests of all of them.
    pub fn journals(&self) -> &Arc<Journals> {
        &self.journals
    }

    /// How sessions come and go.
    pub fn limits(&self) -> SessionLimits {
        self.limits
    }

    /// The session of requests that name none.
    pub fn default_session(&self) -> &Arc<Session> {
        &self.default
    }

    /// A session that is there.
    pub fn get(&self, name: &SessionName) -> Option<Arc<Session>> {
        if name.is_default() {
            return Some(Arc::clone(&self.default));
        }
        self.open.read().get(name).cloned()
    }

    /// The session that a request or a call names; its time to be forgotten begins anew.
    ///
    /// # Errors
    ///
    /// It is not there and may not be made.
    pub fn enter(&self, name: &SessionName) -> Result<Arc<Session>, SessionError> {
        let session = match self.get(name) {
            Some(session) => session,
            None if self.limits.strict => return Err(SessionError::Unknown(name.clone())),
            None => self.entered(name)?,
        };
        session.touch(self.clock.elapsed());
        Ok(session)
    }

    fn entered(&self, name: &SessionName) -> Result<Arc<Session>, SessionError> {
        match self.create(name) {
            // Another request was first.
            Err(SessionError::Exists(_)) => self.entered(name),
            created => created,
        }
    }

    /// Makes a session.
    ///
    /// # Errors
    ///
    /// It is there, or there are too many.
    pub fn create(&self, name: &SessionName) -> Result<Arc<Session>, SessionError> {
        let exists = || SessionError::Exists(name.clone());
        if name.is_default() {
            return Err(exists());
        }
        let (settings, stubs) = (Arc::clone(&self.settings), Arc::clone(&self.stubs));
        let made = Session::open(name.clone(), &self.journals, settings, stubs);
        made.touch(self.clock.elapsed());
        let mut open = self.open.write();
        if open.contains_key(name) {
            return Err(exists());
        }
        if open.len() >= self.limits.most {
            return Err(SessionError::TooMany(open.len()));
        }
        let made = Arc::new(made);
        open.insert(name.clone(), Arc::clone(&made));
        Ok(made)
    }

    /// Forgets a session; requests that are under way in it finish. The default one stays.
    pub fn remove(&self, name: &SessionName) -> Option<Arc<Session>> {
        let removed = self.open.write().remove(name)?;
        self.gone.keep(&removed);
        self.removals.send_replace(());
        Some(removed)
    }

    /// Is told when sessions are forgotten.
    pub fn removals(&self) -> watch::Receiver<()> {
        self.removals.subscribe()
    }

    /// Every session, the default one first, then by name.
    pub fn list(&self) -> Vec<Arc<Session>> {
        let open = self.open.read();
        std::iter::once(&self.default).chain(open.values()).cloned().collect()
    }

    /// How many there are beside the default one.
    pub fn count(&self) -> usize {
        self.open.read().len()
    }

    /// For how long nobody has asked anything of a session.
    pub fn idle_time(&self, session: &Session) -> Duration {
        self.clock.elapsed().saturating_sub(session.touched())
    }

    /// Forgets the sessions that nobody has asked anything of for long enough, and gives them.
    pub fn expire(&self) -> Vec<Arc<Session>> {
        let mut expired = Vec::new();
        self.open.write().retain(|_, session| {
            // Who holds it has a request under way in it.
            let is_used = Arc::strong_count(session) > 1;
            let idle = session.terms().idle.unwrap_or(self.limits.idle);
            let stays = is_used || self.idle_time(session) < idle;
            if !stays {
                expired.push(Arc::clone(session));
            }
            stays
        });
        for session in &expired {
            self.gone.keep(session);
        }
        if !expired.is_empty() {
            self.removals.send_replace(());
        }
        expired
    }

    /// Whether a stub was ever hit, in any session.
    pub fn was_used(&self, stub: StubId) -> bool {
        self.list().iter().any(|session| session.was_used(stub))
            || self.gone.used.lock().contains(&stub)
    }

    /// How often clients tried again before a limit had told them to, in all sessions.
    pub fn early_retries(&self) -> u64 {
        let open: u64 = self.list().iter().map(|session| session.limits().early_retries()).sum();
        open + self.gone.early_retries.load(Ordering::Relaxed)
    }
}

impl Gone {
    fn keep(&self, session: &Session) {
        self.used.lock().extend(session.used());
        self.early_retries.fetch_add(session.limits().early_retries(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn sessions(limits: SessionLimits) -> Sessions {
        Sessions::new(limits, Journals::off(), Arc::default(), Arc::default())
    }

    fn name(text: &str) -> SessionName {
        text.parse().unwrap()
    }

    #[test]
    fn a_session_that_is_named_is_there() {
        let sessions = sessions(SessionLimits::default());
        let one = sessions.enter(&name("one")).unwrap();
        assert!(Arc::ptr_eq(&one, &sessions.enter(&name("one")).unwrap()));
        assert_eq!(sessions.create(&name("one")).unwrap_err(), SessionError::Exists(name("one")));
        let default = sessions.enter(&name("default")).unwrap();
        assert!(Arc::ptr_eq(&default, sessions.default_session()));
        let names: Vec<_> =
            sessions.list().iter().map(|session| session.name().to_string()).collect();
        assert_eq!(names, ["default", "one"]);
    }

    #[test]
    fn where_they_have_to_be_created_an_unknown_one_is_refused() {
        let sessions = sessions(SessionLimits { strict: true, ..SessionLimits::default() });
        let unknown = sessions.enter(&name("one")).unwrap_err();
        assert_eq!(unknown, SessionError::Unknown(name("one")));
        sessions.create(&name("one")).unwrap();
        sessions.enter(&name("one")).unwrap();
    }

    #[test]
    fn there_are_no_more_than_allowed() {
        let sessions = sessions(SessionLimits { most: 1, ..SessionLimits::default() });
        sessions.enter(&name("one")).unwrap();
        assert_eq!(sessions.enter(&name("two")).unwrap_err(), SessionError::TooMany(1));
        sessions.remove(&name("one")).unwrap();
        sessions.enter(&name("two")).unwrap();
    }

    #[test]
    fn what_nobody_uses_is_forgotten_and_what_it_used_is_not() {
        let sessions = sessions(SessionLimits { idle: Duration::ZERO, ..SessionLimits::default() });
        let stub = StubId(Uuid::from_u128(1));
        sessions.enter(&name("idle")).unwrap().claim(stub);
        let busy = sessions.enter(&name("busy")).unwrap();
        let expired = sessions.expire();
        assert_eq!(expired.len(), 1);
        assert_eq!(expired[0].name(), &name("idle"));
        assert!(sessions.was_used(stub) && !busy.was_used(stub));
        assert_eq!(sessions.count(), 1);
    }
}
