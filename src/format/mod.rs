//! Text to model and back: stub files, and documents of behaviours. No I/O.
//!
//! May import: behavior, codec, model.

pub mod behavior;
mod fields;
pub mod problem;
pub mod rule;
pub mod wiremock;

pub use problem::Problem;
pub use rule::{Rule, Severity};

pub use crate::codec::suggest;
