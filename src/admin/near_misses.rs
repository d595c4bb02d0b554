//! `/near-misses`: which stubs a request nearly fits, and which requests a pattern.

use super::{
    call::{self, Answer, Call},
    described::{self, Described},
    json::object,
    logged,
    mapping::shown,
    pattern::{Pattern, pattern},
};
use crate::{
    codec::view::RequestView,
    format::wiremock::parts,
    matching::near_miss,
    model::{Json, Request},
    store::StubSet,
};

/// Near misses of one request or pattern that are listed.
const MAX_LISTED: usize = 3;

/// Requests of the journal whose near misses are listed at once.
const MAX_REQUESTS: usize = 1000;

/// The stubs that are nearest to a request that is described in the body.
pub(super) fn of_request(call: &Call<'_>) -> Answer {
    let Described { request, shown } = described::read(&call.text())?;
    let set = call.stubs().snapshot();
    listed(nearest_stubs(&set, &request, &shown))
}

/// The requests that are nearest to the pattern in the body.
pub(super) fn of_pattern(call: &Call<'_>) -> Answer {
    let Pattern { pattern, compiled } = pattern(&call.text())?;
    let events = call.session().journal().events();
    let mut distances: Vec<_> = events
        .iter()
        .rev()
        .map(|event| {
            let view = RequestView::new(event.request());
            let near = near_miss::closest([(&compiled, ())], &view, 1);
            (near.first().map_or(1.0, |near| near.distance), event)
        })
        .collect();
    distances.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut pattern = parts::write_pattern(&pattern);
    if pattern.member("method").is_none() {
        pattern.set("method", "ANY".into());
    }
    let near = distances.into_iter().take(MAX_LISTED).map(|(distance, event)| {
        object([
            ("request", logged::request(event)),
            ("requestPattern", pattern.clone()),
            ("matchResult", result(distance)),
        ])
    });
    listed(near.collect())
}

/// The stubs that are nearest to each request of the journal that no stub matched.
pub(super) fn of_unmatched(call: &Call<'_>) -> Answer {
    let set = call.stubs().snapshot();
    let events = call.session().journal().events();
    let unmatched = events.iter().rev().filter(|event| !event.is_matched());
    let near = unmatched.take(MAX_REQUESTS).flat_map(|event| {
        let shown = logged::request(event);
        nearest_stubs(&set, event.request(), &shown)
    });
    listed(near.collect())
}

fn nearest_stubs(set: &StubSet, request: &Request, request_shown: &Json) -> Vec<Json> {
    let view = RequestView::new(request);
    let stubs = set.in_order().map(|live| (&*live.request, &**live));
    let near = near_miss::closest(stubs, &view, MAX_LISTED).into_iter().map(|near| {
        object([
            ("request", request_shown.clone()),
            ("stubMapping", shown(&near.item.stub)),
            ("matchResult", result(near.distance)),
        ])
    });
    near.collect()
}

fn result(distance: f64) -> Json {
    object([
        ("subEvents", Json::Array(Vec::new())),
        ("diffDescriptions", Json::Array(Vec::new())),
        ("distance", Json::Number(format!("{distance:?}"))),
    ])
}

fn listed(near: Vec<Json>) -> Answer {
    Ok(call::json(&object([("nearMisses", Json::Array(near))])))
}
