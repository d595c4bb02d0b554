//! Bodies that pass and are kept at the same time.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::{capture::Capture, inbound::Inbound};
use crate::{
    model::{Chunk, Ending},
    runtime::Clock,
};

/// Beyond this many pieces, later ones are counted to the last.
const MAX_CHUNKS: usize = 20_000;

/// Time since the head of a request arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch {
    clock: Clock,
    started: Duration,
}

impl Stopwatch {
    pub(super) fn start(clock: Clock) -> Self {
        Self { clock, started: clock.elapsed() }
    }

    /// When it was started, by the clock.
    pub(super) fn started(self) -> Duration {
        self.started
    }

    pub(super) fn elapsed(self) -> Duration {
        self.clock.elapsed().saturating_sub(self.started)
    }
}

/// A request body on its way to the upstream.
pub(super) struct RequestTee {
    body: Inbound,
    capture: Option<Arc<Capture>>,
    watch: Stopwatch,
    /// The client is not asked for the body before this is done (`Expect: 100-continue`).
    hold: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl RequestTee {
    pub(super) fn new(
        body: Inbound,
        capture: Option<Arc<Capture>>,
        watch: Stopwatch,
        hold: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    ) -> Self {
        if body.is_end_stream()
            && let Some(capture) = &capture
        {
            capture.end(watch.elapsed(), None);
        }
        Self { body, capture, watch, hold }
    }
}

impl Body for RequestTee {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(hold) = &mut self.hold {
            ready!(hold.as_mut().poll(cx));
            self.hold = None;
        }
        let polled = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(capture) = &self.capture {
            match &polled {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        capture.push(data);
                    }
                    let trailers = frame.trailers_ref();
                    if trailers.is_some() || self.body.is_end_stream() {
                        capture.end(self.watch.elapsed(), trailers);
                    }
                }
                Some(Err(_)) => {}
                None => capture.end(self.watch.elapsed(), None),
            }
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Called once with the pieces of the answer's body and how it ended.
pub(super) type OnEnd = Box<dyn FnOnce(Vec<Chunk>, Ending) + Send>;

/// An answer's body on its way to the client.
pub(super) struct ResponseTee {
    body: Incoming,
    watch: Stopwatch,
    request: Arc<Capture>,
    capture: Arc<Capture>,
    chunks: Vec<Chunk>,
    on_end: Option<OnEnd>,
}

impl ResponseTee {
    pub(super) fn new(
        body: Incoming,
        watch: Stopwatch,
        request: Arc<Capture>,
        capture: Arc<Capture>,
        on_end: OnEnd,
    ) -> Self {
        Self { body, watch, request, capture, chunks: Vec::new(), on_end: Some(on_end) }
    }

    fn note(&mut self, data: &Bytes) {
        self.capture.push(data);
        let size = data.len() as u64;
        let is_full = self.chunks.len() >= MAX_CHUNKS;
        match self.chunks.last_mut() {
            Some(last) if is_full => last.size += size,
            _ => self.chunks.push(Chunk {
                at: self.watch.elapsed(),
                size,
                request_bytes: self.request.length(),
            }),
        }
    }

    fn finish(&mut self, ending: Ending) {
        if let Some(on_end) = self.on_end.take() {
            on_end(std::mem::take(&mut self.chunks), ending);
        }
    }
}

impl Body for ResponseTee {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &polled {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    let data = data.clone();
                    self.note(&data);
                }
                let trailers = frame.trailers_ref();
                if trailers.is_some() || self.body.is_end_stream() {
                    let at = self.watch.elapsed();
                    self.capture.end(at, trailers);
                }
            }
            Some(Err(error)) => {
                let ending = Ending::UpstreamBroke(error.to_string());
                self.finish(ending);
            }
            None => {
                let at = self.watch.elapsed();
                self.capture.end(at, None);
                self.finish(Ending::Complete);
            }
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ResponseTee {
    /// hyper drops a body without asking for its end when its length was known, or when there was
    /// none; otherwise the client has left.
    fn drop(&mut self) {
        let ending = if self.body.is_end_stream() || self.capture.ended_at().is_some() {
            Ending::Complete
        } else {
            Ending::ClientLeft
        };
        self.finish(ending);
    }
}
