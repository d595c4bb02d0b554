//! Sends spans to a collector, in batches, beside serving and never in its way.
//!
//! What the collector cannot take for now is tried again, waiting longer each time; meanwhile the queue
//! fills, and beyond its bound spans are lost and counted. That a collector is not there is said once.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{sync::mpsc, time};

use super::{metrics::SpanMetrics, otlp_json, span::Span};

/// Spans that may wait (OpenTelemetry's default).
const WAITING: usize = 2048;
/// Spans of a batch (OpenTelemetry's default).
const BATCH: usize = 512;
/// A span waits so long for others.
const GATHER: Duration = Duration::from_secs(1);
/// A batch that is not taken is given up after so many tries.
const TRIES: u32 = 6;
/// The wait after the first try; it doubles with each.
const BACKOFF: Duration = Duration::from_millis(500);
/// No wait is longer, whatever the collector asks for.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// The statuses of a collector that may take the batch later (OTLP, "Retryable response codes").
const RETRYABLE: [u16; 4] = [429, 502, 503, 504];

/// A collector's answer.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// How long it wants not to be asked.
    pub retry_after: Option<Duration>,
    /// Its body, as far as it is of a sensible length.
    pub body: Bytes,
}

/// Posts a body to the collector; the error says why there was no answer.
pub type Post = Arc<dyn Fn(Bytes) -> Posted + Send + Sync>;

/// A body on its way.
pub type Posted = Pin<Box<dyn Future<Output = Result<Reply, String>> + Send>>;

/// Where spans wait.
#[derive(Debug)]
pub struct Queue {
    sender: mpsc::Sender<Span>,
    metrics: SpanMetrics,
}

impl Queue {
    pub(super) fn offer(&self, span: Span) {
        match self.sender.try_send(span) {
            Ok(()) => {
                self.metrics.queue.inc();
            }
            Err(_) => {
                self.metrics.overflowed.inc();
            }
        }
    }
}

/// Spans that wait, to be sent.
#[derive(Debug)]
pub struct Waiting {
    spans: mpsc::Receiver<Span>,
    metrics: SpanMetrics,
}

/// A queue, and its other end.
pub fn queue(metrics: SpanMetrics) -> (Queue, Waiting) {
    let (sender, spans) = mpsc::channel(WAITING);
    (Queue { sender, metrics: metrics.clone() }, Waiting { spans, metrics })
}

/// Who sends.
pub struct Exporter {
    /// Where spans come from.
    pub waiting: Waiting,
    /// How they are sent.
    pub post: Post,
    /// Who the collector is, for messages.
    pub collector: String,
    /// Who made the spans.
    pub resource: Vec<(String, String)>,
    /// The version that runs.
    pub version: &'static str,
}

/// Told once; may be waited for again and again.
struct Stop<F> {
    told: Pin<Box<F>>,
    is_told: bool,
}

impl<F: Future<Output = ()>> Stop<F> {
    async fn wait(&mut self) {
        if !self.is_told {
            self.told.as_mut().await;
            self.is_told = true;
        }
    }
}

impl Exporter {
    /// Sends until `stop` is done, then what still waits: each batch once, and no more after one that
    /// the collector did not take.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = Stop { told: Box::pin(stop), is_told: false };
        let mut batch = Vec::new();
        let (mut is_reached, mut is_taken) = (true, true);
        while !stop.is_told {
            tokio::select! {
                () = stop.wait() => {}
                () = self.gather(&mut batch) => {
                    if batch.is_empty() {
                        // Nobody makes spans any more.
                        return;
                    }
                    let is_heard = self.send(&mut batch, &mut is_reached, &mut stop).await;
                    is_taken = is_heard || !stop.is_told;
                }
            }
        }
        self.waiting.spans.close();
        loop {
            while batch.len() < BATCH
                && let Ok(span) = self.waiting.spans.try_recv()
            {
                self.waiting.metrics.queue.dec();
                batch.push(span);
            }
            if batch.is_empty() {
                return;
            }
            if is_taken {
                is_taken = self.send(&mut batch, &mut is_reached, &mut stop).await;
            } else {
                self.waiting.metrics.undelivered.inc_by(batch.len() as u64);
                batch.clear();
            }
        }
    }

    /// Waits for a span, and a while for more. Nothing is lost when it is dropped: spans are in `batch`.
    async fn gather(&mut self, batch: &mut Vec<Span>) {
        if batch.is_empty() {
            let Some(first) = self.waiting.spans.recv().await else { return };
            self.waiting.metrics.queue.dec();
            batch.push(first);
        }
        let more = async {
            while batch.len() < BATCH {
                let Some(span) = self.waiting.spans.recv().await else { return };
                self.waiting.metrics.queue.dec();
                batch.push(span);
            }
        };
        // Late is soon enough.
        let _ = time::timeout(GATHER, more).await;
    }

    /// Sends a batch, and again where that may help, unless ringer stops. Says whether the collector had
    /// a say.
    async fn send(
        &self,
        batch: &mut Vec<Span>,
        is_reached: &mut bool,
        stop: &mut Stop<impl Future<Output = ()>>,
    ) -> bool {
        let metrics = &self.waiting.metrics;
        let count = batch.len() as u64;
        let body = Bytes::from(otlp_json::request(&self.resource, self.version, batch));
        batch.clear();
        let mut backoff = BACKOFF;
        for tried in 1..=TRIES {
            let (why, wait) = match (self.post)(body.clone()).await {
                Ok(reply) if (200..300).contains(&reply.status) => {
                    self.taken(&reply, count, is_reached);
                    return true;
                }
                Ok(reply) if RETRYABLE.contains(&reply.status) => {
                    (format!("answers {}", reply.status), reply.retry_after)
                }
                Ok(reply) => {
                    metrics.refused.inc_by(count);
                    let said = String::from_utf8_lossy(&reply.body);
                    let said: String = said.chars().take(200).collect();
                    let why = format!("refuses spans: {} {}", reply.status, said.escape_debug());
                    self.warn_once(is_reached, &why);
                    return true;
                }
                Err(error) => (format!("cannot be reached: {error}"), None),
            };
            self.warn_once(is_reached, &why);
            if tried == TRIES || stop.is_told {
                break;
            }
            let wait = wait.unwrap_or(backoff).min(MAX_BACKOFF);
            backoff = (backoff * 2).min(MAX_BACKOFF);
            tokio::select! {
                () = time::sleep(wait) => {}
                // One more try, then.
                () = stop.wait() => {}
            }
        }
        metrics.undelivered.inc_by(count);
        false
    }

    fn taken(&self, reply: &Reply, count: u64, is_reached: &mut bool) {
        let taken = otlp_json::taken(&reply.body);
        let refused = taken.refused.min(count);
        let metrics = &self.waiting.metrics;
        metrics.exported.inc_by(count - refused);
        if refused > 0 {
            metrics.refused.inc_by(refused);
            self.warn_once(is_reached, &format!("refuses spans: {}", taken.message.escape_debug()));
        } else if !*is_reached {
            *is_reached = true;
            tracing::info!("the collector at {} takes spans again", self.collector);
        }
    }

    fn warn_once(&self, is_reached: &mut bool, why: &str) {
        if std::mem::replace(is_reached, false) {
            tracing::warn!(
                "the collector at {} {why}; spans are lost while this lasts (see `ringer_otlp_dropped_spans_total`)",
                self.collector
            );
        }
    }
}

#[cfg(test)]
mod tests;
