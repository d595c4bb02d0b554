//! Parts of a mapping that stand alone, as the admin API takes them, and where a mistake is said to
//! be.

use std::ops::Range;

use super::{
    matcher,
    pattern::{self, REQUEST},
};
use crate::{
    codec::json::{self, Node, NodeValue},
    format::problem::{Problem, Problems},
    model::{BodyPattern, Json, RequestPattern},
};

/// Objects whose members are named by the user and hold a matcher each.
const NAMED: [&str; 5] =
    ["cookies", "formParameters", "headers", "pathParameters", "queryParameters"];

/// Keys of a request that hold an expression, of which WireMock says that the request is wrong.
const EXPRESSIONS: [&str; 3] = ["urlPathPattern", "urlPathTemplate", "urlPattern"];

/// Reads a request pattern by itself.
///
/// # Errors
///
/// Every mistake, in order.
pub fn read_pattern(text: &str) -> Result<RequestPattern, Vec<Problem>> {
    read_with(text, |node, problems| Some(pattern::read(node, &[&REQUEST], problems)))
}

/// Whether a request pattern may have a field of this name.
pub fn is_request_field(name: &str) -> bool {
    REQUEST.known.contains(&name)
}

/// Reads one matcher by itself, as `bodyPatterns` has them.
///
/// # Errors
///
/// Every mistake, in order.
pub fn read_matcher(text: &str) -> Result<BodyPattern, Vec<Problem>> {
    read_with(text, |node, problems| Some(matcher::read_body(node, problems)))
}

/// Writes a request pattern by itself.
pub fn write_pattern(pattern: &RequestPattern) -> Json {
    pattern::write(pattern)
}

fn read_with<T>(
    text: &str,
    read: impl FnOnce(Node, &mut Problems) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    let mut problems = Problems::default();
    let value = match json::parse_spanned(text) {
        Ok(node) => read(node, &mut problems),
        Err(error) => {
            problems.add(error.offset..error.offset, error.message);
            None
        }
    };
    match value {
        Some(value) if problems.count() == 0 => Ok(value),
        _ => Err(problems.into_sorted()),
    }
}

/// What stands at the place of a mistake, for a client of WireMock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The JSON pointer (RFC 6901) that WireMock would give: that of a whole matcher, not of a part
    /// of it. `None` where the text is no JSON.
    pub pointer: Option<String>,
    /// The matcher, where it is one that is wrong.
    pub matcher: Option<Json>,
    /// The mistake is a key that should not be there.
    pub is_key: bool,
}

/// Finds the value or key at `span` in a text.
pub fn spot_at(text: &str, span: &Range<usize>) -> Spot {
    let Ok(root) = json::parse_spanned(text) else {
        let pointer = text.trim().is_empty().then(|| "/".to_owned());
        return Spot { pointer, matcher: None, is_key: false };
    };
    let mut path: Vec<String> = Vec::new();
    let mut nodes = vec![&root];
    let mut is_key = false;
    while let Some(node) = nodes.last().copied() {
        let next = match &node.value {
            NodeValue::Object(members) => members.iter().find_map(|member| {
                let is_name = member.name_start <= span.start && span.end <= member.name_end;
                let is_inside = member.value.start <= span.start && span.end <= member.value.end;
                (is_name || is_inside).then(|| (member.name.clone(), &member.value, is_name))
            }),
            NodeValue::Array(items) => items.iter().enumerate().find_map(|(at, item)| {
                (item.start <= span.start && span.end <= item.end)
                    .then(|| (at.to_string(), item, false))
            }),
            _ => None,
        };
        let Some((name, child, is_name)) = next else { break };
        path.push(name);
        nodes.push(child);
        if is_name {
            is_key = true;
            break;
        }
    }
    let (length, is_matcher) = whole_matcher(&path);
    // Of a key that no matcher has, the object that it stands in.
    let at = if is_key { path.len().saturating_sub(1).max(length) } else { length };
    let matcher = is_matcher.then(|| nodes.get(at).map(|node| (*node).clone().into_json()));
    Spot {
        pointer: Some(pointer_to(&path, length)),
        matcher: matcher.flatten(),
        is_key: is_key && length == path.len(),
    }
}

/// The pointer that WireMock gives for a mistake at `pointer`.
pub fn coarse_pointer(pointer: &str) -> String {
    let unescaped = |token: &str| token.replace("~1", "/").replace("~0", "~");
    let path: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
    let (length, _) = whole_matcher(&path);
    pointer_to(&path, length)
}

/// The pointer to a matcher. WireMock gives the places in `and` and `or` below it, and leaves out
/// these names.
fn pointer_to(path: &[String], length: usize) -> String {
    let (whole, below) = path.split_at(length.min(path.len()));
    let places = below.windows(2).filter_map(|pair| match pair {
        [list, place] if list == "and" || list == "or" => place.parse::<usize>().ok(),
        _ => None,
    });
    let below: Vec<String> = places.map(|place| place.to_string()).collect();
    pointer_of(&[whole, &below].concat())
}

