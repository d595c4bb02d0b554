//! The keys of an expectation, and how objects of known keys are opened.

use crate::{
    codec::json::{Node, NodeValue},
    format::{
        behavior::tree::{camel_case, snake_case},
        fields::{Fields, Place},
        problem::Problems,
    },
};

pub(super) const ENTRY: Place = Place {
    noun: "key",
    name: "an expectation",
    known: &[
        "name",
        "request",
        "answered",
        "count",
        "never",
        "concurrent",
        "retries",
        "headers",
        "order",
        "between",
        "unusedStubs",
        "earlyRetries",
        "unmatched",
    ],
};

/// Opens an object of known keys, which are written `camelCase` and may be written `snake_case` too.
pub(super) fn open(mut node: Node, place: &Place, problems: &mut Problems) -> Option<Fields> {
    if let NodeValue::Object(members) = &mut node.value {
        for member in members {
            let camel = camel_case(&snake_case(&member.name));
            if place.known.contains(&camel.as_str()) {
                member.name = camel;
            }
        }
    }
    Fields::open(node, place, &[&ENTRY], problems)
}
