//! One expectation: of requests, of their order, of stubs, of tries that come too early.

use std::ops::Range;

use super::{
    header,
    keys::{ENTRY, open},
    request, retries,
    times::{self, at_most, statuses},
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        behavior::{
            scalar::{flag, text, word},
            tree::one_or_more,
        },
        fields::{Fields, expected, items, span_of},
        problem::Problems,
    },
    model::{Between, Demand, OrderDemand, RequestDemand, RequestPattern, Step, Times},
};

/// Requests that an order may have.
const MOST_STEPS: usize = 1000;

/// What is expected of the requests of a pattern.
const OF_REQUESTS: [&str; 5] = ["count", "never", "concurrent", "retries", "headers"];
/// What is expected by itself.
const BY_ITSELF: [&str; 4] = ["order", "unusedStubs", "earlyRetries", "unmatched"];

const BETWEEN: [(&str, Between); 3] =
    [("anything", Between::Anything), ("others", Between::Others), ("nothing", Between::Nothing)];

/// An expectation that may have no name yet.
pub(super) struct Draft {
    pub(super) name: Option<(String, Range<usize>)>,
    pub(super) default_name: String,
    pub(super) demand: Demand,
}

/// Reads one; `None` where it cannot be one, which is noted.
pub(super) fn read(node: Node, problems: &mut Problems) -> Option<Draft> {
    let name_span = name_span(&node);
    let before = problems.count();
    let mut fields = open(node, &ENTRY, problems)?;
    let span = fields.span.clone();
    let name = text(&mut fields, "name", problems).map(|name| (name, name_span));
    if name.as_ref().is_some_and(|(name, _)| name.trim().is_empty()) {
        problems.add(span.clone(), "`name` is empty");
    }
    let given: Vec<&str> = BY_ITSELF.into_iter().filter(|key| fields.has(key)).collect();
    let of_requests = ["request", "answered"].iter().chain(&OF_REQUESTS);
    let beside = of_requests.copied().find(|key| fields.has(key));
    match (given.as_slice(), beside) {
        ([], _) => {}
        ([one], Some(beside)) | ([one, ..], Some(beside)) => {
            let message = format!("`{beside}` beside `{one}`: make two expectations of it");
            problems.add(span, message);
            return None;
        }
        ([_], None) => {}
        ([one, other, ..], None) => {
            let message = format!("`{other}` beside `{one}`: make two expectations of it");
            problems.add(span, message);
            return None;
        }
    }
    if fields.has("between") && !fields.has("order") {
        problems.add(span.clone(), "`between` is said of an `order`");
    }
    let (default_name, demand) = match given.first() {
        Some(&"order") => order(&mut fields, problems)?,
        Some(&"unusedStubs") => ("no stub is unused".to_owned(), unused(&mut fields, problems)?),
        Some(&"earlyRetries") => {
            let most = at_most(fields.take_any("earlyRetries")?, "earlyRetries", problems)?;
            ("no try comes before Retry-After".to_owned(), Demand::EarlyRetries(most))
        }
        Some(_) => {
            let most = at_most(fields.take_any("unmatched")?, "unmatched", problems)?;
            ("every request matches".to_owned(), Demand::Unmatched(most))
        }
        None => {
            let demand = requests(&mut fields, problems)?;
            if problems.count() == before && !OF_REQUESTS.iter().any(|key| asks(&demand, key)) {
                let all: Vec<String> =
                    OF_REQUESTS.iter().chain(&BY_ITSELF).map(|key| format!("`{key}`")).collect();
                let hint = format!("say what: {}", all.join(", "));
                problems.add_with_hint(span, "nothing is expected", hint);
            }
            (demand.which.clone(), Demand::Requests(Box::new(demand)))
        }
    };
    Some(Draft { name, default_name, demand })
}

fn name_span(node: &Node) -> Range<usize> {
    let NodeValue::Object(members) = &node.value else { return span_of(node) };
    let name = members.iter().find(|member| member.name == "name");
    name.map_or(span_of(node), |member| span_of(&member.value))
}

fn asks(demand: &RequestDemand, key: &str) -> bool {
    match key {
        "concurrent" => demand.concurrent.is_some(),
        "retries" => demand.retries.is_some(),
        "headers" => !demand.headers.is_empty(),
        _ => demand.count.is_some(),
    }
}

fn requests(fields: &mut Fields, problems: &mut Problems) -> Option<RequestDemand> {
    let span = fields.span.clone();
    let (request, which) = match fields.take("request") {
        Some(node) => request::read(node, "request", problems)?,
        None => (RequestPattern::default(), "any request".to_owned()),
    };
    let never = flag(fields, "never", problems);
    let count = fields.take("count").and_then(|node| times::read(node, "count", problems));
    if never.is_some() && count.is_some() {
        problems.add(span, "`never` beside `count`: give one");
    }
    let none = Times { at_least: 0, at_most: Some(0) };
    let once = Times { at_least: 1, at_most: None };
    Some(RequestDemand {
        which,
        request,
        answered: fields
            .take("answered")
            .map(|node| statuses(node, "answered", problems))
            .unwrap_or_default(),
        count: count.or(never.map(|never| if never { none } else { once })),
        concurrent: fields.take("concurrent").and_then(|it| at_most(it, "concurrent", problems)),
        retries: fields.take("retries").and_then(|node| retries::read(node, problems)),
        headers: fields.take("headers").map(|it| header::read(it, problems)).unwrap_or_default(),
    })
}

fn order(fields: &mut Fields, problems: &mut Problems) -> Option<(String, Demand)> {
    let node = fields.take_any("order")?;
    let span = span_of(&node);
    let nodes = items(node, "order", problems);
    if nodes.len() < 2 || nodes.len() > MOST_STEPS {
        let message = format!("an order is of 2 to {MOST_STEPS} requests");
        problems.add(span, message);
        return None;
    }
    let steps: Vec<Step> = nodes
        .into_iter()
        .filter_map(|node| request::read(node, "order", problems))
        .map(|(request, name)| Step { name, request })
        .collect();
    let between = word(fields, "between", &BETWEEN, problems).unwrap_or_default();
    let names: Vec<&str> = steps.iter().take(3).map(|step| step.name.as_str()).collect();
    let more = if steps.len() > names.len() { ", …" } else { "" };
    let name = format!("order: {}{more}", names.join(", "));
    Some((name, Demand::Order(OrderDemand { steps, between })))
}

fn unused(fields: &mut Fields, problems: &mut Problems) -> Option<Demand> {
    let node = fields.take_any("unusedStubs")?;
    if node.value == NodeValue::Null {
        expected(&node, "unusedStubs", "`none`, or a list of names or ids", problems);
        return None;
    }
    let mut allowed = Vec::new();
    for item in one_or_more(node) {
        match item.value {
            NodeValue::String(text) if text == "none" => {}
            NodeValue::String(text) => allowed.push(text),
            _ => expected(&item, "unusedStubs", "`none`, or a list of names or ids", problems),
        }
    }
    Some(Demand::UnusedStubs(allowed))
}
