//! Placeholder until the real one lands.
use super::{request::CompiledRequest, verdict::PartVerdict};
use crate::codec::view::RequestView;
/// A stub that came near.
pub struct NearMiss<T> {
    /// What it is.
    pub item: T,
    /// Part by part.
    pub verdicts: Vec<PartVerdict>,
    /// How far.
    pub distance: f64,
}
/// Nothing yet.
pub fn closest<'a, T>(_: impl Iterator<Item = (&'a CompiledRequest, T)>, _: &RequestView<'_>, _: usize) -> Vec<NearMiss<T>> { Vec::new() }
