//! A text eight bytes at a time, by arithmetic on all of them together: most of what is looked at holds
//! nothing of interest, and that is to be known soon.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const LOW: u64 = !HIGH;

/// Eight bytes of a text; zeros where it has ended.
#[derive(Clone, Copy)]
pub(super) struct Eight {
    /// Where they stand.
    pub(super) at: usize,
    /// The bytes without their highest bit.
    low: u64,
    /// The highest bit of those that are ASCII.
    ascii: u64,
}

/// A text from a place on.
#[inline]
pub(super) fn eights(text: &[u8], from: usize) -> impl Iterator<Item = Eight> {
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let word = match rest.first_chunk::<8>() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => rest.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
        };
        let eight = Eight { at, low: word & LOW, ascii: !word & HIGH };
        at += 8;
        Some(eight)
    })
}

impl Eight {
    /// The places of letters and digits.
    #[inline]
    pub(super) fn alphanumeric(&self) -> Places {
        Places(
            (within(self.low | (ONES * 0x20), b'a', b'z') | within(self.low, b'0', b'9'))
                & self.ascii,
        )
    }

    /// The places of any of some ASCII characters.
    #[inline]
    pub(super) fn any_of<const N: usize>(&self, bytes: [u8; N]) -> Places {
        let others = bytes
            .iter()
            .fold(HIGH, |others, &byte| others & ((self.low ^ (ONES * u64::from(byte))) + LOW));
        Places(!others & self.ascii)
    }
}

/// The highest bit of each byte that lies between two others; all of them are ASCII.
#[inline]
fn within(low: u64, first: u8, last: u8) -> u64 {
    let not_below = low + ONES * u64::from(0x80 - first);
    let above = low + ONES * u64::from(0x7f - last);
    not_below & !above & HIGH
}

/// Places within eight bytes: the highest bit of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Places(u64);

impl Places {
    /// The places that are marked here while the one before each is not; `before` tells of the one
    /// before these eight, and learns of the last of them.
    #[inline]
    pub(super) fn starts(self, before: &mut bool) -> Self {
        let carried = u64::from(*before) << 7;
        *before = self.0 >> 63 != 0;
        Self(self.0 & !((self.0 << 8) | carried))
    }

    #[inline]
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all eight are marked.
    #[inline]
    pub(super) fn is_full(self) -> bool {
        self.0 == HIGH
    }
}

impl Iterator for Places {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let place = self.0.trailing_zeros() / 8;
        self.0 &= self.0.wrapping_sub(1);
        (place < 8).then_some(place as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places(text: &[u8], from: usize, marked: impl Fn(&Eight) -> Places) -> Vec<usize> {
        eights(text, from).flat_map(|eight| marked(&eight).map(move |at| eight.at + at)).collect()
    }

    fn plain(text: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> Vec<usize> {
        (from..text.len()).filter(|&at| wanted(text[at])).collect()
    }

    #[test]
    fn every_byte_is_told_apart_at_every_place() {
        let text: Vec<u8> = (0..=255).collect();
        for from in 0..8 {
            let found = places(&text, from, Eight::alphanumeric);
            assert_eq!(found, plain(&text, from, |byte| byte.is_ascii_alphanumeric()));
            let found = places(&text, from, |eight| eight.any_of([b'+', b'_', 0x7f, b'=']));
            assert_eq!(found, plain(&text, from, |byte| b"+_=\x7f".contains(&byte)));
        }
    }

    proptest! {
        #[test]
        fn starts_follow_what_is_not_marked(text in "[a.é]{0,40}") {
            let text = text.as_bytes();
            let mut before = false;
            let mut found = Vec::new();
            for eight in eights(text, 0) {
                found.extend(eight.alphanumeric().starts(&mut before).map(|at| eight.at + at));
            }
            let expect: Vec<usize> = (0..text.len())
                .filter(|&at| text[at] == b'a' && (at == 0 || text[at - 1] != b'a'))
                .collect();
            prop_assert_eq!(found, expect);
        }
    }
}
