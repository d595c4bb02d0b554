//! Dates cut to the first second of a minute, the last day of a month and the like.

use jiff::{
    ToSpan as _, Zoned,
    civil::{DateTime, Time},
};

use crate::model::Truncation;

/// The truncation that `text` names, in any case, with spaces or underscores.
///
/// # Errors
///
/// Names some that there are.
pub fn truncation_of(text: &str) -> Result<Truncation, String> {
    Ok(match text.to_ascii_lowercase().replace('_', " ").as_str() {
        "first second of minute" => Truncation::FirstSecondOfMinute,
        "first minute of hour" => Truncation::FirstMinuteOfHour,
        "first hour of day" => Truncation::FirstHourOfDay,
        "first day of month" => Truncation::FirstDayOfMonth,
        "first day of next month" => Truncation::FirstDayOfNextMonth,
        "last day of month" => Truncation::LastDayOfMonth,
        "first day of year" => Truncation::FirstDayOfYear,
        "first day of next year" => Truncation::FirstDayOfNextYear,
        "last day of year" => Truncation::LastDayOfYear,
        _ => {
            return Err(format!(
                "`{text}` is no truncation, expected one as `first hour of day` or `last day of month`"
            ));
        }
    })
}

/// The date cut, in its own zone; `None` past the end of the calendar.
#[must_use]
pub fn truncate(date: &Zoned, to: Truncation) -> Option<Zoned> {
    let at = date.datetime();
    let midnight = |day: jiff::civil::Date| Some(DateTime::from_parts(day, Time::midnight()));
    let day = at.date();
    let cut = match to {
        Truncation::FirstSecondOfMinute => at.with().second(0).subsec_nanosecond(0).build().ok(),
        Truncation::FirstMinuteOfHour => {
            at.with().minute(0).second(0).subsec_nanosecond(0).build().ok()
        }
        Truncation::FirstHourOfDay => midnight(day),
        Truncation::FirstDayOfMonth => midnight(day.first_of_month()),
        Truncation::FirstDayOfNextMonth => {
            midnight(day.first_of_month().checked_add(1.month()).ok()?)
        }
        Truncation::LastDayOfMonth => midnight(day.last_of_month()),
        Truncation::FirstDayOfYear => midnight(day.first_of_year()),
        Truncation::FirstDayOfNextYear => midnight(day.first_of_year().checked_add(1.year()).ok()?),
        Truncation::LastDayOfYear => midnight(day.last_of_year()),
    };
    cut?.to_zoned(date.time_zone().clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_cut_in_their_own_zone() {
        let date: Zoned = "2021-06-14T12:13:14+02:00[+02:00]".parse().unwrap();
        for (to, expect) in [
            ("first second of minute", "2021-06-14T12:13:00+02:00"),
            ("first minute of hour", "2021-06-14T12:00:00+02:00"),
            ("first hour of day", "2021-06-14T00:00:00+02:00"),
            ("first day of month", "2021-06-01T00:00:00+02:00"),
            ("first day of next month", "2021-07-01T00:00:00+02:00"),
            ("last day of month", "2021-06-30T00:00:00+02:00"),
            ("FIRST_DAY_OF_YEAR", "2021-01-01T00:00:00+02:00"),
            ("first day of next year", "2022-01-01T00:00:00+02:00"),
            ("last day of year", "2021-12-31T00:00:00+02:00"),
        ] {
            let cut = truncate(&date, truncation_of(to).unwrap()).unwrap();
            assert_eq!(super::super::iso_text(&cut), expect, "{to}");
        }
        truncation_of("foo").unwrap_err();
    }
}
