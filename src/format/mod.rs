//! Text to model and back: stub files. No I/O.
//!
//! May import: codec, model.

pub mod problem;
pub mod wiremock;

pub use problem::Problem;

pub use crate::codec::suggest;
