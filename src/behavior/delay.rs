//! How long an answer waits because a person said so, and how a dribbled body is cut.

use std::time::Duration;

use rand::{Rng, RngExt};

use super::distribution::normal;
use crate::model::{Delay, Dribble, ResponseSpec};

/// Draws above a maximum are drawn again so many times, as WireMock does, and then are the maximum.
const REDRAWS: usize = 10;
/// Pieces that a dribbled body is cut into at most: each costs a task a wake-up.
const MAX_PIECES: u64 = 100_000;

/// The waits of answers whose stub asks for none (WireMock's global settings).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GlobalDelay {
    /// Where a stub has no `fixedDelayMilliseconds`.
    pub fixed: Option<Duration>,
    /// Where a stub has no `delayDistribution`.
    pub drawn: Option<Delay>,
}

impl GlobalDelay {
    /// How long an answer waits: a fixed time and a drawn one, added. The source of chance is made
    /// only when something is drawn.
    pub fn wait<R: Rng>(self, response: &ResponseSpec, draws: impl FnOnce() -> R) -> Duration {
        let fixed = response.extras.fixed_delay.or(self.fixed).unwrap_or_default();
        match response.extras.delay.as_deref().copied().or(self.drawn) {
            None => fixed,
            Some(Delay::Fixed(wait)) => fixed.saturating_add(wait),
            Some(delay) => fixed.saturating_add(draw(delay, &mut draws())),
        }
    }
}

/// Draws one wait, in whole milliseconds.
pub fn draw(delay: Delay, draws: &mut impl Rng) -> Duration {
    match delay {
        Delay::Fixed(wait) => wait,
        Delay::Uniform { lower, upper } => {
            let span = upper.saturating_sub(lower).as_millis().try_into().unwrap_or(u64::MAX - 1);
            lower.saturating_add(Duration::from_millis(draws.random_range(0..=span)))
        }
        Delay::LogNormal { median, sigma, max } => {
            let mut one = || (normal(draws) * sigma).exp() * median;
            let drawn = match max {
                None => one(),
                Some(max) => (0..REDRAWS).map(|_| one()).find(|drawn| *drawn <= max).unwrap_or(max),
            };
            Duration::try_from_secs_f64(drawn.round() / 1000.0).unwrap_or(Duration::MAX)
        }
    }
}

/// When so many bytes are due: a piece after each of as many equal times, the last of which has the
/// rest. `start` is when the head goes out.
pub fn pieces(dribble: Dribble, length: u64, start: Duration) -> Vec<(Duration, u64)> {
    let count = u64::from(dribble.chunks.max(1)).min(length).min(MAX_PIECES);
    if count == 0 {
        return Vec::new();
    }
    let size = length / count;
    (1..=count)
        .map(|piece| {
            let part = piece as f64 / count as f64;
            let due = start.saturating_add(dribble.total.mul_f64(part));
            (due, if piece == count { length - size * (count - 1) } else { size })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::ResponseExtras;
    use crate::runtime::Seed;

    fn draws(delay: Delay) -> Vec<u128> {
        (0..2000).map(|hit| draw(delay, &mut Seed(3).draws("", b"", hit)).as_millis()).collect()
    }

    #[test]
    fn draws_have_the_shape_that_was_asked_for_and_come_again() {
        let ms = Duration::from_millis;
        let uniform = Delay::Uniform { lower: ms(10), upper: ms(20) };
        let drawn = draws(uniform);
        assert_eq!(drawn, draws(uniform));
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&10), Some(&20)));
        let mut drawn = draws(Delay::LogNormal { median: 100.0, sigma: 0.2, max: None });
        drawn.sort_unstable();
        assert!((95..=105).contains(&drawn[1000]), "{}", drawn[1000]);
        assert!((70..=80).contains(&drawn[2000 * 7 / 100]), "{}", drawn[2000 * 7 / 100]);
        let mut cut = draws(Delay::LogNormal { median: 90.0, sigma: 1.5, max: Some(120.0) });
        cut.sort_unstable();
        // Drawn again, not cut down: the median is lower than that of the whole.
        assert!(cut[1999] <= 120 && cut[1000] < 60, "{} {}", cut[1999], cut[1000]);
    }

    #[test]
    fn a_stub_s_own_wait_takes_the_place_of_the_global_one_of_its_kind() {
        let ms = Duration::from_millis;
        let global = GlobalDelay { fixed: Some(ms(600)), drawn: Some(Delay::Fixed(ms(50))) };
        let wait = |fixed_delay, delay: Option<Delay>| {
            let delay = delay.map(Box::new);
            let response = ResponseSpec {
                extras: ResponseExtras { fixed_delay, delay, ..ResponseExtras::default() }.into(),
                ..ResponseSpec::default()
            };
            global.wait(&response, || Seed(0).draws("", b"", 0))
        };
        assert_eq!(wait(None, None), ms(650));
        assert_eq!(wait(Some(ms(100)), None), ms(150));
        assert_eq!(wait(Some(ms(100)), Some(Delay::Fixed(ms(1)))), ms(101));
    }

    #[test]
    fn a_dribble_of_less_bytes_than_pieces_has_a_byte_each() {
        let dribble = Dribble { chunks: 5, total: Duration::from_millis(500) };
        let sizes =
            |length| pieces(dribble, length, Duration::ZERO).iter().map(|it| it.1).collect();
        let all: Vec<u64> = sizes(12);
        assert_eq!(all, [2, 2, 2, 2, 4]);
        let all: Vec<u64> = sizes(2);
        assert_eq!(all, [1, 1]);
        let all: Vec<u64> = sizes(0);
        assert!(all.is_empty());
    }

    proptest! {
        #[test]
        fn pieces_are_the_whole_and_end_in_time(
            chunks in any::<u32>(), total in 0u64..=u64::from(u32::MAX), length in 0u64..1 << 40,
        ) {
            let dribble = Dribble { chunks, total: Duration::from_millis(total) };
            let pieces = pieces(dribble, length, Duration::ZERO);
            prop_assert_eq!(pieces.iter().map(|it| it.1).sum::<u64>(), length);
            prop_assert!(pieces.iter().all(|it| it.0 <= dribble.total && it.1 > 0));
        }

        #[test]
        fn any_distribution_can_be_drawn_from(median in 0f64..3e9, sigma in 0f64..3e9, hit: u64) {
            draw(Delay::LogNormal { median, sigma, max: None }, &mut Seed(1).draws("", b"", hit));
        }
    }
}
