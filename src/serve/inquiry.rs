//! Which stub a request gets: asked with its head first, and with its body where that decides.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    Version,
    header::{CONTENT_TYPE, EXPECT},
};

use super::{inbound::Inbound, passage::StubGate, route::Route, state::State, tee::Stopwatch};
use crate::{
    codec::view::RequestView,
    engine::{
        Barred, Fitting, Found, HeadFit, Matching, Views,
        find::{self, all_by_head, by_body, by_head, by_nearest, claim},
    },
    model::{self, BodyPattern, Mode, RequestBody},
    redaction::Credentials,
    store::{LiveBehaviors, LiveStub, ServeEvent},
    telemetry::Lookup,
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
    /// What it brings itself of how its answer is to behave.
    pub(super) own: Option<Arc<LiveBehaviors>>,
    /// Its entry in the journal, once it is known who answers.
    pub(super) event: Option<Arc<ServeEvent>>,
    /// The request with its credentials replaced.
    pub(super) sanitised: Sanitised,
}

/// What sanitising made of a request as it is: to sanitise costs more than to match.
#[derive(Debug, Default)]
pub(super) enum Sanitised {
    /// It was not asked for, or the request was another then.
    #[default]
    Unknown,
    /// The request brings no credential.
    Same,
    /// The request with its credentials replaced.
    Other(Box<(model::Request, Credentials)>),
}

impl Sanitised {
    /// What sanitising makes of a request.
    pub(super) fn of(state: &State, request: &model::Request) -> Self {
        match state.redactor.examined(request) {
            (Cow::Borrowed(_), _) => Self::Same,
            (Cow::Owned(request), found) => Self::Other(Box::new((request, found))),
        }
    }
}

impl Inquiry {
    /// Whether it goes to the real API if no stub matches.
    pub(super) fn passes_on(&self, state: &State) -> bool {
        match self.route.mode {
            Mode::Fallback if self.route.is_proxied => state.session.settings().proxy_pass_through,
            mode => mode.forwards(),
        }
    }

    /// Sanitises the request, unless it is known what becomes of it.
    fn sanitise(&mut self, state: &State) {
        if matches!(self.sanitised, Sanitised::Unknown) {
            self.sanitised = Sanitised::of(state, &self.request);
        }
    }

    /// The request with its credentials replaced; `None` where it brings none. It must have been
    /// sanitised.
    fn sanitised(&self) -> Option<&model::Request> {
        match &self.sanitised {
            Sanitised::Other(sanitised) => Some(&sanitised.0),
            Sanitised::Same | Sanitised::Unknown => None,
        }
    }

    /// The request as it may be shown: with its credentials replaced. And these.
    pub(super) fn shown(&self, state: &State) -> (model::Request, Credentials) {
        match &self.sanitised {
            Sanitised::Unknown => shown(state, &self.request),
            Sanitised::Same => (self.request.clone(), Credentials::default()),
            Sanitised::Other(sanitised) => (**sanitised).clone(),
        }
    }

    /// Gives the request its body.
    pub(super) fn set_body(&mut self, body: RequestBody) {
        if !(is_empty(&body) && is_empty(&self.request.body)) {
            self.sanitised = Sanitised::Unknown;
        }
        self.request.body = body;
    }

    /// Whether the client keeps its body until it is asked for it (RFC 9110 §10.1.1).
    pub(super) fn is_unasked(&self) -> bool {
        self.version == Version::HTTP_11
            && !self.body.is_complete()
            && self.body.so_far().is_empty()
            && self
                .request
                .headers
                .get(EXPECT)
                .is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue"))
    }

    /// Reads a body that nobody has looked at yet.
    ///
    /// # Errors
    ///
    /// When the client breaks off.
    pub(super) async fn read_rest(&mut self, limit: usize) -> Result<(), hyper::Error> {
        if self.body.is_complete() && self.body.so_far().is_empty() {
            return Ok(());
        }
        self.read_body(limit).await
    }

    async fn read_body(&mut self, limit: usize) -> Result<(), hyper::Error> {
        let content_type = self.request.headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let body = self.body.consume(limit, content_type).await?;
        self.set_body(body);
        Ok(())
    }
}

/// A request as it may be shown: with its credentials replaced. And these.
pub(super) fn shown(state: &State, request: &model::Request) -> (model::Request, Credentials) {
    let (request, credentials) = state.redactor.examined(request);
    (request.into_owned(), credentials)
}

fn is_empty(body: &RequestBody) -> bool {
    matches!(body, RequestBody::Whole(bytes) if bytes.is_empty())
}

/// What was found.
pub(super) enum Finding {
    Found(Box<Found>, Box<Inquiry>),
    Missed(Box<Inquiry>),
    /// A rate limit of the stub whose turn it is has no room.
    Barred(Box<Inquiry>),
}

impl Finding {
    /// As it is counted.
    pub(super) fn lookup(&self) -> Lookup {
        match self {
            Self::Found(found, _) if found.nearest.is_some() => Lookup::Nearest,
            Self::Found(..) | Self::Barred(_) => Lookup::Hit,
            Self::Missed(_) => Lookup::Miss,
        }
    }
}

