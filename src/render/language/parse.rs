//! Reads templates: the grammar of Handlebars.java 4, with its rules for white space (`~` trims the
//! text beside a tag; a tag alone on its line stays a line).

use super::{
    ast::{Arm, Block, Node},
    error::TemplateError,
    expression::{call, callee},
    reader::{Reader, Sigil, Tag},
    token::Kind,
};

/// A block may have so many `{{else if …}}`.
pub const MAX_ARMS: usize = 256;

/// Reads `source` from `from` to `to`.
pub(super) fn parse(source: &str, from: usize, to: usize) -> Result<Vec<Node>, TemplateError> {
    let mut parser = Reader::new(source, from, to);
    let (nodes, end) = parser.nodes()?;
    match end {
        End::Text => Ok(nodes),
        End::Else(tag) => Err(parser.error(tag.start, "`else` stands in no block")),
        End::Block { start, name, .. } => {
            Err(parser.error(start, format!("`{name}` is closed, but no block is open")))
        }
    }
}

/// What ends a list of nodes.
enum End<'s> {
    Text,
    /// `{{else…`, `{{^…`, up to where its expression begins.
    Else(Tag),
    /// `{{/name}}`
    Block {
        start: usize,
        name: &'s str,
        is_raw: bool,
    },
}

impl<'s> Reader<'s> {
    /// Nodes up to the end of a block or of the text.
    fn nodes(&mut self) -> Result<(Vec<Node>, End<'s>), TemplateError> {
        let mut nodes = Vec::new();
        loop {
            self.text(&mut nodes)?;
            let start = self.at;
            if self.rest().is_empty() {
                return Ok((nodes, End::Text));
            }
            if self.comment()? {
                continue;
            }
            let tag = self.tag();
            // Nor does Handlebars.java trim at the end of an inverted block.
            let is_end_of_inverted =
                tag.sigil == Sigil::EndBlock && self.inverted.last() == Some(&true);
            if tag.trims && !is_end_of_inverted {
                trim_end(&mut nodes);
            }
            match tag.sigil {
                Sigil::Var if matches!(self.peek().kind, Kind::Else { .. }) => {
                    return Ok((nodes, End::Else(tag)));
                }
                Sigil::Var | Sigil::Triple | Sigil::Amp => nodes.push(self.mustache(tag)?),
                // `{{^}}` is an else; with a name it begins a block of its own.
                Sigil::Unless if matches!(self.peek().kind, Kind::Close { extra: 0, .. }) => {
                    return Ok((nodes, End::Else(tag)));
                }
                Sigil::Block | Sigil::Unless => nodes.push(self.block(tag)?),
                Sigil::Raw => nodes.push(self.raw(tag)?),
                Sigil::EndBlock | Sigil::EndRaw => {
                    let name = self.path_token("the name of the block that ends here")?.0;
                    self.end_of(tag)?;
                    self.trims_next &= !is_end_of_inverted;
                    return Ok((
                        nodes,
                        End::Block { start, name, is_raw: tag.sigil == Sigil::EndRaw },
                    ));
                }
                Sigil::Delimiters => self.delimiters(tag)?,
                Sigil::Partial | Sigil::PartialBlock => {
                    return Err(self.error(
                        start,
                        "partials are not available; write the text of the partial here",
                    ));
                }
            }
        }
    }

    /// Text up to the next tag. `\{{…}}` is text without its backslash.
    fn text(&mut self, nodes: &mut Vec<Node>) -> Result<(), TemplateError> {
        loop {
            let rest = self.rest();
            let tag = rest.find(&self.open).unwrap_or(rest.len());
            let is_escaped =
                rest.get(..tag).is_some_and(|text| text.ends_with('\\')) && tag < rest.len();
            let text = rest.get(..tag - usize::from(is_escaped)).unwrap_or_default();
            let trimmed = if self.trims_next { trim_start(text) } else { text };
            self.trims_next = false;
            push_text(nodes, trimmed);
            self.at += tag;
            if !is_escaped {
                return Ok(());
            }
            let inside = rest.get(tag..).unwrap_or_default();
            let from = self.open.len() - 1;
            let end =
                inside.get(from..).and_then(|text| text.find(&self.close)).map(|at| at + from);
            let again =
                inside.get(from..).and_then(|text| text.find(&self.open)).map(|at| at + from);
            match (end, again) {
                (Some(end), again) if again.is_none_or(|again| end < again) => {
                    let length = end + self.close.len();
                    // Escaped text is not trimmed, and keeps what is beside it from being.
                    nodes.push(Node::Text(inside.get(..length).unwrap_or_default().into()));
                    self.at += length;
                }
                _ => {
                    let message =
                        format!("escaped tag `\\{}` is not closed before the next tag", self.open);
                    return Err(self.error(self.at - 1, message));
                }
            }
        }
    }

    fn comment(&mut self) -> Result<bool, TemplateError> {
        let rest = self.rest();
        let Some(inside) =
            rest.strip_prefix(self.open.as_str()).and_then(|rest| rest.strip_prefix('!'))
        else {
            return Ok(false);
        };
        let close =
            if inside.starts_with("--") { format!("--{}", self.close) } else { self.close.clone() };
        match rest.find(&close) {
            Some(end) => {
                let start = self.at;
                self.at += end + close.len();
                self.comments.push(start..self.at);
                Ok(true)
            }
            None => Err(self.error(self.at, format!("comment is never closed by `{close}`"))),
        }
    }

