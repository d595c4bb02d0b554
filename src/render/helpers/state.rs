//! `state`: values that outlive the request (WireMock's state extension), read and set.

use super::{
    args::{Result, complaint, failure, text_option},
    json::compiled_path,
};
use crate::{
    model::Json,
    render::template::{Call, Value},
};

/// `state`: a property of a context or, with `list=` and a JSONPath, of its list; else `default=`.
/// With `value=` it sets the property and prints nothing.
pub(super) fn state(call: &mut Call<'_, '_>) -> Result {
    let text = |name: &str| call.hash(name).map(Value::printed).unwrap_or_default();
    let (context, property, list) = (text("context"), text("property"), text("list"));
    if context.is_empty() {
        return Ok(complaint("'context' cannot be empty"));
    }
    if property.trim().is_empty() == list.trim().is_empty() {
        return Ok(complaint("Either 'property' or 'list' has to be set"));
    }
    let set = call.hash("value").map(Value::to_json);
    let default = text_option(call, "default")?;
    let Some(state) = call.env().state.as_deref_mut() else {
        return Err(failure(call, "there is no session to keep values in"));
    };
    let (kind, name, found) = if property.is_empty() {
        let items = Json::Array(state.list(&context));
        let found = compiled_path(&list).ok().and_then(|path| path.find(&items).to_json());
        ("list", list, found)
    } else if let Some(value) = set {
        state.set(&context, &property, value);
        return Ok(Value::Null);
    } else {
        let found = match property.as_str() {
            "listSize" => Some(Json::Number(state.list(&context).len().to_string())),
            "list" => Some(Json::Array(state.list(&context))),
            _ => state.get(&context, &property),
        };
        ("property", property, found)
    };
    Ok(match (found, default) {
        (Some(value), _) if value != Json::Null => Value::from_json(&value),
        (_, Some(default)) => Value::text(default),
        (_, None) => complaint(format!("No state for context {context}, {kind} {name} found")),
    })
}
