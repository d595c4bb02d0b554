//! What is remembered: the live stubs, and per session how far each sequence has come.
//!
//! May import: behavior, codec, matching, model, render, runtime.

pub mod live;
mod places;
pub mod session;
pub mod set;
pub mod stubs;

pub use live::LiveStub;
pub use session::Session;
pub use set::StubSet;
pub use stubs::{StubError, StubFile, StubStore, Uncompiled};
