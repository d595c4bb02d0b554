//! What to answer, as data. Knows no socket, never sleeps.
//!
//! May import: behavior, codec, matching, model, render, runtime, store.

pub mod explain;
pub mod find;
pub mod mode;
pub mod plan;

pub use explain::{Considered, Explanation, Standing, explain};
pub use find::{Found, HeadFit, Views};
pub use mode::{Matching, Mode};
pub use plan::{Behavior, Planned};
