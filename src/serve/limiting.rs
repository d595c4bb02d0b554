//! Rate limits, carried out: who is let through, and what the others get.

use std::sync::Arc;

use http::{Response, Version};

use super::{
    client::Client,
    entry::Entry,
    forward::Outbound,
    inquiry::{self, Inquiry},
    merged::merged,
    passage::{Passage, decide, innermost},
    reply::ReplyBody,
    rescue::Wants,
    respond::drain,
    settled::Settled,
    state::State,
    told::{refusal, tell, written},
    witness::{self, By},
};
use crate::{
    model::RequestBody,
    store::{Decision, Limited, LiveStub, Refused},
};

/// Of a refused request, a body up to this length is read for the journal.
const SHORT_BODY: u64 = 64 << 10;

/// What became of a request at its limits.
pub(super) enum Gate {
    /// It goes on; what is told with its answer.
    Open(Passage),
    /// It asked how a limit of that name stands, and gets this answer.
    Told(String, Box<Response<ReplyBody>>),
    /// It is refused with this answer.
    Shut(Box<Response<ReplyBody>>),
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
        let behaviors = state.behaviors_now();
        let [_, session, service, all] =
            behaviors.around(None, outbound.route.service.scope.as_ref());
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
            let (mut passage, mut admission) = (Passage::default(), admission);
            let status = admission.status.take();
            passage.add(state, admission);
            let Some(told) = status else { return Ok(Gate::Open(passage)) };
            if !is_unasked(outbound) {
                drain(std::mem::take(&mut outbound.body), None);
            }
            let answer = dress(passage, state, written(told.body), outbound.version);
            let answer = Box::pin(answer).await;
            Ok(Gate::Told(told.limit, Box::new(answer)))
        }
        Decision::Refused(refused) => {
            outbound.route.service.metrics.limit_reached(&refused.limit);
            let entry = Box::pin(enter_refused(state, client, &refused, outbound)).await?;
            let wants = Wants::of(&outbound.request.headers);
            if !is_unasked(outbound) {
                drain(std::mem::take(&mut outbound.body), None);
            }
            let answer = Box::pin(refusal(state, &refused, wants, outbound.version)).await;
            Ok(Gate::Shut(Box::new(witness::see(entry, answer))))
        }
    }
}

/// Enters a refused request into the journal, where it is no miss unless nothing would have answered it.
async fn enter_refused(
    state: &State,
    client: &Client,
    refused: &Refused,
    outbound: &mut Outbound,
) -> Result<Option<Entry>, hyper::Error> {
    if !state.session.journal().is_asked() {
        return Ok(None);
    }
    let length = outbound.request.headers.get(http::header::CONTENT_LENGTH);
    let length = length.and_then(|it| it.to_str().ok()).and_then(|it| it.parse::<u64>().ok());
    let is_short = length.is_some_and(|length| length <= SHORT_BODY);
    let mut is_whole = outbound.body.is_complete();
    if is_short && !is_whole && !is_unasked(outbound) {
        is_whole = outbound.body.read_up_to(state.limits.body_in_memory).await?;
    }
    if is_whole {
        let bytes = bytes::Bytes::copy_from_slice(outbound.body.so_far());
        outbound.request.body = RequestBody::Whole(bytes);
    }
    let mode = outbound.route.mode;
    let would_match = !mode.asks_stubs()
        || mode.forwards()
        || inquiry::may_answer(state, &outbound.route, &outbound.request, is_whole);
    let by = By::Limit(limited(refused, None, would_match));
    let shown = || inquiry::shown(state, &outbound.request);
    let whose = (&outbound.route, outbound.watch);
    Ok(witness::enter(state, client, None, shown, outbound.version, whose, by))
}

fn limited(refused: &Refused, stub: Option<&LiveStub>, would_match: bool) -> Limited {
    Limited {
        limit: refused.limit.clone(),
        place: refused.place.clone(),
        policy: refused.policy.clone(),
        key: refused.key.clone(),
        status: refused.status,
        retry_after: refused.retry_after,
        stub: stub.map(|live| live.stub.id),
        would_match,
    }
}

/// Whether the client keeps its body until it is asked for it.
fn is_unasked(outbound: &Outbound) -> bool {
    outbound.request.headers.contains_key(http::header::EXPECT)
        && !outbound.body.is_complete()
        && outbound.body.so_far().is_empty()
}

/// The answer to a request that its stub's limits did not let through, with its entry in the journal.
pub(super) async fn refuse(
    state: &State,
    client: &Client,
    (refused, live): (Refused, Arc<LiveStub>),
    inquiry: &mut Inquiry,
) -> (Response<ReplyBody>, Option<Entry>) {
    inquiry.route.service.metrics.limit_reached(&refused.limit);
    let by = By::Limit(limited(&refused, Some(&live), true));
    let shown = || inquiry.shown(state);
    let whose = (&inquiry.route, inquiry.watch);
    let entry = witness::enter(state, client, None, shown, inquiry.version, whose, by);
    let wants = Wants::of(&inquiry.request.headers);
    if !inquiry.is_unasked() {
        drain(std::mem::take(&mut inquiry.body), None);
    }
    (refusal(state, &refused, wants, inquiry.version).await, entry)
}

/// The answer with what is told, and settled when it is over.
pub(super) async fn dress(
    passage: Passage,
    state: &State,
    mut response: Response<ReplyBody>,
    version: Version,
) -> Response<ReplyBody> {
    tell(state, &mut response, &passage.headers, version).await;
    let mut settlements = passage.settlements;
    if settlements.is_empty() {
        return response;
    }
    for settlement in &mut settlements {
        settlement.begin(response.headers());
    }
    let response = merged(response, &mut settlements).await;
    response.map(|body| ReplyBody::boxed(Settled { body, settlements }))
}
