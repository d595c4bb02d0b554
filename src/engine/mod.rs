//! What to answer, as data. Knows no socket, never sleeps.
//!
//! May import: behavior, codec, matching, model, render, runtime, store.

pub mod explain;
pub mod find;
pub mod lazy_keys;
pub mod mode;
pub mod plan;
pub mod token_keys;

pub use explain::{Considered, Explanation, Standing, explain};
pub use find::{Found, HeadFit, Views};
pub use lazy_keys::LazyKeys;
pub use mode::{Matching, Mode};
pub use plan::{Behavior, Planned};
pub use token_keys::TokenKeys;
