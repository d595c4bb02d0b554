//! Whether one request pattern certainly takes every request that another takes. What cannot be said
//! for certain counts as no: the answer is for warnings.

use std::sync::LazyLock;

use jiff::Timestamp;

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::{
    compiled::TextMatcher,
    covers_value::{body_covers, depends_on_time, value_covers, values_cover},
    regex::literal_head,
    request::CompiledRequest,
};
use crate::{
    codec::view::RequestView,
    model::{
        MethodPattern, Request, RequestBody, RequestPattern, Scheme, UrlPattern, ValuePattern,
    },
};

/// Characters that mean something in a regular expression.
const META: &[char] = &['\\', '.', '[', ']', '(', ')', '{', '}', '*', '+', '?', '|', '^', '$'];

/// Methods that a set may be asked about.
const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "x"];

/// A pattern, and the same compiled.
#[derive(Clone, Copy, Debug)]
pub struct Both<'p> {
    /// As written.
    pub pattern: &'p RequestPattern,
    /// Compiled.
    pub compiled: &'p CompiledRequest,
}

/// Whether every request that `narrow` takes is one that `wide` takes.
pub fn covers(wide: Both<'_>, narrow: &RequestPattern) -> bool {
    let w = wide.pattern;
    let optional = |wide: Option<&ValuePattern>, narrow: Option<&ValuePattern>| match (wide, narrow)
    {
        (None, _) => true,
        (Some(wide), Some(narrow)) => value_covers(wide, narrow),
        (Some(wide), None) => *wide == ValuePattern::Anything,
    };
    method_covers(&w.method, &narrow.method)
        && (w.scheme.is_none() || w.scheme == narrow.scheme)
        && (w.extras.port.is_none() || w.extras.port == narrow.extras.port)
        && (w.extras.basic_auth.is_none() || w.extras.basic_auth == narrow.extras.basic_auth)
        && optional(w.extras.host.as_deref(), narrow.extras.host.as_deref())
        && optional(w.extras.client_ip.as_deref(), narrow.extras.client_ip.as_deref())
        && url_covers(wide, &narrow.url)
        && (w.extras.path_parameters.is_empty()
            || (w.url == narrow.url
                && values_cover(&w.extras.path_parameters, &narrow.extras.path_parameters, false)))
        && values_cover(&w.headers, &narrow.headers, true)
        && query_covers(w, narrow)
        && w.extras.cookies.iter().all(|(name, wide)| {
            // As in WireMock, a cookie that is not there fits `absent` alone.
            narrow.extras.cookies.iter().any(|(other, narrow)| name == other && wide == narrow)
        })
        && values_cover(&w.extras.form, &narrow.extras.form, false)
        && w.body.iter().all(|wide| narrow.body.iter().any(|narrow| body_covers(wide, narrow)))
        && w.extras.multipart.iter().all(|part| narrow.extras.multipart.contains(part))
}

fn method_covers(wide: &MethodPattern, narrow: &MethodPattern) -> bool {
    match (wide, narrow) {
        (MethodPattern::Any, _) => true,
        (wide, narrow) if wide == narrow => true,
        (wide, MethodPattern::Is(method)) => wide.accepts(method),
        (wide, MethodPattern::GetOrHead) => wide.accepts("GET") && wide.accepts("HEAD"),
        (wide, MethodPattern::OneOf(methods)) => methods.iter().all(|method| wide.accepts(method)),
        (MethodPattern::NoneOf(wide), MethodPattern::NoneOf(narrow)) => {
            wide.iter().all(|method| narrow.contains(method))
        }
        _ => false,
    }
}

/// Whether a set of methods has none that a client sends.
pub fn takes_no_method(pattern: &MethodPattern) -> bool {
    matches!(pattern, MethodPattern::OneOf(methods) if methods.is_empty())
        || METHODS.iter().all(|method| !pattern.accepts(method))
            && !matches!(pattern, MethodPattern::Is(_) | MethodPattern::OneOf(_))
}

