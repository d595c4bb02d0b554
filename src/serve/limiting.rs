//! Rate limits, carried out: who is let through, what answers tell of it, what the others get.

use std::sync::Arc;

use http::{
    Extensions, HeaderName, HeaderValue, Response, StatusCode, Version, header::CONTENT_TYPE,
};
use jiff::Timestamp;

use super::{
    client::Client,
    forward::Outbound,
    inquiry::Inquiry,
    reply::ReplyBody,
    rescue::{self, Wants},
    respond::{Spelled, drain},
    settled::Settled,
    state::State,
};
use crate::{
    behavior::limiter::Now,
    codec::RequestView,
    engine::Found,
    model::{Json, Request, RequestBody},
    store::{Admission, Asked, Decision, LiveBehaviors, LiveLimit, Refused, Settlement},
    upstream::HeadTap,
};

/// What became of a request at its limits.
pub(super) enum Gate {
    /// It goes on; what is told with its answer.
    Open(Passage),
    /// It is refused with this answer.
    Shut(Box<Response<ReplyBody>>),
}

/// What is told with the answer to a request that was let through, and settled when that is over.
#[derive(Default)]
pub(super) struct Passage {
    headers: Vec<(String, String)>,
    settlements: Vec<Settlement>,
}

/// Asks the limits of the request's places, its body read where one looks at it.
///
/// # Errors
///
/// When the client breaks off while its body is read.
pub(super) async fn admit(
    state: &State,
    client: &Client,
    outbound: &mut Outbound,
) -> Result<Gate, hyper::Error> {
    let limits = {
        let behaviors = state.behaviors.load();
        let [_, session, service, all] =
            behaviors.around(None, state.session.name(), outbound.route.service.scope.as_ref());
        innermost([session, service, all].into_iter().flatten())
    };
    if limits.is_empty() {
        return Ok(Gate::Open(Passage::default()));
    }
    if limits.iter().any(|limit| limit.needs_body())
        && outbound.body.read_up_to(state.limits.body_in_memory).await?
    {
        // It stays where it is: it may have to go on.
        let bytes = bytes::Bytes::copy_from_slice(outbound.body.so_far());
        outbound.request.body = RequestBody::Whole(bytes);
    }
    let decision = decide(state, client, &limits, &outbound.request, outbound.version);
    outbound.request.body = RequestBody::Whole(bytes::Bytes::new());
    match decision {
        Decision::Admitted(admission) => {
            let mut passage = Passage::default();
            passage.add(state, admission);
            Ok(Gate::Open(passage))
        }
        Decision::Refused(refused) => {
            let wants = Wants::of(&outbound.request.headers);
            if !is_unasked(outbound) {
                drain(std::mem::take(&mut outbound.body), None);
            }
            let answer = refusal(state, &refused, wants, outbound.version).await;
            Ok(Gate::Shut(Box::new(answer)))
        }
    }
}

/// Asks the limits of the stub that was found, when those around had room.
///
/// # Errors
///
/// When the client breaks off while its body is read.
pub(super) async fn admit_to_stub(
    state: &State,
    client: &Client,
    found: &Found,
    inquiry: &mut Inquiry,
    passage: &mut Passage,
) -> Result<Option<Response<ReplyBody>>, hyper::Error> {
    let limits = {
        let behaviors = state.behaviors.load();
        let [by_client, ..] =
            behaviors.around(Some(found.stub.stub.id), state.session.name(), None);
        innermost([by_client, found.stub.behaviors.as_deref()].into_iter().flatten())
    };
    if limits.is_empty() {
        return Ok(None);
    }
    if limits.iter().any(|limit| limit.needs_body()) {
        inquiry.read_rest(state.limits.body_in_memory).await?;
    }
    match decide(state, client, &limits, &inquiry.request, inquiry.version) {
        Decision::Admitted(admission) => {
            passage.add(state, admission);
            Ok(None)
        }
        Decision::Refused(refused) => {
            let wants = Wants::of(&inquiry.request.headers);
            if !inquiry.is_unasked() {
                drain(std::mem::take(&mut inquiry.body), None);
            }
            Ok(Some(refusal(state, &refused, wants, inquiry.version).await))
        }
    }
}

