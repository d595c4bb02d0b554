//! Writes JSON text in the style that it had, and finds that style.

use std::fmt::Write as _;

use crate::model::{Json, JsonStyle};

/// Writes a value on one line or indented, as `style` says.
pub fn write(value: &Json, style: JsonStyle) -> String {
    let mut out = String::new();
    write_value(&mut out, value, style, 0);
    if style.final_newline {
        out.push('\n');
    }
    out
}

/// The style in which [`write()`] gives back exactly this text; `None` if there is none.
pub fn style_of(text: &str, value: &Json) -> Option<JsonStyle> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let indent =
        body.strip_prefix(['{', '[']).and_then(|rest| rest.strip_prefix('\n')).map(|rest| {
            let spaces = rest.bytes().take_while(|&byte| byte == b' ').count();
            u8::try_from(spaces).unwrap_or(u8::MAX)
        });
    let mut style = JsonStyle {
        indent,
        ascii: text.is_ascii() && text.contains("\\u"),
        final_newline: body.len() < text.len(),
        ..JsonStyle::default()
    };
    // Which separators are in use is tried, not looked for: `": "` may stand inside a string.
    // Nor does `\/` tell of an escaped slash: it may be an escaped backslash before a plain one.
    let slashes: &[bool] = if text.contains("\\/") { &[true, false] } else { &[false] };
    for &escaped_slash in slashes {
        for (comma, colon) in [(false, false), (true, true), (false, true), (true, false)] {
            style.escaped_slash = escaped_slash;
            style.space_after_comma = comma;
            style.space_after_colon = colon;
            if write(value, style) == text {
                return Some(style);
            }
        }
    }
    None
}

fn write_value(out: &mut String, value: &Json, style: JsonStyle, depth: usize) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(text) => out.push_str(text),
        Json::String(text) => write_string(out, text, style),
        Json::Array(items) => {
            write_items(out, ['[', ']'], items, style, depth, |out, item| {
                write_value(out, item, style, depth + 1);
            });
        }
        Json::Object(members) => {
            write_items(out, ['{', '}'], members, style, depth, |out, (name, value)| {
                write_string(out, name, style);
                out.push(':');
                if style.space_after_colon {
                    out.push(' ');
                }
                write_value(out, value, style, depth + 1);
            });
        }
    }
}

fn write_items<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: &[T],
    style: JsonStyle,
    depth: usize,
    mut write_item: impl FnMut(&mut String, &T),
) {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
            if style.space_after_comma && style.indent.is_none() {
                out.push(' ');
            }
        }
        new_line(out, style, depth + 1);
        write_item(out, item);
    }
    if !items.is_empty() {
        new_line(out, style, depth);
    }
    out.push(close);
}

fn new_line(out: &mut String, style: JsonStyle, depth: usize) {
    if let Some(indent) = style.indent {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', usize::from(indent) * depth));
    }
}

fn write_string(out: &mut String, text: &str, style: JsonStyle) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if style.escaped_slash => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || (style.ascii && !c.is_ascii()) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::parse, *};

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,8})?([eE][+-]?[0-9]{1,3})?".prop_map(Json::Number),
            any::<String>().prop_map(Json::String),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
                prop::collection::vec((any::<String>(), inner), 0..6).prop_map(Json::Object),
            ]
        })
    }

    fn any_style() -> impl Strategy<Value = JsonStyle> {
        (prop::option::of(1u8..5), any::<[bool; 5]>()).prop_map(|(indent, flags)| JsonStyle {
            indent,
            space_after_comma: flags[0],
            space_after_colon: flags[1],
            ascii: flags[2],
            escaped_slash: flags[3],
            final_newline: flags[4],
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in any_json(), style in any_style()) {
            prop_assert_eq!(parse(&write(&value, style)), Ok(value));
        }

        #[test]
        fn a_written_text_has_a_style(value in any_json(), style in any_style()) {
            let text = write(&value, style);
            // A value that is a bare line feed in an otherwise plain text has no doubt about it.
            let found = style_of(&text, &value);
            prop_assert_eq!(found.map(|style| write(&value, style)), Some(text));
        }
    }

    #[test]
    fn keeps_spelling_order_and_repeats() {
        let text = r#"{"b":1.00,"a":1E5,"b":[-0.0]}"#;
        assert_eq!(write(&parse(text).unwrap(), JsonStyle::default()), text);
    }

    #[test]
    fn finds_the_style_of_common_writers() {
        for text in [
            r#"{"a":1,"b":[]}"#,
            r#"{"a": 1, "b": [1, 2]}"#,
            "{\n  \"a\": {\n    \"b\": []\n  }\n}\n",
            "{\n    \"a\": \"\\u00e9\"\n}",
            r#"{"a":"http:\/\/x"}"#,
            r#"["\\/"]"#,
            "[]\n",
            "3",
        ] {
            let value = parse(text).unwrap();
            let style = style_of(text, &value).unwrap_or_else(|| panic!("no style for {text}"));
            assert_eq!(write(&value, style), text);
        }
        let odd = "{\"a\":1 ,\"b\":2}";
        assert_eq!(style_of(odd, &parse(odd).unwrap()), None);
    }
}
