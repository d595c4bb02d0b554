//! Stubs that never answer, because another one takes all of their requests.

use std::{cmp::Reverse, collections::HashMap};

use super::{finding::Finding, subject::Subject};
use crate::{
    format::rule,
    matching::{
        CompiledRequest,
        covers::{Both, covers},
    },
    model::{AfterLast, Stub, UrlPattern},
};

/// So many pairs of stubs are compared closely; past that, further ones are not looked at.
const MAX_PAIRS: usize = 4_000_000;

/// A stub that may take the requests of others.
struct Taker<'s> {
    at: usize,
    stub: &'s Stub,
    compiled: CompiledRequest,
}

/// Looks for stubs that stand in the shadow of another.
pub(super) fn look(subjects: &[Subject<'_>], found: &mut Vec<Finding>) {
    let mut order: Vec<usize> = (0..subjects.len()).collect();
    let rank = |at: &usize| {
        let priority = subjects.get(*at).map(|it| it.stub.effective_priority());
        (priority, Reverse(*at))
    };
    order.sort_by_key(rank);

    // Those before in the order: by path where that is known, and all others.
    let mut by_path: HashMap<String, Vec<Taker<'_>>> = HashMap::new();
    let mut others: Vec<Taker<'_>> = Vec::new();
    let mut pairs_left = MAX_PAIRS;
    for at in order {
        let Some(subject) = subjects.get(at) else { continue };
        let stub = subject.stub;
        // What was recorded stands for its request whatever else fits, and is found by nearness too.
        if stub.recorded.is_some() {
            continue;
        }
        let path = known_path(&stub.request.url);
        let of_path =
            path.and_then(|path| by_path.get(path)).map(Vec::as_slice).unwrap_or_default();
        let takers = of_path.iter().chain(&others);
        let taker = takers.take(pairs_left).find(|taker| is_shadowed(taker, stub));
        pairs_left = pairs_left.saturating_sub(of_path.len() + others.len());
        if let Some(taker) = taker {
            found.push(shadowed(at, stub, taker, subjects));
            continue;
        }
        if pairs_left == 0 {
            return;
        }
        if stub.responses.after_last == AfterLast::Miss {
            continue;
        }
        let Ok(compiled) = CompiledRequest::compile(&stub.request) else { continue };
        let taker = Taker { at, stub, compiled };
        match path {
            Some(path) => by_path.entry(path.to_owned()).or_default().push(taker),
            None => others.push(taker),
        }
    }
}

fn known_path(url: &UrlPattern) -> Option<&str> {
    match url {
        UrlPattern::Url(url) => url.split('?').next(),
        UrlPattern::UrlPath(path) => Some(path),
        _ => None,
    }
}

fn is_shadowed(taker: &Taker<'_>, stub: &Stub) -> bool {
    let is_in_service = taker.stub.service.is_none() || taker.stub.service == stub.service;
    let answers_in_state = match &taker.stub.scenario {
        Some(scenario) if scenario.required_state.is_some() => {
            stub.scenario.as_ref().is_some_and(|own| {
                own.name == scenario.name && own.required_state == scenario.required_state
            })
        }
        _ => true,
    };
    is_in_service
        && answers_in_state
        && covers(Both { pattern: &taker.stub.request, compiled: &taker.compiled }, &stub.request)
}

fn shadowed(at: usize, stub: &Stub, taker: &Taker<'_>, subjects: &[Subject<'_>]) -> Finding {
    let file = subjects.get(taker.at).map_or("", |it| it.file);
    let name = match &taker.stub.name {
        Some(name) => format!("`{name}` in {file}"),
        None if subjects.get(at).is_some_and(|it| it.file == file) => {
            format!("another stub of this file ({})", taker.stub.id)
        }
        None => format!("the stub in {file}"),
    };
    let (own, other) = (stub.effective_priority(), taker.stub.effective_priority());
    let (why, hint) = if other < own {
        (
            format!("has priority {other}, this one {own}"),
            format!("give this one a `priority` below {other}"),
        )
    } else {
        (
            "is newer at the same priority".to_owned(),
            match own.checked_sub(1) {
                Some(lower) if lower > 0 => format!("give this one `priority` {lower}"),
                _ => "give the other one a higher `priority`".to_owned(),
            },
        )
    };
    // The URL is what people look for; without one, the mapping as a whole.
    let pointer = match &stub.request.url {
        UrlPattern::Any => "/request",
        UrlPattern::Url(_) => "/request/url",
        UrlPattern::UrlPath(_) => "/request/urlPath",
        UrlPattern::UrlPattern(_) => "/request/urlPattern",
        UrlPattern::UrlPathPattern(_) => "/request/urlPathPattern",
        UrlPattern::UrlPathTemplate(_) => "/request/urlPathTemplate",
    };
    let message = format!("this stub can never answer: {name} takes all of its requests and {why}");
    Finding::new(rule::SHADOWED, at, pointer, message).with_hint(hint)
}
