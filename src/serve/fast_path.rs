//! The short way of a request to its answer: nothing holds it back, nothing befalls it, and the answer is
//! ready. Whatever is not sure to be so goes the long way; both give the same answer, and leave the same
//! behind.

use std::{fmt::Display, path::PathBuf, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderMap, Method, Response, Version,
    header::{ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT},
};
use uuid::Uuid;

use super::{
    exchange::Exchange,
    rendering, replay,
    reply::{ReplyBody, Sizing},
    respond::{Head, may_have_body, sizing},
    settings::{Dialect, Templating},
    state::State,
};
use crate::{
    codec::view::RequestView,
    engine::{Found, Views, find::certain},
    model::{AfterLast, BodySpec, Handled, LatencySource, Outcome, RequestBody, ResponseSpec},
    render::{PrepareError, Prepared, PreparedBody, squeeze},
    store::{Finished, LiveStub, LiveTemplates, OwnAnswer},
    telemetry,
};

/// Longer bodies go the long way.
pub(super) const MAX_BODY: usize = 64 << 10;

/// Whether a request may go the short way.
pub(super) enum Prospect {
    /// It may not.
    None,
    /// It may.
    Now,
    /// It may, with its body.
    WithBody,
}

/// What an exchange promises before its stub is known.
pub(super) fn prospect(exchange: &Exchange) -> Prospect {
    let Exchange { state, outbound, origin, .. } = exchange;
    let (session, mode) = (&state.session, outbound.route.mode);
    let is_usual = origin.is_none()
        && outbound.own.is_none()
        && matches!(outbound.version, Version::HTTP_11 | Version::HTTP_2)
        && outbound.request.method != Method::HEAD
        && mode.asks_stubs()
        && !mode.records()
        && state.tracer.is_none()
        && state.script.is_none()
        && session.clock().is_real()
        && session.has_no_waits()
        && !session.recording().is_on()
        && !session.journal().is_heard();
    if !is_usual {
        return Prospect::None;
    }
    if outbound.body.is_complete() {
        return Prospect::Now;
    }
    let fields = &outbound.request.headers;
    let is_short = length_of(fields).is_some_and(|length| {
        length
            <= MAX_BODY.min(session.journal().limits().body_bytes).min(state.limits.body_in_memory)
    });
    // Where anything holds for requests, a body may have to come slowly, or not at all.
    let is_free = || state.behaviors.only_latency(session.name()).is_some();
    match is_short && !fields.contains_key(EXPECT) && is_free() {
        true => Prospect::WithBody,
        false => Prospect::None,
    }
}

