//! A date that a value must lie before, after or at.

/// A date against another (`before`, `after`, `equalToDateTime`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatePattern {
    /// How they compare.
    pub comparison: DateComparison,
    /// The other date as written: a literal, `now`, or `now +3 days`.
    pub expected: String,
    /// How the value is written: a Java date pattern, `unix` or `epoch`; `None` tries the usual ones.
    pub actual_format: Option<String>,
    /// To what the other date is cut.
    pub truncate_expected: Option<Truncation>,
    /// To what the value is cut.
    pub truncate_actual: Option<Truncation>,
    /// The other date is cut after its offset is added, not before.
    pub truncation_last: bool,
    /// What is added to the other date.
    pub expected_offset: Option<(i64, DateUnit)>,
}

/// How dates compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateComparison {
    /// `before`
    Before,
    /// `after`
    After,
    /// `equalToDateTime`
    Equal,
}

/// To what a date is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncation {
    /// `first second of minute`
    FirstSecondOfMinute,
    /// `first minute of hour`
    FirstMinuteOfHour,
    /// `first hour of day`
    FirstHourOfDay,
    /// `first day of month`
    FirstDayOfMonth,
    /// `first day of next month`
    FirstDayOfNextMonth,
    /// `last day of month`
    LastDayOfMonth,
    /// `first day of year`
    FirstDayOfYear,
    /// `first day of next year`
    FirstDayOfNextYear,
    /// `last day of year`
    LastDayOfYear,
}

/// A unit of an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as what it is")]
pub enum DateUnit {
    Seconds,
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}
