//! One exchange before it is decided who answers, and what its client gets.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderValue, Response};

use super::{
    client::Client,
    forward::Outbound,
    reply::{BodyError, ReplyBody},
    state::State,
    tee::Stopwatch,
};

/// What a request gets: at once where nothing holds its answer back.
#[expect(clippy::large_enum_variant, reason = "to box an answer that is there costs more")]
pub(super) enum Answering {
    /// An answer that is there.
    Ready(Option<Response<ReplyBody>>),
    /// One that is being made. Few of many requests take this much memory at a time.
    Pending(Pin<Box<dyn Future<Output = Result<Response<ReplyBody>, BodyError>> + Send>>),
}

impl Answering {
    pub(super) fn now(response: Response<ReplyBody>) -> Self {
        Self::Ready(Some(response))
    }

    pub(super) fn later(
        answer: impl Future<Output = Result<Response<ReplyBody>, BodyError>> + Send + 'static,
    ) -> Self {
        Self::Pending(Box::pin(answer))
    }
}

impl Future for Answering {
    type Output = Result<Response<ReplyBody>, BodyError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Ready(response) => {
                Poll::Ready(response.take().ok_or_else(|| "the answer was given before".into()))
            }
            Self::Pending(answer) => answer.as_mut().poll(cx),
        }
    }
}

/// A request, and all that is known of it before it is decided who answers.
pub(super) struct Exchange {
    pub(super) state: Arc<State>,
    pub(super) client: Arc<Client>,
    pub(super) number: u64,
    pub(super) watch: Stopwatch,
    pub(super) outbound: Outbound,
    /// The page that it comes from, where any page may ask.
    pub(super) origin: Option<HeaderValue>,
}
