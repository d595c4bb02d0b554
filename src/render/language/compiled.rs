//! A template, read once and rendered many times.

use std::sync::Arc;

use super::{
    ast::Node, error::TemplateError, model::Model, parse::parse, render::Renderer, scope::Scope,
};
use crate::{codec::backtracking, render::template::Env};

/// A template may not be longer, in bytes.
pub const MAX_TEMPLATE: usize = 16 << 20;

/// A template that was understood. The default is the empty one.
#[derive(Clone, Debug, Default)]
pub struct Template {
    source: Arc<str>,
    nodes: Vec<Node>,
}

impl Template {
    /// Reads a template. As in WireMock, text before the first `{{` and after the last `}}` is
    /// looked at by nobody: `~` does not trim it, a backslash does not escape the first tag.
    ///
    /// # Errors
    ///
    /// When it is no template, or calls a helper that there is not. WireMock says so when it
    /// serves the stub, with status 500.
    pub fn compile(source: &str) -> Result<Self, TemplateError> {
        if source.len() > MAX_TEMPLATE {
            let message = format!("template is longer than {MAX_TEMPLATE} bytes");
            return Err(TemplateError::at(source, 0, message));
        }
        let Some((begin, end)) = tags_of(source) else {
            let nodes = vec![Node::Text(source.into())];
            return Ok(Self { source: source.into(), nodes });
        };
        if end < begin {
            return Err(TemplateError::at(
                source,
                begin,
                "the first `{{` comes after the last `}}`",
            ));
        }
        let mut nodes = parse(source, begin, end)?;
        if let Some(head) = source.get(..begin).filter(|head| !head.is_empty()) {
            nodes.insert(0, Node::Text(head.into()));
        }
        if let Some(tail) = source.get(end..).filter(|tail| !tail.is_empty()) {
            nodes.push(Node::Text(tail.into()));
        }
        Ok(Self { source: source.into(), nodes })
    }

    /// Its text, if there is no tag in it.
    pub fn as_static(&self) -> Option<&str> {
        match self.nodes.as_slice() {
            [] => Some(""),
            [Node::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Renders it.
    ///
    /// # Errors
    ///
    /// When a helper fails, or the result would be too large or take too long.
    pub fn render(&self, model: &dyn Model, env: &mut Env<'_>) -> Result<String, TemplateError> {
        let mut out = String::with_capacity(self.source.len() + 64);
        backtracking::bounded(|| {
            Renderer::new(&self.source, env).nodes(&self.nodes, &Scope::root(model), &mut out)
        })?;
        Ok(out)
    }
}

/// From the first `{{` to behind the last `}}`.
fn tags_of(source: &str) -> Option<(usize, usize)> {
    let begin = source.find("{{")?;
    let end = source.rfind("}}")? + 2;
    Some((begin, end))
}
