//! Compiled patterns for reading dates (`DateTimeFormatter.ofPattern`, `DateTimeParser` of WireMock).

use jiff::{Timestamp, tz::TimeZone};

use super::{
    compile::{Step, steps_of},
    fields::{Fields, Found},
    read::Reader,
};

/// How long a date may be.
const LONGEST: usize = 512;

/// A compiled pattern for reading; `unix` reads seconds, `epoch` milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFormat {
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Seconds,
    Millis,
    Steps { steps: Vec<Step>, any_case: bool, zone: Option<TimeZone> },
}

impl ParseFormat {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// Says which letter means nothing, is there too often, or that a quote does not end.
    pub fn compile(pattern: &str) -> Result<Self, String> {
        let shape = if pattern.eq_ignore_ascii_case("unix") {
            Shape::Seconds
        } else if pattern.eq_ignore_ascii_case("epoch") {
            Shape::Millis
        } else {
            Shape::Steps { steps: steps_of(pattern)?, any_case: false, zone: None }
        };
        Ok(Self { shape })
    }

    /// A format of given steps: in any case, and in `zone` when the text names none.
    pub(super) fn of(steps: Vec<Step>, any_case: bool, zone: Option<TimeZone>) -> Self {
        Self { shape: Shape::Steps { steps, any_case, zone } }
    }

    /// Whether it reads plain numbers (`unix`, `epoch`), for which a text that is none is an error.
    #[must_use]
    pub fn is_number(&self) -> bool {
        !matches!(self.shape, Shape::Steps { .. })
    }

    /// What `text` says; `None` when it is not written so.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<Found> {
        if text.len() > LONGEST {
            return None;
        }
        match &self.shape {
            Shape::Seconds => at_millis(text.parse::<i64>().ok()?.checked_mul(1000)?),
            Shape::Millis => at_millis(text.parse().ok()?),
            Shape::Steps { steps, any_case, zone } => {
                let mut fields = Fields::default();
                let mut reader = Reader::new(text, *any_case);
                reader.take_all(steps, &mut fields)?;
                if !reader.is_done() {
                    return None;
                }
                let mut found = fields.resolve()?;
                if found.zone.is_none() {
                    found.zone.clone_from(zone);
                }
                Some(found)
            }
        }
    }
}

fn at_millis(millis: i64) -> Option<Found> {
    let at = Timestamp::from_millisecond(millis).ok()?.to_zoned(TimeZone::UTC);
    Some(Found::at(&at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::date::{ParsedDate, iso_text};

    #[track_caller]
    fn check_parse(text: &str, pattern: &str, expect: &str) {
        let found =
            ParseFormat::compile(pattern).unwrap().parse(text).and_then(|found| found.date());
        let shown = match found {
            None => String::new(),
            Some(ParsedDate::Zoned(at)) => iso_text(&at),
            Some(ParsedDate::Local(at)) => at.to_string(),
        };
        assert_eq!(shown, expect, "`{text}` by `{pattern}`");
    }

    #[test]
    fn dates_are_read_by_their_pattern() {
        check_parse("14/06/2021", "dd/MM/yyyy", "2021-06-14T00:00:00");
        check_parse("06/2021", "MM/yyyy", "2021-06-01T00:00:00");
        check_parse("2021", "yyyy", "2021-01-01T00:00:00");
        check_parse("21", "yy", "2021-01-01T00:00:00");
        check_parse("2021-6", "yyyy-M", "2021-06-01T00:00:00");
        check_parse("31/02/2021", "dd/MM/yyyy", "2021-02-28T00:00:00");
        check_parse("20210614121314", "yyyyMMddHHmmss", "2021-06-14T12:13:14");
        check_parse("20210614121314567", "yyyyMMddHHmmssSSS", "2021-06-14T12:13:14.567");
        check_parse("2021-6-4 1:2 PM", "yyyy-M-d h:m a", "2021-06-04T13:02:00");
        check_parse("2021-6-4 1:2 pm", "yyyy-M-d h:m a", "");
        check_parse("2021-165", "yyyy-DDD", "2021-06-14T00:00:00");
        check_parse("14-Jun-21", "dd-MMM-yy", "2021-06-14T00:00:00");
        check_parse("14-JUN-21", "dd-MMM-yy", "");
        check_parse("2021-06-14 24:00", "yyyy-MM-dd HH:mm", "2021-06-15T00:00:00");
        check_parse("2021-06-14 24:00", "yyyy-MM-dd kk:mm", "2021-06-14T00:00:00");
        check_parse("2021-06-14 01:02", "yyyy-MM-dd hh:mm", "2021-06-14T00:00:00");
        check_parse("2021-06-14", "uuuu-MM-dd", "2021-06-14T00:00:00");
        check_parse("2021-06-14", "YYYY-MM-dd", "");
        check_parse("20210-06-14", "yyyy-MM-dd", "");
        check_parse("2021-06-14x", "yyyy-MM-dd", "");
        check_parse("12:13", "HH:mm", "");
        check_parse("1623672794", "unix", "2021-06-14T12:13:14Z");
        check_parse("1623672794123", "epoch", "2021-06-14T12:13:14Z");
        check_parse("nope", "epoch", "");
        check_parse("99999999999999999", "unix", "");
    }

    #[test]
    fn zones_are_read_by_offset_and_name() {
        let pattern = "yyyy-MM-dd'T'HH:mm:ss[.S][X]";
        check_parse("2021-06-14T12:13:14.5", pattern, "2021-06-14T12:13:14.5");
        check_parse("2021-06-14T12:13:14Z", pattern, "2021-06-14T12:13:14Z");
        let zoned = "yyyy-MM-dd HH:mm ";
        check_parse(
            "2021-06-14 12:13 America/New_York",
            &format!("{zoned}VV"),
            "2021-06-14T12:13:00-04:00",
        );
        check_parse("2021-06-14 12:13 PST", &format!("{zoned}z"), "2021-06-14T12:13:00-07:00");
        check_parse(
            "2021-06-14 12:13 GMT+02:00",
            &format!("{zoned}z"),
            "2021-06-14T12:13:00+02:00",
        );
        check_parse("2021-06-14 12:13 +0200", &format!("{zoned}Z"), "2021-06-14T12:13:00+02:00");
        check_parse("2021-06-14 12:13 +02", &format!("{zoned}X"), "2021-06-14T12:13:00+02:00");
        check_parse("2021-06-14 12:13 +02:00", &format!("{zoned}XXX"), "2021-06-14T12:13:00+02:00");
        check_parse("2021-06-14 12:13 +0200", &format!("{zoned}XXX"), "");
    }

    #[test]
    fn patterns_with_mistakes_are_refused() {
        for pattern in ["bbb", "{", "ddd", "'open", "]", "V", &"[".repeat(50), &"y".repeat(900)] {
            ParseFormat::compile(pattern).unwrap_err();
        }
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_and_no_text_breaks_the_reader(pattern in "[yMdHhkKmsSEazZXxVvODnAN'\\[\\] é:/.-]{0,20}", text in "[0-9A-Za-z:/+ é.-]{0,20}") {
            if let Ok(format) = ParseFormat::compile(&pattern) {
                let _ = format.parse(&text).and_then(|found| found.date());
            }
        }
    }
}
