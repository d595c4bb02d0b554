//! How providers write a time to come: as seconds since 1970, as seconds from now, as a date, as Go
//! prints durations.
//!
//! All are rounded up, so that a client that waits until then, or for so long, has waited long enough.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};

/// How a time to come is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentFormat {
    /// Seconds since 1970: `1700000000`.
    Epoch,
    /// Milliseconds since 1970.
    EpochMs,
    /// Seconds since 1970 with a fraction, as Discord does: `1470173023.123`.
    EpochFloat,
    /// Seconds from now: `30`.
    Delta,
    /// Milliseconds from now.
    DeltaMs,
    /// Seconds from now with a fraction, as Shopify does: `2.0`.
    DeltaFloat,
    /// ISO 8601 to the minute, as Atlassian does: `2023-11-14T22:14Z`.
    Iso8601,
    /// RFC 3339 to the second, as Anthropic does: `2023-11-14T22:13:20Z`.
    Rfc3339,
    /// RFC 3339 to the millisecond.
    Rfc3339Ms,
    /// As Go prints the time from now, and `OpenAI` tells it: `6m0s`, `120ms`.
    Go,
    /// A date as HTTP writes it (RFC 9110 §5.6.7).
    HttpDate,
}

impl MomentFormat {
    /// All of them with their names.
    pub const ALL: [(&'static str, Self); 11] = [
        ("epoch", Self::Epoch),
        ("epoch-ms", Self::EpochMs),
        ("epoch-float", Self::EpochFloat),
        ("delta", Self::Delta),
        ("delta-ms", Self::DeltaMs),
        ("delta-float", Self::DeltaFloat),
        ("iso8601", Self::Iso8601),
        ("rfc3339", Self::Rfc3339),
        ("rfc3339-ms", Self::Rfc3339Ms),
        ("go", Self::Go),
        ("http-date", Self::HttpDate),
    ];

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    /// Whether it says how long from now, so that it can say how long a window is too.
    pub fn is_span(self) -> bool {
        matches!(self, Self::Delta | Self::DeltaMs | Self::DeltaFloat | Self::Go)
    }

    /// The time `after` from `now`.
    pub fn write(self, now: Timestamp, after: Duration) -> String {
        let at = |unit: i128| {
            let nanos = later(now, after).as_nanosecond();
            nanos.div_euclid(unit) + i128::from(nanos.rem_euclid(unit) > 0)
        };
        match self {
            Self::Epoch => at(SECOND).to_string(),
            Self::EpochMs => at(MILLISECOND).to_string(),
            Self::EpochFloat => fraction(at(MILLISECOND)),
            Self::Delta => up(after, SECOND).to_string(),
            Self::DeltaMs => up(after, MILLISECOND).to_string(),
            Self::DeltaFloat => fraction(up(after, MILLISECOND)),
            Self::Iso8601 => date(at(60 * SECOND) * 60 * SECOND, "%Y-%m-%dT%H:%MZ"),
            Self::Rfc3339 => date(at(SECOND) * SECOND, "%Y-%m-%dT%H:%M:%SZ"),
            Self::Rfc3339Ms => date(at(MILLISECOND) * MILLISECOND, "%Y-%m-%dT%H:%M:%S.%3fZ"),
            Self::Go => go(up(after, MILLISECOND)),
            Self::HttpDate => {
                let at = Timestamp::from_nanosecond(at(SECOND) * SECOND).unwrap_or(Timestamp::MAX);
                // Years beyond 9999 have no date; there is nothing better to say.
                DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
            }
        }
    }
}

const MILLISECOND: i128 = 1_000_000;
const SECOND: i128 = 1000 * MILLISECOND;

/// `after` beyond `now`, or the end of time.
fn later(now: Timestamp, after: Duration) -> Timestamp {
    SignedDuration::try_from(after)
        .ok()
        .and_then(|after| now.checked_add(after).ok())
        .unwrap_or(Timestamp::MAX)
}

fn up(time: Duration, unit: i128) -> i128 {
    let nanos = i128::try_from(time.as_nanos()).unwrap_or(i128::MAX);
    nanos / unit + i128::from(nanos % unit > 0)
}

fn date(nanos: i128, format: &str) -> String {
    let at = Timestamp::from_nanosecond(nanos).unwrap_or(Timestamp::MAX);
    at.strftime(format).to_string()
}

/// Thousandths as a number that always has a fraction: `2.0`, `64.57`.
fn fraction(thousandths: i128) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, (thousandths % 1000).abs());
    let kept = text.trim_end_matches('0');
    if kept.ends_with('.') { format!("{kept}0") } else { kept.to_owned() }
}

/// As Go's `time.Duration` prints itself.
fn go(milliseconds: i128) -> String {
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    if milliseconds < 1000 {
        return format!("{milliseconds}ms");
    }
    let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000);
    let seconds = fraction(rest);
    let seconds = seconds.strip_suffix(".0").unwrap_or(&seconds);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_reads_what_it_would_write() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let after = Duration::from_millis(30_120);
        let written = MomentFormat::ALL.map(|(name, format)| (name, format.write(now, after)));
        let expected = [
            ("epoch", "1700000031"),
            ("epoch-ms", "1700000030120"),
            ("epoch-float", "1700000030.12"),
            ("delta", "31"),
            ("delta-ms", "30120"),
            ("delta-float", "30.12"),
            ("iso8601", "2023-11-14T22:14Z"),
            ("rfc3339", "2023-11-14T22:13:51Z"),
            ("rfc3339-ms", "2023-11-14T22:13:50.120Z"),
            ("go", "30.12s"),
            ("http-date", "Tue, 14 Nov 2023 22:13:51 GMT"),
        ];
        assert_eq!(written, expected.map(|(name, text)| (name, text.to_owned())));
    }

    #[test]
    fn go_durations_are_spelled_as_go_does() {
        for (milliseconds, text) in [
            (0, "0s"),
            (1, "1ms"),
            (120, "120ms"),
            (1000, "1s"),
            (2500, "2.5s"),
            (360_000, "6m0s"),
            (3_600_000, "1h0m0s"),
            (3_661_500, "1h1m1.5s"),
        ] {
            assert_eq!(go(milliseconds), text);
        }
    }

    #[test]
    fn no_time_is_too_far() {
        for (_, format) in MomentFormat::ALL {
            format.write(Timestamp::MAX, Duration::MAX);
            format.write(Timestamp::MIN, Duration::ZERO);
        }
    }
}
