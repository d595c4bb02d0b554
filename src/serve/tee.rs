//! Bodies that pass and are kept at the same time.

use std::{
    future::poll_fn,
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
    runtime::{Clock, Moment, Watch},
};

/// Beyond this many pieces, later ones are counted to the last.
const MAX_CHUNKS: usize = 20_000;

/// An answer whose client has left is read on for so long …
const LINGER: Duration = Duration::from_millis(500);
/// … and for so many bytes.
const LINGER_BYTES: u64 = 1 << 20;

/// A connection on which the body of a request was never sent is given up after so long.
const UNSENT: Duration = Duration::from_secs(60);

/// Time since the head of a request arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch {
    clock: Clock,
    started: Duration,
    arrived: Duration,
}

impl Stopwatch {
    /// Starts one at a moment; `arrived` is the time that has elapsed in the session.
    pub(super) fn start(clock: Clock, moment: Moment, arrived: Duration) -> Self {
        Self { clock, started: clock.elapsed_at(moment), arrived }
    }

    /// When it was started, in the session's time.
    pub(super) fn arrived(self) -> Duration {
        self.arrived
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
    hold: Option<Asking>,
    /// The upstream is done with it: only the recording is waiting.
    is_rest: bool,
}

/// Waits until the client is to be asked for its body; `false` when it is not.
pub(super) type Asking = Pin<Box<dyn Future<Output = bool> + Send>>;

impl RequestTee {
    pub(super) fn new(
        body: Inbound,
        capture: Option<Arc<Capture>>,
        watch: Stopwatch,
        hold: Option<Asking>,
    ) -> Self {
        if body.is_end_stream()
            && let Some(capture) = &capture
        {
            capture.end(watch.elapsed(), None);
        }
        Self { body, capture, watch, hold, is_rest: false }
    }
}

/// Keeps a piece of a request body.
fn note(capture: &Capture, frame: &Frame<Bytes>, rest: &Inbound, watch: Stopwatch) {
    if let Some(data) = frame.data_ref() {
        capture.push(data);
    }
    let trailers = frame.trailers_ref();
    if trailers.is_some() || rest.is_end_stream() {
        capture.end(watch.elapsed(), trailers);
    }
}

impl Body for RequestTee {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        while let Some(hold) = &mut self.hold {
            let is_asked = ready!(hold.as_mut().poll(cx));
            self.hold = None;
            if !is_asked {
                // The answer is to be read before hyper finds that there is no body to send.
                self.body = Inbound::none();
                self.hold = Some(Box::pin(async {
                    tokio::time::sleep(UNSENT).await;
                    true
                }));
                if let Some(capture) = self.capture.take() {
                    capture.give_up();
                }
            }
        }
        let polled = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(capture) = &self.capture {
            match &polled {
                Some(Ok(frame)) => note(capture, frame, &self.body, self.watch),
                Some(Err(_)) => capture.give_up(),
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

impl Drop for RequestTee {
    /// The upstream has answered without having read all. The client sends the rest nevertheless, and
    /// how much of it had come by then is chance: it is read on for a moment, so that the recording
    /// knows the request.
    fn drop(&mut self) {
        let Some(capture) = self.capture.take().filter(|capture| !capture.is_settled()) else {
            return;
        };
        let runtime = tokio::runtime::Handle::try_current();
        // Who was not asked for the body sends none.
        let (None, false, Ok(runtime)) = (&self.hold, self.is_rest, runtime) else {
            capture.give_up();
            return;
        };
        let mut rest = Self {
            body: std::mem::take(&mut self.body),
            capture: Some(Arc::clone(&capture)),
            watch: self.watch,
            hold: None,
            is_rest: true,
        };
        let limit = capture.length() + LINGER_BYTES;
        runtime.spawn(async move {
            let read = async {
                while capture.length() < limit
                    && matches!(poll_fn(|cx| Pin::new(&mut rest).poll_frame(cx)).await, Some(Ok(_)))
                {
                }
            };
            // What has not come by then is not waited for.
            let _ = tokio::time::timeout(LINGER, read).await;
            capture.give_up();
        });
    }
}

/// Called once with the pieces of the answer's body and how it ended.
pub(super) type OnEnd = Box<dyn FnOnce(Vec<Chunk>, Ending) + Send>;

/// An answer's body on its way to the client.
pub(super) struct ResponseTee {
    /// `None` once it is lingering on its own.
    passing: Option<Passing>,
    in_flight: Watch,
    cut_off: Watch,
}

struct Passing {
    body: Incoming,
    watch: Stopwatch,
    request: Arc<Capture>,
    capture: Arc<Capture>,
    chunks: Vec<Chunk>,
    on_end: Option<OnEnd>,
}

impl ResponseTee {
    /// `in_flight` is held while there is something to read, `cut_off` ends it.
    pub(super) fn new(
        body: Incoming,
        watch: Stopwatch,
        request: Arc<Capture>,
        (capture, on_end): (Arc<Capture>, OnEnd),
        in_flight: Watch,
        cut_off: Watch,
    ) -> Self {
        let on_end = Some(on_end);
        let passing = Passing { body, watch, request, capture, chunks: Vec::new(), on_end };
        Self { passing: Some(passing), in_flight, cut_off }
    }
}

impl Body for ResponseTee {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.passing {
            Some(passing) => passing.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.passing.as_ref().is_none_or(|passing| passing.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.passing.as_ref().map_or_else(SizeHint::default, |passing| passing.body.size_hint())
    }
}

impl Drop for ResponseTee {
    /// hyper drops a body without asking for its end when its length was known, or when there was
    /// none. Otherwise the client has left: what the upstream is about to finish is still waited for
    /// a moment, so that it is not chance what the recording says.
    fn drop(&mut self) {
        let Some(mut passing) = self.passing.take() else { return };
        if passing.is_complete() {
            passing.finish(Ending::Complete);
        } else if passing.on_end.is_some()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (in_flight, mut cut_off) = (self.in_flight.clone(), self.cut_off.clone());
            runtime.spawn(async move {
                tokio::select! {
                    () = passing.linger() => {}
                    () = cut_off.stopped() => {}
                }
                let ending =
                    if passing.is_complete() { Ending::Complete } else { Ending::ClientLeft };
                passing.finish(ending);
                drop(in_flight);
            });
        } else {
            passing.finish(Ending::ClientLeft);
        }
    }
}

impl Passing {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &polled {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.note(data);
                }
                let trailers = frame.trailers_ref();
                if trailers.is_some() || self.body.is_end_stream() {
                    self.capture.end(self.watch.elapsed(), trailers);
                    // Before the client has it: what it asks next may be answered by this.
                    self.finish(Ending::Complete);
                }
            }
            Some(Err(error)) => self.finish(Ending::UpstreamBroke(error.to_string())),
            None => {
                self.capture.end(self.watch.elapsed(), None);
                self.finish(Ending::Complete);
            }
        }
        Poll::Ready(polled)
    }

    /// Reads on for a while without a client, unless that is much.
    async fn linger(&mut self) {
        let limit = self.capture.length() + LINGER_BYTES;
        if self.body.size_hint().exact().is_some_and(|left| left > LINGER_BYTES) {
            return;
        }
        let read = async {
            while self.capture.length() < limit
                && matches!(poll_fn(|cx| self.poll_frame(cx)).await, Some(Ok(_)))
            {}
        };
        // What has not come by then will not be told from what never comes.
        let _ = tokio::time::timeout(LINGER, read).await;
    }

    fn is_complete(&self) -> bool {
        self.body.is_end_stream() || self.capture.ended_at().is_some()
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
