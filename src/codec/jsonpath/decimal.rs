//! Numbers by value, whatever their spelling, and floats as Java spells them.

use std::cmp::Ordering;

/// A decimal number taken apart: sign, digits without zeros at either end, and the power of ten
/// that stands before the first digit's point (`0.ddd × 10^exponent`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads what Java's `BigDecimal` takes: `1`, `-1.50`, `.5`, `1.`, `+1e3`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (is_negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => {
                let exponent: i32 = unsigned.get(at + 1..)?.parse().ok()?;
                (unsigned.get(..at)?, i64::from(exponent))
            }
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = String::with_capacity(whole.len() + fraction.len());
        digits.push_str(whole);
        digits.push_str(fraction);
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let leading = digits.bytes().take_while(|&digit| digit == b'0').count();
        let point = i64::try_from(whole.len()).ok()?;
        let digits = digits.trim_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { is_negative: false, digits, exponent: 0 });
        }
        let exponent = exponent + point - i64::try_from(leading).ok()?;
        Some(Self { is_negative, digits, exponent })
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal || self.digits.is_empty() {
            return by_sign;
        }
        let by_size =
            self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
        if self.is_negative { by_size.reverse() } else { by_size }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a number is a float to Java's JSON parser, by its spelling.
pub(super) fn is_float(spelling: &str) -> bool {
    spelling.contains(['.', 'e', 'E'])
}

/// A float as `Double.toString` spells it: `6.0`, `3.0E7`, `1.0E-4`.
pub(super) fn java_double(value: f64) -> String {
    // Java has it as 4.9E-324, Rust as 5e-324.
    if value == f64::from_bits(1) {
        return "4.9E-324".to_owned();
    }
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if mantissa.contains('.') => format!("{mantissa}E{exponent}"),
        Some((mantissa, exponent)) => format!("{mantissa}.0E{exponent}"),
        None => text,
    }
}
