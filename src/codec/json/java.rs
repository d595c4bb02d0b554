//! JSON values as texts, as Java libraries print them: what WireMock hands from a JSONPath to the
//! matcher of what it finds.

use std::fmt::Write as _;

use super::writer::write;
use crate::model::{Json, JsonStyle};

/// json-smart keeps the digits of longer decimals.
const MAX_DOUBLE_TEXT: usize = 18;

/// As Jackson's default pretty printer writes it: two spaces a level, arrays on one line; numbers as
/// `spell` has them.
pub fn pretty(value: &Json, spell: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    push_pretty(&mut out, value, 0, spell);
    out
}

/// As `toString` of Jayway's values gives it: text as it is, a decimal as a double, a map as
/// `{a=1}`; an array is JSON.
pub fn to_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Number(spelled) => number(spelled),
        Json::Object(members) => {
            let mut out = String::from("{");
            for (at, (name, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(name);
                out.push('=');
                out.push_str(&to_text(value));
            }
            out.push('}');
            out
        }
        Json::Null | Json::Bool(_) | Json::Array(_) => write(value, JsonStyle::default()),
    }
}

/// A whole number as it is, any other as a double, unless that would lose digits.
pub fn number(spelled: &str) -> String {
    let is_whole = !spelled.contains(['.', 'e', 'E']);
    if is_whole || spelled.len() > MAX_DOUBLE_TEXT {
        return spelled.to_owned();
    }
    spelled.parse().map_or_else(|_| spelled.to_owned(), double)
}

/// `Double.toString`: scientific from 10⁷ on and below 10⁻³, never without a decimal point.
pub fn double(value: f64) -> String {
    // Java has it as 4.9E-324, Rust as 5e-324.
    if value == f64::from_bits(1) {
        return "4.9E-324".to_owned();
    }
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{value:?}");
    }
    if !value.is_finite() {
        let text = if value.is_nan() { "NaN" } else { "Infinity" };
        return if value < 0.0 { format!("-{text}") } else { text.to_owned() };
    }
    let scientific = format!("{value:e}");
    match scientific.split_once('e') {
        Some((mantissa, exponent)) if mantissa.contains('.') => format!("{mantissa}E{exponent}"),
        Some((mantissa, exponent)) => format!("{mantissa}.0E{exponent}"),
        None => scientific,
    }
}

fn push_pretty(out: &mut String, value: &Json, depth: usize, spell: &dyn Fn(&str) -> String) {
    match value {
        Json::Object(members) if members.is_empty() => out.push_str("{ }"),
        Json::Object(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { ",\n" } else { "\n" });
                out.extend(std::iter::repeat_n("  ", depth + 1));
                // Writing to a String cannot fail.
                let _ = write!(out, "{} : ", write(&name.as_str().into(), JsonStyle::default()));
                push_pretty(out, value, depth + 1, spell);
            }
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
            out.push('}');
        }
        Json::Array(items) if items.is_empty() => out.push_str("[ ]"),
        Json::Array(items) => {
            out.push_str("[ ");
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                push_pretty(out, item, depth, spell);
            }
            out.push_str(" ]");
        }
        Json::Number(spelled) => out.push_str(&spell(spelled)),
        _ => out.push_str(&write(value, JsonStyle::default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json::parse;

    #[test]
    fn values_print_as_the_reference_server_shows_them() {
        for (json, text) in [
            ("1", "1"),
            ("1.50", "1.5"),
            ("1.0", "1.0"),
            ("1e2", "100.0"),
            ("100000000.0", "1.0E8"),
            ("1.25e-5", "1.25E-5"),
            ("12345678901234567890", "12345678901234567890"),
            ("true", "true"),
            ("\"x\"", "x"),
            ("[1,\"a\"]", "[1,\"a\"]"),
            ("{\"b\":1,\"c\":\"d\"}", "{b=1, c=d}"),
        ] {
            assert_eq!(to_text(&parse(json).unwrap()), text, "{json}");
        }
    }

    #[test]
    fn pretty_text_is_jacksons() {
        let value = parse(r#"{"a":[1,{"b":2}],"c":{},"d":[]}"#).unwrap();
        assert_eq!(
            pretty(&value, &number),
            "{\n  \"a\" : [ 1, {\n    \"b\" : 2\n  } ],\n  \"c\" : { },\n  \"d\" : [ ]\n}"
        );
    }
}
