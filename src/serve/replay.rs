//! The answer that a stub gives: when it is due, with the client's own values.

use std::sync::Arc;

use http::{
    HeaderMap, Response, StatusCode, Version,
    header::{AUTHORIZATION, PROXY_AUTHORIZATION},
};

use super::{
    bandwidth::{self, paced},
    client::Client,
    faults::{self, Scene},
    fetch::Fetch,
    inquiry::Inquiry,
    miss, planning,
    rendering::{self, RenderError},
    reply::{BodyError, ReplyBody},
    rescue,
    respond::{Given, drain, respond},
    settings::Dialect,
    state::State,
    static_files,
    wait::sleep_until,
};
use crate::{
    behavior::latency::Schedule,
    engine::Found,
    library::BodyFiles,
    model::{self, BodySpec, Fault, Outcome, ResponseSpec},
    render::{Dress, PrepareError, Prepared, Substitutions},
    store::{LiveStub, LiveTemplates, Note},
};

/// What becomes of a request that a stub answers as it should.
pub(super) fn outcome_of(found: &Found) -> Outcome {
    let live = &found.stub;
    Outcome::Stub {
        name: live.display_name(),
        step: live.stub.responses.is_sequence().then_some(found.step + 1),
        nearest: found.nearest.is_some(),
    }
}

/// Gives the answer that was found, when it is due; `outcome` changes when a fault strikes. An error
/// breaks its connection or stream.
pub(super) async fn give(
    state: &State,
    found: Found,
    mut inquiry: Inquiry,
    client: &Client,
    outcome: &mut Outcome,
) -> Result<Response<ReplyBody>, BodyError> {
    let plan = planning::of_stub(state, &found, &mut inquiry).await?;
    let watch = inquiry.watch;
    let of_stub = plan.bandwidth.iter().filter(bandwidth::is_of_stub);
    bandwidth::slow_down(of_stub, &mut inquiry.body, state, client);
    let scene = Scene::of(state, &inquiry, client);
    if let Some(fault) = plan.own_fault {
        sleep_until(state.session.clock(), watch, plan.schedule.head).await;
        return faults::instead(&Fault::Wire(fault), &scene, inquiry).await;
    }
    let Some(strike) = &plan.fault else {
        let answer = answer(state, found, plan.schedule, inquiry, client, false).await?;
        return Ok(paced(&plan.bandwidth, answer, state, client));
    };
    *outcome = Outcome::InjectedError;
    if faults::takes_place(&strike.value) {
        sleep_until(state.session.clock(), watch, plan.schedule.head).await;
        return faults::instead(&strike.value, &scene, inquiry).await;
    }
    let answer = answer(state, found, plan.schedule, inquiry, client, true).await?;
    let answer = faults::damage(&strike.value, strike.draws(), answer, &scene).await?;
    Ok(paced(&plan.bandwidth, answer, state, client))
}

/// The answer as its stub has it, when it is due; `is_struck` says that a fault will change it.
async fn answer(
    state: &State,
    found: Found,
    schedule: Schedule,
    mut inquiry: Inquiry,
    client: &Client,
    is_struck: bool,
) -> Result<Response<ReplyBody>, BodyError> {
    let live = Arc::clone(&found.stub);
    let templates = rendering::templates_of(state, &found);
    let rendered = match templates {
        None => None,
        Some(templates) => match render(state, &found, templates, &mut inquiry).await {
            Ok(rendered) => Some(rendered),
            Err(error) => return error.map(|error| unusable(&live, &error)),
        },
    };
    let spec = rendered.as_ref().or_else(|| live.response(found.step));
    if let Some(spec) = spec
        && let Some(proxy) = &spec.extras.proxy
    {
        let (fields, dribble) = (&spec.headers, spec.extras.dribble);
        let fetch = Fetch { proxy, fields, schedule, dribble };
        return Ok(fetch.give(state, inquiry).await);
    }
    let ready = match (&rendered, templates) {
        (Some(rendered), Some(templates)) => dressed(state, &live, rendered, templates).await,
        _ => ready(state, &found, &inquiry).await,
    };
    let prepared = match ready {
        Ok(prepared) => prepared,
        Err(error) => return Ok(unusable(&live, &error)),
    };
    sleep_until(state.session.clock(), inquiry.watch, schedule.head).await;
    if prepared.status.is_informational() && !is_switch(prepared.status, inquiry.version) {
        let error = format!(
            "status {} is no answer: a client waits for another after it",
            prepared.status.as_u16()
        );
        drain(inquiry.body, None);
        return Ok(unusable(&live, &error));
    }
    if inquiry.version == Version::HTTP_11 {
        for (status, fields) in
            live.response(found.step).into_iter().flat_map(|it| &it.extras.interim)
        {
            client.interim.send(*status, fields);
        }
    }
    let given = Given {
        prepared,
        schedule,
        ending: spec.map_or_else(Default::default, |spec| spec.ending),
        dribble: spec.and_then(|spec| spec.extras.dribble),
        is_from_file: spec.is_some_and(|spec| matches!(spec.body, BodySpec::File(_))),
        is_recorded: live.stub.recorded.is_some(),
        is_struck,
    };
    Ok(respond(state, given, inquiry, &client.interim).await)
}

