//! What templates can call: one file a family of helpers, listed in `table`. `if`, `unless`, `each`,
//! `with` and `lookup` are parts of the `language`.
//!
//! May import: codec, matching, model, runtime; of render `template` only.

mod args;
mod control;
mod decimal;
mod encoding;
mod json;
mod json_change;
mod json_text;
mod layout;
mod lists;
mod numbers;
mod pattern;
mod random;
mod system;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod xml;

pub use table::{find, names};
