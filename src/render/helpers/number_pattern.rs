//! Patterns of `java.text.DecimalFormat` (`#,##0.00`), and numbers written by them.

use super::digits::{Digits, Rounding, grouped};
use crate::render::template::Number;

/// Signs of a locale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbols {
    pub(super) decimal: &'static str,
    pub(super) group: &'static str,
    pub(super) currency: &'static str,
}

/// A pattern that was read.
#[derive(Clone, Debug)]
pub(super) struct NumberPattern {
    prefix: String,
    suffix: String,
    /// What stands round a negative number, if the pattern says so itself.
    negative: Option<(String, String)>,
    pub(super) least_whole: usize,
    pub(super) most_whole: Option<usize>,
    pub(super) least_fraction: usize,
    pub(super) most_fraction: usize,
    pub(super) group_size: usize,
    exponent: Option<usize>,
    /// 2 for percent, 3 for per mille.
    shift: i32,
}

/// The part of a pattern that stands for digits.
#[derive(Default)]
struct Body {
    hashes: usize,
    zeros: usize,
    hashes_after: usize,
    /// How many places stand before the point, if there is one.
    point: Option<usize>,
    since_group: Option<usize>,
    exponent: Option<usize>,
}

impl NumberPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn parse(pattern: &str, symbols: Symbols) -> Result<Self, String> {
        let mut rest = pattern;
        let (prefix, mut shift) = affix(&mut rest, symbols, "#0,.");
        let body = body(&mut rest)?;
        let (suffix, more) = affix(&mut rest, symbols, "");
        shift = shift.max(more);
        let mut negative = None;
        if let Some(mut other) = rest.strip_prefix(';').filter(|other| !other.is_empty()) {
            let (before, _) = affix(&mut other, symbols, "#0,.");
            self::body(&mut other)?;
            let (after, _) = affix(&mut other, symbols, "");
            negative = Some((before, after));
        }
        let Body { mut hashes, mut zeros, mut hashes_after, point, since_group, exponent } = body;
        // `#.##` and `#.`: one place before the point is always written.
        if zeros == 0
            && hashes > 0
            && let Some(point) = point
        {
            let before = point.max(1);
            hashes_after = hashes - before.min(hashes);
            hashes = before - 1;
            zeros = 1;
        }
        let places = hashes + zeros + hashes_after;
        let before = point.unwrap_or(places);
        Ok(Self {
            prefix,
            suffix,
            negative,
            least_whole: before.saturating_sub(hashes),
            most_whole: exponent.is_some().then_some(before),
            least_fraction: (hashes + zeros).saturating_sub(before),
            most_fraction: places.saturating_sub(before),
            group_size: since_group.unwrap_or(0),
            exponent,
            shift,
        })
    }

    /// A number written so; `None` where it is not finite.
    pub(super) fn write(
        &self,
        number: &Number,
        symbols: Symbols,
        rounding: Rounding,
    ) -> Option<String> {
        let digits = Digits::of(number, self.shift)?;
        let is_negative = digits.is_negative;
        let text = match self.exponent {
            Some(least) => self.scientific(digits, symbols, rounding, least),
            None => self.plain(digits, symbols, rounding),
        };
        Some(match (&self.negative, is_negative) {
            (Some((before, after)), true) => format!("{before}{text}{after}"),
            (None, true) => format!("-{}{text}{}", self.prefix, self.suffix),
            (_, false) => format!("{}{text}{}", self.prefix, self.suffix),
        })
    }

    fn plain(&self, digits: Digits, symbols: Symbols, rounding: Rounding) -> String {
        let most = i32::try_from(self.most_fraction).unwrap_or(i32::MAX);
        let digits = digits.rounded(most, rounding);
        let least = self.least_whole;
        let mut whole = format!("{:0>least$}", digits.whole());
        if let Some(most) = self.most_whole {
            whole = whole.get(whole.len().saturating_sub(most)..).unwrap_or_default().to_owned();
        }
        let fraction = digits.fraction(self.least_fraction);
        if whole.is_empty() && fraction.is_empty() {
            whole.push('0');
        }
        let point = if fraction.is_empty() { "" } else { symbols.decimal };
        format!("{}{point}{fraction}", grouped(&whole, self.group_size, symbols.group))
    }

    fn scientific(
        &self,
        digits: Digits,
        symbols: Symbols,
        rounding: Rounding,
        least: usize,
    ) -> String {
        let signed = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let most_whole = self.most_whole.unwrap_or(1);
        let digits = digits.rounded_to(signed(most_whole + self.most_fraction), rounding);
        let (exponent, before) = if digits.digits.is_empty() {
            (0, signed(self.least_whole.max(1)))
        } else if most_whole > 1 && most_whole > self.least_whole {
            let step = signed(most_whole);
            let exponent = (digits.point - 1).div_euclid(step) * step;
            (exponent, digits.point - exponent)
        } else {
            let before = signed(if self.least_fraction > 0 || self.least_whole > 0 {
                self.least_whole
            } else {
                1
            });
            (digits.point - before, before)
        };
        let written = signed(digits.digits.len()).max(before + signed(self.least_fraction));
        let whole: String = (0..before).map(|place| digits.digit(place)).collect();
        let fraction: String = (before..written).map(|place| digits.digit(place)).collect();
        let point = if fraction.is_empty() { "" } else { symbols.decimal };
        let sign = if exponent < 0 { "-" } else { "" };
        format!("{whole}{point}{fraction}E{sign}{:0>least$}", exponent.abs())
    }
}

