//! What is merged into answers that are JSON objects: a table, or its JSON as a text.

use super::{answer::Placed, value::is_off};
use crate::{
    codec::json::{self, Node, NodeValue},
    format::{
        fields::{expected, span_of},
        problem::Problems,
    },
    model::Json,
};

/// Reads it; inside, `None` takes out what a preset has.
pub(super) fn read(
    node: &Node,
    texts: &mut Vec<Placed>,
    problems: &mut Problems,
) -> Option<Option<Json>> {
    if is_off(node) {
        return Some(None);
    }
    let span = span_of(node);
    let json = match &node.value {
        NodeValue::Object(_) => Some(node.clone().into_json()),
        NodeValue::String(text) => json::parse(text).ok(),
        _ => None,
    };
    let Some(json @ Json::Object(_)) = json else {
        expected(node, "body_merge", "a table, or a JSON object as a text", problems);
        return None;
    };
    each_text(&json, &mut |text| texts.push((text.to_owned(), span.clone())));
    Some(Some(json))
}

/// Calls `on_text` with every text in it, in order; names of members are none.
pub(super) fn each_text<'j>(json: &'j Json, on_text: &mut dyn FnMut(&'j str)) {
    match json {
        Json::String(text) => on_text(text),
        Json::Array(items) => items.iter().for_each(|item| each_text(item, on_text)),
        Json::Object(members) => {
            members.iter().for_each(|(_, value)| each_text(value, on_text));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
