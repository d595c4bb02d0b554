//! The journal's entry of a request that is under way.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use http_body::Body as _;

use super::{body_tap::BodyTap, inbound::Inbound, tee::Stopwatch};
use crate::{
    model::{Outcome, Request, RequestBody},
    store::{ServeEvent, Session},
};

/// The entry of a request that is under way. Its exchange is over when this is dropped, if it was not
/// before.
pub(super) struct Entry {
    event: Arc<ServeEvent>,
    session: Arc<Session>,
    watch: Stopwatch,
}

impl Entry {
    pub(super) fn new(event: Arc<ServeEvent>, session: Arc<Session>, watch: Stopwatch) -> Self {
        Self { event, session, watch }
    }

    pub(super) fn event(&self) -> &Arc<ServeEvent> {
        &self.event
    }

    /// Notes what becomes of it.
    pub(super) fn becomes(entry: Option<&Self>, outcome: &Outcome) {
        let Some(Self { event, .. }) = entry else { return };
        event.set_outcome(outcome.into());
        if let Outcome::UpstreamFailed(reason) = outcome {
            event.set_failure(reason);
        }
    }

    /// Notes that the real API answered just now; `asked` is when it was, since the request had come.
    pub(super) fn api_answered(entry: Option<&Self>, asked: Duration) {
        if let Some(Self { event, watch, .. }) = entry {
            event.set_upstream(watch.elapsed().saturating_sub(asked));
        }
    }

    /// Has the journal see the body of a request that is passed on, as it passes, unless it is known.
    pub(super) fn tap(
        entry: Option<&Self>,
        body: &mut Inbound,
        (asked, is_known): (&Request, bool),
    ) {
        let is_coming = !is_known && !body.is_end_stream();
        let Some(Self { event, session, .. }) = entry.filter(|_| is_coming) else { return };
        let mut asked = asked.clone();
        asked.body = RequestBody::Whole(Bytes::new());
        body.tap(BodyTap::new(Arc::clone(session), Arc::clone(event), asked));
    }

    /// Notes the answer, with its body where that is there.
    pub(super) fn answered<B>(&self, response: &Response<B>, body: Option<&Bytes>) {
        let head = self.watch.elapsed();
        self.session.journal().answered(&self.event, response, body, head);
    }

    /// Notes a piece of the answer's body.
    pub(super) fn add_body(&self, piece: &Bytes) {
        self.session.journal().add_body(&self.event, piece);
    }

    /// Says that the exchange is over.
    pub(super) fn end(&self) {
        let now = self.session.clock().elapsed();
        self.session.journal().end(&self.event, self.watch.elapsed(), now);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.end();
    }
}
