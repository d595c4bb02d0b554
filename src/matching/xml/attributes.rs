//! The attributes of an element as a comparison takes them: by what name, and which apart.

use std::collections::HashMap;

use crate::{
    codec::xml::{Attribute, Document, NodeId},
    model::NamespaceAwareness,
};

/// The namespace of XML Schema's own attributes.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The attributes of an element. Namespace declarations are none, but where names count as written.
#[derive(Debug, Default)]
pub struct Attributes<'d> {
    /// Namespace and name → value, for the comparison of each.
    pub plain: Vec<(Key<'d>, &'d str)>,
    /// `xsi:type`, whose value is a name itself.
    pub kind: Option<&'d str>,
    /// `xsi:schemaLocation`
    pub schema: Option<&'d str>,
    /// `xsi:noNamespaceSchemaLocation`
    pub no_namespace_schema: Option<&'d str>,
}

/// Namespace and name.
pub type Key<'d> = (&'d str, &'d str);

impl<'d> Attributes<'d> {
    /// Those of `node`.
    pub fn of(document: &'d Document, node: NodeId, awareness: NamespaceAwareness) -> Self {
        let mut found = Self::default();
        for attribute in document.attributes(node) {
            let value = &*attribute.value;
            let is_declaration = document.is_declaration(attribute);
            if is_declaration && awareness != NamespaceAwareness::None {
                continue;
            }
            let key = key(document, attribute, awareness);
            match key {
                (XSI, "type") => found.kind = Some(value),
                (XSI, "schemaLocation") => found.schema = Some(value),
                (XSI, "noNamespaceSchemaLocation") => found.no_namespace_schema = Some(value),
                _ => found.plain.push((key, value)),
            }
        }
        found
    }

    /// By name.
    pub fn by_key(&self) -> HashMap<Key<'d>, &'d str> {
        self.plain.iter().copied().collect()
    }
}

fn key<'d>(
    document: &'d Document,
    attribute: &'d Attribute,
    awareness: NamespaceAwareness,
) -> Key<'d> {
    let name = document.attribute_name(attribute);
    if awareness == NamespaceAwareness::Strict {
        (document.attribute_namespace(attribute), name.local())
    } else {
        ("", name.written())
    }
}

/// The namespace and name that the text `name`, at `node`, stands for.
pub fn qualified<'d>(document: &'d Document, node: NodeId, name: &'d str) -> Key<'d> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    if prefix.is_empty() {
        return (document.default_namespace(node), local);
    }
    let declaration = format!("xmlns:{prefix}");
    let uri = std::iter::successors(Some(node), |&at| document.parent(at))
        .find_map(|at| document.attribute(at, &declaration));
    (uri.unwrap_or_default(), local)
}
