//! JSON texts changed: `jsonMerge`, `jsonArrayAdd`, `jsonRemove` of WireMock.

use std::collections::{HashMap, HashSet};

use super::{
    args::{Result, args, complaint, failure},
    json::compiled_path,
    json_text::{self, Decimals},
};
use crate::{
    codec::{
        json::parse_tolerant,
        jsonpath::{Location, LocationPart, get_mut},
    },
    model::Json,
    render::template::{Call, Value},
};

/// What a change works with besides the first parameter: a block, or the second one.
fn second(call: &mut Call<'_, '_>) -> Result<Option<String>> {
    if call.is_block() {
        return call.body().map(Some);
    }
    Ok(match args(call).first() {
        Some(Value::Text(text)) => Some(text.as_ref().to_owned()),
        _ => None,
    })
}

/// `jsonMerge`: the members of the second object in the first, objects in both merged; with
/// `removeNulls=true` a null takes the member away.
pub(super) fn json_merge(call: &mut Call<'_, '_>) -> Result {
    let Value::Text(base) = call.context() else {
        return Ok(complaint("Base JSON parameter must be a string"));
    };
    let Ok(mut into) = parse_tolerant(&base) else {
        return Ok(complaint(format!("Base JSON is not valid JSON ('{base}')")));
    };
    if !matches!(into, Json::Object(_)) {
        return Ok(complaint(format!("Base JSON is not a JSON object ('{base}')")));
    }
    let Some(merged) = second(call)? else {
        return Ok(complaint("JSON to merge must be a string"));
    };
    let Ok(from) = parse_tolerant(&merged) else {
        return Ok(complaint(format!("JSON to merge is not valid JSON ('{merged}')")));
    };
    if !matches!(from, Json::Object(_)) {
        return Ok(complaint(format!("JSON to merge is not a JSON object ('{merged}')")));
    }
    let remove_nulls = match call.hash("removeNulls") {
        None => false,
        Some(Value::Bool(value)) => *value,
        Some(other) => {
            return Err(failure(
                call,
                format!("`removeNulls` is `{}`, expected `true` or `false`", other.printed()),
            ));
        }
    };
    merge(&mut into, from, remove_nulls);
    Ok(Value::text(json_text::compact(&into, Decimals::Plain)))
}

fn merge(into: &mut Json, from: Json, remove_nulls: bool) {
    let (Json::Object(members), Json::Object(others)) = (into, from) else { return };
    let places: HashMap<String, usize> =
        members.iter().enumerate().map(|(at, (name, _))| (name.clone(), at)).collect();
    let mut removed = HashSet::new();
    for (name, other) in others {
        let is_removed = remove_nulls && other == Json::Null;
        match places.get(&name).and_then(|&at| Some((at, members.get_mut(at)?))) {
            Some((at, _)) if is_removed => {
                removed.insert(at);
            }
            Some((_, (_, old @ Json::Object(_)))) if matches!(other, Json::Object(_)) => {
                merge(old, other, remove_nulls);
            }
            Some((_, (_, old))) => *old = other,
            None if is_removed => {}
            None => members.push((name, other)),
        }
    }
    let mut at = 0;
    members.retain(|_| {
        at += 1;
        !removed.contains(&(at - 1))
    });
}

