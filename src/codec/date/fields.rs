//! What has been read of a date, and which date that is (`java.time.format.Parsed`, resolver `SMART`).

use jiff::{
    ToSpan as _, Zoned,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};

use super::zone::fixed;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// Years, before 1 too.
    Year,
    /// Years of an era, from 1.
    YearOfEra,
    /// The year of the week: it makes no date.
    WeekYear,
    /// From 1.
    Month,
    /// From 1.
    Day,
    /// From 1.
    DayOfYear,
    /// 0 to 24.
    Hour,
    /// 1 to 24.
    ClockHour,
    /// 0 to 11.
    HourOfHalf,
    /// 1 to 12.
    ClockHourOfHalf,
    /// 0 to 59.
    Minute,
    /// 0 to 59.
    Second,
    /// Of a second, the digits after the point.
    Fraction,
    /// Nanoseconds of a second.
    Nano,
    /// Milliseconds since midnight.
    MilliOfDay,
    /// Nanoseconds since midnight.
    NanoOfDay,
    /// Read and left.
    Ignored,
}

/// What has been read.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) year: Option<i64>,
    pub(super) month: Option<i64>,
    pub(super) day: Option<i64>,
    pub(super) day_of_year: Option<i64>,
    /// From Monday, 1.
    pub(super) weekday: Option<i64>,
    pub(super) hour: Option<i64>,
    pub(super) hour_of_half: Option<i64>,
    /// 0 in the morning, 1 from noon.
    pub(super) half: Option<i64>,
    pub(super) minute: Option<i64>,
    pub(super) second: Option<i64>,
    pub(super) nano: Option<i64>,
    pub(super) nano_of_day: Option<i64>,
    pub(super) offset: Option<Offset>,
    pub(super) zone: Option<TimeZone>,
}

/// What a text says about a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The day; the first of the month or year when the text says no more.
    pub day: Option<Date>,
    /// The time of day.
    pub time: Option<Time>,
    /// The zone.
    pub zone: Option<TimeZone>,
    /// The offset, which says what a zone leaves open.
    offset: Option<Offset>,
}

/// A date with or without a zone.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedDate {
    /// An instant, and where.
    Zoned(Zoned),
    /// A day and time of no place; midnight when only the day was given.
    Local(DateTime),
}

impl Found {
    /// What an instant says about itself.
    pub(super) fn at(at: &Zoned) -> Self {
        Self {
            day: Some(at.date()),
            time: Some(at.time()),
            zone: Some(at.time_zone().clone()),
            offset: None,
        }
    }

    /// The instant, when day, time and zone are known.
    #[must_use]
    pub fn zoned(&self) -> Option<Zoned> {
        let at = DateTime::from_parts(self.day?, self.time?);
        let zone = self.zone.clone()?;
        match self.offset {
            Some(offset) => Some(offset.to_timestamp(at).ok()?.to_zoned(zone)),
            None => at.to_zoned(zone).ok(),
        }
    }

    /// Day and time as written; midnight when there is no time.
    #[must_use]
    pub fn local(&self) -> Option<DateTime> {
        Some(DateTime::from_parts(self.day?, self.time.unwrap_or(Time::midnight())))
    }

    /// The date, an instant if it can be.
    #[must_use]
    pub fn date(&self) -> Option<ParsedDate> {
        self.zoned().map(ParsedDate::Zoned).or_else(|| self.local().map(ParsedDate::Local))
    }
}

