//! XML text of a document or a part of it, as the JDK's serializer writes it: that is what a
//! WireMock template prints and what an inner matcher sees.

use super::{
    document::{Attribute, Document, Kind, NodeId},
    error::XmlError,
    scope::Scope,
};

/// Bytes of text that are written at most: indentation grows with depth times length.
const MAX_BYTES: usize = 32 << 20;

/// The document with two spaces a level and a line feed at its end; text without content is left
/// out. As `{{formatXml}}` writes it.
///
/// # Errors
///
/// The prefix of an attribute is not declared, or the text is longer than 32 MiB.
pub fn pretty(document: &Document) -> Result<String, XmlError> {
    format(document, true)
}

/// The document without white space between its parts. As `{{formatXml format='compact'}}`.
///
/// # Errors
///
/// As [`pretty`].
pub fn compact(document: &Document) -> Result<String, XmlError> {
    format(document, false)
}

fn format(document: &Document, indents: bool) -> Result<String, XmlError> {
    let unbound = document.attributes.iter().find(|&attribute| {
        let name = document.attribute_name(attribute);
        attribute.uri == 0 && !name.prefix().is_empty()
    });
    if let Some(attribute) = unbound {
        let name = document.attribute_name(attribute).written();
        return Err(XmlError::at("", 0, format!("the prefix of `{name}` is not declared")));
    }
    Printer::new(document, indents, true).print(Document::ROOT)
}

/// What is printed for `node`, indented, all its text kept: what XPath results are shown as.
/// `declares` adds the namespaces that are declared further out.
///
/// # Errors
///
/// The text is longer than 32 MiB.
pub fn element(document: &Document, node: NodeId, declares: bool) -> Result<String, XmlError> {
    Printer { declares, ..Printer::new(document, true, false) }.print(node)
}

struct Open {
    node: NodeId,
    n_children: usize,
    keeps_space: bool,
    is_tag_open: bool,
}

struct Printer<'d> {
    document: &'d Document,
    indents: bool,
    skips_blank: bool,
    declares: bool,
    out: String,
    open: Vec<Open>,
    /// What has been declared in `out`.
    scope: Scope,
    /// Text that waits until it is known whether it stands alone.
    pending: String,
    is_after_text: bool,
}

impl<'d> Printer<'d> {
    fn new(document: &'d Document, indents: bool, skips_blank: bool) -> Self {
        Self {
            document,
            indents,
            skips_blank,
            declares: false,
            out: String::new(),
            open: Vec::new(),
            scope: Scope::default(),
            pending: String::new(),
            is_after_text: false,
        }
    }

    fn print(mut self, from: NodeId) -> Result<String, XmlError> {
        let end = self.document.end(from);
        for at in from.0..end.0 {
            let node = NodeId(at);
            self.close_before(node);
            if self.out.len() + self.pending.len() > MAX_BYTES {
                let message = format!("the XML text would be more than {MAX_BYTES} bytes");
                return Err(XmlError::at("", 0, message));
            }
            self.node(node);
        }
        self.close_before(end);
        if self.indents && !self.is_after_text {
            self.out.push('\n');
        }
        Ok(self.out)
    }

    fn close_before(&mut self, node: NodeId) {
        while self.open.last().is_some_and(|open| self.document.end(open.node) <= node) {
            self.end();
        }
    }

    fn node(&mut self, node: NodeId) {
        let text = self.document.text(node);
        match self.document.kind(node) {
            Kind::Document => {}
            Kind::Text | Kind::CData if self.skips_blank && text.chars().all(is_java_space) => {}
            Kind::Text => {
                self.close_tag();
                if self.formats() {
                    self.pending.push_str(text);
                } else {
                    push_text(&mut self.out, text);
                    self.is_after_text = true;
                }
            }
            Kind::CData => {
                self.close_tag();
                self.flush(false);
                if self.formats() && self.n_children() > 1 {
                    self.indent(self.open.len());
                }
                self.out.push_str("<![CDATA[");
                self.out.push_str(text);
                self.out.push_str("]]>");
                self.is_after_text = true;
            }
            Kind::Comment => {
                self.begin_child();
                self.out.push_str("<!--");
                self.out.push_str(text);
                self.out.push_str("-->");
            }
            Kind::Instruction => {
                self.begin_child();
                self.out.push_str("<?");
                self.out.push_str(self.document.name(node).written());
                if !text.is_empty() {
                    self.out.push(' ');
                    self.out.push_str(text);
                }
                self.out.push_str("?>");
            }
            Kind::Element => self.start(node),
        }
    }

    /// Whether white space may be added here.
    fn formats(&self) -> bool {
        self.indents && !self.open.last().is_some_and(|open| open.keeps_space)
    }

    fn n_children(&self) -> usize {
        self.open.last().map_or(0, |open| open.n_children)
    }

