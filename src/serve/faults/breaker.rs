//! Breaks an exchange whose answer is under way, once what was sent before has left.

use std::{future::pending, time::Duration};

use h2::Reason;

use super::scene::Scene;
use crate::serve::{orders::Orders, reply::BodyError, socket::Reset};

/// Given to bytes that were written to get to the client: a reset takes back what the system has not
/// sent yet, and HTTP/2 what its connection has not written yet.
const LINGER: Duration = Duration::from_millis(50);

/// A client that does not read what it is sent before is waited for so long.
const UNREAD: Duration = Duration::from_secs(60);

/// How a connection of HTTP/1.1 breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// With a reset.
    Reset,
    /// It closes.
    Close,
}

/// Breaks one exchange.
#[derive(Clone, Debug)]
pub(super) struct Breaker {
    orders: Orders,
    reset: Reset,
    how: Break,
    is_http2: bool,
}

impl Breaker {
    pub(super) fn of(scene: &Scene<'_>, how: Break) -> Self {
        let client = scene.client;
        Self {
            orders: client.interim.orders().clone(),
            reset: client.arrival.reset.clone(),
            how,
            is_http2: scene.is_http2(),
        }
    }

    /// Whether only a stream breaks, by an error of its body.
    pub(super) fn breaks_stream(&self) -> bool {
        self.is_http2
    }

    /// Keeps the connection from being closed properly before it is broken.
    pub(super) fn hold_open(&self) {
        if !self.is_http2 {
            self.orders.hold_open();
        }
    }

    /// Breaks it when all that was sent has left. Returns on HTTP/2 only, with what resets the
    /// stream.
    pub(super) async fn strike(self) -> BodyError {
        if self.is_http2 {
            tokio::time::sleep(LINGER).await;
            self.orders.flushed().await;
            return stream_error(Reason::INTERNAL_ERROR.into());
        }
        self.break_connection().await;
        pending().await
    }

    /// Breaks a connection of HTTP/1.1 whose answer is all written.
    pub(super) fn strike_after(&self) {
        if self.is_http2 {
            return;
        }
        let breaker = self.clone();
        // There is none when all is being dropped.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { breaker.break_connection().await });
        }
    }

    async fn break_connection(&self) {
        // hyper may still have it.
        tokio::time::sleep(LINGER).await;
        // A client that reads nothing more does not miss it.
        let _ = tokio::time::timeout(UNREAD, self.orders.flushed()).await;
        tokio::time::sleep(LINGER).await;
        if self.how == Break::Reset {
            self.reset.order();
        }
        self.orders.hang_up();
    }
}

/// What makes hyper reset a stream with this code (RFC 9113 §7).
pub(super) fn stream_error(code: u32) -> BodyError {
    h2::Error::from(Reason::from(code)).into()
}
