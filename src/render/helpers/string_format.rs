//! `stringFormat`: the format language of `java.util.Formatter`, but for dates.

use super::{
    args::{LONGEST, Result, args, failure},
    digits::{Digits, Rounding, grouped},
    text::of_text,
};
use crate::render::template::{Call, Number, Value};

/// `stringFormat`: the context with the other parameters in place of its `%s`, `%d`, `%.2f`, ….
pub(super) fn string_format(call: &mut Call<'_, '_>) -> Result {
    of_text(call, |call, format| {
        formatted(format, args(call)).map_err(|message| failure(call, message))
    })
}

#[derive(Default)]
struct Specifier {
    index: Option<usize>,
    is_previous: bool,
    flags: String,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

type Formatted<T = String> = std::result::Result<T, String>;

fn formatted(format: &str, args: &[Value]) -> Formatted {
    let mut out = String::with_capacity(format.len());
    let (mut next, mut last) = (0, None);
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let (specifier, after) = read(rest.get(at + 1..).unwrap_or_default())?;
        rest = after;
        let text = match specifier.conversion {
            'n' => "\n".to_owned(),
            '%' => padded("%", &specifier),
            _ => {
                let place = match specifier.index {
                    Some(index) => index.checked_sub(1),
                    None if specifier.is_previous => last,
                    None => {
                        next += 1;
                        Some(next - 1)
                    }
                };
                last = place;
                let value = place
                    .and_then(|place| args.get(place))
                    .ok_or_else(|| format!("`%{}` has no parameter", specifier.conversion))?;
                converted(value, &specifier)?
            }
        };
        out.push_str(&text);
        if out.len() > LONGEST {
            return Err(format!("its text would exceed {LONGEST} bytes"));
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// `[index$][flags][width][.precision]conversion`
fn read(text: &str) -> Formatted<(Specifier, &str)> {
    let mut specifier = Specifier::default();
    let mut rest = text;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(after) = rest.get(digits..).and_then(|after| after.strip_prefix('$')) {
        specifier.index = rest.get(..digits).and_then(|digits| digits.parse().ok());
        rest = after;
    }
    while let Some(flag) = rest.chars().next().filter(|c| "-#+ 0,(<".contains(*c)) {
        if flag == '<' {
            specifier.is_previous = true;
        } else {
            specifier.flags.push(flag);
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    let number = |rest: &mut &str| -> Formatted<Option<usize>> {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        *rest = after;
        if number.is_empty() {
            return Ok(None);
        }
        let number = number.parse().ok().filter(|number| *number <= LONGEST);
        number.map(Some).ok_or_else(|| format!("a width or precision exceeds {LONGEST}"))
    };
    let width = number(&mut rest)?;
    specifier.width = width.unwrap_or(0);
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        specifier.precision =
            Some(number(&mut rest)?.ok_or("a `.` without a precision follows `%`")?);
    }
    let mut chars = rest.chars();
    specifier.conversion = chars
        .next()
        .filter(|c| "bBhHsScCdoxXeEfgG%n".contains(*c))
        .ok_or_else(|| format!("`%{text}` has no conversion; write `%%` for a percent sign"))?;
    if width.is_none() && specifier.flags.contains(['-', '0']) {
        return Err(format!("`%{}` has a flag that takes a width", specifier.flags));
    }
    Ok((specifier, chars.as_str()))
}

fn converted(value: &Value, specifier: &Specifier) -> Formatted {
    let lower = specifier.conversion.to_ascii_lowercase();
    let wrong =
        || format!("`%{}` does not fit the value `{}`", specifier.conversion, value.printed());
    let text = match (lower, value) {
        ('b', Value::Bool(value)) => cut(&value.to_string(), specifier),
        ('b', value) => cut(if value.is_nothing() { "false" } else { "true" }, specifier),
        (_, Value::Absent | Value::Null) => cut("null", specifier),
        ('s', value) => cut(&value.printed(), specifier),
        ('h', value) => cut(&format!("{:x}", java_hash(&value.printed())), specifier),
        ('c', Value::Number(number)) => number
            .as_i64()
            .and_then(|code| u32::try_from(code).ok())
            .and_then(char::from_u32)
            .ok_or_else(wrong)?
            .to_string(),
        ('d', Value::Number(number)) if number.is_whole() => {
            let digits = Digits::of(number, 0).ok_or_else(wrong)?;
            let whole = digits.whole();
            signed(digits.is_negative, if whole.is_empty() { "0" } else { &whole }, "", specifier)
        }
        ('o' | 'x', Value::Number(number)) => {
            let number = number.as_i64().filter(|_| number.is_whole()).ok_or_else(wrong)?;
            radix(number, specifier)
        }
        ('e' | 'f' | 'g', Value::Number(number)) if !number.is_whole() => {
            float(number, specifier).ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    };
    let text = padded(&text, specifier);
    Ok(if specifier.conversion.is_ascii_uppercase() { text.to_uppercase() } else { text })
}

fn cut(text: &str, specifier: &Specifier) -> String {
    match specifier.precision {
        Some(most) => text.chars().take(most).collect(),
        None => text.to_owned(),
    }
}

fn padded(text: &str, specifier: &Specifier) -> String {
    let spaces = " ".repeat(specifier.width.saturating_sub(text.chars().count()));
    if specifier.flags.contains('-') {
        format!("{text}{spaces}")
    } else {
        format!("{spaces}{text}")
    }
}

/// `String.hashCode`.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// A number with its sign, groups and zeros in front.
fn signed(is_negative: bool, whole: &str, rest: &str, specifier: &Specifier) -> String {
    let flags = &specifier.flags;
    let grouped = if flags.contains(',') { grouped(whole, 3, ",") } else { whole.to_owned() };
    let (before, after) = match is_negative {
        true if flags.contains('(') => ("(", ")"),
        true => ("-", ""),
        false if flags.contains('+') => ("+", ""),
        false if flags.contains(' ') => (" ", ""),
        false => ("", ""),
    };
    let length = before.len() + grouped.len() + rest.len() + after.len();
    let missing = if flags.contains('0') { specifier.width.saturating_sub(length) } else { 0 };
    format!("{before}{}{grouped}{rest}{after}", "0".repeat(missing))
}

/// Octal or hexadecimal, of 32 bits where the number fits them.
fn radix(number: i64, specifier: &Specifier) -> String {
    let is_octal = specifier.conversion == 'o';
    let text = match (i32::try_from(number), is_octal) {
        (Ok(number), true) => format!("{number:o}"),
        (Ok(number), false) => format!("{number:x}"),
        (Err(_), true) => format!("{number:o}"),
        (Err(_), false) => format!("{number:x}"),
    };
    let prefix = match (specifier.flags.contains('#'), is_octal) {
        (false, _) => "",
        (true, true) => "0",
        (true, false) => "0x",
    };
    let length = prefix.len() + text.len();
    let missing =
        if specifier.flags.contains('0') { specifier.width.saturating_sub(length) } else { 0 };
    format!("{prefix}{}{text}", "0".repeat(missing))
}

fn float(number: &Number, specifier: &Specifier) -> Option<String> {
    let digits = Digits::of(number, 0)?.into_shown();
    let precision = specifier.precision.unwrap_or(6);
    let significant = i32::try_from(precision.max(1)).ok()?;
    match specifier.conversion.to_ascii_lowercase() {
        'f' => Some(fixed(digits, precision, specifier)),
        'e' => Some(scientific(digits, precision, specifier)),
        _ => {
            let rounded = digits.clone().rounded_to(significant, Rounding::HalfUp);
            if rounded.digits.is_empty() || (-3..=significant).contains(&rounded.point) {
                let places = usize::try_from(significant - rounded.point).unwrap_or(0);
                return Some(fixed(digits, places, specifier));
            }
            Some(scientific(digits, precision.max(1) - 1, specifier))
        }
    }
}

fn fixed(digits: Digits, precision: usize, specifier: &Specifier) -> String {
    let places = i32::try_from(precision).unwrap_or(i32::MAX);
    let is_negative = digits.is_negative;
    let rounded = digits.rounded(places, Rounding::HalfUp);
    let whole = rounded.whole();
    let fraction = rounded.fraction(precision);
    let point = if precision == 0 { String::new() } else { format!(".{fraction}") };
    signed(is_negative, if whole.is_empty() { "0" } else { &whole }, &point, specifier)
}

fn scientific(digits: Digits, precision: usize, specifier: &Specifier) -> String {
    let places = i32::try_from(precision).unwrap_or(i32::MAX);
    let is_negative = digits.is_negative;
    let rounded = digits.rounded_to(places.saturating_add(1), Rounding::HalfUp);
    let exponent = if rounded.digits.is_empty() { 0 } else { rounded.point - 1 };
    let fraction: String = (1..=places).map(|place| rounded.digit(place)).collect();
    let point = if precision == 0 { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let rest = format!("{point}{fraction}e{sign}{:02}", exponent.abs());
    signed(is_negative, &rounded.digit(0).to_string(), &rest, specifier)
}
