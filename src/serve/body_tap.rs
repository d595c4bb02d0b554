//! The journal sees the body of a request as that is passed on.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    model::Request,
    store::{ServeEvent, Session},
};

/// Tells the journal of a body on its way.
pub(super) struct BodyTap {
    session: Arc<Session>,
    event: Arc<ServeEvent>,
    /// As it came, but for its body; taken when that is over.
    asked: Option<Request>,
}

impl BodyTap {
    pub(super) fn new(session: Arc<Session>, event: Arc<ServeEvent>, asked: Request) -> Self {
        Self { session, event, asked: Some(asked) }
    }

    /// Notes a piece.
    pub(super) fn add(&self, piece: &Bytes) {
        self.session.journal().add_request_body(&self.event, piece);
    }
}

impl Drop for BodyTap {
    /// The body is over, or nobody reads any more of it.
    fn drop(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.session.journal().end_request_body(&self.event, asked);
        }
    }
}
