//! Tests, and names for values (`ConditionalHelpers` of Handlebars.java; `contains`, `matches`,
//! `regexExtract`, `val`, `assign` of WireMock).

use std::{cmp::Ordering, collections::HashMap};

use super::{
    args::{Result, arg, args, complaint, failure, printed, text_option},
    pattern::{found_groups, is_whole_match},
    text::java_trim,
};
use crate::render::template::{Call, Value};

/// `eq`
pub(super) fn eq(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    call.choose(equals(&context, arg(call, 0)))
}

/// `neq`
pub(super) fn neq(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    call.choose(!equals(&context, arg(call, 0)))
}

/// `gt`
pub(super) fn gt(call: &mut Call<'_, '_>) -> Result {
    let order = compared(call)?;
    call.choose(order.is_gt())
}

/// `gte`
pub(super) fn gte(call: &mut Call<'_, '_>) -> Result {
    let order = compared(call)?;
    call.choose(order.is_ge())
}

/// `lt`
pub(super) fn lt(call: &mut Call<'_, '_>) -> Result {
    let order = compared(call)?;
    call.choose(order.is_lt())
}

/// `lte`
pub(super) fn lte(call: &mut Call<'_, '_>) -> Result {
    let order = compared(call)?;
    call.choose(order.is_le())
}

/// `and`
pub(super) fn and(call: &mut Call<'_, '_>) -> Result {
    let all = call.context().is_truthy() && args(call).iter().all(Value::is_truthy);
    call.choose(all)
}

/// `or`
pub(super) fn or(call: &mut Call<'_, '_>) -> Result {
    let any = call.context().is_truthy() || args(call).iter().any(Value::is_truthy);
    call.choose(any)
}

/// `not`
pub(super) fn not(call: &mut Call<'_, '_>) -> Result {
    let is_true = call.context().is_truthy();
    call.choose(!is_true)
}

/// `Objects.equals`; numbers are equal when they are as floats, within collections only when they
/// are spelled alike (an `Integer` equals no `BigDecimal`).
pub(super) fn equals(one: &Value, other: &Value) -> bool {
    match (one, other) {
        #[expect(clippy::float_cmp, reason = "the reference compares so")]
        (Value::Number(one), Value::Number(other)) => {
            one.to_string() == other.to_string() || one.as_f64() == other.as_f64()
        }
        _ => equals_within(one, other),
    }
}

fn equals_within(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Absent | Value::Null, Value::Absent | Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Text(one), Value::Text(other)) | (Value::Word(one), Value::Word(other)) => {
            one == other
        }
        (Value::Date(one), Value::Date(other)) => one.at == other.at,
        (Value::Number(one), Value::Number(other)) => one.to_string() == other.to_string(),
        (Value::Map(one), Value::Map(other)) => {
            let others: HashMap<&str, &Value> =
                other.entries().iter().map(|(key, value)| (key.as_str(), value)).collect();
            one.entries().len() == other.entries().len()
                && one.entries().iter().all(|(key, value)| {
                    others.get(key.as_str()).is_some_and(|other| equals_within(value, other))
                })
        }
        _ => match (one.items(), other.items()) {
            (Some(one), Some(other)) => {
                one.len() == other.len() && one.iter().zip(&other).all(|(a, b)| equals_within(a, b))
            }
            _ => false,
        },
    }
}

/// How the context and the first argument compare.
fn compared(call: &mut Call<'_, '_>) -> Result<Ordering> {
    let context = call.context();
    let order = match (&context, arg(call, 0)) {
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => one.as_f64().partial_cmp(&other.as_f64()),
        },
        // Java compares UTF-16 units; that differs beyond the basic plane only.
        (Value::Text(one), Value::Text(other)) => {
            Some(one.encode_utf16().cmp(other.encode_utf16()))
        }
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::Date(one), Value::Date(other)) => Some(one.at.cmp(&other.at)),
        _ => None,
    };
    order.ok_or_else(|| {
        failure(
            call,
            format!(
                "cannot compare `{}` with `{}`; both must be numbers, texts, truth values or dates",
                context.printed(),
                arg(call, 0).printed()
            ),
        )
    })
}

