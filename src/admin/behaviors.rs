//! `/ringer/behaviors` and `/ringer/faults`: what befalls requests, place by place, changed while ringer
//! runs.

use std::collections::{BTreeMap, HashSet};

use http::StatusCode;
use percent_encoding::percent_decode_str;

use super::{
    call::{self, Answer, Call},
    json::object,
    place::{place_in, place_shown},
    problem::Problem,
};
use crate::{
    codec::json::{Node, NodeValue, parse_spanned},
    format::behavior,
    model::{Behaviors, Effect, Json, Place},
    store::BehaviorError,
};

/// The lists of a document whose items have names.
const LISTS: [&str; 3] = ["delay", "bandwidth", "fault"];

/// Every place that says something, and in a session only that; with `place`, only that one.
pub(super) fn list(call: &Call<'_>) -> Answer {
    Ok(shown(&written(call)?))
}

/// What is said at the place that is asked for, or at every place that the call is about.
fn written(call: &Call<'_>) -> Result<BTreeMap<Place, Behaviors>, Problem> {
    let shared = &call.parts.behaviors;
    Ok(match asked_place(call)? {
        Some(place) => shared
            .at(&place)
            .filter(|live| !live.is_empty())
            .map(|live| (place, live.written()))
            .into_iter()
            .collect(),
        None => shared.written(call.session().name()),
    })
}

/// Adds to what holds at a place.
pub(super) fn add(call: &Call<'_>) -> Answer {
    let document = Document::read(call)?;
    let place = document.place.clone().unwrap_or_else(|| call.place());
    let names = document.add_to(call, &place)?;
    Ok(created(&place, names))
}

/// Has a document hold at a place, and nothing else.
pub(super) fn replace(call: &Call<'_>) -> Answer {
    let Document { place, behaviors, .. } = Document::read(call)?;
    let place = place.unwrap_or_else(|| call.place());
    call.parts.behaviors.replace(&place, &behaviors, now(call)).map_err(refused)?;
    forget_profile(call, &place);
    let written = BTreeMap::from([(place, behaviors)]);
    Ok(shown(&written))
}

/// Takes everything away; with `place`, all that holds there.
pub(super) fn delete_all(call: &Call<'_>) -> Answer {
    let behaviors = &call.parts.behaviors;
    let places: Vec<Place> = match asked_place(call)? {
        Some(place) => vec![place],
        None => behaviors.written(call.session().name()).into_keys().collect(),
    };
    for place in places {
        behaviors.replace(&place, &Behaviors::default(), now(call)).map_err(refused)?;
        forget_profile(call, &place);
    }
    Ok(call::empty_object())
}

/// What held at a place was replaced, the profile with it.
fn forget_profile(call: &Call<'_>, place: &Place) {
    call.parts.behaviors.profiles().forget(place);
}

/// The rules and limits of a name, at whatever places.
pub(super) fn get(call: &Call<'_>) -> Answer {
    let found = named(call, &name_of(call))?;
    if found.is_empty() { Err(unknown(call)) } else { Ok(shown(&found)) }
}

/// Replaces the rule or limit of a name, or adds one.
pub(super) fn put(call: &Call<'_>) -> Answer {
    let Document { place, mut behaviors, .. } = Document::read(call)?;
    let name = name_of(call);
    let known = named(call, &name)?.into_keys().next();
    let place = place.or(known).unwrap_or_else(|| call.place());
    let (shared, now) = (&call.parts.behaviors, now(call));
    match (behaviors.rules.pop(), behaviors.limits.pop()) {
        (Some(mut rule), None) if behaviors.is_empty() => {
            rule.name = name;
            shared.put(&place, rule, now).map_err(refused)?;
        }
        (None, Some(mut limit)) if behaviors.is_empty() => {
            limit.name = name;
            shared.put_limit(&place, &limit).map_err(refused)?;
        }
        _ => {
            let detail =
                "exactly one rule or limit is expected, as `{\"fault\": [{\"status\": 503}]}`";
            return Err(Problem::at("/", detail));
        }
    }
    get(call)
}

/// Takes the rules and limits of a name away, at whatever places.
pub(super) fn delete(call: &Call<'_>) -> Answer {
    remove(call, |_| true)
}

/// The rules that are faults.
pub(super) fn faults(call: &Call<'_>) -> Answer {
    let mut written = written(call)?;
    keep(&mut written, |effect| matches!(effect, Effect::Fault(_)));
    let mut faults = Vec::new();
    for (place, behaviors) in &written {
        for rule in &behaviors.rules {
            let mut fault = behavior::write_rule(rule);
            fault.set("place", place_shown(place));
            faults.push(fault);
        }
    }
    Ok(call::json(&object([("faults", Json::Array(faults))])))
}

/// Adds a fault: a table or a text in the short form, with `place` beside its keys.
pub(super) fn add_fault(call: &Call<'_>) -> Answer {
    let document = Document::read_as(call, Some("fault"))?;
    let place = document.place.clone().unwrap_or_else(|| call.place());
    let names = document.add_to(call, &place)?;
    Ok(created(&place, names))
}

/// Takes all faults away.
pub(super) fn delete_faults(call: &Call<'_>) -> Answer {
    let mut written = written(call)?;
    keep(&mut written, |effect| matches!(effect, Effect::Fault(_)));
    for (place, behaviors) in &written {
        for rule in &behaviors.rules {
            call.parts.behaviors.remove(place, &rule.name);
        }
    }
    Ok(call::empty_object())
}

/// Takes the faults of a name away.
pub(super) fn delete_fault(call: &Call<'_>) -> Answer {
    remove(call, |effect| matches!(effect, Some(Effect::Fault(_))))
}

