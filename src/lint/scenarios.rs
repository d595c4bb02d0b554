//! States of scenarios that are never reached, or that nothing asks for.

use std::collections::BTreeMap;

use super::{finding::Finding, subject::Subject};
use crate::{
    format::{rule, suggest},
    model::{STARTED, Stub},
};

/// The stubs of one scenario.
#[derive(Default)]
struct Machine<'s> {
    stubs: Vec<(usize, &'s Stub)>,
    /// States that can be reached.
    reached: Vec<&'s str>,
}

/// Looks at all scenarios.
pub(super) fn look(subjects: &[Subject<'_>], found: &mut Vec<Finding>) {
    let mut machines: BTreeMap<&str, Machine<'_>> = BTreeMap::new();
    for (at, subject) in subjects.iter().enumerate() {
        if let Some(scenario) = &subject.stub.scenario {
            machines.entry(&scenario.name).or_default().stubs.push((at, subject.stub));
        }
    }
    for (name, machine) in &mut machines {
        machine.reach();
        machine.report(name, found);
    }
}

fn required(stub: &Stub) -> Option<&str> {
    stub.scenario.as_ref().and_then(|scenario| scenario.required_state.as_deref())
}

fn new_state(stub: &Stub) -> Option<&str> {
    stub.scenario.as_ref().and_then(|scenario| scenario.new_state.as_deref())
}

impl Machine<'_> {
    /// Follows all changes of state from the first; each round reaches a state more, or ends it.
    fn reach(&mut self) {
        self.reached.push(STARTED);
        loop {
            let more = self.stubs.iter().find_map(|(_, stub)| {
                let can_answer = required(stub).is_none_or(|state| self.reached.contains(&state));
                new_state(stub).filter(|state| can_answer && !self.reached.contains(state))
            });
            match more {
                Some(state) => self.reached.push(state),
                None => return,
            }
        }
    }

    fn report(&self, name: &str, found: &mut Vec<Finding>) {
        let set: Vec<&str> = self.stubs.iter().filter_map(|(_, stub)| new_state(stub)).collect();
        let asked: Vec<&str> = self.stubs.iter().filter_map(|(_, stub)| required(stub)).collect();
        for (at, stub) in &self.stubs {
            if let Some(state) = required(stub).filter(|state| !self.reached.contains(state)) {
                let message = format!("scenario `{name}` never comes to the state `{state}`");
                let near = suggest::nearest(state, set.iter().copied().chain([STARTED]));
                let hint = match near.filter(|near| *near != state) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if set.contains(&state) => {
                        "the stubs that lead to it are never reached themselves".to_owned()
                    }
                    None => format!("no stub of it has \"newScenarioState\": \"{state}\""),
                };
                found.push(
                    Finding::new(rule::STATE_NEVER_REACHED, *at, "/requiredScenarioState", message)
                        .with_hint(hint),
                );
            }
            let unused = new_state(stub).filter(|state| *state != STARTED);
            if let Some(state) = unused.filter(|state| !asked.contains(state)) {
                let message = format!("no stub of scenario `{name}` requires the state `{state}`");
                let finding = Finding::new(rule::STATE_UNUSED, *at, "/newScenarioState", message);
                let near = suggest::nearest(state, asked.iter().copied());
                found.push(match near {
                    Some(near) => finding.with_hint(format!("did you mean `{near}`?")),
                    None => finding,
                });
            }
        }
    }
}
