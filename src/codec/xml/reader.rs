//! Builds a document from its parts: interns names, resolves prefixes, joins text.

use std::collections::{HashMap, HashSet};

use super::{
    document::{Attribute, Document, Kind, MAX_NODES, Name, Node},
    error::XmlError,
    scope::{Scope, XML_URI, XMLNS_URI},
};

/// A document in the making.
pub struct Builder<'t> {
    source: &'t str,
    document: Document,
    names: HashMap<&'t str, u32>,
    uris: HashMap<Box<str>, u32>,
    scope: Scope,
    open: Vec<u32>,
}

impl<'t> Builder<'t> {
    /// An empty document that is read from `source`.
    pub fn new(source: &'t str) -> Self {
        let document = Document {
            nodes: Vec::new(),
            attributes: Vec::new(),
            names: vec![Name::new("")],
            uris: vec!["".into()],
            text: String::new(),
            asides: String::new(),
            namespace_error: None,
        };
        let mut builder = Self {
            source,
            document,
            names: HashMap::from([("", 0)]),
            uris: HashMap::from([("".into(), 0)]),
            scope: Scope::default(),
            open: Vec::new(),
        };
        builder.push(Kind::Document, "", 0..0);
        builder.open.push(0);
        for (prefix, uri) in [("xml", XML_URI), ("xmlns", XMLNS_URI)] {
            let uri = builder.uri(uri);
            builder.scope.declare(0, prefix, uri);
        }
        builder
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len() - 1
    }

    /// The name of the innermost open element, as written.
    pub fn open_name(&self) -> &str {
        let node = self.open.last().and_then(|&at| self.document.nodes.get(at as usize));
        let name = node.and_then(|node| self.document.names.get(node.name as usize));
        name.map_or("", Name::written)
    }

    /// Whether nothing more may be added.
    pub fn is_full(&self) -> bool {
        self.document.nodes.len() + self.document.attributes.len() > MAX_NODES
    }

    fn push(&mut self, kind: Kind, name: &'t str, text: std::ops::Range<u32>) {
        let at = self.document.nodes.len() as u32;
        let attributes = self.document.attributes.len() as u32;
        let parent = self.open.last().copied().unwrap_or_default();
        let name = self.name(name);
        let node = Node {
            kind,
            parent,
            end: at + 1,
            name,
            uri: 0,
            default_uri: 0,
            text,
            attributes: attributes..attributes,
        };
        self.document.nodes.push(node);
    }

    fn name(&mut self, written: &'t str) -> u32 {
        let names = &mut self.document.names;
        *self.names.entry(written).or_insert_with(|| {
            names.push(Name::new(written));
            names.len() as u32 - 1
        })
    }

    fn uri(&mut self, uri: &str) -> u32 {
        if let Some(&at) = self.uris.get(uri) {
            return at;
        }
        let at = self.document.uris.len() as u32;
        self.document.uris.push(uri.into());
        self.uris.insert(uri.into(), at);
        at
    }

    fn mistake(&mut self, offset: usize, message: String) {
        if self.document.namespace_error.is_none() {
            self.document.namespace_error = Some(XmlError::at(self.source, offset, message));
        }
    }

    /// Opens the element `name` with `attributes`, whose start tag stands at `offset`.
    pub fn start(&mut self, offset: usize, name: &'t str, attributes: Vec<(&'t str, String)>) {
        let at = self.document.nodes.len() as u32;
        let text = self.document.text.len() as u32;
        self.push(Kind::Element, name, text..text);
        self.open.push(at);
        let depth = self.depth();
        for (written, value) in &attributes {
            let prefix = written.strip_prefix("xmlns:").or((*written == "xmlns").then_some(""));
            if let Some(prefix) = prefix {
                if value.is_empty() && !prefix.is_empty() {
                    self.mistake(offset, format!("`{written}` may not be empty"));
                }
                let uri = self.uri(value);
                self.scope.declare(depth, prefix, uri);
            }
        }
        let uri = self.resolve(offset, name, true);
        let mut seen = HashSet::new();
        for (written, value) in attributes {
            let uri = if written == "xmlns" {
                self.uri(XMLNS_URI)
            } else {
                self.resolve(offset, written, false)
            };
            let local = written.rsplit(':').next().unwrap_or_default();
            if uri != 0 && !seen.insert((uri, local)) {
                self.mistake(offset, format!("the attribute `{written}` is there twice"));
            }
            let name = self.name(written);
            self.document.attributes.push(Attribute { name, uri, value: value.into() });
        }
        let default_uri = self.scope.find("").unwrap_or_default();
        let end = self.document.attributes.len() as u32;
        let Document { nodes, attributes, names, .. } = &mut self.document;
        if let Some(node) = nodes.get_mut(at as usize) {
            (node.uri, node.default_uri, node.attributes.end) = (uri, default_uri, end);
            if let Some(own) = attributes.get_mut(node.attributes.start as usize..) {
                own.sort_by_key(|attribute| names.get(attribute.name as usize).map(Name::written));
            }
        }
    }

    fn resolve(&mut self, offset: usize, written: &str, is_element: bool) -> u32 {
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        if prefix.is_empty() && !written.contains(':') {
            return if is_element { self.scope.find("").unwrap_or_default() } else { 0 };
        }
        if prefix.is_empty() || local.is_empty() || local.contains(':') {
            self.mistake(offset, format!("`{written}` has a colon that ends no prefix"));
            return 0;
        }
        if let Some(uri) = self.scope.find(prefix) {
            return uri;
        }
        self.mistake(
            offset,
            format!("the prefix of `{written}` is not declared; add `xmlns:{prefix}=\"...\"`"),
        );
        0
    }

    /// Closes the innermost open element.
    pub fn end(&mut self) {
        self.scope.close(self.depth().max(1));
        if let Some(at) = self.open.pop() {
            self.finish(at);
        }
    }

    fn finish(&mut self, at: u32) {
        let (nodes, text) = (self.document.nodes.len() as u32, self.document.text.len() as u32);
        if let Some(node) = self.document.nodes.get_mut(at as usize) {
            (node.end, node.text.end) = (nodes, text);
        }
    }

    /// Adds character data; it joins text that stands right before it.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let from = self.document.text.len() as u32;
        self.document.text.push_str(text);
        let to = self.document.text.len() as u32;
        let parent = self.open.last().copied().unwrap_or_default();
        match self.document.nodes.last_mut() {
            Some(last) if last.kind == Kind::Text && last.parent == parent => last.text.end = to,
            _ => self.push(Kind::Text, "", from..to),
        }
    }

    /// Adds a CDATA section.
    pub fn cdata(&mut self, text: &str) {
        let from = self.document.text.len() as u32;
        self.document.text.push_str(text);
        let to = self.document.text.len() as u32;
        self.push(Kind::CData, "", from..to);
    }

    /// Adds a comment (no target) or an instruction.
    pub fn aside(&mut self, target: Option<&'t str>, text: &str) {
        let kind = if target.is_some() { Kind::Instruction } else { Kind::Comment };
        let from = self.document.asides.len() as u32;
        self.document.asides.push_str(text);
        let to = self.document.asides.len() as u32;
        self.push(kind, target.unwrap_or_default(), from..to);
    }

    /// The document.
    pub fn build(mut self) -> Document {
        while let Some(at) = self.open.pop() {
            self.finish(at);
        }
        self.document
    }
}
