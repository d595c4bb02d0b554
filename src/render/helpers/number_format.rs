//! `numberFormat`: numbers by a style, a pattern, and the customs of a locale.

use super::{
    args::{Result, arg, failure},
    digits::Rounding,
    number_pattern::{NumberPattern, Symbols},
};
use crate::render::template::{Call, Value};

/// How a locale writes currencies and percents: before or after the number.
struct Locale {
    symbols: Symbols,
    percent: &'static str,
    money: &'static str,
}

/// The customs of a locale such as `de_DE` or `en`; those of English where it is not known.
fn locale(name: &str) -> Locale {
    let (language, country) = name.split_once(['_', '-']).unwrap_or((name, ""));
    let (decimal, group, is_behind) = match (language, country) {
        ("de", "CH" | "LI") => (".", "’", false),
        ("de", "AT") => (",", "\u{a0}", false),
        ("fr", _) => (",", "\u{202f}", true),
        ("de" | "es" | "it" | "da" | "el" | "tr" | "id" | "ro", _) => (",", ".", true),
        ("nl" | "pt", _) => (",", ".", false),
        ("sv" | "pl" | "ru" | "cs" | "fi" | "nb" | "no" | "uk" | "bg" | "sk" | "hu", _) => {
            (",", "\u{a0}", true)
        }
        _ => (".", ",", false),
    };
    let currency = match country {
        "US" => "$",
        "GB" => "£",
        "DE" | "FR" | "ES" | "IT" | "NL" | "AT" | "BE" | "FI" | "IE" | "PT" | "GR" => "€",
        "JP" => "￥",
        "CN" => "¥",
        "CH" => "CHF",
        "IN" => "₹",
        "BR" => "R$",
        "PL" => "zł",
        "RU" => "₽",
        "SE" => "kr",
        _ => "¤",
    };
    Locale {
        symbols: Symbols { decimal, group, currency },
        percent: if is_behind { "#,##0\u{a0}%" } else { "#,##0%" },
        money: match (country, is_behind) {
            ("JP", _) => "¤#,##0",
            (_, true) => "#,##0.00\u{a0}¤",
            (_, false) => "¤#,##0.00",
        },
    }
}

/// `numberFormat`: by style (`integer`, `percent`, `currency`) or pattern, in a locale; options as
/// `maximumFractionDigits=2` change what they name. What is no number gives the first argument.
pub(super) fn number_format(call: &mut Call<'_, '_>) -> Result {
    let Value::Number(number) = call.context() else {
        return Ok(arg(call, 0).to_text().map_or(Value::Null, Value::Text));
    };
    let style = match arg(call, 0) {
        Value::Absent | Value::Null => None,
        Value::Text(style) => Some(&**style),
        other => {
            return Err(failure(
                call,
                format!("the style is `{}`, expected a text between quotes", other.printed()),
            ));
        }
    };
    let locale = locale(&arg(call, 1).printed());
    let pattern = match style {
        None => "#,##0.###",
        Some("integer") => "#,##0",
        Some("percent") => locale.percent,
        Some("currency") => locale.money,
        Some(pattern) => pattern,
    };
    let mut pattern =
        NumberPattern::parse(pattern, locale.symbols).map_err(|message| failure(call, message))?;
    let mut rounding = Rounding::HalfEven;
    for (name, value) in call.hashes() {
        match &**name {
            "groupingUsed" if matches!(value, Value::Bool(false)) => pattern.group_size = 0,
            "maximumFractionDigits" => {
                pattern.most_fraction = digits(call, name, value)?;
                pattern.least_fraction = pattern.least_fraction.min(pattern.most_fraction);
            }
            "minimumFractionDigits" => {
                pattern.least_fraction = digits(call, name, value)?;
                pattern.most_fraction = pattern.most_fraction.max(pattern.least_fraction);
            }
            "maximumIntegerDigits" => {
                let most = digits(call, name, value)?;
                pattern.most_whole = Some(most);
                pattern.least_whole = pattern.least_whole.min(most);
            }
            "minimumIntegerDigits" => pattern.least_whole = digits(call, name, value)?,
            "roundingMode" => {
                let name = value.printed();
                rounding = Rounding::named(&name).ok_or_else(|| {
                    failure(call, format!("`{name}` is no rounding mode, expected `half_even`, …"))
                })?;
            }
            _ => {}
        }
    }
    let text = pattern.write(&number, locale.symbols, rounding);
    Ok(Value::text(text.unwrap_or_else(|| number.to_string())))
}

/// A count of digits; more than 340 are never written, as in Java.
fn digits(call: &Call<'_, '_>, name: &str, value: &Value) -> Result<usize> {
    super::args::whole(call, name, Some(value))
        .map(|count| usize::try_from(count.unwrap_or(0)).unwrap_or(0).min(340))
}
