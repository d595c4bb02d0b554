//! The answer that a stub gives: when it is due, with the client's own values.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue, Response, Version,
    header::{AUTHORIZATION, CONTENT_LENGTH, DATE, PROXY_AUTHORIZATION, TRANSFER_ENCODING},
};
use hyper::ext::ReasonPhrase;
use tokio::sync::watch;

use super::{
    head_case,
    inbound::Inbound,
    inquiry::Inquiry,
    miss,
    reply::{Production, Progress, ReplyBody, discard, sleep_until},
    rescue,
    state::State,
    wire::Interim,
};
use crate::{
    behavior::latency::Schedule,
    engine::{Found, Planned},
    model::{self, Outcome, RequestBody, ResponseEnding},
    render::{PrepareError, Prepared, PreparedBody, Substitutions, http_date},
    store::{LiveStub, StubSet},
};

/// Gives the answer that was found, when it is due.
pub(super) async fn give(
    state: &State,
    found: Found,
    inquiry: Inquiry,
    interim: &Interim,
) -> (Response<ReplyBody>, Outcome) {
    let live = Arc::clone(&found.stub);
    let outcome = Outcome::Stub {
        name: live.display_name(),
        step: live.stub.responses.is_sequence().then_some(found.step + 1),
        nearest: found.nearest.is_some(),
    };
    let schedule = match inquiry.route.service.behavior.plan(&state.session, &found) {
        Planned::Answer(schedule) => {
            if let Some(event) = &inquiry.event {
                event.set_delay(schedule.head);
            }
            schedule
        }
        Planned::Error { status, at } => {
            sleep_until(inquiry.watch, at).await;
            drain(inquiry.body, None);
            return (injected(status), Outcome::InjectedError);
        }
    };
    let prepared = match ready(state, &found, &inquiry).await {
        Ok(prepared) => prepared,
        Err(error) => {
            let file = live.file.display().to_string();
            return (rescue::unusable_stub(&live.display_name(), &file, &error), outcome);
        }
    };
    sleep_until(inquiry.watch, schedule.head).await;
    if inquiry.version == Version::HTTP_11 {
        for (status, fields) in live.response(found.step).into_iter().flat_map(|it| &it.interim) {
            interim.send(*status, fields);
        }
    }
    let ending = live.response(found.step).map_or_else(Default::default, |answer| answer.ending);
    let is_recorded = live.stub.recorded.is_some();
    (respond(state, &prepared, schedule, ending, is_recorded, inquiry).await, outcome)
}

/// The 404 that says what came near.
pub(super) fn miss(state: &State, inquiry: &Inquiry) -> Response<ReplyBody> {
    let set: &StubSet = &state.stubs.snapshot();
    let seen = state.redactor.seen(&inquiry.request);
    miss::report(set, inquiry.route.service.scope.as_ref(), &seen)
}

fn injected(status: u16) -> Response<ReplyBody> {
    let status = http::StatusCode::from_u16(status).unwrap_or_default();
    let json = model::Json::Object(vec![
        ("error".to_owned(), "injected".into()),
        ("message".to_owned(), "ringer was told to fail this request (--fail)".into()),
    ]);
    rescue::own_answer(status, rescue::Wants::Json, &json, "")
}

/// The answer that was found, with this client's own values where it has others than the recorded
/// client.
async fn ready(
    state: &State,
    found: &Found,
    inquiry: &Inquiry,
) -> Result<Arc<Prepared>, PrepareError> {
    let prepared = prepare(state, &found.stub, found.step).await?;
    let substitutions = substitutions(state, &prepared, found, inquiry);
    if substitutions.is_empty() {
        return Ok(prepared);
    }
    prepared.substituted(&substitutions).map(Arc::new)
}

async fn prepare(
    state: &State,
    live: &Arc<LiveStub>,
    step: usize,
) -> Result<Arc<Prepared>, PrepareError> {
    let Some(slot) = live.prepared.get(step) else {
        return Err(PrepareError::Status(0));
    };
    if let Some(prepared) = slot.get() {
        return Ok(Arc::clone(prepared));
    }
    // The first time only: body files are read.
    let (stub, files) = (Arc::clone(live), state.body_files.clone());
    let made = tokio::task::spawn_blocking(move || {
        let response = stub.response(step).ok_or(PrepareError::Status(0))?;
        Prepared::new(response, |name| {
            files.path(stub.stub.service.as_ref(), name).map_err(|error| PrepareError::File {
                path: name.into(),
                source: std::io::Error::other(error),
            })
        })
    })
    .await;
    let prepared = match made {
        Ok(made) => Arc::new(made?),
        Err(error) => {
            return Err(PrepareError::File {
                path: live.file.clone(),
                source: std::io::Error::other(error),
            });
        }
    };
    Ok(Arc::clone(slot.get_or_init(|| prepared)))
}

/// Values of the recorded client that stand in the answer, and what this client has instead.
fn substitutions(
    state: &State,
    prepared: &Prepared,
    found: &Found,
    inquiry: &Inquiry,
) -> Substitutions {
    let mut substitutions = Substitutions::none();
    prepared.address_substitutions(&inquiry.route.address, &mut substitutions);
    let own = if prepared.has_pseudonyms() {
        state.redactor.substitutions(&inquiry.request)
    } else {
        Vec::new()
    };
    for (recorded, now) in found.nearest.iter().flatten() {
        // A short value may stand in the answer for something else.
        if recorded.len() >= 6 {
            // Stubs are compared with pseudonyms; the client gets its own value back.
            let now =
                own.iter().find(|(pseudonym, _)| pseudonym == now).map_or(now, |(_, own)| own);
            substitutions.push(recorded.clone(), now.clone());
        }
    }
    for (name, recorded) in found.stub.response(found.step).iter().flat_map(|answer| &answer.echoes)
    {
        if let Some(now) = echoed(&inquiry.request.headers, name) {
            substitutions.push(recorded.clone(), now);
        }
    }
    for (pseudonym, own) in own {
        substitutions.push(pseudonym, own);
    }
    substitutions
}

