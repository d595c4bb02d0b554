//! Header fields of an answer: a name with its value, or with a list of them.

use crate::{
    codec::json::{Member, Node, NodeValue},
    format::{
        fields::{expected, items, span_of, text},
        problem::Problems,
    },
    model::{Headers, Json},
};

/// Reads fields; those of a list stand one after the other.
pub(in crate::format) fn read(members: Vec<Member>, problems: &mut Problems) -> Headers {
    let mut headers = Headers::with_capacity(members.len());
    for Member { name, name_start, name_end, value } in members {
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            problems.add(name_start..name_end, format!("`{name}` cannot be a header name"));
        }
        let values = match value.value {
            NodeValue::Array(_) => items(value, &name, problems),
            NodeValue::Null | NodeValue::Object(_) => {
                expected(&value, &name, "a string or a list of strings", problems);
                continue;
            }
            _ => vec![value],
        };
        for value in values {
            if let Some(value) = field_value(value, &name, problems) {
                headers.push(name.as_str(), value);
            }
        }
    }
    headers
}

/// Writes fields: all values of a name at the place of its first.
pub(in crate::format) fn write(headers: &Headers) -> Json {
    let mut members: Vec<(String, Json)> = Vec::new();
    for (name, value) in headers.iter() {
        match members.iter_mut().find(|(earlier, _)| earlier == name) {
            Some((_, Json::Array(values))) => values.push(value.into()),
            Some((_, first)) => *first = Json::Array(vec![first.clone(), value.into()]),
            None => members.push((name.to_owned(), value.into())),
        }
    }
    Json::Object(members)
}

/// The names in order, when [`write`] would bring them into another: a name's fields stand apart.
pub(super) fn order(headers: &Headers) -> Option<Vec<&str>> {
    let names: Vec<&str> = headers.iter().map(|(name, _)| name).collect();
    let stands_apart = |(at, name): (usize, &&str)| {
        let before = names.get(..at).unwrap_or_default();
        before.contains(name) && before.last() != Some(name)
    };
    names.iter().enumerate().any(stands_apart).then_some(names)
}

/// Brings fields into the order that [`order`] gave. Fields that it does not name, since a person
/// added them later, come last.
pub(super) fn reorder(headers: &Headers, order: &[String]) -> Headers {
    let mut left: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut ordered = Vec::with_capacity(left.len());
    for name in order {
        if let Some(at) = left.iter().position(|(other, _)| other == name) {
            ordered.push(left.remove(at));
        }
    }
    ordered.append(&mut left);
    ordered.into()
}

fn field_value(node: Node, name: &str, problems: &mut Problems) -> Option<String> {
    let span = span_of(&node);
    let value = text(node, name, problems)?;
    if value.chars().any(|c| c.is_ascii_control() && c != '\t') {
        problems.add(span, format!("the value of header `{name}` has a control character in it"));
    }
    Some(value)
}
