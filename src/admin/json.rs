//! JSON as WireMock prints it (Jackson's default pretty printer): `"name" : value`, arrays on one
//! line around their objects.

use crate::{codec::json, model::Json};

/// Writes a value.
pub(super) fn pretty(value: &Json) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Json, depth: usize) {
    match value {
        Json::Array(items) if !items.is_empty() => {
            out.push_str("[ ");
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(out, item, depth);
            }
            out.push_str(" ]");
        }
        Json::Array(_) => out.push_str("[ ]"),
        Json::Object(members) if !members.is_empty() => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { ",\n" } else { "\n" });
                indent(out, depth + 1);
                out.push_str(&json::write(&name.as_str().into(), json_style()));
                out.push_str(" : ");
                write(out, value, depth + 1);
            }
            out.push('\n');
            indent(out, depth);
            out.push('}');
        }
        Json::Object(_) => out.push_str("{ }"),
        scalar => out.push_str(&json::write(scalar, json_style())),
    }
}

fn json_style() -> crate::model::JsonStyle {
    crate::model::JsonStyle::default()
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// An object of these members.
pub(super) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_as_jackson_prints_it() {
        let value = json::parse(r#"{"a":[{"b":1},{"c":[]}],"d":{},"e":[1,"x"],"f":null}"#);
        assert_eq!(
            pretty(&value.unwrap()),
            r#"{
  "a" : [ {
    "b" : 1
  }, {
    "c" : [ ]
  } ],
  "d" : { },
  "e" : [ 1, "x" ],
  "f" : null
}"#
        );
    }
}
