//! WireMock's mapping JSON (or the same in YAML) and ringer's additions to it, as described in `docs/stub-files.md`.
//!
//! Reading is strict and finds every mistake of a file at once; writing gives the same text for the
//! same stub. May import: codec, model.

pub(super) mod headers;
mod layout;
mod listener;
pub(super) mod matcher;
mod names;
mod operand;
mod options;
pub mod parts;
pub(super) mod pattern;
mod proxying;
mod recorded;
mod response;
pub mod rewrite;
#[cfg(test)]
mod round_trip;
pub mod schema;
pub mod source;
pub mod stub;
mod timing;
mod written;

pub use rewrite::{rewrite_yaml, write_yaml};
pub use source::{Syntax, locate, pointers};
pub use stub::{Mapping, read, read_mappings, write, write_value};
