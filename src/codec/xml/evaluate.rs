//! What an XPath 1.0 expression comes to on a document, in a bounded number of steps.

use super::{
    axis::{Axis, Item, is_all_cdata, is_rest_of_text, text},
    document::{Document, Kind},
    expression::{Expression, Operator, Path, Step, Test},
    number,
    value::{Value, compare},
};

/// Nodes visited and characters read, in 16s, that one evaluation may take.
pub const MAX_WORK: usize = 2_000_000;

/// The expression takes more than [`MAX_WORK`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

/// A node that an expression is evaluated at, and its place among others.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The node.
    pub item: Item,
    /// From 1.
    pub position: usize,
    /// How many there are.
    pub size: usize,
}

/// An evaluation.
pub struct Evaluator<'d> {
    /// What is searched.
    pub document: &'d Document,
    /// Names are compared with their namespaces.
    pub is_aware: bool,
    work_left: usize,
}

impl<'d> Evaluator<'d> {
    /// With all work before it.
    pub const fn new(document: &'d Document, is_aware: bool) -> Self {
        Self { document, is_aware, work_left: MAX_WORK }
    }

    /// Counts the reading of `n` characters.
    ///
    /// # Errors
    ///
    /// The work is at its end.
    pub fn spend(&mut self, n: usize) -> Result<(), Exhausted> {
        self.work_left = self.work_left.checked_sub(1 + n / 16).ok_or(Exhausted)?;
        Ok(())
    }

    /// What `expression` comes to at `context`.
    ///
    /// # Errors
    ///
    /// It takes more than [`MAX_WORK`].
    pub fn value(&mut self, expression: &Expression, context: Context) -> Result<Value, Exhausted> {
        self.spend(0)?;
        match expression {
            Expression::Call(function, arguments) => self.call(*function, arguments, context),
            Expression::Chain(first, rest) => self.chain(first, rest, context),
            Expression::Filter { base, predicates, steps } => {
                let value = self.value(base, context)?;
                let Value::Nodes(mut items) = value else { return Ok(value) };
                for predicate in predicates {
                    items = self.select(items, predicate)?;
                }
                Ok(Value::Nodes(self.steps(items, steps, false)?))
            }
            Expression::Literal(literal) => {
                self.spend(literal.len())?;
                Ok(Value::Text(literal.clone()))
            }
            Expression::Negation(inner) => {
                let value = self.value(inner, context)?;
                Ok(Value::Number(-value.to_number(self.document)))
            }
            Expression::Number(number) => Ok(Value::Number(*number)),
            Expression::Path(path) => Ok(Value::Nodes(self.path(path, context)?)),
            Expression::Union(parts) => {
                let mut items = Vec::new();
                for part in parts {
                    if let Value::Nodes(found) = self.value(part, context)? {
                        items.extend(found);
                    }
                }
                Ok(Value::Nodes(in_order(items)))
            }
        }
    }

    fn chain(
        &mut self,
        first: &Expression,
        rest: &[(Operator, Expression)],
        context: Context,
    ) -> Result<Value, Exhausted> {
        let mut left = self.value(first, context)?;
        for (operator, next) in rest {
            if matches!(operator, Operator::Or | Operator::And) {
                let is_decided = left.to_bool() == (*operator == Operator::Or);
                left = if is_decided {
                    Value::Bool(left.to_bool())
                } else {
                    Value::Bool(self.value(next, context)?.to_bool())
                };
                continue;
            }
            let right = self.value(next, context)?;
            self.spend(left.weight(self.document) + right.weight(self.document))?;
            let numbers = (left.to_number(self.document), right.to_number(self.document));
            left = match operator {
                Operator::Add => Value::Number(numbers.0 + numbers.1),
                Operator::Subtract => Value::Number(numbers.0 - numbers.1),
                Operator::Multiply => Value::Number(numbers.0 * numbers.1),
                Operator::Divide => Value::Number(numbers.0 / numbers.1),
                Operator::Modulo => Value::Number(numbers.0 % numbers.1),
                _ => Value::Bool(compare(self.document, &left, *operator, &right)),
            };
        }
        Ok(left)
    }

    fn path(&mut self, path: &Path, context: Context) -> Result<Vec<Item>, Exhausted> {
        let from = if path.is_absolute { Item::node(Document::ROOT) } else { context.item };
        self.steps(vec![from], &path.steps, path.is_exact)
    }

    fn steps(
        &mut self,
        from: Vec<Item>,
        steps: &[Step],
        is_exact: bool,
    ) -> Result<Vec<Item>, Exhausted> {
        let mut items = from;
        for (i, step) in steps.iter().enumerate() {
            items = self.step(items, step, is_exact && i + 1 == steps.len())?;
        }
        Ok(items)
    }

