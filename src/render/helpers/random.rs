//! Values by chance, which comes from the environment: the same hit draws the same.

use rand::RngExt as _;

use super::args::{LONGEST, Result, bool_option, coerced, failure, text_option, whole};
use crate::render::template::{Call, Number, Value};

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `randomValue`: a text of a type and length, in lower case unless `uppercase=true`.
pub(super) fn random_value(call: &mut Call<'_, '_>) -> Result {
    let length = whole(call, "length", call.hash("length"))?.unwrap_or(36);
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= LONGEST)
        .ok_or_else(|| failure(call, format!("`length` is {length}, expected 0 to {LONGEST}")))?;
    let upper = bool_option(call, "uppercase")?.unwrap_or(false);
    let kind = text_option(call, "type")?.unwrap_or("ALPHANUMERIC");
    let text = match kind {
        "ALPHANUMERIC" => of_bytes(call, ALPHANUMERIC, length),
        "ALPHABETIC" => of_bytes(call, LETTERS, length),
        "NUMERIC" => of_bytes(call, b"0123456789", length),
        "HEXADECIMAL" => of_bytes(call, b"ABCDEF0123456789", length),
        "UUID" => uuid::Builder::from_random_bytes(call.env().random.random())
            .into_uuid()
            .hyphenated()
            .to_string(),
        "ALPHANUMERIC_AND_SYMBOLS" => between(call, '!', length),
        _ => between(call, ' ', length),
    };
    Ok(Value::text(if upper { text.to_uppercase() } else { text.to_lowercase() }))
}

fn of_bytes(call: &mut Call<'_, '_>, of: &[u8], length: usize) -> String {
    let random = &mut *call.env().random;
    let pick = |_| char::from(of.get(random.random_range(0..of.len())).copied().unwrap_or(b'0'));
    (0..length).map(pick).collect()
}

/// ASCII from `first` to `~`, which itself `RandomStringUtils` never draws.
fn between(call: &mut Call<'_, '_>, first: char, length: usize) -> String {
    let random = &mut *call.env().random;
    (0..length).map(|_| random.random_range(first..'~')).collect()
}

/// `randomInt`: `upper` is not included.
pub(super) fn random_int(call: &mut Call<'_, '_>) -> Result {
    let lower = bound(call, "lower")?.unwrap_or(i32::MIN.into());
    let upper = bound(call, "upper")?.unwrap_or(i32::MAX.into());
    if lower >= upper {
        return Err(failure(call, format!("`upper` {upper} is not greater than `lower` {lower}")));
    }
    Ok(Value::int(call.env().random.random_range(lower..upper)))
}

fn bound(call: &Call<'_, '_>, name: &str) -> Result<Option<i64>> {
    let Some(value) = call.hash(name) else { return Ok(None) };
    coerced(call, name, value)?
        .map(Some)
        .ok_or_else(|| failure(call, format!("`{name}` is missing, expected a whole number")))
}

/// `randomDecimal`: `upper` is not included.
pub(super) fn random_decimal(call: &mut Call<'_, '_>) -> Result {
    let lower = decimal(call, "lower")?.unwrap_or(f64::from_bits(1));
    let upper = decimal(call, "upper")?.unwrap_or(f64::MAX);
    if lower.partial_cmp(&upper) != Some(std::cmp::Ordering::Less) || !(upper - lower).is_finite() {
        return Err(failure(call, format!("`upper` {upper} is not greater than `lower` {lower}")));
    }
    Ok(Value::Number(Number::double(call.env().random.random_range(lower..upper))))
}

fn decimal(call: &Call<'_, '_>, name: &str) -> Result<Option<f64>> {
    match call.hash(name) {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number.as_f64())),
        Some(other) => {
            let number = other.as_str().and_then(|text| text.trim().parse::<f64>().ok());
            number.filter(|number| number.is_finite()).map(Some).ok_or_else(|| {
                failure(call, format!("`{name}` is `{}`, expected a number", other.printed()))
            })
        }
    }
}
