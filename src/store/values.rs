//! Values that templates keep from request to request (`state`, WireMock's state extension).

use std::collections::HashMap;

use parking_lot::RwLock;

use crate::{model::Json, render::template::State};

/// Values that are kept, and bytes of them; beyond either all are forgotten, as by a reset.
const MAX_VALUES: usize = 10_000;
const MAX_BYTES: usize = 16 << 20;

/// The values of one session.
#[derive(Debug, Default)]
pub struct Values(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By context and property.
    values: HashMap<(String, String), Json>,
    bytes: usize,
}

impl Values {
    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.0.read().bytes
    }

    /// Forgets all.
    pub(super) fn reset(&self) {
        *self.0.write() = Kept::default();
    }
}

impl State for &Values {
    fn get(&self, context: &str, property: &str) -> Option<Json> {
        self.0.read().values.get(&(context.to_owned(), property.to_owned())).cloned()
    }

    fn set(&mut self, context: &str, property: &str, value: Json) {
        let size = context.len() + property.len() + size_of(&value);
        let mut kept = self.0.write();
        if kept.values.len() >= MAX_VALUES || kept.bytes.saturating_add(size) > MAX_BYTES {
            *kept = Kept::default();
        }
        if size > MAX_BYTES {
            return;
        }
        let key = (context.to_owned(), property.to_owned());
        let key_size = context.len() + property.len();
        let before = kept.values.insert(key, value);
        let before = before.map_or(0, |before| key_size + size_of(&before));
        kept.bytes = (kept.bytes + size).saturating_sub(before);
    }

    /// A list is a property of that name.
    fn list(&self, context: &str) -> Vec<Json> {
        match self.get(context, "list") {
            Some(Json::Array(items)) => items,
            _ => Vec::new(),
        }
    }
}

/// About how many bytes a value takes. Its depth is bounded by what a template can make.
fn size_of(value: &Json) -> usize {
    let mut left = vec![value];
    let mut size = 0_usize;
    while let Some(value) = left.pop() {
        size = size.saturating_add(32);
        match value {
            Json::String(text) | Json::Number(text) => size = size.saturating_add(text.len()),
            Json::Array(items) => left.extend(items),
            Json::Object(members) => {
                for (name, value) in members {
                    size = size.saturating_add(name.len());
                    left.push(value);
                }
            }
            Json::Null | Json::Bool(_) => {}
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_until_it_is_set_anew_or_all_are_reset() {
        let values = Values::default();
        (&mut &values).set("a", "b", "1".into());
        (&mut &values).set("a", "b", "2".into());
        assert_eq!((&values).get("a", "b"), Some("2".into()));
        assert_eq!((&values).get("b", "a"), None);
        values.reset();
        assert_eq!((&values).get("a", "b"), None);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let values = Values::default();
        let large = "x".repeat(MAX_BYTES / 4);
        for at in 0..100 {
            (&mut &values).set("a", &at.to_string(), large.as_str().into());
            assert!(values.0.read().bytes <= MAX_BYTES);
        }
        (&mut &values).set("a", "too large", "x".repeat(MAX_BYTES).as_str().into());
        assert_eq!((&values).get("a", "too large"), None);
        for at in 0..=MAX_VALUES {
            (&mut &values).set("b", &at.to_string(), Json::Null);
            assert!(values.0.read().values.len() <= MAX_VALUES);
        }
    }
}
