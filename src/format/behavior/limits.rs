//! Rate limits: the seam to what reads and writes one.

use super::tree::one_or_more;
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{expected, span_of},
        problem::Problems,
    },
    model::{Json, RateLimit},
};

/// Limits that one document may have.
const MOST: usize = 100;

/// Reads one limit, or a list of them.
pub(super) fn read(node: Node, problems: &mut Problems) -> Vec<RateLimit> {
    let span = span_of(&node);
    let items = one_or_more(node);
    if items.len() > MOST {
        problems.add(span, format!("more than {MOST} limits"));
        return Vec::new();
    }
    items.into_iter().filter_map(|item| read_one(&item, problems)).collect()
}

fn read_one(node: &Node, problems: &mut Problems) -> Option<RateLimit> {
    let NodeValue::String(text) = &node.value else {
        expected(node, "rate_limit", "a string such as \"100/min\"", problems);
        return None;
    };
    text.parse().map_err(|message: String| problems.add(span_of(node), message)).ok()
}

/// Writes a limit.
pub(super) fn write(limit: &RateLimit) -> Json {
    Json::Object(vec![("name".to_owned(), limit.name.as_str().into())])
}
