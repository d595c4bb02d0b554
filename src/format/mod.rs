//! Text to model and back: stub files, documents of behaviours, and
//! what tests expect. No I/O.
//!
//! May import: behavior, codec, model.

pub mod behavior;
pub mod expectations;
mod fields;
pub mod problem;
pub mod rule;
pub mod wiremock;

pub use problem::Problem;
pub use rule::{Rule, Severity};

pub use crate::codec::suggest;
