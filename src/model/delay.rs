//! Waits that a stub asks for.

use std::time::Duration;

/// A wait that is drawn for each answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// Always the same.
    Fixed(Duration),
    /// Log-normal: half of the waits are shorter than `median`.
    LogNormal {
        /// The median in milliseconds.
        median: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
        /// Longer waits are drawn again, in milliseconds.
        max: Option<f64>,
    },
    /// Every length of time between two is as likely.
    Uniform {
        /// The shortest.
        lower: Duration,
        /// The longest.
        upper: Duration,
    },
}

/// A body in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dribble {
    /// Into how many pieces.
    pub chunks: u32,
    /// Over how long a time.
    pub total: Duration,
}
