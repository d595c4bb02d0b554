//! One request: which service, which mode, and so who answers.

use std::sync::{Arc, atomic::Ordering};

use http::{
    Method, Request, Response, StatusCode, Version,
    header::{CONTENT_LENGTH, ORIGIN, TRAILER},
};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::{
    bandwidth::{self, paced},
    client::Client,
    faults::{self, Scene},
    forward::{self, Outbound, protocol_name},
    handling::Handling,
    inbound::Inbound,
    inquiry::{Finding, Inquiry, Sanitised, find},
    intercept,
    limiting::{self, Gate},
    passage::{Passage, StubGate},
    planning,
    recording::{Asked, Recording},
    replay,
    reply::{BodyError, ReplyBody},
    rescue,
    route::{Route, Upstream},
    session_of,
    settings::Dialect,
    state::State,
    tee::Stopwatch,
    wait::{sleep, sleep_until},
    webhooks::Following,
    wire::Interim,
    witness::{self, By},
};
use crate::{
    admin::cross_origin,
    model::{self, Headers, Mode, Outcome, RequestBody},
    store::ServeEvent,
};

/// Answers one request. An error breaks its connection or stream.
pub(super) async fn handle(
    state: Arc<State>,
    client: Arc<Client>,
    mut request: Request<Incoming>,
) -> Result<Response<ReplyBody>, BodyError> {
    if request.method() == Method::CONNECT {
        // The requests are inside.
        return Ok(intercept::connect(&state, &client, request));
    }
    if state.answers.dialect == Dialect::WireMock
        && let Some(reason) = rescue::bad_message(&request)
    {
        return Ok(rescue::refused(reason));
    }
    if let Some(door) = &state.admin
        && door.takes(&request, &client.arrival)
    {
        return door.answer(&client.arrival, request, state.limits.body_in_memory).await;
    }
    let origin = if state.answers.cross_origin {
        let (method, asked) = (request.method(), request.headers());
        if let Some(mut answer) = cross_origin::preflight(method, asked) {
            cross_origin::share(asked.get(ORIGIN), answer.headers_mut());
            return Ok(answer.map(ReplyBody::bytes));
        }
        asked.get(ORIGIN).cloned()
    } else {
        None
    };
    let of_connection = client.arrival.session.as_ref();
    let state = match session_of::of_request(&state, of_connection, request.headers_mut()) {
        Ok(state) => state,
        Err(sessionless) => return Ok(sessionless.answer(request.headers())),
    };
    state.session.count_request();
    let arrived = state.session.clock().read();
    let watch = Stopwatch::start(state.clock, arrived.elapsed);
    let number = state.counts.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let routed = state.router.route(
        &client.arrival,
        request.uri(),
        request.version(),
        request.headers(),
        &state.session.stubs().snapshot().services(),
    );
    let route = match routed {
        Ok(route) => Route { mode: state.session.terms().mode.unwrap_or(route.mode), ..route },
        Err(error) => return Ok(rescue::upstream_failed(&error, "")),
    };
    let own = match planning::of_request(&state, request.headers_mut()) {
        Ok(own) => own,
        Err(reason) => return Ok(rescue::unusable_header(&reason, request.headers())),
    };
    if intercept::wants_upgrade(&request) && route.service.upstream.is_some() {
        return Ok(intercept::upgrade(&state, &route, &mut request, number, watch).await);
    }
    let (parts, body) = request.into_parts();
    let (is_head, interim) = (parts.method == Method::HEAD, client.interim.clone());
    let peer = client.arrival.peer;
    let handling = Handling {
        method: parts.method.clone(),
        target: route.target.clone(),
        state,
        client,
        number,
        watch,
    };
    let request = model::Request {
        method: parts.method,
        scheme: route.scheme,
        authority: route.authority.clone(),
        target: route.target.clone(),
        headers: parts.headers,
        body: RequestBody::Whole(bytes::Bytes::new()),
        client: peer,
        received: arrived.now,
    };
    let mut outbound = Outbound {
        request,
        version: parts.version,
        extensions: parts.extensions,
        body: Inbound::new(body),
        route,
        watch,
        own,
    };
    // What is recorded is as it would be without ringer.
    if !outbound.body.is_complete() && !outbound.route.mode.records() {
        let (state, client) = (&handling.state, &handling.client);
        let own = outbound.own.as_deref();
        let strikes = planning::of_way_in(
            state,
            &outbound.request,
            outbound.route.service.scope.as_ref(),
            own,
        );
        bandwidth::slow_down(&strikes, &mut outbound.body, state, client);
    }
    let may_have_trailers = parts.version == Version::HTTP_11 && !is_head;
    let mut response = handling.answer(outbound).await?;
    if origin.is_some() {
        cross_origin::share(origin.as_ref(), response.headers_mut());
    }
    Ok(if may_have_trailers { with_trailers(response, interim) } else { response })
}

