//! Which requests: `POST /v1/charges` on a line, or a request pattern of WireMock.

use crate::{
    codec::json::{Node, NodeValue},
    format::{
        behavior::{condition, glob},
        fields::{expected, span_of},
        problem::Problems,
        wiremock::pattern,
    },
    model::{MethodPattern, RequestPattern, UrlPattern},
};

/// Reads it, and says it in words.
pub(super) fn read(
    node: Node,
    name: &str,
    problems: &mut Problems,
) -> Option<(RequestPattern, String)> {
    match &node.value {
        NodeValue::String(text) => line(&node, text, problems),
        NodeValue::Object(_) => {
            let request = pattern::read(node, &[], problems);
            let words = words(&request);
            Some((request, words))
        }
        _ => {
            let what = "a line such as \"POST /v1/charges\", or a request pattern";
            expected(&node, name, what, problems);
            None
        }
    }
}

fn line(node: &Node, text: &str, problems: &mut Problems) -> Option<(RequestPattern, String)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (method, url) = match words.as_slice() {
        [url] if url.starts_with(['/', '*']) => (None, Some(*url)),
        [method] => (Some(*method), None),
        [method, url] => (Some(*method), Some(*url)),
        _ => {
            let hint = "`POST /v1/charges`, `/v1/**`, `GET|HEAD /items/*`";
            problems.add_with_hint(span_of(node), format!("`{text}` is no method and URL"), hint);
            return None;
        }
    };
    let mut request = RequestPattern::default();
    if let Some(method) = method.filter(|method| !matches!(*method, "ANY" | "any" | "*")) {
        let value = NodeValue::String(method.to_owned());
        request.method = condition::method(Node { value, ..*node }, problems)?;
    }
    if let Some(url) = url.filter(|url| *url != "*") {
        match glob::parse(url) {
            Ok(pattern) => request.url = pattern,
            Err(message) => {
                let hint = "`/v1/charges`, `/v1/*/refunds`, `/v1/**`, `/search?q=*`";
                problems.add_with_hint(span_of(node), message, hint);
                return None;
            }
        }
    }
    let said = words_of_line(&request, url);
    Some((request, said))
}

fn words_of_line(request: &RequestPattern, url: Option<&str>) -> String {
    let method = method_words(&request.method);
    match (method.as_str(), url.filter(|url| *url != "*")) {
        ("", None) => "any request".to_owned(),
        (method, None) => method.to_owned(),
        ("", Some(url)) => url.to_owned(),
        (method, Some(url)) => format!("{method} {url}"),
    }
}

fn method_words(method: &MethodPattern) -> String {
    match method {
        MethodPattern::Any => String::new(),
        MethodPattern::Is(method) => method.clone(),
        MethodPattern::OneOf(methods) => methods.join("|"),
        MethodPattern::NoneOf(methods) => format!("not {}", methods.join("|")),
        MethodPattern::GetOrHead => "GET|HEAD".to_owned(),
    }
}

/// `POST /v1/charges …`; the dots stand for what else the pattern says.
fn words(request: &RequestPattern) -> String {
    let url = match &request.url {
        UrlPattern::Any => None,
        UrlPattern::Url(url)
        | UrlPattern::UrlPath(url)
        | UrlPattern::UrlPattern(url)
        | UrlPattern::UrlPathPattern(url)
        | UrlPattern::UrlPathTemplate(url) => Some(url.as_str()),
    };
    let plain = RequestPattern {
        method: request.method.clone(),
        url: request.url.clone(),
        ..RequestPattern::default()
    };
    let said = words_of_line(&plain, url);
    if plain == *request { said } else { format!("{said} …") }
}
