//! `/ringer/sessions`: sessions are made, looked at, changed, started again and dropped.

use std::{error::Error as _, sync::Arc, time::Duration};

use http::StatusCode;
use percent_encoding::percent_decode_str;

use super::{
    call::{self, Answer, Call},
    clock::{self, change_of, duration_of, reading_shown, time_shown},
    json::object,
    problem::Problem,
    session_listeners::ListenError,
};
use crate::{
    codec::json,
    model::{Json, Mode, SessionName},
    runtime::Seed,
    store::{ClockChange, Session, Terms},
};

/// Sessions of a page, unless the call says how many.
const PAGE: usize = 100;

/// What a call asks a session to be.
#[derive(Default)]
struct Asked {
    name: Option<SessionName>,
    /// `Some(None)` is as for all.
    seed: Option<Option<Seed>>,
    mode: Option<Option<Mode>>,
    idle: Option<Option<Duration>>,
    clock: Option<ClockChange>,
    /// Addresses to listen on for it.
    listen: Vec<String>,
}

/// Sessions, the default one first, then by name.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let offset = call.number("offset")?.unwrap_or(0);
    let limit = call.number("limit")?.unwrap_or(PAGE);
    let all = call.parts.sessions.list();
    let page = all.iter().skip(offset).take(limit).map(|session| shown(call, session)).collect();
    Ok(call::json(&object([
        ("sessions", Json::Array(page)),
        ("meta", object([("total", (all.len() as u64).into())])),
    ])))
}

/// Makes a session; without a name it gets one.
pub(super) fn create(call: &Call<'_>) -> Answer {
    let asked = Asked::read(call, true)?;
    let name = asked.name.clone().map_or_else(made_name, Ok)?;
    let session = call.parts.sessions.create(&name).map_err(|error| Problem::of_session(&error))?;
    let listened = asked.apply(call, &session).and_then(|()| asked.open(call, &name));
    if let Err(problem) = listened {
        forget(call, &name);
        return Err(problem);
    }
    Ok(call::with_status(StatusCode::CREATED, &shown(call, &session)))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let session = named(call)?;
    Ok(call::json(&shown(call, &session)))
}

/// Changes what is given of a session, and only that.
pub(super) fn change(call: &Call<'_>) -> Answer {
    let session = named(call)?;
    Asked::read(call, false)?.apply(call, &session)?;
    Ok(call::json(&shown(call, &session)))
}

/// Has a session be as if it were made now, but for its seed and its mode.
pub(super) fn reset(call: &Call<'_>) -> Answer {
    let session = named(call)?;
    let behaviors = &call.parts.behaviors;
    if session.name().is_default() {
        call.parts.keeper.reload()?;
        session.restart();
        behaviors.reset(session.clock().elapsed());
    } else {
        session.restart();
        behaviors.reset_session(session.name(), Duration::ZERO);
    }
    Ok(call::json(&shown(call, &session)))
}

/// Forgets a session, and all that is its own.
pub(super) fn delete(call: &Call<'_>) -> Answer {
    let session = named(call)?;
    if session.name().is_default() {
        let title = "the default session is always there: it can be reset, and not dropped";
        return Err(Problem::titled(StatusCode::CONFLICT, 409, title));
    }
    forget(call, session.name());
    Ok(call::empty_object())
}

/// Forgets every session but the default one.
pub(super) fn delete_all(call: &Call<'_>) -> Answer {
    for session in call.parts.sessions.list() {
        if !session.name().is_default() {
            forget(call, session.name());
        }
    }
    Ok(call::empty_object())
}

fn forget(call: &Call<'_>, name: &SessionName) {
    call.parts.sessions.remove(name);
    call.parts.behaviors.reset_session(name, Duration::ZERO);
}

/// Has the recorder run: ringer may have been started to replay.
fn start_recorder(call: &Call<'_>) -> Result<(), Problem> {
    call.parts.recorder.start().map(|_| ()).map_err(|error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Problem::failed("The recorder cannot start", format!("{error}{cause}"))
    })
}

/// The session that the path names.
fn named(call: &Call<'_>) -> Result<Arc<Session>, Problem> {
    let text = percent_decode_str(call.variable).decode_utf8_lossy();
    let session = text.parse().ok().and_then(|name: SessionName| call.parts.sessions.get(&name));
    session.ok_or_else(|| {
        let title = format!(
            "there is no session `{text}`; `GET /__admin/ringer/sessions` lists what there is"
        );
        Problem::titled(StatusCode::NOT_FOUND, 404, title)
    })
}

/// A name that no other session has.
fn made_name() -> Result<SessionName, Problem> {
    let name = format!("s-{:016x}", Seed::fresh_u128() >> 64);
    name.parse().map_err(|_| Problem::failed("The session has no name", name))
}

