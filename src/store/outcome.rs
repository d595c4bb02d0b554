//! What became of an exchange, in a word.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::model::Outcome;

/// What became of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExchangeOutcome {
    /// The client left before there was an answer.
    Abandoned,
    /// The real API could not be reached or broke off.
    Failed,
    /// A fault struck.
    Injected,
    /// A rate limit refused it.
    Limited,
    /// Nothing matched.
    Missed,
    /// A stub answered that matched but for values that vary from run to run.
    Nearest,
    /// The real API answered.
    Passed,
    /// The real API answered, and that was recorded.
    Recorded,
    /// A stub answered.
    Stub,
}

/// A word that names no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "unknown outcome `{0}`, expected one of abandoned, failed, injected, limited, missed, nearest, passed, recorded, stub"
)]
pub struct UnknownOutcome(String);

impl ExchangeOutcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Abandoned,
        Self::Failed,
        Self::Injected,
        Self::Limited,
        Self::Missed,
        Self::Nearest,
        Self::Passed,
        Self::Recorded,
        Self::Stub,
    ];

    /// Its name in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::Failed => "failed",
            Self::Injected => "injected",
            Self::Limited => "limited",
            Self::Missed => "missed",
            Self::Nearest => "nearest",
            Self::Passed => "passed",
            Self::Recorded => "recorded",
            Self::Stub => "stub",
        }
    }
}

impl fmt::Display for ExchangeOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ExchangeOutcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        found.ok_or_else(|| UnknownOutcome(text.to_owned()))
    }
}

impl From<&Outcome> for ExchangeOutcome {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::InjectedError => Self::Injected,
            Outcome::Missed => Self::Missed,
            Outcome::Passed => Self::Passed,
            Outcome::RateLimited => Self::Limited,
            Outcome::Recorded(_) => Self::Recorded,
            Outcome::Stub { nearest: true, .. } => Self::Nearest,
            Outcome::Stub { .. } => Self::Stub,
            Outcome::UpstreamFailed(_) => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_told_to_who_errs() {
        let mut told = UnknownOutcome("x".to_owned()).to_string();
        for outcome in ExchangeOutcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
            assert!(told.contains(outcome.as_str()));
            told = told.replacen(outcome.as_str(), "", 1);
        }
    }
}
