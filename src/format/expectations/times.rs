//! How often: `2`, or `{atLeast: 1, atMost: 3}`; and statuses: `429`, `5xx`, `400-499`.

use super::keys::open;
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        behavior::{
            scalar::{whole, whole_of},
            tree::one_or_more,
        },
        fields::{Place, span_of},
        problem::Problems,
    },
    model::{Statuses, Times},
};

const ANY: (u64, u64) = (0, u64::MAX);

const TIMES: Place =
    Place { noun: "key", name: "how often", known: &["atLeast", "atMost", "exactly"] };

const AT_MOST: Place = Place { noun: "key", name: "an upper bound", known: &["atMost"] };

/// Reads how often.
pub(super) fn read(node: Node, name: &str, problems: &mut Problems) -> Option<Times> {
    let span = span_of(&node);
    if !matches!(node.value, NodeValue::Object(_)) {
        let exactly = whole_of(&node, name, ANY, problems)?;
        return Some(Times { at_least: exactly, at_most: Some(exactly) });
    }
    let before = problems.count();
    let mut fields = open(node, &TIMES, problems)?;
    let exactly = whole(&mut fields, "exactly", ANY, problems);
    let at_least = whole(&mut fields, "atLeast", ANY, problems);
    let at_most = whole(&mut fields, "atMost", ANY, problems);
    let times = match (exactly, at_least, at_most) {
        (Some(exactly), None, None) => Times { at_least: exactly, at_most: Some(exactly) },
        (None, least, most) if least.is_some() || most.is_some() => {
            Times { at_least: least.unwrap_or_default(), at_most: most }
        }
        (Some(_), ..) => {
            problems.add(span, "`exactly` beside `atLeast` or `atMost`: give one");
            return None;
        }
        _ => {
            if problems.count() == before {
                let hint = "`2`, `{atLeast: 1}`, `{atMost: 3}`";
                problems.add_with_hint(span, format!("`{name}` does not say how often"), hint);
            }
            return None;
        }
    };
    if times.at_most.is_some_and(|most| most < times.at_least) {
        problems.add(span, "`atMost` is less than `atLeast`");
        return None;
    }
    Some(times)
}

/// Reads an upper bound: `2`, `{atMost: 2}`, or `none`.
pub(super) fn at_most(node: Node, name: &str, problems: &mut Problems) -> Option<u64> {
    match &node.value {
        NodeValue::String(text) if text == "none" => Some(0),
        NodeValue::Object(_) => {
            let span = span_of(&node);
            let before = problems.count();
            let mut fields = open(node, &AT_MOST, problems)?;
            let most = whole(&mut fields, "atMost", ANY, problems);
            if most.is_none() && problems.count() == before {
                problems.add_with_hint(
                    span,
                    format!("`{name}` does not say how many"),
                    "`2` or `{atMost: 2}`",
                );
            }
            most
        }
        _ => whole_of(&node, name, ANY, problems),
    }
}

/// Reads statuses.
pub(super) fn statuses(node: Node, name: &str, problems: &mut Problems) -> Vec<Statuses> {
    let mut all = Vec::new();
    for item in one_or_more(node) {
        let read = match &item.value {
            NodeValue::Number(text) | NodeValue::String(text) => status(text.trim()),
            _ => None,
        };
        match read {
            Some(statuses) => all.push(statuses),
            None => problems.add_with_hint(
                span_of(&item),
                format!("`{name}` must be statuses"),
                "`429`, `5xx`, `400-499`, or a list of these",
            ),
        }
    }
    all
}

fn status(text: &str) -> Option<Statuses> {
    let number = |text: &str| {
        let is_status = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|status| is_status && (100..=999).contains(status))
    };
    if let Some((from, to)) = text.split_once('-') {
        let (from, to) = (number(from.trim())?, number(to.trim())?);
        return (from <= to).then_some(Statuses { from, to });
    }
    let lower = text.to_ascii_lowercase();
    if let Some(class) = lower.strip_suffix("xx") {
        let class = class.parse::<u16>().ok().filter(|class| (1..=9).contains(class))?;
        return Some(Statuses { from: class * 100, to: class * 100 + 99 });
    }
    number(text).map(|status| Statuses { from: status, to: status })
}
