//! Placeholder until the real one lands.
use crate::{codec::view::RequestView, model::RequestPattern};
/// Nothing yet.
pub fn differences(_: &RequestPattern, _: &RequestView<'_>) -> Option<Vec<(String, String)>> { None }
/// Nothing yet.
pub fn same_shape(_: &RequestPattern, _: &RequestView<'_>) -> Option<Vec<(String, String)>> { None }
