//! An XPath 1.0 expression, compiled, and what it finds: as WireMock shows it to an inner matcher
//! or a template.

use super::{
    axis::{Item, text},
    document::{Document, Kind},
    error::XmlError,
    evaluate::{Context, Evaluator, MAX_WORK, name},
    expression::Expression,
    function::Type,
    grammar, never, number, printer,
    value::Value,
};

/// Bytes that all results of an expression may have together when they are written.
const MAX_SHOWN: usize = 16 << 20;

/// A compiled XPath 1.0 expression.
///
/// Without namespaces, names are compared as the reference server does it then: by what follows
/// the prefix, whatever namespace the document declares, and a name with a prefix finds nothing.
/// With namespaces, a document must declare its prefixes, and names are compared with their
/// namespaces.
#[derive(Clone, Debug)]
pub struct XPath {
    source: String,
    expression: Expression,
    is_aware: bool,
}

/// What an expression finds.
#[derive(Clone, Debug)]
pub enum XPathResult<'d> {
    /// `true()`
    Bool(bool),
    /// In document order; perhaps none.
    Nodes(Vec<XPathNode<'d>>),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// A node or an attribute that an expression finds.
#[derive(Clone, Copy, Debug)]
pub struct XPathNode<'d> {
    document: &'d Document,
    item: Item,
    is_aware: bool,
}

impl XPath {
    /// Compiles `expression`. `namespaces` are prefixes and what they stand for; none at all is
    /// another way to compare names.
    ///
    /// # Errors
    ///
    /// It is no XPath 1.0 expression, it has a prefix that `namespaces` lack while they are not
    /// empty, or it has a variable or the namespace axis, which are not supported.
    pub fn compile(expression: &str, namespaces: &[(String, String)]) -> Result<Self, XmlError> {
        Ok(Self {
            source: expression.to_owned(),
            expression: grammar::parse(expression, namespaces)?,
            is_aware: !namespaces.is_empty(),
        })
    }

    /// The expression as given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it finds in `document`.
    ///
    /// # Errors
    ///
    /// It takes more than [`MAX_WORK`] steps, or it was compiled with namespaces and a prefix of
    /// `document` is not declared.
    pub fn evaluate<'d>(&self, document: &'d Document) -> Result<XPathResult<'d>, XmlError> {
        if self.is_aware {
            document.check_namespaces()?;
        }
        let context = Context { item: Item::node(Document::ROOT), position: 1, size: 1 };
        let mut evaluator = Evaluator::new(document, self.is_aware);
        let Ok(value) = evaluator.value(&self.expression, context) else {
            let message = format!("looking for it takes more than {MAX_WORK} steps");
            return Err(XmlError::at(&self.source, 0, message));
        };
        let is_aware = self.is_aware;
        Ok(match value {
            Value::Bool(value) => XPathResult::Bool(value),
            Value::Number(value) => XPathResult::Number(value),
            Value::Text(value) => XPathResult::Text(value),
            Value::Nodes(items) => XPathResult::Nodes(
                items.into_iter().map(|item| XPathNode { document, item, is_aware }).collect(),
            ),
        })
    }

    /// Why it finds nothing, whatever the document; `None` if it may find something.
    pub fn never_matches(&self) -> Option<String> {
        never::finds_nothing(&self.expression)
    }

    /// Why it is satisfied by any document at all: it comes to a text, a number or a truth value,
    /// and those count as found even when they are empty, 0 or `false`.
    pub fn always_matches(&self) -> Option<String> {
        let what = match self.expression.kind() {
            Type::Nodes => return None,
            Type::Bool => "a truth value, and `false` counts as found too",
            Type::Number => "a number, and any number counts as found",
            Type::Text => "a text, and an empty one counts as found too",
        };
        Some(format!("`{}` comes to {what}; put it in a predicate, as `/*[...]`", self.source))
    }
}

impl XPathResult<'_> {
    /// Whether nothing was found. Truth values, numbers and texts are always found, as in the
    /// reference server: `false()` too.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Nodes(nodes) if nodes.is_empty())
    }

    /// What an inner matcher or a template sees, one text a find: an element or the document as
    /// indented XML, an attribute or a text as its text, a number as `1,234.5`.
    ///
    /// # Errors
    ///
    /// All together would be more than 16 MiB.
    pub fn shown(&self) -> Result<Vec<String>, XmlError> {
        match self {
            Self::Bool(value) => Ok(vec![value.to_string()]),
            Self::Number(value) => Ok(vec![number::display(*value)]),
            Self::Text(value) => Ok(vec![value.clone()]),
            Self::Nodes(nodes) => {
                let mut all = Vec::with_capacity(nodes.len());
                let mut n_bytes = 0;
                for node in nodes {
                    let shown = node.shown()?;
                    n_bytes += shown.len();
                    if n_bytes > MAX_SHOWN {
                        let message = format!("the nodes found are more than {MAX_SHOWN} bytes");
                        return Err(XmlError::at("", 0, message));
                    }
                    all.push(shown);
                }
                Ok(all)
            }
        }
    }
}

impl<'d> XPathNode<'d> {
    /// Its name as written (`p:name`), an instruction's target, `#text`, `#cdata-section`,
    /// `#comment` or `#document`.
    pub fn name(&self) -> &'d str {
        match self.document.kind(self.item.node) {
            Kind::Element | Kind::Instruction => name(self.document, self.item).written(),
            Kind::Text => "#text",
            Kind::CData => "#cdata-section",
            Kind::Comment => "#comment",
            Kind::Document => "#document",
        }
    }

    /// Its text, that of its descendants in it.
    pub fn text(&self) -> &'d str {
        text(self.document, self.item)
    }

    /// Name as written → value, of an element; namespace declarations are among them.
    pub fn attributes(&self) -> Vec<(&'d str, &'d str)> {
        if self.item.attribute > 0 {
            return Vec::new();
        }
        let document = self.document;
        let all = document.attributes(self.item.node).iter();
        all.map(|found| (document.attribute_name(found).written(), &*found.value)).collect()
    }

    /// What an inner matcher or a template sees: XML of an element or the document, else text.
    /// Comments and the like are shown as Java's DOM names them.
    ///
    /// # Errors
    ///
    /// The XML would be more than 32 MiB.
    pub fn shown(&self) -> Result<String, XmlError> {
        let text = self.text();
        if self.item.attribute > 0 {
            return Ok(text.to_owned());
        }
        Ok(match self.document.kind(self.item.node) {
            Kind::Text => text.to_owned(),
            Kind::CData | Kind::Comment | Kind::Instruction => format!("[{}: {text}]", self.name()),
            Kind::Document | Kind::Element => {
                printer::element(self.document, self.item.node, self.is_aware)?
            }
        })
    }
}
