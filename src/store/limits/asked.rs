//! A request as limits see it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::{
    behavior::{limiter::Now, verdict::Identity},
    codec::RequestView,
    model::Request,
    runtime::Seed,
};

/// Fields that carry what stays the same when a request is tried again: of the draft of the IETF
/// (`draft-ietf-httpapi-idempotency-key-header`), its usual variants, and of AWS.
const IDEMPOTENCY_KEYS: [&str; 4] =
    ["idempotency-key", "x-idempotency-key", "x-request-idempotency-key", "amz-sdk-invocation-id"];

/// A request as limits see it.
pub struct Asked<'a> {
    /// The request; its body where a limit looks at it.
    pub view: &'a RequestView<'a>,
    /// The request with its secrets replaced, asked for when a client is first seen.
    pub shown: &'a dyn Fn() -> Request,
    /// The number of its connection; `None` where several requests can be under way on one.
    pub connection: Option<u64>,
    /// When it came.
    pub now: Now,
    /// The seed of the run.
    pub seed: Seed,
}

impl Asked<'_> {
    /// By what it is known when it comes again.
    pub(super) fn identity(&self) -> Identity {
        let request = self.view.request();
        let mut hasher = DefaultHasher::new();
        self.view.method().hash(&mut hasher);
        self.view.path_and_query().hash(&mut hasher);
        request.headers.get("content-length").map(|it| it.as_bytes()).hash(&mut hasher);
        let key = IDEMPOTENCY_KEYS.iter().find_map(|name| request.headers.get(*name));
        Identity {
            request: hasher.finish(),
            idempotency_key: key.map(|key| {
                let mut hasher = DefaultHasher::new();
                key.as_bytes().hash(&mut hasher);
                hasher.finish()
            }),
            connection: self.connection,
        }
    }
}
