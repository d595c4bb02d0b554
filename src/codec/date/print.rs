//! Printing by the letters of `java.text.SimpleDateFormat`, in English.

use std::fmt::Write as _;

use jiff::{Zoned, civil::Weekday};

use super::{
    letters::{Run, runs},
    words::{DAYS, MONTHS, nth, short},
    zone::{hours_minutes, long_name, short_name},
};

/// A compiled pattern for printing; `epoch` prints milliseconds, `unix` seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintFormat {
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Millis,
    Seconds,
    Pieces(Vec<Run>),
}

impl PrintFormat {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// Says which letter means nothing, or that a quote does not end.
    pub fn compile(pattern: &str) -> Result<Self, String> {
        let shape = match pattern {
            "epoch" => Shape::Millis,
            "unix" => Shape::Seconds,
            _ => {
                let pieces = runs(pattern)?;
                for piece in &pieces {
                    check(piece)?;
                }
                Shape::Pieces(pieces)
            }
        };
        Ok(Self { shape })
    }

    /// The date as text.
    #[must_use]
    pub fn print(&self, date: &Zoned) -> String {
        let millis = date.timestamp().as_millisecond();
        match &self.shape {
            Shape::Millis => millis.to_string(),
            Shape::Seconds => (millis / 1000).to_string(),
            Shape::Pieces(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Run::Letters(letter, count) => field(&mut text, *letter, *count, date),
                        Run::Quoted(quoted) => text.push_str(quoted),
                        Run::Other(other) => text.push(*other),
                    }
                }
                text
            }
        }
    }
}

/// The date as `2026-11-23T05:33:43Z`, which is how one prints that has no format (`ISO8601Utils`).
#[must_use]
pub fn iso_text(date: &Zoned) -> String {
    let at = date.datetime();
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    if date.offset().seconds() == 0 {
        text.push('Z');
    } else {
        text.push_str(&hours_minutes(date.offset(), ":"));
    }
    text
}

fn check(piece: &Run) -> Result<(), String> {
    match piece {
        Run::Letters('X', count) if *count > 3 => {
            Err(format!("a date pattern has at most 3 letters `X` together, this has {count}"))
        }
        Run::Letters(letter, _) if !"GyYMLwWDdFEuaHkKhmsSzZX".contains(*letter) => {
            Err(format!("illegal pattern character `{letter}`; put text between single quotes"))
        }
        _ => Ok(()),
    }
}

fn field(text: &mut String, letter: char, count: usize, date: &Zoned) {
    let at = date.datetime();
    let hour = i64::from(at.hour());
    let number = match letter {
        'y' | 'Y' => {
            let year = i64::from(if letter == 'Y' { week_year(date) } else { at.year() });
            // Years before 1 count from 1 again, in the other era.
            let year = if year < 1 { 1 - year } else { year };
            if count == 2 { year % 100 } else { year }
        }
        'M' | 'L' if count >= 4 => return text.push_str(nth(&MONTHS, at.month())),
        'M' | 'L' if count == 3 => return text.push_str(short(nth(&MONTHS, at.month()))),
        'M' | 'L' => i64::from(at.month()),
        'E' if count >= 4 => return text.push_str(nth(&DAYS, monday_one(date))),
        'E' => return text.push_str(short(nth(&DAYS, monday_one(date)))),
        'G' => return text.push_str(if at.year() < 1 { "BC" } else { "AD" }),
        'a' => return text.push_str(if hour < 12 { "AM" } else { "PM" }),
        'z' if count >= 4 => return text.push_str(&long_name(date.time_zone(), date.timestamp())),
        'z' => return text.push_str(&short_name(date.time_zone(), date.timestamp())),
        'Z' => return text.push_str(&hours_minutes(date.offset(), "")),
        'X' if date.offset().seconds() == 0 => return text.push('Z'),
        'X' if count == 3 => return text.push_str(&hours_minutes(date.offset(), ":")),
        'X' => {
            let whole = hours_minutes(date.offset(), "");
            return text.push_str(if count == 1 { whole.get(..3).unwrap_or("") } else { &whole });
        }
        'w' => week_of_year(date),
        'W' => {
            let first = at.date().first_of_month().weekday();
            (i64::from(at.day()) + i64::from(sunday_zero(first)) - 1) / 7 + 1
        }
        'D' => i64::from(at.date().day_of_year()),
        'd' => i64::from(at.day()),
        'F' => (i64::from(at.day()) - 1) / 7 + 1,
        'u' => i64::from(monday_one(date)),
        'H' => hour,
        'k' => {
            if hour == 0 {
                24
            } else {
                hour
            }
        }
        'K' => hour % 12,
        'h' => {
            if hour % 12 == 0 {
                12
            } else {
                hour % 12
            }
        }
        'm' => i64::from(at.minute()),
        's' => i64::from(at.second()),
        'S' => i64::from(at.millisecond()),
        _ => return,
    };
    let width = if count == 2 && matches!(letter, 'y' | 'Y') { 2 } else { count };
    // Writing to a string does not fail.
    let _ = write!(text, "{number:0width$}");
}