/// Text before or after the digits: up to one of `stops` or `;`. With it what it multiplies by.
fn affix(rest: &mut &str, symbols: Symbols, stops: &str) -> (String, i32) {
    let (mut out, mut shift, mut is_quoted) = (String::new(), 0, false);
    let mut chars = rest.chars().peekable();
    while let Some(&c) = chars.peek() {
        if !is_quoted && (c == ';' || stops.contains(c)) {
            break;
        }
        chars.next();
        match c {
            '\'' if chars.peek() == Some(&'\'') => {
                chars.next();
                out.push('\'');
            }
            '\'' => is_quoted = !is_quoted,
            '¤' if !is_quoted => out.push_str(symbols.currency),
            '%' | '‰' if !is_quoted => {
                shift = if c == '%' { 2 } else { 3 };
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    let left: usize = chars.map(char::len_utf8).sum();
    *rest = rest.get(rest.len() - left..).unwrap_or_default();
    (out, shift)
}

fn body(rest: &mut &str) -> Result<Body, String> {
    let mut body = Body::default();
    let pattern = *rest;
    let wrong = |what: &str| format!("`{pattern}` is no pattern of numbers: {what}");
    while let Some(c) = rest.chars().next() {
        match c {
            '#' if body.zeros > 0 => body.hashes_after += 1,
            '#' => body.hashes += 1,
            '0' if body.hashes_after > 0 => {
                return Err(wrong("a `0` follows a `#` that follows one"));
            }
            '0' => body.zeros += 1,
            ',' => body.since_group = Some(0),
            '.' if body.point.is_some() => return Err(wrong("it has two points")),
            '.' => body.point = Some(body.hashes + body.zeros + body.hashes_after),
            'E' => {
                let digits = rest.bytes().skip(1).take_while(|byte| *byte == b'0').count();
                if digits == 0 {
                    return Err(wrong("a `0` must follow `E`"));
                }
                body.exponent = Some(digits);
                *rest = rest.get(1 + digits..).unwrap_or_default();
                return Ok(body);
            }
            _ => break,
        }
        if matches!(c, '#' | '0')
            && body.point.is_none()
            && let Some(since) = &mut body.since_group
        {
            *since += 1;
        }
        *rest = rest.get(1..).unwrap_or_default();
    }
    Ok(body)
}
