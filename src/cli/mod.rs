//! Words typed become a call, and text comes back: the only room with anyhow and printing.
//!
//! May import: app, behavior, config, engine, library, matching, model, record, runtime, tls.

pub mod args;
pub mod console;
pub mod examples;
pub mod hint;
pub mod printer;
pub mod style;
pub mod summary;
