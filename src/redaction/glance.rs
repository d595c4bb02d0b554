//! Tells at a glance that no rule finds anything in a text. Most texts are of that kind, and every
//! request that is matched is looked at. Whoever gets no for an answer asks the rules.

use super::{
    card,
    eights::{Eight, eights},
    encoded,
    kind::Kind,
    names, shapes,
};

/// No rule finds anything in less: the shortest is `&pw=x`.
pub(super) const LEAST: usize = 5;

/// The longest name that the rules for pairs read, in bytes.
const LONGEST_NAME: usize = 64;

/// Whether no form, name or encoding of a credential occurs. What is known from elsewhere is not
/// looked for.
pub(super) fn is_plain(text: &[u8], kind: Kind) -> bool {
    if text.len() < LEAST {
        return true;
    }
    let mut signs = Signs::default();
    let mut is_inner = false;
    let mut runs = Runs::default();
    for eight in eights(text, 0) {
        if !is_free_of_shapes(text, &eight, &mut is_inner, kind == Kind::Text) {
            return false;
        }
        if kind != Kind::Binary {
            signs.see(&eight);
            if !runs.are_plain(text, &eight) {
                return false;
            }
        }
    }
    signs.are_plain(text)
}

/// Whether no form or encoding of a credential occurs in a text, whatever names are in it.
pub(super) fn is_free_of_forms(text: &[u8]) -> bool {
    let mut is_inner = false;
    let mut runs = Runs::default();
    eights(text, 0).all(|eight| {
        is_free_of_shapes(text, &eight, &mut is_inner, true) && runs.are_plain(text, &eight)
    })
}

fn is_free_of_shapes(text: &[u8], eight: &Eight, is_inner: &mut bool, with_cards: bool) -> bool {
    shapes::places(eight, is_inner).all(|at| {
        let at = eight.at + at;
        shapes::starting(text, at).is_none() && !(with_cards && card::may_start(text, at))
    })
}

/// Runs that could be base64.
#[derive(Default)]
struct Runs {
    /// Whether the eight bytes before were in one throughout.
    is_in: bool,
    /// Up to here they have been looked at.
    done: usize,
}

impl Runs {
    /// A run that is long enough fills two times eight bytes that follow each other.
    #[inline]
    fn are_plain(&mut self, text: &[u8], eight: &Eight) -> bool {
        let is_full = eight.alphanumeric().or(eight.any_of([b'+', b'/', b'-', b'_'])).is_full();
        let is_long = is_full && self.is_in;
        self.is_in = is_full;
        !is_long || eight.at < self.done || self.is_no_text(text, eight.at)
    }

    #[cold]
    fn is_no_text(&mut self, text: &[u8], at: usize) -> bool {
        let run = encoded::run_around(text, at);
        self.done = run.end;
        !encoded::may_be_text(text, run)
    }
}

/// What names are told from values by.
#[derive(Default)]
struct Signs {
    equals: bool,
    quote: bool,
    colon: bool,
    less: bool,
}

impl Signs {
    #[inline]
    fn see(&mut self, eight: &Eight) {
        if eight.any_of([b'=', b'"', b'\'', b'<', b':']).is_empty() {
            return;
        }
        self.equals |= !eight.any_of([b'=']).is_empty();
        self.quote |= !eight.any_of([b'"', b'\'']).is_empty();
        self.colon |= !eight.any_of([b':']).is_empty();
        self.less |= !eight.any_of([b'<']).is_empty();
    }

    /// Without any of them no name is read; after a name and a sign of equality comes a value.
    fn are_plain(&self, text: &[u8]) -> bool {
        if self.less || (self.quote && (self.colon || self.equals)) {
            return false;
        }
        !self.equals
            || memchr::memchr_iter(b'=', text)
                .all(|at| text.get(..at).is_some_and(|before| !ends_in_name(before)))
    }
}

