//! Draws that may never be made: the source of chance of most requests is not asked for anything.

use std::convert::Infallible;

use rand::{Rng as _, TryRng};
use rand_chacha::ChaCha8Rng;

/// A source of chance that is made for the first draw.
#[derive(Debug)]
pub struct LazyDraws<F> {
    make: F,
    made: Option<ChaCha8Rng>,
}

impl<F: Fn() -> ChaCha8Rng> LazyDraws<F> {
    /// A source of chance as `make` makes it.
    pub fn new(make: F) -> Self {
        Self { make, made: None }
    }

    fn source(&mut self) -> &mut ChaCha8Rng {
        self.made.get_or_insert_with(&self.make)
    }
}

impl<F: Fn() -> ChaCha8Rng> TryRng for LazyDraws<F> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.source().next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.source().next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.source().fill_bytes(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;
    use crate::runtime::Seed;

    #[test]
    fn it_draws_what_its_source_draws() {
        let draws = || Seed(7).draws("session", b"subject", 3);
        let (mut lazy, mut eager) = (LazyDraws::new(draws), draws());
        for _ in 0..10 {
            assert_eq!(lazy.random::<u64>(), eager.random::<u64>());
            assert_eq!(lazy.random_range(0..1000), eager.random_range(0..1000));
        }
        let (mut bytes, mut same) = ([0; 13], [0; 13]);
        lazy.fill_bytes(&mut bytes);
        eager.fill_bytes(&mut same);
        assert_eq!(bytes, same);
    }
}
