//! JSON text as Jackson writes it with WireMock's settings, and its decimals.

use super::decimal::Decimal;
use crate::{
    codec::json,
    model::{Json, JsonStyle},
    render::template::{Number, Print, Value},
};

/// How decimals are spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimals {
    /// Without exponent.
    Plain,
    /// As `BigDecimal.toString` does.
    AsJava,
}

/// On one line.
pub(super) fn compact(value: &Json, decimals: Decimals) -> String {
    json::write(&respelled(value, decimals), JsonStyle::default())
}

/// Members on lines of their own, arrays on one (Jackson's default).
pub(super) fn pretty(value: &Json) -> String {
    json::java::pretty(value, &|text| spelled(text, Decimals::Plain))
}

/// Without the members of objects that are null: what Java's maps are written as.
pub(super) fn without_nulls(value: Json) -> Json {
    match value {
        Json::Array(items) => Json::Array(items.into_iter().map(without_nulls).collect()),
        Json::Object(members) => Json::Object(
            members
                .into_iter()
                .filter(|(_, value)| *value != Json::Null)
                .map(|(name, value)| (name, without_nulls(value)))
                .collect(),
        ),
        other => other,
    }
}

fn respelled(value: &Json, decimals: Decimals) -> Json {
    match value {
        Json::Number(text) => Json::Number(spelled(text, decimals)),
        Json::Array(items) => {
            Json::Array(items.iter().map(|item| respelled(item, decimals)).collect())
        }
        Json::Object(members) => Json::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), respelled(value, decimals)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// A number of a text; one with more digits than a [`Decimal`] has stays as it is.
fn spelled(text: &str, decimals: Decimals) -> String {
    let is_whole = !text.contains(['.', 'e', 'E']);
    // A double of a template is spelled `1.0E8`, with a sign in its exponent only where that is
    // negative; a decimal of a JSON text always has one.
    match Decimal::parse(text) {
        _ if is_whole && text != "-0" => text.to_owned(),
        Some(number) if decimals == Decimals::Plain => number.plain(),
        Some(number) => number.to_string(),
        None => text.to_owned(),
    }
}

/// A JSON text as Java's collections with exact decimals: what `parseJson` gives.
pub(super) fn to_java(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(text) => match text.parse() {
            Ok(number) => Value::int(number),
            Err(_) => Value::Number(Number::spelled(spelled(text, Decimals::AsJava))),
        },
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => Value::list_printed(items.iter().map(to_java).collect(), Print::Java),
        Json::Object(members) => {
            Value::map(members.iter().map(|(name, value)| (name.clone(), to_java(value))).collect())
        }
    }
}
