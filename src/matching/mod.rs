//! Does this request fit: compiled patterns, the index, near misses.
//!
//! May import: codec, model.

mod body;
pub mod distance;
mod hint;
pub mod index;
pub mod json;
pub mod json_schema;
mod members;
mod multipart;
pub mod near_miss;
pub mod nearest;
mod nearest_head;
pub mod noise;
pub mod number;
pub mod path;
mod random;
pub mod regex;
mod regex_mistake;
pub mod request;
mod schema_bounds;
mod shape;
mod structure;
#[cfg(test)]
mod testing;
pub mod text;
mod token;
mod url;
pub mod verdict;

pub use index::{Candidates, Entry, StubIndex};
pub use near_miss::NearMiss;
pub use request::{CompileError, CompiledRequest};
pub use verdict::PartVerdict;
