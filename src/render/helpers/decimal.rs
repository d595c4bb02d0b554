//! Decimal numbers as Java's `BigDecimal` has them: digits and how many of them are a fraction.

use std::fmt;

/// How many digits a scale may reach; beyond it numbers are refused rather than written out.
const LARGEST_SCALE: i32 = 1_000;

/// A decimal number: `digits` / 10^`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: i128,
    scale: i32,
}

impl Decimal {
    /// 0
    pub(super) const ZERO: Self = Self { digits: 0, scale: 0 };

    /// Reads `1`, `-1.50`, `1e3`; `None` when it is no number or has too many digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        if !all_digits || whole.len() + fraction.len() == 0 {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if scale.abs() > LARGEST_SCALE {
            return None;
        }
        Some(Self { digits: if mantissa.starts_with('-') { -digits } else { digits }, scale })
    }

    /// How many digits are a fraction; negative where zeros are left out at the end.
    pub(super) fn scale(self) -> i32 {
        self.scale
    }

    /// The lower 64 bits of a number without fraction (`longValue`).
    pub(super) fn low_bits(self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "`BigDecimal.longValue` cuts them too")]
        let low = self.digits as i64;
        low
    }

    /// As a float.
    pub(super) fn as_f64(self) -> f64 {
        format!("{}e{}", self.digits, -self.scale).parse().unwrap_or(f64::NAN)
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        let (one, other, scale) = self.aligned(other)?;
        Some(Self { digits: one.checked_add(other)?, scale })
    }

    pub(super) fn subtract(self, other: Self) -> Option<Self> {
        self.add(Self { digits: other.digits.checked_neg()?, scale: other.scale })
    }

    pub(super) fn multiply(self, other: Self) -> Option<Self> {
        Some(Self {
            digits: self.digits.checked_mul(other.digits)?,
            scale: self.scale.checked_add(other.scale)?,
        })
    }

    /// The quotient with the scale of the dividend, halves away from zero; `None` by zero.
    pub(super) fn divide(self, by: Self) -> Option<Self> {
        // With this scale the quotient of the digits has to be shifted by that of the divisor.
        let (mut above, mut below) = (self.digits, by.digits);
        let shift = power_of_ten(by.scale.unsigned_abs())?;
        if by.scale >= 0 {
            above = above.checked_mul(shift)?;
        } else {
            below = below.checked_mul(shift)?;
        }
        let quotient = above.checked_div(below)?;
        let rest = above.checked_rem(below)?;
        let is_half = rest.unsigned_abs().checked_mul(2)? >= below.unsigned_abs();
        let away = if (above < 0) == (below < 0) { 1 } else { -1 };
        let digits = if rest != 0 && is_half { quotient.checked_add(away)? } else { quotient };
        Some(Self { digits, scale: self.scale })
    }

    /// What division leaves, with the sign of the dividend; `None` by zero.
    pub(super) fn remainder(self, by: Self) -> Option<Self> {
        let (one, by, scale) = self.aligned(by)?;
        Some(Self { digits: one.checked_rem(by)?, scale })
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let scale = self.scale.max(other.scale);
        Some((self.digits_at(scale)?, other.digits_at(scale)?, scale))
    }

    fn digits_at(self, scale: i32) -> Option<i128> {
        self.digits.checked_mul(power_of_ten(scale.checked_sub(self.scale)?.unsigned_abs())?)
    }

    /// Without exponent (`toPlainString`).
    pub(super) fn plain(self) -> String {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let Ok(fraction) = usize::try_from(self.scale) else {
            let zeros = if self.digits == 0 { 0 } else { self.scale.unsigned_abs() as usize };
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        };
        if fraction == 0 {
            return format!("{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = fraction + 1);
        let (whole, fraction) = digits.split_at(digits.len() - fraction);
        format!("{sign}{whole}.{fraction}")
    }
}

/// `BigDecimal.toString`: with exponent where the scale is negative or the number very small.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.unsigned_abs().to_string();
        let n_digits = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let exponent = n_digits - 1 - self.scale;
        if self.scale >= 0 && exponent >= -6 {
            return f.write_str(&self.plain());
        }
        let (first, rest) = digits.split_at(1);
        let sign = if self.digits < 0 { "-" } else { "" };
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{sign}{first}{point}{rest}")?;
        if exponent == 0 { Ok(()) } else { write!(f, "E{exponent:+}") }
    }
}

fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_big_decimal_writes_them() {
        for (text, shown, plain) in [
            ("1.50", "1.50", "1.50"),
            ("1e3", "1E+3", "1000"),
            ("1.5e3", "1.5E+3", "1500"),
            ("1e-7", "1E-7", "0.0000001"),
            ("-0.05", "-0.05", "-0.05"),
            ("12345678901234567890", "12345678901234567890", "12345678901234567890"),
            ("0e5", "0E+5", "0"),
        ] {
            let number = Decimal::parse(text).unwrap();
            assert_eq!(number.to_string(), shown);
            assert_eq!(number.plain(), plain);
        }
        for text in ["", ".", "abc", "1e9999999", "--1", "1e", &"9".repeat(60)] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
