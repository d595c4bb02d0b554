//! The operators of filters, with Jayway's ideas of what equals what.

use std::cmp::Ordering;

use super::{
    ast::Operator,
    evaluation::{Evaluation, MAX_DEPTH, Stop},
    item::{member, unique_members},
    operand::{Value, number_text},
    pattern::Pattern,
};
use crate::{
    codec::number::{NumberValue, is_float},
    model::Json,
};

/// Whether the comparison holds.
pub(super) fn holds(
    evaluation: &mut Evaluation<'_>,
    left: &Value<'_>,
    operator: Operator,
    right: &Value<'_>,
) -> Result<bool, Stop> {
    let is_ordered =
        |expected: &[Ordering]| order(left, right).is_some_and(|o| expected.contains(&o));
    evaluation.charge(cost(left) + cost(right))?;
    match operator {
        Operator::Equal => equals_deep(evaluation, left, right),
        Operator::NotEqual => Ok(!equals_deep(evaluation, left, right)?),
        Operator::SameEqual => {
            Ok(is_same_kind(left, right) && equals_deep(evaluation, left, right)?)
        }
        Operator::SameNotEqual => {
            Ok(!(is_same_kind(left, right) && equals_deep(evaluation, left, right)?))
        }
        Operator::Less => Ok(is_ordered(&[Ordering::Less])),
        Operator::LessOrEqual => Ok(is_ordered(&[Ordering::Less, Ordering::Equal])),
        Operator::Greater => Ok(is_ordered(&[Ordering::Greater])),
        Operator::GreaterOrEqual => Ok(is_ordered(&[Ordering::Greater, Ordering::Equal])),
        Operator::Regex => match (left, right) {
            (Value::Pattern(_), Value::Pattern(_)) => Ok(false),
            (Value::Pattern(pattern), text) | (text, Value::Pattern(pattern)) => {
                fits(evaluation, pattern, text)
            }
            _ => Ok(false),
        },
        Operator::In => is_in(evaluation, left, right),
        Operator::NotIn => Ok(!is_in(evaluation, left, right)?),
        Operator::Contains => match (left, right) {
            (Value::String(text), Value::String(part)) => Ok(text.contains(part.as_ref())),
            _ => Ok(left.list(evaluation)?.is_some_and(|list| list_contains(&list, right))),
        },
        Operator::Size => Ok(has_size(left, right)),
        Operator::Empty => is_empty(left, right),
        Operator::SubsetOf | Operator::AnyOf | Operator::NoneOf => {
            sets(evaluation, left, operator, right)
        }
        Operator::Never => Err(Stop::Invalid("this operator takes no such value".to_owned())),
    }
}

fn cost(value: &Value<'_>) -> usize {
    match value {
        Value::String(text) | Value::Number(text) => 1 + text.len() / 16,
        _ => 1,
    }
}

fn is_same_kind(left: &Value<'_>, right: &Value<'_>) -> bool {
    (left.is_json() && right.is_json())
        || std::mem::discriminant(left) == std::mem::discriminant(right)
}

