//! Who answers a request: a stub, the real API, or nobody.

use std::sync::Arc;

use http::{Method, Response, StatusCode, Version};
use tokio::sync::oneshot;

use super::{
    bandwidth::{self, paced},
    entry::Entry,
    exchange::Exchange,
    faults::{self, Scene},
    forward::{self, Outbound, protocol_name},
    handling::Handling,
    inquiry::{self, Finding, Inquiry, Sanitised, find},
    limiting::{self, Gate},
    observed::Observed,
    passage::{Passage, StubGate},
    planning,
    recording::{Asked, Recording},
    replay,
    reply::{BodyError, ReplyBody},
    rescue, taking, trailed,
    upstreams::Upstream,
    wait::{sleep, sleep_until},
    webhooks::Following,
    witness::{self, By},
};
use crate::{
    admin::cross_origin,
    model::{Headers, Mode, Outcome},
    telemetry,
};

impl Exchange {
    /// Answers it, whatever that takes.
    pub(super) async fn answer(self) -> Result<Response<ReplyBody>, BodyError> {
        let Self { state, client, number, watch, mut outbound, origin } = self;
        let (method, version) = (outbound.request.method.clone(), outbound.version);
        let head = (&method, version, &outbound.request.headers);
        let observed = Observed::begin(&state, &client.arrival, &mut outbound.route, head, watch);
        let (is_head, interim) = (method == Method::HEAD, client.interim.clone());
        let target = outbound.route.target.clone();
        let handling = Handling { method, target, state, client, number, watch, observed };
        // What is recorded is as it would be without ringer.
        if !outbound.body.is_complete() && !outbound.route.mode.records() {
            let (state, client) = (&handling.state, &handling.client);
            let own = outbound.own.as_deref();
            let strikes = planning::of_way_in(state, &outbound.request, &outbound.route, own);
            bandwidth::slow_down(&strikes, &mut outbound.body, state, client);
        }
        let may_have_trailers = version == Version::HTTP_11 && !is_head;
        let mut response = handling.answer(outbound).await?;
        if origin.is_some() {
            cross_origin::share(origin.as_ref(), response.headers_mut());
        }
        Ok(if may_have_trailers { trailed::with_trailers(response, interim) } else { response })
    }
}

/// An answer, and the entry of the journal that is to learn of it.
type Answered = (Response<ReplyBody>, Option<Entry>);

