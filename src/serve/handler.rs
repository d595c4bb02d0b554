//! One request: which service, which mode, and so who answers.

use std::sync::{Arc, atomic::Ordering};

use http::{Method, Request, Response, header::ORIGIN};
use hyper::body::Incoming;

use super::{
    caller::Way,
    client::Client,
    exchange::{Answering, Exchange},
    fast_path::{self, Prospect},
    forward::Outbound,
    inbound::Inbound,
    intercept,
    observed::Observed,
    planning,
    reply::{BodyError, ReplyBody},
    rescue,
    route::Route,
    session_of,
    settings::Dialect,
    state::State,
    tee::Stopwatch,
};
use crate::{
    admin::cross_origin,
    model::{self, RequestBody, SessionName},
    runtime::Moment,
    telemetry,
};

/// Answers one request. An error breaks its connection or stream.
pub(super) fn handle(
    state: &Arc<State>,
    client: &Arc<Client>,
    mut request: Request<Incoming>,
) -> Answering {
    if request.method() == Method::CONNECT {
        // The requests are inside.
        return Answering::now(intercept::connect(state, client, request));
    }
    if state.answers.dialect == Dialect::WireMock
        && let Some(reason) = rescue::bad_message(&request)
    {
        return Answering::now(rescue::refused(reason));
    }
    let arrival = &client.arrival;
    let on_behalf = arrival.from.and_then(|from| state.router.own_calls.from(from));
    let of_connection = arrival.session.as_ref().or(on_behalf.as_ref().map(|it| &it.session));
    if let Some(door) = &state.admin
        && door.takes(&request, arrival)
    {
        let (state, client, session) =
            (Arc::clone(state), Arc::clone(client), of_connection.cloned());
        return Answering::later(call(state, client, request, session, on_behalf.is_some()));
    }
    let origin = if state.answers.cross_origin {
        let (method, asked) = (request.method(), request.headers());
        if let Some(mut answer) = cross_origin::preflight(method, asked) {
            cross_origin::share(asked.get(ORIGIN), answer.headers_mut());
            return Answering::now(answer.map(ReplyBody::bytes));
        }
        asked.get(ORIGIN).cloned()
    } else {
        None
    };
    let state = match session_of::of_request(state, of_connection, request.headers_mut()) {
        Ok(state) => state,
        Err(sessionless) => return Answering::now(sessionless.answer(request.headers())),
    };
    state.session.count_request();
    let moment = Moment::now();
    let arrived = state.session.clock().read_at(moment);
    let watch = Stopwatch::start(state.clock, moment, arrived.elapsed);
    let number = state.counts.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let routed = client.last_route.route(
        &state.router,
        &client.arrival,
        (request.uri(), request.version(), request.headers()),
        &state.session.stubs().snapshot(),
    );
    let route = match routed {
        Ok(route) => Route {
            mode: state.session.terms().mode.unwrap_or(route.mode),
            depth: on_behalf.map_or(0, |it| it.depth),
            ..route
        },
        Err(error) => return Answering::now(rescue::upstream_failed(&error, "")),
    };
    let own = match planning::of_request(&state, request.headers_mut()) {
        Ok(own) => own,
        Err(reason) => {
            let refusal = rescue::unusable_header(&reason, request.headers());
            let mut route = route;
            let head = (request.method(), request.version(), request.headers());
            let observed = Observed::begin(&state, &client.arrival, &mut route, head, watch);
            observed.tell(Some(refusal.status()), telemetry::Outcome::Rejected);
            return Answering::now(refusal);
        }
    };
    if intercept::wants_upgrade(&request) && route.service.upstream.is_some() {
        let client = Arc::clone(client);
        return Answering::later(async move {
            let mut route = route;
            let head = (request.method(), request.version(), request.headers());
            let observed = Observed::begin(&state, &client.arrival, &mut route, head, watch);
            Ok(intercept::upgrade(&state, &route, &mut request, number, &observed).await)
        });
    }
    let (parts, body) = request.into_parts();
    let request = model::Request {
        method: parts.method,
        scheme: route.scheme,
        authority: String::from(&*route.authority),
        target: route.target.clone(),
        headers: parts.headers,
        body: RequestBody::Whole(bytes::Bytes::new()),
        client: client.arrival.peer,
        received: arrived.now,
    };
    let outbound = Outbound {
        request,
        version: parts.version,
        extensions: parts.extensions,
        body: Inbound::new(body),
        route,
        watch,
        own,
    };
    let client = Arc::clone(client);
    let mut exchange = Exchange { state, client, number, watch, outbound, origin };
    match fast_path::prospect(&exchange) {
        Prospect::None => Answering::later(exchange.answer()),
        Prospect::Now => match fast_path::answer(&mut exchange) {
            Some(response) => Answering::now(response),
            None => Answering::later(exchange.answer()),
        },
        Prospect::WithBody => Answering::later(async move {
            if exchange.outbound.body.read_up_to(fast_path::MAX_BODY).await?
                && let Some(response) = fast_path::answer(&mut exchange)
            {
                return Ok(response);
            }
            Box::pin(exchange.answer()).await
        }),
    }
}

/// Answers a call of the admin API.
async fn call(
    state: Arc<State>,
    client: Arc<Client>,
    request: Request<Incoming>,
    session: Option<SessionName>,
    is_own: bool,
) -> Result<Response<ReplyBody>, BodyError> {
    let Some(door) = &state.admin else { return Err("there is no admin API".into()) };
    let way = Way::of(&client.arrival, session.as_ref(), is_own);
    let answer = door.answer(&way, request, &state.limits, client.watch.clone()).await?;
    state.metrics.admin_call(answer.status().as_u16());
    Ok(answer)
}
