//! Text to model and back: stub files. No I/O.
//!
//! May import: codec, model.

pub mod problem;
pub mod rule;
pub mod wiremock;

pub use problem::Problem;
pub use rule::{Rule, Severity};

pub use crate::codec::suggest;
