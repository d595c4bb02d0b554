//! Reads templates: the grammar of Handlebars.java 4, with its rules for white space (`~` trims the
//! text beside a tag; a tag alone on its line stays a line).

use std::sync::Arc;

use super::{
    ast::{Block, CallExpr, Callee, Expr, Head, Node},
    error::{TemplateError, line_and_column},
    number::Number,
    path,
    token::{self, Kind, Token},
    value::Value,
};
use crate::{codec::suggest, render::helpers};

/// Blocks and parentheses may nest so deep; each `{{else if}}` counts.
pub const MAX_NESTING: usize = 64;

/// Reads `source` from `from` on.
pub(super) fn parse(source: &str, from: usize, to: usize) -> Result<Vec<Node>, TemplateError> {
    let source = source.get(..to).unwrap_or(source);
    let mut parser = Parser {
        source,
        at: from,
        open: "{{".to_owned(),
        close: "}}".to_owned(),
        trims_next: false,
        nesting: 0,
    };
    let (nodes, end) = parser.nodes()?;
    match end {
        End::Text => Ok(nodes),
        End::Else(tag) => Err(parser.error(tag.start, "`else` stands in no block")),
        End::Block { start, name, .. } => {
            Err(parser.error(start, format!("`{name}` is closed, but no block is open")))
        }
    }
}

struct Parser<'s> {
    source: &'s str,
    at: usize,
    /// What begins a tag, `{{` until it is changed.
    open: String,
    /// What ends one.
    close: String,
    /// The tag before asked for the text after it to be trimmed.
    trims_next: bool,
    nesting: usize,
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

