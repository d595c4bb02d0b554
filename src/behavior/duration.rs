//! Durations as people write them: `80ms`, `1.5s`, `3m`. Exact, so that what is written reads the same.

use std::time::Duration;

/// Units from the longest, with their nanoseconds.
const UNITS: [(&str, u128); 8] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Digits that a number may have before and after its point: more than any duration needs.
const MAX_DIGITS: usize = 30;

/// Reads `80ms`, `2s`, `1.5s`, `3m`, `1h`, `1d`.
///
/// # Errors
///
/// Says what was given and what is expected.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || {
        let shown: String = text.chars().take(40).collect();
        format!(
            "`{shown}` is not a duration, expected a number and a unit: `80ms`, `2s`, `3m` or `1h`"
        )
    };
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit_at);
    let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let is_number = |digits: &str| {
        digits.len() <= MAX_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) {
        return Err(wrong());
    }
    let mut total = whole.bytes().fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
    total = total.checked_mul(*nanoseconds).ok_or_else(wrong)?;
    let mut rest = *nanoseconds;
    for digit in fraction.bytes() {
        // What is shorter than a nanosecond falls away.
        let tenth = rest / 10;
        total += tenth * u128::from(digit - b'0');
        rest = tenth;
    }
    let seconds = u64::try_from(total / 1_000_000_000).map_err(|_| wrong())?;
    let below = u32::try_from(total % 1_000_000_000).map_err(|_| wrong())?;
    Ok(Duration::new(seconds, below))
}

/// Writes a duration so that [`parse`] gives the same: a whole number of the longest unit that fits.
pub fn print(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    // Days are not what one thinks in, nor are two names for minutes.
    let fits = |&&(name, unit): &&(&str, u128)| {
        !matches!(name, "d" | "min") && nanoseconds.is_multiple_of(unit)
    };
    match UNITS.iter().find(fits) {
        Some((name, unit)) if nanoseconds > 0 => format!("{}{name}", nanoseconds / unit),
        _ => "0s".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_numbers_with_units() {
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("80ms", ms(80)),
            ("1.5s", ms(1500)),
            ("0.25 s", ms(250)),
            (".5s", ms(500)),
            ("3m", ms(180_000)),
            ("2min", ms(120_000)),
            ("1h", ms(3_600_000)),
            ("1d", ms(86_400_000)),
            ("20us", Duration::from_micros(20)),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        for wrong in ["", "5", "s", "-1s", "1.2.3s", "1 fortnight", "99999999999999999999999h"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(seconds in 0u64..1 << 50, below in 0u32..1_000_000_000) {
            let duration = Duration::new(seconds, below);
            prop_assert_eq!(parse(&print(duration)), Ok(duration));
            let duration = Duration::from_millis(seconds % 1_000_000);
            prop_assert_eq!(parse(&print(duration)), Ok(duration));
        }

        #[test]
        fn never_panics(text in any::<String>(), number in "[0-9.]{0,60}(ns|h|d|s)") {
            let _ = parse(&text);
            let _ = parse(&number);
        }
    }
}
