//! Scopes: which value a path means at a place of a template. Follows `Context` of Handlebars.java 4,
//! its oddities with block parameters included.

use std::sync::Arc;

use super::{member::member, model::Model, path::Step};
use crate::render::template::Value;

/// A scope within others.
pub(super) struct Scope<'p> {
    pub(super) this: This<'p>,
    pub(super) extra: Extra<'p>,
    kind: Kind,
    pub(super) parent: Option<&'p Self>,
}

/// What `this` is.
pub(super) enum This<'p> {
    Model(&'p dyn Model),
    Value(Value),
    /// The names of block parameters and their values.
    Names(&'p [(Arc<str>, Value)]),
}

/// Names that a scope has beside what `this` has.
pub(super) enum Extra<'p> {
    None,
    Item { index: i64, at: usize, is_last: bool, key: Option<&'p str> },
    Named(&'p [(&'static str, Value)]),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// Holds block parameters.
    Names,
    /// Somewhere within block parameters: what the scopes around know comes first.
    ParentFirst,
}

/// What a search has found.
enum Found {
    Value(Value),
    /// The first name was there, what follows it was not: nobody looks further.
    Nothing,
    /// Not even the first name was there.
    Not,
}

/// The names that hold in the whole rendering (`assign`), and how much searching it may yet do.
pub(super) struct Search<'d> {
    pub(super) data: &'d [(Box<str>, Value)],
    pub(super) left: u64,
}

impl<'p> Scope<'p> {
    pub(super) fn root(model: &'p dyn Model) -> Self {
        Self { this: This::Model(model), extra: Extra::None, kind: Kind::Plain, parent: None }
    }

    /// A scope within this one.
    pub(super) fn within(&'p self, value: Value, extra: Extra<'p>) -> Self {
        let kind = if self.kind == Kind::Plain { Kind::Plain } else { Kind::ParentFirst };
        Self { this: This::Value(value), extra, kind, parent: Some(self) }
    }

    /// Block parameters within this scope.
    pub(super) fn naming(&'p self, names: &'p [(Arc<str>, Value)]) -> Self {
        Self { this: This::Names(names), extra: Extra::None, kind: Kind::Names, parent: Some(self) }
    }

    /// Its own `this`.
    pub(super) fn this(&self) -> Value {
        match &self.this {
            This::Model(model) => model.whole(),
            This::Value(value) => value.clone(),
            This::Names(names) => Value::map(
                names
                    .iter()
                    .map(|(name, value)| (name.as_ref().to_owned(), value.clone()))
                    .collect(),
            ),
        }
    }

    /// The value of a path seen from here.
    pub(super) fn get(&self, path: &[Step], search: &mut Search<'_>) -> Option<Value> {
        search.left = search.left.checked_sub(1)?;
        let parent = self.parent;
        match (self.kind, path, parent) {
            (Kind::ParentFirst, _, Some(parent)) => {
                if let Some(value) = parent.get(path, search) {
                    return Some(value);
                }
            }
            (Kind::Names, [Step::Whole { is_this: true }], Some(parent)) => {
                return Some(parent.this());
            }
            (
                Kind::Names,
                [Step::Parent | Step::This { is_dot: true }, rest @ ..],
                Some(parent),
            ) if !rest.is_empty() => {
                return parent.get(rest, search);
            }
            _ => {}
        }
        self.own(path, search)
    }

    fn own(&self, path: &[Step], search: &mut Search<'_>) -> Option<Value> {
        let first = path.first()?;
        if first.is_local() {
            let found = self.walk(path, search);
            return found.filter(|value| !value.is_nothing());
        }
        let mut scope = Some(self);
        while let Some(here) = scope {
            search.left = search.left.checked_sub(1)?;
            for found in [here.in_this(path), here.in_extra(path), here.in_data(path, search)] {
                match found {
                    Found::Value(value) => return Some(value),
                    Found::Nothing => return None,
                    Found::Not => {}
                }
            }
            scope = here.parent;
        }
        None
    }

