//! What a limit tells inside of answers that are JSON objects.

use crate::{
    behavior::placeholder::{Facts, PlaceholderError, Text},
    codec::json,
    model::Json,
};

/// JSON whose texts have placeholders.
#[derive(Clone, Debug)]
pub(super) enum Merge {
    Plain(Json),
    Text(Text),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Merge {
    /// Understands the placeholders of a limit with these policies.
    pub(super) fn compile(json: &Json, policies: &[&str]) -> Result<Self, PlaceholderError> {
        Ok(match json {
            Json::String(text) => match Text::parse(text, policies)? {
                plain if plain.is_plain() => {
                    Self::Plain(Json::String(plain.render(&Facts::nothing())))
                }
                text => Self::Text(text),
            },
            Json::Array(items) => {
                let items = items.iter().map(|item| Self::compile(item, policies));
                Self::Array(items.collect::<Result<_, _>>()?)
            }
            Json::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), Self::compile(value, policies)?)));
                Self::Object(members.collect::<Result<_, _>>()?)
            }
            plain => Self::Plain(plain.clone()),
        })
    }

    /// The JSON of an answer. A text that comes out as a number is one.
    pub(super) fn render(&self, facts: &Facts<'_>) -> Json {
        match self {
            Self::Plain(json) => json.clone(),
            Self::Text(text) => {
                let text = text.render(facts);
                match json::parse(&text) {
                    Ok(number @ Json::Number(_)) => number,
                    _ => Json::String(text),
                }
            }
            Self::Array(items) => Json::Array(items.iter().map(|it| it.render(facts)).collect()),
            Self::Object(members) => {
                let members = members.iter();
                Json::Object(members.map(|(name, it)| (name.clone(), it.render(facts))).collect())
            }
        }
    }
}