fn equals_deep(
    evaluation: &mut Evaluation<'_>,
    left: &Value<'_>,
    right: &Value<'_>,
) -> Result<bool, Stop> {
    match (left, right) {
        // Jayway compares the text of a literal on the left with the value on the right.
        (Value::Literal(_), right) if right.is_json() => Ok(false),
        (Value::Json(left), Value::Json(right)) => same(evaluation, left, right, 0),
        (Value::Json(left), Value::Literal(right)) => same(evaluation, left, right, 0),
        (Value::Json(_) | Value::List(_), right) if right.is_json() => {
            let (Some(left), Some(right)) = (left.items(), right.items()) else {
                return Ok(false);
            };
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.into_iter().zip(right) {
                if !same(evaluation, left, right, 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(equals(left, right)),
    }
}

/// Equality of scalars. It is not symmetric: `1.0 == '1'` holds, `'1.0' == 1` does not.
fn equals(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::String(left), Value::Number(right)) => *left == number_text(right),
        (Value::Number(left), Value::Number(right) | Value::String(right)) => {
            same_number(left, right)
        }
        _ => false,
    }
}

fn same_number(left: &str, right: &str) -> bool {
    let left = NumberValue::of_big_decimal(left);
    left.is_some() && left == NumberValue::of_big_decimal(right)
}

/// Whether two JSON values are equal to Java: members in any order, but `1` is not `1.0`.
fn same(
    evaluation: &mut Evaluation<'_>,
    left: &Json,
    right: &Json,
    depth: usize,
) -> Result<bool, Stop> {
    evaluation.charge(1)?;
    if depth > MAX_DEPTH {
        return Err(Stop::Failed(format!("a value nested deeper than {MAX_DEPTH}")));
    }
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => {
            Ok(is_float(left) == is_float(right) && same_number(left, right))
        }
        (Json::Array(left), Json::Array(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right) {
                if !same(evaluation, left, right, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Json::Object(_), Json::Object(_)) => {
            let members = unique_members(left);
            let others = unique_members(right);
            if members.len() != others.len() {
                return Ok(false);
            }
            // `member` looks through all members of the other object.
            evaluation.charge(members.len().saturating_mul(1 + others.len() / 16))?;
            for (name, value) in members {
                let Some(other) = member(right, name) else { return Ok(false) };
                if !same(evaluation, value, other, depth + 1)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(left == right),
    }
}

fn order(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            Some(NumberValue::of_big_decimal(left)?.cmp(&NumberValue::of_big_decimal(right)?))
        }
        // Java compares UTF-16 units.
        (Value::String(left), Value::String(right)) => {
            Some(left.encode_utf16().cmp(right.encode_utf16()))
        }
        _ => None,
    }
}

fn list_contains(list: &[Value<'_>], value: &Value<'_>) -> bool {
    list.iter().any(|element| equals(value, element))
}

fn needs_list(value: &Value<'_>) -> Result<(), Stop> {
    if value.is_json() { Ok(()) } else { Err(Stop::Invalid("expected a list".to_owned())) }
}

fn is_in(
    evaluation: &mut Evaluation<'_>,
    left: &Value<'_>,
    right: &Value<'_>,
) -> Result<bool, Stop> {
    needs_list(right)?;
    Ok(right.list(evaluation)?.is_some_and(|list| list_contains(&list, left)))
}

fn sets(
    evaluation: &mut Evaluation<'_>,
    left: &Value<'_>,
    operator: Operator,
    right: &Value<'_>,
) -> Result<bool, Stop> {
    needs_list(right)?;
    let Some(right) = right.list(evaluation)? else { return Ok(false) };
    needs_list(left)?;
    let Some(left) = left.list(evaluation)? else { return Ok(false) };
    evaluation.charge(left.len().saturating_mul(right.len()))?;
    let is_in_right = |value: &Value<'_>| list_contains(&right, value);
    Ok(match operator {
        Operator::SubsetOf => left.iter().all(is_in_right),
        Operator::AnyOf => left.iter().any(is_in_right),
        _ => !left.iter().any(is_in_right),
    })
}

fn has_size(left: &Value<'_>, right: &Value<'_>) -> bool {
    let Value::Number(spelling) = right else { return false };
    // Java cuts decimals off.
    let Some(expected) = spelling.parse::<f64>().ok().map(f64::trunc) else { return false };
    let is = |size: usize| i32::try_from(size).is_ok_and(|size| f64::from(size) == expected);
    match left {
        Value::String(text) => is(text.encode_utf16().count()),
        _ if left.is_json() => left.items().map_or(expected == -1.0, |items| is(items.len())),
        _ => false,
    }
}

fn is_empty(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Stop> {
    let is_empty = match (left, left.items()) {
        (Value::String(text), _) => text.is_empty(),
        (_, Some(items)) => items.is_empty(),
        _ if left.is_json() => {
            return Err(Stop::Failed("`empty` applies to lists and text".to_owned()));
        }
        _ => return Ok(false),
    };
    match right {
        Value::Bool(expected) => Ok(is_empty == *expected),
        _ => Err(Stop::Invalid("`empty` takes `true` or `false`".to_owned())),
    }
}

fn fits(
    evaluation: &mut Evaluation<'_>,
    pattern: &Pattern,
    value: &Value<'_>,
) -> Result<bool, Stop> {
    if let Some(list) = value.list(evaluation)? {
        for element in &list {
            if text_fits(evaluation, pattern, element)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    text_fits(evaluation, pattern, value)
}

fn text_fits(
    evaluation: &mut Evaluation<'_>,
    pattern: &Pattern,
    value: &Value<'_>,
) -> Result<bool, Stop> {
    let text = match value {
        Value::String(text) => text.as_ref().into(),
        Value::Number(spelling) => number_text(spelling),
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        // Null, what is missing and objects count as empty text.
        _ => "".into(),
    };
    evaluation.charge(pattern.cost(&text))?;
    Ok(pattern.is_match(&text))
}
