//! File, environment and flags become one value.
//!
//! May import: behavior, engine, model, runtime.

pub mod settings;

pub use settings::{Config, Limits, Matching, Redaction, Service, Upstream};
