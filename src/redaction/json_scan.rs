//! Tells at a glance that a JSON text holds nothing of interest, without taking it apart: most do not,
//! and every request that is matched is looked at.

use super::{glance, names};

/// What a byte may be in a JSON text.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    // What stands between strings: punctuation, numbers and the three words.
    let structure = b"{}[],: \t\r\n0123456789+-.eEtrufalsn";
    let mut at = 0;
    while at < structure.len() {
        classes[structure[at] as usize] |= STRUCTURE;
        at += 1;
    }
    // Escapes may hide anything, and the others begin what text has names in.
    let signs = b"\\=<{[";
    at = 0;
    while at < signs.len() {
        classes[signs[at] as usize] |= SIGN;
        at += 1;
    }
    classes[b'"' as usize] = QUOTE;
    classes
};
const STRUCTURE: u8 = 1;
const SIGN: u8 = 2;
const QUOTE: u8 = 4;

/// Whether no name and no form of a credential occurs. May say no where there is none; what is not
/// JSON at all may be called ordinary only if the rules for text have nothing to find in it either.
pub(super) fn is_ordinary(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.first(), Some(b'{' | b'['))
        && matches!(bytes.last(), Some(b'}' | b']'))
        && strings_are_ordinary(text)
        && glance::is_free_of_forms(bytes)
}

fn strings_are_ordinary(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let quote = at + run(bytes, at, |class| class & STRUCTURE != 0);
        match bytes.get(quote) {
            Some(b'"') => {}
            Some(_) => return false,
            None => return true,
        }
        let start = quote + 1;
        let end = start + run(bytes, start, |class| class & (SIGN | QUOTE) == 0);
        if bytes.get(end) != Some(&b'"') {
            return false;
        }
        // A quotation mark where none can be: what seems a value may be a name.
        match next_visible(bytes, end + 1) {
            Some(b':') => {
                if !text.get(start..end).is_some_and(is_ordinary_name) {
                    return false;
                }
            }
            Some(b',' | b'}' | b']') => {}
            _ => return false,
        }
        at = end + 1;
    }
}

/// How many bytes from a place on are of the wanted class.
fn run(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let class = |byte: u8| CLASSES.get(usize::from(byte)).copied().unwrap_or_default();
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().position(|&byte| !wanted(class(byte))).unwrap_or(rest.len())
}

fn is_ordinary_name(name: &str) -> bool {
    !matches!(name, "query" | "number")
        && names::parameter(name).is_none()
        && names::header(name).is_none()
}

fn next_visible(bytes: &[u8], from: usize) -> Option<u8> {
    bytes.get(from..)?.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redaction::{
        pass::{Pass, Side},
        pseudonym::Pseudonyms,
    };

    #[test]
    fn most_texts_are_ordinary() {
        assert!(is_ordinary(r#"{"id": "cus_9x", "amount": 1999, "tags": ["a", "b"], "on": true}"#));
        assert!(!is_ordinary(r#"{"client_secret": "x"}"#));
        assert!(!is_ordinary(r#"{"note": "{\"password\": 1}"}"#));
        assert!(!is_ordinary(r#"{"a\u0070i_key": 1}"#));
    }

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z0-9 :=<{\\\\/\",]{0,8}",
            Just("password".to_owned()),
            Just("\"token\": \"MARKsecret12\"".to_owned()),
            Just("?token=MARKsecret12".to_owned()),
            Just("\"number\": 4539578763621486".to_owned()),
            Just("{\"a\": \"".to_owned()),
            Just("\"}".to_owned()),
            Just("\": 1, \"".to_owned()),
            // `?token=MARKsecret1234567`
            Just("P3Rva2VuPU1BUktzZWNyZXQxMjM0NTY3".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn nothing_would_be_found_in_an_ordinary_text(pieces in prop::collection::vec(piece(), 0..6)) {
            let keys = Pseudonyms::new(b"key");
            for text in [format!("{{{}}}", pieces.concat()), format!("{{\"a\": \"{}\"}}", pieces.concat())] {
                if is_ordinary(&text) {
                    let mut pass = Pass::new(&keys, Side::Request);
                    prop_assert_eq!(pass.json_at(&text, 0).flatten(), None, "{}", text);
                    prop_assert_eq!(pass.string(&text), None, "{}", text);
                }
            }
        }
    }
}
