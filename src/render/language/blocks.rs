//! Renders blocks: `if`, `unless`, `with`, `each`, sections, and chains of `else`.

use std::sync::Arc;

use super::{
    ast::{Arm, Arms, Callee, Head},
    error::TemplateError,
    render::Renderer,
    scope::{Extra, Scope, This},
};
use crate::render::template::Value;

impl Renderer<'_, '_> {
    /// Renders the first arm whose head says so, or what follows the last.
    pub(super) fn arms(
        &mut self,
        mut rest: Arms<'_>,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        while let Some((arm, after)) = rest.next() {
            self.step()?;
            if self.arm(arm, after, scope, out)? {
                return Ok(());
            }
            rest = after;
        }
        self.nodes(rest.otherwise, scope, out)
    }

    /// Renders an arm if its head says so, and says whether that was so. A helper sees to the arms
    /// after it itself.
    fn arm(
        &mut self,
        arm: &Arm,
        after: Arms<'_>,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<bool, TemplateError> {
        match &arm.head {
            Head::Section { path, is_inverted } => {
                let value = self.get(path, scope)?.unwrap_or_default();
                match &value {
                    _ if *is_inverted => self.plain(arm, !value.is_truthy(), scope, out),
                    Value::List(_) | Value::Multi(_) | Value::Path(_) => {
                        self.each(arm, &value, 0, scope, out)
                    }
                    Value::Bool(is_true) => self.plain(arm, *is_true, scope, out),
                    _ => self.with(arm, value, scope, out),
                }
            }
            Head::Call(call) => match call.callee {
                Callee::If => {
                    let is_true = self.context(call, scope)?.is_truthy();
                    self.plain(arm, is_true, scope, out)
                }
                Callee::Unless => {
                    let is_true = self.context(call, scope)?.is_truthy();
                    self.plain(arm, !is_true, scope, out)
                }
                Callee::With => {
                    let value = self.context(call, scope)?;
                    self.with(arm, value, scope, out)
                }
                Callee::Each => {
                    let value = self.context(call, scope)?;
                    let base = match call.hash.iter().find(|(name, _)| &**name == "base") {
                        Some((_, base)) => self.expr(base, scope)?,
                        None => Value::Absent,
                    };
                    let base = match base {
                        Value::Number(number) => number.as_i64().unwrap_or(0),
                        _ => 0,
                    };
                    self.each(arm, &value, base, scope, out)
                }
                Callee::Lookup | Callee::Helper(_) => {
                    let value = self.call(call, Some((arm, after)), scope)?;
                    let before = out.len();
                    self.print(&value, out)?;
                    self.take_room(out.len() - before)?;
                    Ok(true)
                }
            },
        }
    }

    fn plain(
        &mut self,
        arm: &Arm,
        is_true: bool,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<bool, TemplateError> {
        if is_true {
            // Its only value is `this`.
            self.body(arm, &[], scope, out)?;
        }
        Ok(is_true)
    }

    fn with(
        &mut self,
        arm: &Arm,
        value: Value,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<bool, TemplateError> {
        if !value.is_truthy() {
            return Ok(false);
        }
        // What is `this` already gets no scope of its own.
        if matches!(&scope.this, This::Value(this) if this.is_same(&value)) {
            self.body(arm, &[value], scope, out)?;
        } else {
            let inner = scope.within(value.clone(), Extra::None);
            self.body(arm, &[value], &inner, out)?;
        }
        Ok(true)
    }

    fn each(
        &mut self,
        arm: &Arm,
        value: &Value,
        base: i64,
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<bool, TemplateError> {
        if let Value::Map(map) = value {
            let entries = map.entries();
            for (at, (key, value)) in entries.iter().enumerate() {
                let index = i64::try_from(at).unwrap_or(i64::MAX);
                let is_last = at + 1 == entries.len();
                let extra = Extra::Item { index, at, is_last, key: Some(key) };
                self.step()?;
                let inner = scope.within(value.clone(), extra);
                self.body(arm, &[value.clone(), Value::text(key.as_str())], &inner, out)?;
            }
            return Ok(!entries.is_empty());
        }
        let items = value.items().unwrap_or_default();
        let length = items.len();
        for (at, item) in items.into_iter().enumerate() {
            let index = base.saturating_add(i64::try_from(at).unwrap_or(i64::MAX));
            let extra = Extra::Item { index, at, is_last: at + 1 == length, key: None };
            self.step()?;
            let inner = scope.within(item.clone(), extra);
            self.body(arm, &[item, Value::int(index)], &inner, out)?;
        }
        Ok(length > 0)
    }

    /// The body of a block, `values` under the names that the block gives; without values `this`
    /// under the first.
    pub(super) fn body(
        &mut self,
        arm: &Arm,
        values: &[Value],
        scope: &Scope<'_>,
        out: &mut String,
    ) -> Result<(), TemplateError> {
        if arm.names.is_empty() {
            return self.nodes(&arm.body, scope, out);
        }
        let this = if values.is_empty() { vec![scope.this()] } else { Vec::new() };
        let values = if values.is_empty() { &this } else { values };
        // `with` sets none if there are more; `each` sets those for which it has values.
        let names: Vec<(Arc<str>, Value)> = if arm.names.len() > 1 && values.len() == 1 {
            Vec::new()
        } else {
            arm.names.iter().map(Arc::clone).zip(values.iter().cloned()).collect()
        };
        self.nodes(&arm.body, &scope.naming(&names), out)
    }
}
