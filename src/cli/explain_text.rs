//! An explanation as people and programs read it.

use std::{fmt::Write as _, path::Path};

use serde_json::{Value, json};

use super::style::{self, paint};
use crate::{
    engine::{Considered, Explanation, Standing},
    model::Request,
};

/// The version of the shape of [`json`]. Members may be added without a new one.
const VERSION: u32 = 1;

/// For people.
pub fn text(request: &Request, explanation: &Explanation) -> String {
    let mut out = String::new();
    let asked = paint(style::STRONG, format!("{} {}", request.method, request.target));
    // Writing to a String cannot fail.
    let _ = match &explanation.answer {
        Some(answer) => writeln!(
            out,
            "{asked} {} {}{}",
            paint(style::GOOD, "is answered by"),
            named(answer),
            status(answer)
        ),
        None => writeln!(out, "{asked} {}", paint(style::BAD, "is answered by no stub")),
    };
    if let Some(answer) = &explanation.answer {
        parts(&mut out, answer, false);
        if let Standing::AnswersAsNearest(differences) = &answer.standing {
            for (recorded, now) in differences {
                let _ = writeln!(out, "  ~ `{now}` is taken for the recorded `{recorded}`");
            }
        }
    }
    for passed in &explanation.passed_over {
        let why = match &passed.standing {
            Standing::OtherState { scenario, required, actual } => format!(
                "matches too, but scenario `{scenario}` is in state `{actual}`, not `{required}`"
            ),
            _ => "matches too, but comes later".to_owned(),
        };
        let _ = writeln!(out, "\n{}: {why}", named(passed));
    }
    for near in &explanation.near {
        let _ = writeln!(out, "\n{}: does not match", named(near));
        parts(&mut out, near, true);
    }
    if explanation.answer.is_none()
        && explanation.near.is_empty()
        && explanation.passed_over.is_empty()
    {
        let _ = writeln!(out, "\nthere are no stubs");
    }
    out
}

fn named(considered: &Considered) -> String {
    let live = &considered.stub;
    let name = live.stub.name.as_ref().map(|name| format!("`{name}` in ")).unwrap_or_default();
    format!("{name}{} (priority {})", shown(&live.file), live.stub.effective_priority())
}

fn status(considered: &Considered) -> String {
    let Some(answer) = considered.stub.response(0) else { return String::new() };
    match (&answer.extras.fault, &answer.extras.proxy) {
        (Some(fault), _) => format!(" with the fault {}", fault.wiremock_name()),
        (None, Some(proxy)) => format!(" with what {} answers", proxy.base_url),
        (None, None) => format!(" with {}", answer.status),
    }
}

fn parts(out: &mut String, considered: &Considered, is_miss: bool) {
    let width = considered.parts.iter().map(|part| part.part.chars().count()).max().unwrap_or(0);
    if considered.parts.is_empty() {
        let _ = writeln!(out, "  it asks for nothing: any request matches");
    }
    for verdict in &considered.parts {
        let (part, expected, actual) = (&verdict.part, &verdict.expected, &verdict.actual);
        let pad = " ".repeat(width - part.chars().count());
        let _ = match verdict.matched {
            true => writeln!(out, "  {} {part}{pad}  {expected}", paint(style::GOOD, "✓")),
            false => writeln!(
                out,
                "  {} {part}{pad}  {}{expected}, found {actual}",
                paint(style::BAD, "✗"),
                if is_miss { "expected " } else { "recorded " }
            ),
        };
    }
}

/// For programs.
pub fn json(request: &Request, explanation: &Explanation) -> String {
    let list = |list: &[Considered]| list.iter().map(one).collect::<Vec<Value>>();
    let value = json!({
        "version": VERSION,
        "request": { "method": request.method.as_str(), "target": request.target.as_str() },
        "answer": explanation.answer.as_ref().map(one),
        "passedOver": list(&explanation.passed_over),
        "near": list(&explanation.near),
    });
    // A tree of texts and numbers can always be written.
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

fn one(considered: &Considered) -> Value {
    let live = &considered.stub;
    let parts: Vec<Value> = considered
        .parts
        .iter()
        .map(|part| {
            json!({
                "part": part.part,
                "expected": part.expected,
                "actual": part.actual,
                "matched": part.matched,
            })
        })
        .collect();
    let mut value = json!({
        "id": live.stub.id.to_string(),
        "name": live.stub.name,
        "file": shown(&live.file),
        "priority": live.stub.effective_priority(),
        "status": live.response(0).map(|answer| answer.status),
        "standing": match &considered.standing {
            Standing::Answers => "answers",
            Standing::AnswersAsNearest(_) => "answersAsNearest",
            Standing::ComesLater => "comesLater",
            Standing::OtherState { .. } => "otherState",
            Standing::Differs => "differs",
        },
        "parts": parts,
    });
    if let Some(members) = value.as_object_mut() {
        match &considered.standing {
            Standing::OtherState { scenario, required, actual } => {
                let state = json!({ "name": scenario, "required": required, "actual": actual });
                members.insert("scenario".to_owned(), state);
            }
            Standing::AnswersAsNearest(differences) => {
                let differences: Vec<Value> = differences
                    .iter()
                    .map(|(recorded, now)| json!({ "recorded": recorded, "found": now }))
                    .collect();
                members.insert("differences".to_owned(), differences.into());
            }
            _ => {}
        }
    }
    value
}

fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}
