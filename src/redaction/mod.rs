//! Secrets become pseudonyms: before disk, log and journal, and on requests before matching. Pure.
//!
//! May import: codec, model.

pub mod redactor;
pub mod stream;

pub use redactor::{Redactor, Replaced};
