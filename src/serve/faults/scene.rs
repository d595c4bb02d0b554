//! The exchange that a fault strikes.

use std::sync::Arc;

use http::{Method, Version};

use crate::{
    serve::{client::Client, inquiry::Inquiry, state::State, tee::Stopwatch},
    store::SessionClock,
};

/// What faults need to know of it.
pub(in crate::serve) struct Scene<'a> {
    pub(super) client: &'a Client,
    /// The clock that waits go by.
    pub(super) clock: &'a Arc<SessionClock>,
    /// Since the request arrived.
    pub(super) watch: Stopwatch,
    pub(super) version: Version,
    pub(super) method: Method,
}

impl<'a> Scene<'a> {
    /// The exchange of a request that came on this connection.
    pub(in crate::serve) fn of(state: &'a State, inquiry: &Inquiry, client: &'a Client) -> Self {
        Self {
            client,
            clock: state.session.clock(),
            watch: inquiry.watch,
            version: inquiry.version,
            method: inquiry.request.method.clone(),
        }
    }

    pub(super) fn is_http2(&self) -> bool {
        self.version == Version::HTTP_2
    }
}
