//! The answer to a request that no stub matches: what came near, what differs, what would help.

use http::{Response, StatusCode};

use super::{
    reply::ReplyBody,
    rescue::{Wants, own_answer},
};
use crate::{
    codec::view::RequestView,
    matching::{NearMiss, near_miss},
    model::{Json, Request, ServiceName},
    store::{LiveStub, StubSet},
};

const CLOSEST: usize = 3;

/// 404 with the closest stubs.
pub(super) fn report(
    set: &StubSet,
    service: Option<&ServiceName>,
    request: &Request,
) -> Response<ReplyBody> {
    let view = RequestView::new(request);
    let stubs =
        set.all().iter().filter(|live| live.is_in(service)).map(|live| (&*live.request, &**live));
    let closest = near_miss::closest(stubs, &view, CLOSEST);
    let asked = format!("{} {}", request.method, request.target);
    let wants = Wants::of(&request.headers);
    own_answer(StatusCode::NOT_FOUND, wants, &json(&asked, &closest), &text(&asked, &closest, set))
}

fn hint(set: &StubSet) -> &'static str {
    if set.all().is_empty() {
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

fn text(asked: &str, closest: &[NearMiss<&LiveStub>], set: &StubSet) -> String {
    let mut text = format!("404 no stub matches {asked}\n");
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
