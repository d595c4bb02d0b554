//! A value that was once a credential is one wherever it occurs, in any of the usual encodings.

use std::{collections::HashMap, fmt::Write as _, ops::Range};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

use super::{
    class::Class,
    opaque,
    pseudonym::{Pseudonyms, is_pseudonym},
};
use crate::{
    codec::json,
    model::{Json, JsonStyle},
};

/// Shorter values are not looked for: they occur by chance.
const LEAST: usize = 8;

/// More values than this are not kept; a recording that has more is of a load test.
const MOST: usize = 50_000;

/// Longer values are documents, not credentials to look for.
const LONGEST: usize = 16 * 1024;

/// Known credentials and what stands for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Taint {
    /// By their first eight bytes.
    needles: HashMap<[u8; LEAST], Vec<Needle>>,
    n_needles: usize,
    n_values: usize,
    /// A bit for each hash of three bytes with which a needle starts: most places are ruled out by
    /// it. Its length is a power of two.
    starts: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Needle {
    text: Vec<u8>,
    replacement: Vec<u8>,
    /// Of the same length, for binary data.
    in_place: Option<Vec<u8>>,
    class: Class,
    value: String,
}

/// An occurrence.
#[derive(Clone, Debug)]
pub(super) struct Hit<'t> {
    pub(super) range: Range<usize>,
    pub(super) replacement: &'t [u8],
    /// Of the same length, for binary data.
    pub(super) in_place: Option<&'t [u8]>,
    pub(super) class: Class,
    /// The credential, decoded.
    pub(super) value: &'t str,
}

impl Taint {
    /// Whether a value is worth looking for.
    pub(super) fn accepts(value: &str) -> bool {
        (LEAST..=LONGEST).contains(&value.len())
            && !opaque::could_be_a_word(value)
            && !opaque::is_placeholder(value)
            // Among digits only a card number can be replaced without harm to a JSON number.
            && !value.bytes().all(|byte| byte.is_ascii_digit())
            && !is_pseudonym(value)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.n_needles == 0
    }

    /// Looks for a value from now on.
    pub(super) fn add(&mut self, keys: &Pseudonyms, value: &str, pseudonym: &str, class: Class) {
        if !Self::accepts(value) || self.n_values >= MOST || self.knows(value) {
            return;
        }
        self.n_values += 1;
        for (encode, _) in ENCODINGS {
            let text = encode(value);
            if text.len() < LEAST {
                continue;
            }
            let in_place = if text == value {
                keys.of_equal_length(value)
            } else {
                keys.of_equal_length(value).map(|same| encode(&same))
            };
            let in_place = in_place.filter(|same| same.len() == text.len()).map(String::into_bytes);
            let replacement = encode(pseudonym).into_bytes();
            self.insert(Needle {
                text: text.into_bytes(),
                replacement,
                in_place,
                class,
                value: value.to_owned(),
            });
        }
    }

    /// Looks for a text that is already an encoding, such as what follows `Basic`.
    pub(super) fn add_verbatim(&mut self, text: &str, replacement: &str, class: Class) {
        if text.len() >= LEAST && text.len() <= LONGEST && !self.knows(text) {
            let in_place = (text.len() == replacement.len()).then(|| replacement.into());
            self.insert(Needle {
                text: text.into(),
                replacement: replacement.into(),
                in_place,
                class,
                value: text.to_owned(),
            });
        }
    }

    fn knows(&self, text: &str) -> bool {
        first(text.as_bytes())
            .and_then(|key| self.needles.get(&key))
            .is_some_and(|list| list.iter().any(|needle| needle.text == text.as_bytes()))
    }

    fn insert(&mut self, needle: Needle) {
        let Some(key) = first(&needle.text) else {
            return;
        };
        let list = self.needles.entry(key).or_default();
        if list.iter().any(|known| known.text == needle.text) {
            return;
        }
        list.push(needle);
        // The longest first: one value may begin with another.
        list.sort_by_key(|needle| std::cmp::Reverse(needle.text.len()));
        self.n_needles += 1;
        if self.n_needles * 16 > self.starts.len() * 64 {
            let bits = (self.n_needles * 32).next_power_of_two().max(1024);
            self.starts = vec![0; bits / 64];
            let keys: Vec<[u8; LEAST]> = self.needles.keys().copied().collect();
            keys.iter().for_each(|key| self.mark(key));
        } else {
            self.mark(&key);
        }
    }

    fn mark(&mut self, key: &[u8]) {
        let Some((word, bit)) = self.place(key) else {
            return;
        };
        if let Some(word) = self.starts.get_mut(word) {
            *word |= bit;
        }
    }