/// The limits of several places, of which an inner one takes the place of an outer one of its name.
fn innermost<'b>(places: impl Iterator<Item = &'b LiveBehaviors>) -> Vec<Arc<LiveLimit>> {
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

fn decide(
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
        seed: state.seed,
    };
    state.session.limits().admit(limits, state.session.name(), &asked)
}

/// Whether the client keeps its body until it is asked for it.
fn is_unasked(outbound: &Outbound) -> bool {
    outbound.request.headers.contains_key(http::header::EXPECT)
        && !outbound.body.is_complete()
        && outbound.body.so_far().is_empty()
}

impl Passage {
    fn add(&mut self, state: &State, mut admission: Admission) {
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

    /// The answer with what is told, and settled when it is over.
    pub(super) async fn dress(
        self,
        state: &State,
        mut response: Response<ReplyBody>,
        version: Version,
    ) -> Response<ReplyBody> {
        tell(state, &mut response, &self.headers, version).await;
        let mut settlements = self.settlements;
        if settlements.is_empty() {
            return response;
        }
        for settlement in &mut settlements {
            settlement.begin(response.headers());
        }
        response.map(|body| ReplyBody::boxed(Settled { body, settlements }))
    }
}

/// What a client gets that was refused.
async fn refusal(
    state: &State,
    refused: &Refused,
    wants: Wants,
    version: Version,
) -> Response<ReplyBody> {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
    let mut response = match &refused.body {
        Some(body) => {
            let mut response = Response::new(ReplyBody::text(body.clone()));
            *response.status_mut() = status;
            if !body.is_empty() {
                let kind = HeaderValue::from_static(content_type(body));
                response.headers_mut().insert(CONTENT_TYPE, kind);
            }
            response
        }
        None => own(status, refused, wants),
    };
    tell(state, &mut response, &refused.headers, version).await;
    response
}

/// What a body is that a limit says nothing of.
fn content_type(body: &str) -> &'static str {
    match body.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') => "application/xml",
        _ => "text/plain; charset=utf-8",
    }
}

/// In ringer's own words, with the whole seconds to wait.
fn own(status: StatusCode, refused: &Refused, wants: Wants) -> Response<ReplyBody> {
    let seconds = refused.retry_after.as_secs_f64().ceil().max(1.0);
    let json = Json::Object(vec![
        ("error".to_owned(), "rate_limited".into()),
        ("message".to_owned(), "the rate limit that ringer was given is used up".into()),
        ("limit".to_owned(), refused.limit.as_str().into()),
        ("retryAfterSeconds".to_owned(), Json::Number(format!("{seconds}"))),
    ]);
    let text = format!(
        "{} the rate limit that ringer was given is used up; retry after {seconds} s\n",
        status.as_u16()
    );
    rescue::own_answer(status, wants, &json, &text)
}

/// Sets fields, those of their names gone, and has HTTP/1.1 spell them as they are written.
async fn tell(
    state: &State,
    response: &mut Response<ReplyBody>,
    headers: &[(String, String)],
    version: Version,
) {
    if headers.is_empty() {
        return;
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::try_from(value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    if version < Version::HTTP_2 {
        let is_told = |name: &&String| headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name));
        let mut names = spelled(response.extensions());
        names.retain(|name| !is_told(&name));
        names.extend(headers.iter().map(|(name, _)| name.clone()));
        let spelling = state.spellings.of(names).await;
        response.extensions_mut().extend(spelling);
    }
}

/// How the names of an answer are spelled: a stub's, or those of the API that was asked.
fn spelled(extensions: &Extensions) -> Vec<String> {
    if let Some(spelled) = extensions.get::<Spelled>() {
        return spelled.names().to_vec();
    }
    let head = extensions.get::<HeadTap>().and_then(HeadTap::take);
    let fields = head.map(|(_, head)| head.fields).unwrap_or_default();
    fields.into_iter().map(|(name, _)| name).collect()
}
