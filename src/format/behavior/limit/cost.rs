//! What a request counts: a number, a field of request or answer, tokens, bytes, or by request.

use super::{key::json_path, selection, value::word};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        behavior::{scalar, tree::open},
        fields::{Place, expected, span_of},
        problem::Problems,
        suggest,
    },
    model::{Cost, Json, RequestPattern, TokenKind},
};

const WORDS: [&str; 6] =
    ["tokens", "input-tokens", "output-tokens", "bytes", "request:$.PATH", "response:$.PATH"];

const ANY: (u64, u64) = (0, u64::MAX);

/// What a number in a body costs: `{request = "$.n", otherwise = 1}`.
const FIELD: Place =
    Place { noun: "key", name: "`cost`", known: &["request", "response", "otherwise", "reserved"] };

/// What some requests cost.
const CASE: Place =
    Place { noun: "key", name: "an entry of `cost`", known: &["cost", "request", "url", "method"] };

/// Reads what a request counts.
pub(super) fn read(node: Node, problems: &mut Problems) -> Option<Cost> {
    match node.value {
        NodeValue::String(_) | NodeValue::Number(_) => from_word(&node, problems),
        NodeValue::Object(_) => from_field(node, problems),
        NodeValue::Array(cases) => Some(from_cases(cases, problems)),
        _ => {
            expected(&node, "cost", "a number, a word, a table or a list", problems);
            None
        }
    }
}

fn from_word(node: &Node, problems: &mut Problems) -> Option<Cost> {
    let text = word(node)?;
    if let Ok(number) = text.parse() {
        return Some(Cost::Fixed(number));
    }
    let path = |path: &str| {
        json_path(path.trim()).map_err(|message| (message, "write `request:$.first`".to_owned()))
    };
    let cost = match text.split_once(':') {
        Some(("request", text)) => path(text).map(|path| Cost::RequestField { path, otherwise: 1 }),
        Some(("response", text)) => {
            path(text).map(|path| Cost::ResponseField { path, reserved: 1 })
        }
        None if text == "tokens" => Ok(Cost::Tokens(TokenKind::Total)),
        None if text == "input-tokens" => Ok(Cost::Tokens(TokenKind::Input)),
        None if text == "output-tokens" => Ok(Cost::Tokens(TokenKind::Output)),
        None if text == "bytes" => Ok(Cost::ResponseBytes),
        _ => Err((
            format!("`cost` cannot be `{text}`"),
            match suggest::nearest(text, WORDS) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!(
                    "a whole number or one of {}",
                    WORDS.map(|word| format!("`{word}`")).join(", ")
                ),
            },
        )),
    };
    cost.map_err(|(message, hint)| problems.add_with_hint(span_of(node), message, hint)).ok()
}

fn from_field(node: Node, problems: &mut Problems) -> Option<Cost> {
    let mut fields = open(node, &FIELD, &[&CASE], problems)?;
    let span = fields.span.clone();
    let otherwise = scalar::whole(&mut fields, "otherwise", ANY, problems);
    let reserved = scalar::whole(&mut fields, "reserved", ANY, problems);
    let mut path = |name| {
        let node: Node = fields.take(name)?;
        match word(&node).map(json_path) {
            Some(Ok(path)) => Some(path),
            Some(Err(message)) => {
                problems.add(span_of(&node), message);
                None
            }
            None => {
                expected(&node, name, "a JSONPath", problems);
                None
            }
        }
    };
    match (path("request"), path("response")) {
        (Some(path), None) => Some(Cost::RequestField { path, otherwise: otherwise.unwrap_or(1) }),
        (None, Some(path)) => {
            Some(Cost::ResponseField { path, reserved: reserved.or(otherwise).unwrap_or(1) })
        }
        (Some(_), Some(_)) => {
            problems.add(span, "`cost` has both `request` and `response`, expected one of them");
            None
        }
        (None, None) => {
            problems.add_unless_within(
                span,
                "`cost` has neither `request` nor `response`",
                "write `{ response = \"$.usage.total\", reserved = 10 }`",
            );
            None
        }
    }
}

fn from_cases(nodes: Vec<Node>, problems: &mut Problems) -> Cost {
    let mut cases: Vec<(RequestPattern, u64)> = Vec::new();
    let mut otherwise = None;
    for node in nodes {
        let Some(mut fields) = open(node, &CASE, &[&FIELD], problems) else { continue };
        let span = fields.span.clone();
        if otherwise.is_some() {
            problems.add_with_hint(
                span.clone(),
                "an entry of `cost` that is never reached",
                "the one before fits all requests; put it last",
            );
        }
        let cost = scalar::whole(&mut fields, "cost", ANY, problems);
        let request = selection::read(&mut fields, problems);
        match (cost, request) {
            (Some(cost), Some(request)) => cases.push((request, cost)),
            (Some(cost), None) => otherwise = Some(cost),
            (None, _) => problems.add_unless_within(
                span,
                "an entry of `cost` without `cost`",
                "write `{ method = \"POST\", cost = 5 }`",
            ),
        }
    }
    Cost::ByRequest(cases, otherwise.unwrap_or(1))
}

/// Writes what a request counts as [`read`] reads it.
pub(super) fn write(cost: &Cost) -> Json {
    let object = |members: [(&str, Json); 2]| {
        Json::Object(members.into_iter().map(|(name, json)| (name.to_owned(), json)).collect())
    };
    match cost {
        Cost::Fixed(number) => (*number).into(),
        Cost::Tokens(TokenKind::Total) => "tokens".into(),
        Cost::Tokens(TokenKind::Input) => "input-tokens".into(),
        Cost::Tokens(TokenKind::Output) => "output-tokens".into(),
        Cost::ResponseBytes => "bytes".into(),
        Cost::RequestField { path, otherwise } => {
            object([("request", path.as_str().into()), ("otherwise", (*otherwise).into())])
        }
        Cost::ResponseField { path, reserved } => {
            object([("response", path.as_str().into()), ("reserved", (*reserved).into())])
        }
        Cost::ByRequest(cases, otherwise) => {
            let case = |(request, cost): &(RequestPattern, u64)| {
                object([("request", selection::write(request)), ("cost", (*cost).into())])
            };
            let last = Json::Object(vec![("cost".to_owned(), (*otherwise).into())]);
            Json::Array(cases.iter().map(case).chain([last]).collect())
        }
    }
}