fn monday_one(date: &Zoned) -> i8 {
    date.weekday().to_monday_one_offset()
}

fn sunday_zero(day: Weekday) -> i8 {
    day.to_sunday_zero_offset()
}

/// The year that the week belongs to: weeks begin on Sunday, and that of 1 January is the first.
fn week_year(date: &Zoned) -> i16 {
    let day = date.date();
    let days_left = i64::from(day.days_in_year()) - i64::from(day.day_of_year());
    let to_saturday = 6 - i64::from(sunday_zero(day.weekday()));
    if to_saturday > days_left { day.year().saturating_add(1) } else { day.year() }
}

fn week_of_year(date: &Zoned) -> i64 {
    let day = date.date();
    if week_year(date) != day.year() {
        return 1;
    }
    let first = i64::from(sunday_zero(day.first_of_year().weekday()));
    (i64::from(day.day_of_year()) + first - 1) / 7 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_print(date: &str, pattern: &str, expect: &str) {
        let date: Zoned = date.parse().unwrap();
        assert_eq!(PrintFormat::compile(pattern).unwrap().print(&date), expect, "{pattern}");
    }

    #[test]
    fn letters_print_as_simple_date_format_prints_them() {
        let date = "2021-06-14T12:13:14.567+00:00[UTC]";
        check_print(date, "yyyy yy y yyyyy", "2021 21 2021 02021");
        check_print(date, "M MM MMM MMMM MMMMM L LLL", "6 06 Jun June June 6 Jun");
        check_print(date, "S SS SSS SSSSSS", "567 567 567 000567");
        check_print(
            date,
            "z zzzz Z ZZZZ X XX XXX",
            "UTC Coordinated Universal Time +0000 +0000 Z Z Z",
        );
        check_print(date, "yyyy 'o''clock' ''", "2021 o'clock '");
        check_print(date, "{yyyy}#MM", "{2021}#06");
        check_print(date, "epoch", "1623672794567");
        check_print(date, "unix", "1623672794");
        check_print(
            "2021-01-02T12:13:14Z[UTC]",
            "w W F YYYY YY u D DDD E EEEE G",
            "1 1 1 2021 21 6 2 002 Sat Saturday AD",
        );
        check_print("2021-12-31T12:13:14Z[UTC]", "w W F YYYY u", "1 5 5 2022 5");
        check_print(
            "2023-01-01T00:13:14Z[UTC]",
            "w W F YYYY u H k K h a",
            "1 1 1 2023 7 0 24 0 12 AM",
        );
    }

    #[test]
    fn zones_print_by_name_and_by_offset() {
        check_print(
            "2026-11-23T04:00:00-05:00[America/New_York]",
            "z zzzz Z X XX XXX",
            "EST Eastern Standard Time -0500 -05 -0500 -05:00",
        );
        check_print(
            "2021-06-14T12:00:00+02:00[Europe/Berlin]",
            "z zzzz",
            "CEST Central European Summer Time",
        );
        check_print(
            "2021-06-14T12:00:00+02:00[+02:00]",
            "z zzzz Z XXX",
            "GMT+02:00 GMT+02:00 +0200 +02:00",
        );
        check_print(
            "2021-06-14T12:00:00-03:00[America/Sao_Paulo]",
            "z zzzz",
            "BRT Brasilia Standard Time",
        );
    }

    #[test]
    fn letters_without_meaning_are_mistakes() {
        for pattern in ["VV", "XXXX", "yyyy 'x", "UNIX", "yyyyT"] {
            PrintFormat::compile(pattern).unwrap_err();
        }
    }
}
