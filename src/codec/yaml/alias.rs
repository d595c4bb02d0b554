//! What aliases stand for, and the objects that `<<` takes in; both within a budget.

use std::collections::HashMap;

use crate::codec::json::{MAX_DEPTH, Member, Node, NodeValue};

/// Values that aliases may stand for, all together: a text of a few lines can ask for billions.
const MAX_ALIASED: usize = 100_000;

/// Bytes of names and texts that aliases may stand for, all together.
const MAX_ALIASED_BYTES: usize = 4 * 1024 * 1024;

/// The values with an anchor, of the document that is being read.
#[derive(Default)]
pub(super) struct Anchors {
    values: HashMap<usize, Anchored>,
    n_values: usize,
    n_bytes: usize,
}

struct Anchored {
    value: NodeValue,
    n_values: usize,
    n_bytes: usize,
    depth: usize,
}

impl Anchors {
    /// Anchors end with their document (YAML 1.2 §3.2.2.2); the budget is that of the text.
    pub(super) fn end_document(&mut self) {
        self.values.clear();
    }

    /// Keeps a value that is complete; anchor 0 is none.
    pub(super) fn keep(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            let (n_values, n_bytes, depth) = measure(node);
            let value = node.value.clone();
            self.values.insert(anchor, Anchored { value, n_values, n_bytes, depth });
        }
    }

    /// What the alias of an anchor stands for, `depth` levels deep in the document.
    ///
    /// # Errors
    ///
    /// It is not complete yet, nests too deep, or is more than the budget allows.
    pub(super) fn value(&mut self, anchor: usize, depth: usize) -> Result<NodeValue, String> {
        let Some(anchored) = self.values.get(&anchor) else {
            return Err("an alias inside of what it stands for".to_owned());
        };
        self.n_values += anchored.n_values;
        self.n_bytes += anchored.n_bytes;
        if self.n_values > MAX_ALIASED || self.n_bytes > MAX_ALIASED_BYTES {
            return Err(format!(
                "aliases stand for more than {MAX_ALIASED} values or 4 MiB of text"
            ));
        }
        if depth + anchored.depth > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH}"));
        }
        Ok(anchored.value.clone())
    }
}

/// Members of merged objects where there is none of that name; the earlier object goes first
/// (<https://yaml.org/type/merge.html>).
pub(super) fn with_merged(mut members: Vec<Member>, merged: Vec<Node>) -> Vec<Member> {
    for node in merged {
        let NodeValue::Object(more) = node.value else { continue };
        for member in more {
            if members.iter().all(|own| own.name != member.name) {
                members.push(member);
            }
        }
    }
    members
}

pub(super) fn objects_in(node: Node) -> Option<Vec<Node>> {
    match node.value {
        NodeValue::Object(_) => Some(vec![node]),
        NodeValue::Array(items) => {
            items.iter().all(|item| matches!(item.value, NodeValue::Object(_))).then_some(items)
        }
        _ => None,
    }
}

/// How many values, how many bytes of names and texts, and how many levels. Its depth is bounded, as
/// nothing deeper is read.
fn measure(node: &Node) -> (usize, usize, usize) {
    let mut all = (1, 0, 0);
    let mut add = |bytes: usize, node: &Node| {
        let (n_values, n_bytes, depth) = measure(node);
        all = (all.0 + n_values, all.1 + n_bytes + bytes, all.2.max(depth + 1));
    };
    match &node.value {
        NodeValue::Array(items) => items.iter().for_each(|item| add(0, item)),
        NodeValue::Object(members) => {
            members.iter().for_each(|member| add(member.name.len(), &member.value));
        }
        NodeValue::String(text) | NodeValue::Number(text) => all.1 = text.len(),
        NodeValue::Null | NodeValue::Bool(_) => {}
    }
    all
}
