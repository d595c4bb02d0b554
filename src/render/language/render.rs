//! Renders a template.

use std::sync::Arc;

use super::{
    ast::{Arm, Arms, CallExpr, Callee, Expr, Node},
    error::TemplateError,
    path::{self, Step},
    scope::{Extra, Scope, Search},
};
use crate::{
    codec::json::{self, JsonError},
    model::Json,
    render::template::{Branch, Call, Env, HelperError, Host, Scope as Given, Value},
};

/// A rendering may not give more bytes.
pub const MAX_OUTPUT: usize = 64 << 20;

/// Nor take more steps: nodes rendered, scopes searched.
pub const MAX_WORK: u64 = 20_000_000;

/// So many texts parsed as JSON are remembered within one rendering.
const MAX_PARSED: usize = 32;

/// A rendering under way.
pub(super) struct Renderer<'r, 'e> {
    source: &'r str,
    env: &'r mut Env<'e>,
    /// What `assign` has set.
    data: Vec<(Box<str>, Value)>,
    parsed: Vec<(Arc<str>, Arc<Json>)>,
    work_left: u64,
    /// Bytes that all unfinished outputs of blocks may yet take.
    room: usize,
    /// What failed inside a block that a helper rendered.
    failed: Option<TemplateError>,
}

impl<'r, 'e> Renderer<'r, 'e> {
    pub(super) fn new(source: &'r str, env: &'r mut Env<'e>) -> Self {
        Self {
            source,
            env,
            data: Vec::new(),
            parsed: Vec::new(),
            work_left: MAX_WORK,
            room: MAX_OUTPUT,
            failed: None,
        }
    }

    fn error(&self, at: usize, message: impl Into<String>) -> TemplateError {
        TemplateError::at(self.source, at, message)
    }

    pub(super) fn nodes(
        &mut self,
        nodes: &[Node],
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        for node in nodes {
            let before = out.len();
            self.step()?;
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Value(path) => {
                    if let Some(value) = self.get(path, scope)? {
                        self.print(&value, out)?;
                    }
                }
                Node::Call(call) => {
                    let value = self.call(call, None, scope)?;
                    self.print(&value, out)?;
                }
                Node::Block(block) => {
                    let arms = Arms { arms: &block.arms, otherwise: &block.otherwise };
                    self.arms(arms, scope, out)?;
                    continue;
                }
            }
            self.take_room(out.len() - before)?;
        }
        Ok(())
    }

    pub(super) fn step(&mut self) -> Result<(), TemplateError> {
        self.work_left = self.work_left.saturating_sub(1);
        self.check_work()
    }

    fn check_work(&self) -> Result<(), TemplateError> {
        if self.work_left == 0 {
            return Err(self.error(0, format!("rendering takes more than {MAX_WORK} steps")));
        }
        Ok(())
    }

    pub(super) fn take_room(&mut self, length: usize) -> Result<(), TemplateError> {
        match self.room.checked_sub(length) {
            Some(room) => {
                self.room = room;
                Ok(())
            }
            None => Err(self.error(0, format!("rendering gives more than {MAX_OUTPUT} bytes"))),
        }
    }

    pub(super) fn print(&self, value: &Value, out: &mut String) -> Result<(), TemplateError> {
        // Values are bounded, and so is what one of them prints; the sum is looked at afterwards.
        value.print_to(out);
        if out.len() > MAX_OUTPUT.saturating_mul(4) {
            return Err(self.error(0, format!("rendering gives more than {MAX_OUTPUT} bytes")));
        }
        Ok(())
    }

    pub(super) fn get(
        &mut self,
        path: &[Step],
        scope: &Scope<'_>,
    ) -> Result<Option<Value>, TemplateError> {
        let mut search = Search { data: &self.data, left: self.work_left };
        let value = scope.get(path, &mut search);
        self.work_left = search.left;
        self.check_work()?;
        Ok(value)
    }

    pub(super) fn expr(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<Value, TemplateError> {
        match expr {
            Expr::Literal(value) => Ok(value.clone()),
            Expr::Path(path) => Ok(self.get(path, scope)?.unwrap_or_default()),
            Expr::Call(call) => self.call(call, None, scope),
        }
    }

    /// The first parameter, or `this`.
    pub(super) fn context(
        &mut self,
        call: &CallExpr,
        scope: &Scope<'_>,
    ) -> Result<Value, TemplateError> {
        match call.params.first() {
            Some(param) => self.expr(param, scope),
            None => Ok(self.get(&[Step::Whole { is_this: true }], scope)?.unwrap_or_default()),
        }
    }

    /// A helper called inline or as a block.
    pub(super) fn call(
        &mut self,
        call: &CallExpr,
        block: Option<(&Arm, Arms<'_>)>,
        scope: &Scope<'_>,
    ) -> Result<Value, TemplateError> {
        self.step()?;
        let helper = match call.callee {
            Callee::Helper(helper) => helper,
            Callee::Lookup => return self.lookup(call, scope),
            // Blocks without a block: there is nothing to render.
            Callee::Each | Callee::If | Callee::Unless | Callee::With => {
                return Ok(Value::text(""));
            }
        };
        let mut params = Vec::with_capacity(call.params.len());
        for param in &call.params {
            params.push(self.expr(param, scope)?);
        }
        let mut hash = Vec::with_capacity(call.hash.len());
        for (name, value) in &call.hash {
            hash.push((Arc::clone(name), self.expr(value, scope)?));
        }
        let is_block = block.is_some();
        let mut site = Site { renderer: self, scope, block };
        let result = helper(&mut Call::new(&call.name, &params, &hash, is_block, &mut site));
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        match result {
            Ok(value) if value.is_too_large() => {
                let message = format!("`{}` gives a value that is too large", call.name);
                Err(self.error(call.at, message))
            }
            Ok(value) => Ok(value),
            Err(error) => Err(self.error(call.at, format!("`{}`: {error}", call.name))),
        }
    }

    /// `lookup`: a path within a value; the value itself where the path leads nowhere.
    fn lookup(&mut self, call: &CallExpr, scope: &Scope<'_>) -> Result<Value, TemplateError> {
        let within = self.context(call, scope)?;
        let Some(param) = call.params.get(1) else { return Ok(within) };
        if within.is_nothing() {
            return Ok(within);
        }
        let path = self.expr(param, scope)?;
        if path.is_nothing() {
            let message = "the second parameter of `lookup` has no value";
            return Err(self.error(call.at, message));
        }
        let steps = path::steps(&path.printed());
        if steps.is_empty() {
            return Ok(within);
        }
        let inner = scope.within(within, Extra::None);
        Ok(self.get(&steps, &inner)?.unwrap_or_else(|| inner.this()))
    }
}

/// Where a helper is called.
struct Site<'s, 'r, 'e> {
    renderer: &'s mut Renderer<'r, 'e>,
    scope: &'s Scope<'s>,
    block: Option<(&'s Arm, Arms<'s>)>,
}

