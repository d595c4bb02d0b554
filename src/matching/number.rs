//! Texts that are numbers, compared by value.

use std::cmp::Ordering;

use crate::{
    codec::number::NumberValue,
    model::{NumberComparison, NumberPattern},
};

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
