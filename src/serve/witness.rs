//! What the journal learns of a request and its answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, Version};

use super::{
    client::Client,
    entry::Entry,
    reply::{Logged, ReplyBody},
    route::Route,
    settings::Dialect,
    state::State,
    tee::Stopwatch,
};
use crate::{
    engine::Found,
    model::Request,
    redaction::Credentials,
    store::{Limited, Served, UnsentBody},
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

/// Enters a request into the journal, as far as anybody is to know of it, and into the recording that is
/// under way if `request` is given; `shown` is the request without credentials, and these.
pub(super) fn enter(
    state: &State,
    client: &Client,
    request: Option<&Request>,
    shown: impl FnOnce() -> (Request, Credentials),
    version: Version,
    (route, watch): (&Route, Stopwatch),
    by: By<'_>,
) -> Option<Entry> {
    let journal = state.session.journal();
    if !journal.is_asked() {
        return None;
    }
    let is_passed_on = matches!(by, By::Api);
    let fetches = match &by {
        By::Stub(found) => {
            found.stub.response(found.step).is_some_and(|it| it.extras.proxy.is_some())
        }
        By::Api | By::Nobody | By::Limit(_) => false,
    };
    let (seen, credentials) = shown();
    let event = journal.push(Served {
        request: seen,
        credentials,
        arrived: watch.arrived(),
        started: watch.started(),
        service: route.service.scope.clone(),
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
    })?;
    if let Some(request) = request {
        state.session.recording().take(event.id, request, fetches || is_passed_on);
    }
    Some(Entry::new(event, Arc::clone(&state.session), watch))
}

/// Has the journal see the answer on its way out.
pub(super) fn see(entry: Option<Entry>, response: Response<ReplyBody>) -> Response<ReplyBody> {
    let Some(entry) = entry else { return response };
    if let ReplyBody::Whole { bytes, .. } = response.body() {
        // Before the client has it, so that a client that asks at once finds it.
        let unsent = response.extensions().get::<UnsentBody>().map(|unsent| &unsent.0);
        entry.answered(&response, Some(bytes.as_ref().or(unsent).unwrap_or(&Bytes::new())));
        entry.end();
        return response;
    }
    entry.answered(&response, None);
    response.map(|body| ReplyBody::Logged(Box::new(Logged { body, entry })))
}