fn length_of(fields: &HeaderMap) -> Option<usize> {
    fields.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The answer, where all goes well; nothing has happened where it does not. The request's body must have
/// come.
pub(super) fn answer(exchange: &mut Exchange) -> Option<Response<ReplyBody>> {
    let Exchange { state, outbound, .. } = exchange;
    let latency = state.behaviors.only_latency(state.session.name())?;
    outbound.request.body = RequestBody::Whole(outbound.body.take_whole()?);
    if let Some((live, way)) = find(exchange, &latency) {
        return Some(given(exchange, &live, way));
    }
    let outbound = &mut exchange.outbound;
    let nothing = RequestBody::Whole(Bytes::new());
    if let RequestBody::Whole(body) = std::mem::replace(&mut outbound.request.body, nothing)
        && !body.is_empty()
    {
        outbound.body.put_back(&body);
    }
    None
}

/// How an answer comes about.
enum Way {
    /// It is ready.
    Prepared(Arc<Prepared>),
    /// Its templates are rendered.
    Templates,
}

/// The stub that answers, and how.
fn find(exchange: &Exchange, latency: &LatencySource) -> Option<(Arc<LiveStub>, Way)> {
    let Exchange { state, client, outbound, .. } = exchange;
    let request = &outbound.request;
    if !state.redactor.is_clean(request, &mut client.clean_fields.lock()) {
        return None;
    }
    let set = state.session.stubs().snapshot();
    let view = RequestView::new(request);
    let views = Views { original: &view, sanitised: None };
    let live = certain(&set, outbound.route.service.scope.as_ref(), views)?;
    let way = way(exchange, &live, latency)?;
    Some((live, way))
}

/// How the stub's answer comes about, where it does at once.
fn way(exchange: &Exchange, live: &LiveStub, latency: &LatencySource) -> Option<Way> {
    let Exchange { state, outbound, .. } = exchange;
    let [step] = live.stub.responses.steps.as_slice() else { return None };
    let spec = &step.response;
    let is_prompt = match latency {
        LatencySource::None => !live.is_two_way,
        LatencySource::Recorded(_) => spec.latency.is_none(),
        LatencySource::Drawn { .. } | LatencySource::Empirical(_) => false,
    };
    let is_alone = live.behaviors.is_none()
        && live.webhooks.is_empty()
        && live.stub.scenario.is_none()
        && live.stub.responses.after_last != AfterLast::Miss;
    if !is_prompt || !is_alone {
        return None;
    }
    let request = &outbound.request;
    let may_be_squeezed = || {
        state.answers.gzip
            && request.headers.contains_key(ACCEPT_ENCODING)
            && squeeze::wants_squeezed(&request.method, &request.headers)
    };
    let needs_spelling = outbound.version != Version::HTTP_2;
    if let Some(templates) = templates(state, live) {
        let response = templates.response.as_ref().ok()?;
        let is_spelled = response.is_spelled_as_usual() || templates.spelling.get().is_some();
        let is_plain = response.is_plain() && (is_spelled || !needs_spelling);
        return (is_plain && !may_be_squeezed()).then_some(Way::Templates);
    }
    let prepared = prepared(state, live, spec)?;
    let is_spelled = prepared.spelled.is_empty() || prepared.spelling.get().is_some();
    let is_plain = prepared.is_plain() && (is_spelled || !needs_spelling);
    let is_squeezed = prepared.may_be_squeezed() && may_be_squeezed();
    (is_plain && !is_squeezed).then(|| Way::Prepared(Arc::clone(prepared)))
}

fn templates<'l>(state: &State, live: &'l LiveStub) -> Option<&'l LiveTemplates> {
    let everything = match state.answers.templating {
        Templating::Off => return None,
        Templating::Stub => false,
        Templating::All => live.stub.recorded.is_none(),
    };
    live.templates(0, everything)
}

/// The answer made ready, where that is done at once: no file is read for it.
fn prepared<'l>(
    state: &State,
    live: &'l LiveStub,
    spec: &ResponseSpec,
) -> Option<&'l Arc<Prepared>> {
    let slot = live.prepared.first()?;
    let is_file = matches!(spec.body, BodySpec::File(_));
    if let Some(prepared) = slot.get() {
        // WireMock's clients write files and then ask for them at once.
        let is_read_anew = is_file && state.answers.dialect == Dialect::WireMock;
        return (!is_read_anew).then_some(prepared);
    }
    if is_file || spec.coding.is_some() {
        return None;
    }
    let prepared = Prepared::new(spec, &replay::dress(state, live), no_file).ok()?;
    Some(slot.get_or_init(|| Arc::new(prepared)))
}

fn no_file(name: &str) -> Result<PathBuf, PrepareError> {
    Err(PrepareError::Header { name: name.to_owned() })
}

/// Gives the answer, and leaves behind what each exchange does.
fn given(exchange: &Exchange, live: &Arc<LiveStub>, way: Way) -> Response<ReplyBody> {
    let Exchange { state, client, watch, outbound, .. } = exchange;
    let (request, route) = (&outbound.request, &outbound.route);
    let (session, journal) = (&state.session, state.session.journal());
    let hit = session.claim(live.stub.id);
    let (number, id) = journal.reserve();
    let (response, own) = match way {
        Way::Prepared(prepared) => {
            let response = response(exchange, live, &prepared);
            let own = is_other(&response, &prepared).then(|| own_answer(&response));
            (response, own)
        }
        Way::Templates => {
            let found = Found { stub: Arc::clone(live), step: 0, hit, nearest: None };
            let response = match rendered(exchange, &found, journal.is_on().then_some(id)) {
                Ok(prepared) => response(exchange, live, &prepared),
                Err(response) => *response,
            };
            let own = own_answer(&response);
            (response, Some(own))
        }
    };
    client.interim.clear_trailers();
    let took = watch.elapsed();
    let metrics = &route.service.metrics;
    metrics.lookup(telemetry::Lookup::Hit);
    metrics.request(telemetry::Outcome::Stub, took);
    state.stubbed(watch.started() + took, || Handled {
        number: exchange.number,
        method: request.method.to_string(),
        target: state.redactor.target(route.target.as_str()).into_owned(),
        status: Some(response.status().as_u16()),
        latency: took,
        outcome: Outcome::Stub { name: live.display_name(), step: None, nearest: false },
    });
    if journal.is_on() {
        let is_http2 = outbound.version == Version::HTTP_2;
        let is_of_ringer = state.answers.dialect == Dialect::Ringer;
        let finished = Finished {
            request,
            arrived: watch.arrived(),
            started: watch.started(),
            took,
            service: route.service.scope.as_ref(),
            names: if is_http2 { None } else { client.interim.names().names() },
            protocol: if is_http2 { "HTTP/2.0" } else { "HTTP/1.1" },
            is_proxied: route.is_proxied && (route.mode.forwards() || is_of_ringer),
            stub: live,
            step: 0,
            answer: own,
            seed: is_of_ringer.then(|| state.seed()),
        };
        journal.push_finished(number, finished);
    }
    response
}

