//! The admin API as its users hold it.

use bytes::Bytes;
use http::{Method, Request, Response};

use super::{access::Asking, router, state::AdminParts};

/// The admin API.
#[derive(Debug)]
pub struct Admin {
    parts: AdminParts,
}

impl Admin {
    /// The path under which the API is.
    pub const PREFIX: &str = router::PREFIX;

    /// The API over these parts.
    pub fn new(parts: AdminParts) -> Self {
        Self { parts }
    }

    /// Whether a path is one of the API's.
    pub fn is_path(path: &str) -> bool {
        path.strip_prefix(Self::PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether calls must say who makes them.
    pub fn is_guarded(&self) -> bool {
        self.parts.access.is_guarded()
    }

    /// The answer to a call that is not carried out, or to a browser that asks whether it may make
    /// one. To be asked before [`Admin::answer`], and before the body of the call is read.
    pub fn refusal(
        &self,
        method: &Method,
        path: &str,
        asking: Asking<'_>,
    ) -> Option<Response<Bytes>> {
        router::refusal(&self.parts, Self::PREFIX, method, path, asking)
    }

    /// Answers a call that nothing refuses. Its URI should be absolute, as the client meant it. Reads and writes files:
    /// not for a thread that must not block.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        router::answer(&self.parts, Self::PREFIX, request)
    }
}
