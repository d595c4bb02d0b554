//! What helpers have in common in reading what they are given, and in saying what is wrong with it.
//!
//! Handlebars.java calls the first parameter of a helper its context; the others are its arguments.

use std::sync::Arc;

use crate::render::template::{Call, HelperError, Value};

/// How long a text may be that a helper makes longer, in bytes.
pub(super) const LONGEST: usize = 16 << 20;

/// How many items a helper may make of few.
pub(super) const MOST_ITEMS: usize = 100_000;

/// What a helper returns.
pub(super) type Result<T = Value> = std::result::Result<T, HelperError>;

/// What WireMock prints in place of a value where a helper was called wrongly.
pub(super) fn complaint(message: impl AsRef<str>) -> Value {
    Value::text(format!("[ERROR: {}]", message.as_ref()))
}

/// A failure that names the helper.
pub(super) fn failure(call: &Call<'_, '_>, message: impl AsRef<str>) -> HelperError {
    HelperError::new(format!("helper `{}`: {}", call.name(), message.as_ref()))
}

/// What `value` prints as; nothing prints as nothing, which is a failure.
pub(super) fn printed(call: &Call<'_, '_>, value: &Value) -> Result<Arc<str>> {
    value.to_text().ok_or_else(|| {
        failure(
            call,
            "its value is missing; `val x or='…'` gives one that may be missing a default",
        )
    })
}

/// The argument at that place after the context.
pub(super) fn arg<'c>(call: &Call<'c, '_>, at: usize) -> &'c Value {
    call.param(at + 1)
}

/// The arguments after the context.
pub(super) fn args<'c>(call: &Call<'c, '_>) -> &'c [Value] {
    call.params().get(1..).unwrap_or_default()
}

/// An option or argument that must be a whole number; `None` where it is not given.
pub(super) fn whole(call: &Call<'_, '_>, name: &str, value: Option<&Value>) -> Result<Option<i64>> {
    match value {
        None | Some(Value::Absent | Value::Null) => Ok(None),
        Some(Value::Number(number)) if number.is_whole() && number.as_i64().is_some() => {
            Ok(number.as_i64())
        }
        Some(other) => Err(failure(
            call,
            format!("`{name}` is `{}`, expected a whole number without quotes", other.printed()),
        )),
    }
}

/// As [`whole`], but a text that spells one will do (`HelperUtils.coerceToInt`).
pub(super) fn coerced(call: &Call<'_, '_>, name: &str, value: &Value) -> Result<Option<i64>> {
    match value {
        Value::Number(number) => {
            // The fraction is cut, as `intValue` does.
            #[expect(clippy::cast_possible_truncation, reason = "it saturates, as in Java")]
            Ok(Some(number.as_i64().unwrap_or(number.as_f64() as i64)))
        }
        _ => match value.as_str() {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| {
                failure(call, format!("`{name}` is `{text}`, expected a whole number"))
            }),
        },
    }
}

/// An option that must be a text; `None` where it is not given.
pub(super) fn text_option<'c>(call: &Call<'c, '_>, name: &str) -> Result<Option<&'c str>> {
    match call.hash(name) {
        None | Some(Value::Absent | Value::Null) => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(other) => Err(failure(
            call,
            format!("`{name}` is `{}`, expected a text between quotes", other.printed()),
        )),
    }
}

/// An option that must be a truth value; `None` where it is not given.
pub(super) fn bool_option(call: &Call<'_, '_>, name: &str) -> Result<Option<bool>> {
    match call.hash(name) {
        None | Some(Value::Absent | Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(other) => Err(failure(
            call,
            format!("`{name}` is `{}`, expected `true` or `false`", other.printed()),
        )),
    }
}

/// Whether an option is exactly `true`.
pub(super) fn is_set(call: &Call<'_, '_>, name: &str) -> bool {
    matches!(call.hash(name), Some(Value::Bool(true)))
}

/// A text that is not longer than helpers may make it.
pub(super) fn bounded(call: &Call<'_, '_>, length: Option<usize>) -> Result<usize> {
    length.filter(|length| *length <= LONGEST).ok_or_else(|| {
        failure(
            call,
            format!("its text would exceed {LONGEST} bytes; use smaller numbers or texts"),
        )
    })
}

/// What a helper works on that takes a block too: the block, or the context as text.
pub(super) fn block_or_context(call: &mut Call<'_, '_>) -> Result<Arc<str>> {
    if call.is_block() {
        return Ok(call.body()?.into());
    }
    let context = call.context();
    printed(call, &context)
}

/// What a block renders to, or the context if it is a text; else nothing.
pub(super) fn block_or_text(call: &mut Call<'_, '_>) -> Result<Arc<str>> {
    Ok(match call.context() {
        _ if call.is_block() => call.body()?.into(),
        Value::Text(text) => text,
        _ => Arc::from(""),
    })
}

/// How `formatJson` and `formatXml` write.
pub(super) enum Format {
    /// On one line.
    Compact,
    /// On several.
    Pretty,
}

/// The option `format`, or the complaint about it.
pub(super) fn format_of(call: &Call<'_, '_>) -> std::result::Result<Format, Value> {
    let name = call.name();
    match call.hash("format") {
        None | Some(Value::Absent | Value::Null) => Ok(Format::Pretty),
        Some(Value::Text(format)) => match &**format {
            "pretty" => Ok(Format::Pretty),
            "compact" => Ok(Format::Compact),
            other => Err(complaint(format!(
                "{name}: format [{other}] should be one of [pretty, compact]"
            ))),
        },
        Some(other) => Err(complaint(format!(
            "{name}: format [{}] of type [{} should be a Format or a String and one of [pretty, \
             compact]]",
            other.printed(),
            java_class(other)
        ))),
    }
}

fn java_class(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "java.lang.Boolean",
        Value::Number(number) if number.is_whole() => "java.lang.Integer",
        Value::Number(_) => "java.lang.Double",
        Value::List(_) => "java.util.ArrayList",
        _ => "java.util.LinkedHashMap",
    }
}
