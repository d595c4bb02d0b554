//! `/ringer/clock`: the session's time, read, stopped, set, moved on and let run.

use std::time::{Duration, SystemTime};

use jiff::{Timestamp, fmt::temporal::DateTimePrinter};

use super::{
    call::{self, Answer, Call},
    json::object,
    problem::Problem,
};
use crate::{
    behavior::latency::parse_duration,
    model::Json,
    store::{ClockChange, ClockError, ClockReading, Delays},
};

/// Dates of answers, to the millisecond.
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

pub(super) fn get(call: &Call<'_>) -> Answer {
    Ok(shown(&call.session().clock().read()))
}

/// Changes what is given, and only that.
pub(super) fn change(call: &Call<'_>) -> Answer {
    let change = read(call, MEMBERS)?;
    changed(call, change)
}

/// Moves it on.
pub(super) fn advance(call: &Call<'_>) -> Answer {
    let change = read(call, &["by"])?;
    if change.advance.is_none() {
        return Err(missing("by", "how far to move on, as `{\"by\": \"1h\"}`"));
    }
    changed(call, change)
}

/// Sets it.
pub(super) fn set(call: &Call<'_>) -> Answer {
    let change = read(call, &["now"])?;
    if change.now.is_none() {
        return Err(missing("now", "a time, as `{\"now\": \"2026-11-23T12:00:00Z\"}`"));
    }
    changed(call, change)
}

/// Stops it, where it is or at the time given.
pub(super) fn freeze(call: &Call<'_>) -> Answer {
    let change = read(call, &["now"])?;
    changed(call, ClockChange { is_frozen: Some(true), ..change })
}

/// Lets it run on, as fast as it did or as is given.
pub(super) fn resume(call: &Call<'_>) -> Answer {
    let change = read(call, &["speed"])?;
    changed(call, ClockChange { is_frozen: Some(false), ..change })
}

/// Back to real time.
pub(super) fn reset(call: &Call<'_>) -> Answer {
    let clock = call.session().clock();
    clock.reset();
    Ok(shown(&clock.read()))
}

fn changed(call: &Call<'_>, change: ClockChange) -> Answer {
    match call.session().clock().change(change) {
        Ok(reading) => Ok(shown(&reading)),
        Err(error) => Err(refused(error, change)),
    }
}

/// A change that the clock cannot make.
pub(super) fn refused(error: ClockError, change: ClockChange) -> Problem {
    let pointer = match error {
        ClockError::Speed(_) => "/speed",
        ClockError::OutOfRange if change.now.is_some() => "/now",
        ClockError::OutOfRange => "/by",
    };
    Problem::at(pointer, error.to_string())
}

fn shown(reading: &ClockReading) -> http::Response<bytes::Bytes> {
    call::json(&reading_shown(reading))
}

/// A time as dates of answers are, to the millisecond.
pub(super) fn time_shown(time: SystemTime) -> Json {
    let time = Timestamp::try_from(time).unwrap_or_default();
    PRINTER.timestamp_to_string(&time).into()
}

/// What a clock shows.
pub(super) fn reading_shown(reading: &ClockReading) -> Json {
    let now = Timestamp::try_from(reading.now).unwrap_or_default();
    object([
        ("now", time_shown(reading.now)),
        ("epochMillis", u64::try_from(now.as_millisecond()).unwrap_or_default().into()),
        ("elapsedMillis", millis(reading.elapsed)),
        ("frozen", reading.is_frozen.into()),
        ("speed", Json::Number(format!("{}", reading.speed))),
        (
            "delays",
            match reading.delays {
                Delays::Real => "real",
                Delays::Virtual => "virtual",
            }
            .into(),
        ),
    ])
}

fn millis(time: Duration) -> Json {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into()
}

fn missing(name: &str, what: &str) -> Problem {
    Problem::at(&format!("/{name}"), format!("`{name}` is missing: {what}"))
}

/// Reads a change with some of these members; an empty body has none.
fn read(call: &Call<'_>, allowed: &[&str]) -> Result<ClockChange, Problem> {
    if call.body.is_empty() {
        return Ok(ClockChange::default());
    }
    let value = Problem::or_json(&call.text())?;
    change_of(value, allowed)
}

/// Every member that a change can have.
pub(super) const MEMBERS: &[&str] = &["now", "advance", "frozen", "speed", "delays"];

/// A change with some of these members.
pub(super) fn change_of(value: Json, allowed: &[&str]) -> Result<ClockChange, Problem> {
    let mut change = ClockChange::default();
    let Json::Object(members) = value else {
        return Err(Problem::at("/", format!("an object is expected, with {}", listed(allowed))));
    };
    for (name, value) in members {
        if !allowed.contains(&name.as_str()) {
            let detail = format!("Unrecognized field \"{name}\", expected {}", listed(allowed));
            return Err(Problem::at(&format!("/{name}"), detail));
        }
        let wrong =
            |what: &str| Problem::at(&format!("/{name}"), format!("`{name}` must be {what}"));
        match (name.as_str(), value) {
            (_, Json::Null) => {}
            ("now", value) => {
                let time = time_of(&value).ok_or_else(|| {
                    wrong(
                        "a time with its zone, `2026-11-23T12:00:00Z`, or milliseconds since 1970",
                    )
                })?;
                change.now = Some(time);
            }
            ("frozen", Json::Bool(is_frozen)) => change.is_frozen = Some(is_frozen),
            ("frozen", _) => return Err(wrong("`true` or `false`")),
            ("speed", value) => {
                let speed = value.as_f64();
                change.speed = Some(speed.ok_or_else(|| wrong("a number, and 1 is real time"))?);
            }
            ("delays", value) => {
                change.delays = Some(match value.as_str() {
                    Some("real") => Delays::Real,
                    Some("virtual") => Delays::Virtual,
                    _ => return Err(wrong("`real` or `virtual`")),
                });
            }
            (_, value) => {
                let by = duration_of(&value).ok_or_else(|| {
                    wrong(
                        "a duration, `90s`, `1h` or a number of milliseconds; to go back, set the \
                         clock by `now`",
                    )
                })?;
                change.advance = Some(by);
            }
        }
    }
    Ok(change)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn time_of(value: &Json) -> Option<SystemTime> {
    match value {
        Json::String(text) => text.parse::<Timestamp>().ok().map(SystemTime::from),
        value => SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(value.as_u64()?)),
    }
}

/// A duration as text, or a number of milliseconds.
pub(super) fn duration_of(value: &Json) -> Option<Duration> {
    match value {
        Json::String(text) => parse_duration(text).ok(),
        value => value.as_u64().map(Duration::from_millis),
    }
}
