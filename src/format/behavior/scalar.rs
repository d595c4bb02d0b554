//! Single values of a document of behaviours. The short form has texts only, so a number may be a text.

use std::time::Duration;

use super::tree::snake_case;
use crate::{
    behavior::duration,
    codec::json::{Node, NodeValue},
    format::{
        fields::{Fields, expected, expected_one_of, span_of},
        problem::Problems,
    },
};

/// The spelling of a number, or the text in place of it.
fn spelled(node: &Node) -> Option<&str> {
    match &node.value {
        NodeValue::Number(text) | NodeValue::String(text) => Some(text.trim()),
        _ => None,
    }
}

/// Takes a text; a number counts as it is spelled.
pub(in crate::format) fn text(
    fields: &mut Fields,
    name: &str,
    problems: &mut Problems,
) -> Option<String> {
    let node = fields.take(name)?;
    match node.value {
        NodeValue::String(text) | NodeValue::Number(text) => Some(text),
        _ => {
            expected(&node, name, "a string", problems);
            None
        }
    }
}

/// Takes `true` or `false`; absent is `None`.
pub(in crate::format) fn flag(
    fields: &mut Fields,
    name: &str,
    problems: &mut Problems,
) -> Option<bool> {
    let node = fields.take(name)?;
    match &node.value {
        NodeValue::Bool(value) => Some(*value),
        NodeValue::String(text) if text == "true" => Some(true),
        NodeValue::String(text) if text == "false" => Some(false),
        _ => {
            expected(&node, name, "`true` or `false`", problems);
            None
        }
    }
}

/// A whole number between two.
pub(in crate::format) fn whole_of(
    node: &Node,
    name: &str,
    (least, most): (u64, u64),
    problems: &mut Problems,
) -> Option<u64> {
    let number = spelled(node).and_then(|text| text.parse().ok());
    let number = number.filter(|number| (least..=most).contains(number));
    if number.is_none() {
        let what = match most {
            u64::MAX => format!("a whole number, {least} or more"),
            _ => format!("a whole number from {least} to {most}"),
        };
        expected(node, name, &what, problems);
    }
    number
}

/// Takes a whole number between two.
pub(in crate::format) fn whole(
    fields: &mut Fields,
    name: &str,
    range: (u64, u64),
    problems: &mut Problems,
) -> Option<u64> {
    let node = fields.take(name)?;
    whole_of(&node, name, range, problems)
}

/// Takes a number that is at least this.
pub(in crate::format) fn number(
    fields: &mut Fields,
    name: &str,
    least: f64,
    problems: &mut Problems,
) -> Option<f64> {
    let node = fields.take(name)?;
    let number = spelled(&node).and_then(|text| text.parse::<f64>().ok());
    let number = number.filter(|number| number.is_finite() && *number >= least);
    if number.is_none() {
        expected(&node, name, &format!("a number, {least} or more"), problems);
    }
    number
}

/// A share: `0.05`, `"5%"`.
pub(in crate::format) fn share_of(node: &Node, name: &str, problems: &mut Problems) -> Option<f64> {
    let share = spelled(node).and_then(|text| match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0),
        None => text.parse().ok(),
    });
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    if share.is_none() {
        expected(node, name, "a share from 0 to 1, or of 100: `0.05` or `\"5%\"`", problems);
    }
    share
}

/// Takes a share: `0.05`, `"5%"`.
pub(in crate::format) fn share(
    fields: &mut Fields,
    name: &str,
    problems: &mut Problems,
) -> Option<f64> {
    let node = fields.take(name)?;
    share_of(&node, name, problems)
}

/// A duration: `"80ms"`, `"1.5s"`; a number alone only when it is 0.
pub(in crate::format) fn duration_of(
    node: &Node,
    name: &str,
    problems: &mut Problems,
) -> Option<Duration> {
    match &node.value {
        NodeValue::Number(text) if text.parse() == Ok(0.0) => Some(Duration::ZERO),
        NodeValue::Number(text) => {
            let message = format!("`{name}` must be a duration, and `{text}` has no unit");
            problems.add_with_hint(
                span_of(node),
                message,
                format!("write \"{text}ms\" or \"{text}s\""),
            );
            None
        }
        NodeValue::String(text) => match duration::parse(text.trim()) {
            Ok(duration) => Some(duration),
            Err(message) => {
                problems.add(span_of(node), format!("`{name}`: {message}"));
                None
            }
        },
        _ => {
            expected(node, name, "a duration such as \"80ms\"", problems);
            None
        }
    }
}

/// Takes a duration: `"80ms"`, `"1.5s"`.
pub(in crate::format) fn duration(
    fields: &mut Fields,
    name: &str,
    problems: &mut Problems,
) -> Option<Duration> {
    let node = fields.take(name)?;
    duration_of(&node, name, problems)
}

/// Takes one of a few words, however it is cased and separated: `per-stub`, `perStub`.
pub(in crate::format) fn word<T: Copy>(
    fields: &mut Fields,
    name: &str,
    words: &[(&'static str, T)],
    problems: &mut Problems,
) -> Option<T> {
    let node = fields.take(name)?;
    let NodeValue::String(found) = &node.value else {
        expected(&node, name, "a string", problems);
        return None;
    };
    let meant = words.iter().find(|(word, _)| snake_case(word) == snake_case(found));
    if meant.is_none() {
        let right: Vec<&'static str> = words.iter().map(|(word, _)| *word).collect();
        expected_one_of(span_of(&node), name, found, &right, problems);
    }
    meant.map(|(_, meant)| *meant)
}
