//! What to answer, as data. Knows no socket, never sleeps.
//!
//! May import: behavior, codec, matching, model, render, runtime, store.

pub mod exactness;
pub mod explain;
pub mod find;
pub mod ground;
pub mod lazy_keys;
pub mod plan;
pub mod refusal;
pub mod strike;
pub mod token_keys;

pub use exactness::Matching;
pub use explain::{Considered, Explanation, Standing, explain};
pub use find::{Barred, Fitting, Found, Gate, HeadFit, Views};
pub use ground::{Around, ERROR_RATE, Ground};
pub use lazy_keys::LazyKeys;
pub use plan::{Plan, plan_connection};
pub use refusal::{Refusal, refusal};
pub use strike::Strike;
pub use token_keys::TokenKeys;