    fn step(
        &mut self,
        from: Vec<Item>,
        step: &Step,
        is_exact: bool,
    ) -> Result<Vec<Item>, Exhausted> {
        let goes_by_position = step.predicates.iter().any(Expression::is_positional);
        let mut found = Vec::new();
        let mut covered = 0;
        for item in from {
            // All that lies below a node has been found from the node that holds it.
            if step.axis.is_nested() && !goes_by_position && item.attribute == 0 {
                let end = self.document.end(item.node).0;
                if end <= covered {
                    continue;
                }
                covered = end;
            }
            let mut near = Vec::new();
            for candidate in step.axis.items(self.document, item) {
                self.spend(0)?;
                if self.is_wanted(candidate, step.axis, &step.test, is_exact) {
                    near.push(candidate);
                }
            }
            if goes_by_position {
                for predicate in &step.predicates {
                    near = self.select(near, predicate)?;
                }
            }
            found.extend(near);
        }
        let mut found = in_order(found);
        if !goes_by_position {
            for predicate in &step.predicates {
                found = self.select(found, predicate)?;
            }
        }
        Ok(found)
    }

    /// Those of `items` for which `predicate` holds. A number is a position; the JDK cuts off
    /// what stands behind its point.
    fn select(&mut self, items: Vec<Item>, predicate: &Expression) -> Result<Vec<Item>, Exhausted> {
        let size = items.len();
        let mut kept = Vec::new();
        for (item, position) in items.into_iter().zip(1..) {
            let value = self.value(predicate, Context { item, position, size })?;
            let holds = match value {
                Value::Number(number) => number.trunc() == position as f64,
                value => value.to_bool(),
            };
            if holds {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    fn is_wanted(&self, item: Item, axis: Axis, test: &Test, is_exact: bool) -> bool {
        let document = self.document;
        let is_attribute = item.attribute > 0;
        let kind = document.kind(item.node);
        match test {
            Test::Node => !is_rest_of_text(document, item),
            Test::Nothing => false,
            Test::Comment => !is_attribute && kind == Kind::Comment,
            Test::Text => {
                let is_text = !is_attribute && matches!(kind, Kind::Text | Kind::CData);
                let is_hidden = is_exact && is_text && is_all_cdata(document, item.node);
                is_text && !is_hidden && !is_rest_of_text(document, item)
            }
            Test::Instruction(target) => {
                !is_attribute
                    && kind == Kind::Instruction
                    && target
                        .as_ref()
                        .is_none_or(|target| document.name(item.node).written() == target)
            }
            Test::AnyName | Test::Name { .. } | Test::Namespace(_) => {
                if is_attribute != (axis == Axis::Attribute)
                    || (!is_attribute && kind != Kind::Element)
                {
                    return false;
                }
                match test {
                    Test::Namespace(uri) => self.namespace(item) == uri,
                    Test::Name { uri, local } => {
                        let name = name(document, item);
                        if self.is_aware {
                            name.local() == local && self.namespace(item) == uri
                        } else {
                            local == if is_exact { name.written() } else { name.local() }
                        }
                    }
                    _ => true,
                }
            }
        }
    }

    /// The namespace of an element or an attribute as this evaluation sees it.
    pub fn namespace(&self, item: Item) -> &'d str {
        let document = self.document;
        if !self.is_aware {
            return "";
        }
        match item.attribute.checked_sub(1) {
            None => document.namespace(item.node),
            Some(at) => document
                .attributes(item.node)
                .get(at as usize)
                .map_or("", |attribute| document.attribute_namespace(attribute)),
        }
    }

    /// The text of `expression`'s value.
    ///
    /// # Errors
    ///
    /// As [`Self::value`].
    pub fn text(&mut self, expression: &Expression, context: Context) -> Result<String, Exhausted> {
        let value = self.value(expression, context)?;
        if let Value::Nodes(items) = &value {
            self.spend(items.first().map_or(0, |&item| text(self.document, item).len()))?;
        }
        Ok(value.into_text(self.document))
    }

    /// The number of `expression`'s value.
    ///
    /// # Errors
    ///
    /// As [`Self::value`].
    pub fn number(&mut self, expression: &Expression, context: Context) -> Result<f64, Exhausted> {
        Ok(match self.value(expression, context)? {
            Value::Text(text) => number::parse(&text),
            value => value.to_number(self.document),
        })
    }
}

/// The name of an element, an attribute or an instruction.
pub fn name(document: &Document, item: Item) -> &super::document::Name {
    match item
        .attribute
        .checked_sub(1)
        .and_then(|at| document.attributes(item.node).get(at as usize))
    {
        Some(attribute) => document.attribute_name(attribute),
        None => document.name(item.node),
    }
}

fn in_order(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_unstable();
    items.dedup();
    items
}
