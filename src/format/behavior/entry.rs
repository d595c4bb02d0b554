//! One rule: an item of `delay`, `bandwidth` or `fault`.

use std::ops::Range;

use super::{
    bandwidth, fault,
    fault::fault_keys,
    named_fault,
    selection::{self, selection_keys},
    short,
    tree::open,
    wait,
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{Fields, Place, expected, span_of},
        problem::Problems,
    },
    model::{AnswerFault, Effect, Fault, Rule, When},
};

pub(in crate::format) const DELAY: Place = Place {
    noun: "key",
    name: "a delay",
    known: selection_keys!(
        "delay",
        "chunks",
        "body",
        "distribution",
        "time",
        "min",
        "max",
        "lower",
        "upper",
        "mean",
        "deviation",
        "median",
        "sigma",
        "p99",
        "shape",
        "scale",
        "alpha",
        "quantiles"
    ),
};

pub(in crate::format) const BANDWIDTH: Place = Place {
    noun: "key",
    name: "a bandwidth",
    known: selection_keys!(
        "rate",
        "direction",
        "shared",
        "slice",
        "jitter",
        "slice_delay",
        "slow_start",
        "body"
    ),
};

pub(in crate::format) const FAULT: Place =
    Place { noun: "key", name: "a fault", known: fault_keys!() };

const HOMES: &[&Place] = &[&DELAY, &BANDWIDTH, &FAULT];

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Delay,
    Bandwidth,
    Fault,
}

/// Every kind, in the order in which rules are kept.
pub(super) const KINDS: [Kind; 3] = [Kind::Delay, Kind::Bandwidth, Kind::Fault];

impl Kind {
    /// The key under which its rules stand.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Bandwidth => "bandwidth",
            Self::Fault => "fault",
        }
    }

    fn place(self) -> &'static Place {
        match self {
            Self::Delay => &DELAY,
            Self::Bandwidth => &BANDWIDTH,
            Self::Fault => &FAULT,
        }
    }

    /// Whether an entry says what happens.
    fn is_said(self, fields: &Fields) -> bool {
        match self {
            Self::Delay => wait::is_in(fields) || fields.has("delay") || fields.has("chunks"),
            Self::Bandwidth => fields.has("rate") || fields.has("slice"),
            Self::Fault => ["fault", "status", "grpc_status"].iter().any(|key| fields.has(key)),
        }
    }

    /// The key of a value that stands alone.
    fn bare_key(self, text: &str) -> &'static str {
        let first = text.split([';', ',']).next().unwrap_or_default().trim();
        match self {
            Self::Delay => "delay",
            Self::Bandwidth => "rate",
            Self::Fault if first.bytes().all(|byte| byte.is_ascii_digit()) => "status",
            Self::Fault => "fault",
        }
    }
}

/// A rule that has no name yet.
#[derive(Clone)]
pub(super) struct Draft {
    /// The name that a person gave it, and where.
    pub(super) name: Option<(String, Range<usize>)>,
    /// What it is called else, if no other is.
    pub(super) default_name: String,
    pub(super) when: When,
    pub(super) effect: Effect,
    /// Where it stands.
    pub(super) span: Range<usize>,
}

impl Draft {
    /// The rule under this name.
    pub(super) fn named(self, name: String) -> Rule {
        Rule { name, when: self.when, effect: self.effect }
    }
}

/// Reads a rule: a table, a value alone, or the short form. `None` after a mistake.
pub(super) fn read(node: Node, kind: Kind, problems: &mut Problems) -> Option<Draft> {
    let before = problems.count();
    let tree = match &node.value {
        NodeValue::String(text) | NodeValue::Number(text) => {
            short::parse_within(&node, text, Some(kind.bare_key(text)), problems)
        }
        NodeValue::Object(_) => node,
        _ => {
            expected(&node, kind.key(), "a table, or a text such as `key=value; …`", problems);
            return None;
        }
    };
    if problems.count() > before {
        return None;
    }
    let mut fields = open(tree, kind.place(), HOMES, problems)?;
    // A misspelled key is what was to say what happens.
    if problems.count() > before && !kind.is_said(&fields) {
        return None;
    }
    let span = fields.span.clone();
    let name = name(&mut fields, problems);
    // The body of a fault is that of its answer.
    let effect = match kind {
        Kind::Delay => delay(&mut fields, problems),
        Kind::Bandwidth => bandwidth::read(&mut fields, problems).map(Effect::Bandwidth),
        Kind::Fault => fault::read(&mut fields, problems).map(Effect::Fault),
    };
    let when = selection::read(&mut fields, problems);
    let effect = effect?;
    if matches!(effect, Effect::Fault(Fault::Connect(_))) && when.request.is_some() {
        problems.add_with_hint(
            span.clone(),
            "a fault of the connection strikes before there is a request that could be looked at",
            "select by service, `session`, `probability`, numbers and time alone",
        );
    }
    let default_name = default_name(&effect);
    (problems.count() == before).then_some(Draft { name, default_name, when, effect, span })
}

/// Takes a name.
pub(super) fn name(fields: &mut Fields, problems: &mut Problems) -> Option<(String, Range<usize>)> {
    let node = fields.take("name")?;
    let span = span_of(&node);
    match node.value {
        NodeValue::String(name)
            if (1..=100).contains(&name.len()) && !name.contains(char::is_control) =>
        {
            Some((name, span))
        }
        _ => {
            expected(&node, "name", "a string of 1 to 100 characters", problems);
            None
        }
    }
}

fn default_name(effect: &Effect) -> String {
    match effect {
        Effect::Fault(Fault::Answer(AnswerFault::Status(answer))) => {
            format!("status-{}", answer.status)
        }
        Effect::Fault(Fault::Answer(AnswerFault::GrpcStatus { code, .. })) => {
            format!("grpc-status-{code}")
        }
        Effect::Fault(fault) => {
            named_fault::name_of(fault).map_or("fault", |name| name.word()).to_owned()
        }
        _ => effect.kind().to_owned(),
    }
}

fn delay(fields: &mut Fields, problems: &mut Problems) -> Option<Effect> {
    let before = problems.count();
    let chunks = fields.take("chunks").map(|node| wait::read(node, "chunks", problems));
    let alone = fields.take("delay").map(|node| wait::read(node, "delay", problems));
    let head = if alone.is_some() {
        if wait::is_in(fields) {
            let hint = "`delay` = \"80ms\" alone, or the keys of a distribution";
            problems.add_with_hint(fields.span.clone(), "`delay` beside another wait", hint);
        }
        alone.flatten()
    } else if wait::is_in(fields) || chunks.is_none() {
        wait::read_fields(fields, problems)
    } else {
        None
    };
    (problems.count() == before).then(|| Effect::Delay { head, chunks: chunks.flatten() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_takes_all_keys_of_a_wait() {
        assert!(wait::WAIT.known.iter().all(|key| DELAY.known.contains(key)));
    }
}
