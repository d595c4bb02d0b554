//! A stub: which requests, and what they get.

use super::{
    behaviors::Behaviors,
    id::{ServiceName, StubId},
    json::Json,
    listener::ServeListener,
    pattern::RequestPattern,
    response::Responses,
    scenario::Scenario,
};

/// A stub, as one mapping of a stub file says it. The default answers any request with nothing but a
/// status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stub {
    /// Its identity.
    pub id: StubId,
    /// What people call it.
    pub name: Option<String>,
    /// The service whose folder it lies in; `None` answers for any host.
    pub service: Option<ServiceName>,
    /// Lower goes first; `None` counts as 5.
    pub priority: Option<u32>,
    /// Which requests it answers.
    pub request: RequestPattern,
    /// In which state of a scenario it answers.
    pub scenario: Option<Box<Scenario>>,
    /// What they get.
    pub responses: Responses,
    /// How its answers behave beyond what they say.
    pub behaviors: Option<Box<Behaviors>>,
    /// What is told of each answer.
    pub listeners: Vec<ServeListener>,
    /// `persistent` as given: whether the admin API keeps it in a file.
    pub persistent: Option<bool>,
    /// What the recorder noted; `None` for a stub that a person wrote.
    pub recorded: Option<Recorded>,
    /// The `metadata` object without the recorder's part, kept as it is.
    pub metadata: Option<Json>,
}

impl Stub {
    /// The priority that ordering uses.
    pub fn effective_priority(&self) -> u32 {
        self.priority.unwrap_or(5)
    }
}

/// What the recorder notes about a stub beyond what it answers with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// `scheme://host[:port]` it was recorded from.
    pub upstream: String,
    /// Where secrets were replaced: `request.body.$.source`, `response.headers.Set-Cookie`.
    pub redacted: Vec<String>,
    /// How many stubs whose requests differ from this one's only in noise were recorded before it:
    /// requests that vary from run to run get their answers in this order.
    pub turn: u32,
}
