//! Does this request fit: compiled patterns, the index, near misses.
//!
//! May import: codec, model.

mod assignment;
mod body;
pub mod compiled;
mod content;
pub mod date;
pub mod distance;
mod found;
mod hint;
pub mod index;
mod java_class;
mod java_escape;
mod java_property;
mod java_regex;
pub mod json;
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
mod scan;
mod shape;
mod structure;
pub mod subject;
#[cfg(test)]
mod testing;
mod text;
mod token;
mod told;
mod url;
pub mod verdict;
pub mod xml;

pub use compiled::TextMatcher;
pub use index::{Candidates, Entry, StubIndex};
pub use near_miss::NearMiss;
pub use request::{CompileError, CompiledRequest};
pub use subject::Subject;
pub use verdict::PartVerdict;
