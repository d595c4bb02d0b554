//! When nobody shall listen at an address: as rules, the session's clock and the schedule have it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{route::Belonging, state::State};
use crate::{
    engine::refusal,
    model::{ServiceName, SessionName},
    store::SessionClock,
};

/// Tells whether connections to one address are refused, and when to ask again.
pub(super) struct Refusals {
    state: Arc<State>,
    /// Whose rules count. Its session is looked up each time, since it may be forgotten and be made
    /// again while it has an address, and is not held, since then it would never be forgotten.
    session: SessionName,
    /// `None` where connections of several services come, of which each would have to refuse.
    service: Option<ServiceName>,
    /// Nothing ever refuses: it is the admin API's own, or what comes is recorded.
    is_exempt: bool,
    rules: watch::Receiver<()>,
    clock: Arc<SessionClock>,
    clock_changes: watch::Receiver<()>,
    /// When it changes next unless somebody changes something, by the session's clock.
    next: Option<Duration>,
}

impl Refusals {
    /// Those of an address where requests belong so.
    pub(super) fn at(state: &Arc<State>, address: SocketAddr, belonging: &Belonging) -> Self {
        let (service, mode) = state.router.of_belonging(address, belonging);
        let is_admin = state.admin.as_ref().is_some_and(|door| door.is_alone_at(address));
        let clock = Arc::clone(state.session.clock());
        Self {
            session: belonging.session.clone().unwrap_or_else(|| state.session.name().clone()),
            service,
            is_exempt: is_admin || mode.records(),
            rules: state.behaviors.changes(),
            clock_changes: clock.changes(),
            clock,
            next: None,
            state: Arc::clone(state),
        }
    }

    /// Whether connections are refused at this moment.
    pub(super) fn refuse_now(&mut self) -> bool {
        if self.is_exempt {
            return false;
        }
        // Marked as seen before they are looked at: what comes while they are is seen next.
        self.rules.mark_unchanged();
        if let Some(session) = self.state.sessions.get(&self.session)
            && !Arc::ptr_eq(session.clock(), &self.clock)
        {
            self.clock = Arc::clone(session.clock());
            self.clock_changes = self.clock.changes();
        }
        self.clock_changes.mark_unchanged();
        let found = refusal(
            &self.state.behaviors.of(&self.session),
            &self.session,
            self.service.as_ref(),
            self.clock.elapsed(),
        );
        self.next = found.changes_at;
        found.is_refused
    }

    /// Waits until it may be otherwise, and at most so long.
    pub(super) async fn changed(&mut self, limit: Option<Duration>) {
        let next = self.next.and_then(|next| self.clock.real_time_until(next));
        let wait = limit.into_iter().chain(next).min();
        let (rules, clock) = (&mut self.rules, &mut self.clock_changes);
        let told = async {
            tokio::select! {
                Ok(()) = rules.changed() => {}
                Ok(()) = clock.changed() => {}
                // Whoever could tell is gone.
                else => std::future::pending().await,
            }
        };
        match wait {
            Some(wait) => drop(tokio::time::timeout(wait, told).await),
            None => told.await,
        }
    }
}
