//! What the store knows of a session, as evidence.

use std::time::Duration;

use super::evidence::{Answered, Evidence, Moment, Seen, UnusedStub};
use crate::store::{ExchangeOutcome, ServeEvent, Session, StubSet};

/// Gathers it. `set` are the stubs that the session sees; `real` is the time since ringer was started.
pub fn gather(session: &Session, set: &StubSet, real: Duration) -> Evidence {
    let journal = session.journal();
    // Read before the entries are: of one that is dropped between, it is not known yet that it is gone.
    let dropped = journal.n_dropped();
    let unused = set.all().filter(|live| !session.was_used(live.stub.id));
    Evidence {
        requests: journal.events().iter().map(|event| seen(event)).collect(),
        dropped,
        is_kept: journal.is_on(),
        kept_entries: journal.limits().entries,
        now: Moment { session: session.clock().elapsed(), real },
        early_retries: session.limits().early_retries(),
        unused_stubs: unused
            .map(|live| UnusedStub { id: live.stub.id.to_string(), name: live.display_name() })
            .collect(),
    }
}

fn seen(event: &ServeEvent) -> Seen {
    let began = Moment { session: event.arrived(), real: event.started() };
    let ended = event.ended().map(|session| Moment {
        session,
        real: event.started().saturating_add(event.total().unwrap_or_default()),
    });
    let is_broken =
        matches!(event.outcome(), Some(ExchangeOutcome::Abandoned | ExchangeOutcome::Failed));
    let answer = event.answer().map(|answer| Answered {
        status: answer.status,
        headers: answer.headers,
        is_whole: ended.is_some() && !is_broken,
    });
    let applied = event.drawn().into_iter().flat_map(|drawn| drawn.applied);
    Seen {
        id: event.id,
        request: event.request().clone(),
        began,
        ended,
        answer,
        is_matched: event.is_matched(),
        stub: event.stub().map(|(live, _)| live.display_name()),
        fault: applied.into_iter().find_map(|applied| applied.fault),
    }
}
