//! JSON read and written: `jsonPath`, `parseJson`, `toJson`, `formatJson` of WireMock.

use std::sync::{Arc, LazyLock};

use quick_cache::sync::Cache;

use super::{
    args::{Format, Result, arg, block_or_text, complaint, failure, format_of},
    json_text::{self, Decimals},
};
use crate::{
    codec::{
        json::{parse_loose, parse_tolerant},
        jsonpath::JsonPath,
    },
    model::Json,
    render::template::{Call, Value},
};

/// How many compiled expressions are kept.
const KEPT: usize = 256;

type Compiled = std::result::Result<Arc<JsonPath>, String>;

static PATHS: LazyLock<Cache<String, Compiled>> = LazyLock::new(|| Cache::new(KEPT));

/// An expression, compiled once while it is in use.
pub(super) fn compiled_path(expression: &str) -> Compiled {
    if let Some(known) = PATHS.get(expression) {
        return known;
    }
    let compiled = JsonPath::compile(expression).map(Arc::new).map_err(|error| error.to_string());
    PATHS.insert(expression.to_owned(), compiled.clone());
    compiled
}

/// `jsonPath`: what an expression finds in a text or value, else `default=`.
pub(super) fn json_path(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let is_blank = matches!(&context, Value::Text(text) if text.trim().is_empty());
    if context.is_nothing() || is_blank {
        return Ok(Value::text(""));
    }
    let expression = match arg(call, 0) {
        Value::Absent | Value::Null => return Ok(complaint("The JSONPath cannot be empty")),
        Value::Text(expression) if !expression.is_empty() => expression,
        other => {
            return Err(failure(
                call,
                format!("its JSONPath is `{}`, expected one as `$.name`", other.printed()),
            ));
        }
    };
    let document = match &context {
        Value::Text(text) => match call.json(text) {
            Ok(document) => document,
            Err(_) => match parse_loose(text) {
                Some(document) => Arc::new(document),
                None => return Ok(complaint(format!("{text} is not valid JSON"))),
            },
        },
        other => Arc::new(other.to_json()),
    };
    if *document == Json::Null {
        return Err(failure(call, "its document is null"));
    }
    let Ok(path) = compiled_path(expression) else {
        return Ok(complaint(format!("{expression} is not a valid JSONPath expression")));
    };
    let value = path
        .find_or_null(&document)
        .to_json()
        .map_or(Value::Null, |json| Value::from_json_path(&json));
    if !value.is_nothing() {
        return Ok(value);
    }
    // A text, so `val … or=` does not see that there is nothing, as in WireMock.
    let default = call.hash("default").filter(|value| !value.is_nothing()).cloned();
    Ok(default.unwrap_or_else(|| Value::text("")))
}

/// `parseJson`: an object or array as a value, kept under a name if one is given. A block is the
/// text itself.
pub(super) fn parse_json(call: &mut Call<'_, '_>) -> Result {
    let (text, name) = if call.is_block() {
        (call.body()?, call.param(0))
    } else if call.params().is_empty() {
        return Ok(complaint("Missing required JSON string parameter"));
    } else {
        (call.param(0).printed(), arg(call, 0))
    };
    let value = if text.trim().is_empty() {
        Value::map(Vec::new())
    } else {
        match parse_tolerant(&text) {
            Ok(json @ (Json::Object(_) | Json::Array(_) | Json::Null)) => json_text::to_java(&json),
            Ok(_) => return Err(failure(call, "its text is no JSON object or array")),
            Err(error) => return Err(failure(call, format!("its text is no JSON: {error}"))),
        }
    };
    match name {
        Value::Absent | Value::Null => Ok(value),
        Value::Text(name) => {
            call.assign(name, value);
            Ok(Value::Null)
        }
        other => Err(failure(call, format!("the name is `{}`, expected a text", other.printed()))),
    }
}

/// `toJson`: any value as JSON over several lines.
pub(super) fn to_json(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    if context.is_nothing() {
        return Ok(Value::Null);
    }
    Ok(Value::text(json_text::pretty(&json_text::without_nulls(context.to_json()))))
}

/// `formatJson`: a JSON text, or a block that is one, over several lines or with `format='compact'`
/// on one.
pub(super) fn format_json(call: &mut Call<'_, '_>) -> Result {
    let text = block_or_text(call)?;
    if text.trim().is_empty() {
        return Ok(complaint(
            "formatJson should take a block of JSON to format or a single parameter of type String",
        ));
    }
    let is_compact = match format_of(call) {
        Ok(Format::Compact) => true,
        Ok(Format::Pretty) => false,
        Err(complaint) => return Ok(complaint),
    };
    let json = parse_tolerant(&text)
        .map_err(|error| failure(call, format!("its text is no JSON: {error}")))?;
    Ok(Value::text(if is_compact {
        json_text::compact(&json, Decimals::AsJava)
    } else {
        json_text::pretty(&json)
    }))
}