fn shown(call: &Call<'_>, session: &Session) -> Json {
    let terms = session.terms();
    let idle = call.parts.sessions.idle_time(session);
    let last_used = call.parts.clock.now().checked_sub(idle);
    let (n_own, n_hidden) = session.stubs().counts();
    let at = call.parts.behaviors.written(session.name());
    let n_behaviors =
        at.values().map(|it| it.rules.len() + it.limits.len() + usize::from(it.latency.is_some()));
    let limits = call.parts.sessions.limits();
    let listeners = call.parts.listeners.of(session.name()).into_iter();
    object([
        ("name", session.name().to_string().into()),
        ("created", time_shown(session.clock().started_at())),
        ("lastUsed", last_used.map_or(Json::Null, time_shown)),
        ("idleMillis", millis(idle)),
        (
            "forgottenAfterMillis",
            match session.name().is_default() {
                true => Json::Null,
                false => millis(terms.idle.unwrap_or(limits.idle)),
            },
        ),
        ("requests", session.n_requests().into()),
        ("journal", (session.journal().len() as u64).into()),
        ("seed", terms.seed.map_or(Json::Null, |seed| seed.0.into())),
        ("mode", terms.mode.map_or(Json::Null, |mode| mode.as_str().into())),
        ("stubs", object([("own", (n_own as u64).into()), ("hidden", (n_hidden as u64).into())])),
        ("behaviors", (n_behaviors.sum::<usize>() as u64).into()),
        ("clock", reading_shown(&session.clock().read())),
        ("listeners", Json::Array(listeners.map(Json::from).collect())),
        ("bytes", (session.bytes() as u64).into()),
    ])
}

fn millis(time: Duration) -> Json {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into()
}

impl Asked {
    /// Reads the body; a session that is there keeps its name.
    fn read(call: &Call<'_>, is_new: bool) -> Result<Self, Problem> {
        let mut asked = Self::default();
        let text = call.text();
        if text.trim().is_empty() {
            return Ok(asked);
        }
        let value = json::parse(&text).map_err(|error| Problem::not_json(&error))?;
        let Json::Object(members) = value else {
            return Err(Problem::at("/", "an object is expected, as `{\"name\": \"checkout\"}`"));
        };
        for (name, value) in members {
            asked.take(&name, value, is_new)?;
        }
        Ok(asked)
    }

    fn take(&mut self, name: &str, value: Json, is_new: bool) -> Result<(), Problem> {
        let wrong =
            |what: &str| Problem::at(&format!("/{name}"), format!("`{name}` must be {what}"));
        match (name, value) {
            ("name", Json::Null) if is_new => {}
            ("name", value) if is_new => {
                let text = value.as_str().ok_or_else(|| wrong("a text"))?;
                let named =
                    text.parse().map_err(|error| Problem::at("/name", format!("{error}")))?;
                self.name = Some(named);
            }
            ("seed", Json::Null) => self.seed = Some(None),
            ("seed", value) => {
                let seed = value.as_u64().ok_or_else(|| wrong("a whole number, 0 or more"))?;
                self.seed = Some(Some(Seed(seed)));
            }
            ("mode", Json::Null) => self.mode = Some(None),
            ("mode", value) => {
                let text = value.as_str().ok_or_else(|| wrong("the name of a mode"))?;
                let mode = text.parse().map_err(|error: String| Problem::at("/mode", error))?;
                self.mode = Some(Some(mode));
            }
            ("idle", Json::Null) => self.idle = Some(None),
            ("idle", value) => {
                let idle = duration_of(&value)
                    .ok_or_else(|| wrong("a duration, `30m` or a number of milliseconds"))?;
                self.idle = Some(Some(idle));
            }
            ("listen", Json::Null) if is_new => {}
            ("listen", value) if is_new => {
                let wanted = "an address, `127.0.0.1:9001`, where port 0 is any, or a list of them";
                let addresses = match value {
                    Json::Array(items) => items,
                    one => vec![one],
                };
                for address in addresses {
                    let address = address.as_str().ok_or_else(|| wrong(wanted))?;
                    self.listen.push(address.to_owned());
                }
            }
            ("clock", Json::Null) => {}
            ("clock", value) => {
                let change = change_of(value, clock::MEMBERS).map_err(|mut problem| {
                    problem.point_at("/clock");
                    problem
                })?;
                self.clock = Some(change);
            }
            _ => return Err(Problem::unknown_field("", name)),
        }
        Ok(())
    }

    /// Listens at addresses of its own.
    fn open(&self, call: &Call<'_>, name: &SessionName) -> Result<(), Problem> {
        for address in &self.listen {
            call.parts.listeners.open(name, None, address).map_err(|error| match error {
                ListenError::TooMany(_) => {
                    Problem::titled(StatusCode::TOO_MANY_REQUESTS, 429, error.to_string())
                }
                ListenError::Stopping => {
                    Problem::titled(StatusCode::SERVICE_UNAVAILABLE, 503, error.to_string())
                }
                error => Problem::at("/listen", error.to_string()),
            })?;
        }
        Ok(())
    }

    fn apply(&self, call: &Call<'_>, session: &Session) -> Result<(), Problem> {
        if self.mode.flatten().is_some_and(Mode::records) {
            start_recorder(call)?;
        }
        if let Some(change) = self.clock {
            session.clock().change(change).map_err(|error| {
                let mut problem = clock::refused(error, change);
                problem.point_at("/clock");
                problem
            })?;
        }
        let terms = session.terms();
        session.set_terms(Terms {
            seed: self.seed.unwrap_or(terms.seed),
            mode: self.mode.unwrap_or(terms.mode),
            idle: self.idle.unwrap_or(terms.idle),
        });
        Ok(())
    }
}
