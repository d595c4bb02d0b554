//! `/scenarios`: in which states they are.

use std::sync::Arc;

use http::StatusCode;

use super::{
    call::{self, Answer, Call},
    json::object,
    mapping::shown,
    problem::Problem,
};
use crate::{
    model::Json,
    store::{LiveStub, StubSet},
};

/// A scenario: its name, the states that its stubs name, and these. As in WireMock, the state that
/// it starts in is among them only if a stub names it.
struct Known<'s> {
    name: &'s str,
    states: Vec<&'s str>,
    stubs: Vec<&'s Arc<LiveStub>>,
}

/// The scenarios of the live stubs, in WireMock's order: that of a Java hash table of their names.
fn known(set: &StubSet) -> Vec<Known<'_>> {
    let mut all: Vec<Known<'_>> = Vec::new();
    for live in set.all() {
        let Some(scenario) = &live.stub.scenario else { continue };
        let at = match all.iter().position(|known| known.name == scenario.name) {
            Some(at) => at,
            None => {
                all.push(Known { name: &scenario.name, states: Vec::new(), stubs: Vec::new() });
                all.len() - 1
            }
        };
        let Some(known) = all.get_mut(at) else { continue };
        known.stubs.push(live);
        for state in [&scenario.required_state, &scenario.new_state].into_iter().flatten() {
            if !known.states.contains(&state.as_str()) {
                known.states.push(state);
            }
        }
    }
    // `ConcurrentHashMap` doubles its table when it is three quarters full, `HashSet` when it is fuller.
    let size = table_size(all.len() + 1);
    all.sort_by_key(|known| bucket(known.name) & (size - 1));
    for known in &mut all {
        let size = table_size(known.states.len());
        known.states.sort_by_key(|state| bucket(state) & (size - 1));
    }
    all
}

/// The size of a Java hash table of so many entries.
fn table_size(entries: usize) -> u32 {
    let mut size: u32 = 16;
    while u64::from(size) * 3 / 4 < entries as u64 && size < 1 << 30 {
        size *= 2;
    }
    size
}

/// Where `ConcurrentHashMap` and `HashSet` put a text, before that is cut to the size of the table.
fn bucket(text: &str) -> u32 {
    let hash = text
        .encode_utf16()
        .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    hash ^ (hash >> 16)
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let set = call.stubs().snapshot();
    let scenarios = call.session().scenarios();
    let all = known(&set).into_iter().map(|known| {
        let states = known.states.into_iter().map(Json::from).collect();
        let mappings = known.stubs.into_iter().map(|live| shown(&live.stub)).collect();
        object([
            ("id", known.name.into()),
            ("name", known.name.into()),
            ("state", scenarios.state(known.name).into()),
            ("possibleStates", Json::Array(states)),
            ("mappings", Json::Array(mappings)),
        ])
    });
    Ok(call::json(&object([("scenarios", Json::Array(all.collect()))])))
}

pub(super) fn reset(call: &Call<'_>) -> Answer {
    call.session().scenarios().reset();
    Ok(call::empty_object())
}

/// Puts one scenario into a state; without a body, into its first. The name stands in the path as it
/// is, undecoded, as WireMock has it; decoded it is found too.
pub(super) fn set_state(call: &Call<'_>) -> Answer {
    let state = if call.body.is_empty() { None } else { Some(state_of(&call.text())?) };
    let set = call.stubs().snapshot();
    let decoded = percent_encoding::percent_decode_str(call.variable).decode_utf8_lossy();
    let mut all = known(&set).into_iter();
    let Some(known) = all.find(|known| known.name == call.variable || known.name == decoded) else {
        let title = format!("Scenario {} does not exist", call.variable);
        return Err(Problem::titled(StatusCode::NOT_FOUND, 404, title));
    };
    let scenarios = call.session().scenarios();
    let Some(state) = state else {
        scenarios.restart(known.name);
        return Ok(call::empty_object());
    };
    let state = state.unwrap_or_else(|| "null".to_owned());
    if !known.states.contains(&state.as_str()) {
        let title = format!("Scenario {} does not support state {state}", known.name);
        return Err(Problem::titled(StatusCode::UNPROCESSABLE_ENTITY, 11, title));
    }
    scenarios.set(known.name, &state);
    Ok(call::empty_object())
}

fn state_of(text: &str) -> Result<Option<String>, Problem> {
    let value = Problem::or_json(text)?;
    let Json::Object(members) = value else {
        return Err(Problem::at("/", "an object with `state` is expected"));
    };
    let mut state = None;
    for (name, value) in members {
        match (name.as_str(), value) {
            ("state", Json::String(text)) => state = Some(text),
            ("state", Json::Null) => {}
            ("state", _) => return Err(Problem::at("/state", "`state` must be a string")),
            _ => return Err(Problem::unknown_field("", &name)),
        }
    }
    Ok(state)
}

/// Forgets the states of scenarios that no stub is left of: a scenario of that name that comes later
/// is a new one.
pub(super) fn forget_gone(call: &Call<'_>) {
    let scenarios = call.session().scenarios();
    if scenarios.are_new() {
        return;
    }
    let set = call.stubs().snapshot();
    let left: Vec<&str> = known(&set).into_iter().map(|known| known.name).collect();
    scenarios.retain(|name| left.contains(&name));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_places_that_java_gives_them() {
        // Asked of a `ConcurrentHashMap` with these keys.
        let mut names = ["gamma", "other one", "zeta", "delta", "alpha"];
        names.sort_by_key(|name| bucket(name) & 15);
        assert_eq!(names, ["zeta", "alpha", "delta", "other one", "gamma"]);
    }

    #[test]
    fn tables_grow_as_java_s_do() {
        // Asked of WireMock: a scenario with 15 states.
        let mut states: Vec<String> = (1..=15).map(|at| format!("s-{at}")).collect();
        let size = table_size(states.len());
        states.sort_by_key(|state| bucket(state) & (size - 1));
        let order = [13, 14, 15, 10, 11, 12, 1, 3, 2, 5, 4, 7, 6, 9, 8];
        assert_eq!(states, order.map(|at| format!("s-{at}")));
        assert_eq!((table_size(12), table_size(13)), (16, 32));
    }
}
