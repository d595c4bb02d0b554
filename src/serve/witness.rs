//! What the journal learns of a request and its answer.

use std::sync::Arc;

use http::{Response, Version};
use http_body::Body as _;

use super::{
    client::Client,
    reply::{Logged, ReplyBody},
    route::Route,
    settings::Dialect,
    state::State,
    taking::Taking,
    tee::Stopwatch,
};
use crate::{
    engine::Found,
    model::Request,
    store::{Limited, ServeEvent, Served, UnsentBody},
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

/// Enters a request into the journal, as far as there is one, and into the recording that is under
/// way if `request` is given; `shown` is the request without credentials.
pub(super) fn enter(
    state: &State,
    client: &Client,
    request: Option<&Request>,
    shown: impl FnOnce() -> Request,
    version: Version,
    route: &Route,
    by: By<'_>,
) -> Option<Arc<ServeEvent>> {
    let journal = state.session.journal();
    if !journal.is_on() {
        return None;
    }
    let is_passed_on = matches!(by, By::Api);
    let fetches = match &by {
        By::Stub(found) => found.stub.response(found.step).is_some_and(|it| it.proxy.is_some()),
        By::Api | By::Nobody | By::Limit(_) => false,
    };
    let event = journal.push(Served {
        request: shown(),
        names: if version == Version::HTTP_2 { None } else { client.interim.names().names() },
        protocol: match version {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            _ => "HTTP/1.1",
        },
        // WireMock is a proxy only where it may pass requests on.
        is_proxied: route.is_proxied
            && (route.mode.forwards() || state.answers.dialect == Dialect::Ringer),
        is_passed_on,
        stub: match &by {
            By::Stub(found) => Some((Arc::clone(&found.stub), found.step)),
            By::Api | By::Nobody | By::Limit(_) => None,
        },
        limited: match by {
            By::Limit(limited) => Some(limited),
            By::Api | By::Nobody | By::Stub(_) => None,
        },
    });
    if let (Some(event), Some(request)) = (&event, request) {
        state.session.recording().take(event.id, request, fetches || is_passed_on);
    }
    event
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
    let taken = state.session.recording().begin(event.id);
    if let Some(taken) = &taken {
        taken.answered(&response);
    }
    if let ReplyBody::Whole { bytes, .. } = response.body() {
        let unsent = response.extensions().get::<UnsentBody>().map(|unsent| &*unsent.0);
        let body = bytes.as_deref().or(unsent).unwrap_or_default();
        journal.answered(&event, &response, body, Some(watch.elapsed()));
        if let Some(taken) = &taken {
            bytes.iter().for_each(|bytes| taken.add_body(bytes));
            taken.complete();
        }
        return response;
    }
    journal.answered(&event, &response, b"", None);
    let taken = taken.map(|taken| {
        let body = response.body();
        Taking::new(taken, body.is_end_stream(), body.known_length())
    });
    response.map(|body| {
        let session = Arc::clone(&state.session);
        ReplyBody::Logged(Box::new(Logged { body, event, session, watch, taken }))
    })
}
