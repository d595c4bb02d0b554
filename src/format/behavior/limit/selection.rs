//! Which requests a limit, a policy or a cost is about.

use crate::{
    format::{
        fields::{Fields, expected},
        problem::Problems,
        wiremock::pattern,
    },
    model::{Json, MethodPattern, RequestPattern, UrlPattern},
};

use super::value::word;

/// Takes which requests; `None` is all.
pub(super) fn read(fields: &mut Fields, problems: &mut Problems) -> Option<RequestPattern> {
    let mut request = match fields.take("request") {
        Some(node) => pattern::read(node, &[], problems),
        None => RequestPattern::default(),
    };
    if let Some(node) = fields.take("url") {
        match word(&node) {
            Some(url) => request.url = UrlPattern::UrlPathPattern(glob(url)),
            None => expected(&node, "url", "a string", problems),
        }
    }
    if let Some(node) = fields.take("method") {
        match word(&node) {
            Some(method) => request.method = MethodPattern::Is(method.to_owned()),
            None => expected(&node, "method", "a string", problems),
        }
    }
    (request != RequestPattern::default()).then_some(request)
}

/// Writes which requests.
pub(super) fn write(request: &RequestPattern) -> Json {
    pattern::write(request)
}

fn glob(url: &str) -> String {
    let mut regex = String::new();
    let mut rest = url;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**") {
            regex.push_str(".*");
            rest = after;
            continue;
        }
        match c {
            '*' => regex.push_str("[^/]*"),
            c if c.is_ascii_alphanumeric() || "/_-".contains(c) => regex.push(c),
            c => {
                regex.push('\\');
                regex.push(c);
            }
        }
        rest = &rest[c.len_utf8()..];
    }
    regex
}
