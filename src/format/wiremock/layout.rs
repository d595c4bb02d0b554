//! How a written stub file looks: what fits goes on one line, the outline of a mapping never does.

use crate::{
    codec::json,
    model::{Json, JsonStyle},
};

/// A value goes on one line when the line stays this short.
const MAX_WIDTH: usize = 100;

/// Objects that are written over several lines however short they are, by their path.
const OUTLINE: &[&[&str]] = &[
    &[],
    &["request"],
    &["response"],
    &["responses"],
    &["responses", ""],
    &["metadata"],
    &["metadata", "ringer"],
];

/// Writes a mapping: two spaces of indentation, a line feed at the end.
pub(super) fn write(mapping: &Json) -> String {
    let mut out = String::new();
    write_value(&mut out, mapping, &mut Vec::new(), 0, 0);
    out.push('\n');
    out
}

/// `prefix` is the number of characters before the value on its line.
fn write_value<'j>(
    out: &mut String,
    value: &'j Json,
    path: &mut Vec<&'j str>,
    depth: usize,
    prefix: usize,
) {
    // One more for the comma that may follow.
    let room = MAX_WIDTH.saturating_sub(prefix + 1);
    match value {
        Json::Object(members) if !members.is_empty() => {
            if !OUTLINE.contains(&path.as_slice()) && room_after(value, room).is_some() {
                return write_line(out, value);
            }
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                new_line(out, depth + 1, at > 0);
                let name_text = scalar(&Json::from(name.as_str()));
                out.push_str(&name_text);
                out.push_str(": ");
                path.push(name);
                let prefix = 2 * (depth + 1) + name_text.chars().count() + 2;
                write_value(out, value, path, depth + 1, prefix);
                path.pop();
            }
            new_line(out, depth, false);
            out.push('}');
        }
        Json::Array(items) if !items.is_empty() => {
            if !OUTLINE.contains(&path.as_slice()) && room_after(value, room).is_some() {
                return write_line(out, value);
            }
            out.push('[');
            path.push("");
            for (at, item) in items.iter().enumerate() {
                new_line(out, depth + 1, at > 0);
                write_value(out, item, path, depth + 1, 2 * (depth + 1));
            }
            path.pop();
            new_line(out, depth, false);
            out.push(']');
        }
        _ => write_line(out, value),
    }
}

fn new_line(out: &mut String, depth: usize, comma: bool) {
    out.push_str(if comma { ",\n" } else { "\n" });
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Writes a value on one line, as [`room_after`] measures it.
fn write_line(out: &mut String, value: &Json) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            out.push_str("{ ");
            for (at, (name, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&scalar(&Json::from(name.as_str())));
                out.push_str(": ");
                write_line(out, value);
            }
            out.push_str(" }");
        }
        Json::Array(items) if !items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write_line(out, item);
            }
            out.push(']');
        }
        _ => out.push_str(&scalar(value)),
    }
}

/// What is left of `room` characters after the value; `None` as soon as it does not fit, so that a
/// large value is not measured to its end at each level.
fn room_after(value: &Json, room: usize) -> Option<usize> {
    match value {
        Json::Object(members) if !members.is_empty() => {
            let mut room = room.checked_sub(2)?;
            for (name, value) in members {
                room = text_room(name, room)?.checked_sub(4)?;
                room = room_after(value, room)?;
            }
            Some(room)
        }
        Json::Array(items) if !items.is_empty() => {
            let mut room = room;
            for item in items {
                room = room_after(item, room.checked_sub(2)?)?;
            }
            Some(room)
        }
        Json::String(text) => text_room(text, room),
        _ => room.checked_sub(scalar(value).len()),
    }
}

fn text_room(text: &str, room: usize) -> Option<usize> {
    if text.len() > 4 * room {
        return None;
    }
    room.checked_sub(scalar(&Json::from(text)).chars().count())
}

fn scalar(value: &Json) -> String {
    json::write(value, JsonStyle::default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::json::parse;

    #[test]
    fn what_fits_is_on_one_line_and_the_outline_is_not() {
        let mapping = parse(
            r#"{"request":{"method":"GET","headers":{"A":{"equalTo":"1"}}},"metadata":{"ringer":{"chunks":[[1,2],[3,4]]}},"e":{},"f":[]}"#,
        );
        assert_eq!(
            write(&mapping.unwrap()),
            r#"{
  "request": {
    "method": "GET",
    "headers": { "A": { "equalTo": "1" } }
  },
  "metadata": {
    "ringer": {
      "chunks": [[1, 2], [3, 4]]
    }
  },
  "e": {},
  "f": []
}
"#
        );
    }

    #[test]
    fn no_line_that_could_be_broken_is_too_long() {
        let items = (0..60).map(|n: u64| Json::from(n)).collect();
        let text = write(&Json::Object(vec![("list".to_owned(), Json::Array(items))]));
        assert_eq!(text.lines().count(), 64);
    }

    proptest! {
        #[test]
        fn one_line_is_as_wide_as_measured(
            names in prop::collection::vec(any::<String>(), 0..4),
            numbers in prop::collection::vec(any::<u64>(), 0..4),
        ) {
            let value = Json::Array(vec![
                Json::Object(names.iter().map(|n| (n.clone(), Json::from(n.as_str()))).collect()),
                Json::Array(numbers.into_iter().map(Json::from).collect()),
            ]);
            let mut line = String::new();
            write_line(&mut line, &value);
            prop_assert_eq!(room_after(&value, 10_000), Some(10_000 - line.chars().count()));
            prop_assert_eq!(parse(&line), Ok(value));
        }
    }
}
