//! The whole document: a list of expectations, each with a name of its own.

use std::{collections::HashSet, ops::Range};

use super::{
    entry::{self, Draft},
    keys::open,
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        behavior::tree::{self, Language, camel_case},
        fields::{Place, expected, span_of},
        problem::{Problem, Problems},
    },
    model::{Expectation, Expectations, Json},
};

/// Expectations that one document may have.
const MOST: usize = 1000;

const DOCUMENT: Place = Place {
    noun: "key",
    name: "a document of expectations",
    known: &["$schema", "description", "expectations"],
};

/// Reads a document: an object with a list of `expectations`, or the list itself. An empty text expects
/// nothing.
///
/// # Errors
///
/// Every mistake, in the order of the text.
pub fn read(text: &str, language: Language) -> Result<Expectations, Vec<Problem>> {
    let mut problems = Problems::default();
    let node = tree::parse(text, language, &mut problems);
    let expectations = node.map(|node| read_node(node, &mut problems));
    let problems = problems.into_sorted();
    match expectations {
        Some(expectations) if problems.is_empty() => Ok(expectations),
        _ => Err(problems),
    }
}

/// Where the value at a JSON pointer (RFC 6901) stands, or its nearest ancestor that is there. The
/// pointer begins with the place of the expectation: `/0/request/urlPattern`.
pub fn locate(text: &str, language: Language, pointer: &str) -> Range<usize> {
    let whole = 0..text.len();
    let Some(mut node) = tree::parse(text, language, &mut Problems::default()) else {
        return whole;
    };
    if let NodeValue::Object(members) = node.value {
        let list = members.into_iter().find(|member| member.name == "expectations");
        let Some(list) = list else { return whole };
        node = list.value;
    }
    let mut at = &node;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let child = match &at.value {
            NodeValue::Array(items) => token.parse().ok().and_then(|at: usize| items.get(at)),
            NodeValue::Object(members) => members
                .iter()
                .find(|member| member.name == token || camel_case(&member.name) == token)
                .map(|member| &member.value),
            _ => None,
        };
        match child {
            Some(child) => at = child,
            None => break,
        }
    }
    span_of(at)
}

fn read_node(node: Node, problems: &mut Problems) -> Expectations {
    let document = node.clone().into_json();
    let list = match node.value {
        NodeValue::Array(_) => Some(node),
        _ => open(node, &DOCUMENT, problems).and_then(|mut fields| fields.take("expectations")),
    };
    let items = match list {
        None => Vec::new(),
        Some(Node { value: NodeValue::Array(items), .. }) => items,
        Some(node) => {
            expected(&node, "expectations", "an array", problems);
            Vec::new()
        }
    };
    if let Some(item) = items.get(MOST) {
        problems.add(span_of(item), format!("more than {MOST} expectations"));
        return Expectations { each: Vec::new(), document: Json::Null };
    }
    let drafts: Vec<Draft> =
        items.into_iter().filter_map(|item| entry::read(item, problems)).collect();
    Expectations { each: named(drafts, problems), document }
}

/// Gives each expectation a name of its own.
fn named(drafts: Vec<Draft>, problems: &mut Problems) -> Vec<Expectation> {
    let mut taken = HashSet::new();
    for (name, span) in drafts.iter().filter_map(|draft| draft.name.as_ref()) {
        if !taken.insert(name.clone()) {
            problems.add(span.clone(), format!("two expectations are called `{name}`"));
        }
    }
    let mut each = Vec::with_capacity(drafts.len());
    for Draft { name, default_name, demand } in drafts {
        let name = match name {
            Some((name, _)) => name,
            None => {
                let numbered = (2..).map(|number| format!("{default_name} ({number})"));
                let mut names = std::iter::once(default_name.clone()).chain(numbered);
                // There are fewer names than numbers.
                names.find(|name| taken.insert(name.clone())).unwrap_or_default()
            }
        };
        each.push(Expectation { name, demand });
    }
    each
}
