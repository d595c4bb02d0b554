//! What is known of an exchange while it happens; handed to the recorder when it ends.

use std::{sync::Arc, time::Duration};

use super::{
    capture::{Capture, Digested},
    route::Route,
    state::State,
    tee::{OnEnd, Stopwatch},
};
use crate::{
    model::{
        Chunk, Ending, Exchange, Headers, RecordedBody, RecordedRequest, RecordedResponse,
        ServiceName, Timing,
    },
    record::{Permit, Recorder},
    runtime::Watch,
    upstream::UpstreamError,
};

/// After a complete answer the rest of a request is waited for so long.
const REST_OF_REQUEST: Duration = Duration::from_secs(1);

/// An exchange that is being recorded.
pub(super) struct Recording {
    pub(super) request_capture: Arc<Capture>,
    recorder: Arc<Recorder>,
    permit: Permit,
    exchange: Box<Exchange>,
    watch: Stopwatch,
}

/// The head of an answer.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) reason: Option<String>,
    pub(super) protocol: String,
    pub(super) headers: Headers,
    pub(super) interim: Vec<(u16, Headers)>,
    pub(super) first_byte: Duration,
    pub(super) request_bytes_at_head: u64,
}

/// What a request tells before its body.
pub(super) struct Asked {
    pub(super) number: u64,
    pub(super) connection: u64,
    pub(super) method: String,
    pub(super) protocol: String,
    pub(super) headers: Headers,
}

impl Recording {
    /// Begins with what the request's head tells.
    pub(super) fn begin(
        state: &State,
        recorder: Arc<Recorder>,
        permit: Permit,
        route: &Route,
        asked: Asked,
        watch: Stopwatch,
    ) -> Self {
        let sanitiser = state.redactor.request_stream(&asked.headers);
        let upstream = route.service.upstream.as_ref();
        Self {
            request_capture: Capture::new(state.spool.clone(), sanitiser, Digested::AsPassed),
            recorder,
            permit,
            exchange: Box::new(Exchange {
                number: asked.number,
                service: route.service.scope.clone().unwrap_or_else(|| ServiceName::new("_")),
                started: watch.started(),
                connection: asked.connection,
                address: route.address.to_string(),
                upstream: upstream.map_or_else(String::new, |upstream| upstream.url.clone()),
                request: RecordedRequest {
                    method: asked.method,
                    target: route.target.to_string(),
                    protocol: asked.protocol,
                    headers: asked.headers,
                    trailers: Headers::new(),
                    body: RecordedBody::Bytes(bytes::Bytes::new()),
                },
                response: None,
                timing: Timing::default(),
                ending: Ending::Complete,
            }),
            watch,
        }
    }

    /// ringer stops, and the answer that a client no longer waits for has not begun.
    pub(super) fn abandoned(mut self) {
        self.exchange.ending = Ending::ClientLeft;
        self.hand_over();
    }

    /// There was no answer.
    pub(super) fn broken(mut self, error: &UpstreamError) {
        self.exchange.timing.total = self.watch.elapsed();
        self.exchange.ending = Ending::UpstreamBroke(error.to_string());
        self.hand_over();
    }

    /// The answer has begun: where to keep its body, and what to do at its end.
    /// What is still read of the request then is waited for, `in_flight` held.
    pub(super) fn answered(
        mut self,
        state: &State,
        answered: Answered,
        in_flight: Watch,
    ) -> (Arc<Capture>, OnEnd) {
        let sanitiser = state.redactor.answer_stream(&answered.headers);
        let capture = Capture::new(state.spool.clone(), sanitiser, Digested::AsKept);
        let kept = Arc::clone(&capture);
        let timing = &mut self.exchange.timing;
        timing.first_byte = Some(answered.first_byte);
        timing.request_bytes_at_head = answered.request_bytes_at_head;
        let on_end = move |chunks: Vec<Chunk>, ending: Ending| {
            let (body, trailers) = kept.take().unwrap_or_else(|failure| {
                self.exchange.ending = Ending::NotKept(failure);
                (RecordedBody::Bytes(bytes::Bytes::new()), Headers::new())
            });
            self.exchange.timing.chunks = chunks;
            if self.exchange.ending == Ending::Complete {
                self.exchange.ending = ending;
            }
            self.exchange.response = Some(RecordedResponse {
                status: answered.status,
                reason: answered.reason,
                protocol: answered.protocol,
                headers: answered.headers,
                trailers,
                body,
                interim: answered.interim,
            });
            self.exchange.timing.total = self.watch.elapsed();
            let request = Arc::clone(&self.request_capture);
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) if !request.is_settled() => {
                    runtime.spawn(async move {
                        // One that goes on is recorded as far as it has come.
                        let _ = tokio::time::timeout(REST_OF_REQUEST, request.settled()).await;
                        self.hand_over();
                        drop(in_flight);
                    });
                }
                _ => self.hand_over(),
            }
        };
        (capture, Box::new(on_end))
    }

    fn hand_over(mut self) {
        self.exchange.timing.request_end = self.request_capture.ended_at();
        match self.request_capture.take() {
            Ok((body, trailers)) => {
                self.exchange.request.body = body;
                self.exchange.request.trailers = trailers;
            }
            Err(failure) => self.exchange.ending = Ending::NotKept(failure),
        }
        self.recorder.record(self.permit, self.exchange);
    }
}
