//! `/ringer/chaos`: the profile that is in effect.

use super::{
    behaviors::refused,
    call::{self, Answer, Call},
    json::object,
    problem::Problem,
};
use crate::{
    codec::json::{NodeValue, parse_spanned},
    format::{
        behavior::{self, profiles::PROFILES},
        suggest,
    },
    model::{Behaviors, Json},
};

fn shipped(name: &str) -> Option<Behaviors> {
    let profile = PROFILES.iter().find(|profile| profile.name == name)?;
    behavior::read(profile.text, behavior::Language::Toml, &behavior::no_files).ok()
}

/// What a profile is called that came as a document without a name.
const UNNAMED: &str = "custom";

/// The profile in effect, and those that ship with ringer.
pub(super) fn get(call: &Call<'_>) -> Answer {
    let known = PROFILES.iter().map(|profile| {
        object([("name", profile.name.into()), ("description", profile.says().into())])
    });
    let current =
        call.parts.behaviors.profiles().name(&call.place()).map_or(Json::Null, Json::from);
    Ok(call::json(&object([("profile", current), ("profiles", Json::Array(known.collect()))])))
}

/// Has a profile take the place of the one in effect: one that ships, by name, or a document, which
/// `name` may name.
pub(super) fn put(call: &Call<'_>) -> Answer {
    let text = call.text();
    let node = parse_spanned(&text).map_err(|error| Problem::not_json(&error))?;
    let NodeValue::Object(members) = node.value else {
        return Err(Problem::at("/", "an object is expected, as `{\"profile\": \"flaky\"}`"));
    };
    let (mut name, mut profile) = (None, None);
    for member in members {
        match (member.name.as_str(), member.value.value) {
            ("name", NodeValue::String(text)) => name = Some(text),
            ("profile", NodeValue::String(known)) => {
                profile = Some(shipped(&known).ok_or_else(|| unknown(&known))?);
                name = name.or(Some(known));
            }
            ("profile", value @ NodeValue::Object(_)) => {
                let (start, end) = (member.value.start, member.value.end);
                let node = crate::codec::json::Node { start, end, value };
                let document = behavior::read_tree(node, &behavior::no_files);
                profile = Some(document.map_err(|mistakes| Problem::in_text(&text, &mistakes))?);
            }
            (other, _) => {
                let detail = format!(
                    "`{other}` is not expected so: `profile` is a name or a document, `name` a text"
                );
                return Err(Problem::at(&format!("/{other}"), detail));
            }
        }
    }
    let Some(profile) = profile else {
        return Err(Problem::at("/profile", "`profile` is missing: a name or a document"));
    };
    let name = name.unwrap_or_else(|| UNNAMED.to_owned());
    call.learn_for(Some(&profile));
    let now = call.session().clock().elapsed();
    call.parts.behaviors.put_profile(&call.place(), &name, profile, now).map_err(refused)?;
    get(call)
}

/// Takes the profile in effect away.
pub(super) fn delete(call: &Call<'_>) -> Answer {
    call.parts.behaviors.remove_profile(&call.place()).map_err(refused)?;
    get(call)
}

fn unknown(name: &str) -> Problem {
    let names = || PROFILES.iter().map(|profile| profile.name);
    let way_out = match suggest::nearest(name, names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    Problem::at("/profile", format!("there is no profile `{name}`; {way_out}"))
}
