//! Answers from stubs.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, Version,
    header::{CONTENT_LENGTH, DATE, EXPECT, TRANSFER_ENCODING},
};
use hyper::ext::ReasonPhrase;
use tokio::sync::watch;

use super::{
    head_case,
    inbound::Inbound,
    miss,
    reply::{Production, Progress, ReplyBody, discard, sleep_until},
    rescue,
    route::Route,
    state::State,
    tee::Stopwatch,
};
use crate::{
    behavior::latency::Schedule,
    codec::view::RequestView,
    engine::{
        Found, HeadFit, Matching, Mode, Planned, Views,
        find::{by_body, by_head, by_nearest, claim},
    },
    model::{self, BodyPattern, Outcome, RequestBody, ResponseEnding},
    render::{Prepared, PreparedBody, Substitutions, http_date},
    store::{LiveStub, StubSet},
};

/// When several stubs could still be meant by what has come of a two-way stream, this long is
/// waited for more before the first of them answers.
const UNDECIDED: Duration = Duration::from_millis(300);

/// A request for which a stub is sought.
pub(super) struct Inquiry {
    pub(super) request: model::Request,
    pub(super) body: Inbound,
    pub(super) version: Version,
    pub(super) route: Route,
    pub(super) watch: Stopwatch,
}

impl Inquiry {
    /// The request with its credentials replaced; `None` where it brings none.
    fn sanitised(&self, state: &State) -> Option<model::Request> {
        match state.redactor.seen(&self.request) {
            Cow::Borrowed(_) => None,
            Cow::Owned(sanitised) => Some(sanitised),
        }
    }

    /// Whether the client keeps its body until it is asked for it (`Expect: 100-continue`).
    fn is_unasked(&self) -> bool {
        self.version == Version::HTTP_11
            && !self.body.is_complete()
            && self.body.so_far().is_empty()
            && self.request.headers.get(EXPECT).is_some_and(|expected| {
                expected.as_bytes().eq_ignore_ascii_case(b"100-continue")
            })
    }

    async fn read_body(&mut self, limit: usize) -> Result<(), hyper::Error> {
        self.request.body = self.body.consume(limit).await?;
        Ok(())
    }
}

/// What was found.
pub(super) enum Finding {
    Found(Box<Found>, Box<Inquiry>),
    Missed(Box<Inquiry>),
}

/// Finds the stub that answers.
///
/// # Errors
///
/// When the client breaks off while its body is read.
pub(super) async fn find(state: &State, mut inquiry: Inquiry) -> Result<Finding, hyper::Error> {
    let set = Arc::clone(&state.stubs.snapshot());
    let service = Arc::clone(&inquiry.route.service);
    let scope = service.scope.as_ref();
    let limit = state.limits.body_in_memory;
    let sanitised = inquiry.sanitised(state);
    let original = RequestView::new(&inquiry.request);
    let sanitised = sanitised.as_ref().map(RequestView::new);
    let views = Views { original: &original, sanitised: sanitised.as_ref() };
    let mut fitting = match by_head(&set, scope, views) {
        HeadFit::Certain(live) => {
            return Ok(match claim(&state.session, live) {
                Some(found) => Finding::Found(Box::new(found), Box::new(inquiry)),
                None => Finding::Missed(Box::new(inquiry)),
            });
        }
        HeadFit::Body(fitting) => fitting,
        HeadFit::Nothing => Vec::new(),
    };
    if inquiry.is_unasked()
        && let Some(at) = fitting.iter().position(|live| is_refusal(live))
        && let Some(found) = claim(&state.session, fitting.swap_remove(at))
    {
        return Ok(Finding::Found(Box::new(found), Box::new(inquiry)));
    }
    if fitting.iter().any(|live| live.is_two_way)
        && let Some(live) = decide_early(&mut fitting, &mut inquiry.body, limit).await?
        && let Some(found) = claim(&state.session, live)
    {
        return Ok(Finding::Found(Box::new(found), Box::new(inquiry)));
    }
    if service.mode.forwards() && !inquiry.body.read_up_to(limit).await? {
        // Too large to be held until it is passed on, so no stub that looks at it can be asked.
        return Ok(Finding::Missed(Box::new(inquiry)));
    }
    inquiry.read_body(limit).await?;
    let sanitised = inquiry.sanitised(state);
    let original = RequestView::new(&inquiry.request);
    let sanitised = sanitised.as_ref().map(RequestView::new);
    let views = Views { original: &original, sanitised: sanitised.as_ref() };
    let nearest = || {
        (state.matching == Matching::Nearest && service.mode == Mode::Replay)
            .then(|| by_nearest(&state.session, &set, scope, views))
            .flatten()
    };
    match by_body(&state.session, fitting, views).or_else(nearest) {
        Some(found) => Ok(Finding::Found(Box::new(found), Box::new(inquiry))),
        None => {
            if service.mode.forwards()
                && let RequestBody::Whole(bytes) = &inquiry.request.body
            {
                let bytes = bytes.clone();
                inquiry.body.put_back(&bytes);
            }
            Ok(Finding::Missed(Box::new(inquiry)))
        }
    }
}

/// Whether a stub was recorded of a request that was refused before its body: it names the length
/// that the body was to have, and looks at none.
fn is_refusal(live: &LiveStub) -> bool {
    live.stub.recorded.is_some()
        && !live.request.needs_body()
        && live.stub.request.headers.iter().any(|(name, _)| {
            name.eq_ignore_ascii_case("content-length")
                || name.eq_ignore_ascii_case("transfer-encoding")
        })
}

