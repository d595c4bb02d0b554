//! Numbers of templates: spelled as Java spells them, exact where they are whole.

use std::{fmt, sync::Arc};

use crate::codec::json::java::double;

/// Decimals of a JSON text that are longer keep their digits, as json-smart has it.
const MAX_DOUBLE: usize = 18;

/// A number.
#[derive(Clone, Debug)]
pub struct Number(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Int(i64),
    Spelled(Arc<str>),
}

impl Number {
    /// A whole number (`Integer`, `Long`).
    pub fn int(number: i64) -> Self {
        Self(Repr::Int(number))
    }

    /// A number spelled as it shall print: a decimal (`BigDecimal`) or one that exceeds `i64`.
    pub fn spelled(text: impl Into<Arc<str>>) -> Self {
        Self(Repr::Spelled(text.into()))
    }

    /// A floating-point number, spelled as `Double.toString` does.
    pub fn double(number: f64) -> Self {
        Self(Repr::Spelled(double(number).into()))
    }

    /// A number of a JSON text: whole ones exactly, others as `Double.toString` spells them.
    pub fn from_json(text: &str) -> Self {
        if let Ok(number) = text.parse() {
            return Self::int(number);
        }
        let is_whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if is_whole || text.len() > MAX_DOUBLE {
            return Self::spelled(text);
        }
        text.parse().map_or_else(|_| Self::spelled(text), Self::double)
    }

    /// As an `i64` when it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(number) => Some(*number),
            Repr::Spelled(text) => text.parse().ok(),
        }
    }

    /// As a float.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            // Java converts so too (JLS 5.1.2).
            #[expect(clippy::cast_precision_loss, reason = "a float is asked for")]
            Repr::Int(number) => *number as f64,
            Repr::Spelled(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// Whether it is written without fraction and exponent.
    pub fn is_whole(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => true,
            Repr::Spelled(text) => text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'),
        }
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.as_f64() == 0.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(number) => number.fmt(f),
            Repr::Spelled(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_print_as_java_prints_them() {
        for (json, printed) in [
            ("1.50", "1.5"),
            ("1.0", "1.0"),
            ("1e3", "1000.0"),
            ("1E-7", "1.0E-7"),
            ("100000000.0", "1.0E8"),
            ("12345678901234567890", "12345678901234567890"),
            ("-0", "0"),
            ("0.001", "0.001"),
            ("12345678.9", "1.23456789E7"),
        ] {
            assert_eq!(Number::from_json(json).to_string(), printed, "{json}");
        }
    }
}
