//! Credentials inside base64: the policy of a signed form, a message that carries another.

use std::ops::Range;

use base64::{
    Engine as _,
    engine::{
        GeneralPurpose,
        general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
    },
};

use super::pass::{Finding, Pass};

/// In less there is no name and value.
const LEAST: usize = 24;

/// Base64 in base64 is followed this deep.
const DEEPEST: u8 = 2;

/// So much is decoded to see whether it is text at all: most base64 is not.
const SAMPLE: usize = 64;

/// Base64 whose text has credentials in it.
pub(super) struct Encoded {
    pub(super) range: Range<usize>,
    pub(super) replacement: Vec<u8>,
    pub(super) found: Vec<Finding>,
}

impl Pass<'_> {
    /// The base64 in a text whose own text has credentials in it, without them.
    pub(super) fn encoded(&self, text: &[u8]) -> Vec<Encoded> {
        if self.depth >= DEEPEST {
            return Vec::new();
        }
        runs(text)
            .filter_map(|range| {
                if !may_be_text(text, range.clone()) {
                    return None;
                }
                let (engine, plain) = decoded(text.get(range.clone())?)?;
                let mut pass = Pass::new(self.keys, self.side);
                pass.taints.clone_from(&self.taints);
                pass.depth = self.depth + 1;
                let replaced = match pass.json(&plain) {
                    Some(replaced) => replaced,
                    None => pass.string(&plain),
                };
                let replacement = engine.encode(replaced?).into_bytes();
                Some(Encoded { range, replacement, found: pass.found })
            })
            .collect()
    }
}

/// What could be base64, padding included.
fn runs(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(from..)?;
            let start = from + rest.iter().position(|&byte| is_part(byte))?;
            let rest = text.get(start..)?;
            let length = rest.iter().position(|&byte| !is_part(byte)).unwrap_or(rest.len());
            let padding = rest.iter().skip(length).take(2).take_while(|it| **it == b'=').count();
            from = start + length;
            if length >= LEAST {
                return Some(start..from + padding);
            }
        }
    })
}

/// Whether a byte is one of base64, in any alphabet, padding aside.
#[inline]
pub(super) fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The run of such bytes around a place, padding aside.
pub(super) fn run_around(text: &[u8], at: usize) -> Range<usize> {
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at..).unwrap_or_default();
    let start = at - before.iter().rev().take_while(|&&byte| is_part(byte)).count();
    start..at + after.iter().take_while(|&&byte| is_part(byte)).count()
}

/// Whether a run may decode to text, by its beginning.
pub(super) fn may_be_text(text: &[u8], run: Range<usize>) -> bool {
    let Some(run) = text.get(run) else {
        return false;
    };
    let Some(head) = run.first_chunk::<LEAST>() else {
        return false;
    };
    // Where a digit or what is no letter comes first, the first byte is none that text begins with.
    if !matches!(head[0], b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9') {
        return false;
    }
    let mut plain = [0; LEAST / 4 * 3];
    match alphabet(run).decode_slice(head, &mut plain) {
        Ok(_) => is_text(&plain),
        Err(_) => false,
    }
}

/// The text of a base64 text, and the way to write it again.
fn decoded(run: &[u8]) -> Option<(&'static GeneralPurpose, String)> {
    let engine = alphabet(run);
    let sample = engine.decode(run.get(..SAMPLE.min(run.len() / 4 * 4))?).ok()?;
    if !is_text(&sample) {
        return None;
    }
    let text = String::from_utf8(engine.decode(run).ok()?).ok()?;
    // An own spelling could not be given back.
    (engine.encode(&text).as_bytes() == run).then_some((engine, text))
}

fn alphabet(run: &[u8]) -> &'static GeneralPurpose {
    let is_url_safe = run.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let is_padded = run.ends_with(b"=") || run.len().is_multiple_of(4);
    match (is_url_safe, is_padded) {
        (false, true) => &STANDARD,
        (false, false) => &STANDARD_NO_PAD,
        (true, true) => &URL_SAFE,
        (true, false) => &URL_SAFE_NO_PAD,
    }
}

fn is_text(sample: &[u8]) -> bool {
    match std::str::from_utf8(sample) {
        Ok(text) => !text.contains(|c: char| c.is_control() && !c.is_ascii_whitespace()),
        // Cut within a character.
        Err(error) => error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{pass::Side, pseudonym::Pseudonyms},
        *,
    };

    fn sanitised(text: &str) -> Option<String> {
        let keys = Pseudonyms::new(b"key");
        Pass::new(&keys, Side::Request).string(text)
    }

    #[test]
    fn a_credential_inside_base64_is_replaced_in_any_alphabet() {
        let policy =
            r#"{"conditions":[{"x-amz-security-token":"abcdef-8f3kd02ksl>?"},{"k":"é~~"}]}"#;
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            let text = format!("policy {} end", engine.encode(policy));
            let out = sanitised(&text).unwrap();
            let middle = out.strip_prefix("policy ").unwrap().strip_suffix(" end").unwrap();
            let plain = String::from_utf8(engine.decode(middle).unwrap()).unwrap();
            assert!(plain.contains("r1ng") && plain.ends_with(r#""},{"k":"é~~"}]}"#), "{plain}");
            assert!(!plain.contains("8f3kd02ksl"), "{plain}");
            assert_eq!(sanitised(&out), None, "a second time");
        }
    }

    #[test]
    fn base64_without_a_credential_stays() {
        for plain in
            [&b"{\"page\":1,\"after\":\"x-000017\"}"[..], &[0x89, 0x50, 0xff, 0x00].repeat(20)]
        {
            assert_eq!(sanitised(&format!("v {}", STANDARD.encode(plain))), None);
        }
    }
}
