//! The `request` of a mapping: which requests it answers.

use super::{
    matcher::{VALUE, read_body, read_named, read_single, read_value},
    written::{write_body, write_named, write_value},
};
use crate::{
    codec::json::{Node, NodeValue},
    format::{
        fields::{Fields, Place, expected, expected_one_of, items, span_of, text},
        problem::Problems,
    },
    model::{
        BodyPattern, Json, MethodPattern, MultipartPattern, PatternExtras, RequestPattern, Scheme,
        UrlPattern, ValuePattern,
    },
};

/// The keys of `request`.
pub(super) const REQUEST: Place = Place {
    noun: "key",
    name: "`request`",
    known: &[
        "scheme",
        "host",
        "port",
        "clientIp",
        "method",
        "url",
        "urlPath",
        "urlPattern",
        "urlPathPattern",
        "urlPathTemplate",
        "pathParameters",
        "headers",
        "queryParameters",
        "cookies",
        "formParameters",
        "basicAuth",
        "basicAuthCredentials",
        "bodyPatterns",
        "multipartPatterns",
        "customMatcher",
    ],
};

pub(super) const CREDENTIALS: Place =
    Place { noun: "key", name: "`basicAuthCredentials`", known: &["username", "password"] };

pub(super) const METHODS: Place =
    Place { noun: "key", name: "`method`", known: &["oneOf", "noneOf"] };

pub(super) const MULTIPART: Place = Place {
    noun: "key",
    name: "a part of `multipartPatterns`",
    known: &["name", "fileName", "matchingType", "headers", "bodyPatterns"],
};

/// Reads a `request`.
pub(in crate::format) fn read(
    node: Node,
    homes: &[&Place],
    problems: &mut Problems,
) -> RequestPattern {
    let Some(mut fields) = Fields::open(node, &REQUEST, homes, problems) else {
        return RequestPattern::default();
    };
    custom_matcher(&mut fields, problems);
    RequestPattern {
        extras: PatternExtras {
            host: fields.take("host").map(|node| Box::new(read_value(node, problems))),
            port: port(&mut fields, problems),
            client_ip: fields.take("clientIp").map(|node| Box::new(read_value(node, problems))),
            path_parameters: single(&mut fields, "pathParameters", problems),
            cookies: single(&mut fields, "cookies", problems),
            form: named(&mut fields, "formParameters", problems),
            basic_auth: credentials(&mut fields, problems),
            multipart: fields
                .items("multipartPatterns", problems)
                .into_iter()
                .map(|part| read_part(part, problems))
                .collect(),
        }
        .into(),
        scheme: scheme(&mut fields, problems),
        method: method(&mut fields, problems),
        url: url(&mut fields, problems),
        headers: named(&mut fields, "headers", problems),
        query: named(&mut fields, "queryParameters", problems),
        body: bodies(&mut fields, problems),
    }
}

/// Writes a `request`; what is satisfied by anything is left out.
pub(in crate::format) fn write(pattern: &RequestPattern) -> Json {
    let mut members: Vec<(String, Json)> = Vec::new();
    let mut put = |name: &str, value: Json| members.push((name.to_owned(), value));
    if let Some(scheme) = pattern.scheme {
        put("scheme", scheme.as_str().into());
    }
    if let Some(host) = &pattern.extras.host {
        put("host", write_value(host));
    }
    if let Some(port) = pattern.extras.port {
        put("port", u64::from(port).into());
    }
    if let Some(address) = &pattern.extras.client_ip {
        put("clientIp", write_value(address));
    }
    match &pattern.method {
        MethodPattern::Any => {}
        MethodPattern::GetOrHead => put("method", "GET_OR_HEAD".into()),
        MethodPattern::Is(method) => put("method", method.as_str().into()),
        MethodPattern::OneOf(methods) => put("method", set("oneOf", methods)),
        MethodPattern::NoneOf(methods) => put("method", set("noneOf", methods)),
    }
    match &pattern.url {
        UrlPattern::Any => {}
        UrlPattern::Url(url) => put("url", url.as_str().into()),
        UrlPattern::UrlPath(path) => put("urlPath", path.as_str().into()),
        UrlPattern::UrlPattern(regex) => put("urlPattern", regex.as_str().into()),
        UrlPattern::UrlPathPattern(regex) => put("urlPathPattern", regex.as_str().into()),
        UrlPattern::UrlPathTemplate(template) => put("urlPathTemplate", template.as_str().into()),
    }
    for (name, named) in [
        ("pathParameters", &pattern.extras.path_parameters),
        ("headers", &pattern.headers),
        ("queryParameters", &pattern.query),
        ("cookies", &pattern.extras.cookies),
        ("formParameters", &pattern.extras.form),
    ] {
        if !named.is_empty() {
            put(name, write_named(named));
        }
    }
    if let Some((username, password)) = &pattern.extras.basic_auth {
        put(
            "basicAuthCredentials",
            Json::Object(vec![
                ("username".to_owned(), username.as_str().into()),
                ("password".to_owned(), password.as_str().into()),
            ]),
        );
    }
    if !pattern.body.is_empty() {
        put("bodyPatterns", Json::Array(pattern.body.iter().map(write_body).collect()));
    }
    if !pattern.extras.multipart.is_empty() {
        put(
            "multipartPatterns",
            Json::Array(pattern.extras.multipart.iter().map(write_part).collect()),
        );
    }
    Json::Object(members)
}

