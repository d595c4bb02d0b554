//! How a limit stands at an answer: what texts with placeholders tell of.

use std::time::Duration;

use jiff::Timestamp;

/// How a policy stands at an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Its name.
    pub name: &'a str,
    /// How much passes in a window.
    pub limit: u64,
    /// How much passes at once.
    pub burst: u64,
    /// The window.
    pub window: Duration,
    /// How much is left.
    pub remaining: u64,
    /// When all of it is there again, from now.
    pub reset_after: Duration,
    /// What this request counts.
    pub cost: u64,
    /// What it counted until its answer was known.
    pub reserved: u64,
}

/// What a text with placeholders tells of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The policies, in the order in which the text was parsed with their names.
    pub policies: &'a [Standing<'a>],
    /// Which of them is meant where none is named.
    pub tightest: usize,
    /// Which of them refused the request.
    pub violated: &'a [usize],
    /// After which time a refused request may try again.
    pub retry_after: Duration,
    /// By what the client is known, fit to be shown.
    pub key: &'a str,
    /// The time, as the provider's clock shows it.
    pub now: Timestamp,
    /// Chance for what is random in one answer.
    pub random: [u8; 32],
}

impl Facts<'_> {
    /// Nothing to tell of, for texts without placeholders.
    pub fn nothing() -> Self {
        Self {
            policies: &[],
            tightest: 0,
            violated: &[],
            retry_after: Duration::ZERO,
            key: "",
            now: Timestamp::UNIX_EPOCH,
            random: [0; 32],
        }
    }
}