impl Finding {
    fn of(claimed: Result<Option<Found>, Barred>, inquiry: Inquiry) -> Self {
        match claimed {
            Ok(Some(found)) => Self::Found(Box::new(found), Box::new(inquiry)),
            Ok(None) => Self::Missed(Box::new(inquiry)),
            Err(Barred) => Self::Barred(Box::new(inquiry)),
        }
    }
}

/// Whether anything is there that may answer a request; its body counts where it is whole.
pub(super) fn may_answer(
    state: &State,
    route: &Route,
    request: &model::Request,
    is_whole: bool,
) -> bool {
    let set = state.session.stubs().snapshot();
    let sanitised = state.redactor.seen(request);
    let (original, sanitised) = (RequestView::new(request), RequestView::new(&sanitised));
    let views = Views { original: &original, sanitised: Some(&sanitised) };
    let is_near = state.matching == Matching::Nearest && route.mode == Mode::Replay;
    find::may_answer(&set, route.service.scope.as_ref(), views, is_whole, is_near)
}

/// Finds the stub that answers and has room for the request.
///
/// # Errors
///
/// When the client breaks off while its body is read.
pub(super) async fn find(
    state: &State,
    mut inquiry: Inquiry,
    gate: &mut StubGate<'_>,
) -> Result<Finding, hyper::Error> {
    let set = state.session.stubs().snapshot();
    let service = Arc::clone(&inquiry.route.service);
    let (scope, mode) = (service.scope.as_ref(), inquiry.route.mode);
    let limit = state.limits.body_in_memory;
    inquiry.sanitise(state);
    let original = RequestView::new(&inquiry.request);
    let sanitised = inquiry.sanitised().map(RequestView::new);
    let views = Views { original: &original, sanitised: sanitised.as_ref() };
    let mut fitting = match by_head(&set, scope, views) {
        HeadFit::Certain(live) => {
            // The journal shows the body; a recorded answer may have begun before the body came.
            let is_shown = state.session.journal().is_on() && live.stub.recorded.is_none();
            if is_shown || gate.needs_body([&live]) {
                inquiry.read_body(limit).await?;
            }
            let mut lets = |live: &_| gate.lets(live, &inquiry.request, inquiry.version);
            let claimed = claim(&state.session, live, &mut lets);
            return Ok(Finding::of(claimed, inquiry));
        }
        HeadFit::Body(fitting) => fitting,
        HeadFit::Nothing => Fitting::default(),
    };
    if inquiry.is_unasked()
        && let Some(at) = fitting.stubs.iter().position(|live| is_refusal(live))
    {
        let mut lets = |live: &_| gate.lets(live, &inquiry.request, inquiry.version);
        let claimed = claim(&state.session, fitting.stubs.swap_remove(at), &mut lets);
        if !matches!(claimed, Ok(None)) {
            return Ok(Finding::of(claimed, inquiry));
        }
    }
    if fitting.stubs.iter().any(|live| live.is_two_way) {
        if fitting.has_more {
            fitting = Fitting { stubs: all_by_head(&set, scope, views), has_more: false };
        }
        if let Some(live) = decide_early(&mut fitting.stubs, &mut inquiry.body, limit).await? {
            let mut lets = |live: &_| gate.lets(live, &inquiry.request, inquiry.version);
            let claimed = claim(&state.session, live, &mut lets);
            if !matches!(claimed, Ok(None)) {
                return Ok(Finding::of(claimed, inquiry));
            }
        }
    }
    if mode.forwards() && !inquiry.body.read_up_to(limit).await? {
        // Too large to be held until it is passed on, so no stub that looks at it can be asked.
        return Ok(Finding::Missed(Box::new(inquiry)));
    }
    if fitting.stubs.iter().any(|live| live.fetches) && !inquiry.body.read_up_to(limit).await? {
        // Nor if it is to be fetched with: the first stub that looks at no body may still answer.
        let blind = fitting.stubs.into_iter().filter(|live| !live.request.needs_body());
        let mut lets = |live: &_| gate.lets(live, &inquiry.request, inquiry.version);
        let claims = blind.into_iter().map(|live| claim(&state.session, live, &mut lets));
        let claimed =
            claims.into_iter().find(|claimed| !matches!(claimed, Ok(None))).unwrap_or(Ok(None));
        return Ok(Finding::of(claimed, inquiry));
    }
    inquiry.read_body(limit).await?;
    inquiry.sanitise(state);
    let original = RequestView::new(&inquiry.request);
    let sanitised = inquiry.sanitised().map(RequestView::new);
    let views = Views { original: &original, sanitised: sanitised.as_ref() };
    let mut lets = |live: &_| gate.lets(live, &inquiry.request, inquiry.version);
    let mut claimed = by_body(&state.session, &set, scope, fitting, views, &mut lets);
    let is_near = state.matching == Matching::Nearest && mode == Mode::Replay;
    if is_near && matches!(claimed, Ok(None)) {
        claimed = by_nearest(&state.session, &set, scope, views, &mut lets);
    }
    match claimed {
        Ok(Some(_)) | Err(Barred) => Ok(Finding::of(claimed, inquiry)),
        Ok(None) => {
            if mode.forwards()
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
    let announces = |name: &str| {
        name.eq_ignore_ascii_case("content-length")
            || name.eq_ignore_ascii_case("transfer-encoding")
    };
    live.stub.recorded.is_some()
        && !live.request.needs_body()
        && live.stub.request.headers.iter().any(|(name, _)| announces(name))
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
