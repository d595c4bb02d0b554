//! What the store knows of a session, as evidence.

use std::time::Duration;

use super::evidence::{Answered, Evidence, Moment, Seen, UnusedStub};
use crate::store::{ServeEvent, Session, StubSet};

/// Gathers it. `set` are the stubs that the session sees; `real` is the time since ringer was started.
pub fn gather(session: &Session, set: &StubSet, real: Duration) -> Evidence {
    let journal = session.journal();
    let unused = set.all().filter(|live| !session.was_used(live.stub.id));
    Evidence {
        requests: journal.events().iter().map(|event| seen(event)).collect(),
        dropped: 0,
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
    let answer = event.answer().map(|answer| Answered {
        status: answer.status,
        headers: answer.headers,
        is_whole: true,
    });
    let fault =
        event.drawn().and_then(|drawn| drawn.applied.into_iter().find_map(|applied| applied.fault));
    Seen {
        id: event.id,
        request: event.request().clone(),
        began: Moment::default(),
        ended: None,
        answer,
        is_matched: event.is_matched(),
        stub: event.stub().map(|(live, _)| live.display_name()),
        fault,
    }
}