/// The beginning of a tag.
#[derive(Clone, Copy)]
struct Tag {
    sigil: Sigil,
    start: usize,
    trims: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sigil {
    Amp,
    Block,
    Delimiters,
    EndBlock,
    EndRaw,
    Partial,
    PartialBlock,
    Raw,
    Triple,
    Unless,
    Var,
}

impl Sigil {
    /// In the order in which they are tried.
    const ALL: [(&'static str, Self); 11] = [
        ("&", Self::Amp),
        ("{{/", Self::EndRaw),
        ("{{", Self::Raw),
        ("{", Self::Triple),
        ("^", Self::Unless),
        ("#>", Self::PartialBlock),
        ("#", Self::Block),
        ("=", Self::Delimiters),
        (">", Self::Partial),
        ("/", Self::EndBlock),
        ("", Self::Var),
    ];

    /// The braces before the plain end of the tag.
    fn extra_braces(self) -> usize {
        match self {
            Self::Raw | Self::EndRaw => 2,
            Self::Triple => 1,
            _ => 0,
        }
    }
}

/// The head of a block as it is written.
struct Opening<'s> {
    name: &'s str,
    at: usize,
    params: Vec<Expr>,
    hash: Vec<(Arc<str>, Expr)>,
    names: Vec<Arc<str>>,
}

impl<'s> Parser<'s> {
    fn error(&self, offset: usize, message: impl Into<String>) -> TemplateError {
        TemplateError::at(self.source, offset, message)
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn deeper(&mut self, at: usize) -> Result<(), TemplateError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.error(at, format!("nested deeper than {MAX_NESTING}")));
        }
        Ok(())
    }

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
            if tag.trims {
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
                    // White space after an inverted block is not trimmed by Handlebars.java; the
                    // block sees to that.
                    self.end_of(tag)?;
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
                self.at += end + close.len();
                Ok(true)
            }
            None => Err(self.error(self.at, format!("comment is never closed by `{close}`"))),
        }
    }

    fn tag(&mut self) -> Tag {
        let start = self.at;
        let inside = self.rest().get(self.open.len()..).unwrap_or_default();
        let trimmed = inside.strip_prefix('~');
        for (sigil, kind) in Sigil::ALL {
            for (text, trims) in [(Some(inside), false), (trimmed, true)] {
                // Without a sigil `~` is part of the beginning.
                let is_it = text.is_some_and(|text| text.starts_with(sigil));
                if is_it && !(kind == Sigil::Var && !trims && trimmed.is_some()) {
                    self.at = start + self.open.len() + usize::from(trims) + sigil.len();
                    return Tag { sigil: kind, start, trims };
                }
            }
        }
        self.at = start + self.open.len();
        Tag { sigil: Sigil::Var, start, trims: false }
    }

    fn peek(&self) -> Token<'s> {
        token::next(self.source, self.at, &self.close)
    }

    fn advance(&mut self) -> Token<'s> {
        let token = self.peek();
        self.at = token.end;
        token
    }

    fn path_token(&mut self, expected: &str) -> Result<(&'s str, usize), TemplateError> {
        let token = self.advance();
        match token.kind {
            Kind::Path(text) => Ok((text, token.start)),
            _ => Err(self.unexpected(&token, expected)),
        }
    }

    fn unexpected(&self, token: &Token<'_>, expected: &str) -> TemplateError {
        let found = self.source.get(token.start..token.end).unwrap_or_default();
        let message = if token.kind == Kind::EndOfText {
            format!("expected {expected}, found the end of the template")
        } else {
            format!("expected {expected}, found `{found}`")
        };
        self.error(token.start, message)
    }

    /// The end of a tag.
    fn end_of(&mut self, tag: Tag) -> Result<(), TemplateError> {
        let token = self.advance();
        let extra = tag.sigil.extra_braces();
        match token.kind {
            Kind::Close { extra: found, trims } if found == extra => {
                self.trims_next = trims && extra < 2;
                Ok(())
            }
            Kind::Close { extra: found, .. } if found > extra => Err(self.error(
                token.start,
                format!(
                    "expected `{0}`, found `{1}`; set a space between the tag and the brace after it",
                    "}".repeat(2 + extra),
                    "}".repeat(2 + found)
                ),
            )),
            _ => {
                let expected = format!("a parameter or `{}{}`", "}".repeat(extra), self.close);
                Err(self.unexpected(&token, &expected))
            }
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

    fn path(&self, text: &str, at: usize) -> Result<Box<[path::Step]>, TemplateError> {
        let steps = path::steps(text);
        if steps.is_empty() {
            return Err(self.error(at, format!("`{text}` names nothing")));
        }
        Ok(steps.into())
    }

    fn unknown_helper(&self, opening: &Opening<'_>) -> TemplateError {
        let name = opening.name;
        let known = Callee::BUILT_IN.iter().map(|(name, _)| *name).chain(helpers::names());
        let hint = suggest::nearest(name, known)
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        self.error(opening.at, format!("unknown helper `{name}`{hint}"))
    }

    /// `name param* (key=value)*`
    fn expression(&mut self) -> Result<Opening<'s>, TemplateError> {
        let (name, at) = self.path_token("a name")?;
        let mut params = Vec::new();
        let mut hash: Vec<(Arc<str>, Expr)> = Vec::new();
        loop {
            let token = self.peek();
            if let Kind::Path(key) = token.kind
                && token::next(self.source, token.end, &self.close).kind == Kind::Equals
            {
                self.advance();
                self.advance();
                let Some(value) = self.param()? else {
                    let token = self.peek();
                    return Err(self.unexpected(&token, &format!("the value of `{key}`")));
                };
                // As in a Java map, the last value of a key counts.
                hash.retain(|(known, _)| **known != *key);
                hash.push((key.into(), value));
                continue;
            }
            if !hash.is_empty() {
                break;
            }
            match self.param()? {
                Some(param) => params.push(param),
                None => break,
            }
        }
        Ok(Opening { name, at, params, hash, names: Vec::new() })
    }

    fn param(&mut self) -> Result<Option<Expr>, TemplateError> {
        let token = self.peek();
        let param = match token.kind {
            Kind::Quoted(text) => {
                let quote = self.source.get(token.start..token.start + 1).unwrap_or_default();
                let text = text.replace(&format!("\\{quote}"), quote);
                Expr::Literal(Value::text(text))
            }
            Kind::Number(text) => Expr::Literal(Value::Number(literal_number(text))),
            Kind::Boolean(value) => Expr::Literal(Value::Bool(value)),
            Kind::Path(text) => Expr::Path(self.path(text, token.start)?),
            Kind::Open => {
                self.deeper(token.start)?;
                self.advance();
                let opening = self.expression()?;
                let shut = self.peek();
                if shut.kind != Kind::Shut {
                    return Err(self.unexpected(&shut, "a parameter or `)`"));
                }
                self.nesting -= 1;
                let Some(callee) = callee(opening.name) else {
                    return Err(self.unknown_helper(&opening));
                };
                Expr::Call(Box::new(call(callee, opening)))
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(param))
    }

    /// `expression (as |name+|)?`
    fn opening(&mut self) -> Result<Opening<'s>, TemplateError> {
        if self.peek().kind == Kind::Decorator {
            return Err(self.error(self.at, "decorators are not available"));
        }
        let mut opening = self.expression()?;
        if self.peek().kind != Kind::As {
            return Ok(opening);
        }
        self.advance();
        let pipe = self.advance();
        if pipe.kind != Kind::Pipe {
            return Err(self.unexpected(&pipe, "`|` after `as`"));
        }
        opening.names.push(self.path_token("a name for the value")?.0.into());
        loop {
            let token = self.advance();
            match token.kind {
                Kind::Path(name) => opening.names.push(name.into()),
                Kind::Pipe => return Ok(opening),
                _ => return Err(self.unexpected(&token, "`|` after the names of the values")),
            }
        }
    }

    fn head(&self, mut opening: Opening<'s>, is_inverted: bool) -> Result<Head, TemplateError> {
        if is_inverted {
            opening.params.clear();
            opening.hash.clear();
        }
        match callee(opening.name) {
            Some(callee) => Ok(Head::Call(call(callee, opening))),
            None if opening.params.is_empty() && opening.hash.is_empty() => {
                Ok(Head::Section { path: self.path(opening.name, opening.at)?, is_inverted })
            }
            None => Err(self.unknown_helper(&opening)),
        }
    }

    fn block(&mut self, tag: Tag) -> Result<Node, TemplateError> {
        self.deeper(tag.start)?;
        let is_inverted = tag.sigil == Sigil::Unless;
        let mut opening = self.opening()?;
        let (name, at) = (opening.name, opening.at);
        let names = std::mem::take(&mut opening.names);
        self.end_of(tag)?;
        let head = self.head(opening, is_inverted)?;
        let (body, mut end) = self.nodes()?;
        let mut block = Block { head, names, body, inverse: Vec::new() };
        // Blocks of `{{else if …}}`, each the inverse of the one before.
        let mut chain: Vec<Block> = Vec::new();
        let outer_nesting = self.nesting;
        loop {
            match end {
                End::Else(_) if is_inverted => {
                    return Err(self.error(
                        tag.start,
                        format!("a block that begins with `^` has no `else`; begin it with `#unless {name}`"),
                    ));
                }
                End::Else(tag) => {
                    let next = self.else_head(tag)?;
                    let (nodes, after) = self.nodes()?;
                    match next {
                        Some((head, names)) => {
                            self.deeper(tag.start)?;
                            chain.push(Block { head, names, body: nodes, inverse: Vec::new() });
                        }
                        // Of several the last counts.
                        None => chain.last_mut().unwrap_or(&mut block).inverse = nodes,
                    }
                    end = after;
                }
                End::Block { name: found, is_raw: false, .. } if found == name => break,
                End::Block { start, name: found, .. } => {
                    return Err(self.error(
                        start,
                        format!(
                            "block `{name}` opened at {} is closed as `{found}`",
                            self.place(at)
                        ),
                    ));
                }
                End::Text => {
                    return Err(self.error(
                        tag.start,
                        format!("block `{name}` opened at {} is never closed", self.place(at)),
                    ));
                }
            }
        }
        if is_inverted {
            self.trims_next = false;
        }
        self.nesting = outer_nesting - 1;
        while let Some(last) = chain.pop() {
            let before = chain.last_mut().unwrap_or(&mut block);
            before.inverse = vec![Node::Block(Box::new(last))];
        }
        Ok(Node::Block(Box::new(block)))
    }

    /// What follows `{{else` or `{{^`: nothing, or the head of a further block.
    #[expect(clippy::type_complexity, reason = "used once, right above")]
    fn else_head(&mut self, tag: Tag) -> Result<Option<(Head, Vec<Arc<str>>)>, TemplateError> {
        if tag.sigil == Sigil::Unless && tag.trims {
            return Err(self.error(tag.start, "`^` cannot be trimmed; write `else`"));
        }
        let mut trims = false;
        if tag.sigil == Sigil::Var
            && let Kind::Else { trims: found } = self.advance().kind
        {
            trims = found;
        }
        let next = if matches!(self.peek().kind, Kind::Close { .. }) {
            None
        } else {
            let mut opening = self.opening()?;
            let names = std::mem::take(&mut opening.names);
            Some((self.head(opening, false)?, names))
        };
        self.end_of(Tag { sigil: Sigil::Var, ..tag })?;
        self.trims_next |= trims;
        Ok(next)
    }

    /// `{{{{name}}}}…{{{{/name}}}}`: what is inside is text.
    fn raw(&mut self, tag: Tag) -> Result<Node, TemplateError> {
        let opening = self.expression()?;
        let (name, at) = (opening.name, opening.at);
        self.end_of(tag)?;
        let head = self.head(opening, false)?;
        let end = format!("{0}{{{{/{name}}}}}{1}", self.open, self.close);
        let Some(length) = self.rest().find(&end) else {
            return Err(self.error(
                tag.start,
                format!(
                    "raw block `{name}` opened at {} is never closed by `{end}`",
                    self.place(at)
                ),
            ));
        };
        let text = self.rest().get(..length).unwrap_or_default();
        self.at += length + end.len();
        let body = vec![Node::Text(text.into())];
        Ok(Node::Block(Box::new(Block { head, names: Vec::new(), body, inverse: Vec::new() })))
    }

    /// `{{=<% %>=}}`: other marks for tags.
    fn delimiters(&mut self, tag: Tag) -> Result<(), TemplateError> {
        let end = format!("={}", self.close);
        let marks = self.rest().find(&end).and_then(|length| self.rest().get(..length));
        let (Some(marks), words) = (marks, marks.unwrap_or_default().split_whitespace()) else {
            return Err(self.error(tag.start, format!("expected `{end}`")));
        };
        let words: Vec<&str> = words.collect();
        let &[open, close] = words.as_slice() else {
            return Err(self.error(tag.start, "expected what begins and what ends a tag"));
        };
        self.at += marks.len() + end.len();
        self.open = open.to_owned();
        self.close = close.to_owned();
        Ok(())
    }

    fn place(&self, offset: usize) -> String {
        let (line, column) = line_and_column(self.source.get(..offset).unwrap_or_default());
        format!("{line}:{column}")
    }
}

fn callee(name: &str) -> Option<Callee> {
    let built_in = Callee::BUILT_IN.iter().find(|(known, _)| *known == name);
    built_in.map(|(_, callee)| *callee).or_else(|| helpers::find(name).map(Callee::Helper))
}

fn call(callee: Callee, opening: Opening<'_>) -> CallExpr {
    let Opening { name, at, params, hash, .. } = opening;
    CallExpr { name: name.into(), callee, params, hash, at }
}

/// `Integer` where it is one, else `Double`.
fn literal_number(text: &str) -> Number {
    text.parse::<i32>().map_or_else(
        |_| text.parse().map_or_else(|_| Number::spelled(text), Number::double),
        |number| Number::int(number.into()),
    )
}

fn push_text(nodes: &mut Vec<Node>, text: &str) {
    if !text.is_empty() {
        nodes.push(Node::Text(text.into()));
    }
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_java_white)
}

fn trim_end(nodes: &mut Vec<Node>) {
    if let Some(Node::Text(text)) = nodes.last_mut() {
        *text = text.trim_end_matches(is_java_white).into();
    }
}

/// `Character.isWhitespace`: not the non-breaking spaces.
fn is_java_white(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}')
        || ('\u{1c}'..='\u{1f}').contains(&c)
}
