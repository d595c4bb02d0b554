//! The exchange that a fault strikes.

use std::sync::Arc;

use http::{HeaderMap, Method, Version};

use crate::{
    serve::{client::Client, tee::Stopwatch},
    store::SessionClock,
};

/// What is known of it.
#[derive(Clone, Copy)]
pub(in crate::serve) struct Scene<'a> {
    pub(in crate::serve) client: &'a Client,
    /// The clock that waits go by.
    pub(in crate::serve) clock: &'a Arc<SessionClock>,
    /// Since the request arrived.
    pub(in crate::serve) watch: Stopwatch,
    pub(in crate::serve) version: Version,
    pub(in crate::serve) method: &'a Method,
    /// The fields of the request.
    pub(in crate::serve) fields: &'a HeaderMap,
}

impl Scene<'_> {
    pub(super) fn is_http2(self) -> bool {
        self.version == Version::HTTP_2
    }
}
