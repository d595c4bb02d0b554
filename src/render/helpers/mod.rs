//! What templates can call: one file a family of helpers, listed in `table`. `if`, `unless`, `each`,
//! `with` and `lookup` are parts of the language: see `template`.
//!
//! May import: codec, model, runtime; of render `template` only.

mod table;

pub use table::{find, names};
