//! The answer to a request that no stub matches: what came near, what differs, what would help.

use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};

use super::{
    reply::{ReplyBody, Sizing},
    rescue::{Wants, own_answer},
    settings::Dialect,
};
use crate::{
    codec::view::RequestView,
    matching::{
        NearMiss,
        diff::{self, Closest},
        near_miss,
    },
    model::{Json, Request, ServiceName},
    store::{LiveStub, StubSet},
};

const CLOSEST: usize = 3;
/// What WireMock says when there is nothing that could match.
const NO_STUBS: &str =
    "No response could be served as there are no stub mappings in this WireMock instance.";

/// 404 with the closest stubs.
pub(super) fn report(
    set: &StubSet,
    service: Option<&ServiceName>,
    request: &Request,
    dialect: Dialect,
    state_of: impl Fn(&str) -> String,
) -> Missed {
    let view = RequestView::new(request);
    let stubs =
        set.in_order().filter(|live| live.is_in(service)).map(|live| (&*live.request, &**live));
    let closest = near_miss::closest(stubs, &view, CLOSEST);
    let asked = format!("{} {}", request.method, request.target);
    let wants = Wants::of(&request.headers);
    let diff = closest.first().map(|near| diff_with(near.item, &view, state_of));
    let report = diff.clone().unwrap_or_else(|| NO_STUBS.to_owned());
    let response = match dialect {
        Dialect::Ringer => {
            let text = text(&asked, &closest, diff.as_deref(), set);
            own_answer(StatusCode::NOT_FOUND, wants, &json(&asked, &closest), &text)
        }
        Dialect::WireMock => plain(report.clone()),
    };
    Missed { response, report }
}

/// What a request gets that no stub matches.
pub(super) struct Missed {
    pub(super) response: Response<ReplyBody>,
    /// What differs from the stub that came closest.
    pub(super) report: String,
}

/// The report of WireMock: what differs from the stub that came closest.
fn diff_with(live: &LiveStub, view: &RequestView<'_>, state_of: impl Fn(&str) -> String) -> String {
    let scenario = live.stub.scenario.as_ref();
    let state = scenario.map(|scenario| state_of(&scenario.name)).unwrap_or_default();
    let scenario = scenario.and_then(|scenario| {
        Some((scenario.name.as_str(), scenario.required_state.as_deref()?, state.as_str()))
    });
    let name = live.stub.name.as_deref();
    diff::render(Closest { name, pattern: &live.stub.request, scenario }, view)
}

/// 404 as WireMock gives it.
fn plain(text: String) -> Response<ReplyBody> {
    let bytes = Some(text.into());
    let mut response =
        Response::new(ReplyBody::Whole { bytes, trailers: None, sizing: Sizing::InPieces });
    *response.status_mut() = StatusCode::NOT_FOUND;
    let content_type = HeaderValue::from_static("text/plain;charset=UTF-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn hint(set: &StubSet) -> &'static str {
    if set.is_empty() {
        "there are no stubs yet: record some with `ringer record URL`, or write a mapping into the stub directory"
    } else {
        "edit the closest stub so that it fits, or record this request with `ringer record URL`"
    }
}

fn json(asked: &str, closest: &[NearMiss<&LiveStub>]) -> Json {
    let closest = closest
        .iter()
        .map(|near| {
            let differences = near
                .verdicts
                .iter()
                .filter(|verdict| !verdict.matched)
                .map(|verdict| {
                    Json::Object(vec![
                        ("part".to_owned(), verdict.part.clone().into()),
                        ("expected".to_owned(), verdict.expected.clone().into()),
                        ("actual".to_owned(), verdict.actual.clone().into()),
                    ])
                })
                .collect();
            Json::Object(vec![
                ("stub".to_owned(), near.item.display_name().into()),
                ("id".to_owned(), near.item.stub.id.to_string().into()),
                ("file".to_owned(), near.item.file.display().to_string().into()),
                ("differences".to_owned(), Json::Array(differences)),
            ])
        })
        .collect();
    Json::Object(vec![
        ("error".to_owned(), "no_stub_matches".into()),
        ("request".to_owned(), asked.into()),
        ("closest".to_owned(), Json::Array(closest)),
    ])
}

fn text(asked: &str, closest: &[NearMiss<&LiveStub>], diff: Option<&str>, set: &StubSet) -> String {
    let mut text = format!("404 no stub matches {asked}\n");
    text.push_str(diff.unwrap_or_default());
    for (at, near) in closest.iter().enumerate() {
        let lead = if at == 0 { "closest" } else { "then" };
        let file = near.item.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        text.push_str(&format!("\n{lead:<8} {file}  {}\n", near.item.display_name()));
        let wrong: Vec<_> = near.verdicts.iter().filter(|verdict| !verdict.matched).collect();
        let part_width =
            wrong.iter().map(|verdict| verdict.part.chars().count()).max().unwrap_or(0);
        let width =
            wrong.iter().map(|verdict| verdict.expected.chars().count()).max().unwrap_or(0).min(40);
        for verdict in wrong {
            text.push_str(&format!(
                "  {:<part_width$}  expected {:<width$}  got {}\n",
                verdict.part, verdict.expected, verdict.actual
            ));
        }
    }
    text.push_str(&format!("\nto answer it: {}\n", hint(set)));
    text
}