fn set(name: &str, methods: &[String]) -> Json {
    let methods = methods.iter().map(|method| method.as_str().into()).collect();
    Json::Object(vec![(name.to_owned(), Json::Array(methods))])
}

fn scheme(fields: &mut Fields, problems: &mut Problems) -> Option<Scheme> {
    let node = fields.take("scheme")?;
    let span = span_of(&node);
    match text(node, "scheme", problems)?.as_str() {
        "http" => Some(Scheme::Http),
        "https" => Some(Scheme::Https),
        other => {
            expected_one_of(span, "scheme", other, &["http", "https"], problems);
            None
        }
    }
}

/// A number, or a text that is one.
fn port(fields: &mut Fields, problems: &mut Problems) -> Option<u16> {
    let node = fields.take("port")?;
    let port = match &node.value {
        NodeValue::Number(spelled) => spelled.strip_suffix(".0").unwrap_or(spelled).parse().ok(),
        NodeValue::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    if port.is_none() {
        expected(&node, "port", "a number from 0 to 65535", problems);
    }
    port
}

fn custom_matcher(fields: &mut Fields, problems: &mut Problems) {
    if let Some(node) = fields.take("customMatcher") {
        problems.add_with_hint(
            span_of(&node),
            "`customMatcher` names Java code, which ringer cannot run",
            "say what it looks for with matchers, `and`, `or` and `not`",
        );
    }
}

fn method(fields: &mut Fields, problems: &mut Problems) -> MethodPattern {
    let Some(node) = fields.take("method") else { return MethodPattern::Any };
    let span = span_of(&node);
    if matches!(node.value, NodeValue::Object(_)) {
        return method_set(node, problems);
    }
    match text(node, "method", problems).as_deref() {
        None | Some("ANY") => MethodPattern::Any,
        Some("GET_OR_HEAD") => MethodPattern::GetOrHead,
        Some(token) => {
            if http::Method::from_bytes(token.as_bytes()).is_err() {
                problems.add(span, format!("`{token}` cannot be a method"));
            }
            MethodPattern::Is(token.to_owned())
        }
    }
}

/// `{"oneOf": […]}` or `{"noneOf": […]}`, as WireMock 4 has them.
fn method_set(node: Node, problems: &mut Problems) -> MethodPattern {
    let span = span_of(&node);
    let Some(mut fields) = Fields::open(node, &METHODS, &[], problems) else {
        return MethodPattern::Any;
    };
    let mut methods = |name: &str, problems: &mut Problems| {
        let list = fields.take(name)?;
        let methods: Vec<String> = items(list, name, problems)
            .into_iter()
            .filter_map(|item| text(item, name, problems))
            .collect();
        Some(methods)
    };
    match (methods("oneOf", problems), methods("noneOf", problems)) {
        (Some(methods), None) => MethodPattern::OneOf(methods),
        (None, Some(methods)) => MethodPattern::NoneOf(methods),
        _ => {
            let hint = "for example {\"oneOf\": [\"GET\", \"PUT\"]}";
            problems.add_unless_within(span, "`method` needs `oneOf` or `noneOf`", hint);
            MethodPattern::Any
        }
    }
}

/// Of several, WireMock takes the first in this order.
fn url(fields: &mut Fields, problems: &mut Problems) -> UrlPattern {
    let mut text = |name, make: fn(String) -> UrlPattern| fields.text(name, problems).map(make);
    let given = [
        text("url", UrlPattern::Url),
        text("urlPattern", UrlPattern::UrlPattern),
        text("urlPath", UrlPattern::UrlPath),
        text("urlPathPattern", UrlPattern::UrlPathPattern),
        text("urlPathTemplate", UrlPattern::UrlPathTemplate),
    ];
    given.into_iter().flatten().next().unwrap_or_default()
}

fn named(fields: &mut Fields, name: &str, problems: &mut Problems) -> Vec<(String, ValuePattern)> {
    let members = fields.free_members(name, problems);
    read_named(members, problems)
}

fn single(fields: &mut Fields, name: &str, problems: &mut Problems) -> Vec<(String, ValuePattern)> {
    let members = fields.free_members(name, problems);
    read_single(members, problems)
}

/// A text; as WireMock, takes a number or truth value for its text.
fn word(fields: &mut Fields, name: &str, problems: &mut Problems) -> Option<String> {
    let node = fields.take(name)?;
    match node.value {
        NodeValue::Number(spelled) => Some(spelled),
        NodeValue::Bool(value) => Some(value.to_string()),
        _ => text(node, name, problems),
    }
}

/// Of both names the longer counts, as in WireMock.
fn credentials(fields: &mut Fields, problems: &mut Problems) -> Option<(String, String)> {
    let short = fields.take("basicAuth");
    let long = fields.take("basicAuthCredentials");
    let mut credentials = Fields::open(long.or(short)?, &CREDENTIALS, &[], problems)?;
    let mut part = |name| {
        let found = word(&mut credentials, name, problems);
        if found.is_none() {
            problems.add_unless_within(
                credentials.span.clone(),
                &format!("`{name}` is missing in `basicAuthCredentials`"),
                "it needs `username` and `password`",
            );
        }
        found.unwrap_or_default()
    };
    Some((part("username"), part("password")))
}

fn bodies(fields: &mut Fields, problems: &mut Problems) -> Vec<BodyPattern> {
    let Some(node) = fields.take("bodyPatterns") else { return Vec::new() };
    if let NodeValue::Object(_) = &node.value {
        problems.add_with_hint(
            node.start..node.start + 1,
            "`bodyPatterns` must be an array, found an object",
            "put the matcher between `[` and `]`",
        );
        return Vec::new();
    }
    items(node, "bodyPatterns", problems)
        .into_iter()
        .map(|item| read_body(item, problems))
        .collect()
}

fn read_part(node: Node, problems: &mut Problems) -> MultipartPattern {
    let Some(mut fields) = Fields::open(node, &MULTIPART, &[&VALUE], problems) else {
        return MultipartPattern::default();
    };
    MultipartPattern {
        name: word(&mut fields, "name", problems),
        file_name: word(&mut fields, "fileName", problems),
        all_parts: fields.take("matchingType").is_some_and(|node| {
            let span = span_of(&node);
            match text(node, "matchingType", problems).as_deref() {
                None | Some("ANY") => false,
                Some("ALL") => true,
                Some(other) => {
                    expected_one_of(span, "matchingType", other, &["ANY", "ALL"], problems);
                    false
                }
            }
        }),
        headers: named(&mut fields, "headers", problems),
        body: bodies(&mut fields, problems),
    }
}

fn write_part(part: &MultipartPattern) -> Json {
    let mut members: Vec<(String, Json)> = Vec::new();
    if let Some(name) = &part.name {
        members.push(("name".to_owned(), name.as_str().into()));
    }
    if let Some(name) = &part.file_name {
        members.push(("fileName".to_owned(), name.as_str().into()));
    }
    if part.all_parts {
        members.push(("matchingType".to_owned(), "ALL".into()));
    }
    if !part.headers.is_empty() {
        members.push(("headers".to_owned(), write_named(&part.headers)));
    }
    if !part.body.is_empty() {
        let bodies = part.body.iter().map(write_body).collect();
        members.push(("bodyPatterns".to_owned(), Json::Array(bodies)));
    }
    Json::Object(members)
}

#[cfg(test)]
mod tests;
