//! A matcher that looks at a stub's metadata: that of a body, applied to their JSON.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE, uri::PathAndQuery};

use super::problem::Problem;
use crate::{
    codec::{json, view::RequestView},
    format::wiremock::parts,
    matching::CompiledRequest,
    model::{Json, JsonStyle, Request, RequestBody, RequestPattern, Scheme},
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
        problem.point_at("/");
        problem
    })?;
    let pattern = RequestPattern { body: vec![matcher], ..RequestPattern::default() };
    let compiled = CompiledRequest::compile(&pattern);
    compiled.map(MetadataMatcher).map_err(|error| Problem::at("/", error.message))
}

impl MetadataMatcher {
    /// Whether these metadata fit.
    pub(super) fn matches(&self, metadata: &Json) -> bool {
        let text = json::write(metadata, JsonStyle::default());
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
