//! Does an error strike, and which.

use std::str::FromStr;

use rand::{Rng, RngExt};

/// A share of requests that get an error instead of their answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorRate {
    /// Between 0 and 1.
    pub probability: f64,
    /// The status they get.
    pub status: u16,
}

impl ErrorRate {
    /// Whether the error strikes the request that these draws belong to.
    pub fn strikes(self, draws: &mut impl Rng) -> bool {
        draws.random::<f64>() < self.probability
    }
}

impl FromStr for ErrorRate {
    type Err = String;

    /// `5%:503` or `0.05:503`; without a status, 500.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || format!("unknown error rate `{text}`, expected a share and a status: `5%:503`");
        let (share, status) = text.split_once(':').unwrap_or((text, "500"));
        let probability: f64 = match share.strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0,
            None => share.trim().parse().map_err(|_| wrong())?,
        };
        if !(0.0..=1.0).contains(&probability) {
            return Err(format!("error rate `{share}` must lie between 0% and 100%"));
        }
        let status: u16 = status.parse().map_err(|_| wrong())?;
        if !(400..=599).contains(&status) {
            return Err(format!("status `{status}` of an error rate must lie between 400 and 599"));
        }
        Ok(Self { probability, status })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Seed;

    #[test]
    fn reads_what_the_command_line_documents() {
        assert_eq!("5%:503".parse(), Ok(ErrorRate { probability: 0.05, status: 503 }));
        assert_eq!("0.5:429".parse(), Ok(ErrorRate { probability: 0.5, status: 429 }));
        assert_eq!("100%".parse(), Ok(ErrorRate { probability: 1.0, status: 500 }));
        for wrong in ["", "x", "101%:500", "5%:200", "5%:", "-1%:500"] {
            assert!(wrong.parse::<ErrorRate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn strikes_about_its_share_and_the_same_hits_each_run() {
        let rate = ErrorRate { probability: 0.05, status: 503 };
        let struck = |seed| -> Vec<u64> {
            (0..10_000)
                .filter(|&hit| rate.strikes(&mut Seed(seed).draws("", b"stub", hit)))
                .collect()
        };
        assert_eq!(struck(7), struck(7));
        assert_ne!(struck(7), struck(8));
        assert!((400..=600).contains(&struck(7).len()), "{}", struck(7).len());
    }
}
