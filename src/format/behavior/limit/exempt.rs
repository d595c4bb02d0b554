//! Requests that cost nothing and are always let through.

use super::{selection, value::is_off};
use crate::{
    codec::json::Node,
    format::{
        behavior::tree::{one_or_more, open},
        fields::{Place, span_of},
        problem::Problems,
    },
    model::RequestPattern,
};

const EXEMPT: Place = Place {
    noun: "key",
    name: "an entry of `exempt`",
    known: &["request", "url", "method", "header", "request_body"],
};

/// Reads one, or several.
pub(super) fn read(node: Node, problems: &mut Problems) -> Vec<RequestPattern> {
    if is_off(&node) {
        return Vec::new();
    }
    let mut requests = Vec::new();
    for node in one_or_more(node) {
        let span = span_of(&node);
        let Some(mut fields) = open(node, &EXEMPT, &[], problems) else { continue };
        match selection::read(&mut fields, problems) {
            Some(request) => requests.push(request),
            None => problems.add_unless_within(
                span,
                "an entry of `exempt` that fits all requests",
                "write `{ method = \"GET\", url = \"/rate_limit\" }`",
            ),
        }
    }
    requests
}
