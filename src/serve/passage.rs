//! What a request asks of rate limits on its way and takes along: who has room for it, what its answer
//! tells of them, what is settled when that is over.

use std::sync::Arc;

use http::Version;
use jiff::Timestamp;

use super::{client::Client, state::State};
use crate::{
    behavior::limiter::Now,
    codec::RequestView,
    model::Request,
    store::{Admission, Asked, Decision, LiveBehaviors, LiveLimit, LiveStub, Refused, Settlement},
};

/// What is told with the answer to a request that was let through, and settled when that is over.
#[derive(Default)]
pub(super) struct Passage {
    pub(super) headers: Vec<(String, String)>,
    pub(super) settlements: Vec<Settlement>,
}

impl Passage {
    /// Whether there is nothing to tell and nothing to settle.
    pub(super) fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.settlements.is_empty()
    }

    pub(super) fn add(&mut self, state: &State, mut admission: Admission) {
        for (name, value) in std::mem::take(&mut admission.headers) {
            // What was asked last stands closest to the request.
            match self.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                Some(known) => known.1 = value,
                None => self.headers.push((name, value)),
            }
        }
        if admission.is_to_be_settled() {
            let (counters, clock) = (state.session.limits(), state.session.clock());
            self.settlements.push(Settlement::new(counters, clock, admission));
        }
    }
}

/// Asks the limits of the stub whose turn it is, when those around had room and before that is claimed.
pub(super) struct StubGate<'a> {
    state: &'a State,
    client: &'a Client,
    passage: &'a mut Passage,
    /// By which limit it was refused, and at which stub.
    pub(super) refused: Option<(Refused, Arc<LiveStub>)>,
}

impl<'a> StubGate<'a> {
    pub(super) fn new(state: &'a State, client: &'a Client, passage: &'a mut Passage) -> Self {
        Self { state, client, passage, refused: None }
    }

    /// Whether a limit of one of these stubs looks at requests' bodies.
    pub(super) fn needs_body<'s>(
        &self,
        stubs: impl IntoIterator<Item = &'s Arc<LiveStub>>,
    ) -> bool {
        stubs.into_iter().any(|live| of_stub(self.state, live).iter().any(|it| it.needs_body()))
    }

    /// Whether the stub has room for the request.
    pub(super) fn lets(
        &mut self,
        live: &Arc<LiveStub>,
        request: &Request,
        version: Version,
    ) -> bool {
        let limits = of_stub(self.state, live);
        if limits.is_empty() {
            return true;
        }
        match decide(self.state, self.client, &limits, request, version) {
            Decision::Admitted(admission) => {
                self.passage.add(self.state, admission);
                true
            }
            Decision::Refused(refused) => {
                self.refused = Some((refused, Arc::clone(live)));
                false
            }
        }
    }
}

fn of_stub(state: &State, live: &LiveStub) -> Vec<Arc<LiveLimit>> {
    let behaviors = state.behaviors_now();
    let [by_client, ..] = behaviors.around(Some(live.stub.id), None);
    innermost([by_client, live.behaviors.as_deref()].into_iter().flatten())
}

/// The limits of several places, of which an inner one takes the place of an outer one of its name.
pub(super) fn innermost<'b>(
    places: impl Iterator<Item = &'b LiveBehaviors>,
) -> Vec<Arc<LiveLimit>> {
    let mut limits: Vec<Arc<LiveLimit>> = Vec::new();
    for place in places {
        let outer = limits.len();
        for limit in &place.limits {
            let inner = limits.get(..outer).unwrap_or_default();
            if !inner.iter().any(|known| known.written.name == limit.written.name) {
                limits.push(Arc::clone(limit));
            }
        }
    }
    limits
}

pub(super) fn decide(
    state: &State,
    client: &Client,
    limits: &[Arc<LiveLimit>],
    request: &Request,
    version: Version,
) -> Decision {
    let time = state.session.clock().read();
    let wall = Timestamp::try_from(time.now).unwrap_or(Timestamp::UNIX_EPOCH);
    let shown = || state.redactor.seen(request).into_owned();
    let asked = Asked {
        view: &RequestView::new(request),
        shown: &shown,
        connection: (version < Version::HTTP_2).then_some(client.number),
        now: Now { elapsed: time.elapsed, wall },
        seed: state.seed(),
    };
    state.session.limits().admit(limits, state.session.name().as_str(), &asked)
}
