//! The formats that are tried when none is given: ISO-8601, RFC 1123, RFC 1036, asctime (`ZONED_PARSERS`).

use std::sync::LazyLock;

use jiff::{Zoned, civil::DateTime, tz::TimeZone};

use super::{
    compile::{OffsetStyle, Step, steps_of},
    fields::{Found, ParsedDate},
    parse::ParseFormat,
};

/// Zoned formats, in the order in which they are tried.
static ZONED: LazyLock<Vec<ParseFormat>> = LazyLock::new(|| {
    let iso_minutes = "uuuu-MM-dd'T'HH:mm";
    let gmt = TimeZone::get("GMT").unwrap_or(TimeZone::UTC);
    let mut formats = Vec::new();
    let iso = |steps: &mut Vec<Step>| {
        steps.push(Step::Offset(OffsetStyle::ISO));
        steps.push(Step::Maybe(steps_of("'['VV']'").unwrap_or_default()));
    };
    for seconds in iso_seconds() {
        formats.extend(steps_of(&format!("{iso_minutes}{seconds}")).map(|mut steps| {
            iso(&mut steps);
            ParseFormat::of(steps, true, None)
        }));
    }
    formats.extend(steps_of("[EEE, ]d MMM uuuu HH:mm[:ss] ").map(|mut steps| {
        steps.push(Step::Offset(OffsetStyle::RFC_1123));
        ParseFormat::of(steps, true, None)
    }));
    formats.extend(ParseFormat::compile("EEEE, dd-MMM-yy HH:mm:ss zzz"));
    for pattern in ["EEE MMM dd HH:mm:ss yyyy", "EEE MMM  d HH:mm:ss yyyy"] {
        formats.extend(
            steps_of(pattern).map(|steps| ParseFormat::of(steps, false, Some(gmt.clone()))),
        );
    }
    formats
});

/// Formats of no place, down to a year.
static LOCAL: LazyLock<Vec<ParseFormat>> = LazyLock::new(|| {
    iso_seconds()
        .map(|seconds| format!("uuuu-MM-dd'T'HH:mm{seconds}"))
        .chain(["uuuu-MM-dd", "uuuu-MM", "uuuu"].map(str::to_owned))
        .filter_map(|pattern| {
            steps_of(&pattern).ok().map(|steps| ParseFormat::of(steps, true, None))
        })
        .collect()
});

/// Nothing, `:ss`, and `:ss` with a point and up to nine digits of a fraction.
fn iso_seconds() -> impl Iterator<Item = String> {
    [String::new(), ":ss".to_owned()]
        .into_iter()
        .chain((0..=9).map(|digits| format!(":ss.{}", "S".repeat(digits))))
}

/// The instant that `text` names in one of the usual formats, with its zone.
#[must_use]
pub fn parse_usual_zoned(text: &str) -> Option<Zoned> {
    ZONED.iter().find_map(|format| strict(format, text)?.zoned())
}

/// The local date that `text` names: date and time, a date, a month or a year.
#[must_use]
pub fn parse_usual_local(text: &str) -> Option<DateTime> {
    LOCAL.iter().find_map(|format| strict(format, text)?.local())
}

/// The date that `text` names in one of the usual formats.
#[must_use]
pub fn parse_usual(text: &str) -> Option<ParsedDate> {
    parse_usual_zoned(text)
        .map(ParsedDate::Zoned)
        .or_else(|| parse_usual_local(text).map(ParsedDate::Local))
}

/// What the format reads, but for what ISO-8601 does not allow: hour 24, and 30 February.
fn strict(format: &ParseFormat, text: &str) -> Option<Found> {
    let found = format.parse(text)?;
    let iso = text.as_bytes().get(4) == Some(&b'-');
    if iso && (text.get(10..13).is_some_and(|hour| hour.ends_with("24"))) {
        return None;
    }
    if iso && let (Some(day), Some(written)) = (found.day, text.get(8..10)) {
        let same = written.parse::<i8>().is_ok_and(|written| written == day.day());
        return same.then_some(found);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::date::iso_text;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let shown = parse_usual_zoned(text).map_or(String::new(), |at| iso_text(&at));
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn usual_zoned_formats_are_read() {
        check("2021-06-14T12:13:14Z", "2021-06-14T12:13:14Z");
        check("2021-06-14t12:13:14z", "2021-06-14T12:13:14Z");
        check("2021-06-14T12:13Z", "2021-06-14T12:13:00Z");
        check("2021-06-14T12:13:14.567+02:00", "2021-06-14T12:13:14+02:00");
        check("2021-06-14T12:13:14.567+02:00[Europe/Berlin]", "2021-06-14T12:13:14+02:00");
        check("Mon, 14 Jun 2021 12:13:14 GMT", "2021-06-14T12:13:14Z");
        check("14 Jun 2021 12:13:14 GMT", "2021-06-14T12:13:14Z");
        check("mon, 14 jun 2021 12:13 +0200", "2021-06-14T12:13:00+02:00");
        check("Monday, 14-Jun-21 12:13:14 GMT", "2021-06-14T12:13:14Z");
        check("Monday, 14-Jun-21 12:13:14 EST", "2021-06-14T12:13:14-04:00");
        check("Mon Jun 14 12:13:14 2021", "2021-06-14T12:13:14Z");
        check("Sat Jun  5 12:13:14 2021", "2021-06-05T12:13:14Z");
    }

    #[test]
    fn what_is_no_zoned_date_is_none() {
        for text in [
            "2021-06-14T12:13:14.567",
            "2021-06-14T12:13:14.567[Europe/Berlin]",
            "2021-06-14T12:13:14.1234567890Z",
            "2021-06-14T24:00:00Z",
            "2021-02-30T00:00:00Z",
            "Tue, 14 Jun 2021 12:13:14 GMT",
            "rubbish",
            "",
        ] {
            check(text, "");
        }
    }

    #[test]
    fn local_dates_go_down_to_a_year() {
        for (text, expect) in [
            ("2021-06-14T12:13:14.5", "2021-06-14T12:13:14.5"),
            ("2021-06-14T12:13", "2021-06-14T12:13:00"),
            ("2021-06-14", "2021-06-14T00:00:00"),
            ("2021-06", "2021-06-01T00:00:00"),
            ("2021", "2021-01-01T00:00:00"),
        ] {
            assert_eq!(parse_usual_local(text).unwrap().to_string(), expect);
        }
        assert_eq!(parse_usual_local("2021-02-30"), None);
        assert_eq!(parse_usual_local("2021-06-14T12:13:14Z"), None);
    }
}
