//! Bodies whose bytes come slowly, on their way in or out.
//!
//! A paced body holds one frame of the body beneath and lets it through piece by piece; nothing more is
//! asked for meanwhile, so that who sends it is slowed down too. It sleeps itself: no task, and no
//! timer where a piece is due already.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::timer::sleep_while;
use crate::{behavior::pace::Pace, runtime::Clock, store::SessionClock};

/// The time that bytes wait by, chosen when they begin: what is left of a body whose clock becomes
/// real in mid-flow comes at once.
#[derive(Debug)]
struct Hands {
    clock: Arc<SessionClock>,
    real: Clock,
    is_virtual: bool,
}

impl Hands {
    fn now(&self) -> Duration {
        if self.is_virtual { self.clock.elapsed() } else { self.real.elapsed() }
    }

    fn sleep_until(&self, due: Duration) -> Sleep {
        if !self.is_virtual {
            return Box::pin(tokio::time::sleep(due.saturating_sub(self.real.elapsed())));
        }
        let clock = Arc::clone(&self.clock);
        Box::pin(async move {
            sleep_while(&clock, || {
                let is_virtual = clock.has_virtual_delays();
                if is_virtual { clock.real_time_until(due) } else { Some(Duration::ZERO) }
            })
            .await;
        })
    }
}

type Sleep = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// The pieces of one body and when they go.
pub(super) struct Pacing {
    pace: Pace,
    hands: Hands,
    /// What has come and waits.
    held: Bytes,
    /// How much of it goes next, and when.
    next: Option<(usize, Duration)>,
    sleep: Option<Sleep>,
}

impl Pacing {
    /// Bodies that are paced by `clock` where it says so, and else by `real`.
    pub(super) fn new(pace: Pace, clock: Arc<SessionClock>, real: Clock) -> Self {
        let is_virtual = clock.has_virtual_delays();
        let hands = Hands { clock, real, is_virtual };
        Self { pace, hands, held: Bytes::new(), next: None, sleep: None }
    }

    /// The next piece of what is held, when it is due; `None` where nothing is held.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.held.is_empty() {
            return Poll::Ready(None);
        }
        let (size, due) = match self.next {
            Some(next) => next,
            None => {
                let (size, due) = self.pace.book(self.held.len() as u64, self.hands.now());
                let size = usize::try_from(size).unwrap_or(usize::MAX).min(self.held.len());
                *self.next.insert((size, due))
            }
        };
        if let Some(sleep) = &mut self.sleep {
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        } else if self.hands.now() < due {
            let sleep = self.sleep.insert(self.hands.sleep_until(due));
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        self.next = None;
        Poll::Ready(Some(self.held.split_to(size)))
    }
}

/// A body that comes as it is, or slowly.
pub(super) struct Paced<B> {
    body: B,
    pacing: Option<Box<Pacing>>,
}

impl<B> Paced<B> {
    /// As it is.
    pub(super) fn unpaced(body: B) -> Self {
        Self { body, pacing: None }
    }

    /// Has the rest come slowly.
    pub(super) fn pace(&mut self, pacing: Pacing) {
        match &mut self.pacing {
            None => self.pacing = Some(Box::new(pacing)),
            // What is held keeps the place that it has.
            Some(known) => known.pace.join(pacing.pace),
        }
    }

    fn held(&self) -> u64 {
        self.pacing.as_ref().map_or(0, |pacing| pacing.held.len() as u64)
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Paced<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Self { body, pacing } = &mut *self;
        let Some(pacing) = pacing else { return Pin::new(body).poll_frame(cx) };
        loop {
            if let Some(piece) = ready!(pacing.poll_piece(cx)) {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if data.is_empty() => {
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                    Ok(data) => pacing.held = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held() == 0 && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (held, rest) = (self.held(), self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(held));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(held)) {
            hint.set_upper(upper);
        }
        hint
    }
}
