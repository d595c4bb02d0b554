//! Chance that can be repeated: each draw is a pure function of the seed and what it is for.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The seed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// A seed that no earlier run had.
    #[expect(clippy::disallowed_methods, reason = "this is the place that they name")]
    pub fn fresh() -> Self {
        Self(rand::rng().random_range(0..1_000_000_000))
    }

    /// 128 bits that no earlier run had.
    #[expect(clippy::disallowed_methods, reason = "this is the place that they name")]
    pub fn fresh_u128() -> u128 {
        rand::rng().random()
    }

    /// 256 bits that nobody can guess, as hexadecimal digits.
    #[expect(clippy::disallowed_methods, reason = "this is the place that they name")]
    pub fn secret() -> String {
        let bytes: [u8; 32] = rand::rng().random();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The source of chance for the `hit`th request (from 0) of a subject in a session. The same
    /// four give the same numbers, however many connections race.
    pub fn draws(self, session: &str, subject: &[u8], hit: u64) -> ChaCha8Rng {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        hash.update((session.len() as u64).to_le_bytes());
        hash.update(session);
        hash.update((subject.len() as u64).to_le_bytes());
        hash.update(subject);
        hash.update(hit.to_le_bytes());
        ChaCha8Rng::from_seed(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_inputs_give_the_same_draws_and_others_do_not() {
        let draw = |seed, session: &str, subject: &[u8], hit| -> u64 {
            Seed(seed).draws(session, subject, hit).random()
        };
        assert_eq!(draw(7, "a", b"s", 1), draw(7, "a", b"s", 1));
        let all = [
            draw(7, "a", b"s", 1),
            draw(8, "a", b"s", 1),
            draw(7, "b", b"s", 1),
            draw(7, "a", b"t", 1),
            draw(7, "a", b"s", 2),
        ];
        for (at, left) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|right| left != right));
        }
    }
}
