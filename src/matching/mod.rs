//! Does this request fit: compiled patterns, the index, near misses.
//!
//! May import: codec, model.

mod body;
pub mod distance;
pub mod index;
pub mod json;
mod multipart;
pub mod nearest;
pub mod noise;
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

/// tmp
pub mod near_miss {
    use super::*;
    use crate::codec::view::RequestView;
    pub struct NearMiss<T> {
        pub item: T,
        pub verdicts: Vec<PartVerdict>,
        pub distance: f64,
    }
    pub fn closest<'a, T>(
        _: impl Iterator<Item = (&'a CompiledRequest, T)>,
        _: &RequestView<'_>,
        _: usize,
    ) -> Vec<NearMiss<T>> {
        Vec::new()
    }
}
pub use near_miss::NearMiss;
