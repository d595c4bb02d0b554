//! How answers behave, as people write it: one language for `ringer.toml`, profiles, stubs, the admin
//! API, the command line and a request's header.
//!
//! May import: behavior, codec, model.

mod bandwidth;
mod condition;
pub mod document;
mod entry;
mod fault;
pub mod fault_names;
mod glob;
mod latency;
pub mod limit;
pub mod line;
mod named_fault;
mod parameter;
#[cfg(test)]
mod round_trip;
pub(super) mod scalar;
mod selection;
pub(super) mod short;
mod stage;
#[cfg(test)]
mod tests;
pub mod tree;
mod wait;

pub use document::{KEYS, merge, no_files, read, read_tree, write, write_rule};
pub use fault_names::FaultName;
pub use line::read_line;
pub use tree::Language;
