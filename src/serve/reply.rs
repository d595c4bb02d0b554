//! Bodies of answers: whole, from a file, paced as recorded, or relayed.

use std::{
    error::Error,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use tokio::{
    io::AsyncReadExt as _,
    sync::{mpsc, oneshot, watch},
};

use super::{
    entry::Entry,
    paced::Paced,
    tee::{ResponseTee, Stopwatch},
    wait::sleep_until,
    wire::Interim,
};
use crate::{
    behavior::latency::Schedule, model::ResponseEnding, render::PreparedBody, store::SessionClock,
};

/// Pieces in which a file is read.
const FILE_CHUNK: usize = 64 * 1024;

/// What a body can fail with.
pub(super) type BodyError = Box<dyn Error + Send + Sync>;

/// A body of an answer.
pub(super) enum ReplyBody {
    /// At once.
    Whole {
        /// The bytes, until they are taken.
        bytes: Option<Bytes>,
        /// What follows them, until it is taken.
        trailers: Option<HeaderMap>,
        /// How its length is told.
        sizing: Sizing,
    },
    /// As a task produces it.
    Produced {
        /// Its pieces.
        frames: mpsc::Receiver<Result<Frame<Bytes>, BodyError>>,
        /// What they come to, which is not told to hyper.
        length: u64,
    },
    /// As the upstream sends it, kept on the way.
    Recorded(Box<ResponseTee>),
    /// As the upstream sends it.
    Relayed(Incoming),
    /// A body that the journal sees passing.
    Logged(Box<Logged>),
    /// One after which something follows.
    Followed {
        /// The body.
        body: Box<Self>,
        /// Dropped with the body: what follows waits for that.
        _answering: oneshot::Sender<()>,
    },
    /// A chunked body for HTTP/1.1, whose trailers hyper would hold back.
    Trailed {
        /// The body.
        body: Box<Self>,
        /// Where its trailers go.
        interim: Interim,
        /// Their names as the answer announced them.
        spelled: Vec<String>,
    },
    /// As something else makes of it.
    Boxed(UnsyncBoxBody<Bytes, BodyError>),
}

/// How the length of a whole body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sizing {
    /// In chunks, an empty body too, unless the head names a length.
    InPieces,
    /// hyper names it.
    Named,
    /// The head says what is said: the answer was recorded.
    Unsaid,
}

impl ReplyBody {
    pub(super) fn empty() -> Self {
        Self::Whole { bytes: None, trailers: None, sizing: Sizing::Named }
    }

    pub(super) fn text(text: String) -> Self {
        Self::bytes(text.into())
    }

    pub(super) fn bytes(bytes: Bytes) -> Self {
        Self::Whole { bytes: Some(bytes), trailers: None, sizing: Sizing::Named }
    }

    pub(super) fn boxed<B>(body: B) -> Self
    where
        B: Body<Data = Bytes, Error = BodyError> + Send + 'static,
    {
        Self::Boxed(body.boxed_unsync())
    }

    /// How long it is, where that is known, told to hyper or not.
    pub(super) fn known_length(&self) -> Option<u64> {
        match self {
            Self::Whole { bytes, .. } => Some(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Produced { length, .. } => Some(*length),
            Self::Logged(logged) => logged.body.known_length(),
            Self::Followed { body, .. } | Self::Trailed { body, .. } => body.known_length(),
            Self::Recorded(_) | Self::Relayed(_) | Self::Boxed(_) => self.size_hint().exact(),
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Whole { bytes, trailers, .. } => {
                let frame = match bytes.take().filter(|bytes| !bytes.is_empty()) {
                    Some(bytes) => Some(Frame::data(bytes)),
                    None => trailers.take().map(Frame::trailers),
                };
                Poll::Ready(frame.map(Ok))
            }
            Self::Produced { frames, .. } => frames.poll_recv(cx),
            Self::Boxed(body) => Pin::new(body).poll_frame(cx),
            Self::Recorded(body) => Pin::new(body)
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(Into::into))),
            Self::Relayed(body) => Pin::new(body)
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(Into::into))),
            Self::Logged(logged) => Pin::new(&mut **logged).poll_frame(cx),
            Self::Followed { body, .. } => Pin::new(&mut **body).poll_frame(cx),
            Self::Trailed { body, interim, spelled } => {
                let frame = ready!(Pin::new(&mut **body).poll_frame(cx));
                if let Some(Ok(frame)) = &frame
                    && let Some(trailers) = frame.trailers_ref()
                {
                    interim.send_trailers(trailers, spelled);
                    return Poll::Ready(None);
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            // hyper asks before the first frame, and would name the length 0.
            Self::Whole { bytes: Some(_), sizing: Sizing::InPieces, .. } => false,
            Self::Whole { bytes, trailers, .. } => {
                bytes.as_ref().is_none_or(Bytes::is_empty) && trailers.is_none()
            }
            Self::Produced { .. } => false,
            Self::Boxed(body) => body.is_end_stream(),
            Self::Logged(logged) => logged.body.is_end_stream(),
            Self::Followed { body, .. } => body.is_end_stream(),
            Self::Recorded(body) => body.is_end_stream(),
            Self::Relayed(body) => body.is_end_stream(),
            Self::Trailed { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole { bytes, sizing: Sizing::Named, .. } => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Whole { .. } | Self::Produced { .. } => SizeHint::default(),
            Self::Boxed(body) => body.size_hint(),
            Self::Logged(logged) => logged.body.size_hint(),
            Self::Followed { body, .. } => body.size_hint(),
            Self::Recorded(body) => body.size_hint(),
            Self::Relayed(body) => body.size_hint(),
            Self::Trailed { body, .. } => body.size_hint(),
        }
    }
}

