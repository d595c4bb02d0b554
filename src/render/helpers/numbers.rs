//! Arithmetic, and what depends on whether a number is even (`MathsHelper`, `NumberHelper`).

use super::{
    args::{Result, arg, args, complaint, failure, printed},
    decimal::Decimal,
};
use crate::render::template::{Call, Number, Value};

/// `math`: a quotient keeps as many digits of fraction as the dividend has, halves away from zero.
pub(super) fn math(call: &mut Call<'_, '_>) -> Result {
    if args(call).len() != 2 {
        return Ok(complaint(
            "All maths functions require two operands and an operator as parameters e.g. 3 '+' 2",
        ));
    }
    let context = call.context();
    let left = operand(call, &context)?;
    let operator = printed(call, arg(call, 0))?;
    let right = operand(call, arg(call, 1))?;
    let result = match &*operator {
        "+" => left.add(right),
        "-" => left.subtract(right),
        "*" | "x" => left.multiply(right),
        "/" | "%" if right.as_f64() == 0.0 => return Err(failure(call, "division by zero")),
        "/" => left.divide(right),
        "%" => left.remainder(right),
        other => return Ok(complaint(format!("{other} is not a valid mathematical operator"))),
    };
    let result = result.ok_or_else(|| failure(call, "its result has more digits than 38"))?;
    Ok(Value::Number(if result.scale() == 0 {
        Number::int(result.low_bits())
    } else {
        Number::double(result.as_f64())
    }))
}

/// An operand; a text that is no number counts as 0.
fn operand(call: &Call<'_, '_>, value: &Value) -> Result<Decimal> {
    Ok(Decimal::parse(&printed(call, value)?).unwrap_or(Decimal::ZERO))
}

/// Whether the whole part of the context is even; `None` when it is no number.
fn is_even(call: &mut Call<'_, '_>) -> Option<bool> {
    match call.context() {
        Value::Number(number) => {
            #[expect(clippy::cast_possible_truncation, reason = "`Number.intValue` cuts it too")]
            let whole = number.as_i64().unwrap_or(number.as_f64() as i64);
            Some(whole % 2 == 0)
        }
        _ => None,
    }
}

fn word(call: &Call<'_, '_>, at: usize, default: &str) -> Value {
    match arg(call, at) {
        Value::Absent => Value::text(default),
        other => other.clone(),
    }
}

/// `isEven`
pub(super) fn when_even(call: &mut Call<'_, '_>) -> Result {
    let even = is_even(call) == Some(true);
    Ok(if even { word(call, 0, "even") } else { Value::Null })
}

/// `isOdd`
pub(super) fn when_odd(call: &mut Call<'_, '_>) -> Result {
    let odd = is_even(call) == Some(false);
    Ok(if odd { word(call, 0, "odd") } else { Value::Null })
}

/// `stripes`
pub(super) fn stripes(call: &mut Call<'_, '_>) -> Result {
    Ok(match is_even(call) {
        Some(true) => word(call, 0, "even"),
        Some(false) => word(call, 1, "odd"),
        None => Value::Null,
    })
}
