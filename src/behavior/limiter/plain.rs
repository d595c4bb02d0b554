//! Rate limits as (state, now) → state.

use std::{str::FromStr, time::Duration};

/// So many requests in a window, by token bucket: a burst of `limit`, refilled evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests; at least 1.
    pub limit: u32,
    /// The time in which they are refilled.
    pub window: Duration,
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    tokens: f64,
    at: Duration,
}

/// Whether a request may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may; so many more could now.
    Allowed {
        /// Whole requests left.
        remaining: u32,
    },
    /// It may not; the next could after this time.
    Limited {
        /// Time until one more request is allowed.
        retry_after: Duration,
    },
}

impl RateLimit {
    /// A full bucket.
    pub fn full(self, now: Duration) -> Bucket {
        Bucket { tokens: f64::from(self.limit), at: now }
    }

    /// Takes one request out of the bucket at `now`.
    pub fn take(self, bucket: Bucket, now: Duration) -> (Bucket, Verdict) {
        let rate = f64::from(self.limit) / self.window.as_secs_f64();
        let passed = now.saturating_sub(bucket.at).as_secs_f64();
        let tokens = passed.mul_add(rate, bucket.tokens).min(f64::from(self.limit));
        if tokens >= 1.0 {
            let bucket = Bucket { tokens: tokens - 1.0, at: now };
            // Truncation is what is meant: only whole requests count.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 ≤ tokens ≤ limit"
            )]
            let remaining = bucket.tokens as u32;
            (bucket, Verdict::Allowed { remaining })
        } else {
            let retry_after = Duration::from_secs_f64((1.0 - tokens) / rate);
            (Bucket { tokens, at: now }, Verdict::Limited { retry_after })
        }
    }
}

impl FromStr for RateLimit {
    type Err = String;

    /// `10/s`, `100/min`, `5000/h`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "unknown rate limit `{text}`, expected requests per unit: `10/s`, `100/min` or `5000/h`"
            )
        };
        let (limit, unit) = text.split_once('/').ok_or_else(wrong)?;
        let limit: u32 = limit.trim().parse().map_err(|_| wrong())?;
        if limit == 0 {
            return Err(format!("rate limit `{text}` must allow at least one request"));
        }
        let window = match unit.trim() {
            "s" | "sec" | "second" => 1,
            "m" | "min" | "minute" => 60,
            "h" | "hour" => 3600,
            "d" | "day" => 86400,
            _ => return Err(wrong()),
        };
        Ok(Self { limit, window: Duration::from_secs(window) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_the_command_line_documents() {
        let second = Duration::from_secs(1);
        assert_eq!("10/s".parse(), Ok(RateLimit { limit: 10, window: second }));
        assert_eq!("100/min".parse(), Ok(RateLimit { limit: 100, window: 60 * second }));
        for wrong in ["", "10", "0/s", "x/s", "10/fortnight"] {
            assert!(wrong.parse::<RateLimit>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_limited_client_that_waits_as_told_is_allowed() {
        let limit = RateLimit { limit: 2, window: Duration::from_secs(1) };
        let mut bucket = limit.full(Duration::ZERO);
        let mut now = Duration::ZERO;
        for _ in 0..10 {
            let (next, verdict) = limit.take(bucket, now);
            bucket = next;
            if let Verdict::Limited { retry_after } = verdict {
                now += retry_after + Duration::from_nanos(1);
                let (next, verdict) = limit.take(bucket, now);
                bucket = next;
                assert!(matches!(verdict, Verdict::Allowed { .. }));
            }
        }
    }

    proptest! {
        #[test]
        fn never_allows_more_than_a_burst_and_the_refill(
            limit in 1u32..50,
            gaps in prop::collection::vec(0u64..200, 1..300),
        ) {
            let limit = RateLimit { limit, window: Duration::from_secs(1) };
            let mut bucket = limit.full(Duration::ZERO);
            let (mut now, mut allowed) = (Duration::ZERO, 0u32);
            for gap in gaps {
                now += Duration::from_millis(gap);
                let (next, verdict) = limit.take(bucket, now);
                bucket = next;
                allowed += u32::from(matches!(verdict, Verdict::Allowed { .. }));
            }
            let bound = f64::from(limit.limit) * (1.0 + now.as_secs_f64());
            prop_assert!(f64::from(allowed) <= bound + 1e-6);
        }
    }
}
