//! A document without what no comparison looks at: comments, and white space at the ends of texts,
//! attributes and instructions.

use super::{
    document::{Document, Kind, NodeId},
    reader::Builder,
};

impl Document {
    /// A copy without comments, without the white space at the ends of texts and attributes, and
    /// without texts that are nothing else. Texts that a comment parted become one. As XMLUnit's
    /// `ignoreWhitespace` on documents that were read without comments.
    #[must_use]
    pub fn stripped(&self) -> Self {
        let mut builder = Builder::new("");
        let mut open: Vec<NodeId> = Vec::new();
        let mut text = String::new();
        for at in 1..self.n_nodes() as u32 {
            let node = NodeId(at);
            let kind = self.kind(node);
            let ends = open.iter().rev().take_while(|&&open| self.end(open) <= node).count();
            if ends > 0 || !matches!(kind, Kind::Text | Kind::Comment) {
                builder.text(trim(&std::mem::take(&mut text)));
            }
            for _ in 0..ends {
                builder.end();
                open.pop();
            }
            match kind {
                Kind::Text => text.push_str(self.text(node)),
                Kind::CData if !trim(self.text(node)).is_empty() => {
                    builder.cdata(trim(self.text(node)));
                }
                Kind::Instruction => {
                    builder.aside(Some(self.name(node).written()), trim(self.text(node)));
                }
                Kind::Element => {
                    let attributes = self.attributes(node).iter().map(|attribute| {
                        let name = self.attribute_name(attribute).written();
                        (name, trim(&attribute.value).to_owned())
                    });
                    builder.start(0, self.name(node).written(), attributes.collect());
                    open.push(node);
                }
                Kind::CData | Kind::Comment | Kind::Document => {}
            }
        }
        builder.text(trim(&text));
        Self { namespace_error: self.namespace_error.clone(), ..builder.build() }
    }
}

/// `String.trim` of Java.
fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}
