//! Tells at a glance that a JSON text holds nothing of interest, without taking it apart: most do not,
//! and every request that is matched is looked at.

use super::{names, shapes};

/// Whether no name and no form of a credential occurs. May say no where there is none; what is not
/// JSON at all may be called ordinary only if the rules for text have nothing to find in it either.
pub(super) fn is_ordinary(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !matches!(bytes.first(), Some(b'{' | b'[')) || !matches!(bytes.last(), Some(b'}' | b']')) {
        return false;
    }
    let mut at = 0;
    while let Some(quote) = next_quote(bytes, at) {
        let start = quote + 1;
        let Some(end) = next_quote(bytes, start) else {
            return false;
        };
        let Some(string) = text.get(start..end) else {
            return false;
        };
        let is_name = next_visible(bytes, end + 1) == Some(b':');
        if !is_structure(bytes.get(at..quote)) || !is_ordinary_string(string, is_name) {
            return false;
        }
        // A quotation mark where none can be: what seems a value may be a name.
        if !matches!(next_visible(bytes, end + 1), Some(b',' | b':' | b'}' | b']')) {
            return false;
        }
        at = end + 1;
    }
    is_structure(bytes.get(at..))
        && shapes::find(bytes, 0).is_none()
        && shapes::find_card(bytes, 0).is_none()
}

fn is_ordinary_string(string: &str, is_name: bool) -> bool {
    if is_name {
        !string.contains('\\')
            && !matches!(string, "query" | "number")
            && names::parameter(string).is_none()
            && names::header(string).is_none()
    } else {
        // Escapes may hide anything, and these begin what text has names in.
        !string.bytes().any(|byte| matches!(byte, b'\\' | b'=' | b'<' | b'{' | b'['))
    }
}

fn next_quote(bytes: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.iter().position(|&byte| byte == b'"').map(|at| from + at)
}

/// What stands between strings in JSON: punctuation, numbers and the three words.
fn is_structure(bytes: Option<&[u8]>) -> bool {
    bytes.is_some_and(|bytes| {
        bytes.iter().all(|byte| b"{}[],: \t\r\n0123456789+-.eEtrufalsn".contains(byte))
    })
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
