//! The axes of XPath 1.0 (§2.2), but `namespace`: where a step looks, seen from a node.

use super::document::{Document, Kind, NodeId};

/// A node or an attribute of a document. The order is that of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    /// The node, or the element that has the attribute.
    pub node: NodeId,
    /// 0 for the node itself, else the attribute's place, from 1.
    pub attribute: u32,
}

impl Item {
    /// A node.
    pub const fn node(node: NodeId) -> Self {
        Self { node, attribute: 0 }
    }
}

/// Where a step looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in the specification")]
pub enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Parent,
    Preceding,
    PrecedingSibling,
    SelfNode,
}

impl Axis {
    /// The axis that an expression calls `name`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ancestor" => Self::Ancestor,
            "ancestor-or-self" => Self::AncestorOrSelf,
            "attribute" => Self::Attribute,
            "child" => Self::Child,
            "descendant" => Self::Descendant,
            "descendant-or-self" => Self::DescendantOrSelf,
            "following" => Self::Following,
            "following-sibling" => Self::FollowingSibling,
            "parent" => Self::Parent,
            "preceding" => Self::Preceding,
            "preceding-sibling" => Self::PrecedingSibling,
            "self" => Self::SelfNode,
            _ => return None,
        })
    }

    /// What lies there, seen from `from`; nearest first.
    pub fn items<'d>(
        self,
        document: &'d Document,
        from: Item,
    ) -> Box<dyn Iterator<Item = Item> + 'd> {
        let Item { node, attribute } = from;
        let end = document.end(node).0;
        let is_node = attribute == 0;
        let parent = if is_node { document.parent(node) } else { Some(node) };
        let itself = std::iter::once(from);
        let up = std::iter::successors(parent, |&at| document.parent(at)).map(Item::node);
        let between = |from: u32, to: u32| (from..to).map(|at| Item::node(NodeId(at)));
        match self {
            Self::Ancestor => Box::new(up),
            Self::AncestorOrSelf => Box::new(itself.chain(up)),
            Self::Attribute if is_node => {
                let all = document.attributes(node).iter().zip(1..);
                Box::new(
                    all.filter(|&(attribute, _)| !document.is_declaration(attribute))
                        .map(move |(_, attribute)| Item { node, attribute }),
                )
            }
            Self::Child if is_node => Box::new(document.children(node).map(Item::node)),
            Self::Descendant if is_node => Box::new(between(node.0 + 1, end)),
            Self::DescendantOrSelf if is_node => Box::new(between(node.0, end)),
            Self::DescendantOrSelf | Self::SelfNode => Box::new(itself),
            Self::Following => {
                let start = if is_node { end } else { node.0 + 1 };
                Box::new(between(start, document.n_nodes() as u32))
            }
            Self::FollowingSibling if is_node => Box::new(
                std::iter::successors(Some(node), move |&at| {
                    let last = parent.map_or(0, |parent| document.end(parent).0);
                    let next = document.end(at);
                    (next.0 < last).then_some(next)
                })
                .skip(1)
                .map(Item::node),
            ),
            Self::Parent => Box::new(up.take(1)),
            Self::Preceding => Box::new(
                between(1, node.0).rev().filter(move |item| document.end(item.node) <= node),
            ),
            Self::PrecedingSibling if is_node => {
                let mut before: Vec<NodeId> = parent.map_or_else(Vec::new, |parent| {
                    document.children(parent).take_while(|&sibling| sibling < node).collect()
                });
                before.reverse();
                Box::new(before.into_iter().map(Item::node))
            }
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Whether what it finds from an outer node has all that it finds from an inner one.
    pub const fn is_nested(self) -> bool {
        matches!(self, Self::Descendant | Self::DescendantOrSelf)
    }
}

/// The string value of `item` (XPath 1.0 §5).
pub fn text(document: &Document, item: Item) -> &str {
    if item.attribute == 0 {
        return document.text(item.node);
    }
    let attributes = document.attributes(item.node);
    attributes.get(item.attribute as usize - 1).map_or("", |attribute| &attribute.value)
}

/// Whether `item` is text that stands right after text: XPath sees one text node there.
pub fn is_rest_of_text(document: &Document, item: Item) -> bool {
    let is_text = |node: NodeId| matches!(document.kind(node), Kind::Text | Kind::CData);
    let before = NodeId(item.node.0.saturating_sub(1));
    item.attribute == 0
        && is_text(item.node)
        && is_text(before)
        && document.parent(before) == document.parent(item.node)
}

/// Whether the text that begins at `node` has no part outside of CDATA sections.
pub fn is_all_cdata(document: &Document, node: NodeId) -> bool {
    let parent = document.parent(node);
    let run = (node.0..document.n_nodes() as u32)
        .map(NodeId)
        .take_while(|&at| document.parent(at) == parent)
        .map(|at| document.kind(at))
        .find(|kind| *kind != Kind::CData);
    run != Some(Kind::Text)
}