/// Takes away what has the name of the call and is wanted; a limit has no effect.
fn remove(call: &Call<'_>, is_wanted: impl Fn(Option<&Effect>) -> bool) -> Answer {
    let (name, shared) = (name_of(call), &call.parts.behaviors);
    let mut is_gone = false;
    for (place, behaviors) in named(call, &name)? {
        let mut effects = behaviors
            .rules
            .iter()
            .map(|rule| Some(&rule.effect))
            .chain(behaviors.limits.iter().map(|_| None));
        if effects.any(&is_wanted) {
            is_gone |= shared.remove(&place, &name);
        }
    }
    if is_gone { Ok(call::empty_object()) } else { Err(unknown(call)) }
}

/// A document and where it is to hold.
struct Document {
    place: Option<Place>,
    behaviors: Behaviors,
    /// Names that were chosen, not made.
    chosen: HashSet<String>,
}

impl Document {
    fn read(call: &Call<'_>) -> Result<Self, Problem> {
        Self::read_as(call, None)
    }

    /// Reads the body; where it is an entry of one of the lists, as a document with that entry.
    fn read_as(call: &Call<'_>, list: Option<&str>) -> Result<Self, Problem> {
        let text = call.text();
        let mut node = parse_spanned(&text).map_err(|error| Problem::not_json(&error))?;
        let mut place = None;
        if let NodeValue::Object(members) = &mut node.value
            && let Some(at) = members.iter().position(|member| member.name == "place")
        {
            place = Some(place_in(&members.remove(at).value.into_json())?);
        }
        if let Some(list) = list {
            let (start, end) = (node.start, node.end);
            let entry = crate::codec::json::Member {
                name: list.to_owned(),
                name_start: start,
                name_end: start,
                value: node,
            };
            node = Node { start, end, value: NodeValue::Object(vec![entry]) };
        }
        let chosen = chosen_names(&node);
        let behaviors = behavior::read_tree(node, &behavior::no_files)
            .map_err(|mistakes| Problem::in_text(&text, &mistakes))?;
        call.learn_for(Some(&behaviors));
        Ok(Self { place, behaviors, chosen })
    }

    fn add_to(self, call: &Call<'_>, place: &Place) -> Result<Vec<String>, Problem> {
        call.parts.behaviors.extend(place, self.behaviors, &self.chosen, now(call)).map_err(refused)
    }
}

/// The names that stand in the lists of a document.
fn chosen_names(node: &Node) -> HashSet<String> {
    let mut names = HashSet::new();
    let NodeValue::Object(members) = &node.value else { return names };
    for member in members.iter().filter(|member| LISTS.contains(&member.name.as_str())) {
        let items = match &member.value.value {
            NodeValue::Array(items) => items.as_slice(),
            _ => std::slice::from_ref(&member.value),
        };
        for item in items {
            let NodeValue::Object(keys) = &item.value else { continue };
            names.extend(keys.iter().filter(|key| key.name == "name").filter_map(|key| {
                match &key.value.value {
                    NodeValue::String(name) => Some(name.clone()),
                    _ => None,
                }
            }));
        }
    }
    names
}

/// What has a name, by place.
fn named(call: &Call<'_>, name: &str) -> Result<BTreeMap<Place, Behaviors>, Problem> {
    let mut written = written(call)?;
    for behaviors in written.values_mut() {
        behaviors.latency = None;
        behaviors.rules.retain(|rule| rule.name == name);
        behaviors.limits.retain(|limit| limit.name == name);
    }
    written.retain(|_, behaviors| !behaviors.is_empty());
    Ok(written)
}

fn keep(written: &mut BTreeMap<Place, Behaviors>, is_wanted: impl Fn(&Effect) -> bool) {
    for behaviors in written.values_mut() {
        behaviors.rules.retain(|rule| is_wanted(&rule.effect));
    }
}

fn shown(written: &BTreeMap<Place, Behaviors>) -> http::Response<bytes::Bytes> {
    let documents = written.iter().map(|(place, behaviors)| {
        let mut members = vec![("place".to_owned(), place_shown(place))];
        if let Json::Object(document) = behavior::write(behaviors) {
            members.extend(document);
        }
        Json::Object(members)
    });
    call::json(&object([("behaviors", Json::Array(documents.collect()))]))
}

fn created(place: &Place, names: Vec<String>) -> http::Response<bytes::Bytes> {
    let names = names.into_iter().map(Json::from).collect();
    let answer = object([("place", place_shown(place)), ("names", Json::Array(names))]);
    call::with_status(StatusCode::CREATED, &answer)
}

fn asked_place(call: &Call<'_>) -> Result<Option<Place>, Problem> {
    call.parameter("place").map(|text| place_in(&Json::from(text.into_owned()))).transpose()
}

fn name_of(call: &Call<'_>) -> String {
    percent_decode_str(call.variable).decode_utf8_lossy().into_owned()
}

fn unknown(call: &Call<'_>) -> Problem {
    let title = format!(
        "there is no `{}`; `GET /__admin/ringer/behaviors` lists what there is",
        name_of(call)
    );
    Problem::titled(StatusCode::NOT_FOUND, 404, title)
}

fn now(call: &Call<'_>) -> std::time::Duration {
    call.session().clock().elapsed()
}

pub(super) fn refused(error: BehaviorError) -> Problem {
    match error {
        BehaviorError::Compile(error) => Problem::uncompiled(&error),
        BehaviorError::Duplicate { .. } => Problem::at("/name", error.to_string()),
        error => Problem::at("/place", error.to_string()),
    }
}
