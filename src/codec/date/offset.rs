//! Offsets in words: `3 days`, `now -5 minutes`.

use jiff::{Span, Zoned};

use crate::model::DateUnit;

/// What is added to a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateOffset {
    /// How many, negative for the past.
    pub amount: i64,
    /// Of what.
    pub unit: DateUnit,
}

impl DateOffset {
    /// No offset.
    pub const NONE: Self = Self { amount: 0, unit: DateUnit::Seconds };

    /// Reads `3 days`, `+3 days`, `now -5 minutes` or `now`, units in any case (`DateTimeOffset`).
    ///
    /// # Errors
    ///
    /// Says which of the forms is expected, or which units there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("now") {
            return Ok(Self::NONE);
        }
        let parts: Vec<&str> = text.split(' ').collect();
        let (amount, unit) = match parts.as_slice() {
            [amount, unit] | [_, amount, unit] => (*amount, *unit),
            _ => {
                return Err(format!(
                    "offset `{text}` is neither short, as `8 seconds`, nor long, as `now +5 years`"
                ));
            }
        };
        let amount: i32 = amount.parse().map_err(|_| {
            format!("offset `{text}` begins with `{amount}`, expected a whole number")
        })?;
        Ok(Self { amount: amount.into(), unit: unit_of(unit)? })
    }

    /// Whether `text` is `now` or an offset from it, and no date.
    #[must_use]
    pub fn is_expression(text: &str) -> bool {
        if text.eq_ignore_ascii_case("now") {
            return true;
        }
        let text = match text.get(..4) {
            Some(now) if now.eq_ignore_ascii_case("now ") => text.get(4..).unwrap_or(""),
            _ => text,
        };
        let Some((amount, unit)) = text.split_once(' ') else { return false };
        let digits = amount.strip_prefix(['+', '-']).unwrap_or(amount);
        !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !unit.is_empty()
            && unit.bytes().all(|b| b.is_ascii_alphabetic())
    }

    /// The date so much later; `None` when no calendar reaches as far.
    #[must_use]
    pub fn shift(self, date: &Zoned) -> Option<Zoned> {
        let (amount, span) = (self.amount, Span::new());
        let span = match self.unit {
            DateUnit::Seconds => span.try_seconds(amount),
            DateUnit::Minutes => span.try_minutes(amount),
            DateUnit::Hours => span.try_hours(amount),
            DateUnit::Days => span.try_days(amount),
            DateUnit::Weeks => span.try_weeks(amount),
            DateUnit::Months => span.try_months(amount),
            DateUnit::Years => span.try_years(amount),
        };
        date.checked_add(span.ok()?).ok()
    }
}

/// The unit of that name, in any case.
///
/// # Errors
///
/// Says which units there are.
pub fn unit_of(name: &str) -> Result<DateUnit, String> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "seconds" => DateUnit::Seconds,
        "minutes" => DateUnit::Minutes,
        "hours" => DateUnit::Hours,
        "days" => DateUnit::Days,
        "weeks" => DateUnit::Weeks,
        "months" => DateUnit::Months,
        "years" => DateUnit::Years,
        _ => {
            return Err(format!(
                "`{name}` is no unit of time, expected `seconds`, `minutes`, `hours`, `days`, `weeks`, \
                 `months` or `years`"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_in_both_forms() {
        let days = DateOffset { amount: 3, unit: DateUnit::Days };
        for text in ["3 days", "+3 days", "now +3 days", "now 3 DAYS"] {
            assert_eq!(DateOffset::parse(text), Ok(days), "{text}");
            assert!(DateOffset::is_expression(text), "{text}");
        }
        for text in ["3", "x y z a", "3 day", "x days", "99999999999 days"] {
            DateOffset::parse(text).unwrap_err();
        }
        assert!(!DateOffset::is_expression("2021-06-14T12:13:14Z"));
    }

    #[test]
    fn months_end_where_the_month_ends() {
        let date: Zoned = "2021-01-31T12:13:14Z[UTC]".parse().unwrap();
        let later = DateOffset::parse("1 months").unwrap().shift(&date).unwrap();
        assert_eq!(super::super::iso_text(&later), "2021-02-28T12:13:14Z");
        let never = DateOffset { amount: i64::MAX, unit: DateUnit::Years };
        assert_eq!(never.shift(&date), None);
    }
}
