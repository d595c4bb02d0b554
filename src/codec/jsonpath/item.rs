//! A value on the way: a part of the document, or something that a function made.

use std::{borrow::Cow, collections::HashMap, rc::Rc};

use super::location::{Location, LocationPart};
use crate::model::Json;

/// Objects with up to this many members are searched for repeated names member by member.
const FEW_MEMBERS: usize = 16;

/// A value, and how long it lives: as long as the document, or as the evaluation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'v, 't> {
    Document(&'v Json),
    Made(&'t Json),
}

impl<'v: 't, 't> Item<'v, 't> {
    pub(super) fn get(self) -> &'t Json {
        match self {
            Self::Document(value) => value,
            Self::Made(value) => value,
        }
    }

    /// The value for a result: borrowed from the document, or copied.
    pub(super) fn into_cow(self) -> Cow<'v, Json> {
        match self {
            Self::Document(value) => Cow::Borrowed(value),
            Self::Made(value) => Cow::Owned(value.clone()),
        }
    }

    /// A member; of a repeated name the last, which is the one that Java's maps keep.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        match self {
            Self::Document(value) => member(value, name).map(Self::Document),
            Self::Made(value) => member(value, name).map(Self::Made),
        }
    }

    pub(super) fn index(self, at: usize) -> Option<Self> {
        match self {
            Self::Document(value) => items(value).get(at).map(Self::Document),
            Self::Made(value) => items(value).get(at).map(Self::Made),
        }
    }

    /// The names of an object, each once, and their values.
    pub(super) fn members(self) -> Vec<(&'t str, Self)> {
        match self {
            Self::Document(value) => {
                let members = unique_members(value).into_iter();
                members.map(|(name, value)| (name, Self::Document(value))).collect()
            }
            Self::Made(value) => {
                let members = unique_members(value).into_iter();
                members.map(|(name, value)| (name, Self::Made(value))).collect()
            }
        }
    }
}

/// A member of an object; of a repeated name the last.
pub(super) fn member<'j>(value: &'j Json, name: &str) -> Option<&'j Json> {
    match value {
        Json::Object(members) => {
            members.iter().rfind(|(key, _)| key == name).map(|(_, value)| value)
        }
        _ => None,
    }
}

/// The items of an array; none of anything else.
pub(super) fn items(value: &Json) -> &[Json] {
    match value {
        Json::Array(items) => items,
        _ => &[],
    }
}

/// Each name once, where it stands first, with the value that it has last.
pub(super) fn unique_members(value: &Json) -> Vec<(&str, &Json)> {
    let Json::Object(members) = value else { return Vec::new() };
    let mut unique: Vec<(&str, &Json)> = Vec::with_capacity(members.len());
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (name, value) in members {
        let earlier = if members.len() <= FEW_MEMBERS {
            unique.iter().position(|(known, _)| known == name)
        } else {
            let known = places.get(name.as_str()).copied();
            places.insert(name, known.unwrap_or(unique.len()));
            known
        };
        match earlier.and_then(|at| unique.get_mut(at)) {
            Some(place) => place.1 = value,
            None => unique.push((name, value)),
        }
    }
    unique
}

/// How the evaluation came to a value; kept only when somebody asks for locations.
#[derive(Clone, Debug)]
pub(super) enum Trail {
    Untracked,
    Root,
    Step(Rc<(Self, LocationPart)>),
}

impl Trail {
    pub(super) fn name(&self, name: &str) -> Self {
        self.step(|| LocationPart::Name(name.to_owned()))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.step(|| LocationPart::Index(index))
    }

    fn step(&self, part: impl FnOnce() -> LocationPart) -> Self {
        match self {
            Self::Untracked => Self::Untracked,
            known => Self::Step(Rc::new((known.clone(), part()))),
        }
    }

    pub(super) fn location(&self) -> Option<Location> {
        let mut parts = Vec::new();
        let mut trail = self;
        loop {
            match trail {
                Self::Untracked => return None,
                Self::Root => break,
                Self::Step(step) => {
                    parts.push(step.1.clone());
                    trail = &step.0;
                }
            }
        }
        parts.reverse();
        Some(Location { parts })
    }
}