/// The 404 that says what came near; in WireMock's dialect, a file where one is meant.
pub(super) async fn miss(
    state: &State,
    mut inquiry: Inquiry,
    client: &Client,
) -> Result<Response<ReplyBody>, BodyError> {
    let plan = planning::of_endpoint(state, &mut inquiry).await?;
    sleep_until(state.session.clock(), inquiry.watch, plan.schedule.head).await;
    let scene = Scene::of(state, &inquiry, client);
    let answer = match &plan.fault {
        None => missed(state, &inquiry).await,
        Some(strike) if faults::takes_place(&strike.value) => {
            return faults::instead(&strike.value, &scene, inquiry).await;
        }
        Some(strike) => {
            let answer = missed(state, &inquiry).await;
            faults::damage(&strike.value, strike.draws(), answer, &scene).await?
        }
    };
    Ok(paced(&plan.bandwidth, answer, state, client))
}

async fn missed(state: &State, inquiry: &Inquiry) -> Response<ReplyBody> {
    let dialect = state.answers.dialect;
    if dialect == Dialect::WireMock
        && let Some(file) = static_files::answer(state, inquiry).await
    {
        return file;
    }
    let set = state.session.stubs().snapshot();
    let seen = state.redactor.seen(&inquiry.request);
    let scenarios = state.session.scenarios();
    let scope = inquiry.route.service.scope.as_ref();
    let missed = miss::report(&set, scope, &seen, dialect, |name| scenarios.state(name));
    if let Some(event) = &inquiry.event {
        let data = model::Json::Object(vec![
            ("status".to_owned(), 404_u64.into()),
            ("contentType".to_owned(), "text/plain".into()),
            ("report".to_owned(), missed.report.into()),
        ]);
        event.note(Note { kind: "REQUEST_NOT_MATCHED", at: inquiry.watch.elapsed(), data });
    }
    missed.response
}

/// The answer as its templates give it. An error that cannot be told breaks the connection.
async fn render(
    state: &State,
    found: &Found,
    templates: &LiveTemplates,
    inquiry: &mut Inquiry,
) -> Result<ResponseSpec, Result<RenderError, BodyError>> {
    // Found by its head alone, a request still has its body to come; templates may look at it.
    inquiry.read_rest(state.limits.body_in_memory).await.map_err(|error| Err(error.into()))?;
    rendering::rendered(state, found, templates, inquiry).await.map_err(Ok)
}

/// A rendered answer, made ready.
async fn dressed(
    state: &State,
    live: &Arc<LiveStub>,
    rendered: &ResponseSpec,
    templates: &LiveTemplates,
) -> Result<Arc<Prepared>, PrepareError> {
    let dress = dress(state, live);
    let mut prepared = if matches!(rendered.body, BodySpec::File(_)) {
        let (spec, stub, files) = (rendered.clone(), Arc::clone(live), state.body_files.clone());
        let made = tokio::task::spawn_blocking(move || {
            Prepared::new(&spec, &dress, |name| place(&files, &stub, name))
        });
        made.await.map_err(|error| PrepareError::File {
            path: live.file.to_path_buf(),
            source: std::io::Error::other(error),
        })??
    } else {
        Prepared::new(rendered, &dress, |name| place(&state.body_files, live, name))?
    };
    // The names of its fields are no templates.
    prepared.spelling = Arc::clone(&templates.spelling);
    Ok(Arc::new(prepared))
}

/// Where a stub's body file lies.
fn place(
    files: &BodyFiles,
    live: &LiveStub,
    name: &str,
) -> Result<std::path::PathBuf, PrepareError> {
    files.path(live.stub.service.as_ref(), name).map_err(|error| PrepareError::File {
        path: name.into(),
        source: std::io::Error::other(error),
    })
}

