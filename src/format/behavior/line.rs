//! A whole document on one line: `delay=200ms; status=503; p=0.5`, as in a request's header.

use super::{
    document::{finished, named, no_files},
    entry::{self, BANDWIDTH, DELAY, FAULT, Kind},
    latency, limit, short,
    tree::open,
};
use crate::{
    codec::json::{Member, Node, NodeValue},
    format::{
        fields::Place,
        problem::{Problem, Problems},
    },
    model::Behaviors,
};

/// What each kind of rule has of its own; all else is the selection, which they share.
const OF_DELAY: [&str; 2] = ["delay", "chunks"];
const OF_BANDWIDTH: [&str; 7] =
    ["rate", "direction", "shared", "slice", "jitter", "slice_delay", "slow_start"];
const OF_FAULT: [&str; 13] = [
    "fault",
    "status",
    "headers",
    "body",
    "grpc_status",
    "message",
    "at",
    "time",
    "bytes",
    "value",
    "code",
    "alert",
    "offset",
];

const LINE: Place = Place {
    noun: "key",
    name: "a line of behaviours",
    known: super::fault::fault_keys!(
        "delay",
        "chunks",
        "rate",
        "bandwidth",
        "direction",
        "shared",
        "slice",
        "jitter",
        "slice_delay",
        "slow_start",
        "latency",
        "rate_limit"
    ),
};

/// Reads a line. A delay, a bandwidth and a fault in it are rules of their own that share the selection.
///
/// # Errors
///
/// Every mistake, with its place in the text.
pub fn read_line(text: &str) -> Result<Behaviors, Vec<Problem>> {
    let mut problems = Problems::default();
    let behaviors = read(text, &mut problems);
    finished(behaviors, problems)
}

fn read(text: &str, problems: &mut Problems) -> Behaviors {
    let bare = text.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let tree = short::parse(text, Some(if bare { "status" } else { "fault" }), problems);
    if problems.count() > 0 {
        return Behaviors::default();
    }
    let homes = [&DELAY, &BANDWIDTH, &FAULT];
    let Some(mut fields) = open(tree, &LINE, &homes, problems) else {
        return Behaviors::default();
    };
    let span = fields.span.clone();
    let latency = fields.take("latency").and_then(|node| latency::read(node, problems));
    let limits = fields.take("rate_limit").map(|node| limit::read::read(node, &no_files, problems));
    let name = entry::name(&mut fields, problems);
    let members = fields.rest();
    let mut drafts = Vec::new();
    let mut shared_problems: Vec<Problem> = Vec::new();
    let before = problems.count();
    for kind in entry::KINDS {
        let (own, triggers): (&[&str], &[&str]) = match kind {
            Kind::Delay => (&OF_DELAY, &OF_DELAY),
            Kind::Bandwidth => (&OF_BANDWIDTH, &["rate", "slice"]),
            Kind::Fault => (&OF_FAULT, &["fault", "status", "grpc_status"]),
        };
        let is = |names: &[&str], member: &Member| names.contains(&key_of(member));
        if !members.iter().any(|member| is(triggers, member)) {
            if let Some(stray) = members.iter().find(|member| is(own, member)) {
                problems.add(
                    stray.name_start..stray.name_end,
                    format!("`{}` goes with `{}`", stray.name, triggers.join("`, `")),
                );
            }
            continue;
        }
        let others = [&OF_DELAY[..], &OF_BANDWIDTH, &OF_FAULT];
        let is_other = |member: &Member| others.iter().any(|names| is(names, member));
        let members: Vec<Member> = members
            .iter()
            .filter(|member| is(own, member) || !is_other(member))
            .map(|member| Member { name: key_of(member).to_owned(), ..member.clone() })
            .collect();
        let value = NodeValue::Object(members);
        let mut found = Problems::default();
        let node = Node { start: span.start, end: span.end, value };
        if let Some(mut draft) = entry::read(node, kind, &mut found) {
            if let Some((name, _)) = &name {
                draft.default_name.clone_from(name);
            }
            drafts.push(draft);
        }
        for problem in found.into_sorted() {
            // What is wrong with the selection is found once for each rule that has it.
            if !shared_problems.contains(&problem) {
                shared_problems.push(problem);
            }
        }
    }
    shared_problems.into_iter().for_each(|problem| problems.push(problem));
    let nothing = drafts.is_empty() && latency.is_none() && limits.is_none();
    if nothing && problems.count() == before {
        let hint = "`delay=200ms`, `status=503`, `fault=connection-reset`";
        problems.add_with_hint(span, "nothing is to happen", hint);
    }
    Behaviors { latency, rules: named(drafts, problems), limits: limits.unwrap_or_default() }
}

/// The name of a member; `bandwidth=64kB/s` is a rate.
fn key_of(member: &Member) -> &str {
    if member.name == "bandwidth" { "rate" } else { &member.name }
}
