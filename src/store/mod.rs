//! What is remembered: the live stubs, and per session how far each sequence has come.
//!
//! May import: behavior, codec, matching, model, render, runtime.

pub mod session;
pub mod stubs;

pub use session::Session;
pub use stubs::{LiveStub, StubFile, StubSet, StubStore, Uncompiled};
