//! `/mappings`: the live stubs.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use http::StatusCode;

use super::{
    call::{self, Answer, Call},
    json::object,
    mapping::{is_same, shown},
    metadata,
    problem::Problem,
    scenarios::forget_gone,
};
use crate::{
    codec::json,
    format::wiremock,
    library::ImportPolicy,
    model::{Json, JsonStyle, Stub, StubId},
    runtime::Seed,
    store::LiveStub,
};

/// Larger lists are cut: a client that wants more asks for pages.
const MAX_LISTED: usize = usize::MAX;

pub(super) fn list(call: &Call<'_>) -> Answer {
    let set = call.stubs().snapshot();
    let total = set.len();
    let offset = call.number("offset")?.unwrap_or(0);
    let limit = call.number("limit")?.unwrap_or(MAX_LISTED);
    if offset > total {
        let title = format!("offset {offset} is past the end: there are {total} stubs");
        return Err(call.misused(title));
    }
    let page = set.in_order().skip(offset).take(limit);
    Ok(call::json(&listed(page, total)))
}

fn listed<'s>(page: impl Iterator<Item = &'s Arc<LiveStub>>, total: usize) -> Json {
    let mappings = page.map(|live| shown(&live.stub)).collect();
    object([
        ("mappings", Json::Array(mappings)),
        ("meta", object([("total", (total as u64).into())])),
    ])
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let live = call.stubs().get(call.id()?).ok_or_else(Problem::not_found)?;
    Ok(call::json(&shown(&live.stub)))
}

pub(super) fn create(call: &Call<'_>) -> Answer {
    let stub = read_one(&call.text())?;
    call.learn_for(stub.behaviors.as_deref());
    let live = call.stubs().create(stub)?;
    Ok(call::with_status(StatusCode::CREATED, &shown(&live.stub)))
}

pub(super) fn edit(call: &Call<'_>) -> Answer {
    let id = call.id()?;
    if call.stubs().get(id).is_none() {
        return Err(Problem::not_found());
    }
    let stub = Stub { id, ..read_one(&call.text())? };
    call.learn_for(stub.behaviors.as_deref());
    let live = call.stubs().edit(stub)?;
    forget_gone(call);
    Ok(call::json(&shown(&live.stub)))
}

pub(super) fn edit_body(call: &Call<'_>) -> Answer {
    let stub = read_one(&call.text())?;
    call.learn_for(stub.behaviors.as_deref());
    call.stubs().edit(stub)?;
    forget_gone(call);
    Ok(call::no_content())
}

pub(super) fn delete(call: &Call<'_>) -> Answer {
    let removed = call.stubs().remove(&[call.id()?])?;
    forget_gone(call);
    if removed.is_empty() { Err(Problem::not_found()) } else { Ok(call::empty_object()) }
}

pub(super) fn delete_all(call: &Call<'_>) -> Answer {
    call.stubs().remove_all()?;
    forget_gone(call);
    Ok(call::empty_object())
}

pub(super) fn reset(call: &Call<'_>) -> Answer {
    call.stubs().reload()?;
    call.session().reset();
    Ok(call::empty())
}

pub(super) fn save(call: &Call<'_>) -> Answer {
    call.stubs().save()?;
    Ok(call::empty())
}

pub(super) fn remove(call: &Call<'_>) -> Answer {
    let asked = read_one(&call.text())?;
    let keeper = call.stubs();
    let id = match keeper.get(asked.id) {
        Some(live) => Some(live.stub.id),
        None => {
            let set = keeper.snapshot();
            let same = set.in_order().find(|live| is_same(&live.stub.request, &asked.request));
            same.map(|live| live.stub.id)
        }
    };
    if let Some(id) = id {
        keeper.remove(&[id])?;
        forget_gone(call);
    }
    Ok(call::empty())
}

pub(super) fn import(call: &Call<'_>) -> Answer {
    let text = without_unknown(call.text());
    let policy = import_policy(&text)?;
    let seed = Seed::secret();
    let (stubs, mistakes) = wiremock::read(&text, None, |index| made_id(&seed, index));
    if !mistakes.is_empty() {
        return Err(Problem::in_text(&text, &mistakes));
    }
    call.stubs().import(stubs, policy)?;
    forget_gone(call);
    Ok(call::empty())
}

/// An import without members that mean nothing in one: WireMock ignores them.
fn without_unknown(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_known = |name: &str| ["importOptions", "mappings", "meta"].contains(&name);
    match json::parse(&text) {
        Ok(Json::Object(mut members)) if members.iter().any(|(name, _)| !is_known(name)) => {
            members.retain(|(name, _)| is_known(name));
            json::write(&Json::Object(members), JsonStyle::default()).into()
        }
        _ => text,
    }
}