impl Site<'_, '_, '_> {
    fn branch(&mut self, branch: Branch, given: Given) -> Result<String, TemplateError> {
        let mut out = String::new();
        let Some((arm, after)) = self.block else { return Ok(out) };
        let scope = self.scope;
        let Given { this, block_params, data } = given;
        let inner;
        let scope = if this.is_none() && data.is_empty() {
            scope
        } else {
            inner = scope.within(this.unwrap_or_else(|| scope.this()), Extra::Named(&data));
            &inner
        };
        match branch {
            Branch::Body => self.renderer.body(arm, &block_params, scope, &mut out)?,
            Branch::Inverse => self.renderer.arms(after, scope, &mut out)?,
        }
        // It is counted again where the helper's result is put.
        self.renderer.room = self.renderer.room.saturating_add(out.len()).min(MAX_OUTPUT);
        Ok(out)
    }
}

impl<'e> Host<'e> for Site<'_, '_, 'e> {
    fn this(&mut self) -> Value {
        let whole = [Step::Whole { is_this: true }];
        self.renderer.get(&whole, self.scope).ok().flatten().unwrap_or_default()
    }

    fn lookup(&mut self, path: &str) -> Result<Value, HelperError> {
        let steps = path::steps(path);
        if steps.is_empty() {
            return Err(HelperError::new(format!("`{path}` names nothing")));
        }
        let found = self.renderer.get(&steps, self.scope);
        found.map(Option::unwrap_or_default).map_err(|error| HelperError::new(error.message))
    }

    fn assign(&mut self, name: &str, value: Value) {
        let data = &mut self.renderer.data;
        match data.iter_mut().find(|(known, _)| **known == *name) {
            Some((_, old)) => *old = value,
            None => data.push((name.into(), value)),
        }
    }

    fn render(&mut self, branch: Branch, scope: Given) -> Result<String, HelperError> {
        self.branch(branch, scope).map_err(|error| {
            let message = error.message.clone();
            self.renderer.failed = Some(error);
            HelperError::new(message)
        })
    }

    fn json(&mut self, text: &Arc<str>) -> Result<Arc<Json>, JsonError> {
        let parsed = &mut self.renderer.parsed;
        if let Some((_, json)) = parsed.iter().find(|(known, _)| Arc::ptr_eq(known, text)) {
            return Ok(Arc::clone(json));
        }
        let json = Arc::new(json::parse(text)?);
        if parsed.len() == MAX_PARSED {
            parsed.clear();
        }
        parsed.push((Arc::clone(text), Arc::clone(&json)));
        Ok(json)
    }

    fn env(&mut self) -> &mut Env<'e> {
        self.renderer.env
    }
}
