//! Reading a text by the steps of a pattern.

use jiff::tz::Offset;

use super::{
    compile::{Names, Need, OffsetStyle, Step},
    fields::{Field, Fields},
    words::{DAYS, MONTHS, short},
    zone::{java_offset, zone_named, zone_of},
};

/// A text that is being read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t> {
    /// What is left of it.
    rest: &'t str,
    /// Upper and lower case are one.
    any_case: bool,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, any_case: bool) -> Self {
        Self { rest: text, any_case }
    }

    /// Whether all has been read.
    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes the steps; `None` when the text is not as they say.
    pub(super) fn take_all(&mut self, steps: &[Step], into: &mut Fields) -> Option<()> {
        steps.iter().try_for_each(|step| self.take(step, into))
    }

    fn take(&mut self, step: &Step, into: &mut Fields) -> Option<()> {
        match step {
            Step::Text(text) => self.text(text),
            Step::Number { field, least, most, signed, reserved } => {
                let value = self.number(*least, *most, *signed, *reserved)?;
                let value = if *field == Field::Fraction {
                    value.checked_mul(
                        10_i64.checked_pow(9_u32.checked_sub(u32::try_from(*least).ok()?)?)?,
                    )?
                } else {
                    value
                };
                into.put(*field, value)
            }
            Step::TwoDigitYear(reserved) => {
                let value = self.number(2, 2, false, *reserved)?;
                into.put(Field::Year, 2000 + value)
            }
            Step::Name(names, full) => self.name(*names, *full, into),
            Step::Offset(style) => {
                into.offset = Some(self.offset(*style)?);
                Some(())
            }
            Step::Zone { named } => self.zone(*named, into),
            Step::Maybe(steps) => {
                let (mut ahead, mut found) = (*self, into.clone());
                if ahead.take_all(steps, &mut found).is_some() {
                    *self = ahead;
                    *into = found;
                }
                Some(())
            }
        }
    }

    fn text(&mut self, text: &str) -> Option<()> {
        let head = self.rest.get(..text.len())?;
        if head == text || (self.any_case && head.eq_ignore_ascii_case(text)) {
            self.rest = self.rest.get(text.len()..)?;
            return Some(());
        }
        None
    }

    fn number(&mut self, least: usize, most: usize, signed: bool, reserved: usize) -> Option<i64> {
        let sign = self.rest.chars().next().filter(|c| signed && matches!(c, '+' | '-'));
        let digits = if sign.is_some() { self.rest.get(1..)? } else { self.rest };
        let run = digits
            .bytes()
            .take(most.saturating_add(reserved))
            .take_while(u8::is_ascii_digit)
            .count();
        let length =
            if least == most { least } else { run.saturating_sub(reserved).max(least).min(most) };
        if run < length || length == 0 {
            return None;
        }
        // A year of more digits than the pattern has letters needs its sign, and one of fewer has none.
        if signed && least > 1 {
            let fits = match sign {
                None => length == least || least < 4,
                Some('+') => length > least,
                _ => true,
            };
            if !fits {
                return None;
            }
        }
        let value: i64 = digits.get(..length)?.parse().ok()?;
        self.rest = digits.get(length..)?;
        Some(if sign == Some('-') { -value } else { value })
    }

    fn name(&mut self, names: Names, full: bool, into: &mut Fields) -> Option<()> {
        let (list, place): (&[&str], &mut Option<i64>) = match names {
            Names::Months => (&MONTHS, &mut into.month),
            Names::Days => (&DAYS, &mut into.weekday),
            Names::Halves => (&["AM", "PM"], &mut into.half),
        };
        let first = i64::from(names != Names::Halves);
        let whole = full || names == Names::Halves;
        for (n, name) in (first..).zip(list) {
            if self.text(if whole { name } else { short(name) }).is_some() {
                if place.is_some_and(|before| before != n) {
                    return None;
                }
                *place = Some(n);
                return Some(());
            }
        }
        None
    }

    pub(super) fn offset(&mut self, style: OffsetStyle) -> Option<Offset> {
        if style.gmt {
            self.text("GMT")?;
            if !self.rest.starts_with(['+', '-']) {
                return Some(Offset::UTC);
            }
        } else if self.text(style.none).is_some() {
            return Some(Offset::UTC);
        }
        let sign = match self.rest.chars().next()? {
            '+' => 1,
            '-' => -1,
            _ => return None,
        };
        self.rest = self.rest.get(1..)?;
        let hours = self.two_digits()?;
        let minutes = self.offset_part(style.minutes, style)?;
        let seconds =
            if minutes.is_some() { self.offset_part(style.seconds, style)? } else { None };
        java_offset(sign * (hours * 3600 + minutes.unwrap_or(0) * 60 + seconds.unwrap_or(0)))
    }

    fn offset_part(&mut self, need: Need, style: OffsetStyle) -> Option<Option<i32>> {
        if need == Need::No {
            return Some(None);
        }
        let mut ahead = *self;
        let colon = ahead.text(":").is_some();
        let found = if colon == style.colon || style.lenient { ahead.two_digits() } else { None };
        match found {
            Some(n) if n < 60 => {
                *self = ahead;
                Some(Some(n))
            }
            None if need == Need::Perhaps || style.lenient => Some(None),
            _ => None,
        }
    }

    fn two_digits(&mut self) -> Option<i32> {
        let digits = self.rest.get(..2).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
        let value = digits.parse().ok()?;
        self.rest = self.rest.get(2..)?;
        Some(value)
    }

    fn zone(&mut self, named: bool, into: &mut Fields) -> Option<()> {
        let length = self
            .rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || b"/_+-:~.".contains(b))
            .count();
        // The longest start of the text that names a zone; a colon or sign after it may be the pattern's.
        for end in (1..=length.min(64)).rev() {
            let id = self.rest.get(..end)?;
            let zone = if named { zone_named(id) } else { zone_of(id) };
            if let Some(zone) = zone {
                self.rest = self.rest.get(end..)?;
                into.zone = Some(zone);
                return Some(());
            }
        }
        None
    }
}