/// A body and the entry of the journal that it belongs to.
pub(super) struct Logged {
    pub(super) body: ReplyBody,
    pub(super) entry: Entry,
}

impl Logged {
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            // Before the client has it, so that a client that asks at once finds it.
            self.entry.add_body(data);
        }
        if frame.is_none() || self.body.is_end_stream() {
            self.entry.end();
        }
        Poll::Ready(frame)
    }
}

/// How much of the request's body has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// In bytes.
    pub(super) bytes: u64,
    /// There is no more.
    pub(super) ended: bool,
}

/// A body to be produced piece by piece.
pub(super) struct Production {
    pub(super) body: PreparedBody,
    pub(super) trailers: HeaderMap,
    pub(super) schedule: Schedule,
    pub(super) ending: ResponseEnding,
    pub(super) watch: Stopwatch,
    /// By which its pieces are due.
    pub(super) clock: Arc<SessionClock>,
    /// Where the answer waits for pieces of the request.
    pub(super) request: Option<watch::Receiver<Progress>>,
}

impl Production {
    /// Starts the task that produces it; the task ends when the client leaves.
    pub(super) fn start(self) -> ReplyBody {
        let length = self.body.length();
        let (frames, produced) = mpsc::channel(1);
        tokio::spawn(async move {
            // The client having left is no error of ours.
            let _ = self.produce(frames).await;
        });
        ReplyBody::Produced { frames: produced, length }
    }

    async fn produce(
        self,
        frames: mpsc::Sender<Result<Frame<Bytes>, BodyError>>,
    ) -> Result<(), Gone> {
        let mut source = Source::open(self.body);
        let mut request = self.request;
        for (due, size, request_bytes) in self.schedule.chunks {
            if let Some(request) = &mut request {
                // An error says that the request is over, and so does its end.
                let _ = request
                    .wait_for(|progress| progress.bytes >= request_bytes || progress.ended)
                    .await;
            }
            tokio::select! {
                () = sleep_until(&self.clock, self.watch, due) => {}
                () = frames.closed() => return Err(Gone),
            }
            source.send(&frames, size).await?;
        }
        source.send(&frames, u64::MAX).await?;
        match self.ending {
            ResponseEnding::Complete => {
                if !self.trailers.is_empty() {
                    frames.send(Ok(Frame::trailers(self.trailers))).await?;
                }
            }
            ResponseEnding::StaysOpen => frames.closed().await,
            ResponseEnding::Breaks => {
                // What was sent before must reach the client first: hyper drops what it has not
                // written yet when a body fails.
                let place = frames.reserve().await?;
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                place.send(Err("the recorded answer broke off here".into()));
            }
        }
        Ok(())
    }
}

/// The client has left.
struct Gone;

impl<T> From<mpsc::error::SendError<T>> for Gone {
    fn from(_: mpsc::error::SendError<T>) -> Self {
        Self
    }
}

enum Source {
    Bytes(Bytes),
    Unopened(PathBuf),
    File(tokio::fs::File),
}

impl Source {
    fn open(body: PreparedBody) -> Self {
        match body {
            PreparedBody::Bytes(bytes) => Self::Bytes(bytes),
            PreparedBody::File { path, .. } => Self::Unopened(path),
        }
    }

    /// Sends the next `size` bytes, or as many as there are.
    async fn send(
        &mut self,
        frames: &mpsc::Sender<Result<Frame<Bytes>, BodyError>>,
        size: u64,
    ) -> Result<(), Gone> {
        let mut left = size;
        while left > 0 {
            let piece = match self.next(left).await {
                Ok(piece) => piece,
                Err(error) => {
                    tracing::error!(%error, "a body file cannot be read");
                    frames.send(Err(error)).await?;
                    return Err(Gone);
                }
            };
            if piece.is_empty() {
                return Ok(());
            }
            left -= (piece.len() as u64).min(left);
            frames.send(Ok(Frame::data(piece))).await?;
        }
        Ok(())
    }

    async fn next(&mut self, size: u64) -> Result<Bytes, BodyError> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if let Self::Unopened(path) = self {
            let file = tokio::fs::File::open(&*path)
                .await
                .map_err(|error| format!("`{}`: {error}", path.display()))?;
            *self = Self::File(file);
        }
        match self {
            Self::Bytes(bytes) => {
                let size = size.min(bytes.len());
                Ok(bytes.split_to(size))
            }
            Self::File(file) => {
                let mut piece = vec![0; size.min(FILE_CHUNK)];
                let read = file.read(&mut piece).await?;
                piece.truncate(read);
                Ok(piece.into())
            }
            Self::Unopened(_) => Ok(Bytes::new()),
        }
    }
}

/// Reads a body to its end and throws it away, so that its connection can be used again.
pub(super) async fn discard(mut body: Paced<Incoming>) {
    while let Some(Ok(_)) = body.frame().await {}
}
