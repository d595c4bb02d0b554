//! Hashes by which the index finds stubs. They are the same in every run: only what stubs say is ever
//! put in, so a request that was made to collide finds a stub too many, which is asked like the others.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const SEED: u64 = 0x2436_9d4c_0b5f_7e31;

/// What is found by a hash.
pub(super) type ByHash<V> = HashMap<u64, V, BuildHasherDefault<AsItIs>>;

/// A hash that is used as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = of(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// The hash of a text.
pub(super) fn of(text: &[u8]) -> u64 {
    let mut state = SEED ^ (text.len() as u64);
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        state = folded(state ^ u64::from_le_bytes(*word), MULTIPLIER);
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    joined(state, u64::from_le_bytes(last))
}

/// One hash of two.
pub(super) fn joined(one: u64, other: u64) -> u64 {
    folded(one ^ other.rotate_left(32), MULTIPLIER ^ other)
}

/// Both halves of a product, so that each bit of the one depends on all of the other.
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other | 1);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn like_texts_have_hashes_of_their_own() {
        let texts = (0..100_000).map(|n| format!("/v1/things/{n}/parts"));
        let hashes: HashSet<u64> = texts.map(|text| of(text.as_bytes())).collect();
        assert_eq!(hashes.len(), 100_000);
        let low: HashSet<u64> = hashes.iter().map(|hash| hash & 0xffff).collect();
        let high: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(low.len() > 45_000 && high.len() == 128, "{} {}", low.len(), high.len());
    }

    #[test]
    fn length_and_order_count() {
        let all = ["", "\0", "\0\0", "a\0", "\0a", "ab", "ba"].map(|text| of(text.as_bytes()));
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert_ne!(joined(1, 2), joined(2, 1));
    }
}
