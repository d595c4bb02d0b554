//! What an expression led to, with the difference that callers need: nothing there, or failed.

use std::borrow::Cow;

use crate::model::Json;

/// The outcome of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'j> {
    /// There is nothing at this path (Jayway's `PathNotFoundException`): `absent` matches.
    Missing,
    /// The expression cannot be applied to this document, or would be too much work; nothing
    /// matches, not even `absent`. The text says why.
    Failed(String),
    /// The value of a definite path or of a function.
    One(Cow<'j, Json>),
    /// The values of an indefinite path, possibly none.
    Many(Vec<Cow<'j, Json>>),
}

impl<'j> Found<'j> {
    /// Whether WireMock's plain `matchesJsonPath` accepts it: neither null nor empty.
    pub fn is_match(&self) -> bool {
        match self {
            Self::Missing | Self::Failed(_) => false,
            Self::Many(values) => !values.is_empty(),
            Self::One(value) => match value.as_ref() {
                Json::Null => false,
                Json::Array(items) => !items.is_empty(),
                Json::Object(members) => !members.is_empty(),
                Json::Bool(_) | Json::Number(_) | Json::String(_) => true,
            },
        }
    }

    /// The value as Jayway returns it: itself for a definite path, an array for any other;
    /// `None` when there is no result.
    pub fn to_json(&self) -> Option<Json> {
        match self {
            Self::Missing | Self::Failed(_) => None,
            Self::One(value) => Some(value.as_ref().clone()),
            Self::Many(values) => {
                Some(Json::Array(values.iter().map(|value| value.as_ref().clone()).collect()))
            }
        }
    }

    /// The value of a definite path.
    pub fn value(&self) -> Option<&Json> {
        match self {
            Self::One(value) => Some(value.as_ref()),
            _ => None,
        }
    }

    /// All values: one at most for a definite path.
    pub fn into_values(self) -> Vec<Cow<'j, Json>> {
        match self {
            Self::Missing | Self::Failed(_) => Vec::new(),
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }
}
