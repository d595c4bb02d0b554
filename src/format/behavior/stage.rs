//! A schedule: `[[stage]]` after `[[stage]]`, each with what befalls requests meanwhile. It becomes rules
//! with windows.

use std::{ops::Range, time::Duration};

use super::{
    entry::{self, Draft, KINDS},
    scalar::{duration, flag, word},
    tree::{one_or_more, open},
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{Place, expected, span_of},
        problem::Problems,
        suggest,
    },
    model::{Ramp, Window},
};

/// Stages and rules that a schedule may have.
pub(super) const MOST: usize = 1000;

pub(in crate::format) const STAGE: Place = Place {
    noun: "key",
    name: "a stage",
    known: &["name", "for", "ramp", "like", "repeat", "delay", "bandwidth", "fault"],
};

const RAMPS: [(&str, Ramp); 3] = [("flat", Ramp::Flat), ("up", Ramp::Up), ("down", Ramp::Down)];

struct Stage {
    name: String,
    from: Duration,
    until: Option<Duration>,
    ramp: Ramp,
    effects: Vec<Draft>,
    /// The stage whose effects it has too, and where it is named.
    like: Option<(String, Range<usize>)>,
    span: Range<usize>,
}

/// Reads a schedule into rules.
pub(super) fn read(node: Node, problems: &mut Problems) -> Vec<Draft> {
    let whole = span_of(&node);
    let nodes = one_or_more(node);
    if nodes.len() > MOST {
        problems.add(whole, format!("a schedule must have at most {MOST} stages"));
        return Vec::new();
    }
    let last = nodes.len().saturating_sub(1);
    let mut stages: Vec<Stage> = Vec::new();
    let mut at = Duration::ZERO;
    let mut repeats = false;
    for (number, node) in nodes.into_iter().enumerate() {
        let Some(mut fields) = open(node, &STAGE, &[&entry::FAULT, &entry::DELAY], problems) else {
            continue;
        };
        let span = fields.span.clone();
        let named = entry::name(&mut fields, problems);
        let name = named.map_or_else(|| format!("stage-{}", number + 1), |(name, _)| name);
        if stages.iter().any(|stage| stage.name == name) {
            problems.add(span.clone(), format!("two stages are called `{name}`"));
        }
        let length = duration(&mut fields, "for", problems);
        let ramp = word(&mut fields, "ramp", &RAMPS, problems).unwrap_or_default();
        let repeat = flag(&mut fields, "repeat", problems).unwrap_or_default();
        let like = fields.take("like").and_then(|node| like(node, problems));
        let mut effects = Vec::new();
        for kind in KINDS {
            for node in fields.take(kind.key()).map(one_or_more).unwrap_or_default() {
                effects.extend(entry::read(node, kind, problems));
            }
        }
        if let Some(timed) = effects.iter().find(|effect| !effect.when.windows.is_empty()) {
            let hint = "the time of what is in a stage is that of the stage";
            problems.add_with_hint(timed.span.clone(), "a window within a stage", hint);
        }
        match length {
            Some(Duration::ZERO) => problems.add(span.clone(), "`for` must be more than 0"),
            None if number < last => {
                let hint = "only the last stage can go on for ever";
                problems.add_with_hint(span.clone(), format!("stage `{name}` needs `for`"), hint);
            }
            None if ramp != Ramp::Flat || repeat => {
                let message = format!("stage `{name}` needs `for`, to have an end");
                problems.add(span.clone(), message);
            }
            _ => {}
        }
        if repeat && number < last {
            let hint = "put `repeat` into the last stage: after it, the first begins again";
            problems.add_with_hint(span.clone(), "`repeat` in a stage that is not the last", hint);
        }
        repeats |= repeat;
        let until = length.map(|length| at.saturating_add(length));
        stages.push(Stage { name, from: at, until, ramp, effects, like, span });
        at = until.unwrap_or(Duration::MAX);
    }
    rules(&stages, repeats.then_some(at), problems)
}

fn like(node: Node, problems: &mut Problems) -> Option<(String, Range<usize>)> {
    let span = span_of(&node);
    if let NodeValue::String(name) = node.value {
        return Some((name, span));
    }
    expected(&node, "like", "a string", problems);
    None
}

/// The rules of each stage; `period` is that of a schedule that begins again.
fn rules(stages: &[Stage], period: Option<Duration>, problems: &mut Problems) -> Vec<Draft> {
    let mut rules = Vec::new();
    for stage in stages {
        let like = stage.like.as_ref().and_then(|(name, span)| {
            let found = stages.iter().find(|other| other.name == *name && other.like.is_none());
            if found.is_none() {
                let message = format!("there is no stage `{name}` with effects of its own");
                let others = stages.iter().filter(|other| other.like.is_none());
                let known = others.map(|other| other.name.as_str());
                match suggest::nearest(name, known) {
                    Some(meant) => {
                        let hint = format!("did you mean `{meant}`?");
                        problems.add_with_hint(span.clone(), message, hint);
                    }
                    None => problems.add(span.clone(), message),
                }
            }
            found
        });
        let borrowed = like.map_or(&[][..], |other| &other.effects);
        for draft in stage.effects.iter().chain(borrowed) {
            if rules.len() >= MOST {
                let message = format!("a schedule must come to at most {MOST} rules");
                problems.add(stage.span.clone(), message);
                return rules;
            }
            let own = draft.name.as_ref().map_or(&draft.default_name, |(name, _)| name);
            let mut rule = Draft {
                name: None,
                default_name: format!("{}/{own}", stage.name),
                ..draft.clone()
            };
            rule.when.windows =
                vec![Window { from: stage.from, until: stage.until, period, ramp: stage.ramp }];
            rules.push(rule);
        }
    }
    rules
}
