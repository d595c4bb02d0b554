//! Does this request fit: compiled patterns, the index, near misses.
//!
//! May import: codec, model.

mod body;
pub mod distance;
pub mod index;
pub mod json;
mod multipart;
pub mod number;
pub mod path;
pub mod regex;
pub mod request;
#[cfg(test)]
mod testing;
pub mod text;
mod url;
pub mod verdict;

pub use index::{Candidates, Entry, StubIndex};
pub use request::{CompileError, CompiledRequest};
pub use verdict::PartVerdict;

