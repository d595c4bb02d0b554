//! What a recording over the admin API takes of an answer: as it is without rate limits.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};

use super::{
    entry::Entry,
    reply::{BodyError, ReplyBody},
    state::State,
};
use crate::store::Taken;

/// Has the recording that is under way see the answer to a request that it took.
pub(super) fn take(
    state: &State,
    entry: Option<&Entry>,
    response: Response<ReplyBody>,
) -> Response<ReplyBody> {
    let Some(taken) = entry.and_then(|it| state.session.recording().begin(it.event().id)) else {
        return response;
    };
    taken.answered(&response);
    if let ReplyBody::Whole { bytes, .. } = response.body() {
        bytes.iter().for_each(|bytes| taken.add_body(bytes));
        taken.complete();
        return response;
    }
    response.map(|body| ReplyBody::boxed(Taking::new(taken, body)))
}

/// A body that is recorded as it passes.
struct Taking {
    body: ReplyBody,
    taken: Arc<Taken>,
    /// How long it will be, where that is known.
    length: Option<u64>,
}

impl Taking {
    fn new(taken: Arc<Taken>, body: ReplyBody) -> Self {
        if body.is_end_stream() {
            taken.complete();
        }
        let length = body.known_length();
        Self { body, taken, length }
    }

    /// Notes what passes, before the client has it, so that a client that ends the recording at once
    /// finds it there.
    fn see<E>(&self, frame: Option<&Result<Frame<Bytes>, E>>) {
        match frame {
            None => self.taken.complete(),
            Some(Err(_)) => {}
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.taken.add_body(data);
                }
                let length = self.taken.body_length() as u64;
                let is_last = self.body.is_end_stream();
                if is_last || self.length == Some(length) || frame.is_trailers() {
                    self.taken.complete();
                }
            }
        }
    }
}

impl Body for Taking {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.see(frame.as_ref());
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
