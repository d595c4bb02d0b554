//! An exchange as ringer itself tells of it: below `ringer` in WireMock's entries, and as an event.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{drawn, json::object};
use crate::{
    model::{Json, RequestBody, ServiceName},
    store::{CutBody, ServeEvent},
};

/// What an event of an exchange tells beside the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Detail {
    /// Header fields.
    pub(super) headers: bool,
    /// Bodies, and header fields.
    pub(super) bodies: bool,
}

/// What WireMock's entries have no place for; `None` where ringer has nothing of its own to tell.
pub(super) fn own(event: &ServeEvent) -> Option<Json> {
    let cut = cut_bodies(event);
    let mut own = match drawn::of(event) {
        Some(own) => own,
        None if cut.is_some() => Json::Object(Vec::new()),
        None => return None,
    };
    add_circumstances(&mut own, event);
    own.set("timing", timing(event));
    if let Some(cut) = cut {
        own.set("cut", cut);
    }
    Some(own)
}

/// All of it, for who follows.
pub(super) fn told(
    event: &ServeEvent,
    detail: Detail,
    request: Json,
    answer: Option<Json>,
) -> Json {
    let mut json = object([("id", event.id.to_string().into())]);
    if let Some(number) = event.ended_as() {
        json.set("number", number.into());
    }
    add_circumstances(&mut json, event);
    json.set("received", date(event.request().received).into());
    json.set("request", trimmed(request, detail, &REQUEST));
    if let Some(answer) = answer {
        json.set("response", trimmed(answer, detail, &RESPONSE));
    }
    if let Some((live, step)) = event.stub() {
        let mut stub =
            object([("id", live.stub.id.to_string().into()), ("name", live.display_name().into())]);
        if live.stub.responses.is_sequence() {
            stub.set("answer", (step as u64 + 1).into());
        }
        json.set("stub", stub);
    }
    json.set("timing", timing(event));
    if let Some(Json::Object(befell)) = drawn::of(event) {
        befell.into_iter().for_each(|(name, value)| json.set(&name, value));
    }
    let notes = event.notes();
    if let Some(note) = notes.iter().find(|note| note.kind == "REQUEST_NOT_MATCHED")
        && let Some(report) = note.data.member("report")
    {
        json.set("miss", object([("report", report.clone())]));
    }
    if let Some(cut) = cut_bodies(event) {
        json.set("cut", cut);
    }
    json
}

/// Members of WireMock's request that every event has.
const REQUEST: [&str; 6] = ["method", "url", "absoluteUrl", "clientIp", "protocol", "headers"];
/// And of its answer.
const RESPONSE: [&str; 3] = ["status", "fault", "headers"];
const BODIES: [&str; 2] = ["body", "bodyAsBase64"];

fn trimmed(json: Json, detail: Detail, kept: &[&str]) -> Json {
    let Json::Object(members) = json else { return json };
    let is_told = |name: &str| match name {
        "headers" => detail.headers || detail.bodies,
        name if BODIES.contains(&name) => detail.bodies,
        name => kept.contains(&name),
    };
    Json::Object(members.into_iter().filter(|(name, _)| is_told(name)).collect())
}

fn add_circumstances(json: &mut Json, event: &ServeEvent) {
    json.set("session", event.session().to_string().into());
    if let Some(service) = event.service() {
        json.set("service", ServiceName::as_str(service).into());
    }
    if let Some(outcome) = event.outcome() {
        json.set("outcome", outcome.as_str().into());
    }
    if let Some(reason) = event.failure() {
        json.set("failure", reason.into());
    }
}

/// Each since the request's head had come.
fn timing(event: &ServeEvent) -> Json {
    let micros = |time: Duration| Json::from(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    let timing = event.timing();
    let mut json = object([("delayMicros", micros(timing.delay))]);
    let known = [
        ("upstreamMicros", timing.upstream),
        ("headMicros", timing.head),
        ("totalMicros", timing.total),
    ];
    for (name, time) in known {
        if let Some(time) = time {
            json.set(name, micros(time));
        }
    }
    json
}

/// What is kept of bodies that are not kept whole; `None` where both are.
fn cut_bodies(event: &ServeEvent) -> Option<Json> {
    let request = match (event.request_cut(), &event.request().body) {
        (Some(kept), _) => Some(cut(kept)),
        (None, RequestBody::Hashed { length, sha256 }) => {
            Some(object([("length", (*length).into()), ("sha256", hex(sha256).into())]))
        }
        (None, RequestBody::Whole(_)) => None,
    };
    let answer = event.answer();
    let answer = answer.as_ref().and_then(|answer| answer.body.cut()).map(cut);
    if request.is_none() && answer.is_none() {
        return None;
    }
    let mut json = Json::Object(Vec::new());
    for (name, cut) in [("request", request), ("response", answer)] {
        if let Some(cut) = cut {
            json.set(name, cut);
        }
    }
    Some(json)
}

fn cut(cut: &CutBody) -> Json {
    object([
        ("length", cut.length.into()),
        ("sha256", hex(&cut.sha256).into()),
        ("headAsBase64", BASE64_STANDARD.encode(&cut.head).into()),
    ])
}

fn hex(digest: &[u8; 32]) -> String {
    digest.map(|byte| format!("{byte:02x}")).concat()
}

/// RFC 3339, to the microsecond.
fn date(at: SystemTime) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).ok();
    micros.and_then(|it| jiff::Timestamp::from_microsecond(it).ok()).unwrap_or_default().to_string()
}
