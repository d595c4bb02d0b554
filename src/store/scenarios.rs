//! In which state each scenario is: what makes stubs answer one after the other.

use std::collections::HashMap;

use parking_lot::{Mutex, MutexGuard};

use crate::model::{STARTED, Scenario};

/// The states of a session's scenarios; one that is not listed has just started.
#[derive(Debug, Default)]
pub struct Scenarios(Mutex<HashMap<String, String>>);

/// The states, held by one request while it chooses its stub: nobody moves them meanwhile.
#[derive(Debug)]
pub struct HeldScenarios<'s>(MutexGuard<'s, HashMap<String, String>>);

impl Scenarios {
    /// Holds the states; to be kept short.
    pub fn hold(&self) -> HeldScenarios<'_> {
        HeldScenarios(self.0.lock())
    }

    /// The state of a scenario.
    pub fn state(&self, name: &str) -> String {
        self.0.lock().get(name).cloned().unwrap_or_else(|| STARTED.to_owned())
    }

    /// Puts a scenario into a state.
    pub fn set(&self, name: &str, state: &str) {
        self.0.lock().insert(name.to_owned(), state.to_owned());
    }

    /// Starts one scenario again.
    pub fn restart(&self, name: &str) {
        self.0.lock().remove(name);
    }

    /// Starts all of them again.
    pub fn reset(&self) {
        self.0.lock().clear();
    }

    /// Forgets the states of scenarios that no stub is left of; `is_left` is asked for each.
    pub fn retain(&self, mut is_left: impl FnMut(&str) -> bool) {
        self.0.lock().retain(|name, _| is_left(name));
    }

    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        let texts = |(name, state): (&String, &String)| {
            size_of::<(String, String)>() + name.len() + state.len()
        };
        self.0.lock().iter().map(texts).sum()
    }

    /// Whether every scenario is where it started.
    pub fn are_new(&self) -> bool {
        self.0.lock().is_empty()
    }
}

impl HeldScenarios<'_> {
    /// Whether a stub of this scenario answers now.
    pub fn allow(&self, scenario: &Scenario) -> bool {
        let Some(required) = &scenario.required_state else { return true };
        self.0.get(&scenario.name).map_or(STARTED, String::as_str) == required
    }

    /// Goes on to the state that follows the answer of a stub of this scenario.
    pub fn pass(&mut self, scenario: &Scenario) {
        if let Some(state) = &scenario.new_state {
            match self.0.get_mut(&scenario.name) {
                Some(now) => now.clone_from(state),
                None => drop(self.0.insert(scenario.name.clone(), state.clone())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(required: &str, new: &str) -> Scenario {
        Scenario {
            name: "s".to_owned(),
            required_state: Some(required.to_owned()),
            new_state: Some(new.to_owned()),
        }
    }

    #[test]
    fn of_racing_requests_each_takes_another_state() {
        const N: usize = 400;
        let scenarios = Scenarios::default();
        let steps: Vec<_> = (0..N)
            .map(|n| {
                let required = if n == 0 { STARTED.to_owned() } else { n.to_string() };
                step(&required, &(n + 1).to_string())
            })
            .collect();
        let taken: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let mut taken = Vec::new();
                        for _ in 0..N / 8 {
                            let mut held = scenarios.hold();
                            let at = steps.iter().position(|step| held.allow(step)).unwrap();
                            held.pass(&steps[at]);
                            taken.push(at);
                        }
                        taken
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let mut sorted = taken;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..N).collect::<Vec<_>>());
    }

    #[test]
    fn a_scenario_starts_and_starts_again() {
        let scenarios = Scenarios::default();
        let first = step(STARTED, "two");
        assert!(scenarios.hold().allow(&first));
        scenarios.hold().pass(&first);
        assert_eq!(scenarios.state("s"), "two");
        assert!(!scenarios.hold().allow(&first));
        let any = Scenario { required_state: None, new_state: None, ..first.clone() };
        assert!(scenarios.hold().allow(&any));
        scenarios.hold().pass(&any);
        assert_eq!(scenarios.state("s"), "two");
        scenarios.restart("s");
        assert!(scenarios.are_new() && scenarios.hold().allow(&first));
    }
}