    fn count_child(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.n_children += 1;
        }
    }

    fn close_tag(&mut self) {
        if let Some(open) = self.open.last_mut()
            && open.is_tag_open
        {
            open.is_tag_open = false;
            self.out.push('>');
        }
    }

    fn begin_child(&mut self) {
        self.close_tag();
        self.count_child();
        self.flush(true);
        if self.formats() && !self.open.is_empty() {
            self.indent(self.open.len());
        }
    }

    fn indent(&mut self, depth: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    /// Writes the text that waits. Beside other children it gets a line of its own, in place of
    /// the line feeds that it begins with.
    fn flush(&mut self, counts: bool) {
        if self.pending.is_empty() {
            return;
        }
        if counts {
            self.count_child();
        }
        let pending = std::mem::take(&mut self.pending);
        let mut text = pending.as_str();
        if self.n_children() > 1 {
            self.indent(self.open.len());
            text = text.trim_start_matches('\n');
        }
        push_text(&mut self.out, text);
        self.is_after_text = true;
    }

    fn start(&mut self, node: NodeId) {
        self.begin_child();
        self.out.push('<');
        self.out.push_str(self.document.name(node).written());
        self.attributes(node);
        let inherited = self.open.last().is_some_and(|open| open.keeps_space);
        let keeps_space = match self.document.attribute(node, "xml:space") {
            Some("preserve") => true,
            Some("default") => false,
            _ => inherited,
        };
        self.open.push(Open { node, n_children: 0, keeps_space, is_tag_open: true });
        self.is_after_text = false;
    }

    fn attributes(&mut self, node: NodeId) {
        let document = self.document;
        let (mut own, plain): (Vec<&Attribute>, Vec<&Attribute>) =
            document.attributes(node).iter().partition(|&found| document.is_declaration(found));
        let prefix = document.name(node).prefix();
        let declared = declaration(prefix);
        own.sort_by_key(|&found| document.attribute_name(found).written() != declared);
        let depth = self.open.len() + 1;
        for &attribute in own.iter().filter(|_| self.declares) {
            let name = document.attribute_name(attribute).written();
            let prefix = name.strip_prefix("xmlns:").unwrap_or_default();
            let uri = document.uris.iter().position(|uri| *uri == attribute.value);
            self.scope.declare(depth, prefix, uri.unwrap_or_default() as u32);
        }
        let uri = document.node(node).map_or(0, |node| node.uri);
        if self.open.is_empty() {
            self.declare(depth, prefix, uri);
        }
        for attribute in own {
            let name = document.attribute_name(attribute).written();
            // Taking back what nobody declared says nothing.
            if !attribute.value.is_empty() || self.has_outer_default(node, name) {
                self.attribute(name, &attribute.value);
            }
        }
        self.declare(depth, prefix, uri);
        for attribute in plain {
            let name = document.attribute_name(attribute);
            if !name.prefix().is_empty() {
                self.declare(depth, name.prefix(), attribute.uri);
            }
            self.attribute(name.written(), &attribute.value);
        }
    }

    /// Writes what `prefix` stands for, if that is declared outside of what is printed.
    fn declare(&mut self, depth: usize, prefix: &str, uri: u32) {
        if self.declares && prefix != "xml" && self.scope.find(prefix).unwrap_or_default() != uri {
            self.scope.declare(depth, prefix, uri);
            let document = self.document;
            self.attribute(&declaration(prefix), document.uri(uri));
        }
    }

    fn has_outer_default(&self, node: NodeId, name: &str) -> bool {
        let outer = self.document.parent(node);
        name == "xmlns"
            && !self.open.is_empty()
            && outer.is_some_and(|outer| !self.document.default_namespace(outer).is_empty())
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        push_escaped(&mut self.out, value, |c| {
            matches!(c, '"' | '&' | '<' | '>' | '\t' | '\n' | '\r' | '\u{10000}'..)
        });
        self.out.push('"');
    }

    fn end(&mut self) {
        self.scope.close(self.open.len());
        self.flush(true);
        let formats = self.formats();
        let Some(open) = self.open.pop() else { return };
        if open.is_tag_open {
            self.out.push_str("/>");
        } else {
            if formats && (open.n_children > 1 || !self.is_after_text) {
                self.indent(self.open.len());
            }
            self.out.push_str("</");
            self.out.push_str(self.document.name(open.node).written());
            self.out.push('>');
        }
        self.is_after_text = false;
    }
}

/// The attribute that declares `prefix`.
fn declaration(prefix: &str) -> String {
    if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") }
}

fn push_text(out: &mut String, text: &str) {
    push_escaped(
        out,
        text,
        |c| matches!(c, '&' | '<' | '>' | '\r' | '\u{7f}'..='\u{9f}' | '\u{10000}'..),
    );
}

/// Writes `text` with references for the characters that are `special`.
fn push_escaped(out: &mut String, text: &str, special: impl Fn(char) -> bool) {
    for c in text.chars() {
        match c {
            _ if !special(c) => out.push(c),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => {
                out.push_str("&#");
                out.push_str(&(c as u32).to_string());
                out.push(';');
            }
        }
    }
}

/// `Character.isWhitespace` of Java, by which `String.isBlank` goes.
const fn is_java_space(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r' | '\u{1c}'..='\u{20}' | '\u{1680}' | '\u{2000}'..='\u{2006}'
        | '\u{2008}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{205f}' | '\u{3000}'
    )
}
