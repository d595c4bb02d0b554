//! Texts of an expected document that stand for others: `${xmlunit.ignore}` and its like.
//!
//! Found as XMLUnit's `PlaceholderDifferenceEvaluator` finds them, with its own expressions, since
//! the delimiters are expressions themselves.

use fancy_regex::{Regex, RegexBuilder};

use super::date;

/// Steps that one search may take.
const BACKTRACK_LIMIT: usize = 100_000;
/// Bytes of text in which a placeholder is looked for; one is far shorter.
const MAX_BYTES: usize = 16 << 10;

/// A placeholder that cannot be understood: the document then matches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misused;

/// How placeholders are written.
#[derive(Clone, Debug)]
pub struct Placeholders {
    whole: Regex,
    arguments: Regex,
}

impl Placeholders {
    /// Those that begin and end with what these expressions find; `None` or blank for `${` and `}`.
    ///
    /// # Errors
    ///
    /// What is wrong with the expressions.
    pub fn compile(opening: Option<&str>, closing: Option<&str>) -> Result<Self, String> {
        let opening = opening.filter(|text| !text.trim().is_empty()).unwrap_or(r"\$\{");
        let closing = closing.filter(|text| !text.trim().is_empty()).unwrap_or(r"\}");
        let whole = format!(r"(\s*{opening}\s*xmlunit\.(.+)\s*{closing}\s*)");
        let compile = |pattern: &str| {
            RegexBuilder::new(pattern).backtrack_limit(BACKTRACK_LIMIT).build().map_err(|error| {
                format!("the placeholder delimiters `{opening}` and `{closing}`: {error}")
            })
        };
        Ok(Self { whole: compile(&whole)?, arguments: compile(r"((.*)\s*\((.+)\s*\)\s*)")? })
    }

    /// Whether `actual`, `None` for nothing, satisfies the placeholder that `expected` is; `None`
    /// when it is no placeholder.
    ///
    /// # Errors
    ///
    /// There is more than the placeholder, or its argument is wrong.
    pub fn holds(&self, expected: &str, actual: Option<&str>) -> Result<Option<bool>, Misused> {
        if expected.len() > MAX_BYTES {
            return Ok(None);
        }
        let Some(found) = self.whole.captures(expected).map_err(|_| Misused)? else {
            return Ok(None);
        };
        let group = |at| found.get(at).map_or("", |part| part.as_str());
        if group(1).trim() != expected.trim() {
            return Err(Misused);
        }
        let placeholder = group(2);
        let Some(call) = self.arguments.captures(placeholder).map_err(|_| Misused)? else {
            return evaluate(placeholder.trim(), &[], actual).map(Some);
        };
        let part = |at| call.get(at).map_or("", |part| part.as_str());
        let mut arguments: Vec<&str> = part(3).split(',').collect();
        while arguments.pop_if(|last| last.is_empty()).is_some() {}
        evaluate(part(2).trim(), &arguments, actual).map(Some)
    }
}

fn evaluate(keyword: &str, arguments: &[&str], actual: Option<&str>) -> Result<bool, Misused> {
    let Some(text) = actual else { return Ok(keyword == "ignore") };
    match (keyword, arguments) {
        ("ignore", _) => Ok(true),
        ("isNumber", _) => Ok(is_number(text.trim())),
        ("isDateTime", [pattern]) => date::fits(pattern, text).ok_or(Misused),
        ("isDateTime", _) => Ok(date::is_usual(text)),
        ("matchesRegex", [pattern, ..]) if !pattern.is_empty() => {
            let regex = RegexBuilder::new(pattern.trim())
                .backtrack_limit(BACKTRACK_LIMIT)
                .build()
                .map_err(|_| Misused)?;
            regex.is_match(text.trim()).map_err(|_| Misused)
        }
        _ => Ok(false),
    }
}

/// `[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?`
fn is_number(text: &str) -> bool {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let unsigned = |text| str::strip_prefix(text, ['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned(mantissa).split_once('.').unwrap_or(("", unsigned(mantissa)));
    let is_exponent =
        exponent.map(unsigned).is_none_or(|digits| !digits.is_empty() && is_digits(digits));
    is_digits(whole) && !fraction.is_empty() && is_digits(fraction) && is_exponent
}
