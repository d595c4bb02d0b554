//! A rate limit in any of its forms becomes a model; a preset is the base that the rest overrides.

use std::{ops::Range, time::Duration};

use super::{
    answer::{HeaderEdit, Placed, RefusalEdit, emit},
    free, merged, penalty,
    policy::{self, COUNTING_KEYS, POLICY, keys},
    presets::{self, OwnPresets},
    selection,
    value::{is_off, word},
};
use crate::{
    behavior::placeholder::Text,
    codec::json::{Member, Node, NodeValue},
    format::{
        Problem,
        behavior::{
            scalar, short,
            tree::{self, Language, one_or_more, open},
        },
        fields::{Fields, Place, expected, span_of},
        problem::Problems,
        rule,
    },
    model::RateLimit,
};

/// The table of a limit.
pub(super) const LIMIT: Place = Place {
    noun: "key",
    name: "a rate limit",
    known: &[
        "name",
        "preset",
        "limit",
        "window",
        "burst",
        "algorithm",
        "zone",
        "cost",
        "key",
        "policies",
        "request",
        "url",
        "method",
        "header",
        "request_body",
        "exempt",
        "status_endpoint",
        "headers",
        "emit",
        "status",
        "refusal_headers",
        "retry_after",
        "min_retry_after",
        "body",
        "counts_refused",
        "penalty",
        "clock_skew",
        "jitter",
        "body_merge",
    ],
};

/// Reads `10/s`, or `preset=github,limit=20/min,key=header:Authorization`, as the command line takes it.
///
/// # Errors
///
/// Every mistake, in order.
pub fn read_short(text: &str, own: OwnPresets<'_>) -> Result<RateLimit, Vec<Problem>> {
    let mut problems = Problems::default();
    let node = short::parse(text, Some("limit"), &mut problems);
    let limit = read_table(node, own, &mut problems);
    match limit {
        Some(limit) if problems.count() == 0 => Ok(limit),
        _ => Err(problems.into_sorted()),
    }
}

/// Reads the value of `rate_limit`: a text, a table, or a list of both.
pub(in crate::format) fn read(
    node: Node,
    own: OwnPresets<'_>,
    problems: &mut Problems,
) -> Vec<RateLimit> {
    let mut limits: Vec<RateLimit> = Vec::new();
    for node in one_or_more(node) {
        let span = span_of(&node);
        let Some(mut limit) = read_one(node, own, problems) else { continue };
        // Limits without a name of their own are told apart by number.
        let base = limit.name.clone();
        let mut number = 2;
        while limits.iter().any(|earlier| earlier.name == limit.name) {
            limit.name = format!("{base}-{number}");
            number += 1;
        }
        if limits.len() >= MOST_LIMITS {
            problems.add(span, format!("more than {MOST_LIMITS} rate limits at one place"));
            break;
        }
        limits.push(limit);
    }
    limits
}

/// What [`RateLimit::plain`] calls a limit.
const UNNAMED: &str = "rate-limit";

/// Limits at one place, and policies of a limit.
const MOST_LIMITS: usize = 64;

/// Reads one limit: a text or a table.
pub(in crate::format) fn read_one(
    node: Node,
    own: OwnPresets<'_>,
    problems: &mut Problems,
) -> Option<RateLimit> {
    match &node.value {
        NodeValue::String(text) => {
            let table = short::parse_within(&node, text, Some("limit"), problems);
            read_table(table, own, problems)
        }
        NodeValue::Object(_) => read_table(node, own, problems),
        _ => {
            expected(&node, "rate_limit", "a text such as \"10/s\", or a table", problems);
            None
        }
    }
}