/// `jsonArrayAdd`: an item behind the others of an array (that at `jsonPath=`), of which `maxItems=`
/// keeps the last ones; `flatten=true` adds the items of an array.
pub(super) fn json_array_add(call: &mut Call<'_, '_>) -> Result {
    let Value::Text(base) = call.context() else {
        return Ok(complaint("Base JSON must be a string"));
    };
    let Ok(mut root) = parse_tolerant(&base) else {
        return Ok(complaint(format!("Base JSON is not valid JSON ('{base}')")));
    };
    let expression = match call.hash("jsonPath") {
        None | Some(Value::Absent | Value::Null) => None,
        Some(Value::Text(expression)) => Some(expression),
        Some(_) => return Ok(complaint("jsonPath option must be a string")),
    };
    // The array to change, and what stands for it where it is a copy: of several finds.
    let (mut place, mut copy) = (Some(Location::default()), None);
    if let Some(expression) = expression {
        let path = Some(expression).filter(|text| !text.is_empty()).map(|e| compiled_path(e));
        let Some(Ok(path)) = path else {
            return Ok(complaint(format!(
                "jsonPath option is not valid JSONPath expression ('{expression}')"
            )));
        };
        let found = path.find_or_null(&root).to_json();
        place = if path.is_definite() { path.locate(&root).into_iter().next() } else { None };
        copy = if place.is_none() { found } else { None };
    }
    let target = match &place {
        Some(location) => get_mut(&mut root, location),
        None => copy.as_mut(),
    };
    let Some(Json::Array(items)) = target else {
        let place = match expression {
            None => format!("'{base}'"),
            Some(expression) => format!("root: '{base}', jsonPath: '{expression}'"),
        };
        return Ok(complaint(format!("Target JSON is not a JSON array ({place})")));
    };
    let Some(added) = second(call)? else {
        return Ok(complaint("Item-to-add JSON must be a string"));
    };
    let Ok(item) = parse_tolerant(&added) else {
        return Ok(complaint(format!("Item-to-add JSON is not valid JSON ('{added}')")));
    };
    let flatten = match call.hash("flatten") {
        None | Some(Value::Absent | Value::Null) => false,
        Some(Value::Bool(value)) => *value,
        Some(_) => return Ok(complaint("flatten option must be a boolean")),
    };
    match item {
        Json::Array(more) if flatten => items.extend(more),
        item => items.push(item),
    }
    match call.hash("maxItems") {
        None | Some(Value::Absent | Value::Null) => {}
        Some(Value::Number(number)) if number.is_whole() => {
            let Ok(most) = usize::try_from(number.as_i64().unwrap_or(-1)) else {
                return Ok(complaint("maxItems option integer must be positive"));
            };
            items.drain(..items.len().saturating_sub(most));
        }
        Some(_) => return Ok(complaint("maxItems option must be an integer")),
    }
    Ok(Value::text(json_text::compact(&json_text::without_nulls(root), Decimals::Plain)))
}

/// `jsonRemove`: without what an expression finds.
pub(super) fn json_remove(call: &mut Call<'_, '_>) -> Result {
    let Value::Text(base) = call.context() else {
        return Ok(complaint("Input JSON must be a string"));
    };
    let [expression] = args(call) else {
        return Ok(complaint("A single JSONPath expression parameter must be supplied"));
    };
    let Value::Text(expression) = expression else {
        return Ok(complaint("JSONPath parameter must be a string"));
    };
    let Ok(mut root) = parse_tolerant(&base) else {
        return Ok(complaint(format!("Input JSON string is not valid JSON ('{base}')")));
    };
    let path = Some(expression).filter(|text| !text.is_empty()).map(|e| compiled_path(e));
    let Some(Ok(path)) = path else {
        return Ok(complaint(format!(
            "JSONPath parameter is not a valid JSONPath expression ('{expression}')"
        )));
    };
    let places = path.locate(&root);
    if places.iter().any(|place| place.parts.is_empty()) {
        return Ok(complaint(format!(
            "Delete operation cannot be applied to JSONPath expression ('{expression}')"
        )));
    }
    let mut removal = Removal::default();
    for place in places {
        removal.add(place);
    }
    removal.apply(&mut root);
    Ok(Value::text(json_text::compact(&json_text::without_nulls(root), Decimals::Plain)))
}

/// What to remove within a value: the places as a tree, so that each value is looked at once.
#[derive(Default)]
struct Removal {
    is_all: bool,
    members: HashMap<String, Self>,
    items: HashMap<usize, Self>,
}

impl Removal {
    fn add(&mut self, place: Location) {
        let mut at = self;
        for part in place.parts {
            at = match part {
                LocationPart::Name(name) => at.members.entry(name).or_default(),
                LocationPart::Index(index) => at.items.entry(index).or_default(),
            };
        }
        at.is_all = true;
    }

    fn apply(&self, value: &mut Json) {
        // Whether a value stays, after what is within it has been removed.
        let stays = |removal: Option<&Self>, value: &mut Json| match removal {
            None => true,
            Some(removal) if removal.is_all => false,
            Some(removal) => {
                removal.apply(value);
                true
            }
        };
        match value {
            Json::Object(members) => {
                members.retain_mut(|(name, value)| stays(self.members.get(name), value));
            }
            Json::Array(items) => {
                let mut index = 0;
                items.retain_mut(|item| {
                    index += 1;
                    stays(self.items.get(&(index - 1)), item)
                });
            }
            _ => {}
        }
    }
}
