//! Patterns for reading: from letters to the steps that `read` takes (`DateTimeFormatterBuilder`).

use super::{
    fields::Field,
    letters::{Run, runs},
};

/// How deep `[…]` may nest.
const DEEPEST: usize = 8;

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// These characters.
    Text(String),
    /// A number.
    Number {
        /// What it counts.
        field: Field,
        /// How many digits it has at least.
        least: usize,
        /// And at most.
        most: usize,
        /// Whether a sign may stand before it, and must before more digits than `least`.
        signed: bool,
        /// Digits that the numbers right behind it need.
        reserved: usize,
    },
    /// Two digits of a year from 2000 on.
    TwoDigitYear(usize),
    /// The name of a month, a day, or half a day.
    Name(Names, bool),
    /// An offset, written so.
    Offset(OffsetStyle),
    /// The id or abbreviation of a zone.
    Zone {
        /// Abbreviations too, not only ids.
        named: bool,
    },
    /// All of these, or nothing.
    Maybe(Vec<Self>),
}

/// Which names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// January to December.
    Months,
    /// Monday to Sunday.
    Days,
    /// AM and PM.
    Halves,
}

/// How an offset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetStyle {
    /// What stands for none.
    pub(super) none: &'static str,
    /// Whether a colon parts hours from minutes.
    pub(super) colon: bool,
    /// Whether there are minutes.
    pub(super) minutes: Need,
    /// Whether there are seconds.
    pub(super) seconds: Need,
    /// Any of the ways in which hours and minutes are written (`parseLenient`).
    pub(super) lenient: bool,
    /// Begins with `GMT`.
    pub(super) gmt: bool,
}

/// Whether a part is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Never.
    No,
    /// Perhaps.
    Perhaps,
    /// Always.
    Yes,
}

impl OffsetStyle {
    /// An offset as in mail and HTTP dates: `GMT` or `+0200`, with tolerance.
    pub(super) const RFC_1123: Self = Self {
        none: "GMT",
        colon: false,
        minutes: Need::Yes,
        seconds: Need::No,
        lenient: true,
        gmt: false,
    };
    /// An offset as in ISO-8601: `Z`, `+02:00` or `+02`.
    pub(super) const ISO: Self = Self {
        none: "Z",
        colon: true,
        minutes: Need::Perhaps,
        seconds: Need::Perhaps,
        lenient: false,
        gmt: false,
    };
}

/// The steps of `pattern`, or what is wrong with it.
pub(super) fn steps_of(pattern: &str) -> Result<Vec<Step>, String> {
    let mut open: Vec<Vec<Step>> = vec![Vec::new()];
    for run in runs(pattern)? {
        let step = match run {
            Run::Other('[') => {
                if open.len() > DEEPEST {
                    return Err(format!(
                        "`[` nests deeper than {DEEPEST} in date pattern `{pattern}`"
                    ));
                }
                open.push(Vec::new());
                continue;
            }
            Run::Other(']') => {
                let inner = open.pop().unwrap_or_default();
                if open.is_empty() {
                    return Err(format!("`]` without `[` in date pattern `{pattern}`"));
                }
                Step::Maybe(inner)
            }
            Run::Other(reserved @ ('{' | '}' | '#')) => {
                return Err(format!(
                    "date pattern `{pattern}` has the reserved character `{reserved}`; put it between single quotes"
                ));
            }
            Run::Other(other) => Step::Text(other.to_string()),
            Run::Quoted(text) => Step::Text(text),
            Run::Letters(letter, count) => step_of(letter, count)?,
        };
        if let Some(steps) = open.last_mut() {
            steps.push(step);
        }
    }
    // An open bracket at the end is closed there.
    while open.len() > 1 {
        let inner = open.pop().unwrap_or_default();
        if let Some(steps) = open.last_mut() {
            steps.push(Step::Maybe(inner));
        }
    }
    let mut steps = open.pop().unwrap_or_default();
    reserve(&mut steps);
    Ok(steps)
}

/// Gives each number the digits that those right behind it need, so that `yyyyMMdd` can be read.
fn reserve(steps: &mut [Step]) {
    let mut behind = 0;
    for step in steps.iter_mut().rev() {
        match step {
            Step::Number { least, most, reserved, .. } => {
                *reserved = behind;
                behind = if least == most { behind + *most } else { 0 };
            }
            Step::TwoDigitYear(reserved) => {
                *reserved = behind;
                behind += 2;
            }
            Step::Maybe(inner) => {
                reserve(inner);
                behind = 0;
            }
            _ => behind = 0,
        }
    }
}

