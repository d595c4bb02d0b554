//! A matcher that looks at a stub's metadata: that of a body, applied to their JSON.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE, uri::PathAndQuery};

use super::{json::pretty, problem::Problem};
use crate::{
    codec::view::RequestView,
    format::wiremock::parts,
    matching::CompiledRequest,
    model::{BodyPattern, Json, Request, RequestBody, RequestPattern, Scheme},
};

/// A matcher of metadata.
pub(super) struct MetadataMatcher(CompiledRequest);

/// Reads the matcher of a body.
///
/// # Errors
///
/// It is none, or cannot be used.
pub(super) fn matcher(text: &str) -> Result<MetadataMatcher, Problem> {
    let matcher = parts::read_matcher(text).map_err(|mistakes| {
        let mut problem = Problem::in_text(text, &mistakes);
        // Whatever is wrong in it, it is the matcher as a whole that is none.
        if crate::codec::json::parse(text).is_ok() {
            problem.point_at("/");
        }
        problem
    })?;
    if matches!(matcher, BodyPattern::BinaryEqualTo(_) | BodyPattern::Digest { .. }) {
        let detail = format!("{} is not a valid match operation: metadata are text", text.trim());
        return Err(Problem::at("/", detail));
    }
    let pattern = RequestPattern { body: vec![matcher], ..RequestPattern::default() };
    let compiled = CompiledRequest::compile(&pattern);
    compiled.map(MetadataMatcher).map_err(|error| Problem::at("/", error.message))
}

impl MetadataMatcher {
    /// Whether these metadata fit; to matchers of a text, they are what WireMock prints of them.
    pub(super) fn matches(&self, metadata: Option<&Json>) -> bool {
        let text = pretty(metadata.unwrap_or(&Json::Null));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let request = Request {
            method: Method::POST,
            scheme: Scheme::Http,
            authority: String::new(),
            target: PathAndQuery::from_static("/"),
            headers,
            body: RequestBody::Whole(Bytes::from(text)),
            client: None,
            received: std::time::SystemTime::UNIX_EPOCH,
        };
        self.0.matches(&RequestView::new(&request))
    }
}
