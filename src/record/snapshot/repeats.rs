//! Like requests of a recording: a scenario of their answers (`ScenarioProcessor`), or the last one.

use std::collections::{HashMap, HashSet};

use super::naming::scenario_name;
use crate::model::{RequestPattern, STARTED, Scenario, Stub};

/// A text that two patterns have in common only if they are the same: patterns hold JSON and texts,
/// which cannot be hashed as they are.
fn key(pattern: &RequestPattern) -> String {
    format!("{pattern:?}")
}

/// Of stubs with the same request, keeps the first; the newest come first.
pub(super) fn keep_last(stubs: Vec<(Stub, String)>) -> Vec<(Stub, String)> {
    let mut known = HashSet::new();
    stubs.into_iter().filter(|(stub, _)| known.insert(key(&stub.request))).collect()
}

/// Puts stubs with the same request into a scenario, the oldest of them first. The newest come first,
/// each with the target of its request.
pub(super) fn tell_apart(stubs: &mut [(Stub, String)]) {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, (stub, _)) in stubs.iter().enumerate() {
        let group = *places.entry(key(&stub.request)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(group) {
            group.push(at);
        }
    }
    let several = groups.into_iter().filter(|group| group.len() > 1);
    for (number, group) in several.enumerate() {
        let oldest = group.last().and_then(|at| stubs.get(*at));
        let target = oldest.map(|(_, target)| target.clone()).unwrap_or_default();
        let name = scenario_name(number + 1, &target);
        let last = group.len();
        for (at, place) in group.into_iter().rev().zip(1..) {
            let Some((stub, _)) = stubs.get_mut(at) else { continue };
            stub.scenario = Some(Box::new(Scenario {
                name: name.clone(),
                required_state: Some(match place {
                    1 => STARTED.to_owned(),
                    _ => format!("{name}-{place}"),
                }),
                new_state: (place < last).then(|| format!("{name}-{}", place + 1)),
            }));
        }
    }
}
