//! A difference between documents in words, with a path that leads to it.

use super::compare::Outcome;
use crate::{
    codec::xml::{Document, Kind, NodeId},
    model::XmlComparison,
};

/// Characters of a value that are shown.
const MAX_SHOWN: usize = 80;
/// Elements of a path that are shown.
const MAX_STEPS: usize = 20;

/// `outcome` for a person; `document` is the expected one.
pub fn describe(document: &Document, outcome: &Outcome<'_>) -> String {
    let place = place(document, outcome.node);
    let name = outcome.name;
    let expected = cut(outcome.expected);
    let actual =
        outcome.actual.map_or_else(|| "nothing".to_owned(), |text| format!("`{}`", cut(text)));
    let words = match outcome.kind {
        XmlComparison::AttrName => return format!("{place}/@{name} is missing"),
        XmlComparison::AttrValue
        | XmlComparison::SchemaLocation
        | XmlComparison::NoNamespaceSchemaLocation => {
            return format!("{place}/@{name} should be `{expected}` but is {actual}");
        }
        XmlComparison::ChildLookup => return format!("{place} is missing: `{expected}`"),
        XmlComparison::ChildNodelistLength => "number of children",
        XmlComparison::ElementNumAttributes => "number of attributes",
        XmlComparison::ElementTagName => "name",
        XmlComparison::NamespaceUri => "namespace",
        XmlComparison::NodeType => "kind",
        XmlComparison::ProcessingInstructionData => "data",
        XmlComparison::ProcessingInstructionTarget => "target",
        _ => "text",
    };
    format!("{place}: the {words} should be `{expected}` but is {actual}")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `/order/item[2]/text()`
fn place(document: &Document, node: NodeId) -> String {
    let ancestors = std::iter::successors(Some(node), |&at| document.parent(at));
    let mut steps: Vec<String> = ancestors
        .take(MAX_STEPS)
        .filter(|&at| at != Document::ROOT)
        .map(|at| step(document, at))
        .collect();
    steps.reverse();
    format!("/{}", steps.join("/"))
}

/// `item[2]`; the number only where there are more of that name.
fn step(document: &Document, node: NodeId) -> String {
    let name = |node: NodeId| match document.kind(node) {
        Kind::Text | Kind::CData => "text()",
        Kind::Instruction => "processing-instruction()",
        Kind::Comment | Kind::Document | Kind::Element => document.name(node).written(),
    };
    let own = name(node);
    let alike = document.parent(node).map_or_else(Vec::new, |parent| {
        document.children(parent).filter(|&sibling| name(sibling) == own).collect()
    });
    let at = alike.iter().position(|&sibling| sibling == node).unwrap_or_default() + 1;
    if alike.len() > 1 { format!("{own}[{at}]") } else { own.to_owned() }
}