fn url_covers(wide: Both<'_>, narrow: &UrlPattern) -> bool {
    let url = &wide.pattern.url;
    if *url == UrlPattern::Any || url == narrow {
        return true;
    }
    // What everything that fits the expression begins with, where nothing else is asked for.
    let prefix = match url {
        UrlPattern::UrlPattern(source) | UrlPattern::UrlPathPattern(source) => prefix_of(source),
        _ => None,
    };
    match narrow {
        UrlPattern::Any => prefix.as_deref() == Some(""),
        UrlPattern::Url(literal) => fits_literal(wide, literal),
        UrlPattern::UrlPath(path) => match url {
            UrlPattern::Url(_) => false,
            UrlPattern::UrlPattern(_) => prefix.is_some_and(|prefix| path.starts_with(&prefix)),
            _ => fits_literal(wide, path),
        },
        UrlPattern::UrlPattern(source) | UrlPattern::UrlPathPattern(source) => {
            let head = literal_head(source);
            // Of path and query, only what stands before the `?` is the path's.
            let head = head.split('?').next().unwrap_or_default();
            prefix.is_some_and(|prefix| {
                head.starts_with(&prefix) || prefix == "/" || prefix.is_empty()
            })
        }
        UrlPattern::UrlPathTemplate(template) => match url {
            UrlPattern::UrlPathTemplate(wide) => template_covers(wide, template),
            _ => {
                let head = template.split(['{', '*']).next().unwrap_or_default();
                prefix.is_some_and(|prefix| head.starts_with(&prefix))
            }
        },
    }
}

/// Segment by segment; only variables that are whole segments are looked at.
fn template_covers(wide: &str, narrow: &str) -> bool {
    let is_simple = |segment: &str| !segment.contains(['{', '}', '*']);
    let is_variable = |segment: &str| {
        segment.starts_with('{')
            && segment.ends_with('}')
            && segment.matches('{').count() == 1
            && segment != "{}"
    };
    let (wide, narrow): (Vec<&str>, Vec<&str>) =
        (wide.split('/').collect(), narrow.split('/').collect());
    wide.len() == narrow.len()
        && wide.iter().zip(&narrow).all(|(wide, narrow)| {
            (is_simple(wide) && wide == narrow)
                || (is_variable(wide)
                    && !narrow.is_empty()
                    && (is_simple(narrow) || is_variable(narrow)))
        })
}

/// `/a/.*` begins with `/a/` and asks for nothing else.
fn prefix_of(source: &str) -> Option<String> {
    let mut rest = source.strip_prefix('^').unwrap_or(source);
    rest = rest.strip_suffix('$').unwrap_or(rest).strip_suffix(".*")?;
    let mut prefix = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => prefix.push(chars.next().filter(|c| !c.is_alphanumeric())?),
            c if META.contains(&c) => return None,
            c => prefix.push(c),
        }
    }
    Some(prefix)
}

fn fits_literal(wide: Both<'_>, target: &str) -> bool {
    with_target(target, |view| wide.compiled.matches_url(view)).unwrap_or(false)
}

/// A parameter is asked for by both, or by one and the other's URL has it.
fn query_covers(wide: &RequestPattern, narrow: &RequestPattern) -> bool {
    if values_cover(&wide.query, &narrow.query, false) {
        return true;
    }
    let UrlPattern::Url(url) = &narrow.url else { return false };
    wide.query.iter().all(|(name, matcher)| is_met_by_url(url, name, matcher) == Some(true))
}

/// Whether a URL's own query meets a condition on a parameter; `None` where that cannot be said.
pub fn is_met_by_url(url: &str, name: &str, pattern: &ValuePattern) -> Option<bool> {
    if depends_on_time(pattern) {
        return None;
    }
    let matcher = TextMatcher::compile(pattern).ok()?;
    with_target(url, |view| {
        let pairs = view.query_pairs().iter();
        matcher.is_match_any(
            pairs.filter(|(key, _)| key == name).map(|(_, value)| value),
            Timestamp::UNIX_EPOCH,
        )
    })
}