fn read_table(node: Node, own: OwnPresets<'_>, problems: &mut Problems) -> Option<RateLimit> {
    let (node, dotted) = take_dotted(node);
    let mut fields = open(node, &LIMIT, &[&POLICY], problems)?;
    let span = fields.span.clone();
    let before = problems.count();
    let mut limit = base(&mut fields, own, problems)?;
    let mut texts: Vec<Placed> = Vec::new();
    if let Some(name) = scalar::text(&mut fields, "name", problems) {
        limit.name = name;
    }
    if let Some(edit) = RefusalEdit::take(&mut fields, &mut texts, problems) {
        edit.apply(&mut limit.refusal);
        let own = limit.policies.iter_mut().filter_map(|policy| policy.refusal.as_mut());
        own.for_each(|refusal| edit.apply(refusal));
    }
    let is_counted = COUNTING_KEYS.iter().any(|key| fields.has(key));
    if limit.policies.is_empty() && (is_counted || !fields.has("policies")) {
        limit.policies.push(policy::unsaid("requests"));
    }
    if let Some(first) = limit.policies.first_mut() {
        policy::count(&mut fields, first, problems);
    }
    policies(&mut fields, &mut limit, &mut texts, problems);
    for member in dotted {
        policy_by_path(member, &mut limit, &mut texts, problems);
    }
    if let Some(key) = keys(&mut fields, problems) {
        limit.key = key;
    }
    if selection::is_given(&fields) {
        limit.request = selection::read(&mut fields, problems);
    }
    if let Some(node) = fields.take("exempt") {
        limit.exempt = free::exempt(node, problems);
    }
    if let Some(node) = fields.take("status_endpoint") {
        limit.status_endpoints = free::status_endpoints(node, &mut texts, problems);
    }
    if let Some(headers) = HeaderEdit::take(&mut fields, "headers", &mut texts, problems) {
        headers.apply(&mut limit.headers);
    }
    if let Some(emit) = emit(&mut fields, problems) {
        limit.emit = emit;
    }
    if let Some(counts) = scalar::flag(&mut fields, "counts_refused", problems) {
        limit.counts_refused = counts;
    }
    if let Some(node) = fields.take("penalty") {
        limit.penalty = penalty::read(node, problems);
    }
    if let Some(node) = fields.take("clock_skew") {
        match word(&node).and_then(|text| text.parse().ok()) {
            Some(seconds) => limit.clock_skew = seconds,
            None => expected(&node, "clock_skew", "a whole number of seconds", problems),
        }
    }
    if let Some(jitter) = scalar::duration(&mut fields, "jitter", problems) {
        limit.jitter = jitter;
    }
    if let Some(node) = fields.take("body_merge")
        && let Some(merged) = merged::read(&node, &mut texts, problems)
    {
        limit.body_merge = merged;
    }
    for policy in &limit.policies {
        policy::check(policy, &span, problems);
    }
    check_texts(&limit, texts, &span, problems);
    (problems.count() == before).then_some(limit)
}

/// The preset that is named, or a limit of which nothing is said yet.
fn base(fields: &mut Fields, own: OwnPresets<'_>, problems: &mut Problems) -> Option<RateLimit> {
    let Some(node) = fields.take("preset") else {
        return Some(RateLimit { policies: Vec::new(), ..RateLimit::plain(1, Duration::ZERO) });
    };
    let Some(name) = word(&node) else {
        expected(&node, "preset", "a string", problems);
        return None;
    };
    match load(name, own) {
        Ok(limit) => Some(limit),
        Err((message, hint)) => {
            match hint {
                Some(hint) => problems.add_with_hint(span_of(&node), message, hint),
                None => problems.add(span_of(&node), message),
            }
            None
        }
    }
}

