//! YAML text (1.2, core schema) read into the tree that JSON has, with the place of every value and
//! name; written, and changed without touching what stays.
//!
//! May import: model.

mod alias;
pub mod reader;
mod scalar;
pub mod update;
pub mod writer;

pub use reader::{YamlError, parse_spanned};
pub use update::update;
pub use writer::write;
