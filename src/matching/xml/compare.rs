//! Compares two documents as XMLUnit's `DOMDifferenceEngine` does, one comparison after the other,
//! with a stack of its own instead of recursion.

use std::ops::ControlFlow;

use super::{
    attributes::{Attributes, qualified},
    pairs::{Order, pairs},
    placeholder::{Misused, Placeholders},
};
use crate::{
    codec::xml::{Document, Kind, NodeId},
    model::{NamespaceAwareness, XmlComparison},
};

/// One thing that was compared and that counts.
#[derive(Debug)]
pub struct Outcome<'c> {
    /// What was compared.
    pub kind: XmlComparison,
    /// Whether it is the same.
    pub is_equal: bool,
    /// The expected node.
    pub node: NodeId,
    /// What it is at the node, where that is not clear: the name of an attribute.
    pub name: &'c str,
    /// What was expected, as text.
    pub expected: &'c str,
    /// What is there, if anything.
    pub actual: Option<&'c str>,
}

/// Two documents, both stripped, and how to compare them.
#[derive(Debug)]
pub struct Comparer<'c> {
    /// What is expected.
    pub expected: &'c Document,
    /// What is there.
    pub actual: &'c Document,
    /// How namespaces count.
    pub awareness: NamespaceAwareness,
    /// Differences that do not count.
    pub exempted: &'c [XmlComparison],
    /// Texts of `expected` that stand for others.
    pub placeholders: Option<&'c Placeholders>,
    /// In which order children are compared.
    pub order: Order,
}

/// Why comparing stops early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The listener has heard enough.
    Enough,
    /// A placeholder cannot be understood.
    Misused,
}

impl From<Misused> for Stop {
    fn from(_: Misused) -> Self {
        Self::Misused
    }
}

