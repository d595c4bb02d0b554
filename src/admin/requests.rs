//! `/requests`: what was asked of late, and what was answered.

use std::{sync::Arc, time::SystemTime};

use http::StatusCode;
use uuid::Uuid;

use super::{
    call::{self, Answer, Call},
    json::object,
    logged, metadata,
    pattern::{Pattern, pattern},
    problem::Problem,
};
use crate::{
    codec::view::RequestView,
    model::Json,
    store::{Journal, ServeEvent},
};

fn journal<'c>(call: &'c Call<'_>) -> &'c Journal {
    call.session().journal()
}

/// An object that says whether there is a journal at all, after these members.
fn with_state<const N: usize>(call: &Call<'_>, members: [(&str, Json); N]) -> Json {
    let mut value = object(members);
    value.set("requestJournalDisabled", (!journal(call).is_on()).into());
    value
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let limit = call.number("limit")?.unwrap_or(usize::MAX);
    let since = call.parameter("since").map(|text| since(&text)).transpose()?;
    let unmatched = call.parameter("unmatched").is_some_and(|text| text == "true");
    let stub = call.parameter("matchingStub").map(|text| stub_id(&text)).transpose()?;
    let mut events = journal(call).events();
    events.retain(|event| {
        (!unmatched || !event.is_matched())
            && stub.is_none_or(|id| event.stub().is_some_and(|(live, _)| live.stub.id.0 == id))
    });
    let total = events.len() as u64;
    let page = events
        .iter()
        .rev()
        .filter(|event| since.is_none_or(|since| event.request().received >= since))
        .take(limit)
        .map(|event| logged::event(event));
    let page = Json::Array(page.collect());
    let meta = object([("total", total.into())]);
    Ok(call::json(&with_state(call, [("requests", page), ("meta", meta)])))
}

fn since(text: &str) -> Result<SystemTime, Problem> {
    let stamp: Result<jiff::Timestamp, _> = text.parse();
    stamp.map(SystemTime::from).map_err(|_| {
        let error = object([
            ("code", 10.into()),
            ("source", object([("pointer", "since".into())])),
            ("title", format!("{text} is not a valid ISO8601 date").into()),
        ]);
        Problem {
            status: StatusCode::BAD_REQUEST,
            body: Some(object([("errors", Json::Array(vec![error]))])),
        }
    })
}

fn stub_id(text: &str) -> Result<Uuid, Problem> {
    call::uuid(text).ok_or_else(|| {
        let title = format!("Query parameter matchingStub value '{text}' is not a valid UUID");
        Problem::titled(StatusCode::BAD_REQUEST, 15, title)
    })
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let event = journal(call).get(call.id()?.0).ok_or_else(Problem::not_found)?;
    Ok(call::json(&logged::event(&event)))
}

pub(super) fn delete(call: &Call<'_>) -> Answer {
    journal(call).remove(&[call.id()?.0]);
    Ok(call::empty_object())
}

pub(super) fn delete_all(call: &Call<'_>) -> Answer {
    journal(call).clear();
    Ok(call::empty_object())
}

/// The entries whose request fits the pattern of the body, the oldest first.
fn fitting(call: &Call<'_>) -> Result<Vec<Arc<ServeEvent>>, Problem> {
    let Pattern { compiled, .. } = pattern(&call.text())?;
    let mut events = journal(call).events();
    events.retain(|event| compiled.matches(&RequestView::new(event.request())));
    Ok(events)
}

pub(super) fn count(call: &Call<'_>) -> Answer {
    let n = fitting(call)?.len();
    // WireMock's number where nothing is counted.
    let n = if journal(call).is_on() { n.to_string() } else { "-1".to_owned() };
    Ok(call::json(&with_state(call, [("count", Json::Number(n))])))
}

pub(super) fn find(call: &Call<'_>) -> Answer {
    let found = fitting(call)?;
    let requests = found.iter().map(|event| logged::request(event));
    let requests = Json::Array(requests.collect());
    Ok(call::json(&with_state(call, [("requests", requests)])))
}

pub(super) fn unmatched(call: &Call<'_>) -> Answer {
    let events = journal(call).events();
    let requests =
        events.iter().rev().filter(|event| !event.is_matched()).map(|event| logged::request(event));
    let requests = Json::Array(requests.collect());
    Ok(call::json(&with_state(call, [("requests", requests)])))
}

pub(super) fn remove(call: &Call<'_>) -> Answer {
    let ids: Vec<_> = fitting(call)?.iter().map(|event| event.id).collect();
    removed(call, &ids)
}

pub(super) fn remove_by_metadata(call: &Call<'_>) -> Answer {
    let matcher = metadata::matcher(&call.text())?;
    let fits = |event: &&Arc<ServeEvent>| {
        let metadata = event.stub().and_then(|(live, _)| live.stub.metadata.as_ref());
        matcher.matches(metadata)
    };
    let ids: Vec<_> = journal(call).events().iter().filter(fits).map(|event| event.id).collect();
    removed(call, &ids)
}

fn removed(call: &Call<'_>, ids: &[Uuid]) -> Answer {
    let events = journal(call).remove(ids);
    let events = events.iter().rev().map(|event| logged::event(event)).collect();
    Ok(call::json(&object([("serveEvents", Json::Array(events))])))
}