/// The value of a request header that an answer gives back; of a credential, without its scheme.
fn echoed(fields: &HeaderMap, name: &str) -> Option<String> {
    let value = model::text_of(fields.get(name)?.as_bytes());
    if name == AUTHORIZATION.as_str() || name == PROXY_AUTHORIZATION.as_str() {
        return value.split_once(' ').map(|(_, credential)| credential.trim().to_owned());
    }
    Some(value)
}

async fn respond(
    state: &State,
    prepared: &Prepared,
    schedule: Schedule,
    ending: ResponseEnding,
    is_recorded: bool,
    inquiry: Inquiry,
) -> Response<ReplyBody> {
    // To read the body would ask the client for it.
    let is_refused = inquiry.is_unasked()
        && (prepared.status.is_client_error() || prepared.status.is_server_error());
    let Inquiry { body: inbound, version, watch, request, .. } = inquiry;
    let inbound = if is_refused { Inbound::none() } else { inbound };
    let is_gated = schedule.chunks.iter().any(|(_, _, request_bytes)| *request_bytes > 0);
    let progress = drain(inbound, is_gated.then_some(&request.body));
    let has_body = request.method != http::Method::HEAD;
    let whole = match &prepared.body {
        PreparedBody::Bytes(bytes)
            if schedule.chunks.is_empty() && ending == ResponseEnding::Complete =>
        {
            Some(bytes.clone())
        }
        _ => None,
    };
    let body = match whole {
        _ if !has_body => ReplyBody::Whole { bytes: None, trailers: None, sized: false },
        Some(bytes) => ReplyBody::Whole {
            bytes: Some(bytes),
            trailers: (!prepared.trailers.is_empty()).then(|| prepared.trailers.clone()),
            sized: !is_recorded,
        },
        None => Production {
            body: prepared.body.clone(),
            trailers: prepared.trailers.clone(),
            schedule,
            ending,
            watch,
            request: progress,
        }
        .start(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = prepared.status;
    *response.headers_mut() = fields(state, prepared, version);
    // hyper would break off a body that is not as long as a stub says.
    if has_body
        && ending == ResponseEnding::Complete
        && let Some(length) = response.headers_mut().get_mut(CONTENT_LENGTH)
    {
        *length = prepared.body.length().into();
    }
    // With a body hyper would name its length; a recorded answer says so itself if it does.
    if !has_body && !is_recorded && !prepared.fields.contains_key(TRANSFER_ENCODING) {
        let length = prepared.body.length();
        response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    // A recorded body that ended with its connection does so again: hyper would send chunks.
    let has_framing = [CONTENT_LENGTH, TRANSFER_ENCODING]
        .iter()
        .any(|name| response.headers().contains_key(name));
    if version == Version::HTTP_11
        && is_recorded
        && has_body
        && !has_framing
        && prepared.trailers.is_empty()
        && prepared.body.length() > 0
    {
        *response.version_mut() = Version::HTTP_10;
    }
    if version < Version::HTTP_2 {
        if !prepared.spelled.is_empty() {
            *response.extensions_mut() = spelling(prepared).await;
        }
        if let Some(reason) = &prepared.reason
            && let Ok(reason) = ReasonPhrase::try_from(reason.as_bytes().to_vec())
        {
            response.extensions_mut().insert(reason);
        }
    }
    response
}

fn fields(state: &State, prepared: &Prepared, version: Version) -> HeaderMap {
    let mut fields = prepared.fields.clone();
    // The place of an emptied value is that of the recorded field.
    if let Some(date) = fields.get_mut(DATE)
        && date.is_empty()
        && let Ok(now) = HeaderValue::from_str(&http_date(state.clock.now()))
    {
        *date = now;
    }
    if version != Version::HTTP_11 {
        fields.remove(TRANSFER_ENCODING);
    }
    // Both would contradict each other (RFC 9112 §6.2).
    if fields.contains_key(TRANSFER_ENCODING) {
        fields.remove(CONTENT_LENGTH);
    }
    fields
}

async fn spelling(prepared: &Prepared) -> http::Extensions {
    match prepared.spelling.get() {
        Some(known) => known.clone(),
        None => {
            let made = head_case::spelling(&prepared.spelled).await;
            prepared.spelling.get_or_init(|| made).clone()
        }
    }
}

/// Reads the rest of a request body. With `gate`, tells how far it has come, what was read of it
/// before included.
fn drain(inbound: Inbound, gate: Option<&RequestBody>) -> Option<watch::Receiver<Progress>> {
    let read = inbound.so_far().len() as u64;
    let read = read
        + gate.map_or(0, |body| match body {
            RequestBody::Whole(bytes) => bytes.len() as u64,
            RequestBody::Hashed { length, .. } => *length,
        });
    if gate.is_none() {
        if let Some(rest) = inbound.into_rest() {
            tokio::spawn(discard(rest));
        }
        return None;
    }
    let ended = inbound.is_complete();
    let (progress, watched) = watch::channel(Progress { bytes: read, ended });
    let mut inbound = inbound;
    if !ended {
        tokio::spawn(async move {
            let before = read - inbound.so_far().len() as u64;
            while let Ok(true) = inbound.more().await {
                let bytes = before + inbound.so_far().len() as u64;
                progress.send_modify(|progress| progress.bytes = bytes);
            }
            progress.send_modify(|progress| progress.ended = true);
        });
    }
    Some(watched)
}
