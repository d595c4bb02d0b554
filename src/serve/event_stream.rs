//! The answer of the admin API that does not end: events, as they happen.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame};
use tokio::sync::mpsc;

use super::reply::{BodyError, ReplyBody};
use crate::{admin::Subscription, runtime::Watch};

/// Texts that wait for a client; what comes while it takes none waits where it is bounded.
const AHEAD: usize = 1;

/// The answer with its body: that which it has, or the events that it subscribes to, until `watch` says
/// that ringer stops.
pub(super) fn answer(mut response: Response<Bytes>, watch: Watch) -> Response<ReplyBody> {
    match Subscription::of(&mut response) {
        None => response.map(ReplyBody::bytes),
        Some(subscription) => response.map(|_| ReplyBody::boxed(begin(&subscription, watch))),
    }
}

fn begin(subscription: &Subscription, mut watch: Watch) -> EventBody {
    let (texts, sent) = mpsc::channel(AHEAD);
    // Before the client has the head: what it does then it will hear of.
    let mut events = subscription.open();
    tokio::spawn(async move {
        let tell = async {
            loop {
                // There is room before anything is made to fill it.
                let Ok(room) = texts.reserve().await else { return };
                let text = tokio::select! {
                    text = events.next() => text,
                    () = texts.closed() => return,
                };
                let Some(text) = text else { return };
                room.send(text);
            }
        };
        tokio::select! {
            () = tell => {}
            () = watch.stopped() => {}
        }
    });
    EventBody(sent)
}

/// What a task sends.
struct EventBody(mpsc::Receiver<Bytes>);

impl Body for EventBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.0.poll_recv(cx).map(|text| text.map(|text| Ok(Frame::data(text))))
    }
}