/// Only 101 ends an exchange, and only in HTTP/1.1 (RFC 9110 section 15.2).
fn is_switch(status: StatusCode, version: Version) -> bool {
    status == StatusCode::SWITCHING_PROTOCOLS && version == Version::HTTP_11
}

pub(super) fn unusable(live: &LiveStub, error: &dyn std::fmt::Display) -> Response<ReplyBody> {
    rescue::unusable_stub(&live.display_name(), &live.file.display().to_string(), error)
}

/// The answer that was found, with this client's own values where it has others than the recorded
/// client.
async fn ready(
    state: &State,
    found: &Found,
    inquiry: &Inquiry,
) -> Result<Arc<Prepared>, PrepareError> {
    let prepared = prepare(state, &found.stub, found.step).await?;
    let substitutions = substitutions(state, &prepared, found, inquiry);
    if substitutions.is_empty() {
        return Ok(prepared);
    }
    prepared.substituted(&substitutions).map(Arc::new)
}

async fn prepare(
    state: &State,
    live: &Arc<LiveStub>,
    step: usize,
) -> Result<Arc<Prepared>, PrepareError> {
    let Some(slot) = live.prepared.get(step) else {
        return Err(PrepareError::Status(0));
    };
    if let Some(prepared) = slot.get() {
        return Ok(Arc::clone(prepared));
    }
    // The first time only: body files are read.
    let (stub, files, dress) = (Arc::clone(live), state.body_files.clone(), dress(state, live));
    let made = tokio::task::spawn_blocking(move || {
        let response = stub.response(step).ok_or(PrepareError::Status(0))?;
        Prepared::new(response, &dress, |name| place(&files, &stub, name))
    })
    .await;
    let prepared = match made {
        Ok(made) => Arc::new(made?),
        Err(error) => {
            return Err(PrepareError::File {
                path: live.file.to_path_buf(),
                source: std::io::Error::other(error),
            });
        }
    };
    if is_read_anew(state, live, step) {
        return Ok(prepared);
    }
    Ok(Arc::clone(slot.get_or_init(|| prepared)))
}

/// Whether a body file is read at each request: WireMock does, and its clients write files and then
/// ask for them at once.
fn is_read_anew(state: &State, live: &LiveStub, step: usize) -> bool {
    state.answers.dialect == Dialect::WireMock
        && live.response(step).is_some_and(|spec| matches!(spec.body, BodySpec::File(_)))
}

/// What this stub's answers get beyond what it says.
pub(super) fn dress(state: &State, live: &LiveStub) -> Dress {
    let is_written = live.stub.recorded.is_none();
    let mut extra = Vec::new();
    if is_written && state.answers.matched_stub_headers {
        extra.push(("Matched-Stub-Id".to_owned(), live.stub.id.to_string()));
        if let Some(name) = &live.stub.name {
            let name = name.replace(char::is_control, " ");
            extra.push(("Matched-Stub-Name".to_owned(), name));
        }
    }
    Dress { is_written, extra }
}

/// Values of the recorded client that stand in the answer, and what this client has instead.
fn substitutions(
    state: &State,
    prepared: &Prepared,
    found: &Found,
    inquiry: &Inquiry,
) -> Substitutions {
    let mut substitutions = Substitutions::none();
    prepared.address_substitutions(&inquiry.route.address, &mut substitutions);
    let own = if prepared.has_pseudonyms() {
        state.redactor.substitutions(&inquiry.request)
    } else {
        Vec::new()
    };
    for (recorded, now) in found.nearest.iter().flatten() {
        // A short value may stand in the answer for something else.
        if recorded.len() >= 6 {
            // Stubs are compared with pseudonyms; the client gets its own value back.
            let now =
                own.iter().find(|(pseudonym, _)| pseudonym == now).map_or(now, |(_, own)| own);
            substitutions.push(recorded.clone(), now.clone());
        }
    }
    for (name, recorded) in
        found.stub.response(found.step).iter().flat_map(|answer| &answer.extras.echoes)
    {
        if let Some(now) = echoed(&inquiry.request.headers, name) {
            substitutions.push(recorded.clone(), now);
        }
    }
    for (pseudonym, own) in own {
        substitutions.push(pseudonym, own);
    }
    substitutions
}

/// The value of a request header that an answer gives back; of a credential, without its scheme.
fn echoed(fields: &HeaderMap, name: &str) -> Option<String> {
    let value = model::text_of(fields.get(name)?.as_bytes());
    if name == AUTHORIZATION.as_str() || name == PROXY_AUTHORIZATION.as_str() {
        return value.split_once(' ').map(|(_, credential)| credential.trim().to_owned());
    }
    Some(value)
}
