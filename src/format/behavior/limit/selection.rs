//! Which requests a limit, a policy or a cost is about: the keys that rules have for it, where `body` is
//! what a refused request gets.

use crate::{
    format::{behavior::condition, fields::Fields, problem::Problems, wiremock::pattern},
    model::{Json, RequestPattern},
};

/// Whether anything is said of it.
pub(super) fn is_given(fields: &Fields) -> bool {
    ["method", "url", "header", "request_body", "request"].iter().any(|key| fields.has(key))
}

/// Takes which requests; `None` is all.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Option<RequestPattern> {
    let request = condition::read(fields, problems);
    (request != RequestPattern::default()).then_some(request)
}

/// Writes which requests.
pub(super) fn write(request: &RequestPattern) -> Json {
    pattern::write(request)
}
