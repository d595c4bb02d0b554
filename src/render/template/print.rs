//! How values print: as Java's collections do, or as the JSON libraries behind `jsonPath`.

use std::{fmt::Write as _, sync::Arc};

use super::value::{Print, Value};

impl Value {
    /// What it prints as, `None` if it is nothing.
    pub fn to_text(&self) -> Option<Arc<str>> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Text(text) | Self::Word(text) => Some(Arc::clone(text)),
            other => Some(other.printed().into()),
        }
    }

    /// What it prints as; nothing prints as the empty text.
    pub fn printed(&self) -> String {
        let mut out = String::new();
        self.print_to(&mut out);
        out
    }

    /// Appends what it prints as. A value within the bounds (`Value::is_too_large`) prints a few
    /// times its weight.
    pub fn print_to(&self, out: &mut String) {
        if !self.is_nothing() {
            java(self, out);
        }
    }
}

/// `String.valueOf`.
fn java(value: &Value, out: &mut String) {
    match value {
        Value::Absent | Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => push(out, format_args!("{number}")),
        Value::List(list) if list.print() == Print::Java => {
            out.push('[');
            for (at, item) in list.items().iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                java(item, out);
            }
            out.push(']');
        }
        Value::List(list) if list.print() == Print::First => {
            if let Some(first) = list.items().first() {
                java(first, out);
            }
        }
        Value::Map(map) if map.print() == Print::Java => {
            out.push('{');
            for (at, (key, value)) in map.entries().iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                out.push_str(key);
                out.push('=');
                java(value, out);
            }
            out.push('}');
        }
        Value::List(_) => compact(value, out),
        Value::Map(_) => pretty(value, 0, out),
        Value::Text(_)
        | Value::Word(_)
        | Value::Multi(_)
        | Value::Path(_)
        | Value::Date(_)
        | Value::Node(_) => {
            out.push_str(value.as_str().unwrap_or_default());
        }
    }
}

/// json-smart's `JSONArray.toString`: no white space, `/` escaped.
fn compact(value: &Value, out: &mut String) {
    match value {
        Value::Absent | Value::Null => out.push_str("null"),
        Value::Bool(_) | Value::Number(_) => java(value, out),
        Value::List(list) => {
            out.push('[');
            for (at, item) in list.items().iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                compact(item, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (at, (key, value)) in map.entries().iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                quoted(key, true, out);
                out.push(':');
                compact(value, out);
            }
            out.push('}');
        }
        Value::Text(_)
        | Value::Word(_)
        | Value::Multi(_)
        | Value::Path(_)
        | Value::Date(_)
        | Value::Node(_) => {
            quoted(value.as_str().unwrap_or_default(), true, out);
        }
    }
}

/// Jackson's default pretty printer: a member a line, arrays on one, members that are null left out.
fn pretty(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Absent | Value::Null => out.push_str("null"),
        Value::Bool(_) | Value::Number(_) => java(value, out),
        Value::List(list) if list.items().is_empty() => out.push_str("[ ]"),
        Value::List(list) => {
            out.push_str("[ ");
            for (at, item) in list.items().iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                pretty(item, depth, out);
            }
            out.push_str(" ]");
        }
        Value::Map(map) => {
            let mut members =
                map.entries().iter().filter(|(_, value)| !value.is_nothing()).peekable();
            if members.peek().is_none() {
                return out.push_str("{ }");
            }
            out.push('{');
            for (at, (key, value)) in members.enumerate() {
                out.push_str(if at == 0 { "\n" } else { ",\n" });
                indent(depth + 1, out);
                quoted(key, false, out);
                out.push_str(" : ");
                pretty(value, depth + 1, out);
            }
            out.push('\n');
            indent(depth, out);
            out.push('}');
        }
        Value::Text(_)
        | Value::Word(_)
        | Value::Multi(_)
        | Value::Path(_)
        | Value::Date(_)
        | Value::Node(_) => {
            quoted(value.as_str().unwrap_or_default(), false, out);
        }
    }
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn quoted(text: &str, escapes_slash: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if escapes_slash => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => push(out, format_args!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    fn json_path(text: &str) -> String {
        Value::from_json_path(&json::parse(text).unwrap()).printed()
    }

    #[test]
    fn collections_print_as_javas() {
        let json = json::parse(r#"{"a":[1,{"b":null}],"c":"x"}"#).unwrap();
        assert_eq!(Value::from_json(&json).printed(), "{a=[1, {b=null}], c=x}");
        let list = Value::list(vec![Value::int(1), Value::text("two"), Value::Bool(true)]);
        assert_eq!(list.printed(), "[1, two, true]");
    }

    #[test]
    fn what_json_path_returns_prints_as_json() {
        assert_eq!(json_path(r#"[{"x":[1,{"y":"a/b"}]}]"#), r#"[{"x":[1,{"y":"a\/b"}]}]"#);
        assert_eq!(
            json_path(r#"{"x":[1,{"y":2}],"e":{},"l":[],"n":null}"#),
            "{\n  \"x\" : [ 1, {\n    \"y\" : 2\n  } ],\n  \"e\" : { },\n  \"l\" : [ ]\n}"
        );
    }
}