    /// The word and bit of a start.
    fn place(&self, start: &[u8]) -> Option<(usize, u64)> {
        let &[a, b, c, ..] = start else {
            return None;
        };
        let hash = u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9e37_79b1) >> 8;
        let bits = (self.starts.len() * 64).checked_sub(1)?;
        let at = usize::try_from(hash).unwrap_or(0) & bits;
        Some((at / 64, 1 << (at % 64)))
    }

    /// The first occurrence at or after `from`.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<Hit<'_>> {
        if self.is_empty() {
            return None;
        }
        (from..text.len().saturating_sub(LEAST - 1)).find_map(|at| {
            let rest = text.get(at..)?;
            let (word, bit) = self.place(rest)?;
            if self.starts.get(word)? & bit == 0 {
                return None;
            }
            let needle = self
                .needles
                .get(&first(rest)?)?
                .iter()
                .find(|needle| rest.starts_with(&needle.text))?;
            Some(Hit {
                range: at..at + needle.text.len(),
                replacement: &needle.replacement,
                in_place: needle.in_place.as_deref(),
                class: needle.class,
                value: &needle.value,
            })
        })
    }
}

fn first(text: &[u8]) -> Option<[u8; LEAST]> {
    text.first_chunk().copied()
}

type Encoding = (fn(&str) -> String, &'static str);

const ENCODINGS: [Encoding; 10] = [
    (str::to_owned, "plain"),
    (|value| percent(value, false), "URL"),
    (|value| percent(value, true), "form"),
    (|value| lower_escapes(&percent(value, false)), "URL in lower case"),
    (json_text, "JSON"),
    (|value| json_text(value).replace('/', "\\/"), "JSON with escaped slashes"),
    (|value| STANDARD.encode(value), "base64"),
    (|value| STANDARD_NO_PAD.encode(value), "base64 without padding"),
    (|value| URL_SAFE.encode(value), "URL-safe base64"),
    (|value| URL_SAFE_NO_PAD.encode(value), "URL-safe base64 without padding"),
];

/// Percent-encoding of all but unreserved characters (RFC 3986 §2.3); a space as `+` in forms.
pub(super) fn percent(value: &str, form: bool) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b' ' if form => out.push('+'),
            b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// `%2F` as `%2f`.
fn lower_escapes(value: &str) -> String {
    let mut escape = 0;
    value
        .chars()
        .map(|c| {
            if c == '%' {
                escape = 2;
            } else if escape > 0 {
                escape -= 1;
                return c.to_ascii_lowercase();
            }
            c
        })
        .collect()
}

/// As between the quotes of a JSON string.
fn json_text(value: &str) -> String {
    let quoted = json::write(&Json::from(value), JsonStyle::default());
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_encoding() {
        let keys = Pseudonyms::new(b"key");
        let mut taint = Taint::default();
        let value = "p/ss \"w\u{f6}rd 9";
        taint.add(&keys, value, &keys.of(value), Class::Password);
        for (encode, name) in ENCODINGS {
            let text = format!("before {} after", encode(value));
            let hit = taint.find(text.as_bytes(), 0).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(hit.replacement, encode(&keys.of(value)).as_bytes(), "{name}");
        }
    }

    #[test]
    fn the_longest_of_two_wins() {
        let keys = Pseudonyms::new(b"key");
        let mut taint = Taint::default();
        taint.add(&keys, "abcdefgh1", "one", Class::Token);
        taint.add(&keys, "abcdefgh12", "two", Class::Token);
        assert_eq!(taint.find(b"abcdefgh12", 0).unwrap().replacement, b"two");
        assert_eq!(taint.find(b"abcdefgh13", 0).unwrap().replacement, b"one");
    }

    #[test]
    fn words_digits_and_short_values_are_let_go() {
        for value in ["testtest", "Password", "12345678901", "a1b2c3d", "${TOKEN_HERE}"] {
            assert!(!Taint::accepts(value), "{value}");
        }
        assert!(Taint::accepts("hunter22"));
    }

    #[test]
    fn thousands_of_values_are_all_found() {
        let keys = Pseudonyms::new(b"key");
        let mut taint = Taint::default();
        for n in 0..3000 {
            taint.add(&keys, &format!("{n:x}-value-{n}"), "x", Class::Token);
        }
        for n in 0..3000 {
            assert!(taint.find(format!("..{n:x}-value-{n}..").as_bytes(), 0).is_some(), "{n}");
        }
    }
}
