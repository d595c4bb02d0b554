//! File, environment and flags become one value.
//!
//! May import: behavior, engine, model, runtime, serve.

pub mod settings;

pub use settings::{Config, Redaction, Upstream};

pub use crate::{
    engine::Matching,
    serve::{Limits, Service},
};
