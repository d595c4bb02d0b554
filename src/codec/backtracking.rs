//! Regular expressions with look-around and back-references, tried with bounded work.
//!
//! The engine counts the steps of one try alone, and a step may look at the whole text. So a try gets
//! fewer steps the longer its text is, and all tries of one request share an allowance: a list of
//! short values, each of which is hard, costs no more than one long value.

use std::{
    cell::Cell,
    sync::{Arc, OnceLock},
};

use fancy_regex::{Error, Regex, RegexBuilder, RuntimeError};

/// Steps that a try may take, by turns: few at first, since nearly all texts need few.
const LIMITS: [usize; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

/// Steps that a try may take on a short text.
pub const BACKTRACK_LIMIT: usize = 1_000_000;

/// Steps times bytes of text that a try may take.
const MAX_WORK: u64 = 1_000_000_000;

/// What all tries within one [`bounded`] may take together.
const ALLOWANCE: Left = Left { steps: 5_000_000, work: 2 * MAX_WORK };

/// A regular expression took too long on a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gave up after {n_steps} steps")]
pub struct GaveUp {
    /// How many were taken.
    pub n_steps: usize,
}

/// A compiled pattern in the syntax of `fancy_regex`.
#[derive(Clone, Debug)]
pub struct Backtracking {
    pattern: Arc<str>,
    /// The same for each limit; the engine takes its limit when it is built.
    engines: Arc<[OnceLock<Option<Regex>>; LIMITS.len()]>,
    size_limit: Option<usize>,
}

#[derive(Clone, Copy)]
struct Left {
    steps: u64,
    work: u64,
}

thread_local! {
    /// What is left to the tries of this thread's request; `None` outside of one.
    static LEFT: Cell<Option<Left>> = const { Cell::new(None) };
}

/// Runs `work`, all tries of which share one allowance; within another such run, that one's.
pub fn bounded<T>(work: impl FnOnce() -> T) -> T {
    struct Ends;
    impl Drop for Ends {
        fn drop(&mut self) {
            LEFT.set(None);
        }
    }
    if LEFT.get().is_some() {
        return work();
    }
    LEFT.set(Some(ALLOWANCE));
    let _ends = Ends;
    work()
}

/// Takes `n` steps on so many bytes from the allowance, if they are left.
fn spend(n: u64, length: u64) -> bool {
    let Some(left) = LEFT.get() else { return true };
    let (Some(steps), Some(work)) =
        (left.steps.checked_sub(n), left.work.checked_sub(n.saturating_mul(length)))
    else {
        return false;
    };
    LEFT.set(Some(Left { steps, work }));
    true
}

impl Backtracking {
    /// Compiles a pattern; `size_limit` bounds the bytes of its simple parts.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn compile(pattern: &str, size_limit: Option<usize>) -> Result<Self, Box<Error>> {
        let this =
            Self { pattern: pattern.into(), engines: Arc::new(Default::default()), size_limit };
        let first = this.build(LIMITS[0]).map_err(Box::new)?;
        let _ = this.engines[0].set(Some(first));
        Ok(this)
    }

    fn build(&self, limit: usize) -> Result<Regex, Error> {
        let mut builder = RegexBuilder::new(&self.pattern);
        builder.backtrack_limit(limit);
        if let Some(size) = self.size_limit {
            builder.delegate_size_limit(size);
        }
        builder.build()
    }

    /// Whether it fits `text`.
    ///
    /// # Errors
    ///
    /// The engine gave up before it knew.
    pub fn is_match(&self, text: &str) -> Result<bool, GaveUp> {
        self.attempt(text, |engine| engine.is_match(text))
    }

    /// What `run` finds in `text` with as many steps as are allowed.
    ///
    /// # Errors
    ///
    /// The engine gave up before it knew.
    pub fn attempt<T>(
        &self,
        text: &str,
        run: impl Fn(&Regex) -> Result<T, Error>,
    ) -> Result<T, GaveUp> {
        let length = (text.len() as u64).max(1);
        let mut n_steps = 0;
        for (&limit, engine) in LIMITS.iter().zip(self.engines.iter()) {
            let cost = limit as u64;
            let is_first = n_steps == 0;
            // A first try is linear in what there is of text.
            if !is_first && (cost.saturating_mul(length) > MAX_WORK || !spend(cost, length)) {
                break;
            }
            let engine = engine.get_or_init(|| self.build(limit).ok());
            let Some(engine) = engine else { break };
            match run(engine) {
                Ok(found) => return Ok(found),
                Err(error) => {
                    n_steps = limit;
                    let is_spent = is_first && !spend(cost, length);
                    let is_limit =
                        matches!(&error, Error::RuntimeError(RuntimeError::BacktrackLimitExceeded));
                    if is_spent || !is_limit {
                        break;
                    }
                }
            }
        }
        Err(GaveUp { n_steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARD: &str = r"\A(?:(?:a|aa)+(?=c)b)\z";

    fn hard(length: usize) -> String {
        "a".repeat(length) + "cb"
    }

    #[test]
    fn a_short_text_gets_all_steps_and_a_long_one_fewer() {
        let regex = Backtracking::compile(HARD, None).unwrap();
        for (length, n_steps) in [
            (900, BACKTRACK_LIMIT),
            (9_000, 100_000),
            (90_000, 10_000),
            (900_000, 1_000),
            (2_000_000, 100),
        ] {
            assert_eq!(regex.is_match(&hard(length)), Err(GaveUp { n_steps }));
        }
        assert_eq!(regex.is_match("x"), Ok(false));
    }

    #[test]
    fn hard_texts_share_an_allowance() {
        let regex = Backtracking::compile(HARD, None).unwrap();
        let taken: Vec<usize> = bounded(|| {
            bounded(|| regex.is_match(&hard(40))).unwrap_err();
            let tries = (0..100).map(|_| regex.is_match(&hard(40)).unwrap_err().n_steps);
            tries.collect()
        });
        assert_eq!(taken[0], BACKTRACK_LIMIT);
        assert!(taken.iter().sum::<usize>() < 6_000_000, "{taken:?}");
        assert_eq!(taken.last(), Some(&100));
        assert_eq!(regex.is_match(&hard(40)).unwrap_err().n_steps, BACKTRACK_LIMIT);
    }
}
