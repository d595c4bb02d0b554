//! The helpers by name.

use crate::render::template::Helper;

/// Names and helpers, ordered by name.
const HELPERS: &[(&str, Helper)] = &[];

/// The helper of that name.
pub fn find(name: &str) -> Option<Helper> {
    let at = HELPERS.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    HELPERS.get(at).map(|(_, helper)| *helper)
}

/// All names, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    HELPERS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(HELPERS.is_sorted_by(|(left, _), (right, _)| left < right));
    }
}