/// Decides by the beginning of a body: a client of a two-way stream sends on only after it was
/// answered. Leaves in `fitting` what a whole body may still match.
async fn decide_early(
    fitting: &mut Vec<Arc<LiveStub>>,
    body: &mut Inbound,
    limit: usize,
) -> Result<Option<Arc<LiveStub>>, hyper::Error> {
    loop {
        let read = body.so_far();
        fitting.retain(|live| recorded_body(live).is_none_or(|whole| whole.starts_with(read)));
        if body.is_complete() || read.len() > limit {
            return Ok(None);
        }
        let ready = fitting.iter().position(|live| {
            live.is_two_way
                && recorded_body(live).is_some()
                && read.len() as u64 >= answered_after(live)
        });
        let Some(ready) = ready else {
            body.more().await?;
            continue;
        };
        if fitting.len() > 1
            && let Ok(more) = tokio::time::timeout(UNDECIDED, body.more()).await
        {
            more?;
            continue;
        }
        return Ok(Some(fitting.swap_remove(ready)));
    }
}

/// The whole body that a stub was recorded with, where the stub has it.
fn recorded_body(live: &LiveStub) -> Option<&Bytes> {
    live.stub.request.body.iter().find_map(|pattern| match pattern {
        BodyPattern::BinaryEqualTo(bytes) => Some(bytes),
        _ => None,
    })
}

/// How many bytes of request had come when the first answer began.
fn answered_after(live: &LiveStub) -> u64 {
    let first = live.stub.responses.steps.first();
    let latency = first.and_then(|step| step.response.latency.as_ref());
    latency.and_then(|latency| latency.chunks.first()).map_or(0, |chunk| chunk.request_bytes)
}

/// Gives the answer that was found, when it is due.
pub(super) async fn give(
    state: &State,
    found: Found,
    inquiry: Inquiry,
) -> (Response<ReplyBody>, Outcome) {
    let live = Arc::clone(&found.stub);
    let outcome = Outcome::Stub {
        name: live.display_name(),
        step: live.stub.responses.is_sequence().then_some(found.step + 1),
        nearest: found.nearest.is_some(),
    };
    let schedule = match inquiry.route.service.behavior.plan(&state.session, &found) {
        Planned::Answer(schedule) => schedule,
        Planned::Error { status, at } => {
            sleep_until(inquiry.watch, at).await;
            drain(inquiry.body, None);
            return (injected(status), Outcome::InjectedError);
        }
    };
    let prepared = match prepare(state, &live, found.step).await {
        Ok(prepared) => prepared,
        Err(error) => {
            let file = live.file.display().to_string();
            return (rescue::unusable_stub(&live.display_name(), &file, &error), outcome);
        }
    };
    let prepared = match personalised(state, &prepared, &found, &inquiry) {
        Ok(Some(changed)) => Arc::new(changed),
        Ok(None) => prepared,
        Err(error) => {
            let file = live.file.display().to_string();
            return (rescue::unusable_stub(&live.display_name(), &file, &error), outcome);
        }
    };
    sleep_until(inquiry.watch, schedule.head).await;
    let ending = live
        .stub
        .responses
        .steps
        .get(found.step)
        .map_or_else(Default::default, |step| step.response.ending);
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

async fn prepare(
    state: &State,
    live: &Arc<LiveStub>,
    step: usize,
) -> Result<Arc<Prepared>, crate::render::PrepareError> {
    let Some(slot) = live.prepared.get(step) else {
        return Err(crate::render::PrepareError::Status(0));
    };
    if let Some(prepared) = slot.get() {
        return Ok(Arc::clone(prepared));
    }
    // The first time only: body files are read.
    let (stub, files) = (Arc::clone(live), state.body_files.clone());
    let made = tokio::task::spawn_blocking(move || {
        let response = stub.stub.responses.steps.get(step).map(|step| &step.response);
        let response = response.ok_or(crate::render::PrepareError::Status(0))?;
        Prepared::new(response, |name| {
            files.path(stub.stub.service.as_ref(), name).map_err(|error| {
                crate::render::PrepareError::File {
                    path: name.into(),
                    source: std::io::Error::other(error),
                }
            })
        })
    })
    .await;
    let prepared = match made {
        Ok(made) => Arc::new(made?),
        Err(error) => {
            return Err(crate::render::PrepareError::File {
                path: live.file.clone(),
                source: std::io::Error::other(error),
            });
        }
    };
    Ok(Arc::clone(slot.get_or_init(|| prepared)))
}

/// The answer with this client's own values, where it has others than the recorded client.
fn personalised(
    state: &State,
    prepared: &Prepared,
    found: &Found,
    inquiry: &Inquiry,
) -> Result<Option<Prepared>, crate::render::PrepareError> {
    let mut substitutions = Substitutions::none();
    prepared.address_substitutions(&inquiry.route.address, &mut substitutions);
    let own = match prepared.has_pseudonyms() {
        true => state.redactor.substitutions(&inquiry.request),
        false => Vec::new(),
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
    for (pseudonym, own) in own {
        substitutions.push(pseudonym, own);
    }
    if substitutions.is_empty() {
        return Ok(None);
    }
    prepared.substituted(&substitutions).map(Some)
}

async fn respond(
    state: &State,
    prepared: &Prepared,
    schedule: Schedule,
    ending: ResponseEnding,
    is_recorded: bool,
    inquiry: Inquiry,
) -> Response<ReplyBody> {
    // To read the body would ask the client for it (RFC 9110 §10.1.1).
    let is_refused =
        inquiry.is_unasked() && (prepared.status.is_client_error() || prepared.status.is_server_error());
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
    // With a body hyper would name its length; a recorded answer says so itself if it does.
    if !has_body && !is_recorded && !prepared.fields.contains_key(TRANSFER_ENCODING) {
        let length = prepared.body.length();
        response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| length.into());
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
