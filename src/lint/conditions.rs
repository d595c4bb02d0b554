//! Conditions of one stub that nothing meets: by themselves, or together.

use super::{
    finding::{Finding, escaped},
    paths::{self, XPathSense},
};
use crate::{
    format::rule::{self, Rule},
    matching::{
        covers::{is_met_by_url, takes_no_method},
        covers_value::{bodies_exclude, excludes},
    },
    model::{BodyPattern, PathPattern, Stub, UrlPattern, ValuePattern},
};

/// Fields that only answers have (RFC 9110 §10.2, RFC 6265 §4.1, RFC 9111 §5.1).
const OF_ANSWERS: [&str; 10] = [
    "Accept-Ranges",
    "Age",
    "ETag",
    "Last-Modified",
    "Location",
    "Proxy-Authenticate",
    "Retry-After",
    "Server",
    "Set-Cookie",
    "WWW-Authenticate",
];

/// How deep conditions are looked into.
const MAX_DEPTH: usize = 16;

/// Looks at the conditions of a stub.
pub(super) fn look(at: usize, stub: &Stub, found: &mut Vec<Finding>) {
    let request = &stub.request;
    if takes_no_method(&request.method) {
        found.push(Finding::new(
            rule::CONTRADICTION,
            at,
            "/request/method",
            "no method is one of these",
        ));
    }
    for (key, named) in [
        ("pathParameters", &request.extras.path_parameters),
        ("headers", &request.headers),
        ("queryParameters", &request.query),
        ("cookies", &request.extras.cookies),
        ("formParameters", &request.extras.form),
    ] {
        for (name, pattern) in named {
            let pointer = format!("/request/{key}/{}", escaped(name));
            inside(at, &pointer, pattern, MAX_DEPTH, found);
        }
    }
    for (name, pattern) in &request.headers {
        let is_of_answers = OF_ANSWERS.iter().any(|field| field.eq_ignore_ascii_case(name));
        if is_of_answers && *pattern != ValuePattern::Absent {
            let pointer = format!("/request/headers/{}", escaped(name));
            let message = format!("clients do not send `{name}`, which is a field of answers");
            found.push(
                Finding::new(rule::RESPONSE_HEADER, at, pointer, message)
                    .with_hint("was it meant for the `headers` of `response`?"),
            );
        }
    }
    if let UrlPattern::Url(url) = &request.url {
        for (name, pattern) in &request.query {
            if is_met_by_url(url, name, pattern) == Some(false) {
                let pointer = format!("/request/queryParameters/{}", escaped(name));
                let message =
                    format!("`url` is the whole of path and query, and does not fit this `{name}`");
                found.push(
                    Finding::new(rule::QUERY_CONTRADICTS_URL, at, pointer, message)
                        .with_hint("use `urlPath` beside `queryParameters`"),
                );
            }
        }
    }
    bodies(at, "/request/bodyPatterns", &request.body, found);
    for (n, part) in request.extras.multipart.iter().enumerate() {
        bodies(at, &format!("/request/multipartPatterns/{n}/bodyPatterns"), &part.body, found);
    }
}

fn bodies(at: usize, list: &str, patterns: &[BodyPattern], found: &mut Vec<Finding>) {
    for (n, pattern) in patterns.iter().enumerate() {
        if let BodyPattern::Text(text) = pattern {
            inside(at, &format!("{list}/{n}"), text, MAX_DEPTH, found);
        }
        let earlier = patterns.iter().take(n).position(|other| bodies_exclude(other, pattern));
        if let Some(earlier) = earlier {
            let message = format!("no body fits this and item {} of the list", earlier + 1);
            found.push(
                Finding::new(rule::CONTRADICTION, at, format!("{list}/{n}"), message)
                    .with_hint("all of them must fit; take one away, or put them in an `or`"),
            );
        }
    }
}

/// Conditions inside of a condition.
fn inside(
    at: usize,
    pointer: &str,
    pattern: &ValuePattern,
    depth: usize,
    found: &mut Vec<Finding>,
) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match pattern {
        ValuePattern::And(all) => {
            for (n, one) in all.iter().enumerate() {
                let here = format!("{pointer}/and/{n}");
                inside(at, &here, one, depth, found);
                let earlier = all.iter().take(n).position(|other| excludes(other, one));
                if let Some(earlier) = earlier {
                    let message = format!("no value fits this and item {} of `and`", earlier + 1);
                    found.push(
                        Finding::new(rule::CONTRADICTION, at, here, message)
                            .with_hint("did you mean `or`?"),
                    );
                }
            }
        }
        ValuePattern::Or(any) => {
            for (n, one) in any.iter().enumerate() {
                inside(at, &format!("{pointer}/or/{n}"), one, depth, found);
            }
        }
        ValuePattern::HasExactly(all) | ValuePattern::Includes(all) => {
            let key = match pattern {
                ValuePattern::HasExactly(_) => "hasExactly",
                _ => "includes",
            };
            for (n, one) in all.iter().enumerate() {
                inside(at, &format!("{pointer}/{key}/{n}"), one, depth, found);
            }
        }
        ValuePattern::MatchesJsonPath(path) => {
            let key = format!("{pointer}/matchesJsonPath");
            if let Some(why) = paths::json_path_never(path) {
                found.push(path_finding(at, &key, path, rule::PATH_FINDS_NOTHING, &why));
            }
            if let Some(value) = &path.value {
                inside(at, &key, value, depth, found);
            }
        }
        ValuePattern::MatchesXPath { path, namespaces } => {
            let key = format!("{pointer}/matchesXPath");
            match paths::x_path(path, namespaces) {
                XPathSense::Sense => {}
                XPathSense::Never(why) => {
                    found.push(path_finding(at, &key, path, rule::PATH_FINDS_NOTHING, &why));
                }
                XPathSense::Always(why) => {
                    found.push(path_finding(at, &key, path, rule::PATH_FINDS_ANYTHING, &why));
                }
            }
            if let Some(value) = &path.value {
                inside(at, &key, value, depth, found);
            }
        }
        ValuePattern::Not(inner) => {
            inside(at, &format!("{pointer}/not"), inner, depth, found);
            if **inner == ValuePattern::Anything {
                let here = format!("{pointer}/not");
                let message = "nothing is not anything";
                found.push(Finding::new(rule::CONTRADICTION, at, here, message));
            }
        }
        _ => {}
    }
}

/// The expression stands by itself, or beside the matcher of what it finds.
fn path_finding(
    at: usize,
    key: &str,
    path: &PathPattern,
    rule: &'static Rule,
    why: &str,
) -> Finding {
    let below = if path.value.is_some() { "/expression" } else { "" };
    let what = match rule.id == rule::PATH_FINDS_NOTHING.id {
        true => "this expression finds nothing in any body",
        false => "this expression is satisfied by any document",
    };
    Finding::new(rule, at, format!("{key}{below}"), format!("{what}: {why}"))
}
