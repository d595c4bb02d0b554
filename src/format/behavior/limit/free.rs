//! Requests that cost nothing: those that are let through, and those that are told how the limit stands.

use super::{
    answer::{Placed, body},
    selection,
    value::is_off,
};
use crate::{
    codec::json::Node,
    format::{
        behavior::tree::{one_or_more, open},
        fields::{Place, span_of},
        problem::Problems,
    },
    model::{RequestPattern, StatusEndpoint},
};

/// Status endpoints of a limit.
const MOST_ENDPOINTS: usize = 16;

const STATUS_ENDPOINT: Place = Place {
    noun: "key",
    name: "a status endpoint",
    known: &["request", "url", "method", "header", "request_body", "body"],
};

const EXEMPT: Place = Place {
    noun: "key",
    name: "an entry of `exempt`",
    known: &["request", "url", "method", "header", "request_body"],
};

/// Reads `exempt`.
pub(super) fn exempt(node: Node, problems: &mut Problems) -> Vec<RequestPattern> {
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

/// Reads `status_endpoint`: one or a list.
pub(super) fn status_endpoints(
    node: Node,
    texts: &mut Vec<Placed>,
    problems: &mut Problems,
) -> Vec<StatusEndpoint> {
    if is_off(&node) {
        return Vec::new();
    }
    let mut endpoints = Vec::new();
    for node in one_or_more(node).into_iter().take(MOST_ENDPOINTS) {
        let span = span_of(&node);
        let Some(mut fields) = open(node, &STATUS_ENDPOINT, &[], problems) else { continue };
        let body = body(&mut fields, texts, problems).flatten();
        match (selection::read(&mut fields, problems), body) {
            (Some(request), Some(body)) => endpoints.push(StatusEndpoint { request, body }),
            _ => problems.add_unless_within(
                span,
                "a status endpoint says which requests it is for, and a `body`",
                "write `{ url = \"/rate_limit\", body = { remaining = \"{remaining}\" } }`",
            ),
        }
    }
    endpoints
}