    fn mustache(&mut self, tag: Tag) -> Result<Node, TemplateError> {
        if self.peek().kind == Kind::Decorator {
            return Err(self.error(tag.start, "decorators are not available"));
        }
        let opening = self.expression()?;
        self.end_of(tag)?;
        match callee(opening.name) {
            Some(callee) => Ok(Node::Call(Box::new(call(callee, opening)))),
            None if opening.params.is_empty() && opening.hash.is_empty() => {
                Ok(Node::Value(self.path(opening.name, opening.at)?))
            }
            None => Err(self.unknown_helper(&opening)),
        }
    }

    fn block(&mut self, tag: Tag) -> Result<Node, TemplateError> {
        self.deeper(tag.start)?;
        let is_inverted = tag.sigil == Sigil::Unless;
        let opening = self.opening()?;
        let (name, at) = (opening.name, opening.at);
        self.end_of(tag)?;
        let (head, names) = self.head(opening, is_inverted)?;
        self.inverted.push(is_inverted);
        let (body, mut end) = self.nodes()?;
        let mut arms = vec![Arm { head, names, body }];
        let mut otherwise = Vec::new();
        loop {
            match end {
                End::Else(_) if is_inverted => {
                    return Err(self.error(
                        tag.start,
                        format!("a block that begins with `^` has no `else`; begin it with `#unless {name}`"),
                    ));
                }
                End::Else(tag) => {
                    let arm = self.else_head(tag)?;
                    let (body, after) = self.nodes()?;
                    match arm {
                        Some(arm) if arms.len() < MAX_ARMS => {
                            arms.push(Arm { body, ..arm });
                            otherwise.clear();
                        }
                        Some(_) => {
                            let message = format!("a block has more than {MAX_ARMS} `else if`");
                            return Err(self.error(tag.start, message));
                        }
                        // Of several the last counts.
                        None => otherwise = body,
                    }
                    end = after;
                }
                End::Block { name: found, is_raw: false, .. } if found == name => break,
                End::Block { start, name: found, .. } => {
                    let place = self.place(at);
                    let message =
                        format!("block `{name}` opened at {place} is closed as `{found}`");
                    return Err(self.error(start, message));
                }
                End::Text => {
                    let message =
                        format!("block `{name}` opened at {} is never closed", self.place(at));
                    return Err(self.error(tag.start, message));
                }
            }
        }
        self.inverted.pop();
        self.nesting -= 1;
        Ok(Node::Block(Box::new(Block { arms, otherwise })))
    }

    /// What follows `{{else` or `{{^`: nothing, or the head of a further arm, its body not read yet.
    fn else_head(&mut self, tag: Tag) -> Result<Option<Arm>, TemplateError> {
        if tag.sigil == Sigil::Unless && tag.trims {
            return Err(self.error(tag.start, "`^` cannot be trimmed; write `else`"));
        }
        let mut trims = false;
        if tag.sigil == Sigil::Var
            && let Kind::Else { trims: found } = self.advance().kind
        {
            trims = found;
        }
        let arm = if matches!(self.peek().kind, Kind::Close { .. }) {
            None
        } else {
            let opening = self.opening()?;
            let (head, names) = self.head(opening, false)?;
            Some(Arm { head, names, body: Vec::new() })
        };
        self.end_of(Tag { sigil: Sigil::Var, ..tag })?;
        self.trims_next |= trims;
        Ok(arm)
    }

    /// `{{{{name}}}}…{{{{/name}}}}`: what is inside must be a template, but is text, without its
    /// comments.
    fn raw(&mut self, tag: Tag) -> Result<Node, TemplateError> {
        self.deeper(tag.start)?;
        let opening = self.expression()?;
        let (name, at) = (opening.name, opening.at);
        self.end_of(tag)?;
        let (head, names) = self.head(opening, false)?;
        let mut from = self.at;
        let n_comments = self.comments.len();
        self.inverted.push(false);
        let (_, end) = self.nodes()?;
        let End::Block { start, name: found, is_raw: true } = end else {
            let message =
                format!("raw block `{name}` opened at {} is never closed", self.place(at));
            return Err(self.error(tag.start, message));
        };
        if found != name {
            let place = self.place(at);
            let message = format!("raw block `{name}` opened at {place} is closed as `{found}`");
            return Err(self.error(start, message));
        }
        let mut text = String::new();
        for comment in self.comments.drain(n_comments..).collect::<Vec<_>>() {
            text.push_str(self.slice(from, comment.start));
            from = comment.end;
        }
        text.push_str(self.slice(from, start));
        self.inverted.pop();
        self.nesting -= 1;
        let body = vec![Node::Text(text.into())];
        let arms = vec![Arm { head, names, body }];
        Ok(Node::Block(Box::new(Block { arms, otherwise: Vec::new() })))
    }

    /// `{{=<% %>=}}`: other marks for tags.
    fn delimiters(&mut self, tag: Tag) -> Result<(), TemplateError> {
        let end = format!("={}", self.close);
        let marks = self.rest().find(&end).and_then(|length| self.rest().get(..length));
        let Some(marks) = marks else {
            return Err(self.error(tag.start, format!("expected `{end}`")));
        };
        let words: Vec<&str> = marks.split_whitespace().collect();
        let &[open, close] = words.as_slice() else {
            return Err(self.error(tag.start, "expected what begins and what ends a tag"));
        };
        self.at += marks.len() + end.len();
        self.open = open.to_owned();
        self.close = close.to_owned();
        Ok(())
    }
}

fn push_text(nodes: &mut Vec<Node>, text: &str) {
    if !text.is_empty() {
        nodes.push(Node::Text(text.into()));
    }
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_java_white)
}

fn trim_end(nodes: &mut [Node]) {
    if let Some(Node::Text(text)) = nodes.last_mut() {
        *text = text.trim_end_matches(is_java_white).into();
    }
}

/// `Character.isWhitespace`: not the non-breaking spaces.
fn is_java_white(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}')
        || ('\u{1c}'..='\u{1f}').contains(&c)
}
