//! One policy of a limit: how it counts, how much passes, what a request costs.

use std::time::Duration;

use super::{
    amount::{Amount, write_window},
    answer::{Placed, RefusalEdit, write_refusal},
    cost, key, selection,
    value::{is_off, word},
};
use crate::{
    codec::json::NodeValue,
    format::{
        behavior::{
            scalar,
            tree::{one_or_more, snake_case},
        },
        fields::{Fields, Place, expected, expected_one_of, span_of},
        problem::Problems,
    },
    model::{Algorithm, Cost, Json, LimitKey, Policy, Refusal},
};

/// The length of windows of [`Algorithm::Daily`].
const DAY: Duration = Duration::from_secs(86_400);

/// Algorithms by name; the first name of each is the one that is written.
const ALGORITHMS: [(&str, Algorithm); 10] = [
    ("token-bucket", Algorithm::TokenBucket),
    ("fixed-window", Algorithm::FixedWindow { from_first: false }),
    ("fixed-window-from-first", Algorithm::FixedWindow { from_first: true }),
    ("sliding-window", Algorithm::SlidingLog),
    ("sliding-log", Algorithm::SlidingLog),
    ("sliding-counter", Algorithm::SlidingCounter),
    ("leaky-bucket", Algorithm::LeakyBucket),
    ("gcra", Algorithm::Gcra),
    ("concurrency", Algorithm::Concurrency),
    ("daily", Algorithm::Daily { zone: String::new() }),
];

/// Keys that say how a policy counts; in the table of a limit they are about its first policy.
pub(super) const COUNTING_KEYS: [&str; 6] =
    ["limit", "window", "burst", "algorithm", "zone", "cost"];

/// One entry of `policies`.
pub(super) const POLICY: Place = Place {
    noun: "key",
    name: "a policy",
    known: &[
        "name",
        "label",
        "limit",
        "window",
        "burst",
        "algorithm",
        "zone",
        "cost",
        "key",
        "request",
        "url",
        "method",
        "header",
        "request_body",
        "status",
        "refusal_headers",
        "retry_after",
        "min_retry_after",
        "body",
    ],
};

/// A policy of which nothing is said yet; without a limit it is not complete.
pub(super) fn unsaid(name: &str) -> Policy {
    Policy {
        name: name.to_owned(),
        label: None,
        algorithm: Algorithm::TokenBucket,
        limit: 0,
        window: Duration::ZERO,
        burst: None,
        cost: Cost::Fixed(1),
        request: None,
        key: None,
        refusal: None,
    }
}

/// Changes how a policy counts.
pub(super) fn count(fields: &mut Fields, policy: &mut Policy, problems: &mut Problems) {
    amount(fields, policy, problems);
    if let Some(window) = scalar::duration(fields, "window", problems) {
        policy.window = window;
    }
    if let Some(burst) = scalar::whole(fields, "burst", (1, u64::MAX), problems) {
        policy.burst = Some(burst);
    }
    algorithm(fields, policy, problems);
    if let Some(node) = fields.take("cost")
        && let Some(cost) = cost::read(node, problems)
    {
        policy.cost = cost;
    }
}

fn amount(fields: &mut Fields, policy: &mut Policy, problems: &mut Problems) {
    let Some(node) = fields.take("limit") else { return };
    let Some(text) = word(&node) else {
        expected(&node, "limit", "a number or a text such as \"10/s\"", problems);
        return;
    };
    match Amount::parse(text) {
        Ok(Amount::Count(number)) => policy.limit = number,
        Ok(Amount::Concurrent(number)) => {
            (policy.limit, policy.algorithm) = (number, Algorithm::Concurrency);
        }
        Ok(Amount::Rate(number, window)) => {
            (policy.limit, policy.window) = (number, window);
            let is_other = match policy.algorithm {
                Algorithm::Concurrency => true,
                Algorithm::Daily { .. } => window != DAY,
                _ => false,
            };
            if is_other {
                policy.algorithm = Algorithm::TokenBucket;
            }
        }
        Err(message) => problems.add(span_of(&node), message),
    }
}

