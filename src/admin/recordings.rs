//! `/recordings`: exchanges of a session become stubs, as WireMock's recorder makes them.

use std::borrow::Cow;

use http::StatusCode;

use super::{
    call::{self, Answer, Call},
    json::object,
    logged,
    mapping::shown,
    problem::Problem,
    recording_spec,
    scenarios::forget_gone,
};
use crate::{
    library::writer::write_whole,
    matching::CompileError,
    model::{Json, ProxySpec, RecordSpec, ResponseExtras, ResponseSpec, Responses, Stub, StubId},
    record::snapshot::{Maker, Source},
    store::{Recorded, RecordingStatus},
};

/// WireMock's number for a recording that is not under way.
const NOT_RECORDING: u64 = 30;

pub(super) fn status(call: &Call<'_>) -> Answer {
    let status = call.session().recording().status();
    Ok(call::json(&object([("status", status.as_str().into())])))
}

/// Starts a recording; a second start does nothing, as in WireMock.
pub(super) fn start(call: &Call<'_>) -> Answer {
    let spec = recording_spec::read(&call.text())?;
    Maker::new(&spec).map_err(|error| of_filters(&error))?;
    let recording = call.session().recording();
    if recording.status() == RecordingStatus::Recording {
        return Ok(call::empty_object());
    }
    if !call.session().journal().is_on() {
        let title = "Recording needs the request journal, which is switched off";
        return Err(Problem::titled(StatusCode::BAD_REQUEST, NOT_RECORDING, title));
    }
    recording.start(spec, |spec| {
        let Some(target) = &spec.target else { return Ok(None) };
        let live = call.stubs().create(pass_on(target, new_id()))?;
        Ok::<_, Problem>(Some(live.stub.id))
    })?;
    Ok(call::empty_object())
}

/// A stub that sends every request on.
fn pass_on(target: &str, id: StubId) -> Stub {
    let proxy = ProxySpec { base_url: target.to_owned(), ..ProxySpec::default() };
    let response = ResponseSpec {
        extras: ResponseExtras { proxy: Some(Box::new(proxy)), ..ResponseExtras::default() }.into(),
        status: 200,
        ..ResponseSpec::default()
    };
    Stub { id, responses: Responses::one(response), ..Stub::default() }
}

pub(super) fn stop(call: &Call<'_>) -> Answer {
    let Some(recorded) = call.session().recording().stop() else {
        let title = "Not currently recording.";
        return Err(Problem::titled(StatusCode::BAD_REQUEST, NOT_RECORDING, title));
    };
    let Recorded { spec, proxy, taken, n_lost } = recorded;
    if let Some(proxy) = proxy {
        call.stubs().remove(&[proxy])?;
        forget_gone(call);
    }
    let mut n_left_out = n_lost;
    let sources = taken.iter().rev().filter_map(|taken| {
        let Some(answer) = taken.answer() else {
            n_left_out += 1;
            return None;
        };
        Some(Source {
            id: taken.id,
            request: Cow::Borrowed(&taken.request),
            is_proxied: taken.is_proxied,
            status: answer.status,
            headers: answer.headers,
            body: answer.body.freeze(),
        })
    });
    let answer = put_in_service(call, &spec, sources);
    if n_left_out > 0 {
        tracing::warn!(
            exchanges = n_left_out,
            "not everything was recorded: some answers were not complete, or there was no room"
        );
    }
    answer
}

/// Makes stubs of what the journal has.
pub(super) fn snapshot(call: &Call<'_>) -> Answer {
    let text = call.text();
    let spec = match text.trim() {
        "" => RecordSpec::default(),
        text => recording_spec::read(text)?,
    };
    let events = call.session().journal().events();
    let mut n_left_out = 0;
    let sources = events.iter().rev().filter_map(|event| {
        let is_proxied = logged::is_passed_on(event);
        if !(is_proxied || spec.filters.allow_non_proxied) {
            return None;
        }
        let answer = event.answer()?;
        if answer.body.cut().is_some() {
            n_left_out += 1;
            return None;
        }
        Some(Source {
            id: event.id,
            request: Cow::Borrowed(event.request()),
            is_proxied,
            status: answer.status,
            headers: logged::answer_fields(event, &answer),
            body: answer.body.bytes().clone(),
        })
    });
    let answer = put_in_service(call, &spec, sources);
    if n_left_out > 0 {
        tracing::warn!(
            exchanges = n_left_out,
            "the journal has not all of these answers, and no stubs were made of them"
        );
    }
    answer
}

/// Makes stubs of exchanges, the newest first, and puts them in service in this order, so that the
/// oldest ends up on top.
fn put_in_service<'e>(
    call: &Call<'_>,
    spec: &RecordSpec,
    sources: impl Iterator<Item = Source<'e>>,
) -> Answer {
    let maker = Maker::new(spec).map_err(|error| of_filters(&error))?;
    let made = maker.make(sources, &call.parts.redactor, new_id);
    for (name, bytes) in &made.files {
        let place = call.parts.body_files.place_to_write(None, name);
        let place = place.map_err(|error| Problem::bad_request(error.to_string()))?;
        write_whole(&place, bytes).map_err(|error| {
            Problem::failed("The body file cannot be written", error.source.to_string())
        })?;
    }
    let mut mappings = Vec::with_capacity(made.stubs.len());
    for stub in made.stubs {
        let live = call.stubs().create(stub)?;
        mappings.push(if spec.ids_only {
            live.stub.id.to_string().into()
        } else {
            shown(&live.stub)
        });
    }
    let name = if spec.ids_only { "ids" } else { "mappings" };
    Ok(call::json(&object([(name, Json::Array(mappings))])))
}

/// A pattern of the filters that cannot be used.
fn of_filters(error: &CompileError) -> Problem {
    let pointer = error.pointer.strip_prefix("/request").unwrap_or(&error.pointer).to_owned();
    let error = CompileError { pointer, message: error.message.clone() };
    Problem::uncompiled(&error).below("/filters")
}

fn new_id() -> StubId {
    super::mappings::new_id()
}
