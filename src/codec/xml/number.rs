//! Numbers of XPath 1.0 and text: read (§4.4), written in an expression (§4.2), and written as a
//! result, for which WireMock uses Java's `NumberFormat`.

use super::scan::is_space;

/// The number that `text` is; NaN when it is none. No exponent, no plus sign.
pub fn parse(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().filter(|&byte| byte == b'.').count() <= 1;
    if is_number { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// As `string(number)` has it: no exponent, as many digits as are needed.
pub fn text(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() };
    }
    if number == 0.0 { "0".to_owned() } else { number.to_string() }
}

/// As WireMock shows a number that is a result: at most three digits after the point, and commas
/// between thousands (`NumberFormat.getInstance()` of an English Java).
pub fn display(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}∞");
    }
    let size = number.abs();
    // Digits beyond those that tell the number from its neighbours are zeros in Java.
    let shown = if size < 1e15 { format!("{size:.3}") } else { format!("{size}") };
    let (whole, fraction) = shown.split_once('.').unwrap_or((&shown, ""));
    let mut out = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// To the nearest whole number, halves upwards (§4.4).
pub fn round(number: f64) -> f64 {
    if number.is_sign_negative() && number >= -0.5 { -0.0 } else { (number + 0.5).floor() }
}
