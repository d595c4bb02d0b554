//! What a policy comes to in numbers.

use std::time::Duration;

use jiff::tz::TimeZone;
use thiserror::Error;

use super::now::nanos;
use crate::model::{Algorithm, Policy};

/// What is known of a policy before any request.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How it counts.
    pub(super) algorithm: Algorithm,
    /// Above 0.
    pub(super) limit: i128,
    /// In nanoseconds, above 0.
    pub(super) window: i128,
    /// What may come at once; above 0.
    pub(super) burst: i128,
    pub(super) zone: TimeZone,
}

/// Why a policy cannot be counted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TermsError {
    /// Nothing would ever pass.
    #[error("policy `{0}`: `limit` must be at least 1")]
    Nothing(String),
    /// Nor would anything be refused.
    #[error("policy `{0}`: `window` must be longer than no time")]
    NoWindow(String),
    /// The time zone is in no table.
    #[error(
        "policy `{policy}`: unknown time zone `{zone}`, expected a name as `America/Los_Angeles` or `UTC`"
    )]
    Zone {
        /// The policy.
        policy: String,
        /// What it says.
        zone: String,
    },
}

/// Windows and numbers beyond these are taken as these, so that no product of them is too large: 36
/// years, and the largest number that JSON keeps.
const LONGEST: i128 = 1 << 60;
const MOST: i128 = 1 << 53;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Terms {
    /// Those of a policy.
    ///
    /// # Errors
    ///
    /// [`TermsError`], when there is no sense in it.
    pub fn new(policy: &Policy) -> Result<Self, TermsError> {
        if policy.limit == 0 {
            return Err(TermsError::Nothing(policy.name.clone()));
        }
        let (window, zone) = match &policy.algorithm {
            Algorithm::Concurrency => (policy.window.max(Duration::from_nanos(1)), TimeZone::UTC),
            Algorithm::Daily { zone } => {
                let known = TimeZone::get(zone).map_err(|_| TermsError::Zone {
                    policy: policy.name.clone(),
                    zone: zone.clone(),
                })?;
                (DAY, known)
            }
            _ if policy.window.is_zero() => {
                return Err(TermsError::NoWindow(policy.name.clone()));
            }
            _ => (policy.window, TimeZone::UTC),
        };
        let burst = match policy.algorithm {
            Algorithm::TokenBucket | Algorithm::LeakyBucket | Algorithm::Gcra => {
                policy.burst.unwrap_or(policy.limit).max(1)
            }
            _ => policy.limit,
        };
        Ok(Self {
            algorithm: policy.algorithm.clone(),
            limit: bounded(policy.limit),
            window: nanos(window).min(LONGEST),
            burst: bounded(burst),
            zone,
        })
    }

    /// What may come at once.
    pub fn burst(&self) -> u64 {
        super::now::count(self.burst)
    }

    /// How long its window is.
    pub fn window(&self) -> Duration {
        super::now::span(self.window)
    }

    /// Whether it counts requests that are being answered, which it forgets when they are.
    pub fn is_concurrency(&self) -> bool {
        self.algorithm == Algorithm::Concurrency
    }
}

/// A number of requests, tokens or bytes.
pub(super) fn bounded(number: u64) -> i128 {
    i128::from(number).min(MOST)
}
