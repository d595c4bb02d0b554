//! What a template is about.

use super::path::Step;
use crate::render::template::Value;

/// The outermost scope of a template. Computes only what is asked for.
pub trait Model {
    /// The value that a path leads to, or as far along as the model itself knows the way: the value
    /// and how many steps were taken. `None` when not even the first name means anything.
    fn resolve(&self, path: &[Step]) -> Option<(Value, usize)>;

    /// All of it: what `this` is.
    fn whole(&self) -> Value;
}

/// A map is the simplest model.
impl Model for Value {
    fn resolve(&self, path: &[Step]) -> Option<(Value, usize)> {
        let name = path.first()?.name()?;
        match self {
            Self::Map(map) => {
                map.get(name).filter(|value| !value.is_nothing()).map(|value| (value.clone(), 1))
            }
            _ => None,
        }
    }

    fn whole(&self) -> Value {
        self.clone()
    }
}