/// `contains`; as a block it never renders its `else`, as in WireMock.
pub(super) fn contains(call: &mut Call<'_, '_>) -> Result {
    if args(call).is_empty() {
        return Ok(complaint(
            "You must specify the string or array to be matched and the regular expression",
        ));
    }
    let context = call.context();
    let found = match (&context, arg(call, 0)) {
        // Nothing is contained in nothing; this one is `false` even as a block.
        (_, Value::Absent | Value::Null) => return Ok(Value::Bool(false)),
        (context, Value::Text(_)) if context.is_nothing() => return Ok(Value::Bool(false)),
        (context, wanted @ Value::Text(text)) => match context.items() {
            Some(items) => items.iter().any(|item| equals(item, wanted)),
            None => context.printed().contains(&**text),
        },
        (_, other) => {
            return Err(failure(
                call,
                format!("looks for `{}`, expected a text between quotes", other.printed()),
            ));
        }
    };
    body_or_bool(call, found)
}

/// `matches`: whether a pattern fits the whole of a text; as a block as [`contains`].
pub(super) fn matches(call: &mut Call<'_, '_>) -> Result {
    if args(call).is_empty() {
        return Ok(complaint(
            "You must specify the string to be matched and the regular expression",
        ));
    }
    let context = call.context();
    let text = printed(call, &context)?;
    let pattern = printed(call, arg(call, 0))?;
    let found = is_whole_match(&pattern, &text).map_err(|error| failure(call, error))?;
    body_or_bool(call, found)
}

fn body_or_bool(call: &mut Call<'_, '_>, is_true: bool) -> Result {
    if !call.is_block() {
        return Ok(Value::Bool(is_true));
    }
    Ok(Value::text(if is_true { call.body()? } else { String::new() }))
}

/// `regexExtract`: the first match, or under a name the groups of all matches.
pub(super) fn regex_extract(call: &mut Call<'_, '_>) -> Result {
    let Value::Text(pattern) = arg(call, 0) else {
        return Err(failure(call, "its pattern is missing, expected a text between quotes"));
    };
    let context = call.context();
    let text = printed(call, &context)?;
    let is_named = args(call).len() > 1;
    let Ok(found) = found_groups(pattern, &text, is_named) else {
        return Ok(complaint(format!("Invalid regex string {pattern}")));
    };
    if found.is_empty() {
        return Ok(match call.hash("default") {
            Some(default) if !default.is_nothing() => default.clone(),
            _ => complaint(format!("Nothing matched {pattern}")),
        });
    }
    if is_named {
        let name = printed(call, arg(call, 1))?;
        // A group that took no part is `null` in Java; an empty text is as near as it gets.
        let groups = found.into_iter().map(Into::into).collect();
        call.assign(&name, Value::Multi(std::sync::Arc::new(groups)));
        return Ok(Value::Null);
    }
    Ok(found.into_iter().next().map_or(Value::Null, Value::text))
}

/// `val`: a value or a default, kept under a name if `assign=` says one.
pub(super) fn val(call: &mut Call<'_, '_>) -> Result {
    let context = call.context();
    let value = if context.is_nothing() {
        call.hash("or").or_else(|| call.hash("default")).cloned().unwrap_or_default()
    } else {
        context
    };
    match text_option(call, "assign")? {
        Some(name) => {
            call.assign(name, value);
            Ok(Value::Null)
        }
        None => Ok(value),
    }
}

/// `assign`: a block kept under a name.
pub(super) fn assign(call: &mut Call<'_, '_>) -> Result {
    let body = call.body()?;
    if call.param(0).is_nothing() {
        // A name that is none is assigned nothing.
        return Ok(Value::Null);
    }
    let name = printed(call, call.param(0))?;
    call.assign(&name, Value::text(java_trim(&body)));
    Ok(Value::Null)
}
