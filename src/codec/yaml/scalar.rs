//! What a plain scalar means: the core schema of YAML 1.2 (§10.3.2), as far as JSON has a value for it.

use crate::codec::json::NodeValue;

/// What a scalar without quotes and tag is. Only `true` and `false` are booleans: `yes` and `on` are
/// texts, as YAML 1.2 has it.
///
/// # Errors
///
/// It is a number that JSON cannot spell, or that YAML 1.1 and 1.2 read differently: what is wrong,
/// and a way out.
pub(super) fn resolve(text: &str) -> Result<NodeValue, (String, String)> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(NodeValue::Null),
        "true" | "True" | "TRUE" => return Ok(NodeValue::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(NodeValue::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Err(no_number(text)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err(no_number(text));
    }
    if !text.starts_with(['-', '+', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        return Ok(NodeValue::String(text.to_owned()));
    }
    if is_json_number(text) {
        return Ok(NodeValue::Number(text.to_owned()));
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return u128::from_str_radix(digits, radix)
                .map(|number| NodeValue::Number(number.to_string()))
                .map_err(|_| no_number(text));
        }
    }
    let Some((whole, fraction, exponent)) = float(unsigned) else {
        return Ok(NodeValue::String(text.to_owned()));
    };
    if whole.len() > 1 && whole.starts_with('0') {
        let hint = format!("write \"{text}\" for the text, or the number without the zero");
        return Err((format!("`{text}` is read as another number by older YAML"), hint));
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let dot = if fraction.is_empty() { "" } else { "." };
    Ok(NodeValue::Number(format!("{sign}{whole}{dot}{fraction}{exponent}")))
}

/// Whether a text without quotes would be read back as this text, by old readers too.
pub(super) fn is_plain_text(text: &str) -> bool {
    /// Booleans of YAML 1.1.
    const OLD: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "<<", "="];
    matches!(resolve(text), Ok(NodeValue::String(_)))
        && !OLD.contains(&text.to_ascii_lowercase().as_str())
        // Dates and numbers with `_` or `:` of YAML 1.1.
        && !text.starts_with(['-', '+', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
}

fn no_number(text: &str) -> (String, String) {
    (format!("JSON has no number `{text}`"), format!("write \"{text}\" for the text"))
}

/// RFC 8259 §6.
fn is_json_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    float(unsigned).is_some_and(|(whole, _, _)| {
        !whole.is_empty()
            && (whole == "0" || !whole.starts_with('0'))
            && !unsigned.contains(".e")
            && !unsigned.contains(".E")
            && !unsigned.ends_with('.')
    })
}

/// `[0-9]* (\. [0-9]*)? ([eE] [-+]? [0-9]+)?` with a digit before the exponent: the digits before and
/// after the point, and the exponent with its letter.
fn float(text: &str) -> Option<(&str, &str, &str)> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => text.split_at_checked(at)?,
        None => (text, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_exponent = exponent.is_empty() || {
        let digits = exponent.get(1..)?;
        let digits = digits.strip_prefix(['-', '+']).unwrap_or(digits);
        !digits.is_empty() && are_digits(digits)
    };
    let has_digit = !(whole.is_empty() && fraction.is_empty());
    (is_exponent && has_digit && are_digits(whole) && are_digits(fraction))
        .then_some((whole, fraction, exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: NodeValue) {
        assert_eq!(resolve(text), Ok(expect), "{text}");
    }

    #[test]
    fn numbers_keep_the_spelling_that_json_allows() {
        for text in ["0", "-0", "12", "1.50", "1e3", "-2.5E-7", "123456789012345678901234567890"] {
            check(text, NodeValue::Number(text.to_owned()));
        }
        for (text, number) in [
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-.5e1", "-0.5e1"),
            ("0x1F", "31"),
            ("0o17", "15"),
        ] {
            check(text, NodeValue::Number(number.to_owned()));
        }
    }

    #[test]
    fn only_true_and_false_are_booleans() {
        check("True", NodeValue::Bool(true));
        for text in [
            "yes",
            "no",
            "on",
            "y",
            "1_000",
            "12:30",
            "2024-01-02",
            "1.2.3",
            "-",
            "+",
            "0x",
            "e5",
            ".",
        ] {
            check(text, NodeValue::String(text.to_owned()));
        }
    }

    #[test]
    fn numbers_that_mean_two_things_or_none_are_refused() {
        for text in ["007", "-010", "00.5", ".inf", "-.INF", ".nan"] {
            assert!(resolve(text).is_err(), "{text}");
        }
    }
}
