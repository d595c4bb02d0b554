//! Which namespace each prefix stands for while a document is read (Namespaces in XML 1.0 §6).

use std::collections::HashMap;

/// The namespace of the prefix `xml`.
pub const XML_URI: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of `xmlns` and of all names with that prefix.
pub const XMLNS_URI: &str = "http://www.w3.org/2000/xmlns/";

/// The declarations that are in scope, innermost last.
#[derive(Debug, Default)]
pub struct Scope {
    /// Prefix → namespaces, by how deep their elements are.
    declared: HashMap<Box<str>, Vec<(usize, u32)>>,
    /// Depth → prefixes that the open element of that depth declares.
    opened: Vec<(usize, Box<str>)>,
}

impl Scope {
    /// Declares `prefix`, empty for the default namespace, at an element of `depth`.
    pub fn declare(&mut self, depth: usize, prefix: &str, uri: u32) {
        self.declared.entry(prefix.into()).or_default().push((depth, uri));
        self.opened.push((depth, prefix.into()));
    }

    /// Forgets what an element of `depth` declared.
    pub fn close(&mut self, depth: usize) {
        while let Some((_, prefix)) = self.opened.pop_if(|(at, _)| *at >= depth) {
            if let Some(uris) = self.declared.get_mut(&prefix) {
                uris.pop();
            }
        }
    }

    /// What `prefix` stands for; `None` when it is not declared.
    pub fn find(&self, prefix: &str) -> Option<u32> {
        self.declared.get(prefix)?.last().map(|&(_, uri)| uri)
    }
}