/// Of the ways that follow each other or exclude each other each has its own memory, where it takes much:
/// the whole is moved once for each request.
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
        let (response, entry) = self.answer_admitted(outbound, &mut passage).await?;
        let response = match passage.is_empty() {
            true => response,
            false => Box::pin(limiting::dress(passage, &state, response, version)).await,
        };
        Ok(witness::see(entry, response))
    }

    async fn answer_admitted(
        self,
        outbound: Outbound,
        passage: &mut Passage,
    ) -> Result<Answered, BodyError> {
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
        self.observed.looked_up(finding.lookup());
        match finding {
            Finding::Found(found, mut inquiry) => {
                self.observed.found(&found.stub);
                let entry = witness::enter(
                    &self.state,
                    &client,
                    Some(&inquiry.request),
                    || inquiry.shown(&self.state),
                    inquiry.version,
                    (&inquiry.route, inquiry.watch),
                    By::Stub(&found),
                );
                inquiry.event = entry.as_ref().map(|entry| Arc::clone(entry.event()));
                if !found.stub.webhooks.is_empty() {
                    inquiry.read_rest(self.state.limits.body_in_memory).await?;
                }
                let following = Following::of(&found, &inquiry, self.state.seed());
                let mut fate = self.fate(entry.as_ref(), replay::outcome_of(&found));
                let given =
                    replay::give(&self.state, *found, *inquiry, &self.client, &mut fate.outcome);
                let response = Box::pin(given).await;
                fate.tell(faults::status_of(&response));
                let response = taking::take(&self.state, entry.as_ref(), response?);
                let Some(following) = following else { return Ok((response, entry)) };
                let (answering, answered) = oneshot::channel();
                following.begin(&self.state, answered, self.client.watch.clone());
                // Dropped with the body.
                let response = response.map(|body| ReplyBody::Followed {
                    body: Box::new(body),
                    _answering: answering,
                });
                Ok((response, entry))
            }
            Finding::Barred(mut inquiry) => {
                let Some(refused) = gate.refused.take() else {
                    return Err("a stub had no room, and no limit says so".into());
                };
                let refusal = limiting::refuse(&self.state, &client, refused, &mut inquiry);
                let (refusal, entry) = Box::pin(refusal).await;
                self.done(Some(refusal.status()), Outcome::RateLimited);
                Ok((refusal, entry))
            }
            Finding::Missed(inquiry) if inquiry.passes_on(&self.state) => {
                let Inquiry { request, body, version, route, watch, own, .. } = *inquiry;
                let outbound = Outbound { request, version, extensions, body, route, watch, own };
                self.forward(outbound).await
            }
            Finding::Missed(mut inquiry) => {
                let entry = witness::enter(
                    &self.state,
                    &client,
                    Some(&inquiry.request),
                    || inquiry.shown(&self.state),
                    inquiry.version,
                    (&inquiry.route, inquiry.watch),
                    By::Nobody,
                );
                inquiry.event = entry.as_ref().map(|entry| Arc::clone(entry.event()));
                let fate = self.fate(entry.as_ref(), Outcome::Missed);
                let response = Box::pin(replay::miss(&self.state, *inquiry, &self.client)).await;
                fate.tell(faults::status_of(&response));
                Ok((taking::take(&self.state, entry.as_ref(), response?), entry))
            }
        }
    }

    async fn forward(self, mut outbound: Outbound) -> Result<Answered, BodyError> {
        let (service, mode) = (Arc::clone(&outbound.route.service), outbound.route.mode);
        let Some(upstream) = &service.upstream else {
            let reason = "the service has no upstream".to_owned();
            self.done(Some(StatusCode::BAD_GATEWAY), Outcome::UpstreamFailed(reason));
            return Ok((rescue::no_upstream(mode.as_str()), None));
        };
        let is_recorded = outbound.hold_body(&self.state).await?;
        let entry = witness::enter(
            &self.state,
            &self.client,
            is_recorded.then_some(&outbound.request),
            || inquiry::shown(&self.state, &outbound.request),
            outbound.version,
            (&outbound.route, outbound.watch),
            By::Api,
        );
        Entry::tap(entry.as_ref(), &mut outbound.body, (&outbound.request, is_recorded));
        let recorder = self.state.recorder.running().filter(|_| mode.records()).cloned();
        let passed = match recorder {
            None => {
                let answer = Box::pin(self.pass(outbound, upstream, entry.as_ref())).await?;
                return Ok((taking::take(&self.state, entry.as_ref(), answer), entry));
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
                let asked = self.watch.elapsed();
                let passed =
                    outbound.record(Arc::clone(&self.state), recording, interim, in_flight).await;
                Entry::api_answered(entry.as_ref(), asked);
                passed
            }
        };
        if let Ok(answer) = &passed {
            self.observed.tell(Some(answer.status()), telemetry::Outcome::Recorded);
        }
        let response = passed.unwrap_or_else(|error| {
            let outcome = Outcome::UpstreamFailed(error.to_string());
            Entry::becomes(entry.as_ref(), &outcome);
            self.done(Some(error.status()), outcome);
            forward::failure(&error, upstream)
        });
        Ok((taking::take(&self.state, entry.as_ref(), response), entry))
    }

    /// Passes a request on, and does to it and its answer what befalls them.
    async fn pass(
        &self,
        outbound: Outbound,
        upstream: &Upstream,
        entry: Option<&Entry>,
    ) -> Result<Response<ReplyBody>, BodyError> {
        let Outbound { request, version, extensions, body, route, watch, own } = outbound;
        let mut fate = self.fate(entry, Outcome::Passed);
        let event = entry.map(|entry| Arc::clone(entry.event()));
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
        let asked = watch.elapsed();
        let passed = outbound.pass(upstream, &self.state, &self.client.interim).await;
        Entry::api_answered(entry, asked);
        let answer = match passed {
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
