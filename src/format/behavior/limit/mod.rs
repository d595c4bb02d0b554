//! Rate limits as people write them: a short text, a list of keys and values, or a table; presets of
//! providers, and what overrides them. Described in `docs/rate-limits.md`.
//!
//! May import: behavior, codec, model.

mod amount;
mod answer;
mod cost;
mod exempt;
mod key;
mod merged;
mod penalty;
mod policy;
pub mod presets;
pub mod read;
mod selection;
#[cfg(test)]
mod tests;
mod value;
mod written;

pub use presets::{OwnPresets, PRESETS};
pub use read::read_short;
pub use written::write;
