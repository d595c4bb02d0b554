//! Does this request fit: compiled patterns, the index, near misses.
//!
//! May import: codec, model.

mod assignment;
mod body;
pub mod compiled;
mod content;
pub mod covers;
pub mod covers_value;
pub mod date;
pub mod diff;
pub mod distance;
mod facet;
mod facts;
mod found;
mod hash;
mod hint;
pub mod index;
mod java_class;
mod java_escape;
mod java_property;
mod java_regex;
pub mod json;
pub mod json_schema;
mod members;
pub mod mistakes;
mod multipart;
pub mod near_miss;
pub mod nearest;
mod nearest_head;
pub mod noise;
pub mod number;
pub mod path;
mod pattern_text;
mod places;
mod probe;
mod random;
pub mod regex;
pub mod regex_find;
mod regex_list;
mod regex_mistake;
pub mod request;
pub mod route;
mod scan;
mod schema_bounds;
mod shape;
mod structure;
pub mod subject;
#[cfg(test)]
mod testing;
mod text;
mod token;
mod told;
mod trie;
mod url;
pub mod verdict;
pub mod xml;

pub use compiled::TextMatcher;
pub use index::{Candidates, Entry, StubIndex};
pub use mistakes::mistakes;
pub use near_miss::NearMiss;
pub use probe::Probe;
pub use request::{CompileError, CompiledRequest};
pub use subject::Subject;
pub use verdict::PartVerdict;
