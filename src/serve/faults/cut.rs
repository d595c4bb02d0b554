//! A body that comes so far and then ends, stands still, or breaks.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::{breaker::Breaker, waiting::Waiting};
use crate::serve::reply::{BodyError, ReplyBody};

/// A body with a place at which something happens.
pub(super) struct Cut {
    body: ReplyBody,
    /// So many bytes until that place.
    left: u64,
    then: Then,
    /// What is to come after that place, of a piece that goes beyond it.
    held: Option<Bytes>,
    state: State,
}

/// What happens there.
pub(super) enum Then {
    /// The body ends, properly.
    End,
    /// It waits and goes on.
    Stall(Waiting),
    /// The exchange breaks.
    Break(Breaker),
}

enum State {
    Before,
    At(Pin<Box<dyn Future<Output = Result<(), BodyError>> + Send>>),
    Beyond,
}

impl Cut {
    pub(super) fn new(body: ReplyBody, at: u64, then: Then) -> Self {
        Self { body, left: at, then, held: None, state: State::Before }
    }

    fn arrive(&mut self) {
        self.state = match &self.then {
            Then::End => State::Beyond,
            Then::Stall(waiting) => State::At(Box::pin(waiting.clone().over())),
            Then::Break(breaker) => {
                let breaker = breaker.clone();
                State::At(Box::pin(async move { Err(breaker.strike().await) }))
            }
        };
    }

    /// The part of a piece that goes out now.
    fn part(&mut self, data: Bytes) -> Bytes {
        if !matches!(self.state, State::Before) {
            return data;
        }
        let mut size = (data.len() as u64).min(self.left);
        // HTTP/2 takes the next piece when there is room for the one before: when it takes one of a
        // single byte, all before it can leave, and is not lost with the stream.
        if size == self.left && size > 1 && matches!(self.then, Then::Break(_)) {
            size -= 1;
        }
        self.left -= size;
        let mut data = data;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size < data.len() {
            self.held = Some(data.split_off(size));
        }
        data
    }
}

impl Body for Cut {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Before if this.left == 0 => {
                    this.arrive();
                    continue;
                }
                State::At(happening) => {
                    let happened = ready!(happening.as_mut().poll(cx));
                    this.state = State::Beyond;
                    match happened {
                        Ok(()) => continue,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                }
                State::Beyond if matches!(this.then, Then::End) => return Poll::Ready(None),
                State::Before | State::Beyond => {}
            }
            if let Some(data) = this.held.take() {
                return Poll::Ready(Some(Ok(Frame::data(this.part(data)))));
            }
            let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
            return Poll::Ready(match frame {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.is_empty() => continue,
                    Ok(data) => Some(Ok(Frame::data(this.part(data)))),
                    Err(frame) if this.breaks_before_end() => {
                        drop(frame);
                        continue;
                    }
                    Err(frame) => Some(Ok(frame)),
                },
                // The place is not within the body: on HTTP/2 the stream breaks before its end.
                None if this.breaks_before_end() => {
                    this.arrive();
                    continue;
                }
                other => other,
            });
        }
    }

    fn is_end_stream(&self) -> bool {
        match self.then {
            Then::End => self.left == 0 || self.body.is_end_stream(),
            // What happens after the last byte happens before the end.
            Then::Stall(_) | Then::Break(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.body.size_hint();
        match (&self.then, hint.exact()) {
            (Then::End, Some(length)) => SizeHint::with_exact(length.min(self.left)),
            (Then::End, None) => SizeHint::default(),
            _ => hint,
        }
    }
}

impl Cut {
    fn breaks_before_end(&self) -> bool {
        matches!(self.state, State::Before)
            && matches!(&self.then, Then::Break(breaker) if breaker.breaks_stream())
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        // hyper does not ask for what comes after the last byte, nor for any of a body that is not
        // sent (HEAD).
        if let (State::Before, Then::Break(breaker)) = (&self.state, &self.then) {
            breaker.strike_after();
        }
    }
}
