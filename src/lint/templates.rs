//! Templates that cannot be rendered, and tags in answers that are no templates.

use super::finding::{Finding, escaped};
use crate::{
    format::rule,
    model::{BodySpec, Json, ResponseSpec, Stub},
    render::{Template, TemplateError},
};

/// Looks at the answers of a stub.
pub(super) fn look(at: usize, stub: &Stub, found: &mut Vec<Finding>) {
    for (n, step) in stub.responses.steps.iter().enumerate() {
        let answer = &step.response;
        // A recording is given as it was, braces and all.
        if answer.extras.address.is_some() || answer.latency.is_some() || stub.recorded.is_some() {
            continue;
        }
        let base = format!("/responses/{n}");
        for (pointer, text) in texts(answer) {
            let pointer = format!("{base}{pointer}");
            if answer.asks_for_templating() {
                if let Err(error) = Template::compile(&text) {
                    found.push(mistake(at, pointer, &text, &error));
                }
            } else if is_tag(&text) {
                found.push(
                    Finding::new(
                        rule::TEMPLATE_OFF,
                        at,
                        pointer,
                        "`{{` is sent as it stands: this answer is no template",
                    )
                    .with_hint("add \"transformers\": [\"response-template\"] to the response"),
                );
                break;
            }
        }
    }
}

fn mistake(at: usize, pointer: String, text: &str, error: &TemplateError) -> Finding {
    let TemplateError { line, column, message, offset, .. } = error;
    let place = if text.contains('\n') {
        format!("line {line}, column {column} of the template")
    } else {
        format!("column {column} of the template")
    };
    let message = format!("{message} ({place})");
    Finding { inside: Some(*offset), ..Finding::new(rule::TEMPLATE, at, pointer, message) }
}

/// The texts of an answer that may be templates, with their pointers. Strings of a JSON body are
/// looked at one by one.
fn texts(answer: &ResponseSpec) -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = Vec::new();
    match &answer.body {
        BodySpec::Text(text) => texts.push(("/body".to_owned(), text.clone())),
        BodySpec::Json(value, _) => strings(value, "/jsonBody", 32, &mut texts),
        BodySpec::File(name) => texts.push(("/bodyFileName".to_owned(), name.clone())),
        BodySpec::Empty | BodySpec::Bytes(_) => {}
    }
    for (name, value) in answer.headers.iter() {
        texts.push((format!("/headers/{}", escaped(name)), value.to_owned()));
    }
    if let Some(proxy) = &answer.extras.proxy {
        texts.push(("/proxyBaseUrl".to_owned(), proxy.base_url.clone()));
    }
    texts.retain(|(_, text)| text.contains("{{"));
    texts
}

fn strings(value: &Json, pointer: &str, depth: usize, texts: &mut Vec<(String, String)>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Json::String(text) => texts.push((pointer.to_owned(), text.clone())),
        Json::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                strings(item, &format!("{pointer}/{n}"), depth, texts);
            }
        }
        Json::Object(members) => {
            for (name, item) in members {
                strings(item, &format!("{pointer}/{}", escaped(name)), depth, texts);
            }
        }
        _ => {}
    }
}

/// Whether a text has a tag in it that is meant for ringer: `{{request.…}}` or a helper. Other
/// braces belong to the application.
fn is_tag(text: &str) -> bool {
    text.split("{{").skip(1).any(|rest| {
        let Some((tag, _)) = rest.split_once("}}") else { return false };
        let tag = tag.trim_start_matches(['{', '~', '#']).trim_start();
        let word: &str = tag.split([' ', '.', '}', '~']).next().unwrap_or_default();
        matches!(word, "request" | "parameters" | "originalRequest")
            || (crate::render::helpers::find(word).is_some() && !word.is_empty())
    })
}