    /// A path that begins with `this`, `./` or `../`.
    fn walk(&self, path: &[Step], search: &mut Search<'_>) -> Option<Value> {
        match path {
            [Step::Whole { .. }, ..] => Some(self.this()),
            // Where the parent is no map, `..` is what `.` is.
            [Step::WholeParent, ..] => match self.parent?.this() {
                parent @ Value::Map(_) => Some(parent),
                _ => Some(self.this()),
            },
            [Step::Parent, rest @ ..] => self.parent?.get(rest, search),
            [Step::This { .. }, rest @ ..] => match rest {
                [] => Some(self.this()),
                [Step::Parent | Step::WholeParent | Step::Whole { .. } | Step::This { .. }, ..] => {
                    self.walk(rest, search)
                }
                _ => match self.in_this(rest) {
                    Found::Value(value) => Some(value),
                    _ => None,
                },
            },
            _ => None,
        }
    }

    fn in_this(&self, path: &[Step]) -> Found {
        let (value, taken) = match &self.this {
            This::Model(model) => match model.resolve(path) {
                Some((value, taken)) => (value, taken.max(1)),
                None => return Found::Not,
            },
            This::Value(value) => match path.first().and_then(|step| member(value, step)) {
                Some(value) => (value, 1),
                None => return Found::Not,
            },
            This::Names(names) => {
                let name = path.first().and_then(Step::name);
                match names.iter().find(|(known, _)| Some(&**known) == name) {
                    Some((_, value)) if !value.is_nothing() => (value.clone(), 1),
                    _ => return Found::Not,
                }
            }
        };
        follow(value, path.get(taken..).unwrap_or_default())
    }

    fn in_extra(&self, path: &[Step]) -> Found {
        let Some(Step::Data(name)) = path.first() else { return Found::Not };
        let value = match &self.extra {
            Extra::None => None,
            Extra::Named(named) => {
                named.iter().find(|(known, _)| **known == **name).map(|(_, value)| value.clone())
            }
            Extra::Item { index, at, is_last, key } => {
                let flag = |is_set: bool, name: &str| Value::text(if is_set { name } else { "" });
                let is_list = key.is_none();
                match &**name {
                    "index" => Some(Value::int(*index)),
                    "key" => Some(key.map_or_else(|| Value::int(*index), Value::text)),
                    "first" => Some(flag(*at == 0, "first")),
                    "last" => Some(flag(*is_last, "last")),
                    "odd" if is_list => Some(flag(index % 2 != 0, "odd")),
                    "even" if is_list => Some(flag(index % 2 == 0, "even")),
                    "index_1" if is_list => Some(Value::int(index + 1)),
                    _ => None,
                }
            }
        };
        value.map_or(Found::Not, |value| follow(value, path.get(1..).unwrap_or_default()))
    }

    fn in_data(&self, path: &[Step], search: &Search<'_>) -> Found {
        let Some(first) = path.first() else { return Found::Not };
        let rest = path.get(1..).unwrap_or_default();
        let Some(name) = first.name() else { return Found::Not };
        if name == "root" && matches!(first, Step::Data(_) | Step::Property(_)) {
            let mut root = self;
            while let Some(parent) = root.parent {
                root = parent;
            }
            return if rest.is_empty() { Found::Value(root.this()) } else { root.in_this(rest) };
        }
        match search.data.iter().find(|(known, _)| **known == *name) {
            Some((_, value)) => follow(value.clone(), rest),
            None => Found::Not,
        }
    }
}

fn follow(mut value: Value, path: &[Step]) -> Found {
    for step in path {
        if matches!(step, Step::This { .. }) {
            continue;
        }
        match member(&value, step) {
            Some(next) => value = next,
            None => return Found::Nothing,
        }
    }
    if value.is_nothing() { Found::Nothing } else { Found::Value(value) }
}
