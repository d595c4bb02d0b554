//! What a fault asks of the connection that it strikes, handed through hyper to the [`Wire`] below.
//!
//! [`Wire`]: super::wire::Wire

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::head_edit::HeadEdit;

/// The orders for one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_ending: AtomicBool,
    end: Mutex<Option<End>>,
    has_edits: AtomicBool,
    edits: Mutex<Vec<HeadEdit>>,
    /// hyper's closing of the connection is ignored: a fault ends it.
    is_held_open: AtomicBool,
    /// Something was written that is not known to have left.
    is_unflushed: AtomicBool,
    flushed: Notify,
    hung_up: Notify,
}

/// How a connection ends, in place of what hyper next writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At once, without being closed properly.
    Abort,
    /// After these bytes.
    After(Vec<u8>),
    /// ringer's direction does; the other stays open until the client closes it.
    Half,
    /// HTTP/2: after a `GOAWAY` with this code.
    GoAway(u32),
}

impl Orders {
    /// Ends the connection when hyper next writes.
    pub(super) fn end(&self, end: End) {
        *self.0.end.lock() = Some(end);
        self.0.is_ending.store(true, Ordering::Release);
    }

    /// How it is to end, if it is.
    pub(super) fn ending(&self) -> Option<End> {
        if self.0.is_ending.load(Ordering::Acquire) { self.0.end.lock().clone() } else { None }
    }

    /// Changes the head of the next answer.
    pub(super) fn edit(&self, edit: HeadEdit) {
        self.0.edits.lock().push(edit);
        self.0.has_edits.store(true, Ordering::Release);
    }

    pub(super) fn has_edits(&self) -> bool {
        self.0.has_edits.load(Ordering::Acquire)
    }

    /// The changes of the next head, which are then forgotten.
    pub(super) fn take_edits(&self) -> Vec<HeadEdit> {
        self.0.has_edits.store(false, Ordering::Release);
        std::mem::take(&mut *self.0.edits.lock())
    }

    /// Keeps hyper from closing the connection: [`Orders::hang_up`] will end it.
    pub(super) fn hold_open(&self) {
        self.0.is_held_open.store(true, Ordering::Release);
    }

    pub(super) fn is_held_open(&self) -> bool {
        self.0.is_held_open.load(Ordering::Acquire)
    }

    /// Ends the connection at once, whatever hyper still has.
    pub(super) fn hang_up(&self) {
        self.0.hung_up.notify_one();
    }

    /// Waits for [`Orders::hang_up`].
    pub(super) async fn hung_up(&self) {
        self.0.hung_up.notified().await;
    }

    /// Waits, once ringer stops, for [`Orders::hang_up`]; not at all where all that still goes on is
    /// waiting for the client to leave.
    pub(super) async fn given_up(&self) {
        if self.ending() != Some(End::Half) {
            self.hung_up().await;
        }
    }

    /// Notes that bytes were written.
    pub(super) fn note_written(&self) {
        self.0.is_unflushed.store(true, Ordering::Release);
    }

    /// Notes that all that was written has left.
    pub(super) fn note_flushed(&self) {
        if self.0.is_unflushed.swap(false, Ordering::AcqRel) {
            self.0.flushed.notify_waiters();
        }
    }

    /// Waits until all that hyper has written so far has left for the system.
    pub(super) async fn flushed(&self) {
        loop {
            let flushed = self.0.flushed.notified();
            tokio::pin!(flushed);
            flushed.as_mut().enable();
            if !self.0.is_unflushed.load(Ordering::Acquire) {
                return;
            }
            flushed.await;
        }
    }
}