fn algorithm(fields: &mut Fields, policy: &mut Policy, problems: &mut Problems) {
    if let Some(node) = fields.take("algorithm") {
        match &node.value {
            NodeValue::String(found) => {
                let same = |name: &str| snake_case(name) == snake_case(found);
                match ALGORITHMS.iter().find(|(name, _)| same(name)) {
                    Some((_, algorithm)) => policy.algorithm = algorithm.clone(),
                    None => {
                        let names = ALGORITHMS.map(|(name, _)| name);
                        expected_one_of(span_of(&node), "algorithm", found, &names, problems);
                    }
                }
            }
            _ => expected(&node, "algorithm", "a string", problems),
        }
    }
    let given = fields.take("zone");
    let Algorithm::Daily { zone } = &mut policy.algorithm else {
        if let Some(node) = given {
            problems.add_with_hint(
                span_of(&node),
                "`zone` is only used by the algorithm `daily`",
                "add `algorithm = \"daily\"`",
            );
        }
        return;
    };
    policy.window = DAY;
    if let Some(node) = given {
        match word(&node).filter(|name| jiff::tz::TimeZone::get(name).is_ok()) {
            Some(name) => name.clone_into(zone),
            None => expected(&node, "zone", "a time zone such as `America/Los_Angeles`", problems),
        }
    }
    if zone.is_empty() {
        "UTC".clone_into(zone);
    }
}

/// Changes a policy by its table.
pub(super) fn change(
    fields: &mut Fields,
    policy: &mut Policy,
    refusal: &Refusal,
    texts: &mut Vec<Placed>,
    problems: &mut Problems,
) {
    count(fields, policy, problems);
    if let Some(label) = scalar::text(fields, "label", problems) {
        policy.label = Some(label);
    }
    if let Some(key) = keys(fields, problems) {
        policy.key = Some(key);
    }
    if let Some(edit) = RefusalEdit::take(fields, texts, problems) {
        edit.apply(policy.refusal.get_or_insert_with(|| refusal.clone()));
    }
    // After the refusal, whose `body` it would take.
    if let Some(request) = selection::read(fields, problems) {
        policy.request = Some(request);
    }
}

/// Notes what a policy still lacks.
pub(super) fn check(policy: &Policy, span: &std::ops::Range<usize>, problems: &mut Problems) {
    let name = &policy.name;
    let hint = "write `limit = \"100/min\"`";
    if policy.limit == 0 {
        let message = format!("policy `{name}` has no `limit`");
        problems.add_unless_within(span.clone(), &message, hint);
    } else if policy.window.is_zero() && policy.algorithm != Algorithm::Concurrency {
        let message = format!("policy `{name}` has a `limit` and no window");
        problems.add_unless_within(span.clone(), &message, hint);
    }
}

/// Takes a `key`: one, or several that count together.
pub(super) fn keys(fields: &mut Fields, problems: &mut Problems) -> Option<Vec<LimitKey>> {
    let node = fields.take("key")?;
    if is_off(&node) {
        return Some(Vec::new());
    }
    let mut keys = Vec::new();
    for node in one_or_more(node) {
        let Some(text) = word(&node) else {
            expected(&node, "key", "a string or a list of strings", problems);
            continue;
        };
        match key::parse(text) {
            Ok(key) => keys.push(key),
            Err((message, hint)) => problems.add_with_hint(span_of(&node), message, hint),
        }
    }
    Some(keys)
}

/// Writes keys as [`keys`] reads them.
pub(super) fn write_keys(keys: &[LimitKey]) -> Json {
    Json::Array(keys.iter().map(|key| key::write(key).as_str().into()).collect())
}

/// Writes a policy, member by member.
pub(super) fn write(policy: &Policy) -> Vec<(String, Json)> {
    let mut members: Vec<(&str, Json)> = vec![("name", policy.name.as_str().into())];
    if let Some(label) = &policy.label {
        members.push(("label", label.as_str().into()));
    }
    let algorithms = &ALGORITHMS;
    let algorithm = algorithms.iter().find(|(_, algorithm)| match &policy.algorithm {
        Algorithm::Daily { .. } => matches!(algorithm, Algorithm::Daily { .. }),
        own => algorithm == own,
    });
    let name = algorithm.map_or("token-bucket", |(name, _)| *name);
    if policy.algorithm == Algorithm::Concurrency {
        members.push(("limit", policy.limit.into()));
    } else {
        let rate = format!("{}/{}", policy.limit, write_window(policy.window));
        members.push(("limit", rate.as_str().into()));
    }
    // What a policy is without a word need not be said.
    if policy.algorithm != Algorithm::TokenBucket {
        members.push(("algorithm", name.into()));
    }
    if let Algorithm::Daily { zone } = &policy.algorithm {
        members.push(("zone", zone.as_str().into()));
    }
    if let Some(burst) = policy.burst {
        members.push(("burst", burst.into()));
    }
    if policy.cost != Cost::Fixed(1) {
        members.push(("cost", cost::write(&policy.cost)));
    }
    if let Some(request) = &policy.request {
        members.push(("request", selection::write(request)));
    }
    if let Some(key) = &policy.key {
        members.push(("key", write_keys(key)));
    }
    let refusal = policy.refusal.iter().flat_map(write_refusal);
    members.into_iter().map(|(name, json)| (name.to_owned(), json)).chain(refusal).collect()
}
