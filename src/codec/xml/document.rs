//! An XML document in memory: nodes in document order in one list, so that a subtree is a range.
//!
//! No node owns another: walking, comparing and dropping need no recursion, however deep the
//! document is. All character data lies in one text in document order, and the string value of an
//! element (XPath 1.0 §5.2) is a slice of it.

use std::ops::Range;

use super::error::XmlError;

/// Elements may be nested so deep.
pub const MAX_DEPTH: usize = 1_000;
/// Nodes and attributes that a document may have.
pub const MAX_NODES: usize = 500_000;
/// Attributes that an element may have; the limit of the JDK's reader.
pub const MAX_ATTRIBUTES: usize = 10_000;
/// Bytes of text that are read as XML.
pub const MAX_BYTES: usize = 32 << 20;

/// A node: its place in document order, the document itself being 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The document.
    Document,
    /// An element.
    Element,
    /// Character data.
    Text,
    /// A CDATA section.
    CData,
    /// A comment.
    Comment,
    /// A processing instruction; its target is its name.
    Instruction,
}

/// A name as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    written: Box<str>,
    /// Bytes before the first colon; `None` without a prefix.
    prefix: Option<usize>,
}

impl Name {
    pub(super) fn new(written: &str) -> Self {
        let prefix = written.find(':').filter(|&at| at > 0 && at + 1 < written.len());
        Self { written: written.into(), prefix }
    }

    /// `p:name`
    pub fn written(&self) -> &str {
        &self.written
    }

    /// `p`; empty without a prefix.
    pub fn prefix(&self) -> &str {
        self.prefix.and_then(|at| self.written.get(..at)).unwrap_or_default()
    }

    /// `name`
    pub fn local(&self) -> &str {
        self.prefix.and_then(|at| self.written.get(at + 1..)).unwrap_or(&self.written)
    }
}

/// An attribute, or a namespace declaration (`xmlns`, `xmlns:p`), which is written as one.
#[derive(Clone, Debug)]
pub struct Attribute {
    pub(super) name: u32,
    /// In `Document::uris`.
    pub(super) uri: u32,
    /// Normalized (XML 1.0 §3.3.3).
    pub value: Box<str>,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) parent: u32,
    /// The first node after this one's subtree.
    pub(super) end: u32,
    pub(super) name: u32,
    /// In `Document::uris`: the namespace, 0 for none.
    pub(super) uri: u32,
    /// The default namespace that is in scope here.
    pub(super) default_uri: u32,
    /// Comments and instructions lie in `Document::asides`, all other text in `Document::text`.
    pub(super) text: Range<u32>,
    pub(super) attributes: Range<u32>,
}

/// A document that has been read.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) names: Vec<Name>,
    pub(super) uris: Vec<Box<str>>,
    pub(super) text: String,
    pub(super) asides: String,
    /// Why the document is none for a reader that knows namespaces.
    pub(super) namespace_error: Option<XmlError>,
}

impl Document {
    /// The document node.
    pub const ROOT: NodeId = NodeId(0);

    /// Whether every prefix is declared, as readers that know namespaces want it.
    ///
    /// # Errors
    ///
    /// The first name whose prefix is not declared, or that an element has twice.
    pub fn check_namespaces(&self) -> Result<(), XmlError> {
        self.namespace_error.clone().map_or(Ok(()), Err)
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// What `id` is.
    pub fn kind(&self, id: NodeId) -> Kind {
        self.node(id).map_or(Kind::Document, |node| node.kind)
    }

    /// The name of an element, or the target of an instruction; else an empty name.
    pub fn name(&self, id: NodeId) -> &Name {
        static EMPTY: std::sync::LazyLock<Name> = std::sync::LazyLock::new(|| Name::new(""));
        self.node(id).and_then(|node| self.names.get(node.name as usize)).unwrap_or(&EMPTY)
    }

    /// The namespace of an element; empty for none.
    pub fn namespace(&self, id: NodeId) -> &str {
        self.node(id).map_or("", |node| self.uri(node.uri))
    }

    /// The default namespace that is in scope at an element; empty for none.
    pub fn default_namespace(&self, id: NodeId) -> &str {
        self.node(id).map_or("", |node| self.uri(node.default_uri))
    }

    /// The attributes of an element with its namespace declarations, sorted by name as written:
    /// the order in which Java's DOM holds them.
    pub fn attributes(&self, id: NodeId) -> &[Attribute] {
        self.node(id)
            .and_then(|node| {
                self.attributes.get(node.attributes.start as usize..node.attributes.end as usize)
            })
            .unwrap_or_default()
    }

    /// The name of an attribute.
    pub fn attribute_name(&self, attribute: &Attribute) -> &Name {
        self.names.get(attribute.name as usize).unwrap_or_else(|| self.name(Self::ROOT))
    }

    /// The namespace of an attribute; empty for none.
    pub fn attribute_namespace(&self, attribute: &Attribute) -> &str {
        self.uri(attribute.uri)
    }

    /// Whether it is `xmlns` or `xmlns:p`.
    pub fn is_declaration(&self, attribute: &Attribute) -> bool {
        let name = self.attribute_name(attribute);
        name.written() == "xmlns" || name.prefix() == "xmlns"
    }

    /// The value of the attribute that is written `name`.
    pub fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        self.attributes(id)
            .iter()
            .find(|&attribute| self.attribute_name(attribute).written() == name)
            .map(|attribute| &*attribute.value)
    }

    /// The string value (XPath 1.0 §5): all character data in it, the content of a comment, the
    /// data of an instruction.
    pub fn text(&self, id: NodeId) -> &str {
        let Some(node) = self.node(id) else { return "" };
        let from = match node.kind {
            Kind::Comment | Kind::Instruction => &self.asides,
            Kind::Document | Kind::Element | Kind::Text | Kind::CData => &self.text,
        };
        from.get(node.text.start as usize..node.text.end as usize).unwrap_or_default()
    }

    /// The node that `id` is a child of.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id != Self::ROOT).then(|| self.node(id).map(|node| NodeId(node.parent))).flatten()
    }

    /// The children, in document order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = self.end(id).0;
        let first = NodeId(id.0 + 1);
        std::iter::successors((first.0 < end).then_some(first), move |&at| {
            let next = self.end(at);
            (next.0 < end).then_some(next)
        })
    }

    /// The first node after the subtree of `id`; all between are its descendants.
    pub fn end(&self, id: NodeId) -> NodeId {
        NodeId(self.node(id).map_or(id.0 + 1, |node| node.end.max(id.0 + 1)))
    }

    /// How many nodes there are, the document among them.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn uri(&self, at: u32) -> &str {
        self.uris.get(at as usize).map_or("", |uri| uri)
    }
}
