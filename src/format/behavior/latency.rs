//! Where latency comes from: `"recorded*0.5"`, or a table with a distribution.

use super::{
    short,
    tree::open,
    wait::{self, wait_keys},
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{Place, expected, span_of},
        problem::Problems,
        suggest,
    },
    model::{Json, LatencySource},
};

pub(in crate::format) const LATENCY: Place =
    Place { noun: "key", name: "`latency`", known: wait_keys!("chunks") };

const EXPECTED: &str = "`none`, `recorded`, `recorded*0.5`, `fixed:80ms`, `empirical`, `empirical*2` or \
                        a distribution such as `median=400ms, p99=3s`";

/// Reads where latency comes from.
pub(super) fn read(node: Node, problems: &mut Problems) -> Option<LatencySource> {
    match &node.value {
        NodeValue::String(text) if text.contains('=') => {
            let tree = short::parse_within(&node, text, Some("time"), problems);
            read_table(tree, problems)
        }
        NodeValue::String(text) => read_word(&node, text.trim(), problems),
        NodeValue::Object(_) => read_table(node, problems),
        NodeValue::Number(number) => {
            let hint = format!("write \"{number}ms\" or \"{number}s\"");
            problems.add_with_hint(span_of(&node), "`latency` has no unit", hint);
            None
        }
        _ => {
            expected(&node, "latency", "a string or a table", problems);
            None
        }
    }
}

fn read_table(node: Node, problems: &mut Problems) -> Option<LatencySource> {
    let mut fields = open(node, &LATENCY, &[], problems)?;
    let chunks = fields.take("chunks").map(|node| wait::read(node, "chunks", problems));
    let head = wait::read_fields(&mut fields, problems)?;
    Some(LatencySource::Drawn { head, chunks: chunks.flatten() })
}

fn read_word(node: &Node, text: &str, problems: &mut Problems) -> Option<LatencySource> {
    let (word, factor) = match text.split_once('*') {
        Some((word, factor)) => (word.trim(), Some(factor.trim())),
        None => (text, None),
    };
    let factor = match factor {
        None => Some(1.0),
        Some(factor) => {
            factor.parse::<f64>().ok().filter(|factor| factor.is_finite() && *factor >= 0.0)
        }
    };
    match (word, factor) {
        ("none", Some(_)) if !text.contains('*') => Some(LatencySource::None),
        ("recorded", Some(factor)) => Some(LatencySource::Recorded(factor)),
        ("empirical", Some(factor)) => Some(LatencySource::Empirical(factor)),
        ("recorded" | "empirical", None) => {
            problems.add(span_of(node), format!("latency factor in `{text}` must be 0 or more"));
            None
        }
        _ => {
            let time = text.strip_prefix("fixed:").map(str::trim).or_else(|| {
                text.starts_with(|c: char| c.is_ascii_digit() || c == '.').then_some(text)
            });
            if let Some(time) = time {
                let value = NodeValue::String(time.to_owned());
                let time = Node { value, ..*node };
                let head = wait::read(time, "latency", problems)?;
                return Some(LatencySource::Drawn { head, chunks: None });
            }
            let hint = match suggest::nearest(word, ["none", "recorded", "empirical"]) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("expected {EXPECTED}"),
            };
            problems.add_with_hint(span_of(node), format!("unknown latency `{text}`"), hint);
            None
        }
    }
}

/// Writes where latency comes from.
pub(super) fn write(source: &LatencySource) -> Json {
    let times = |word: &str, factor: f64| match factor {
        1.0 => word.into(),
        _ => format!("{word}*{factor}").into(),
    };
    match source {
        LatencySource::None => "none".into(),
        LatencySource::Recorded(factor) => times("recorded", *factor),
        LatencySource::Empirical(factor) => times("empirical", *factor),
        LatencySource::Drawn { head, chunks: None } => match wait::write(head) {
            Json::String(time) => format!("fixed:{time}").into(),
            table => table,
        },
        LatencySource::Drawn { head, chunks } => {
            let mut members = wait::write_members(head);
            members.extend(chunks.iter().map(|it| ("chunks".to_owned(), wait::write(it))));
            Json::Object(members)
        }
    }
}
