//! Dates against dates: `before`, `after`, `equalToDateTime` (`AbstractDateTimePattern` of WireMock).

use jiff::{Timestamp, Zoned, civil::DateTime, tz::TimeZone};

use crate::{
    codec::date::{DateOffset, ParseFormat, parse_usual_local, parse_usual_zoned, truncate},
    model::{DateComparison, DatePattern, Truncation},
};

/// A compiled date pattern.
#[derive(Clone, Debug)]
pub struct DateMatcher {
    comparison: DateComparison,
    expected: Expected,
    actual_format: Option<ParseFormat>,
    truncate_actual: Option<Truncation>,
}

#[derive(Clone, Debug)]
enum Expected {
    /// As written. A text that is no date is neither: it is compared with nothing.
    Literal { zoned: Option<Zoned>, local: Option<DateTime> },
    /// So long from now.
    Now { offset: DateOffset, truncation: Option<Truncation>, truncation_last: bool },
}

impl DateMatcher {
    /// Compiles a pattern. Like WireMock's, a literal that is no date never matches, and offset and
    /// truncation of the expected date hold for `now` alone.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the format of the value or the offset.
    pub fn compile(pattern: &DatePattern) -> Result<Self, String> {
        let text = pattern.expected.as_str();
        let expected = if DateOffset::is_expression(text) {
            let offset = match pattern.expected_offset {
                Some((amount, unit)) => DateOffset { amount, unit },
                None => DateOffset::parse(text)?,
            };
            Expected::Now {
                offset,
                truncation: pattern.truncate_expected,
                truncation_last: pattern.truncation_last,
            }
        } else {
            Expected::Literal { zoned: parse_usual_zoned(text), local: parse_usual_local(text) }
        };
        Ok(Self {
            comparison: pattern.comparison,
            expected,
            actual_format: pattern
                .actual_format
                .as_deref()
                .map(ParseFormat::compile)
                .transpose()?,
            truncate_actual: pattern.truncate_actual,
        })
    }

    /// Whether `value` lies as the pattern says, `now` being now.
    ///
    /// Two zoned dates compare as instants, two local ones as written. A zoned value against a local
    /// literal compares as written where the value is from; a local value against a zoned literal is
    /// taken for UTC (WireMock: for the zone of its machine).
    #[must_use]
    pub fn is_match(&self, value: &str, now: Timestamp) -> bool {
        let (zoned, local) = match &self.actual_format {
            None => (parse_usual_zoned(value), parse_usual_local(value)),
            Some(format) => {
                let found = format.parse(value);
                (found.as_ref().and_then(|f| f.zoned()), found.as_ref().and_then(|f| f.local()))
            }
        };
        // Only a zoned value is cut, as in WireMock.
        let zoned = match self.truncate_actual {
            Some(to) => zoned.and_then(|at| truncate(&at, to)),
            None => zoned,
        };
        let (zoned_expected, local_expected) = match &self.expected {
            Expected::Literal { zoned, local } => (zoned.clone(), *local),
            Expected::Now { offset, truncation, truncation_last } => {
                (from_now(now, *offset, *truncation, *truncation_last), None)
            }
        };
        match (zoned_expected, local_expected, zoned, local) {
            (Some(expected), _, Some(actual), _) => {
                self.holds(&actual.timestamp(), &expected.timestamp())
            }
            (_, Some(expected), _, Some(actual)) => self.holds(&actual, &expected),
            (_, Some(expected), Some(actual), _) => self.holds(&actual.datetime(), &expected),
            (Some(expected), _, _, Some(actual)) => actual
                .to_zoned(TimeZone::UTC)
                .is_ok_and(|actual| self.holds(&actual.timestamp(), &expected.timestamp())),
            _ => false,
        }
    }

    fn holds<D: Ord>(&self, actual: &D, expected: &D) -> bool {
        match self.comparison {
            DateComparison::Before => actual < expected,
            DateComparison::After => actual > expected,
            DateComparison::Equal => actual == expected,
        }
    }
}

fn from_now(
    now: Timestamp,
    offset: DateOffset,
    truncation: Option<Truncation>,
    truncation_last: bool,
) -> Option<Zoned> {
    let now = now.to_zoned(TimeZone::UTC);
    let cut = |date: Zoned| match truncation {
        Some(to) => truncate(&date, to),
        None => Some(date),
    };
    if truncation_last { cut(offset.shift(&now)?) } else { offset.shift(&cut(now)?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DateUnit;

    fn pattern(comparison: DateComparison, expected: &str) -> DatePattern {
        DatePattern {
            comparison,
            expected: expected.to_owned(),
            actual_format: None,
            truncate_expected: None,
            truncate_actual: None,
            truncation_last: false,
            expected_offset: None,
        }
    }

    #[track_caller]
    fn check(pattern: &DatePattern, value: &str, expect: bool) {
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let matcher = DateMatcher::compile(pattern).unwrap();
        assert_eq!(matcher.is_match(value, now), expect, "{pattern:?} and {value}");
    }

    #[test]
    fn zoned_dates_compare_as_instants() {
        let before = pattern(DateComparison::Before, "2021-06-14T12:13:14Z");
        check(&before, "2021-06-14T14:13:13+02:00", true);
        check(&before, "2021-06-14T14:13:14+02:00", false);
        check(&before, "Mon, 14 Jun 2021 12:13:13 GMT", true);
        check(&before, "rubbish", false);
    }

    #[test]
    fn a_zoned_value_is_compared_with_a_local_literal_as_written() {
        let equal = pattern(DateComparison::Equal, "2021-06-14T12:13:14");
        check(&equal, "2021-06-14T12:13:14+05:00", true);
        check(&equal, "2021-06-14T12:13:14", true);
        check(&pattern(DateComparison::Equal, "2021-06-14T12:13:14Z"), "2021-06-14T12:13:14", true);
        check(&pattern(DateComparison::After, "2021-06-14"), "2021-06-15", true);
    }

    #[test]
    fn literals_that_are_no_dates_match_nothing() {
        check(&pattern(DateComparison::Equal, "rubbish"), "rubbish", false);
    }

    #[test]
    fn now_is_shifted_and_cut() {
        check(&pattern(DateComparison::After, "now -3 days"), "2026-11-20T10:00:01Z", true);
        check(&pattern(DateComparison::After, "now -3 days"), "2026-11-20T09:59:59Z", false);
        let mut cut = pattern(DateComparison::Equal, "now");
        cut.truncate_expected = Some(Truncation::FirstDayOfMonth);
        cut.expected_offset = Some((3, DateUnit::Days));
        check(&cut, "2026-11-04T00:00:00Z", true);
        cut.truncation_last = true;
        check(&cut, "2026-11-01T00:00:00Z", true);
    }

    #[test]
    fn values_are_read_in_their_own_format_and_cut() {
        let mut equal = pattern(DateComparison::Equal, "2021-06-14T12:13:14Z");
        equal.actual_format = Some("unix".to_owned());
        check(&equal, "1623672794", true);
        check(&equal, "x", false);
        equal.actual_format = None;
        equal.truncate_actual = Some(Truncation::LastDayOfMonth);
        equal.expected = "2021-06-30T00:00:00Z".to_owned();
        check(&equal, "2021-06-14T12:13:14Z", true);
        equal.actual_format = Some("{".to_owned());
        DateMatcher::compile(&equal).unwrap_err();
    }
}
