//! What templates can call: one file a family of helpers, listed in `table`. `if`, `unless`, `each`,
//! `with` and `lookup` are parts of the `language`.
//!
//! May import: codec, matching, model, runtime; of render `template` only.

mod args;
mod control;
mod decimal;
mod digits;
mod encoding;
mod fake;
mod json;
mod json_change;
mod json_text;
mod layout;
mod lists;
mod number_format;
mod number_pattern;
mod numbers;
mod pattern;
mod random;
mod state;
mod string_format;
mod system;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod token;
mod xml;

pub use table::{find, names};
