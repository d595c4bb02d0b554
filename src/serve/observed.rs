//! What telemetry learns of an exchange: counted once, and told as a span where spans are made.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, Method, StatusCode, Version};

use super::{
    route::{Arrival, Route},
    span::{Asked, OpenSpan},
    state::State,
    tee::Stopwatch,
};
use crate::{
    model::Outcome,
    runtime::Clock,
    store::LiveStub,
    telemetry::{self, Gauge, Lookup, ServiceMetrics},
    upstream::UpstreamError,
};

/// An exchange as telemetry sees it. Dropped untold, its client was lost before it was known what
/// becomes of it.
pub(super) struct Observed {
    metrics: Arc<ServiceMetrics>,
    span: Option<Arc<OpenSpan>>,
    watch: Stopwatch,
    is_told: AtomicBool,
}

impl Observed {
    /// An exchange that begins; where spans are made, its route gets one.
    pub(super) fn begin(
        state: &State,
        arrival: &Arrival,
        route: &mut Route,
        (method, version, fields): (&Method, Version, &HeaderMap),
        watch: Stopwatch,
    ) -> Self {
        if let Some(tracer) = &state.tracer {
            let target = state.redactor.target(route.target.as_str());
            let session = state.session.name().to_string();
            let asked = Asked {
                start: state.clock.started_at() + watch.started(),
                method,
                version,
                scheme: route.scheme,
                authority: &route.authority,
                target: &target,
                peer: arrival.peer,
                session: &session,
                service: route.service.scope.as_ref().map(|name| name.as_str()),
            };
            route.span = OpenSpan::begin(tracer, &asked, fields);
        }
        Self {
            metrics: Arc::clone(&route.service.metrics),
            span: route.span.clone(),
            watch,
            is_told: AtomicBool::new(false),
        }
    }

    /// What it came to; the first that is told counts.
    pub(super) fn tell(&self, status: Option<StatusCode>, outcome: telemetry::Outcome) {
        if self.is_told.swap(true, Ordering::Relaxed) {
            return;
        }
        let took = self.watch.elapsed();
        self.metrics.request(outcome, took);
        if let Some(span) = &self.span {
            span.end(status, outcome, took);
        }
    }

    /// Time since the head of the request came.
    pub(super) fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    /// The stubs were asked.
    pub(super) fn looked_up(&self, lookup: Lookup) {
        self.metrics.lookup(lookup);
    }

    /// A stub answers it.
    pub(super) fn found(&self, stub: &LiveStub) {
        if let Some(span) = &self.span {
            span.found(stub);
        }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.tell(None, telemetry::Outcome::Abandoned);
    }
}

/// An outcome as telemetry tells it.
pub(super) fn told(outcome: &Outcome) -> telemetry::Outcome {
    match outcome {
        Outcome::InjectedError => telemetry::Outcome::Injected,
        Outcome::Missed => telemetry::Outcome::Missed,
        Outcome::Passed => telemetry::Outcome::Passed,
        Outcome::RateLimited => telemetry::Outcome::RateLimited,
        Outcome::Recorded(_) => telemetry::Outcome::Recorded,
        Outcome::Stub { nearest: true, .. } => telemetry::Outcome::Nearest,
        Outcome::Stub { nearest: false, .. } => telemetry::Outcome::Stub,
        Outcome::UpstreamFailed(_) => telemetry::Outcome::UpstreamFailed,
    }
}

/// Counts how long another server takes for the head of its answer, or that it gives none.
///
/// # Errors
///
/// As `sent`.
pub(super) async fn timed<T, E: ErrorCode>(
    metrics: &ServiceMetrics,
    clock: Clock,
    sent: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let begun = clock.elapsed();
    let sent = sent.await;
    let took: Duration = clock.elapsed().saturating_sub(begun);
    match &sent {
        Ok(_) => metrics.upstream_answered(took),
        Err(error) => metrics.upstream_failed(error.code()),
    }
    sent
}

/// An error with a short name, one of few.
pub(super) trait ErrorCode {
    fn code(&self) -> &'static str;
}

impl ErrorCode for UpstreamError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }
}

/// Something that there is as long as this is.
pub(super) struct Counted(Gauge);

impl Counted {
    pub(super) fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
