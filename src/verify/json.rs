//! A verdict as JSON, and back.

use std::time::Duration;

use uuid::Uuid;

use super::verdict::{Cited, Finding, Judged, Outcome, Verdict};
use crate::model::Json;

/// The whole of it.
pub fn to_json(verdict: &Verdict) -> Json {
    let session = if verdict.session.is_empty() { "default" } else { &verdict.session };
    object([
        ("passed", verdict.is_passed().into()),
        ("session", session.into()),
        ("requests", verdict.requests.into()),
        ("dropped", verdict.dropped.into()),
        ("expectations", Json::Array(verdict.judged.iter().map(judged).collect())),
    ])
}

fn judged(judged: &Judged) -> Json {
    object([
        ("name", judged.name.as_str().into()),
        ("outcome", judged.outcome().word().into()),
        ("basis", judged.basis.as_str().into()),
        ("findings", Json::Array(judged.findings.iter().map(finding).collect())),
    ])
}

fn finding(finding: &Finding) -> Json {
    object([
        ("about", (&*finding.about).into()),
        ("outcome", finding.outcome.word().into()),
        ("expected", finding.expected.as_str().into()),
        ("got", finding.got.as_str().into()),
        ("requests", Json::Array(finding.requests.iter().map(cited).collect())),
        ("more", (finding.n_more as u64).into()),
    ])
}

fn cited(cited: &Cited) -> Json {
    let text = |text: &Option<String>| text.as_deref().map_or(Json::Null, Json::from);
    object([
        ("number", cited.number.into()),
        ("id", cited.id.to_string().into()),
        ("atMs", millis(cited.at)),
        ("method", cited.method.as_str().into()),
        ("url", cited.url.as_str().into()),
        ("status", cited.status.map_or(Json::Null, |status| u64::from(status).into())),
        ("stub", text(&cited.stub)),
        ("note", text(&cited.note)),
    ])
}

/// To the microsecond.
fn millis(time: Duration) -> Json {
    let micros = time.as_micros();
    let text = format!("{}.{:03}", micros / 1000, micros % 1000);
    Json::Number(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Reads what [`to_json`] wrote, as a client of the admin API gets it; `None` where it is something else.
pub fn from_json(json: &Json) -> Option<Verdict> {
    let session = text_in(json, "session")?;
    Some(Verdict {
        session: if session == "default" { String::new() } else { session },
        requests: json.member("requests")?.as_u64()?,
        dropped: json.member("dropped")?.as_u64()?,
        judged: all_in(json, "expectations", |json| {
            Some(Judged {
                name: text_in(json, "name")?,
                basis: text_in(json, "basis")?,
                findings: all_in(json, "findings", finding_of)?,
            })
        })?,
    })
}

fn all_in<T>(json: &Json, name: &str, read: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    match json.member(name)? {
        Json::Array(items) => items.iter().map(read).collect(),
        _ => None,
    }
}

fn text_in(json: &Json, name: &str) -> Option<String> {
    json.member(name)?.as_str().map(str::to_owned)
}

fn finding_of(json: &Json) -> Option<Finding> {
    let outcome = json.member("outcome")?.as_str()?;
    Some(Finding {
        outcome: *[Outcome::Unjudged, Outcome::Failed].iter().find(|it| it.word() == outcome)?,
        about: text_in(json, "about")?.into(),
        expected: text_in(json, "expected")?,
        got: text_in(json, "got")?,
        requests: all_in(json, "requests", cited_of)?,
        n_more: usize::try_from(json.member("more")?.as_u64()?).ok()?,
    })
}

fn cited_of(json: &Json) -> Option<Cited> {
    let at = json.member("atMs")?.as_f64()?;
    Some(Cited {
        number: json.member("number")?.as_u64()?,
        id: Uuid::try_parse(json.member("id")?.as_str()?).ok()?,
        at: Duration::try_from_secs_f64(at / 1000.0).ok()?,
        method: text_in(json, "method")?,
        url: text_in(json, "url")?,
        status: json.member("status")?.as_u64().and_then(|status| status.try_into().ok()),
        stub: text_in(json, "stub"),
        note: text_in(json, "note"),
    })
}
