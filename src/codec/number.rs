//! Decimal numbers by value: `1`, `1.0` and `10e-1` are one, whatever their size. No float is involved.

use std::cmp::Ordering;

/// A number's value, in the one form that all its spellings share: `0.digits × 10^exponent`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NumberValue {
    is_negative: bool,
    /// Significant digits, without zeros at either end; empty for zero.
    digits: String,
    exponent: i128,
}

impl NumberValue {
    /// The value of a number's text (RFC 8259 §6); `None` when the exponent is beyond 30 digits.
    pub fn of(text: &str) -> Option<Self> {
        let (is_negative, text) =
            text.strip_prefix('-').map_or((false, text), |magnitude| (true, magnitude));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let significant = all.trim_start_matches('0');
        let leading_zeros = all.len() - significant.len();
        let digits = significant.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { is_negative: false, digits, exponent: 0 });
        }
        let exponent = if exponent.len() > 30 { None } else { exponent.parse::<i128>().ok() }?;
        let point = whole.len() as i128 - leading_zeros as i128;
        Some(Self { is_negative, digits, exponent: exponent + point })
    }

    /// Whether it is negative, its significant digits without zeros at either end, and the exponent:
    /// `0.digits × 10^exponent`.
    pub fn parts(&self) -> (bool, &str, i128) {
        (self.is_negative, &self.digits, self.exponent)
    }

    /// The value of a text that Java's `BigDecimal` takes (`1`, `-1.50`, `.5`, `1.`, `+1e3`); `None`
    /// of any other.
    pub fn of_big_decimal(text: &str) -> Option<Self> {
        let magnitude = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
        exponent.parse::<i32>().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_number = whole.len() + fraction.len() > 0
            && whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit());
        if is_number { Self::of(text.strip_prefix('+').unwrap_or(text)) } else { None }
    }
}

impl Ord for NumberValue {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |value: &Self| match (value.digits.is_empty(), value.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude =
            || self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => magnitude(),
            _ => magnitude().reverse(),
        })
    }
}

impl PartialOrd for NumberValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether two numbers' texts have one value.
pub fn same_value(a: &str, b: &str) -> bool {
    a == b || matches!((NumberValue::of(a), NumberValue::of(b)), (Some(a), Some(b)) if a == b)
}

/// Whether a number is a float to Java's JSON parsers, by its spelling.
pub fn is_float(spelling: &str) -> bool {
    spelling.contains(['.', 'e', 'E'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_value_are_equal() {
        for (a, b) in [
            ("1", "1.0"),
            ("1", "1e0"),
            ("1000", "1E+3"),
            ("0.001", "1e-3"),
            ("2.50", "2.5"),
            ("-0", "0.0"),
            ("12.5e1", "125"),
            ("0e99999999999999999999999999999999999", "0"),
            ("100000000000000000000000000000", "1e29"),
        ] {
            assert!(same_value(a, b), "{a} {b}");
        }
    }

    #[test]
    fn different_values_differ_however_large() {
        for (a, b) in [
            ("1", "-1"),
            ("1", "10"),
            ("0.1", "0.01"),
            ("12345678901234567890123", "12345678901234567890124"),
            ("0.1000000000000000000001", "0.1"),
            ("1e400", "1e401"),
        ] {
            assert!(!same_value(a, b), "{a} {b}");
        }
    }

    #[test]
    fn big_decimals_are_told_from_other_texts() {
        for (text, same) in [("+1e3", "1000"), (".5", "0.5"), ("1.", "1"), ("-1.50", "-1.5")] {
            assert_eq!(NumberValue::of_big_decimal(text), NumberValue::of(same), "{text}");
        }
        for text in ["", ".", "-", "e1", "1e", "+-1", "--1", "1e99999999999", "0x1", "NaN", "1 "] {
            assert_eq!(NumberValue::of_big_decimal(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn order_agrees_with_floats(a in -2000i32..2000, b in -2000i32..2000, scale in 0u32..4) {
            let spell = |n: i32| format!("{n}e-{scale}");
            let value = |n| NumberValue::of(&spell(n)).unwrap();
            prop_assert_eq!(value(a).cmp(&value(b)), a.cmp(&b));
        }

        #[test]
        fn agrees_with_small_decimals(a in -2000i64..2000, b in -2000i64..2000, scale in 0u32..4) {
            let spell = |n: i64| format!("{n}e-{scale}");
            prop_assert_eq!(same_value(&spell(a), &spell(b)), a == b);
            let tenfold = format!("{}e-{}", a * 10, scale + 1);
            prop_assert!(same_value(&spell(a), &tenfold));
        }
    }
}
