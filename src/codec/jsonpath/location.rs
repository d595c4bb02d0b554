//! Where a value stands in a document, and access to that place for changing it.

use std::fmt;

use crate::model::Json;

/// The way from the root of a document to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// From the root down; empty for the root itself.
    pub parts: Vec<LocationPart>,
}

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationPart {
    /// Into the member of an object; of a repeated name, the last.
    Name(String),
    /// Into the item of an array.
    Index(usize),
}

/// As an expression that leads there: `$['a'][0]`.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for part in &self.parts {
            match part {
                LocationPart::Index(index) => write!(f, "[{index}]")?,
                LocationPart::Name(name) => {
                    f.write_str("['")?;
                    for c in name.chars() {
                        if matches!(c, '\'' | '\\') {
                            f.write_str("\\")?;
                        }
                        write!(f, "{c}")?;
                    }
                    f.write_str("']")?;
                }
            }
        }
        Ok(())
    }
}

/// The value at a place, to change it; `None` when the place is not there.
pub fn get_mut<'j>(root: &'j mut Json, location: &Location) -> Option<&'j mut Json> {
    descend(root, &location.parts)
}

fn descend<'j>(root: &'j mut Json, parts: &[LocationPart]) -> Option<&'j mut Json> {
    let mut value = root;
    for part in parts {
        value = match (value, part) {
            (Json::Object(members), LocationPart::Name(name)) => {
                members.iter_mut().rfind(|(key, _)| key == name).map(|(_, value)| value)?
            }
            (Json::Array(items), LocationPart::Index(at)) => items.get_mut(*at)?,
            _ => return None,
        };
    }
    Some(value)
}
