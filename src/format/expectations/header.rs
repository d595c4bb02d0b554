//! What stands in the headers of every request: a value, a matcher of WireMock, the same on all, a trace.

use super::keys::open;
use crate::{
    codec::{
        json::{Node, NodeValue},
        suggest,
    },
    format::{
        behavior::{
            condition,
            scalar::flag,
            tree::{camel_case, snake_case},
        },
        fields::{Place, expected, free_members, span_of},
        problem::Problems,
        wiremock::matcher::{NAMED, read_values},
    },
    model::{HeaderDemand, ValuePattern},
};

const HEADER: Place = Place {
    noun: "key",
    name: "a header that is expected",
    known: &["present", "same", "sameTrace", "trace", "unique"],
};

/// Reads what is expected of header fields.
pub(super) fn read(node: Node, problems: &mut Problems) -> Vec<(String, HeaderDemand)> {
    let mut demands = Vec::new();
    for member in free_members(node, "headers", problems) {
        let name_span = member.name_start..member.name_end;
        if !is_field_name(&member.name) {
            problems.add(name_span, format!("`{}` cannot be a header name", member.name));
            continue;
        }
        let name = member.name;
        demands.extend(demands_of(member.value, problems).into_iter().map(|it| (name.clone(), it)));
    }
    demands
}

/// Whether a text can be the name of a field (RFC 9110 §5.1).
pub(super) fn is_field_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

fn present() -> HeaderDemand {
    HeaderDemand::Fits(ValuePattern::Not(Box::new(ValuePattern::Absent)))
}

fn demands_of(node: Node, problems: &mut Problems) -> Vec<HeaderDemand> {
    let (start, end) = (node.start, node.end);
    let members = match node.value {
        NodeValue::String(text) if text == "*" => return vec![present()],
        NodeValue::String(text) => return vec![HeaderDemand::Fits(condition::value(&text))],
        NodeValue::Object(members) => members,
        _ => {
            let what = "a value, a matcher, or an object such as {\"sameTrace\": true}";
            expected(&node, "headers", what, problems);
            return Vec::new();
        }
    };
    // What is neither a matcher nor one of these is taken for what it looks like.
    let is_own = |name: &str| {
        HEADER.known.contains(&camel_case(&snake_case(name)).as_str())
            || (!NAMED.known.contains(&name)
                && suggest::nearest(name, HEADER.known.iter().copied()).is_some())
    };
    let (own, matcher): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|member| is_own(&member.name));
    let mut demands = Vec::new();
    if !matcher.is_empty() {
        let node = Node { start, end, value: NodeValue::Object(matcher) };
        demands.push(HeaderDemand::Fits(read_values(node, problems)));
    }
    let before = problems.count();
    let node = Node { start, end, value: NodeValue::Object(own) };
    let Some(mut fields) = open(node, &HEADER, problems) else { return demands };
    match flag(&mut fields, "present", problems) {
        Some(true) => demands.push(present()),
        Some(false) => demands.push(HeaderDemand::Fits(ValuePattern::Absent)),
        None => {}
    }
    for (key, demand) in [
        ("same", HeaderDemand::Same),
        ("sameTrace", HeaderDemand::SameTrace),
        ("unique", HeaderDemand::Unique),
    ] {
        if flag(&mut fields, key, problems) == Some(true) {
            demands.push(demand);
        }
    }
    if let Some(node) = fields.take("trace") {
        match &node.value {
            NodeValue::String(text) if is_trace(text) => {
                demands.push(HeaderDemand::Trace(text.to_ascii_lowercase()));
            }
            _ => {
                let hint = "as in `4bf92f3577b34da6a3ce929d0e0e4736`";
                let message = "`trace` must be 32 hexadecimal digits, not all 0";
                problems.add_with_hint(span_of(&node), message, hint);
            }
        }
    }
    if demands.is_empty() && problems.count() == before {
        let hint = "`present: true`, `same: true`, `sameTrace: true`, or a matcher";
        problems.add_with_hint(start..end, "nothing is expected of this header", hint);
    }
    demands
}

fn is_trace(text: &str) -> bool {
    text.len() == 32
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte != b'0')
}
