//! What stands inside a tag: a name, parameters, named options.

use std::sync::Arc;

use super::{
    ast::{CallExpr, Callee, Expr, Head},
    error::TemplateError,
    path,
    reader::Reader,
    token::Kind,
};
use crate::{
    codec::suggest,
    render::{
        helpers,
        template::{Number, Value},
    },
};

/// A tag, or the head of a block, as it is written.
pub(super) struct Opening<'s> {
    /// The name.
    pub name: &'s str,
    /// Where it stands.
    pub at: usize,
    pub params: Vec<Expr>,
    pub hash: Vec<(Arc<str>, Expr)>,
    /// The names that the block gives.
    pub names: Vec<Arc<str>>,
}

impl<'s> Reader<'s> {
    pub(super) fn path(&self, text: &str, at: usize) -> Result<Box<[path::Step]>, TemplateError> {
        let steps = path::steps(text);
        if steps.is_empty() {
            return Err(self.error(at, format!("`{text}` names nothing")));
        }
        Ok(steps.into())
    }

    pub(super) fn unknown_helper(&self, opening: &Opening<'_>) -> TemplateError {
        let name = opening.name;
        let known = Callee::BUILT_IN.iter().map(|(name, _)| *name).chain(helpers::names());
        let hint = suggest::nearest(name, known)
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        self.error(opening.at, format!("unknown helper `{name}`{hint}"))
    }

    /// `name param* (key=value)*`
    pub(super) fn expression(&mut self) -> Result<Opening<'s>, TemplateError> {
        let (name, at) = self.path_token("a name")?;
        let mut params = Vec::new();
        let mut hash: Vec<(Arc<str>, Expr)> = Vec::new();
        loop {
            let token = self.peek();
            if let Kind::Path(key) = token.kind
                && self.token_at(token.end).kind == Kind::Equals
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

    pub(super) fn param(&mut self) -> Result<Option<Expr>, TemplateError> {
        let token = self.peek();
        let param = match token.kind {
            Kind::Quoted(text) => {
                let quote = self.slice(token.start, token.start + 1);
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
    pub(super) fn opening(&mut self) -> Result<Opening<'s>, TemplateError> {
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

    /// What decides over a block, and the names that it gives. A block that begins with `^` loses its
    /// parameters, as in Handlebars.java.
    pub(super) fn head(
        &self,
        mut opening: Opening<'s>,
        is_inverted: bool,
    ) -> Result<(Head, Vec<Arc<str>>), TemplateError> {
        let names = std::mem::take(&mut opening.names);
        if is_inverted {
            opening.params.clear();
            opening.hash.clear();
        }
        match callee(opening.name) {
            Some(callee) => Ok((Head::Call(call(callee, opening)), names)),
            None if opening.params.is_empty() && opening.hash.is_empty() => Ok((
                Head::Section { path: self.path(opening.name, opening.at)?, is_inverted },
                names,
            )),
            None => Err(self.unknown_helper(&opening)),
        }
    }
}

pub(super) fn callee(name: &str) -> Option<Callee> {
    let built_in = Callee::BUILT_IN.iter().find(|(known, _)| *known == name);
    built_in.map(|(_, callee)| *callee).or_else(|| helpers::find(name).map(Callee::Helper))
}

pub(super) fn call(callee: Callee, opening: Opening<'_>) -> CallExpr {
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