type Listener<'l> = &'l mut dyn FnMut(&Outcome<'_>) -> ControlFlow<()>;

enum Task {
    Pair(NodeId, NodeId),
    Unmatched(NodeId),
}

impl<'c> Comparer<'c> {
    /// Tells `listener` each comparison that counts.
    ///
    /// # Errors
    ///
    /// The listener broke off, or a placeholder is not one.
    pub fn run(&self, listener: Listener<'_>) -> Result<(), Stop> {
        let mut tasks = vec![Task::Pair(Document::ROOT, Document::ROOT)];
        while let Some(task) = tasks.pop() {
            let (expected, actual) = match task {
                Task::Pair(expected, actual) => (expected, actual),
                Task::Unmatched(node) => {
                    let shown = self.shown(node);
                    let is_equal = self.stands_for_nothing(node)?;
                    let at = At { kind: XmlComparison::ChildLookup, node, name: "" };
                    self.tell(listener, at, &shown, None, is_equal)?;
                    continue;
                }
            };
            self.nodes(expected, actual, listener)?;
            let (left, right) = ((self.expected, expected), (self.actual, actual));
            let children = pairs(left, right, self.order, self.awareness);
            let unmatched = children.iter().rev().filter(|pair| pair.1.is_none());
            tasks.extend(unmatched.map(|pair| Task::Unmatched(pair.0)));
            let matched = children.iter().rev().filter_map(|pair| Some((pair.0, pair.1?)));
            tasks.extend(matched.map(|(left, right)| Task::Pair(left, right)));
        }
        Ok(())
    }

    fn tell(
        &self,
        listener: Listener<'_>,
        at: At<'_>,
        expected: &str,
        actual: Option<&str>,
        is_equal: bool,
    ) -> Result<(), Stop> {
        let At { kind, node, name } = at;
        if self.exempted.contains(&kind) {
            return Ok(());
        }
        match listener(&Outcome { kind, is_equal, node, name, expected, actual }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Stop::Enough),
        }
    }

    /// Whether `actual` satisfies the placeholder that `expected` is; `false` when it is none.
    fn is_placeheld(&self, expected: &str, actual: Option<&str>) -> Result<bool, Stop> {
        let Some(placeholders) = self.placeholders else { return Ok(false) };
        Ok(placeholders.holds(expected, actual)?.unwrap_or(false))
    }

    /// Whether a text that is expected may be missing.
    fn stands_for_nothing(&self, node: NodeId) -> Result<bool, Stop> {
        let is_text = matches!(self.expected.kind(node), Kind::Text | Kind::CData);
        Ok(is_text && self.is_placeheld(self.expected.text(node), None)?)
    }

    fn shown(&self, node: NodeId) -> String {
        match self.expected.kind(node) {
            Kind::Text | Kind::CData => self.expected.text(node).to_owned(),
            _ => format!("<{}>", self.expected.name(node).written()),
        }
    }

    fn nodes(&self, left: NodeId, right: NodeId, listener: Listener<'_>) -> Result<(), Stop> {
        let (expected, actual) = (self.expected, self.actual);
        let (kind, other) = (expected.kind(left), actual.kind(right));
        let at = |kind: XmlComparison| At { kind, node: left, name: "" };
        let mut is_same = kind == other;
        let is_text = |kind: Kind| matches!(kind, Kind::Text | Kind::CData);
        if !is_same && is_text(kind) && is_text(other) {
            is_same = self.is_placeheld(expected.text(left), Some(actual.text(right)))?;
        }
        self.tell(listener, at(XmlComparison::NodeType), what(kind), Some(what(other)), is_same)?;
        let uri = self.namespace(expected, left);
        if !uri.is_empty() {
            let other = self.namespace(actual, right);
            self.tell(listener, at(XmlComparison::NamespaceUri), uri, Some(other), uri == other)?;
        }
        self.child_count(left, right, listener)?;
        match kind {
            Kind::Element if other == Kind::Element => self.elements(left, right, listener),
            Kind::Text | Kind::CData => {
                let (text, other) = (expected.text(left), actual.text(right));
                let is_same = text == other || self.is_placeheld(text, Some(other))?;
                self.tell(listener, at(XmlComparison::TextValue), text, Some(other), is_same)
            }
            Kind::Instruction => {
                let (name, other) = (expected.name(left).written(), actual.name(right).written());
                let target = at(XmlComparison::ProcessingInstructionTarget);
                self.tell(listener, target, name, Some(other), name == other)?;
                let (data, other) = (expected.text(left), actual.text(right));
                let place = at(XmlComparison::ProcessingInstructionData);
                self.tell(listener, place, data, Some(other), data == other)
            }
            _ => Ok(()),
        }
    }

    fn namespace(&self, document: &'c Document, node: NodeId) -> &'c str {
        match self.awareness {
            _ if document.kind(node) != Kind::Element => "",
            NamespaceAwareness::Strict => document.namespace(node),
            // A prefix is dropped with its namespace, and what is left is in the default one.
            NamespaceAwareness::Legacy => document.default_namespace(node),
            NamespaceAwareness::None => "",
        }
    }

    fn child_count(&self, left: NodeId, right: NodeId, listener: Listener<'_>) -> Result<(), Stop> {
        let count = self.expected.children(left).count();
        let other = self.actual.children(right).count();
        let mut is_same = count == other;
        if let (1, 0, Some(only)) = (count, other, self.expected.children(left).next()) {
            is_same = self.stands_for_nothing(only)?;
        }
        let at = At { kind: XmlComparison::ChildNodelistLength, node: left, name: "" };
        self.tell(listener, at, &count.to_string(), Some(&other.to_string()), is_same)
    }

    fn name(&self, document: &'c Document, node: NodeId) -> &'c str {
        let name = document.name(node);
        if self.awareness == NamespaceAwareness::None { name.written() } else { name.local() }
    }

    fn elements(&self, left: NodeId, right: NodeId, listener: Listener<'_>) -> Result<(), Stop> {
        let at = |kind: XmlComparison, name| At { kind, node: left, name };
        let (name, other) = (self.name(self.expected, left), self.name(self.actual, right));
        let tag = at(XmlComparison::ElementTagName, "");
        self.tell(listener, tag, name, Some(other), name == other)?;
        let expected = Attributes::of(self.expected, left, self.awareness);
        let actual = Attributes::of(self.actual, right, self.awareness);
        let (count, other) = (expected.plain.len(), actual.plain.len());
        let is_same = count == other || self.may_lack(&expected, &actual)?;
        let size = at(XmlComparison::ElementNumAttributes, "");
        self.tell(listener, size, &count.to_string(), Some(&other.to_string()), is_same)?;
        if let Some(name) = expected.kind {
            let lookup = at(XmlComparison::AttrName, "xsi:type");
            self.tell(listener, lookup, "", None, actual.kind.is_some())?;
            if let Some(other) = actual.kind {
                let names =
                    (qualified(self.expected, left, name), qualified(self.actual, right, other));
                let is_same = names.0 == names.1 || self.is_placeheld(name, Some(other))?;
                let value = at(XmlComparison::AttrValue, "xsi:type");
                self.tell(listener, value, name, Some(other), is_same)?;
            }
        }
        if let (Some(value), other) = (expected.schema, actual.schema) {
            let place = at(XmlComparison::SchemaLocation, "xsi:schemaLocation");
            self.tell(listener, place, value, other, Some(value) == other)?;
        }
        if let (Some(value), other) = (expected.no_namespace_schema, actual.no_namespace_schema) {
            let name = "xsi:noNamespaceSchemaLocation";
            let place = at(XmlComparison::NoNamespaceSchemaLocation, name);
            self.tell(listener, place, value, other, Some(value) == other)?;
        }
        let others = actual.by_key();
        for &((uri, name), value) in &expected.plain {
            let other = others.get(&(uri, name)).copied();
            let is_there = other.is_some() || self.is_placeheld(value, None)?;
            self.tell(listener, at(XmlComparison::AttrName, name), value, other, is_there)?;
            let Some(other) = other else { continue };
            self.tell(listener, at(XmlComparison::NodeType, name), value, Some(other), true)?;
            if !uri.is_empty() {
                self.tell(listener, at(XmlComparison::NamespaceUri, name), uri, Some(uri), true)?;
            }
            let is_same = value == other || self.is_placeheld(value, Some(other))?;
            self.tell(listener, at(XmlComparison::AttrValue, name), value, Some(other), is_same)?;
        }
        Ok(())
    }

    /// Whether all attributes that are missing may be, and none is there that was not expected.
    fn may_lack(&self, expected: &Attributes<'_>, actual: &Attributes<'_>) -> Result<bool, Stop> {
        if self.placeholders.is_none() {
            return Ok(false);
        }
        let others = actual.by_key();
        let mut n_found = 0;
        for (key, value) in &expected.plain {
            if others.contains_key(key) {
                n_found += 1;
            } else if !self.is_placeheld(value, None)? {
                return Ok(false);
            }
        }
        Ok(n_found == actual.plain.len())
    }
}

/// What is compared, and where.
#[derive(Clone, Copy)]
struct At<'c> {
    kind: XmlComparison,
    node: NodeId,
    name: &'c str,
}

const fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Document => "document",
        Kind::Element => "element",
        Kind::Text => "text",
        Kind::CData => "CDATA section",
        Kind::Comment => "comment",
        Kind::Instruction => "processing instruction",
    }
}
