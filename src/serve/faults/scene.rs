//! The exchange that a fault strikes.

use http::{HeaderMap, Method, Version};

use crate::serve::client::Client;

/// What is known of it.
#[derive(Clone, Copy)]
pub(in crate::serve) struct Scene<'a> {
    pub(in crate::serve) client: &'a Client,
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