/// Lets trailers through to a client of HTTP/1.1, asked for or not.
fn with_trailers(response: Response<ReplyBody>, interim: Interim) -> Response<ReplyBody> {
    interim.clear_trailers();
    if response.headers().contains_key(CONTENT_LENGTH) {
        return response;
    }
    let announced = response.headers().get_all(TRAILER).iter();
    let spelled = announced
        .filter_map(|names| names.to_str().ok())
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    response.map(|body| ReplyBody::Trailed { body: Box::new(body), interim, spelled })
}

impl Handling {
    /// Answers a request that its limits let through; what is recorded they do not see.
    async fn answer(self, mut outbound: Outbound) -> Result<Response<ReplyBody>, BodyError> {
        let (state, version) = (Arc::clone(&self.state), outbound.version);
        let mut passage = Passage::default();
        if !outbound.route.mode.records() {
            match limiting::admit(&state, &self.client, &mut outbound).await? {
                Gate::Open(open) => passage = open,
                Gate::Told(limit, answer) => {
                    let name = format!("status of rate limit {limit}");
                    let outcome = Outcome::Stub { name, step: None, nearest: false };
                    self.done(Some(answer.status()), outcome);
                    return Ok(*answer);
                }
                Gate::Shut(refusal) => {
                    self.done(Some(refusal.status()), Outcome::RateLimited);
                    return Ok(*refusal);
                }
            }
        }
        let response = self.answer_admitted(outbound, &mut passage).await?;
        Ok(limiting::dress(passage, &state, response, version).await)
    }

    async fn answer_admitted(
        self,
        outbound: Outbound,
        passage: &mut Passage,
    ) -> Result<Response<ReplyBody>, BodyError> {
        let mode = outbound.route.mode;
        if !mode.asks_stubs() {
            return self.forward(outbound).await;
        }
        let Outbound { request, version, extensions, body, route, watch, own } = outbound;
        let sanitised = Sanitised::Unknown;
        let inquiry = Inquiry { request, body, version, route, watch, own, event: None, sanitised };
        let state = Arc::clone(&self.state);
        let client = Arc::clone(&self.client);
        let mut gate = StubGate::new(&state, &client, passage);
        let mut finding = find(&self.state, inquiry, &mut gate).await?;
        if let Finding::Missed(inquiry) = finding {
            finding = match self.state.recorder.running() {
                // What this client was answered a moment ago may be about to become a stub.
                Some(recorder) if mode == Mode::RecordMissing => {
                    recorder.settled().await;
                    find(&self.state, *inquiry, &mut gate).await?
                }
                _ => Finding::Missed(inquiry),
            };
        }
        match finding {
            Finding::Found(found, mut inquiry) => {
                let event = witness::enter(
                    &self.state,
                    Some(&inquiry.request),
                    || inquiry.shown(&self.state),
                    inquiry.version,
                    &inquiry.route,
                    By::Stub(&found),
                );
                inquiry.event.clone_from(&event);
                if !found.stub.webhooks.is_empty() {
                    inquiry.read_rest(self.state.limits.body_in_memory).await?;
                }
                let following = Following::of(&found, &inquiry, self.state.seed());
                let mut fate = self.fate(event.as_ref(), replay::outcome_of(&found));
                let response =
                    replay::give(&self.state, *found, *inquiry, &self.client, &mut fate.outcome)
                        .await;
                fate.tell(faults::status_of(&response));
                let seen = |response| witness::see(&self.state, event, self.watch, response);
                let response = response.map(seen);
                let Some(following) = following else { return response };
                let (answering, answered) = oneshot::channel();
                following.begin(&self.state, answered, self.client.watch.clone());
                // Dropped with the body, or here with the error.
                response.map(|response| {
                    response.map(|body| ReplyBody::Followed {
                        body: Box::new(body),
                        _answering: answering,
                    })
                })
            }
            Finding::Barred(mut inquiry) => {
                let Some(refused) = gate.refused.take() else {
                    return Err("a stub had no room, and no limit says so".into());
                };
                let refusal = limiting::refuse(&self.state, refused, &mut inquiry).await;
                self.done(Some(refusal.status()), Outcome::RateLimited);
                Ok(refusal)
            }
            Finding::Missed(inquiry) if self.passes_on(&inquiry) => {
                let Inquiry { request, body, version, route, watch, own, .. } = *inquiry;
                let outbound = Outbound { request, version, extensions, body, route, watch, own };
                self.forward(outbound).await
            }
            Finding::Missed(mut inquiry) => {
                let event = witness::enter(
                    &self.state,
                    Some(&inquiry.request),
                    || inquiry.shown(&self.state),
                    inquiry.version,
                    &inquiry.route,
                    By::Nobody,
                );
                inquiry.event.clone_from(&event);
                let fate = self.fate(event.as_ref(), Outcome::Missed);
                let response = replay::miss(&self.state, *inquiry, &self.client).await;
                fate.tell(faults::status_of(&response));
                response.map(|response| witness::see(&self.state, event, self.watch, response))
            }
        }
    }

