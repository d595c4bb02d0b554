//! What the journal learns of a request and its answer.

use std::sync::Arc;

use http::{Response, Version};

use super::{
    reply::{Logged, ReplyBody},
    route::Route,
    settings::Dialect,
    state::State,
    tee::Stopwatch,
};
use crate::{
    engine::Found,
    model::Request,
    store::{Limited, ServeEvent, Served},
};

/// Who answers a request.
#[derive(Clone)]
pub(super) enum By<'f> {
    /// The real API.
    Api,
    /// ringer, that there is no answer.
    Nobody,
    /// A stub.
    Stub(&'f Found),
    /// ringer, for a rate limit.
    Limit(Limited),
}

/// Enters a request into the journal, as far as there is one; `shown` is without credentials.
pub(super) fn enter(
    state: &State,
    shown: impl FnOnce() -> Request,
    version: Version,
    route: &Route,
    by: By<'_>,
) -> Option<Arc<ServeEvent>> {
    let journal = state.session.journal();
    if !journal.is_on() {
        return None;
    }
    journal.push(Served {
        request: shown(),
        protocol: match version {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            _ => "HTTP/1.1",
        },
        // WireMock is a proxy only where it may pass requests on.
        is_proxied: route.is_proxied
            && (route.mode.forwards() || state.answers.dialect == Dialect::Ringer),
        is_passed_on: matches!(by, By::Api),
        stub: match &by {
            By::Stub(found) => Some((Arc::clone(&found.stub), found.step)),
            By::Api | By::Nobody | By::Limit(_) => None,
        },
        limited: match by {
            By::Limit(limited) => Some(limited),
            By::Api | By::Nobody | By::Stub(_) => None,
        },
    })
}

/// Has the journal see the answer on its way out.
pub(super) fn see(
    state: &State,
    event: Option<Arc<ServeEvent>>,
    watch: Stopwatch,
    response: Response<ReplyBody>,
) -> Response<ReplyBody> {
    let Some(event) = event else { return response };
    let journal = state.session.journal();
    if let ReplyBody::Whole { bytes, .. } = response.body() {
        let body = bytes.as_deref().unwrap_or_default();
        journal.answered(&event, &response, body, Some(watch.elapsed()));
        return response;
    }
    journal.answered(&event, &response, b"", None);
    response.map(|body| {
        let session = Arc::clone(&state.session);
        ReplyBody::Logged(Box::new(Logged { body, event, session, watch }))
    })
}
