//! How an operation is tried again: what its tries have in common, how many there are, how long
//! between them.

use std::time::Duration;

use super::{
    header::is_field_name,
    keys::open,
    times::{self, statuses},
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        behavior::{
            scalar::{duration, flag, number, share, share_of},
            tree::one_or_more,
        },
        fields::{Fields, Place, expected, expected_one_of, span_of},
        problem::Problems,
    },
    model::{Gaps, Jitter, Retries, SameBy},
};

/// What timers and networks may add to a wait unless the document says otherwise.
const TOLERANCE: Duration = Duration::from_millis(20);

/// The field that says which operation a request is of (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

pub(super) const RETRIES: Place = Place {
    noun: "key",
    name: "`retries`",
    known: &["by", "gaps", "neverAfter", "same", "sameIdempotencyKey", "sameTrace", "tries"],
};

pub(super) const GAPS: Place = Place {
    noun: "key",
    name: "`gaps`",
    known: &["atLeast", "atMost", "factor", "first", "jitter", "retryAfter", "spread", "tolerance"],
};

const WORDS: [(&str, SameBy); 5] = [
    ("body", SameBy::Body),
    ("client", SameBy::Client),
    ("path", SameBy::Path),
    ("request", SameBy::Request),
    ("url", SameBy::Url),
];

/// Reads it.
pub(super) fn read(node: Node, problems: &mut Problems) -> Option<Retries> {
    let span = span_of(&node);
    let before = problems.count();
    let mut fields = open(node, &RETRIES, problems)?;
    let by = fields.take("by").map(|node| by(node, problems)).unwrap_or_default();
    let mut same = names(&mut fields, problems);
    if let Some(node) = fields.take("sameIdempotencyKey") {
        match &node.value {
            NodeValue::Bool(true) => same.push(IDEMPOTENCY_KEY.to_owned()),
            NodeValue::Bool(false) => {}
            NodeValue::String(name) if is_field_name(name) => same.push(name.clone()),
            _ => expected(&node, "sameIdempotencyKey", "`true` or a header name", problems),
        }
    }
    let retries = Retries {
        by: if by.is_empty() { vec![SameBy::Request] } else { by },
        tries: fields.take("tries").and_then(|node| times::read(node, "tries", problems)),
        gaps: fields.take("gaps").and_then(|node| gaps(node, problems)),
        same,
        same_trace: flag(&mut fields, "sameTrace", problems).unwrap_or_default(),
        never_after: fields
            .take("neverAfter")
            .map(|node| statuses(node, "neverAfter", problems))
            .unwrap_or_default(),
    };
    let asks_nothing = Retries { by: retries.by.clone(), ..Retries::default() } == retries;
    if asks_nothing && problems.count() == before {
        let hint = "`tries`, `gaps`, `sameIdempotencyKey`, `sameTrace`, `same` or `neverAfter`";
        problems.add_with_hint(span, "nothing is expected of retries", hint);
    }
    Some(retries)
}

fn names(fields: &mut Fields, problems: &mut Problems) -> Vec<String> {
    let mut names = Vec::new();
    for item in fields.take("same").map(one_or_more).unwrap_or_default() {
        match &item.value {
            NodeValue::String(name) if is_field_name(name) => names.push(name.clone()),
            _ => expected(&item, "same", "a header name or a list of them", problems),
        }
    }
    names
}

fn by(node: Node, problems: &mut Problems) -> Vec<SameBy> {
    let mut all = Vec::new();
    for item in one_or_more(node) {
        let NodeValue::String(text) = &item.value else {
            expected(&item, "by", "a string or a list of strings", problems);
            continue;
        };
        let text = text.trim();
        let (word, name) = match text.split_once(':') {
            Some((word, name)) => (word.trim(), Some(name.trim())),
            None => (text, None),
        };
        match (word, name) {
            ("header", Some(name)) if is_field_name(name) => {
                all.push(SameBy::Header(name.to_owned()));
            }
            ("query", Some(name)) if !name.is_empty() => all.push(SameBy::Query(name.to_owned())),
            ("header" | "query", _) => problems.add_with_hint(
                span_of(&item),
                format!("`{text}` does not say which"),
                format!("write `{word}:NAME`"),
            ),
            _ => match WORDS.iter().find(|(known, _)| *known == text) {
                Some((_, by)) => all.push(by.clone()),
                None => {
                    let right =
                        ["body", "client", "header:NAME", "path", "query:NAME", "request", "url"];
                    expected_one_of(span_of(&item), "by", text, &right, problems);
                }
            },
        }
    }
    all
}

fn gaps(node: Node, problems: &mut Problems) -> Option<Gaps> {
    let span = span_of(&node);
    let before = problems.count();
    let mut fields = open(node, &GAPS, problems)?;
    let has_jitter = fields.has("jitter");
    let gaps = Gaps {
        first: duration(&mut fields, "first", problems),
        factor: number(&mut fields, "factor", 1.0, problems),
        jitter: fields
            .take("jitter")
            .and_then(|node| jitter(&node, problems))
            .unwrap_or(Jitter::Share(0.0)),
        spread: share(&mut fields, "spread", problems),
        at_least: duration(&mut fields, "atLeast", problems),
        at_most: duration(&mut fields, "atMost", problems),
        retry_after: flag(&mut fields, "retryAfter", problems).unwrap_or_default(),
        tolerance: duration(&mut fields, "tolerance", problems).unwrap_or(TOLERANCE),
    };
    if problems.count() > before {
        return None;
    }
    let asks = gaps.first.is_some()
        || gaps.factor.is_some()
        || gaps.spread.is_some()
        || gaps.at_least.is_some()
        || gaps.at_most.is_some()
        || gaps.retry_after;
    if has_jitter && gaps.first.is_none() && gaps.factor.is_none() {
        problems.add(span, "`jitter` says nothing without `factor` or `first`");
    } else if gaps.jitter == Jitter::Full && gaps.factor.is_some() && gaps.first.is_none() {
        problems.add_with_hint(
            span,
            "with `jitter: full`, a wait says nothing of the next",
            "give `first`, the longest first wait",
        );
    } else if !asks {
        let hint = "`atLeast`, `atMost`, `factor`, `first`, `retryAfter` or `spread`";
        problems.add_with_hint(span, "nothing is expected of `gaps`", hint);
    } else if gaps.at_most < gaps.at_least && gaps.at_most.is_some() {
        problems.add(span, "`atMost` is less than `atLeast`");
    }
    Some(gaps)
}

fn jitter(node: &Node, problems: &mut Problems) -> Option<Jitter> {
    match &node.value {
        NodeValue::String(text) if text == "full" => Some(Jitter::Full),
        NodeValue::String(text) if text == "none" => Some(Jitter::Share(0.0)),
        _ => share_of(node, "jitter", problems).map(Jitter::Share),
    }
}
