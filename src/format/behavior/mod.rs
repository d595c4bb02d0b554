//! How answers behave, as people write it: one language for `ringer.toml`, profiles, stubs, the admin
//! API, the command line and a request's header.
//!
//! May import: behavior, codec, model.

mod bandwidth;
pub(super) mod condition;
pub mod document;
pub(super) mod entry;
mod fault;
pub mod fault_names;
pub(super) mod glob;
pub(super) mod latency;
pub mod limit;
pub mod line;
mod named_fault;
mod parameter;
pub mod profiles;
#[cfg(test)]
mod round_trip;
pub(super) mod scalar;
pub(super) mod selection;
pub(super) mod short;
pub(super) mod stage;
#[cfg(test)]
mod tests;
pub mod tree;
pub(super) mod wait;

pub use document::{
    KEYS, merge, no_files, read, read_entries, read_entry, read_tree, write, write_rule,
};
pub use fault_names::FaultName;
pub use glob::parse as read_url;
pub use line::read_line;
pub use tree::Language;
