//! The whole document: what is said of latency, waits, bandwidth, faults, limits and stages.

use std::collections::{HashMap, HashSet};

use super::{
    bandwidth,
    entry::{self, Draft, KINDS, Kind},
    fault, latency,
    limit::{self, OwnPresets},
    selection, stage,
    tree::{self, Language, one_or_more, open},
    wait,
};
use crate::{
    codec::json::Node,
    format::{
        fields::{Fields, Place, span_of},
        problem::{Problem, Problems},
    },
    model::{Behaviors, Effect, Json, Rule},
};

/// Refuses to read files of presets, where a document comes from somebody who may not.
///
/// # Errors
///
/// Always.
pub fn no_files(_: &str) -> Result<String, String> {
    Err("files of presets can be named in ringer.toml, in profiles and on the command line only"
        .to_owned())
}

/// Rules that one document may have.
const MOST: usize = 1000;

/// The keys of a document.
pub const KEYS: [&str; 6] = ["bandwidth", "delay", "fault", "latency", "rate_limit", "stage"];

pub(super) const DOCUMENT: Place = Place {
    noun: "key",
    name: "a document of behaviours",
    known: &["description", "latency", "delay", "bandwidth", "fault", "rate_limit", "stage"],
};

/// Reads a document. `own` reads files of presets that it names.
///
/// # Errors
///
/// Every mistake, in the order of the text.
pub fn read(
    text: &str,
    language: Language,
    own: OwnPresets<'_>,
) -> Result<Behaviors, Vec<Problem>> {
    let mut problems = Problems::default();
    let node = tree::parse(text, language, &mut problems);
    let behaviors = node.map(|node| read_node(node, own, &mut problems)).unwrap_or_default();
    finished(behaviors, problems)
}

/// Reads a document whose tree is there: of TOML entries, say. `own` is as for [`read`].
///
/// # Errors
///
/// Every mistake, in the order of the text.
pub fn read_tree(node: Node, own: OwnPresets<'_>) -> Result<Behaviors, Vec<Problem>> {
    let mut problems = Problems::default();
    let behaviors = read_node(node, own, &mut problems);
    finished(behaviors, problems)
}

pub(super) fn finished(
    behaviors: Behaviors,
    problems: Problems,
) -> Result<Behaviors, Vec<Problem>> {
    let problems = problems.into_sorted();
    if problems.is_empty() { Ok(behaviors) } else { Err(problems) }
}

/// Reads a document; what is wrong is noted and left out.
pub(in crate::format) fn read_node(
    node: Node,
    own: OwnPresets<'_>,
    problems: &mut Problems,
) -> Behaviors {
    let homes = [&entry::DELAY, &entry::BANDWIDTH, &entry::FAULT, &stage::STAGE];
    let Some(mut fields) = open(node, &DOCUMENT, &homes, problems) else {
        return Behaviors::default();
    };
    fields.take("description");
    let latency = fields.take("latency").and_then(|node| latency::read(node, problems));
    let mut drafts = Vec::new();
    for kind in KINDS {
        read_rules(&mut fields, kind, &mut drafts, problems);
    }
    if let Some(node) = fields.take("stage") {
        drafts.extend(stage::read(node, problems));
    }
    let limits = fields.take("rate_limit").map(|node| limit::read::read(node, own, problems));
    Behaviors { latency, rules: named(drafts, problems), limits: limits.unwrap_or_default() }
}

fn read_rules(fields: &mut Fields, kind: Kind, drafts: &mut Vec<Draft>, problems: &mut Problems) {
    let Some(node) = fields.take(kind.key()) else { return };
    let span = span_of(&node);
    let items = one_or_more(node);
    if items.len() > MOST {
        problems.add(span, format!("more than {MOST} rules"));
        return;
    }
    drafts.extend(items.into_iter().filter_map(|item| entry::read(item, kind, problems)));
}

/// Gives each rule a name of its own, and brings those of a kind together: their order within a kind
/// is all that counts.
pub(super) fn named(mut drafts: Vec<Draft>, problems: &mut Problems) -> Vec<Rule> {
    drafts.sort_by_key(|draft| order(&draft.effect));
    let mut taken: HashSet<String> = HashSet::new();
    for (name, span) in drafts.iter().filter_map(|draft| draft.name.as_ref()) {
        if !taken.insert(name.clone()) {
            problems.add(span.clone(), format!("two rules are called `{name}`"));
        }
    }
    let mut names = Names { taken, next: HashMap::new() };
    drafts
        .into_iter()
        .map(|draft| {
            let name = match &draft.name {
                Some((name, _)) => name.clone(),
                None => names.free(&draft.default_name),
            };
            draft.named(name)
        })
        .collect()
}

fn order(effect: &Effect) -> usize {
    KINDS.iter().position(|kind| kind.key() == effect.kind()).unwrap_or_default()
}

/// Names that are in use.
struct Names {
    taken: HashSet<String>,
    /// The number at which to look on for a free name.
    next: HashMap<String, u64>,
}

impl Names {
    /// This name, or with the first number behind it that is free.
    fn free(&mut self, wanted: &str) -> String {
        if self.taken.insert(wanted.to_owned()) {
            return wanted.to_owned();
        }
        let next = self.next.entry(wanted.to_owned()).or_insert(2);
        loop {
            let name = format!("{wanted}-{next}");
            *next += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// Adds what another document says after what this one does. Latency is that of the first that says
/// any; a rule or limit whose name is taken gets a number.
pub fn merge(onto: &mut Behaviors, more: Behaviors) {
    onto.latency = onto.latency.take().or(more.latency);
    let taken = onto.rules.iter().map(|rule| rule.name.clone()).collect();
    let mut names = Names { taken, next: HashMap::new() };
    onto.rules
        .extend(more.rules.into_iter().map(|rule| Rule { name: names.free(&rule.name), ..rule }));
    let taken = onto.limits.iter().map(|limit| limit.name.clone()).collect();
    let mut names = Names { taken, next: HashMap::new() };
    for mut limit in more.limits {
        limit.name = names.free(&limit.name);
        onto.limits.push(limit);
    }
}

/// Writes a document, as JSON with keys in `camelCase`; what is not said is left out.
pub fn write(behaviors: &Behaviors) -> Json {
    let Behaviors { latency, rules, limits } = behaviors;
    let mut members = Vec::new();
    members.extend(latency.iter().map(|source| ("latency".to_owned(), latency::write(source))));
    for kind in KINDS {
        let rules: Vec<Json> =
            rules.iter().filter(|rule| rule.effect.kind() == kind.key()).map(write_rule).collect();
        if !rules.is_empty() {
            members.push((kind.key().to_owned(), Json::Array(rules)));
        }
    }
    if !limits.is_empty() {
        let limits = limits.iter().map(limit::write).collect();
        members.push(("rateLimit".to_owned(), Json::Array(limits)));
    }
    Json::Object(members)
}

/// Writes a rule, as an item of the list of its kind.
pub fn write_rule(rule: &Rule) -> Json {
    let mut members = vec![("name".to_owned(), rule.name.as_str().into())];
    members.extend(selection::write(&rule.when));
    match &rule.effect {
        Effect::Delay { head, chunks } => {
            members.extend(head.iter().flat_map(wait::write_members));
            members.extend(chunks.iter().map(|it| ("chunks".to_owned(), wait::write(it))));
        }
        Effect::Bandwidth(bandwidth) => members.extend(bandwidth::write(bandwidth)),
        Effect::Fault(fault) => members.extend(fault::write(fault)),
    }
    Json::Object(members)
}
