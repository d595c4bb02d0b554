//! What an endpoint was measured to take, as quantiles.

use std::{sync::Arc, time::Duration};

use rand::Rng;

use super::distribution;
use crate::model::{Distribution, Quantile, Wait};

/// Times that are kept of an endpoint at most; what more there are say little new.
const MAX_TIMES: usize = 4096;
/// Into how many steps the shares of times are told.
const STEPS: usize = 32;
/// Pieces of a body that came within this time of each other count as one, as the recorder has it.
const TOGETHER: Duration = Duration::from_millis(10);
/// Fewer answers say too little about an endpoint.
pub const ENOUGH: usize = 5;

/// How long the answers of an endpoint took.
#[derive(Clone, Debug, Default)]
pub struct Times {
    heads: Vec<Duration>,
    gaps: Vec<Duration>,
}

impl Times {
    /// Adds an answer: when its head came, and the pieces of its body, in their order.
    pub fn add(&mut self, head: Duration, pieces: impl IntoIterator<Item = Duration>) {
        if self.heads.len() >= MAX_TIMES {
            return;
        }
        self.heads.push(head);
        let mut start: Option<Duration> = None;
        for at in pieces {
            match start {
                Some(before) if at.saturating_sub(before) < TOGETHER => {}
                _ => {
                    if let Some(before) = start.filter(|_| self.gaps.len() < MAX_TIMES) {
                        self.gaps.push(at.saturating_sub(before));
                    }
                    start = Some(at);
                }
            }
        }
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// What is learned of them; `None` where there are none.
    pub fn learned(self) -> Option<Learned> {
        Some(Learned { head: spread(self.heads)?, gap: spread(self.gaps) })
    }
}

/// What an endpoint takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    head: Wait,
    gap: Option<Wait>,
}

impl Learned {
    /// Draws the time until the head comes.
    pub fn head(&self, draws: &mut impl Rng) -> Duration {
        distribution::draw(&self.head, draws)
    }

    /// Draws the time between two pieces of the body.
    pub fn gap(&self, draws: &mut impl Rng) -> Duration {
        self.gap.as_ref().map_or(Duration::ZERO, |gap| distribution::draw(gap, draws))
    }
}

/// Times as at most 33 quantiles, from the shortest to the longest.
fn spread(mut times: Vec<Duration>) -> Option<Wait> {
    times.sort_unstable();
    let last = times.len().checked_sub(1)?;
    let steps = last.clamp(1, STEPS);
    let quantile = |step: usize| {
        // Between two times lies what is between them.
        let (at, rest) = (step * last / steps, step * last % steps);
        let below = times.get(at).copied().unwrap_or_default();
        let above = times.get(at + 1).copied().unwrap_or(below);
        let part = rest as f64 / steps as f64;
        Quantile {
            share: step as f64 / steps as f64,
            time: below.saturating_add(above.saturating_sub(below).mul_f64(part)),
        }
    };
    let quantiles: Arc<[Quantile]> = (0..=steps).map(quantile).collect();
    Some(Wait { distribution: Distribution::Quantiles(quantiles), max: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Seed;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn heads(times: impl IntoIterator<Item = u64>) -> Vec<(f64, Duration)> {
        let mut all = Times::default();
        for time in times {
            all.add(ms(time), []);
        }
        let Distribution::Quantiles(quantiles) = all.learned().unwrap().head.distribution else {
            unreachable!()
        };
        quantiles.iter().map(|it| (it.share, it.time)).collect()
    }

    #[test]
    fn few_times_are_their_own_quantiles() {
        assert_eq!(heads([30, 10, 20]), [(0.0, ms(10)), (0.5, ms(20)), (1.0, ms(30))]);
        assert_eq!(heads([7]), [(0.0, ms(7)), (1.0, ms(7))]);
        assert!(Times::default().learned().is_none());
    }

    #[test]
    fn many_times_become_33_quantiles() {
        let quantiles = heads((0..=1000).rev());
        assert_eq!(quantiles.len(), 33);
        for (share, time) in quantiles {
            assert!((time.as_secs_f64() - share).abs() < 1e-6, "{share} {time:?}");
        }
    }

    #[test]
    fn what_is_drawn_of_measured_times_spreads_as_they_do() {
        let mut times = Times::default();
        // Nine in ten answers take 20 to 29 ms, the others 500.
        for at in 0..1000_u64 {
            times.add(if at % 10 == 9 { ms(500) } else { ms(20 + at % 10) }, []);
        }
        let learned = times.learned().unwrap();
        let drawn: Vec<Duration> =
            (0..10_000).map(|hit| learned.head(&mut Seed(5).draws("", b"", hit))).collect();
        let short = drawn.iter().filter(|it| **it <= ms(29)).count();
        let long = drawn.iter().filter(|it| **it == ms(500)).count();
        // Within a step of 1/32 on either side of the leap there is nothing to be known.
        assert!((8_600..=9_150).contains(&short), "{short}");
        assert!((650..=1_050).contains(&long), "{long}");
        assert!(drawn.iter().all(|it| (ms(20)..=ms(500)).contains(it)));
    }

    #[test]
    fn gaps_lie_between_groups_of_pieces() {
        let mut times = Times::default();
        times.add(ms(5), [5, 9, 14, 40, 44, 140].map(ms));
        let learned = times.learned().unwrap();
        let Some(Wait { distribution: Distribution::Quantiles(gaps), .. }) = &learned.gap else {
            unreachable!()
        };
        assert_eq!(gaps.iter().map(|it| it.time).collect::<Vec<_>>(), [ms(35), ms(100)]);
        let mut together = Times::default();
        together.add(ms(5), [5, 6, 7].map(ms));
        assert!(together.learned().unwrap().gap.is_none());
    }
}
