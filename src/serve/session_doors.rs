//! Addresses of sessions' own: all that comes there belongs to the session. They are opened and closed
//! while ringer runs.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, OnceLock, Weak},
};

use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};

use super::{
    listener::{Door, attend},
    refusals::Refusals,
    route::Belonging,
    state::State,
};
use crate::{
    admin::{ListenError, SessionListeners},
    model::{ServiceName, SessionName},
    runtime::{Drain, Watch},
    store::{Session, Sessions},
};

/// Addresses that sessions may have, all together.
const MOST: usize = 4096;

/// Every session's own addresses.
#[derive(Debug, Default)]
pub struct SessionDoors {
    live: OnceLock<Live>,
    open: Mutex<BTreeMap<SessionName, Vec<OpenDoor>>>,
}

/// What a door opens to.
struct Live {
    state: Weak<State>,
    permits: Arc<Semaphore>,
    /// That of the server, for which a door waits to be told to shut.
    drain: Weak<Drain>,
    runtime: tokio::runtime::Handle,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Live")
    }
}

#[derive(Debug)]
struct OpenDoor {
    address: SocketAddr,
    shut: Drain,
    /// The session that it was opened for; another of the same name is another. `None` is open for as
    /// long as ringer runs, whichever session has the name.
    session: Option<Weak<Session>>,
}

impl SessionDoors {
    /// Has doors open from now on, and shut when `drain` says so.
    pub(super) fn begin(
        self: &Arc<Self>,
        state: &Arc<State>,
        permits: &Arc<Semaphore>,
        drain: &Arc<Drain>,
    ) {
        let live = Live {
            state: Arc::downgrade(state),
            permits: Arc::clone(permits),
            drain: Arc::downgrade(drain),
            runtime: tokio::runtime::Handle::current(),
        };
        // Only the first server that it is given to counts.
        let _ = self.live.set(live);
        let removals = state.sessions.removals();
        let sessions = Arc::clone(&state.sessions);
        tokio::spawn(follow(Arc::downgrade(self), sessions, removals, drain.watch()));
    }

    /// Listens for whichever session has this name, for as long as ringer runs.
    ///
    /// # Errors
    ///
    /// As [`SessionListeners::open`].
    pub(super) fn open_for_good(
        &self,
        name: &SessionName,
        address: SocketAddr,
    ) -> Result<SocketAddr, ListenError> {
        let state = self.live.get().and_then(|live| live.state.upgrade());
        // It may be there already, by another address.
        let _ = state.ok_or(ListenError::Stopping)?.sessions.create(name);
        self.opened(name, None, None, address)
    }

    /// Shuts the doors of sessions that are not there any more. What is open for good has a session
    /// again.
    fn shut_what_is_gone(&self, sessions: &Sessions) {
        let mut open = self.open.lock();
        open.retain(|name, doors| {
            let now = sessions.get(name);
            if now.is_none() && doors.iter().any(|door| door.session.is_none()) {
                // It may be there already: another request was first.
                let _ = sessions.create(name);
            }
            doors.retain(|door| {
                let stays = door.session.as_ref().is_none_or(|session| {
                    now.as_ref().is_some_and(|now| std::ptr::eq(session.as_ptr(), Arc::as_ptr(now)))
                });
                if !stays {
                    self.shut(door);
                    tracing::info!(
                        "session `{name}` is gone, and nobody listens on {}",
                        door.address
                    );
                }
                stays
            });
            !doors.is_empty()
        });
    }

    fn shut(&self, door: &OpenDoor) {
        door.shut.stop();
        if let Some(state) = self.live.get().and_then(|live| live.state.upgrade()) {
            state.router.own_calls.addresses.remove(door.address);
        }
    }

    fn opened(
        &self,
        name: &SessionName,
        session: Option<Weak<Session>>,
        service: Option<&ServiceName>,
        address: SocketAddr,
    ) -> Result<SocketAddr, ListenError> {
        let live = self.live.get().ok_or(ListenError::Stopping)?;
        let (Some(state), Some(drain)) = (live.state.upgrade(), live.drain.upgrade()) else {
            return Err(ListenError::Stopping);
        };
        if let Some(service) = service
            && !state.router.services.iter().any(|it| it.scope.as_ref() == Some(service))
        {
            return Err(ListenError::UnknownService(service.clone()));
        }
        let belonging = Belonging { session: Some(name.clone()), service: service.cloned() };
        let bind = |source| ListenError::Bind { address: address.to_string(), source };
        let mut open = self.open.lock();
        let count: usize = open.values().map(Vec::len).sum();
        if count >= MOST {
            return Err(ListenError::TooMany(count));
        }
        let _context = live.runtime.enter();
        let mut door = Door::reserve_for(address, belonging.clone()).map_err(bind)?;
        let bound = door.address();
        state.router.own_calls.addresses.add(bound);
        let mut refusals = Refusals::at(&state, bound, &belonging);
        if !refusals.refuse_now() {
            door.open().map_err(bind)?;
        }
        let shut = Drain::new().0;
        let watch = shut.watch_within(&drain.watch());
        tokio::spawn(attend(door, refusals, state, Arc::clone(&live.permits), watch));
        open.entry(name.clone()).or_default().push(OpenDoor { address: bound, shut, session });
        Ok(bound)
    }
}

impl SessionListeners for SessionDoors {
    fn open(
        &self,
        name: &SessionName,
        service: Option<&ServiceName>,
        address: &str,
    ) -> Result<String, ListenError> {
        let address: SocketAddr =
            address.parse().map_err(|_| ListenError::NoAddress(address.to_owned()))?;
        let state = self.live.get().and_then(|live| live.state.upgrade());
        let session = state.ok_or(ListenError::Stopping)?.sessions.get(name);
        let session = session.ok_or_else(|| ListenError::UnknownSession(name.clone()))?;
        let bound = self.opened(name, Some(Arc::downgrade(&session)), service, address)?;
        Ok(bound.to_string())
    }

    fn close(&self, name: &SessionName) {
        for door in self.open.lock().remove(name).into_iter().flatten() {
            self.shut(&door);
        }
    }

    fn of(&self, name: &SessionName) -> Vec<String> {
        let open = self.open.lock();
        open.get(name).into_iter().flatten().map(|door| door.address.to_string()).collect()
    }
}

/// Shuts doors as sessions go.
async fn follow(
    doors: Weak<SessionDoors>,
    sessions: Arc<Sessions>,
    mut removals: watch::Receiver<()>,
    mut stop: Watch,
) {
    loop {
        tokio::select! {
            () = stop.stopped() => return,
            changed = removals.changed() => {
                let Some(doors) = doors.upgrade().filter(|_| changed.is_ok()) else { return };
                doors.shut_what_is_gone(&sessions);
            }
        }
    }
}
