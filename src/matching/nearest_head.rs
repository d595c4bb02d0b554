//! Method, URL, headers and cookies of a request against those of a recorded one, noise aside.

use jiff::Timestamp;

use super::{
    compiled::TextMatcher,
    hint::Hint,
    noise::{Change, value_differences},
    path::PathTemplate,
    regex::{WholeRegex, literal_head},
    request::CompiledRequest,
};
use crate::{
    codec::{form, view::RequestView},
    model::{PatternExtras, RequestPattern, UrlPattern, ValuePattern},
};

/// All but the body.
pub(super) fn head_differences(
    pattern: &RequestPattern,
    view: &RequestView<'_>,
) -> Option<Vec<Change>> {
    if !pattern.method.accepts(view.method()) {
        return None;
    }
    let mut changes = url_differences(&pattern.url, view)?;
    let received = view.received();
    for (name, value) in &pattern.headers {
        let actual: Vec<_> = view.header(name).collect();
        changes.extend(value_pattern_differences(name, value, actual.iter(), received)?);
    }
    for (named, pairs) in
        [(&pattern.query, view.query_pairs()), (&pattern.extras.cookies, view.cookies())]
    {
        changes.extend(values_differences(named, |name| values_of(pairs, name), received)?);
    }
    let exact = exact_part(pattern);
    if exact != RequestPattern::default() {
        CompiledRequest::compile(&exact).ok()?.matches_head(view).then_some(())?;
    }
    Some(changes)
}

/// What a recorder does not write, a person meant exactly.
fn exact_part(pattern: &RequestPattern) -> RequestPattern {
    let extras = &pattern.extras;
    let has_parameters = !extras.path_parameters.is_empty();
    RequestPattern {
        scheme: pattern.scheme,
        url: if has_parameters { pattern.url.clone() } else { UrlPattern::Any },
        extras: PatternExtras {
            host: extras.host.clone(),
            port: extras.port,
            client_ip: extras.client_ip.clone(),
            basic_auth: extras.basic_auth.clone(),
            path_parameters: extras.path_parameters.clone(),
            ..PatternExtras::default()
        }
        .into(),
        ..RequestPattern::default()
    }
}

fn url_differences(url: &UrlPattern, view: &RequestView<'_>) -> Option<Vec<Change>> {
    let exactly = |is_match: bool| is_match.then(Vec::new);
    match url {
        UrlPattern::Any => Some(Vec::new()),
        UrlPattern::Url(url) => {
            let (path, query) = url.split_once('?').unwrap_or((url, ""));
            let mut changes = path_differences(path, view.path())?;
            changes.extend(query_differences(query, view)?);
            Some(changes)
        }
        UrlPattern::UrlPath(path) => path_differences(path, view.path()),
        UrlPattern::UrlPathPattern(source) => exactly(expression_fits(source, view.path())),
        UrlPattern::UrlPattern(source) => exactly(expression_fits(source, view.path_and_query())),
        UrlPattern::UrlPathTemplate(template) => {
            exactly(PathTemplate::parse(template).ok()?.is_match(view.path()))
        }
    }
}

/// Recordings have no expressions until a person writes one, so few are compiled here, and only those
/// whose beginning fits.
fn expression_fits(source: &str, text: &str) -> bool {
    text.starts_with(&literal_head(source))
        && WholeRegex::compile(source).is_ok_and(|regex| regex.is_match(text))
}

fn path_differences(recorded: &str, now: &str) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    let mut segments = now.split('/');
    for recorded in recorded.split('/') {
        let now = segments.next()?;
        if recorded != now {
            // Most stubs are told apart here, so words are seen off before anything is looked at.
            if !may_vary(recorded) && !may_vary(now) {
                return None;
            }
            changes.extend(value_differences(Hint::Path, recorded, now)?);
        }
    }
    segments.next().is_none().then_some(changes)
}

/// Whether a path segment is more than a word or a small number.
fn may_vary(segment: &str) -> bool {
    let has_digit = || segment.bytes().any(|byte| byte.is_ascii_digit());
    segment.len() >= 16 || segment.len() >= 8 && has_digit() || segment.contains("r1ng")
}

fn query_differences(recorded: &str, view: &RequestView<'_>) -> Option<Vec<Change>> {
    if recorded == view.query().unwrap_or_default() {
        return Some(Vec::new());
    }
    pairs_differences(form::pairs(recorded.as_bytes()), view.query_pairs().to_vec())
}

/// Names must be the same, in any order; of a repeated name the values keep theirs.
pub(super) fn pairs_differences(
    mut recorded: Vec<form::Pair>,
    mut now: Vec<form::Pair>,
) -> Option<Vec<Change>> {
    if recorded.len() != now.len() {
        return None;
    }
    let is_same_order = recorded.iter().zip(&now).all(|((a, _), (b, _))| a == b);
    if !is_same_order {
        recorded.sort_by(|(a, _), (b, _)| a.cmp(b));
        now.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    let mut changes = Vec::new();
    for ((name, recorded), (other_name, now)) in recorded.iter().zip(&now) {
        if name != other_name {
            return None;
        }
        changes.extend(value_differences(Hint::of_name(name), recorded, now)?);
    }
    Some(changes)
}

pub(super) fn values_differences<'a, I: Iterator<Item = &'a str>>(
    patterns: &[(String, ValuePattern)],
    actual: impl Fn(&str) -> I,
    received: Timestamp,
) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    for (name, pattern) in patterns {
        changes.extend(value_pattern_differences(name, pattern, actual(name), received)?);
    }
    Some(changes)
}

pub(super) fn value_pattern_differences<V: AsRef<str>>(
    name: &str,
    pattern: &ValuePattern,
    mut actual: impl Iterator<Item = V>,
    received: Timestamp,
) -> Option<Vec<Change>> {
    if let ValuePattern::EqualTo { value, case_insensitive } = pattern {
        let hint = Hint::of_name(name);
        return actual.find_map(|now| {
            let now = now.as_ref();
            if *case_insensitive == Some(true) && now.to_lowercase() == value.to_lowercase() {
                return Some(Vec::new());
            }
            value_differences(hint, value, now)
        });
    }
    TextMatcher::compile(pattern).ok()?.is_match_any(actual, received).then(Vec::new)
}

pub(super) fn values_of<'p>(
    pairs: &'p [form::Pair],
    name: &str,
) -> impl Iterator<Item = &'p str> + use<'p> {
    let name = name.to_owned();
    pairs.iter().filter(move |(key, _)| *key == name).map(|(_, value)| value.as_str())
}
