//! JSON numbers by value: `1`, `1.0` and `10e-1` are one, whatever their size. No float is involved.

use std::cmp::Ordering;

use crate::model::{NumberComparison, NumberPattern};

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

/// A [`NumberPattern`], compiled.
#[derive(Clone, Debug)]
pub struct NumberMatcher {
    comparison: NumberComparison,
    operand: NumberValue,
    spelled: String,
}

impl NumberMatcher {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// The operand is no number that can be compared.
    pub fn compile(pattern: &NumberPattern) -> Result<Self, String> {
        let operand = NumberValue::of(&pattern.operand).ok_or_else(|| {
            format!("the exponent of `{}` is too large; write a smaller number", pattern.operand)
        })?;
        Ok(Self { comparison: pattern.comparison, operand, spelled: pattern.operand.clone() })
    }

    /// Whether a text is a number that compares as it should.
    pub fn is_match(&self, text: &str) -> bool {
        let text = text.trim();
        let text = text.strip_prefix('+').unwrap_or(text);
        let is_number = is_json_number(text);
        let Some(actual) = NumberValue::of(text).filter(|_| is_number) else { return false };
        let order = actual.cmp(&self.operand);
        match self.comparison {
            NumberComparison::Equal => order == Ordering::Equal,
            NumberComparison::Greater => order == Ordering::Greater,
            NumberComparison::GreaterOrEqual => order != Ordering::Less,
            NumberComparison::Less => order == Ordering::Less,
            NumberComparison::LessOrEqual => order != Ordering::Greater,
        }
    }

    /// What fits, in words.
    pub fn describe(&self) -> String {
        let comparison = match self.comparison {
            NumberComparison::Equal => "the number",
            NumberComparison::Greater => "a number greater than",
            NumberComparison::GreaterOrEqual => "a number not less than",
            NumberComparison::Less => "a number less than",
            NumberComparison::LessOrEqual => "a number not greater than",
        };
        format!("{comparison} {}", self.spelled)
    }
}

/// Whether a text is a number, leading zeros allowed.
fn is_json_number(text: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let exponent = exponent.map(|digits| digits.strip_prefix(['+', '-']).unwrap_or(digits));
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    is_digits(whole) && fraction.is_none_or(is_digits) && exponent.is_none_or(is_digits)
}

/// Whether two numbers' texts have one value.
pub fn same_value(a: &str, b: &str) -> bool {
    a == b || matches!((NumberValue::of(a), NumberValue::of(b)), (Some(a), Some(b)) if a == b)
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
    fn numbers_compare_by_value_and_other_texts_do_not() {
        let fits = |comparison, operand: &str, text: &str| {
            let pattern = NumberPattern { comparison, operand: operand.to_owned() };
            NumberMatcher::compile(&pattern).unwrap().is_match(text)
        };
        assert!(fits(NumberComparison::Equal, "1", " 1.00 "));
        assert!(fits(NumberComparison::Equal, "1", "+1"));
        assert!(fits(NumberComparison::Greater, "-2", "-1.5"));
        assert!(fits(NumberComparison::GreaterOrEqual, "10", "1e1"));
        assert!(fits(NumberComparison::Less, "100", "99"));
        assert!(!fits(NumberComparison::Less, "9", "100"));
        assert!(fits(NumberComparison::LessOrEqual, "0", "-0"));
        for text in ["", "one", "1.", ".5", "0x1", "1e", "--1", "NaN"] {
            assert!(!fits(NumberComparison::LessOrEqual, "9", text), "{text}");
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