/// Whether a text ends in what the name of a credential may be.
fn ends_in_name(text: &[u8]) -> bool {
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'%' | b'[' | b']' | b'-')
    };
    let length = text.iter().rev().take(LONGEST_NAME + 1).take_while(|byte| is_part(byte)).count();
    let Some(name) = text.len().checked_sub(length).and_then(|start| text.get(start..)) else {
        return true;
    };
    if length == 0 || length > LONGEST_NAME {
        return false;
    }
    if name.contains(&b'%') {
        return true;
    }
    std::str::from_utf8(name).is_ok_and(|name| names::parameter(name).is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redaction::{
        pass::{Pass, Side},
        prefixes::SHAPES,
        pseudonym::Pseudonyms,
    };

    #[test]
    fn most_texts_are_plain() {
        for text in [
            "/v1/items/00042",
            "/v1/customers/cus_9x/orders/2026-11-23/550e8400",
            "localhost:8080",
            "python-requests/2.31.0",
            "text/html,application/xml;q=0.9,*/*;q=0.8",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0",
            "550e8400-e29b-41d4-a716-446655440000",
            "Mon, 23 Nov 2026 06:40:12 GMT",
            "\"33a64df551425fcc\"",
        ] {
            assert!(is_plain(text.as_bytes(), Kind::Field), "{text}");
        }
        for text in
            ["?password=x", "Bearer a1B2c3D4e5F6", "https://a:b@c", "a token=\"x\"", "<pw>x</pw>"]
        {
            assert!(!is_plain(text.as_bytes(), Kind::Field), "{text}");
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let prefix = (0..SHAPES.len()).prop_map(|at| SHAPES[at].prefix.to_owned());
        prop_oneof![
            "[ -~]{0,12}",
            "[a-zA-Z0-9+/_-]{0,30}",
            "[0-9 -]{0,20}",
            "\\PC{0,6}",
            (prefix, "[a-zA-Z0-9]{0,70}|[0-9a-f]{32,64}|[0-9A-Z]{16,36}")
                .prop_map(|(prefix, rest)| prefix + &rest),
            (
                "[?&;, <\"]{0,2}",
                "password|pwd|token|key|a\\.sig|user\\[pw\\]|%70w|amp;code",
                "=|: |=\"|\": \"|>",
                "[a-z0-9]{0,20}"
            )
                .prop_map(|(before, name, sign, value)| before + &name + &sign + &value),
            Just("Bearer a1B2c3D4e5F6g7".to_owned()),
            Just("basic am9lOnNlY3JldDEyMw==".to_owned()),
            Just("4539578763621486".to_owned()),
            Just("4539 5787 6362 1486".to_owned()),
            Just("://u:p4ssw0rdX@h/".to_owned()),
            Just("1234:AAabcdefghijklmnopqrstuvwxyz0123456".to_owned()),
            Just("pi_12_secret_a1b2c3d4e5f6g7h8".to_owned()),
            Just("-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----".to_owned()),
            Just("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJlLWJ5dGVz".to_owned()),
            Just("P3Rva2VuPU1BUktzZWNyZXQxMjM0NTY3".to_owned()),
            Just("eyJwYXNzd29yZCI6ICJwNHNzdzByZFgifQ==".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn the_rules_find_nothing_in_a_plain_text(pieces in prop::collection::vec(piece(), 0..4)) {
            let text = pieces.concat();
            let keys = Pseudonyms::new(b"key");
            for side in [Side::Request, Side::Answer] {
                for kind in [Kind::Field, Kind::Text, Kind::Binary] {
                    if is_plain(text.as_bytes(), kind) {
                        let mut edits = Vec::new();
                        Pass::new(&keys, side).ruled_edits(text.as_bytes(), kind, &mut edits);
                        prop_assert!(edits.is_empty(), "{:?} {}", kind, text);
                    }
                }
            }
        }

        #[test]
        fn credentials_are_found_where_every_place_is_looked_at(pieces in prop::collection::vec(piece(), 0..4), from in 0usize..9) {
            let text = pieces.concat();
            let all = (from..text.len()).find_map(|at| shapes::starting(text.as_bytes(), at));
            prop_assert_eq!(shapes::find(text.as_bytes(), from), all);
        }
    }
}