/// The answer that templates give, or what is said where they fail.
fn rendered(
    exchange: &Exchange,
    found: &Found,
    id: Option<Uuid>,
) -> Result<Arc<Prepared>, Box<Response<ReplyBody>>> {
    let Exchange { state, outbound, .. } = exchange;
    let live = &found.stub;
    let unusable = |error: &dyn Display| Box::new(replay::unusable(live, error));
    let Some(templates) = templates(state, live) else {
        return Err(unusable(&"its templates are gone"));
    };
    let view = RequestView::new(&outbound.request);
    let spec = rendering::rendered_at_once(state, found, templates, &view, id)
        .map_err(|error| unusable(&error))?;
    let mut prepared = Prepared::new(&spec, &replay::dress(state, live), no_file)
        .map_err(|error| unusable(&error))?;
    // The names of its fields are no templates.
    prepared.spelling = Arc::clone(&templates.spelling);
    Ok(Arc::new(prepared))
}

/// A prepared answer as a response.
fn response(exchange: &Exchange, live: &LiveStub, prepared: &Arc<Prepared>) -> Response<ReplyBody> {
    let Exchange { state, client, outbound, .. } = exchange;
    let (version, asked) = (outbound.version, &outbound.request.headers);
    let is_recorded = live.stub.recorded.is_some();
    let has_body = may_have_body(prepared.status);
    let bytes = match &prepared.body {
        PreparedBody::Bytes(bytes) if has_body => Some(bytes.clone()),
        _ => None,
    };
    let sizing = match is_recorded || !has_body {
        true => Sizing::Unsaid,
        false => sizing(
            state,
            matches!(live.response(0), Some(spec) if matches!(spec.body, BodySpec::File(_))),
        ),
    };
    let body = ReplyBody::Whole { bytes, trailers: None, sizing };
    let is_bare = prepared.has_no_framing()
        && prepared.spelled.is_empty()
        && prepared.reason.is_none()
        && !is_recorded
        && (version == Version::HTTP_2
            || state.answers.dialect == Dialect::Ringer
            || !asked.contains_key(CONNECTION));
    if is_bare {
        let mut response = Response::new(body);
        *response.status_mut() = prepared.status;
        response.headers_mut().clone_from(&prepared.fields);
        return response;
    }
    let spelling = match version {
        _ if prepared.spelled.is_empty() => None,
        Version::HTTP_2 => None,
        _ => prepared.spelling.get().cloned(),
    };
    let length = Some(prepared.body.length());
    let head = Head { version, has_body, length, is_recorded, asked, spelling };
    head.onto(state, prepared, body, &client.interim)
}

/// Whether a client gets another answer than the one that is prepared.
fn is_other(response: &Response<ReplyBody>, prepared: &Prepared) -> bool {
    let is_unsent = matches!(response.body(), ReplyBody::Whole { bytes: None, .. });
    // Of its head only the end of its connection can be another, which adds a field.
    is_unsent || response.headers().len() != prepared.fields.len()
}

/// The answer as its client gets it.
fn own_answer(response: &Response<ReplyBody>) -> OwnAnswer {
    OwnAnswer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: match response.body() {
            ReplyBody::Whole { bytes: Some(bytes), .. } => bytes.clone(),
            _ => Bytes::new(),
        },
    }
}
