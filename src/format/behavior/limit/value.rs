//! Values that tables of limits have in common.

use crate::codec::json::{Node, NodeValue};

/// A text, or the spelling of a number.
pub(super) fn word(node: &Node) -> Option<&str> {
    match &node.value {
        NodeValue::String(text) | NodeValue::Number(text) => Some(text.trim()),
        _ => None,
    }
}

/// Whether it says that something of a preset is not wanted: `false`, also as a text, or `none`.
pub(super) fn is_off(node: &Node) -> bool {
    node.value == NodeValue::Bool(false) || matches!(word(node), Some("false" | "none"))
}
