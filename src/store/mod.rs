//! What is remembered: the live stubs and settings, and per session its time, how far each sequence and
//! scenario has come, and the requests of late.
//!
//! May import: behavior, codec, matching, model, render, runtime.

pub mod clock;
pub mod event;
pub mod journal;
pub mod live;
mod places;
pub mod scenarios;
pub mod session;
pub mod set;
pub mod settings;
pub mod stubs;
pub mod values;

pub use clock::{ClockChange, ClockError, ClockReading, Delays, SessionClock};
pub use event::{LoggedAnswer, Note, ServeEvent, Served};
pub use journal::{Journal, JournalLimits};
pub use live::{LiveStub, LiveTemplates};
pub use scenarios::{HeldScenarios, Scenarios};
pub use session::Session;
pub use set::StubSet;
pub use settings::{GlobalSettings, SharedSettings};
pub use stubs::{StubError, StubFile, StubStore, Uncompiled};
pub use values::Values;
