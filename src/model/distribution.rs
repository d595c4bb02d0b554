//! Times that are drawn anew for each answer.

use std::{sync::Arc, time::Duration};

/// How times spread.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Fixed(Duration),
    /// Every time between two is as likely.
    Uniform {
        /// The shortest.
        lower: Duration,
        /// The longest.
        upper: Duration,
    },
    /// The bell curve; what falls below zero is zero.
    Normal {
        /// Its middle.
        mean: Duration,
        /// Its standard deviation.
        deviation: Duration,
    },
    /// Its logarithm is normal: half of the times are shorter than the median, few are much longer.
    LogNormal {
        /// The median.
        median: Duration,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// Sums of exponential waits: `shape` of them, each `scale` long on average.
    Gamma {
        /// How many; more than 0, need not be whole.
        shape: f64,
        /// The mean of each.
        scale: Duration,
    },
    /// A heavy tail: `minimum`, and longer than `x` with the probability `(minimum / x) ^ alpha`.
    Pareto {
        /// The shortest.
        minimum: Duration,
        /// How fast the tail thins out; more than 0.
        alpha: f64,
    },
    /// As measured: between two neighbouring quantiles every time is as likely.
    Quantiles(Arc<[Quantile]>),
}

/// A share of times that are no longer than this one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// The share, from 0 to 1.
    pub share: f64,
    /// The time.
    pub time: Duration,
}

/// A wait that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// How it spreads.
    pub distribution: Distribution,
    /// Longer ones are drawn again, and in the end are this long.
    pub max: Option<Duration>,
}

impl Wait {
    /// Always this long.
    pub fn fixed(time: Duration) -> Self {
        Self { distribution: Distribution::Fixed(time), max: None }
    }

    /// Whether one is unlike another.
    pub fn draws(&self) -> bool {
        !matches!(self.distribution, Distribution::Fixed(_))
    }
}

/// Where the latency of answers comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum LatencySource {
    /// As fast as can be: only what a person wrote into a stub counts.
    None,
    /// As recorded, times this factor.
    Recorded(f64),
    /// Drawn for each answer, whatever was recorded.
    Drawn {
        /// Until the head goes out.
        head: Wait,
        /// Before each further piece of the body; `None` sends them with the head.
        chunks: Option<Wait>,
    },
    /// Drawn for each answer from what its endpoint was recorded to take, times this factor.
    Empirical(f64),
}

impl Default for LatencySource {
    fn default() -> Self {
        Self::Recorded(1.0)
    }
}
