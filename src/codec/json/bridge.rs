//! To and from serde_json's values, for crates that speak them.

use serde_json::{Map, Number, Value};

use super::reader::MAX_DEPTH;
use crate::model::Json;

/// The value as serde_json has it: the last of repeated names, and numbers by value. `None` when
/// it is nested deeper than [`MAX_DEPTH`].
pub fn to_serde(json: &Json) -> Option<Value> {
    convert(json, MAX_DEPTH)
}

fn convert(json: &Json, depth_left: usize) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(spelling) => Value::Number(number(spelling)),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => {
            let below = depth_left.checked_sub(1)?;
            Value::Array(items.iter().map(|item| convert(item, below)).collect::<Option<_>>()?)
        }
        Json::Object(members) => {
            let below = depth_left.checked_sub(1)?;
            let convert_member =
                |(name, value): &(String, Json)| Some((name.clone(), convert(value, below)?));
            Value::Object(members.iter().map(convert_member).collect::<Option<Map<_, _>>>()?)
        }
    })
}

/// The nearest number that fits: one too large for a float becomes the largest float.
fn number(spelling: &str) -> Number {
    let float = || {
        let value: f64 = spelling.parse().unwrap_or(0.0);
        Number::from_f64(value.clamp(f64::MIN, f64::MAX)).unwrap_or_else(|| Number::from(0))
    };
    spelling.parse().unwrap_or_else(|_| float())
}

/// A value of serde_json as ours. Values of serde_json are nested no deeper than its own bound
/// unless they were built by hand.
pub fn from_serde(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(value),
        Value::Number(number) => Json::Number(number.to_string()),
        Value::String(text) => Json::String(text),
        Value::Array(items) => Json::Array(items.into_iter().map(from_serde).collect()),
        Value::Object(members) => Json::Object(
            members.into_iter().map(|(name, value)| (name, from_serde(value))).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json::parse;

    #[test]
    fn values_survive_but_for_spelling_and_repeated_names() {
        let json = parse(r#"{"a":[1,-2,2.50,1e400,null,true,"x"],"b":1,"b":2}"#).unwrap();
        let back = from_serde(to_serde(&json).unwrap());
        let expected = r#"{"a":[1,-2,2.5,1.7976931348623157e+308,null,true,"x"],"b":2}"#;
        assert_eq!(back, parse(expected).unwrap());
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |n: usize| (0..n).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
        assert!(to_serde(&deep(MAX_DEPTH)).is_some());
        assert!(to_serde(&deep(MAX_DEPTH + 1)).is_none());
    }
}
