//! What a name or index means within a value: the value resolvers of Handlebars.java, and what
//! WireMock's own classes add.

use super::path::Step;
use crate::render::template::{Print, Value};

/// The member of a value; `None` when it has none, or null.
pub(super) fn member(value: &Value, step: &Step) -> Option<Value> {
    let found = match step {
        Step::Index(index, name) => indexed(value, *index, name),
        Step::Property(name) => named(value, name),
        Step::Data(name) => named(value, &format!("@{name}")).or_else(|| named(value, name)),
        _ => None,
    };
    found.filter(|value| !value.is_nothing())
}

fn indexed(value: &Value, index: i32, name: &str) -> Option<Value> {
    match value {
        Value::List(list) => list.items().get(usize::try_from(index).ok()?).cloned(),
        // `ListOrSingle` counts negative indices from before the last.
        Value::Multi(values) => {
            let last = i64::try_from(values.len()).ok()? - 1;
            let index = i64::from(index);
            let index = if index < 0 { last + index } else { index };
            values.get(usize::try_from(index).ok()?).map(|value| Value::Text(value.clone()))
        }
        Value::Path(path) => {
            let index = usize::try_from(index).ok()?;
            path.segments.get(index).map(|value| Value::Text(value.clone()))
        }
        Value::Map(map) => map.get(name).cloned(),
        _ => None,
    }
}

fn named(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Map(map) => map
            .get(name)
            .filter(|value| !value.is_nothing())
            .cloned()
            .or_else(|| collection(name, map.entries().len())),
        Value::List(list) => match name {
            "first" if list.print() == Print::First => list.items().first().cloned(),
            "last" if list.print() == Print::First => list.items().last().cloned(),
            _ => collection(name, list.items().len()),
        },
        Value::Node(node) => match name {
            "name" => Some(Value::Text(node.name.clone())),
            "text" => Some(Value::Text(node.text.clone())),
            "attributes" => Some(node.attributes()),
            _ => None,
        },
        Value::Multi(values) => match name {
            "first" => values.first().map(|value| Value::Text(value.clone())),
            "last" => values.last().map(|value| Value::Text(value.clone())),
            _ => collection(name, values.len()),
        },
        Value::Path(path) => path
            .variables
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| Value::Text(value.clone()))
            .or_else(|| collection(name, path.items().count())),
        Value::Text(text) => text_property(text, name),
        _ => None,
    }
}

/// Methods of Java's collections that templates reach by their names.
fn collection(name: &str, length: usize) -> Option<Value> {
    match name {
        "size" | "length" => i64::try_from(length).ok().map(Value::int),
        "empty" | "isEmpty" => Some(Value::Bool(length == 0)),
        _ => None,
    }
}

/// Methods of Java's `String` that templates reach by their names.
fn text_property(text: &str, name: &str) -> Option<Value> {
    match name {
        "length" => i64::try_from(text.encode_utf16().count()).ok().map(Value::int),
        "empty" | "isEmpty" => Some(Value::Bool(text.is_empty())),
        "blank" | "isBlank" => Some(Value::Bool(text.trim().is_empty())),
        "toLowerCase" => Some(Value::text(text.to_lowercase())),
        "toUpperCase" => Some(Value::text(text.to_uppercase())),
        "trim" | "strip" => Some(Value::text(text.trim())),
        _ => None,
    }
}
