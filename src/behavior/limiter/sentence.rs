//! What becomes of a client that tries again before it was told to.

use std::time::Duration;

use crate::model::Penalty;

/// What a client that was refused was told, and how it takes that.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sentence {
    /// Until when it is refused whatever room there is, in time since the session began.
    until: Option<Duration>,
    /// The wait that it was last given.
    wait: Duration,
    /// How often it came too early since it was last let through, or banned.
    early: u32,
}

impl Sentence {
    /// How long it must wait still, when the penalty alone refuses it.
    pub fn left(&self, now: Duration) -> Option<Duration> {
        self.until.map(|until| until.saturating_sub(now)).filter(|left| !left.is_zero())
    }

    /// Refuses a request that the policies have no room for before `wait`, or that comes too early;
    /// returns the wait that it is given.
    pub fn refuse(&mut self, penalty: Penalty, wait: Duration, now: Duration) -> Duration {
        let left = self.left(now);
        let was_early = left.is_some();
        let own = left.unwrap_or_default().max(wait);
        let given = match penalty {
            _ if !was_early => wait,
            Penalty::Restart => self.wait.max(wait),
            Penalty::Escalate { factor, max } => {
                let longer = self.wait.as_secs_f64() * factor;
                // What no duration can hold is beyond the bound too.
                let longer = Duration::try_from_secs_f64(longer).unwrap_or(max).min(max);
                longer.max(wait)
            }
            Penalty::Ban { after, time } => {
                self.early = self.early.saturating_add(1);
                if self.early >= after {
                    self.early = 0;
                    time.max(wait)
                } else {
                    own
                }
            }
        };
        self.wait = given;
        self.until = Some(now.saturating_add(given));
        given
    }

    /// It waited, and was let through.
    pub fn served(&mut self) {
        *self = Self::default();
    }

    /// Whether it may be forgotten.
    pub fn is_over(&self, now: Duration) -> bool {
        self.left(now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_wait_begins_anew() {
        let mut sentence = Sentence::default();
        assert_eq!(sentence.left(SECOND), None);
        assert_eq!(sentence.refuse(Penalty::Restart, 10 * SECOND, SECOND), 10 * SECOND);
        assert_eq!(sentence.left(6 * SECOND), Some(5 * SECOND));
        assert_eq!(sentence.refuse(Penalty::Restart, SECOND, 6 * SECOND), 10 * SECOND);
        assert_eq!(sentence.left(16 * SECOND), None);
        sentence.served();
        assert_eq!(sentence.refuse(Penalty::Restart, 2 * SECOND, 20 * SECOND), 2 * SECOND);
    }

    #[test]
    fn a_wait_grows_up_to_its_bound() {
        let penalty = Penalty::Escalate { factor: 2.0, max: 5 * SECOND };
        let mut sentence = Sentence::default();
        let waits: Vec<_> =
            (0..5).map(|_| sentence.refuse(penalty, SECOND, SECOND).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
    }

    #[test]
    fn a_ban_comes_after_so_many_early_tries() {
        let penalty = Penalty::Ban { after: 2, time: 60 * SECOND };
        let mut sentence = Sentence::default();
        let waits: Vec<_> =
            (0..4).map(|_| sentence.refuse(penalty, SECOND, SECOND).as_secs()).collect();
        assert_eq!(waits, [1, 1, 60, 60]);
        assert!(!sentence.is_over(60 * SECOND) && sentence.is_over(61 * SECOND));
    }
}