impl Fields {
    /// Keeps a number; `None` when it is out of its range or another was read before.
    pub(super) fn put(&mut self, field: Field, value: i64) -> Option<()> {
        let (place, value, range) = match field {
            Field::Year => (&mut self.year, value, -9999..=9999),
            Field::YearOfEra => (&mut self.year, value, 1..=9999),
            Field::Month => (&mut self.month, value, 1..=12),
            Field::Day => (&mut self.day, value, 1..=31),
            Field::DayOfYear => (&mut self.day_of_year, value, 1..=366),
            Field::Hour => (&mut self.hour, value, 0..=24),
            Field::ClockHour => {
                if !(1..=24).contains(&value) {
                    return None;
                }
                (&mut self.hour, value % 24, 0..=23)
            }
            Field::HourOfHalf => (&mut self.hour_of_half, value, 0..=11),
            Field::ClockHourOfHalf => {
                if !(1..=12).contains(&value) {
                    return None;
                }
                (&mut self.hour_of_half, value % 12, 0..=11)
            }
            Field::Minute => (&mut self.minute, value, 0..=59),
            Field::Second => (&mut self.second, value, 0..=59),
            Field::Fraction | Field::Nano => (&mut self.nano, value, 0..=999_999_999),
            Field::MilliOfDay => {
                (&mut self.nano_of_day, value.checked_mul(1_000_000)?, 0..=86_399_999_999_999)
            }
            Field::NanoOfDay => (&mut self.nano_of_day, value, 0..=86_399_999_999_999),
            Field::WeekYear | Field::Ignored => return Some(()),
        };
        if !range.contains(&value) || place.is_some_and(|before| before != value) {
            return None;
        }
        *place = Some(value);
        Some(())
    }

    /// What it comes to; `None` when the parts contradict each other.
    pub(super) fn resolve(self) -> Option<Found> {
        let (time, next_day) = self.time()?;
        let mut day = self.date()?;
        if let (Some(date), Some(weekday)) = (day, self.weekday)
            && i64::from(date.weekday().to_monday_one_offset()) != weekday
        {
            return None;
        }
        if next_day && let Some(date) = day {
            day = Some(date.checked_add(1.day()).ok()?);
        }
        let zone = self.zone.or_else(|| self.offset.map(fixed));
        Some(Found { day, time, zone, offset: self.offset })
    }

    fn date(&self) -> Option<Option<Date>> {
        let Some(year) = self.year.and_then(|year| i16::try_from(year).ok()) else {
            return Some(None);
        };
        if let Some(day) = self.day_of_year {
            let first = Date::new(year, 1, 1).ok()?;
            let date = first.checked_add((day - 1).days()).ok()?;
            let agrees = date.year() == year
                && self.month.is_none_or(|month| month == i64::from(date.month()))
                && self.day.is_none_or(|day| day == i64::from(date.day()));
            return if agrees { Some(Some(date)) } else { None };
        }
        // Without a day the text names a month or a year, which begins on the first.
        let (month, day) = match (self.month, self.day) {
            (Some(month), day) => (month, day.unwrap_or(1)),
            (None, None) => (1, 1),
            (None, Some(_)) => return Some(None),
        };
        let first = Date::new(year, i8::try_from(month).ok()?, 1).ok()?;
        // The 31st of a short month is its last day.
        let day = i8::try_from(day).ok()?.min(first.days_in_month());
        Some(Some(Date::new(year, first.month(), day).ok()?))
    }

    /// The time, and whether it is midnight at the day's end.
    fn time(&self) -> Option<(Option<Time>, bool)> {
        if let Some(nanos) = self.nano_of_day {
            let time = Time::midnight().checked_add(nanos.nanoseconds()).ok()?;
            return Some((Some(time), false));
        }
        let of_halves = match (self.half, self.hour_of_half) {
            (Some(half), Some(hour)) => Some(half * 12 + hour),
            _ => None,
        };
        let hour = match (self.hour, of_halves) {
            (Some(one), Some(other)) if one != other => return None,
            (one, other) => one.or(other),
        };
        let Some(hour) = hour else { return Some((None, false)) };
        // A part may be missing only with all that are smaller.
        if (self.minute.is_none() && (self.second.is_some() || self.nano.is_some()))
            || (self.second.is_none() && self.nano.is_some())
        {
            return Some((None, false));
        }
        let minute = self.minute.unwrap_or(0);
        let second = self.second.unwrap_or(0);
        let nano = self.nano.unwrap_or(0);
        if hour == 24 {
            let midnight = minute == 0 && second == 0 && nano == 0;
            return midnight.then_some((Some(Time::midnight()), true));
        }
        let time = Time::new(
            i8::try_from(hour).ok()?,
            i8::try_from(minute).ok()?,
            i8::try_from(second).ok()?,
            i32::try_from(nano).ok()?,
        );
        Some((Some(time.ok()?), false))
    }
}
