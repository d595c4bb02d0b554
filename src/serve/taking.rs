//! What passes on its way to the client, taken for a recording over the admin API.

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Frame;

use crate::store::Taken;

/// A body that is recorded as it passes.
pub(super) struct Taking {
    taken: Arc<Taken>,
    /// How long it will be, where that is known.
    length: Option<u64>,
}

impl Taking {
    /// Records a body of this length, where that is known, which may be at its end already.
    pub(super) fn new(taken: Arc<Taken>, is_at_end: bool, length: Option<u64>) -> Self {
        if is_at_end {
            taken.complete();
        }
        Self { taken, length }
    }

    /// Notes what passes, before the client has it, so that a client that ends the recording at once
    /// finds it there.
    pub(super) fn see<E>(&self, frame: Option<&Result<Frame<Bytes>, E>>, is_last: bool) {
        match frame {
            None => self.taken.complete(),
            Some(Err(_)) => {}
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.taken.add_body(data);
                }
                let length = self.taken.body_length() as u64;
                if is_last || self.length == Some(length) || frame.is_trailers() {
                    self.taken.complete();
                }
            }
        }
    }
}
