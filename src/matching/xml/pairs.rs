//! Which child is compared with which. Never more than one try each, so that no document takes
//! more than a sort: the first expected element with the first actual one, and so on.

use std::collections::VecDeque;

use crate::{
    codec::xml::{Document, Kind, NodeId},
    model::NamespaceAwareness,
};

/// In which order children are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they stand.
    Document,
    /// By name; those of one name as they stand.
    Name,
    /// By name and then by text.
    NameAndText,
}

/// The expected children with what each is compared with, if anything.
pub fn pairs(
    (expected, of): (&Document, NodeId),
    (actual, with): (&Document, NodeId),
    order: Order,
    awareness: NamespaceAwareness,
) -> Vec<(NodeId, Option<NodeId>)> {
    let left = sorted(expected, of, order, awareness);
    let right = sorted(actual, with, order, awareness);
    let mut elements = VecDeque::new();
    // Texts go with CDATA sections too.
    let mut texts = VecDeque::new();
    let mut instructions = VecDeque::new();
    for node in right {
        match actual.kind(node) {
            Kind::Text | Kind::CData => texts.push_back(node),
            Kind::Instruction => instructions.push_back(node),
            Kind::Comment | Kind::Document | Kind::Element => elements.push_back(node),
        }
    }
    let mut pair = |node: NodeId| match expected.kind(node) {
        Kind::Text | Kind::CData => (node, texts.pop_front()),
        Kind::Instruction => (node, instructions.pop_front()),
        Kind::Comment | Kind::Document | Kind::Element => (node, elements.pop_front()),
    };
    left.into_iter().map(&mut pair).collect()
}

fn sorted(
    document: &Document,
    parent: NodeId,
    order: Order,
    awareness: NamespaceAwareness,
) -> Vec<NodeId> {
    let mut children: Vec<NodeId> = document.children(parent).collect();
    let name = |node: NodeId| match document.kind(node) {
        Kind::Element if awareness == NamespaceAwareness::None => document.name(node).written(),
        Kind::Element => document.name(node).local(),
        _ => "",
    };
    match order {
        Order::Document => {}
        Order::Name => children.sort_by(|&a, &b| name(a).cmp(name(b))),
        Order::NameAndText => children.sort_by(|&a, &b| {
            name(a).cmp(name(b)).then_with(|| document.text(a).cmp(document.text(b)))
        }),
    }
    children
}
