//! What is remembered: the live stubs and settings, and per session its time, how far each sequence and
//! scenario has come, and the requests of late.
//!
//! May import: behavior, codec, matching, model, redaction, render, runtime.

pub mod applied;
pub mod aside;
pub mod behavior_set;
pub mod behaviors;
pub mod brief;
pub mod clock;
pub mod edit;
pub mod event;
pub mod feed;
pub mod fields;
pub mod journal;
mod layer;
pub mod limits;
pub mod live;
pub mod logged_body;
pub mod measured;
pub mod outcome;
pub mod overlay;
mod places;
pub mod profiles;
pub mod recording;
mod ring;
pub mod rules;
pub mod scenarios;
pub mod script;
pub mod served;
pub mod session;
pub mod sessions;
pub mod set;
pub mod settings;
pub mod stubs;
pub mod turns;
pub mod values;

pub use applied::{Applied, Drawn, Subject};
pub use aside::{FieldNames, UnsentBody};
pub use behavior_set::BehaviorSet;
pub use behaviors::{BehaviorError, SharedBehaviors};
pub use brief::{Finished, OwnAnswer};
pub use clock::{ClockChange, ClockError, ClockReading, Delays, SessionClock};
pub use event::ServeEvent;
pub use feed::{Change, Feed, Heard, Listener, Notice};
pub use journal::{Journal, JournalLimits, Journals};
pub use limits::{
    Admission, Asked, Counters, Decision, LimitError, LimitReport, LiveLimit, Refused, Settlement,
    render_text,
};
pub use live::{LiveStub, LiveTemplates};
pub use logged_body::{CutBody, LoggedBody};
pub use measured::{Endpoints, Measured};
pub use outcome::{ExchangeOutcome, UnknownOutcome};
pub use overlay::SessionStubs;
pub use profiles::Profiles;
pub use recording::{Recorded, Recording, RecordingStatus, Taken, TakenAnswer};
pub use rules::{LiveBehaviors, LiveEffect, LiveRule};
pub use scenarios::{HeldScenarios, Scenarios};
pub use script::{Recalled, Script, ScriptKey};
pub use served::{Limited, LoggedAnswer, Note, Served, Timing};
pub use session::{Session, Terms};
pub use sessions::{SessionError, SessionLimits, Sessions};
pub use set::StubSet;
pub use settings::{GlobalSettings, SharedSettings};
pub use stubs::{StubError, StubFile, StubStore, Uncompiled};
pub use turns::TurnCounts;
pub use values::Values;
