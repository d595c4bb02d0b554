//! A stub's place in a state machine.

/// The state in which every scenario begins.
pub const STARTED: &str = "Started";

/// In which state of a scenario a stub answers, and which state follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    /// The scenario.
    pub name: String,
    /// It answers in this state only; `None` is any.
    pub required_state: Option<String>,
    /// The state after its answer; `None` leaves it.
    pub new_state: Option<String>,
}
