//! Stand-ins for secrets: keyed, deterministic, of the same form, and known as such.
//!
//! A pseudonym depends on the secret alone, not on where it was found: the token that one answer
//! hands out and the next request sends back stay the same token.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::card;

/// What every pseudonym contains that has room for it.
pub const MARKER: &str = "r1ng";

/// Values of this length or more keep it.
const LONG: usize = 12;

/// `MARKER` as it stands in base64, at each of the three ways it can fall.
const ENCODED: [&[u8]; 3] = [b"cjFuZ", b"Ixbm", b"yMW5n"];

/// Whether a value is a pseudonym, or holds one.
pub fn is_pseudonym(value: &str) -> bool {
    contains_pseudonym(value.as_bytes())
        || card::digits_only(value).is_some_and(|d| card::is_own(&d))
}

/// Whether the marker of pseudonyms occurs in some bytes, plainly or in base64.
pub fn contains_pseudonym(bytes: &[u8]) -> bool {
    contains(bytes, MARKER.as_bytes()) || ENCODED.iter().any(|marker| contains(bytes, marker))
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Makes pseudonyms with one key.
#[derive(Clone)]
pub(super) struct Pseudonyms {
    /// Keyed, and cloned for each value.
    mac: Hmac<Sha256>,
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms")
    }
}

impl Pseudonyms {
    pub(super) fn new(key: &[u8]) -> Self {
        // A key of the block's length cannot be refused; HMAC pads shorter ones with zeros anyway
        // (RFC 2104 §2).
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(Sha256::digest(key)) {
            *to = from;
        }
        Self { mac: Hmac::new(&block.into()) }
    }

    /// The pseudonym of a secret without its recognisable prefix.
    pub(super) fn of(&self, secret: &str) -> String {
        let mut random = self.random(b"token", secret);
        match secret.chars().count() {
            length if length < LONG => short(length, &mut random),
            length if secret.bytes().all(keeps_form) => same_form(secret, length, &mut random),
            length => {
                let rest = (MARKER.len()..length).map(|_| pick(ALPHANUMERIC, &mut random));
                MARKER.chars().chain(rest).collect()
            }
        }
    }

    /// A stand-in of exactly as many bytes, for places where nothing may move; `None` when there is
    /// no room for the marker.
    pub(super) fn of_equal_length(&self, secret: &str) -> Option<String> {
        let usual = self.of(secret);
        if usual.len() == secret.len() {
            return Some(usual);
        }
        let mut random = self.random(b"token", secret);
        let room = secret.len().checked_sub(MARKER.len()).filter(|&room| room >= 4)?;
        let rest = (0..room).map(|_| pick(HEX, &mut random));
        Some(MARKER.chars().chain(rest).collect())
    }

    /// The pseudonym of a card number of the given digits.
    pub(super) fn of_card(&self, value: &str, digits: &str) -> String {
        card::pseudonym(value, digits, self.random(b"card", digits))
    }

    /// Bytes without end that only the key's holder can make for this value.
    fn random(&self, class: &[u8], value: &str) -> impl FnMut() -> u8 + use<> {
        let mut mac = self.mac.clone();
        mac.update(class);
        mac.update(&[0]);
        mac.update(value.as_bytes());
        let seed: [u8; 32] = mac.finalize().into_bytes().into();
        let mut block = seed;
        let mut used = 0;
        let mut number = 0u64;
        move || {
            if used == block.len() {
                number += 1;
                block = Sha256::new()
                    .chain_update(seed)
                    .chain_update(number.to_le_bytes())
                    .finalize()
                    .into();
                used = 0;
            }
            used += 1;
            block.get(used - 1).copied().unwrap_or_default()
        }
    }
}

const HEX: &[u8] = b"0123456789abcdef";
const DIGITS: &[u8] = b"0123456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const UPPER_HEX: &[u8] = b"0123456789ABCDEF";
const ALPHANUMERIC: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn pick(alphabet: &[u8], random: &mut impl FnMut() -> u8) -> char {
    alphabet.get(usize::from(random()) % alphabet.len()).map_or('0', |&byte| char::from(byte))
}

/// Punctuation of tokens stays where it is, so that their structure and their length in any
/// encoding stay too.
fn keeps_form(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'.' | b'~' | b'+' | b'/' | b'=' | b'-' | b':' | b'\n' | b'\r')
}

fn short(length: usize, random: &mut impl FnMut() -> u8) -> String {
    let digits = length.saturating_sub(MARKER.len()).clamp(6, 8);
    MARKER.chars().chain((0..digits).map(|_| pick(HEX, random))).collect()
}

fn same_form(secret: &str, length: usize, random: &mut impl FnMut() -> u8) -> String {
    let letters_are =
        |fits: fn(u8) -> bool| secret.bytes().filter(u8::is_ascii_alphanumeric).all(fits);
    let narrow = if letters_are(|byte| byte.is_ascii_digit()) {
        Some(DIGITS)
    } else if letters_are(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        Some(HEX)
    } else if letters_are(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')) {
        Some(UPPER_HEX)
    } else {
        None
    };
    let padding = secret.len() - secret.trim_end_matches('=').len();
    let stand_in = |(at, byte): (usize, u8)| match MARKER.as_bytes().get(at) {
        Some(&marker) => char::from(marker),
        // The bits of the last character that padding leaves unused must be zero (RFC 4648 §3.5).
        None if padding > 0 && at + padding + 1 == length => 'Q',
        None => match byte {
            b'0'..=b'9' => pick(narrow.unwrap_or(DIGITS), random),
            b'a'..=b'z' => pick(narrow.unwrap_or(LOWER), random),
            b'A'..=b'Z' => pick(narrow.unwrap_or(UPPER), random),
            _ => char::from(byte),
        },
    };
    secret.bytes().enumerate().map(stand_in).collect()
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    use super::*;

    fn keys() -> Pseudonyms {
        Pseudonyms::new(b"key")
    }

    #[test]
    fn depends_on_the_key_and_the_secret() {
        let secret = "0a1b2c3d4e5f6071";
        assert_eq!(keys().of(secret), keys().of(secret));
        assert_ne!(keys().of(secret), Pseudonyms::new(b"other").of(secret));
        assert_ne!(keys().of(secret), keys().of("0a1b2c3d4e5f6072"));
    }

    #[test]
    fn keeps_alphabet_punctuation_and_padding() {
        let made = keys().of("0a1b2c3d-4e5f-6071");
        assert!(made.starts_with("r1ng") && made.as_bytes()[8] == b'-', "{made}");
        assert!(made.bytes().skip(4).all(|b| b == b'-' || HEX.contains(&b)), "{made}");
        let made = keys().of(&STANDARD.encode("a secret of nineteen"));
        assert!(STANDARD.decode(&made).is_ok(), "{made}");
    }

    #[test]
    fn knows_its_own_in_base64_too() {
        for text in ["r1ng0123", "xr1ng0123", "xyr1ng0123"] {
            assert!(is_pseudonym(&STANDARD.encode(text)), "{text}");
        }
        assert!(!is_pseudonym("an ordinary value"));
    }

    proptest! {
        #[test]
        fn is_known_and_of_the_promised_length(secret in "\\PC{1,60}") {
            let made = keys().of(&secret);
            prop_assert!(is_pseudonym(&made));
            let length = secret.chars().count();
            if length >= 12 {
                prop_assert_eq!(made.chars().count(), length);
            } else {
                prop_assert!((10..=12).contains(&made.len()));
            }
            if secret.len() >= 8 {
                prop_assert_eq!(keys().of_equal_length(&secret).unwrap().len(), secret.len());
            }
        }
    }
}
