//! `/ringer/verify`, `/ringer/expectations` and `/ringer/verification`: whether a client did what a test
//! expects of it.

use std::sync::Arc;

use http::StatusCode;

use super::{
    call::{self, Answer, Call},
    json::object,
    problem::Problem,
};
use crate::{
    codec::json::parse,
    format::{behavior::Language, expectations, rule},
    model::{Expectations, Json},
    verify::{Compiled, Verdict, gather, to_json, to_junit, to_text},
};

/// How a verdict is shown.
#[derive(Clone, Copy)]
enum Shown {
    Json,
    Junit,
    Text,
}

/// Judges the document that the call brings, and forgets it.
pub(super) fn verify(call: &Call<'_>) -> Answer {
    let shown = shown(call)?;
    let (_, compiled) = read(call)?;
    Ok(answer(&judge(call, &compiled), shown))
}

/// Judges the expectations of the session.
pub(super) fn verdict(call: &Call<'_>) -> Answer {
    let shown = shown(call)?;
    let compiled = match call.session().expectations() {
        Some(expectations) => Compiled::new(&expectations).unwrap_or_default(),
        None => Compiled::default(),
    };
    Ok(answer(&judge(call, &compiled), shown))
}

/// What is expected in the session.
pub(super) fn get(call: &Call<'_>) -> Answer {
    let empty = || object([("expectations", Json::Array(Vec::new()))]);
    let held = call.session().expectations();
    Ok(call::json(&held.map_or_else(empty, |expectations| expectations.document.clone())))
}

/// Replaces what is expected in the session.
pub(super) fn put(call: &Call<'_>) -> Answer {
    let (expectations, _) = read(call)?;
    let answer = call::json(&expectations.document);
    call.session().expect(Some(Arc::new(expectations)));
    Ok(answer)
}

/// Expects nothing any more.
pub(super) fn delete(call: &Call<'_>) -> Answer {
    call.session().expect(None);
    Ok(call::empty_object())
}

fn judge(call: &Call<'_>, compiled: &Compiled) -> Verdict {
    let session = call.session();
    let set = call.stubs().snapshot();
    let evidence = gather(session, &set, call.parts.clock.elapsed());
    let session = if session.name().is_default() { "" } else { session.name().as_str() };
    Verdict { session: session.to_owned(), ..compiled.judge(&evidence) }
}

fn shown(call: &Call<'_>) -> Result<Shown, Problem> {
    match call.parameter("format").as_deref() {
        None | Some("" | "json") => Ok(Shown::Json),
        Some("junit") => Ok(Shown::Junit),
        Some("text") => Ok(Shown::Text),
        Some(other) => {
            let title = format!("format `{other}` is not known: json, junit or text");
            Err(Problem::bad_request(title))
        }
    }
}

fn answer(verdict: &Verdict, shown: Shown) -> http::Response<bytes::Bytes> {
    match shown {
        Shown::Json => call::json(&to_json(verdict)),
        Shown::Junit => call::typed("application/xml", to_junit(verdict)),
        Shown::Text => call::typed("text/plain; charset=utf-8", to_text(verdict)),
    }
}

/// Reads the document of a call, in JSON or in YAML: what is no JSON is taken for YAML.
fn read(call: &Call<'_>) -> Result<(Expectations, Compiled), Problem> {
    let text = call.text();
    let language = match parse(&text) {
        Ok(_) => Language::Json,
        Err(error) if text.trim_start().starts_with(['{', '[']) => {
            // Flow mappings of YAML begin so too; who meant JSON wants to hear what is wrong with it.
            let is_yaml = expectations::read(&text, Language::Yaml).is_ok();
            if !is_yaml {
                return Err(Problem::not_json(&error));
            }
            Language::Yaml
        }
        Err(_) => Language::Yaml,
    };
    let expectations = expectations::read(&text, language).map_err(|mistakes| {
        let is_syntax = mistakes.iter().any(|mistake| mistake.rule == rule::SYNTAX);
        match mistakes.first() {
            Some(mistake) if is_syntax => {
                let title = format!("the document cannot be read: {}", mistake.message);
                Problem::titled(StatusCode::UNPROCESSABLE_ENTITY, 10, title)
            }
            _ if language == Language::Yaml => Problem::in_yaml(&text, &mistakes),
            _ => Problem::in_text(&text, &mistakes),
        }
    })?;
    match Compiled::new(&expectations) {
        Ok(compiled) => Ok((expectations, compiled)),
        Err(wrong) => {
            let first = wrong.into_iter().next();
            Err(first.map_or_else(
                || Problem::at("/", "the expectations cannot be used"),
                |wrong| Problem::at(&format!("/expectations{}", wrong.pointer), wrong.message),
            ))
        }
    }
}
