//! Members of a JSON object by name; of a repeated name the last counts, as most parsers have it.

use std::collections::HashMap;

use crate::model::Json;

/// Members by name; small objects are searched, large ones hashed.
pub(super) enum Members<'j> {
    Few(&'j [(String, Json)]),
    Many(HashMap<&'j str, &'j Json>),
}

impl<'j> Members<'j> {
    pub(super) fn new(members: &'j [(String, Json)]) -> Self {
        if members.len() <= 8 {
            Self::Few(members)
        } else {
            Self::Many(members.iter().map(|(name, value)| (name.as_str(), value)).collect())
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'j Json> {
        match self {
            Self::Few(members) => {
                members.iter().rfind(|(key, _)| key == name).map(|(_, value)| value)
            }
            Self::Many(members) => members.get(name).copied(),
        }
    }

    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(members) => {
                let is_last = |(at, (name, _)): &(usize, &(String, Json))| {
                    !members.iter().skip(at + 1).any(|(other, _)| other == name)
                };
                members.iter().enumerate().filter(is_last).count()
            }
            Self::Many(members) => members.len(),
        }
    }
}

/// The last member of each name, in the order in which names first stand.
pub(super) fn last_of_each(members: &[(String, Json)]) -> Vec<(&str, &Json)> {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(members.len());
    let mut last: Vec<(&str, &Json)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        match places.get(name.as_str()).and_then(|&at| last.get_mut(at)) {
            Some(entry) => entry.1 = value,
            None => {
                places.insert(name, last.len());
                last.push((name, value));
            }
        }
    }
    last
}

/// `$.name`, or `$['odd name']`.
pub(super) fn member_path(parent: &str, name: &str) -> String {
    let is_plain = !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'));
    if is_plain { format!("{parent}.{name}") } else { format!("{parent}['{name}']") }
}