/// How much of a path leads to the matcher that it goes into, and whether it does that.
fn whole_matcher(path: &[String]) -> (usize, bool) {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    // Of several mappings, each is as one by itself.
    let (start, rest) = match names.as_slice() {
        ["mappings", _, rest @ ..] => (2, rest),
        rest => (0, rest),
    };
    let cut = |length: usize, is_matcher| (start + length, is_matcher);
    // A pattern by itself has these keys at its top, where a mapping has none of them.
    let is_pattern = rest.first().is_some_and(|key| {
        let lists = ["bodyPatterns", "clientIp", "host", "multipartPatterns"];
        NAMED.contains(key) || EXPRESSIONS.contains(key) || lists.contains(key)
    });
    if is_pattern {
        let within: Vec<String> =
            ["request"].iter().chain(rest).map(|name| (*name).to_owned()).collect();
        let (length, is_matcher) = whole_matcher(&within);
        return cut(length.saturating_sub(1), is_matcher);
    }
    match rest {
        ["request", key, ..] if EXPRESSIONS.contains(key) => cut(1, false),
        ["request", "host" | "clientIp", ..] => cut(2, true),
        ["request", rest @ ..] => {
            let (part, rest) = match rest {
                ["multipartPatterns", _, rest @ ..] => (2, rest),
                rest => (0, rest),
            };
            match rest {
                ["bodyPatterns", _, ..] => cut(1 + part + 2, true),
                [named, _, "hasExactly" | "includes", _, ..] if NAMED.contains(named) => {
                    cut(1 + part + 4, true)
                }
                [named, _, "hasExactly" | "includes"] if NAMED.contains(named) => {
                    cut(1 + part + 3, false)
                }
                [named, _, ..] if NAMED.contains(named) => cut(1 + part + 2, true),
                _ => (path.len(), false),
            }
        }
        ["response", "headers", ..] => cut(2, false),
        ["response", "delayDistribution", ..] => cut(2, false),
        ["serveEventListeners" | "postServeActions", ..] => cut(1, false),
        _ => (path.len(), false),
    }
}

fn pointer_of(path: &[String]) -> String {
    if path.is_empty() {
        return "/".to_owned();
    }
    path.iter().map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(text: &str, what: &str) -> Spot {
        let start = text.find(what).unwrap();
        spot_at(text, &(start..start + what.len()))
    }

    #[test]
    fn an_unknown_key_is_pointed_at() {
        let spot = spot(r#"{"request": {"urlpath": "/x"}}"#, "\"urlpath\"");
        assert_eq!(spot.pointer.as_deref(), Some("/request/urlpath"));
        assert!(spot.is_key);
    }

    #[test]
    fn places_in_lists_of_matchers_are_pointed_at() {
        let bad = r#"{"and": [{"contains": "a"}, {"or": [{"not": {"bogus": 1}}, {}]}]}"#;
        for (text, pointer) in [
            (format!(r#"{{"request": {{"headers": {{"A": {bad}}}}}}}"#), "/request/headers/A/1/0"),
            (format!(r#"{{"headers": {{"A": {bad}}}}}"#), "/headers/A/1/0"),
            (format!(r#"{{"bodyPatterns": [{bad}]}}"#), "/bodyPatterns/0/1/0"),
        ] {
            let spot = spot(&text, "\"bogus\"");
            assert_eq!(spot.pointer.as_deref(), Some(pointer), "{text}");
            let matcher = spot.matcher.unwrap();
            assert_eq!(json::write(&matcher, <_>::default()), r#"{"bogus":1}"#);
        }
        assert_eq!(coarse_pointer("/urlPattern"), "/");
        let spot = spot(r#"{"request": {"headers": {"A": {"hasExactly": 5}}}}"#, "5");
        assert_eq!(spot.pointer.as_deref(), Some("/request/headers/A/hasExactly"));
    }

    #[test]
    fn of_a_matcher_the_whole_is_pointed_at() {
        for (text, what, pointer) in [
            (r#"{"request": {"headers": {"A": {"bogus": 1}}}}"#, "\"bogus\"", "/request/headers/A"),
            (
                r#"{"request": {"bodyPatterns": [{"equalToJson": "{bad"}]}}"#,
                "\"{bad\"",
                "/request/bodyPatterns/0",
            ),
            (
                r#"{"request": {"headers": {"A": {"hasExactly": [{"no": 1}]}}}}"#,
                "\"no\"",
                "/request/headers/A/hasExactly/0",
            ),
            (
                r#"{"request": {"multipartPatterns": [{"bodyPatterns": [{"zz": 1}]}]}}"#,
                "\"zz\"",
                "/request/multipartPatterns/0/bodyPatterns/0",
            ),
        ] {
            let spot = spot(text, what);
            assert_eq!(spot.pointer.as_deref(), Some(pointer));
            assert!(matches!(spot.matcher, Some(Json::Object(_))), "{spot:?}");
        }
    }

    #[test]
    fn an_expression_in_a_url_is_a_mistake_of_the_request() {
        assert_eq!(coarse_pointer("/request/urlPattern"), "/request");
        assert_eq!(coarse_pointer("/request/headers/a~1b/matches"), "/request/headers/a~1b");
        assert_eq!(coarse_pointer("/response/status"), "/response/status");
    }

    #[test]
    fn a_text_that_is_no_json_has_no_pointer() {
        assert_eq!(spot_at("{bad", &(1..2)).pointer, None);
        assert_eq!(spot_at("", &(0..0)).pointer.as_deref(), Some("/"));
        assert_eq!(spot_at("[]", &(0..1)).pointer.as_deref(), Some("/"));
    }
}
