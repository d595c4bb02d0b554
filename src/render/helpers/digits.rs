//! Decimal digits of a number, and how Java rounds them.

use std::cmp::Ordering;

use super::decimal::Decimal;
use crate::render::template::Number;

/// How halves and rests are rounded (`java.math.RoundingMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    Up,
    Down,
    Ceiling,
    Floor,
    HalfUp,
    HalfDown,
    HalfEven,
}

impl Rounding {
    /// By its name in Java, whatever its case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "up" => Self::Up,
            "down" => Self::Down,
            "ceiling" => Self::Ceiling,
            "floor" => Self::Floor,
            "half_up" => Self::HalfUp,
            "half_down" => Self::HalfDown,
            "half_even" => Self::HalfEven,
            _ => return None,
        })
    }
}

/// A number as `0.digits × 10^point`.
#[derive(Clone, Debug)]
pub(super) struct Digits {
    pub(super) is_negative: bool,
    /// `0` to `9`, none for zero.
    pub(super) digits: Vec<u8>,
    pub(super) point: i32,
    /// How the number itself lies to what its digits say, without sign: a float is rarely either.
    exact: Ordering,
}

impl Digits {
    /// The digits that Java prints, of `number` times a power of ten; `None` where it is not finite.
    pub(super) fn of(number: &Number, shift: i32) -> Option<Self> {
        let text = number.to_string();
        let float = number.as_f64();
        if !float.is_finite() {
            return None;
        }
        let plain = match Decimal::parse(&text) {
            Some(decimal) => decimal.plain(),
            None => format!("{float}"),
        };
        let unsigned = plain.strip_prefix('-').unwrap_or(&plain);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let exact = if number.is_whole() {
            Ordering::Equal
        } else {
            let places = fraction.len() + 40;
            let exactly = format!("{:.places$}", float.abs());
            let shown = format!("{whole}.{fraction}{}", "0".repeat(40));
            if exactly.len() == shown.len() { exactly.cmp(&shown) } else { Ordering::Equal }
        };
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let zeros = all.iter().take_while(|digit| **digit == 0).count();
        let point = i32::try_from(whole.len()).ok()? - i32::try_from(zeros).ok()? + shift;
        let mut digits: Vec<u8> = all.into_iter().skip(zeros).collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let point = if digits.is_empty() { 0 } else { point };
        Some(Self { is_negative: plain.starts_with('-'), digits, point, exact })
    }

    /// As if the number were what its digits say: how `Formatter` rounds.
    pub(super) fn into_shown(self) -> Self {
        Self { exact: Ordering::Equal, ..self }
    }

    /// With so many digits of fraction at most.
    pub(super) fn rounded(self, fraction: i32, rounding: Rounding) -> Self {
        let kept = self.point.saturating_add(fraction);
        self.rounded_to(kept, rounding)
    }

    /// With so many significant digits at most.
    pub(super) fn rounded_to(mut self, kept: i32, rounding: Rounding) -> Self {
        let at = usize::try_from(kept).unwrap_or(0);
        if at >= self.digits.len() {
            return self;
        }
        let rest = if kept < 0 { Vec::new() } else { self.digits.split_off(at) };
        if kept < 0 {
            self.digits.clear();
        }
        let half = match rest.split_first() {
            None => Ordering::Less,
            Some((first, more)) => {
                first.cmp(&5).then(if more.is_empty() { self.exact } else { Ordering::Greater })
            }
        };
        let is_odd = self.digits.last().is_some_and(|digit| digit % 2 == 1);
        let goes_up = match rounding {
            Rounding::Up => true,
            Rounding::Down => false,
            Rounding::Ceiling => !self.is_negative,
            Rounding::Floor => self.is_negative,
            Rounding::HalfUp => half.is_ge(),
            Rounding::HalfDown => half.is_gt(),
            Rounding::HalfEven => half.is_gt() || (half.is_eq() && is_odd),
        };
        if goes_up {
            self.increment(kept);
        }
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
        self
    }

    /// One more in the last of `kept` places.
    fn increment(&mut self, kept: i32) {
        while self.digits.last() == Some(&9) {
            self.digits.pop();
        }
        match self.digits.last_mut() {
            Some(last) => *last += 1,
            None => {
                self.digits.push(1);
                // All places were nines, or there were none.
                self.point = if kept > 0 { self.point + 1 } else { self.point - kept + 1 };
            }
        }
    }

    /// Digits before the point; none for less than one.
    pub(super) fn whole(&self) -> String {
        (0..self.point.max(0)).map(|place| self.digit(place)).collect()
    }

    /// Digits after the point, at least so many.
    pub(super) fn fraction(&self, least: usize) -> String {
        let places = i32::try_from(self.digits.len()).unwrap_or(i32::MAX) - self.point;
        let places = places.max(i32::try_from(least).unwrap_or(i32::MAX));
        (0..places.max(0)).map(|place| self.digit(self.point + place)).collect()
    }

    /// The digit at a place, counted from the first.
    pub(super) fn digit(&self, place: i32) -> char {
        let digit = usize::try_from(place).ok().and_then(|place| self.digits.get(place));
        char::from(b'0' + digit.copied().unwrap_or(0))
    }
}

/// A group separator between each `size` digits from the right.
pub(super) fn grouped(whole: &str, size: usize, separator: &str) -> String {
    let mut out = String::with_capacity(whole.len() * 2);
    for (at, c) in whole.chars().enumerate() {
        if at > 0 && size > 0 && (whole.len() - at).is_multiple_of(size) {
            out.push_str(separator);
        }
        out.push(c);
    }
    out
}