/// Looks at a request for this target; `None` where no request can have it.
fn with_target<T>(target: &str, look: impl FnOnce(&RequestView<'_>) -> T) -> Option<T> {
    static NO_HEADERS: LazyLock<HeaderMap> = LazyLock::new(HeaderMap::new);
    if !target.starts_with('/') || target.contains('#') {
        return None;
    }
    let request = Request {
        method: Method::GET,
        scheme: Scheme::Http,
        authority: String::new(),
        target: target.parse().ok()?,
        headers: NO_HEADERS.clone(),
        body: RequestBody::Whole(Bytes::new()),
        client: None,
        received: std::time::UNIX_EPOCH,
    };
    Some(look(&RequestView::new(&request)))
}

/// Whether an expression over a URL fits nothing, as far as its beginning tells: every URL begins
/// with `/`.
pub fn url_expression_fits_nothing(source: &str) -> bool {
    let head = literal_head(source);
    // `*` is the target of `OPTIONS *`, and nothing else.
    !head.is_empty() && !head.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(pattern: UrlPattern) -> RequestPattern {
        RequestPattern { url: pattern, ..RequestPattern::default() }
    }

    #[track_caller]
    fn check(wide: &RequestPattern, narrow: &RequestPattern, expect: bool) {
        let compiled = CompiledRequest::compile(wide).unwrap();
        let both = Both { pattern: wide, compiled: &compiled };
        assert_eq!(covers(both, narrow), expect, "{wide:?}\nover {narrow:?}");
    }

    #[test]
    fn a_wider_url_takes_a_narrower_one() {
        let path = |text: &str| url(UrlPattern::UrlPath(text.into()));
        let exact = |text: &str| url(UrlPattern::Url(text.into()));
        let regex = |text: &str| url(UrlPattern::UrlPathPattern(text.into()));
        let of_all = |text: &str| url(UrlPattern::UrlPattern(text.into()));
        let template = |text: &str| url(UrlPattern::UrlPathTemplate(text.into()));
        for (wide, narrow, expect) in [
            (url(UrlPattern::Any), path("/a"), true),
            (path("/a"), url(UrlPattern::Any), false),
            (path("/a"), exact("/a?x=1"), true),
            (exact("/a?x=1"), path("/a"), false),
            (regex("/a/[0-9]+"), exact("/a/7"), true),
            (regex("/a/[0-9]+"), exact("/a/b"), false),
            (regex("/a/.*"), regex("/a/b[0-9]+"), true),
            (regex("/a/.*"), regex("/b/.*"), false),
            (regex("/a/.*"), regex("/a|/b"), false),
            (of_all("/a.*"), path("/ab"), true),
            (of_all("/a"), path("/a"), false),
            (of_all("/a.*"), template("/a/{x}"), true),
            (template("/a/{x}"), path("/a/b"), true),
            (template("/a/{x}"), template("/a/{y}"), true),
            (template("/a/{x}/b"), template("/a/c/{y}"), false),
            (template("/a/{x}"), regex("/a/[0-9]+"), false),
            (regex(".*"), url(UrlPattern::Any), true),
        ] {
            check(&wide, &narrow, expect);
        }
    }

    #[test]
    fn conditions_beyond_those_of_the_narrow_one_cover_nothing() {
        let wants = |name: &str| RequestPattern {
            headers: vec![(name.to_owned(), ValuePattern::equal_to("1"))],
            ..RequestPattern::default()
        };
        check(&wants("A"), &wants("a"), true);
        check(&RequestPattern::default(), &wants("A"), true);
        check(&wants("A"), &RequestPattern::default(), false);
        check(&wants("A"), &wants("B"), false);
    }

    #[test]
    fn a_url_with_a_query_meets_conditions_on_it() {
        let wide = RequestPattern {
            url: UrlPattern::UrlPath("/a".into()),
            query: vec![("x".to_owned(), ValuePattern::equal_to("1"))],
            ..RequestPattern::default()
        };
        check(&wide, &url(UrlPattern::Url("/a?y=2&x=1".into())), true);
        check(&wide, &url(UrlPattern::Url("/a?x=2".into())), false);
    }

    #[test]
    fn methods_are_sets() {
        let method = |method| RequestPattern { method, ..RequestPattern::default() };
        let is = |name: &str| method(MethodPattern::Is(name.into()));
        check(&method(MethodPattern::GetOrHead), &is("GET"), true);
        check(&is("GET"), &method(MethodPattern::GetOrHead), false);
        check(&method(MethodPattern::NoneOf(vec!["PUT".into()])), &is("GET"), true);
        check(&is("GET"), &method(MethodPattern::Any), false);
    }
}
