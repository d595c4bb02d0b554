//! Does this request fit: compiled patterns, the index, near misses.
//!
//! May import: codec, model.

pub mod nearest;
pub mod noise;
