//! What a request must look like for a rule to strike it: `method`, `url`, `header`, `request_body`, or
//! `request`, a whole request pattern of WireMock.

use super::{glob, tree::one_or_more};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{Fields, expected, free_members, span_of},
        problem::Problems,
        wiremock::{
            matcher::{read_body, read_values},
            pattern,
        },
    },
    model::{BodyPattern, Json, MethodPattern, RequestPattern, UrlPattern, ValuePattern},
};

/// Takes the keys that look at the request out of an entry.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> RequestPattern {
    let mut request =
        fields.take("request").map(|node| pattern::read(node, &[], problems)).unwrap_or_default();
    let span = fields.span.clone();
    if let Some(method) = fields.take("method").and_then(|node| method(node, problems)) {
        if request.method != MethodPattern::Any {
            problems.add(span.clone(), "`method` beside a `request` that has one");
        }
        request.method = method;
    }
    if let Some(url) = fields.take("url").and_then(|node| url(&node, problems)) {
        if request.url != UrlPattern::Any {
            problems.add(span, "`url` beside a `request` that has one");
        }
        request.url = url;
    }
    if let Some(node) = fields.take("header") {
        headers(node, &mut request.headers, problems);
    }
    for name in ["request_body", "body"] {
        for node in fields.take(name).map(one_or_more).unwrap_or_default() {
            request.body.push(match node.value {
                NodeValue::String(text) => BodyPattern::Text(ValuePattern::Contains(text)),
                _ => read_body(node, problems),
            });
        }
    }
    request
}

/// Methods are in capitals (RFC 9110 §9.1), however a person writes them.
pub(in crate::format) fn method(node: Node, problems: &mut Problems) -> Option<MethodPattern> {
    let mut methods = Vec::new();
    for item in one_or_more(node) {
        let span = span_of(&item);
        let NodeValue::String(text) = &item.value else {
            expected(&item, "method", "a string or a list of strings", problems);
            return None;
        };
        for word in text.split([',', '|', ' ']).filter(|word| !word.is_empty()) {
            if !word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-') {
                problems.add(span.clone(), format!("`{word}` is no method"));
            }
            methods.push(word.to_ascii_uppercase());
        }
    }
    Some(match methods.len() {
        0 => MethodPattern::Any,
        1 => MethodPattern::Is(methods.swap_remove(0)),
        _ => MethodPattern::OneOf(methods),
    })
}

fn url(node: &Node, problems: &mut Problems) -> Option<UrlPattern> {
    let NodeValue::String(text) = &node.value else {
        expected(node, "url", "a string", problems);
        return None;
    };
    match glob::parse(text) {
        Ok(pattern) => Some(pattern),
        Err(message) => {
            let hint = "`/v1/charges`, `/v1/*/refunds`, `/v1/**`, `/search?q=*`";
            problems.add_with_hint(span_of(node), message, hint);
            None
        }
    }
}

fn headers(node: Node, headers: &mut Vec<(String, ValuePattern)>, problems: &mut Problems) {
    if let NodeValue::Object(_) = &node.value {
        for member in free_members(node, "header", problems) {
            let pattern = match member.value.value {
                NodeValue::String(text) => value(&text),
                _ => read_values(member.value, problems),
            };
            headers.push((member.name, pattern));
        }
        return;
    }
    for item in one_or_more(node) {
        let NodeValue::String(text) = &item.value else {
            expected(&item, "header", "\"Name: value\" or a table of matchers", problems);
            return;
        };
        let (name, pattern) = match text.split_once(':') {
            Some((name, text)) => (name.trim(), value(text.trim())),
            // A name alone: that it is there.
            None => (text.trim(), ValuePattern::Not(Box::new(ValuePattern::Absent))),
        };
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let hint = "expected `Name: value`, `Name: *` or `Name`";
            problems.add_with_hint(span_of(&item), format!("`{name}` is no header name"), hint);
        }
        headers.push((name.to_owned(), pattern));
    }
}

/// Equality, or a fit where there are wildcards.
pub(in crate::format) fn value(text: &str) -> ValuePattern {
    if text.contains('*') {
        ValuePattern::Matches(glob::anywhere(text))
    } else {
        ValuePattern::equal_to(text)
    }
}

/// Writes a request pattern: in the short keys where they say it all.
pub(super) fn write(request: &RequestPattern) -> Vec<(&'static str, Json)> {
    let plain = RequestPattern {
        method: request.method.clone(),
        url: request.url.clone(),
        ..RequestPattern::default()
    };
    if plain == *request
        && let Some(members) = write_plain(request)
    {
        return members;
    }
    vec![("request", pattern::write(request))]
}

fn write_plain(request: &RequestPattern) -> Option<Vec<(&'static str, Json)>> {
    let is_plain = |method: &String| {
        !method.is_empty() && method.bytes().all(|it| it.is_ascii_uppercase() || it == b'-')
    };
    let mut members = Vec::new();
    match &request.method {
        MethodPattern::Any => {}
        MethodPattern::Is(method) if is_plain(method) => {
            members.push(("method", method.as_str().into()));
        }
        MethodPattern::OneOf(methods) if methods.len() > 1 && methods.iter().all(is_plain) => {
            let methods = methods.iter().map(|it| it.as_str().into()).collect();
            members.push(("method", Json::Array(methods)));
        }
        _ => return None,
    }
    match &request.url {
        UrlPattern::Any => {}
        url => members.push(("url", glob::print(url)?.into())),
    }
    Some(members)
}
