//! The short way of a request to its answer: nothing holds it back, nothing befalls it, and the answer is
//! ready. Whatever is not sure to be so goes the long way; both give the same answer, and leave the same
//! behind.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderMap, Method, Response, Version,
    header::{CONTENT_LENGTH, EXPECT},
};

use super::{
    handler::Exchange,
    inquiry::Sanitised,
    replay,
    reply::{ReplyBody, Sizing},
    respond::{Head, may_have_body},
    settings::{Chunking, Dialect, Templating},
    state::State,
};
use crate::{
    codec::view::RequestView,
    engine::{Views, find::certain},
    model::{BodySpec, Handled, LatencySource, Outcome, RequestBody, ResponseSpec},
    render::{PrepareError, Prepared, PreparedBody, squeeze},
    store::{Finished, LiveStub, OwnAnswer},
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
    if is_short && !fields.contains_key(EXPECT) { Prospect::WithBody } else { Prospect::None }
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
    let found = find(exchange, &latency);
    let Some((live, prepared)) = found else {
        let outbound = &mut exchange.outbound;
        let body = std::mem::replace(&mut outbound.request.body, RequestBody::Whole(Bytes::new()));
        if let RequestBody::Whole(body) = body
            && !body.is_empty()
        {
            outbound.body.put_back(&body);
        }
        return None;
    };
    Some(given(exchange, &live, &prepared))
}

/// The stub that answers, and its answer.
fn find(exchange: &Exchange, latency: &LatencySource) -> Option<(Arc<LiveStub>, Arc<Prepared>)> {
    let Exchange { state, outbound, .. } = exchange;
    let request = &outbound.request;
    if !matches!(Sanitised::of(state, request), Sanitised::Same) {
        return None;
    }
    let set = state.session.stubs().snapshot();
    let view = RequestView::new(request);
    let views = Views { original: &view, sanitised: None };
    let live = certain(&set, outbound.route.service.scope.as_ref(), views)?;
    let prepared = ready(state, &live, latency)?;
    let is_squeezed = state.answers.gzip
        && prepared.may_be_squeezed()
        && squeeze::wants_squeezed(&request.method, &request.headers);
    let is_unspelled = outbound.version != Version::HTTP_2
        && !prepared.spelled.is_empty()
        && prepared.spelling.get().is_none();
    if is_squeezed || is_unspelled {
        return None;
    }
    let prepared = Arc::clone(prepared);
    Some((live, prepared))
}

/// The answer of a stub that is the same for each of its requests, and ready.
fn ready<'l>(
    state: &State,
    live: &'l LiveStub,
    latency: &LatencySource,
) -> Option<&'l Arc<Prepared>> {
    let [step] = live.stub.responses.steps.as_slice() else { return None };
    let spec = &step.response;
    let prepared = prepared(state, live, spec)?;
    let is_prompt = match latency {
        LatencySource::None => !live.is_two_way,
        LatencySource::Recorded(_) => spec.latency.is_none(),
        LatencySource::Drawn { .. } | LatencySource::Empirical(_) => false,
    };
    let is_templated = match state.answers.templating {
        Templating::Off => false,
        Templating::Stub => spec.asks_for_templating(),
        Templating::All => live.stub.recorded.is_none(),
    };
    let is_same = prepared.is_plain()
        && is_prompt
        && !is_templated
        && live.behaviors.is_none()
        && live.webhooks.is_empty()
        && live.stub.scenario.is_none()
        && !(state.answers.dialect == Dialect::WireMock && matches!(spec.body, BodySpec::File(_)));
    is_same.then_some(prepared)
}

/// The answer made ready, where that is done at once: no file is read for it.
fn prepared<'l>(
    state: &State,
    live: &'l LiveStub,
    spec: &ResponseSpec,
) -> Option<&'l Arc<Prepared>> {
    let slot = live.prepared.first()?;
    if let Some(prepared) = slot.get() {
        return Some(prepared);
    }
    if matches!(spec.body, BodySpec::File(_)) || spec.coding.is_some() {
        return None;
    }
    let no_file = |name: &str| Err(PrepareError::Header { name: name.to_owned() });
    let prepared = Prepared::new(spec, &replay::dress(state, live), no_file).ok()?;
    Some(slot.get_or_init(|| Arc::new(prepared)))
}

/// Gives the answer, and leaves behind what each exchange does.
fn given(
    exchange: &Exchange,
    live: &Arc<LiveStub>,
    prepared: &Arc<Prepared>,
) -> Response<ReplyBody> {
    let Exchange { state, client, watch, outbound, .. } = exchange;
    let (request, version, route) = (&outbound.request, outbound.version, &outbound.route);
    let is_recorded = live.stub.recorded.is_some();
    let has_body = may_have_body(prepared.status);
    let bytes = match &prepared.body {
        PreparedBody::Bytes(bytes) if has_body => Some(bytes.clone()),
        _ => None,
    };
    let sizing = match state.answers.chunking {
        _ if is_recorded || !has_body => Sizing::Unsaid,
        Chunking::Always => Sizing::InPieces,
        Chunking::BodyFile | Chunking::Never => Sizing::Named,
    };
    let head = Head {
        version,
        has_body,
        length: Some(prepared.body.length()),
        is_recorded,
        asked: &request.headers,
        spelling: match version {
            Version::HTTP_2 => None,
            _ => prepared.spelling.get().cloned(),
        },
    };
    let body = ReplyBody::Whole { bytes, trailers: None, sizing };
    let response = head.onto(state, prepared, body, &client.interim);
    client.interim.clear_trailers();

    state.session.claim(live.stub.id);
    let took = watch.elapsed();
    let metrics = &route.service.metrics;
    metrics.lookup(telemetry::Lookup::Hit);
    metrics.request(telemetry::Outcome::Stub, took);
    state.stubbed(watch.started() + took, || Handled {
        number: exchange.number,
        method: request.method.to_string(),
        target: state.redactor.target(route.target.as_str()).into_owned(),
        status: Some(prepared.status.as_u16()),
        latency: took,
        outcome: Outcome::Stub { name: live.display_name(), step: None, nearest: false },
    });
    let journal = state.session.journal();
    if journal.is_on() {
        let (number, _) = journal.reserve();
        let is_http2 = version == Version::HTTP_2;
        journal.push_finished(
            number,
            Finished {
                request,
                arrived: watch.arrived(),
                started: watch.started(),
                took,
                service: route.service.scope.as_ref(),
                names: if is_http2 { None } else { client.interim.names().names() },
                protocol: if is_http2 { "HTTP/2.0" } else { "HTTP/1.1" },
                is_proxied: route.is_proxied
                    && (route.mode.forwards() || state.answers.dialect == Dialect::Ringer),
                stub: live,
                step: 0,
                answer: own_answer(&response, prepared),
                seed: (state.answers.dialect == Dialect::Ringer).then(|| state.seed()),
            },
        );
    }
    response
}

/// The answer as its client gets it, where that is not as it is prepared.
fn own_answer(response: &Response<ReplyBody>, prepared: &Prepared) -> Option<OwnAnswer> {
    let is_unsent = matches!(response.body(), ReplyBody::Whole { bytes: None, .. });
    // Of its head only the end of its connection can be another, which adds a field.
    let is_other = response.headers().len() != prepared.fields.len();
    (is_other || is_unsent).then(|| OwnAnswer {
        status: prepared.status.as_u16(),
        headers: response.headers().clone(),
        body: match response.body() {
            ReplyBody::Whole { bytes: Some(bytes), .. } => bytes.clone(),
            _ => Bytes::new(),
        },
    })
}
