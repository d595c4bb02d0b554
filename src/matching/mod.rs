//! Does this request fit: compiled patterns, the index, near misses.
//!
//! May import: codec, model.

mod body;
pub mod covers;
pub mod covers_value;
pub mod date;
pub mod distance;
mod hint;
pub mod index;
pub mod json;
mod members;
pub mod mistakes;
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
mod shape;
mod structure;
#[cfg(test)]
mod testing;
pub mod text;
mod token;
mod url;
pub mod verdict;

pub use index::{Candidates, Entry, StubIndex};
pub use mistakes::mistakes;
pub use near_miss::NearMiss;
pub use request::{CompileError, CompiledRequest};
pub use verdict::PartVerdict;