fn step_of(letter: char, count: usize) -> Result<Step, String> {
    let too_many = || format!("too many pattern letters `{letter}` together: {count}");
    let fixed = |field, digits| Step::Number {
        field,
        least: digits,
        most: digits,
        signed: false,
        reserved: 0,
    };
    let free = |field, least, most| Step::Number { field, least, most, signed: false, reserved: 0 };
    let offset = |none, colon, minutes, seconds| {
        Step::Offset(OffsetStyle { none, colon, minutes, seconds, lenient: false, gmt: false })
    };
    Ok(match (letter, count) {
        ('u' | 'y', 2) => Step::TwoDigitYear(0),
        ('u' | 'y', _) if count > 19 => return Err(too_many()),
        ('u' | 'y', _) => {
            let field = if letter == 'u' { Field::Year } else { Field::YearOfEra };
            Step::Number { field, least: count, most: 19, signed: true, reserved: 0 }
        }
        ('Y', 1..=19) => Step::Number {
            field: Field::WeekYear,
            least: count,
            most: 19,
            signed: true,
            reserved: 0,
        },
        ('w', 1) => free(Field::Ignored, 1, 2),
        ('w', 2) => fixed(Field::Ignored, 2),
        ('W' | 'F', 1) => free(Field::Ignored, 1, 1),
        ('M' | 'L', 1) => free(Field::Month, 1, 19),
        ('M' | 'L', 2) => fixed(Field::Month, 2),
        ('M' | 'L', 3 | 4) => Step::Name(Names::Months, count == 4),
        ('Q' | 'q', 1 | 2) => fixed(Field::Ignored, count),
        ('E', 1..=3) => Step::Name(Names::Days, false),
        ('E', 4) => Step::Name(Names::Days, true),
        ('a', 1) => Step::Name(Names::Halves, false),
        ('D', 1..=3) => free(Field::DayOfYear, count, if count == 1 { 19 } else { 3 }),
        ('S', 1..=9) => fixed(Field::Fraction, count),
        ('n', 1..=19) => free(Field::Nano, count, 19),
        ('A', 1..=19) => free(Field::MilliOfDay, count, 19),
        ('N', 1..=19) => free(Field::NanoOfDay, count, 19),
        ('d' | 'H' | 'h' | 'k' | 'K' | 'm' | 's', 1 | 2) => {
            let field = match letter {
                'd' => Field::Day,
                'H' => Field::Hour,
                'h' => Field::ClockHourOfHalf,
                'k' => Field::ClockHour,
                'K' => Field::HourOfHalf,
                'm' => Field::Minute,
                _ => Field::Second,
            };
            if count == 1 { free(field, 1, 19) } else { fixed(field, 2) }
        }
        ('V', 2) => Step::Zone { named: false },
        ('V', _) => return Err(format!("pattern letter count of `V` must be 2, this has {count}")),
        ('v', 1 | 4) | ('z', 1..=4) => Step::Zone { named: true },
        ('Z', 1..=3) => offset("+0000", false, Need::Yes, Need::No),
        ('Z', 5) => offset("Z", true, Need::Yes, Need::Perhaps),
        ('O', 1 | 4) | ('Z', 4) => Step::Offset(OffsetStyle {
            none: "GMT",
            colon: true,
            minutes: Need::Perhaps,
            seconds: Need::No,
            lenient: true,
            gmt: true,
        }),
        ('X' | 'x', 1..=5) => {
            let none = match (letter, count) {
                ('X', _) => "Z",
                (_, 1) => "+00",
                (_, 2 | 4) => "+0000",
                _ => "+00:00",
            };
            let minutes = if count == 1 { Need::Perhaps } else { Need::Yes };
            let seconds = if count >= 4 { Need::Perhaps } else { Need::No };
            offset(none, matches!(count, 3 | 5), minutes, seconds)
        }
        ('G', 1..=3) => Step::Text("AD".to_owned()),
        ('G', 4) => Step::Text("Anno Domini".to_owned()),
        (
            'Y' | 'M' | 'L' | 'w' | 'W' | 'F' | 'Q' | 'q' | 'E' | 'a' | 'D' | 'S' | 'n' | 'A' | 'N'
            | 'd' | 'H' | 'h' | 'k' | 'K' | 'm' | 's' | 'v' | 'z' | 'Z' | 'O' | 'X' | 'x' | 'G',
            _,
        ) => return Err(too_many()),
        _ => {
            return Err(format!(
                "unknown pattern letter `{letter}`; put text between single quotes"
            ));
        }
    })
}