fn import_policy(text: &str) -> Result<ImportPolicy, Problem> {
    let mut policy = ImportPolicy { overwrite: true, delete_others: false };
    let Ok(value) = json::parse(text) else { return Ok(policy) };
    if !matches!(value, Json::Object(_)) {
        return Err(Problem::at("/", "an import is an object with `mappings`, a list"));
    }
    if !matches!(value.member("mappings"), Some(Json::Array(_))) {
        return Err(Problem::at("/mappings", "an import needs `mappings`, a list"));
    }
    let members = match value.member("importOptions") {
        None | Some(Json::Null) => return Ok(policy),
        Some(Json::Object(members)) => members,
        Some(_) => return Err(Problem::at("/importOptions", "`importOptions` must be an object")),
    };
    for (name, value) in members {
        let wrong = |detail: String| Problem::at(&format!("/importOptions/{name}"), detail);
        match name.as_str() {
            "duplicatePolicy" => match value.as_str() {
                Some("OVERWRITE") => {}
                Some("IGNORE") => policy.overwrite = false,
                _ if *value == Json::Null => policy.overwrite = false,
                other => {
                    let other = other.unwrap_or_default();
                    return Err(wrong(format!("`{other}` is not one of [IGNORE, OVERWRITE]")));
                }
            },
            "deleteAllNotInImport" => {
                match value.as_bool().or_else(|| value.as_str()?.parse().ok()) {
                    Some(delete) => policy.delete_others = delete,
                    None if *value == Json::Null => {}
                    None => return Err(wrong(format!("`{name}` must be `true` or `false`"))),
                }
            }
            _ => return Err(Problem::unknown_field("/importOptions", name)),
        }
    }
    Ok(policy)
}

pub(super) fn find(call: &Call<'_>) -> Answer {
    let found = with_metadata(call)?;
    Ok(call::json(&listed(found.iter(), found.len())))
}

pub(super) fn remove_found(call: &Call<'_>) -> Answer {
    let ids: Vec<_> = with_metadata(call)?.iter().map(|live| live.stub.id).collect();
    call.stubs().remove(&ids)?;
    forget_gone(call);
    Ok(call::empty_object())
}

/// The stubs that served no request of the journal.
fn idle(call: &Call<'_>) -> Vec<Arc<LiveStub>> {
    let events = call.session().journal().events();
    let busy: HashSet<StubId> =
        events.iter().filter_map(|event| Some(event.stub()?.0.stub.id)).collect();
    let set = call.stubs().snapshot();
    set.in_order().filter(|live| !busy.contains(&live.stub.id)).cloned().collect()
}

pub(super) fn unmatched(call: &Call<'_>) -> Answer {
    let idle = idle(call);
    Ok(call::json(&listed(idle.iter(), idle.len())))
}

pub(super) fn delete_unmatched(call: &Call<'_>) -> Answer {
    let ids: Vec<_> = idle(call).iter().map(|live| live.stub.id).collect();
    call.stubs().remove(&ids)?;
    forget_gone(call);
    Ok(call::empty_object())
}

/// The stubs whose metadata fits the matcher of the body.
fn with_metadata(call: &Call<'_>) -> Result<Vec<Arc<LiveStub>>, Problem> {
    let matcher = metadata::matcher(&call.text())?;
    let set = call.stubs().snapshot();
    let fits = |live: &&Arc<LiveStub>| matcher.matches(live.stub.metadata.as_ref());
    Ok(set.in_order().filter(fits).cloned().collect())
}

/// Reads the one mapping of a body; without an id it gets a new one.
fn read_one(text: &str) -> Result<Stub, Problem> {
    let is_list = json::parse(text).is_ok_and(|value| value.member("mappings").is_some());
    if is_list {
        let detail = "Unrecognized field \"mappings\": one stub mapping is taken here; \
                      POST /__admin/mappings/import takes several";
        return Err(Problem::at("/mappings", detail));
    }
    let (mut stubs, mistakes) = wiremock::read(text, None, |_| new_id());
    match stubs.pop() {
        Some(stub) if mistakes.is_empty() => Ok(stub),
        _ => Err(Problem::in_text(text, &mistakes)),
    }
}

/// An id that no other stub has.
pub(super) fn new_id() -> StubId {
    made_id(&Seed::secret(), 0)
}

/// The id of one of several stubs that are read together.
fn made_id(seed: &str, index: usize) -> StubId {
    let namespace = uuid::Uuid::NAMESPACE_OID;
    StubId(uuid::Uuid::new_v5(&namespace, format!("{seed}#{index}").as_bytes()))
}