    /// Whether a request that no stub matches goes to the real API.
    fn passes_on(&self, inquiry: &Inquiry) -> bool {
        match inquiry.route.mode {
            Mode::Fallback if inquiry.route.is_proxied => {
                self.state.session.settings().proxy_pass_through
            }
            mode => mode.forwards(),
        }
    }

    async fn forward(self, mut outbound: Outbound) -> Result<Response<ReplyBody>, BodyError> {
        let (service, mode) = (Arc::clone(&outbound.route.service), outbound.route.mode);
        let Some(upstream) = &service.upstream else {
            let reason = "the service has no upstream".to_owned();
            self.done(Some(StatusCode::BAD_GATEWAY), Outcome::UpstreamFailed(reason));
            return Ok(rescue::no_upstream(mode.as_str()));
        };
        let is_recorded = self.state.session.recording().is_on()
            && outbound.hold_body(self.state.limits.body_in_memory).await?;
        let event = witness::enter(
            &self.state,
            is_recorded.then_some(&outbound.request),
            || self.state.redactor.seen(&outbound.request).into_owned(),
            outbound.version,
            &outbound.route,
            By::Api,
        );
        let recorder = self.state.recorder.running().filter(|_| mode.records()).cloned();
        let passed = match recorder {
            None => {
                let answer = self.pass(outbound, upstream, event.as_ref()).await;
                return answer.map(|answer| witness::see(&self.state, event, self.watch, answer));
            }
            Some(recorder) => {
                let permit = recorder.permit().await;
                let asked = Asked {
                    number: self.number,
                    connection: self.client.number,
                    method: self.method.to_string(),
                    protocol: protocol_name(outbound.version).to_owned(),
                    headers: Headers::from(&outbound.request.headers),
                };
                let recording = Recording::begin(
                    &self.state,
                    recorder,
                    permit,
                    &outbound.route,
                    asked,
                    self.watch,
                );
                let interim = self.client.interim.clone();
                // The recorder says what became of it when it has it.
                let in_flight = self.client.watch.clone();
                outbound.record(Arc::clone(&self.state), recording, interim, in_flight).await
            }
        };
        let response = passed.unwrap_or_else(|error| {
            self.done(Some(error.status()), Outcome::UpstreamFailed(error.to_string()));
            forward::failure(&error, upstream)
        });
        Ok(witness::see(&self.state, event, self.watch, response))
    }

    /// Passes a request on, and does to it and its answer what befalls them.
    async fn pass(
        &self,
        outbound: Outbound,
        upstream: &Upstream,
        event: Option<&Arc<ServeEvent>>,
    ) -> Result<Response<ReplyBody>, BodyError> {
        let Outbound { request, version, extensions, body, route, watch, own } = outbound;
        let mut fate = self.fate(event, Outcome::Passed);
        let event = event.cloned();
        let sanitised = Sanitised::Unknown;
        let mut inquiry = Inquiry { request, body, version, route, watch, own, event, sanitised };
        let plan = planning::of_endpoint(&self.state, &mut inquiry).await?;
        let scene = Scene::of(&self.state, &inquiry, &self.client);
        if let Some(strike) = &plan.fault
            && faults::takes_place(&strike.value)
        {
            sleep_until(self.state.session.clock(), watch, plan.schedule.head).await;
            fate.outcome = Outcome::InjectedError;
            let answer = faults::instead(&strike.value, &scene, inquiry).await;
            fate.tell(faults::status_of(&answer));
            return answer;
        }
        let Inquiry { request, version, body, route, own, .. } = inquiry;
        let outbound = Outbound { request, version, extensions, body, route, watch, own };
        let answer = match outbound.pass(upstream, &self.state, &self.client.interim).await {
            Ok(answer) => answer,
            Err(error) => {
                fate.outcome = Outcome::UpstreamFailed(error.to_string());
                fate.tell(Some(error.status()));
                return Ok(forward::failure(&error, upstream));
            }
        };
        // Waits come on top of what the API takes.
        sleep(self.state.session.clock(), watch, plan.schedule.head).await;
        let answer = match &plan.fault {
            Some(strike) => {
                fate.outcome = Outcome::InjectedError;
                faults::damage(&strike.value, strike.draws(), answer, &scene).await?
            }
            None => answer,
        };
        fate.tell(Some(answer.status()));
        Ok(paced(&plan.bandwidth, answer, &self.state, &self.client))
    }
}
