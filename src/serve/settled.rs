//! A body that tells what its request cost.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::reply::{BodyError, ReplyBody};
use crate::store::Settlement;

/// A body that is heard as it passes. When it is over, however it ends, what its request took of rate
/// limits is put right.
pub(super) struct Settled {
    pub(super) body: ReplyBody,
    pub(super) settlements: Vec<Settlement>,
}

impl Body for Settled {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.settlements.iter_mut().for_each(|settlement| settlement.hear(data));
                }
                // Before the client has the last of it, so that its next request finds room.
                if self.body.is_end_stream() {
                    self.settlements.clear();
                }
            }
            _ => self.settlements.clear(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