/// The limit of a preset. Its mistakes are told in one line, as they stand in another text.
fn load(name: &str, own: OwnPresets<'_>) -> Result<RateLimit, (String, Option<String>)> {
    let text = presets::text_of(name, own)?;
    let mut problems = Problems::default();
    // A preset is no preset of a preset.
    let none = |_: &str| Err("a preset cannot name another file".to_owned());
    let limit = tree::parse(&text, Language::Toml, &mut problems)
        .and_then(|node| read_one(node, &none, &mut problems));
    match (limit, problems.into_sorted().into_iter().next()) {
        (Some(mut limit), None) => {
            if limit.name == UNNAMED {
                presets::stem(name).clone_into(&mut limit.name);
            }
            Ok(RateLimit { preset: Some(name.to_owned()), ..limit })
        }
        (_, problem) => {
            let problem = problem.unwrap_or_else(|| Problem::new(rule::SYNTAX, 0..0, "no limit"));
            let before = text.get(..problem.span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            Err((format!("preset `{name}`, line {line}: {}", problem.message), problem.hint))
        }
    }
}

/// Keys with a path, as the short form has them: `policies.tokens.limit=1000/min`.
fn take_dotted(mut node: Node) -> (Node, Vec<Member>) {
    let mut dotted = Vec::new();
    if let NodeValue::Object(members) = &mut node.value {
        let all = std::mem::take(members);
        let is_dotted = |member: &Member| member.name.starts_with("policies.");
        (dotted, *members) = all.into_iter().partition(is_dotted);
    }
    (node, dotted)
}

fn policy_by_path(
    mut member: Member,
    limit: &mut RateLimit,
    texts: &mut Vec<Placed>,
    problems: &mut Problems,
) {
    let path = member.name.split_once('.').map_or("", |(_, path)| path);
    let Some((name, key)) = path.split_once('.') else {
        if is_off(&member.value) {
            limit.policies.retain(|policy| policy.name != path);
            return;
        }
        let span = member.name_start..member.name_end;
        let message = format!("`{}` names no key of a policy", member.name);
        problems.add_with_hint(span, message, "write `policies.tokens.limit=1000/min`");
        return;
    };
    let (start, end) = (member.name_start, member.value.end);
    let (name, key) = (name.to_owned(), key.to_owned());
    member.name = key;
    let node = Node { start, end, value: NodeValue::Object(vec![member]) };
    one_policy(node, Some(&name), limit, texts, problems);
}

/// A list of policies is all there are; a table of them comes to those of the preset, by name.
fn policies(
    fields: &mut Fields,
    limit: &mut RateLimit,
    texts: &mut Vec<Placed>,
    problems: &mut Problems,
) {
    let Some(node) = fields.take("policies") else { return };
    let span = span_of(&node);
    match node.value {
        NodeValue::Array(items) => {
            if limit.preset.is_some() {
                limit.policies.clear();
            }
            for item in items.into_iter().take(MOST_LIMITS) {
                one_policy(item, None, limit, texts, problems);
            }
        }
        NodeValue::Object(members) => {
            for member in members.into_iter().take(MOST_LIMITS) {
                one_policy(member.value, Some(&member.name), limit, texts, problems);
            }
        }
        _ => expected(&node, "policies", "a list or a table of tables", problems),
    }
    if limit.policies.is_empty() {
        problems.add_unless_within(span, "a rate limit without a policy", "leave `policies` out");
    }
}

fn one_policy(
    node: Node,
    name: Option<&str>,
    limit: &mut RateLimit,
    texts: &mut Vec<Placed>,
    problems: &mut Problems,
) {
    if let Some(name) = name
        && is_off(&node)
    {
        limit.policies.retain(|policy| policy.name != name);
        return;
    }
    let Some(mut fields) = open(node, &POLICY, &[&LIMIT], problems) else { return };
    let given = scalar::text(&mut fields, "name", problems);
    let Some(name) = name.map(str::to_owned).or(given) else {
        problems.add_unless_within(
            fields.span,
            "a policy without `name`",
            "write `name = \"requests\"`",
        );
        return;
    };
    // Its name stands in placeholders, before a point or a colon.
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.chars().all(is_name) || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let message = format!("`{name}` cannot be the name of a policy");
        problems.add_with_hint(fields.span, message, "use letters, digits, `-` and `_`");
        return;
    }
    if let Some(known) = limit.policies.iter_mut().find(|policy| policy.name == name) {
        policy::change(&mut fields, known, &limit.refusal, texts, problems);
        return;
    }
    let mut new = policy::unsaid(&name);
    policy::change(&mut fields, &mut new, &limit.refusal, texts, problems);
    limit.policies.push(new);
}

/// Placeholders are checked once it is known which policies there are.
fn check_texts(
    limit: &RateLimit,
    texts: Vec<Placed>,
    span: &Range<usize>,
    problems: &mut Problems,
) {
    let names: Vec<&str> = limit.policies.iter().map(|policy| policy.name.as_str()).collect();
    for (text, place) in texts {
        if let Err(error) = Text::parse(&text, &names) {
            problems.add(place, error.to_string());
        }
    }
    // What a preset says may name a policy that was taken out.
    let refusals = limit.policies.iter().filter_map(|policy| policy.refusal.as_ref());
    let refusals = refusals.chain([&limit.refusal]);
    let (mut headers, mut bodies) = (limit.headers.iter().collect::<Vec<_>>(), Vec::new());
    for refusal in refusals {
        headers.extend(&refusal.headers);
        bodies.extend(refusal.body.as_deref());
    }
    if let Some(json) = &limit.body_merge {
        merged::each_text(json, &mut |text| bodies.push(text));
    }
    bodies.extend(limit.status_endpoints.iter().map(|endpoint| endpoint.body.as_str()));
    let values = headers.iter().map(|header| header.value.as_str());
    for text in values.chain(bodies) {
        if let Err(error) = Text::parse(text, &names) {
            problems.add_unless_within(
                span.clone(),
                &error.to_string(),
                "take out what names it too, by `false` in its place",
            );
        }
    }
}
