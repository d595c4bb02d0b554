//! How much passes in which time: `10/s`, `100/min`, `1000/15min`, `25 concurrent`, `5000`.

use std::time::Duration;

/// How much passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// So much in a window.
    Rate(u64, Duration),
    /// So much at a time.
    Concurrent(u64),
    /// So much, in a window that is said elsewhere.
    Count(u64),
}

impl Amount {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// Says what was given and what is expected.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "unknown rate limit `{text}`, expected requests per unit: `10/s`, `100/min`, `5000/h`, `1000/d`, `900/15min`, or `25 concurrent`"
            )
        };
        let (number, rest) = match text.trim().find(|c: char| !c.is_ascii_digit() && c != '_') {
            Some(end) => text.trim().split_at(end),
            None => (text.trim(), ""),
        };
        let number: u64 = number.replace('_', "").parse().map_err(|_| wrong())?;
        if number == 0 {
            return Err(format!("rate limit `{text}` must allow at least one request"));
        }
        let rest = rest.trim();
        match rest {
            "" => Ok(Self::Count(number)),
            "concurrent" => Ok(Self::Concurrent(number)),
            _ => {
                let unit = rest.strip_prefix('/').ok_or_else(wrong)?;
                Ok(Self::Rate(number, window(unit.trim()).ok_or_else(wrong)?))
            }
        }
    }
}

/// Units of windows; the first name of each is the one that is written.
const UNITS: [(&[&str], u64); 6] = [
    (&["s", "sec", "second"], 1000),
    (&["min", "m", "minute"], 60_000),
    (&["h", "hour"], 3_600_000),
    (&["d", "day"], 86_400_000),
    (&["w", "week"], 7 * 86_400_000),
    (&["ms"], 1),
];

/// Reads a window: `s`, `min`, `15min`, `500ms`. Nothing if it is none, or no time at all.
pub(super) fn window(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u64 = if number.is_empty() { 1 } else { number.parse().ok()? };
    let unit = unit.trim();
    let (_, millis) = UNITS.iter().find(|(names, _)| names.contains(&unit))?;
    let millis = number.checked_mul(*millis)?;
    (millis > 0).then(|| Duration::from_millis(millis))
}

/// Writes a window as [`window`] reads it.
pub(super) fn write_window(window: Duration) -> String {
    let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    let fitting = UNITS.iter().filter(|(_, unit)| millis % unit == 0).max_by_key(|(_, unit)| *unit);
    let (name, unit) = fitting.map_or(("ms", 1), |(names, unit)| (names[0], *unit));
    match millis / unit {
        1 => name.to_owned(),
        number => format!("{number}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_is_documented() {
        let second = Duration::from_secs(1);
        for (text, amount) in [
            ("10/s", Amount::Rate(10, second)),
            ("100/min", Amount::Rate(100, 60 * second)),
            ("5_000 / hour", Amount::Rate(5000, 3600 * second)),
            ("1000/d", Amount::Rate(1000, 86_400 * second)),
            ("900/15min", Amount::Rate(900, 900 * second)),
            ("25 concurrent", Amount::Concurrent(25)),
            ("40", Amount::Count(40)),
        ] {
            assert_eq!(Amount::parse(text), Ok(amount), "{text}");
        }
        for wrong in ["", "10/", "0/s", "0", "x/s", "10/fortnight", "10/0s", "10 s", "-1/s"] {
            assert!(Amount::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_window_is_read_as_it_was_written(millis in 1u64..10_000_000_000) {
            let time = Duration::from_millis(millis);
            prop_assert_eq!(window(&write_window(time)), Some(time));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9_]{0,22}[ /]{0,2}[0-9]{0,22}[a-z]{0,10}") {
            let _ = Amount::parse(&text);
        }
    }
}
