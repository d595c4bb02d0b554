//! Values that vary from run to run: where two texts differ in nothing else, they say the same.
//!
//! Both texts are walked in step. Delimiters must be equal; tokens must be equal, or two draws of one
//! shape, or one of them a pseudonym. A difference in a word, in a small number, in the number of
//! tokens is no noise: `/users/1` is not `/users/2`.

use super::{
    hint::Hint,
    members::last_of_each,
    random,
    shape::{self, PSEUDONYM_MARK, Shape},
    token::{pieces, run, until_same_delimiter},
};
use crate::{codec::number::same_value, model::Json};

/// The recorded value and the one that stands in its place now.
pub type Change = (String, String);

/// Pairs told at most.
const MAX_CHANGES: usize = 256;
/// Base64 inside base64 is followed this deep.
const MAX_NESTING: u8 = 2;

/// Whether a text says the same as the recorded one, but for values that vary from run to run.
pub fn equal_text(recorded: &str, now: &str) -> bool {
    differences(recorded, now).is_some()
}

/// The values that vary; `None` when the texts differ in more than these.
pub fn differences(recorded: &str, now: &str) -> Option<Vec<Change>> {
    value_differences(Hint::Neutral, recorded, now)
}

/// The values that vary between two JSON values of the same structure; `None` when they differ in
/// more than these. Members may stand in another order.
pub fn json_differences(recorded: &Json, now: &Json) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    compare_json(Hint::Neutral, recorded, now, &mut changes).then_some(changes)
}

/// Whether a value is of a kind that a program makes anew at each run.
pub fn is_volatile(value: &str) -> bool {
    shape::shape(value).is_some()
}

/// As [`differences`], for a value in a known place.
pub(super) fn value_differences(hint: Hint, recorded: &str, now: &str) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    compare_value(hint, recorded, now, 0, &mut changes).then_some(changes)
}

fn compare_json(hint: Hint, recorded: &Json, now: &Json, changes: &mut Vec<Change>) -> bool {
    match (recorded, now) {
        (Json::String(recorded), Json::String(now)) => {
            compare_value(hint, recorded, now, 0, changes)
        }
        (Json::Number(recorded), Json::Number(now)) => {
            same_value(recorded, now) || compare_token(hint, recorded, now, 0, changes)
        }
        (Json::Array(recorded), Json::Array(now)) => {
            recorded.len() == now.len()
                && recorded.iter().zip(now).all(|(a, b)| compare_json(hint, a, b, changes))
        }
        (Json::Object(recorded), Json::Object(now)) => compare_members(recorded, now, changes),
        (recorded, now) => recorded == now,
    }
}

fn compare_members(
    recorded: &[(String, Json)],
    now: &[(String, Json)],
    changes: &mut Vec<Change>,
) -> bool {
    let recorded = last_of_each(recorded);
    let mut now: Vec<_> = last_of_each(now).into_iter().map(Some).collect();
    if recorded.len() != now.len() {
        return false;
    }
    let mut renamed = Vec::new();
    for (at, &(name, value)) in recorded.iter().enumerate() {
        // Usually the order is the same, so the search ends at once.
        let (before, from) = now.split_at_mut(at);
        let same_name = from
            .iter_mut()
            .chain(before)
            .find(|entry| entry.is_some_and(|(other, _)| other == name));
        match same_name.and_then(Option::take) {
            Some((_, other)) => {
                if !compare_json(Hint::of_name(name), value, other, changes) {
                    return false;
                }
            }
            None => renamed.push((name, value)),
        }
    }
    // Objects keyed by random ids: what is left over is paired in order.
    renamed.into_iter().zip(now.into_iter().flatten()).all(
        |((name, value), (other_name, other))| {
            compare_token(Hint::Neutral, name, other_name, 0, changes)
                && compare_json(Hint::Neutral, value, other, changes)
        },
    )
}

/// A value that stands by itself: a leaf, a field, a segment.
fn compare_value(
    hint: Hint,
    recorded: &str,
    now: &str,
    nesting: u8,
    changes: &mut Vec<Change>,
) -> bool {
    if recorded == now {
        return true;
    }
    // As a whole first: a nonce may hold any character.
    let is_one_token =
        |text: &str| !text.is_empty() && text.len() <= 512 && !text.contains(char::is_whitespace);
    if is_one_token(recorded)
        && is_one_token(now)
        && is_noise(hint, recorded, now, nesting, changes)
    {
        return true;
    }
    let at_start = changes.len();
    let is_same =
        Walk { recorded, now, hint, nesting, name: None, has_led: false }.compare(changes);
    if !is_same {
        changes.truncate(at_start);
    }
    is_same
}

/// Whether a value names one thing for as long as a client runs: a random id or token, and not a
/// time.
pub fn is_random_name(value: &str) -> bool {
    matches!(
        shape::shape(value),
        Some(Shape::Hex | Shape::Jwt | Shape::Pseudonym | Shape::Random | Shape::Uuid)
    )
}

/// Two texts walked in step.
struct Walk<'t> {
    recorded: &'t str,
    now: &'t str,
    hint: Hint,
    nesting: u8,
    /// The token before the delimiters just passed.
    name: Option<&'t str>,
    /// Whether these lead from a name to its value: `name="value"`, `name: value`, `<name>value`.
    has_led: bool,
}

impl<'t> Walk<'t> {
    fn compare(mut self, changes: &mut Vec<Change>) -> bool {
        let mut is_inside_word = false;
        loop {
            let (Some(a), Some(b)) = (self.recorded.chars().next(), self.now.chars().next()) else {
                return self.recorded.is_empty() && self.now.is_empty();
            };
            if !is_inside_word && self.pass_composite(changes) {
                self.name = None;
                is_inside_word = true;
                continue;
            }
            let (recorded, now) = (run(self.recorded), run(self.now));
            if recorded.is_empty() && now.is_empty() {
                if a != b {
                    return false;
                }
                match a {
                    '=' | ':' | '>' => self.has_led = true,
                    '"' | '\'' | ' ' => {}
                    _ => self.name = None,
                }
                self.recorded = self.recorded.get(a.len_utf8()..).unwrap_or_default();
                self.now = self.now.get(b.len_utf8()..).unwrap_or_default();
                is_inside_word = a.is_alphanumeric();
                continue;
            }
            if recorded == now {
                self.advance(recorded.len(), now.len());
                self.name = Some(recorded);
                self.has_led = false;
            } else if !self.pass_difference(recorded, now, changes) {
                return false;
            }
            is_inside_word = true;
        }
    }

    fn advance(&mut self, recorded: usize, now: usize) {
        self.recorded = self.recorded.get(recorded..).unwrap_or_default();
        self.now = self.now.get(now..).unwrap_or_default();
    }

    /// Times and addresses hold delimiters, so they are read before tokens are.
    fn pass_composite(&mut self, changes: &mut Vec<Change>) -> bool {
        let Some((recorded, shape)) = shape::leading_composite(self.recorded) else { return false };
        let Some((now, other)) = shape::leading_composite(self.now) else { return false };
        if shape != other || !is_allowed(self.value_hint(), shape) {
            return false;
        }
        let pair = (self.recorded.get(..recorded), self.now.get(..now));
        if let (Some(recorded), Some(now)) = pair
            && recorded != now
        {
            push(changes, recorded, now);
        }
        self.advance(recorded, now);
        true
    }

    fn pass_difference(
        &mut self,
        recorded: &'t str,
        now: &'t str,
        changes: &mut Vec<Change>,
    ) -> bool {
        let marks = (recorded.contains(PSEUDONYM_MARK), now.contains(PSEUDONYM_MARK));
        let (recorded, now) = match marks {
            // What it stands for may be any text: it ends where the other text goes on.
            (true, false) => {
                (recorded, until_same_delimiter(self.now, self.recorded.get(recorded.len()..)))
            }
            (false, true) => (until_same_delimiter(self.recorded, self.now.get(now.len()..)), now),
            _ => (recorded, now),
        };
        if recorded.is_empty() || now.is_empty() {
            return false;
        }
        let hint = self.value_hint();
        self.advance(recorded.len(), now.len());
        self.name = None;
        compare_token(hint, recorded, now, self.nesting, changes)
    }

    fn value_hint(&self) -> Hint {
        match (self.hint, self.name) {
            (Hint::Neutral, Some(name)) if self.has_led => Hint::of_name(name),
            (hint, _) => hint,
        }
    }
}

fn compare_token(
    hint: Hint,
    recorded: &str,
    now: &str,
    nesting: u8,
    changes: &mut Vec<Change>,
) -> bool {
    recorded == now
        || is_noise(hint, recorded, now, nesting, changes)
        // The decimals of a number are not a thing of their own.
        || !(is_decimal(recorded) && is_decimal(now))
            && (compare_middle(hint, recorded, now, nesting, changes)
                || compare_pieces(hint, recorded, now, nesting, changes))
}

fn is_decimal(token: &str) -> bool {
    let magnitude = token.trim_start_matches(['-', '+']);
    magnitude.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && magnitude.matches('.').count() == 1
}

/// Whether one token may stand for the other; notes the change if so.
fn is_noise(hint: Hint, recorded: &str, now: &str, nesting: u8, changes: &mut Vec<Change>) -> bool {
    if shape::is_pseudonym(recorded) || shape::is_pseudonym(now) || hint == Hint::Nonce {
        push(changes, recorded, now);
        return true;
    }
    if nesting < MAX_NESTING
        && let (Some(a), Some(b)) = (shape::base64_text(recorded), shape::base64_text(now))
    {
        // Two texts in base64 vary only as far as the texts do.
        let is_same = compare_value(Hint::Neutral, &a, &b, nesting + 1, &mut Vec::new());
        if is_same {
            push(changes, recorded, now);
        }
        return is_same;
    }
    let is_random_name = hint == Hint::Random
        && [recorded, now]
            .iter()
            .all(|token| token.len() >= 6 && token.bytes().any(|byte| byte.is_ascii_digit()))
        && random::is_unlike(recorded, now);
    if !is_random_name && !shape::is_same_draw(recorded, now) {
        return false;
    }
    match shape::shape(recorded) {
        Some(shape) if !is_allowed(hint, shape) => return false,
        Some(Shape::Epoch(_)) if hint == Hint::PathPiece && !are_apart(recorded, now) => {
            return false;
        }
        _ => {}
    }
    push(changes, recorded, now);
    true
}

/// Digits that could be an id or an amount are a time only where nothing says otherwise.
fn is_allowed(hint: Hint, shape: Shape) -> bool {
    let is_weak = matches!(shape, Shape::Date | Shape::Epoch(_) | Shape::Fraction);
    !(is_weak && matches!(hint, Hint::Identity | Hint::Path))
}

/// Two times in names of things are taken at different runs; numbers that follow each other count.
fn are_apart(recorded: &str, now: &str) -> bool {
    let shared = recorded.bytes().zip(now.bytes()).take_while(|(a, b)| a == b).count();
    // Seconds have ten digits, so a difference in the first eight is one of minutes.
    shared < 8
}

/// `report-<id>.json`: what both share up to a border at either end is left out.
fn compare_middle(
    hint: Hint,
    recorded: &str,
    now: &str,
    nesting: u8,
    changes: &mut Vec<Change>,
) -> bool {
    let hint = hint.of_piece();
    let shared_head = recorded.bytes().zip(now.bytes()).take_while(|(a, b)| a == b).count();
    let shared_tail =
        recorded.bytes().rev().zip(now.bytes().rev()).take_while(|(a, b)| a == b).count();
    let is_border = |byte: &u8| b"-_.~+/:".contains(byte);
    let bytes = recorded.as_bytes();
    let heads = (1..=shared_head)
        .rev()
        .filter(|&at| bytes.get(at - 1).is_some_and(is_border))
        .take(6)
        .chain([0]);
    for head in heads {
        let tails = (1..=shared_tail)
            .rev()
            .filter(|&length| bytes.get(bytes.len() - length).is_some_and(is_border))
            .take(6)
            .chain([0]);
        for tail in tails.filter(|tail| head + tail > 0) {
            let middle = |text: &str| text.len().checked_sub(tail).filter(|&end| end > head);
            let (Some(end_a), Some(end_b)) = (middle(recorded), middle(now)) else { continue };
            let pair = (recorded.get(head..end_a), now.get(head..end_b));
            if let (Some(a), Some(b)) = pair
                && is_noise(hint, a, b, nesting, changes)
            {
                return true;
            }
        }
    }
    false
}

/// `<id>.<id>`: piece by piece, where both have the same borders.
fn compare_pieces(
    hint: Hint,
    recorded: &str,
    now: &str,
    nesting: u8,
    changes: &mut Vec<Change>,
) -> bool {
    let hint = hint.of_piece();
    let (recorded, now) = (pieces(recorded), pieces(now));
    if recorded.len() != now.len() || recorded.len() < 2 {
        return false;
    }
    let at_start = changes.len();
    let is_same = recorded
        .into_iter()
        .zip(now)
        .all(|(a, b)| a == b || is_noise(hint, a, b, nesting, changes));
    if !is_same {
        changes.truncate(at_start);
    }
    is_same
}

fn push(changes: &mut Vec<Change>, recorded: &str, now: &str) {
    // More are of no use to anyone, and each is compared with those before.
    if changes.len() >= MAX_CHANGES {
        return;
    }
    let is_known = changes.iter().any(|(a, b)| a == recorded && b == now);
    if !is_known {
        changes.push((recorded.to_owned(), now.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::codec::json::parse;

    #[track_caller]
    fn check(recorded: &str, now: &str, expect: Option<&[(&str, &str)]>) {
        let found = differences(recorded, now);
        let found: Option<Vec<(&str, &str)>> = found
            .as_ref()
            .map(|changes| changes.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect());
        assert_eq!(found.as_deref(), expect, "`{recorded}` and `{now}`");
        // What is noise one way is noise the other way.
        assert_eq!(equal_text(now, recorded), expect.is_some(), "`{now}` and `{recorded}`");
    }

    #[track_caller]
    fn check_json(recorded: &str, now: &str, expect: bool) {
        let (a, b) = (parse(recorded).unwrap(), parse(now).unwrap());
        assert_eq!(json_differences(&a, &b).is_some(), expect, "{recorded} and {now}");
        assert_eq!(json_differences(&b, &a).is_some(), expect, "{now} and {recorded}");
    }

    const UUID_A: &str = "550e8400-e29b-41d4-a716-446655440000";
    const UUID_B: &str = "9b2f3e1c-0d4a-4c8b-9f6e-2a7d5c1b8e90";

    #[test]
    fn names_and_numbers_are_never_noise() {
        for (a, b) in [
            ("/users/1", "/users/2"),
            ("page=1", "page=2"),
            ("page=1", "page=1&limit=2"),
            ("12345678", "12345679"),
            ("a", "b"),
            ("", "a"),
            ("true", "false"),
            ("4242424242424242", "4000002500003155"),
            ("eur", "usd"),
            ("customer-12345678901", "customer-12345678902"),
            ("v1.2.3", "v1.2.4"),
            ("state=open", "state=closed"),
            ("limit=10&offset=20", "limit=10&offset=40"),
            ("production-2024-release", "staging-2025-candidate1"),
            ("1985-03-02", "1991-12-24"),
            ("10:30:00", "11:45:00"),
            ("id=1700000000", "id=1700000001"),
            ("deadbeef", "cafebabe"),
            ("ABC12345", "DEF67890"),
            ("eyJvZmZzZXQiOjIwfQ==", "eyJvZmZzZXQiOjQwfQ=="),
            ("GetOrderById", "ListAllOrders"),
            ("query { a }", "query { b }"),
            ("the nonce is wrong", "the nonce was wrong"),
            ("<id>1700000000</id>", "<id>1700000001</id>"),
            ("report1.pdf", "budget2.pdf"),
            ("chacha20poly1305", "highest-priority"),
            ("InsufficientSize", "Chacha20Poly1305"),
            ("content-encoding", "Chacha20Poly1305"),
            ("/git-http-backend", "Chacha20-Poly1305"),
            ("14.1951414808", "14.1989054026"),
            ("-0.1700000000", "-0.1790000123"),
        ] {
            check(a, b, None);
        }
    }

    #[test]
    fn ids_digests_and_tokens_are() {
        check(UUID_A, UUID_B, Some(&[(UUID_A, UUID_B)]));
        check("0a4f113b", "9c30d7e2", Some(&[("0a4f113b", "9c30d7e2")]));
        check(
            "id: 507f1f77bcf86cd799439011.",
            "id: 65f1b7f09e8d7c6b5a493827.",
            Some(&[("507f1f77bcf86cd799439011", "65f1b7f09e8d7c6b5a493827")]),
        );
        check(
            "EUiQtMdcY0Zp8Nlb/lHbeA==",
            "q+83wTz5VnP0aJx1RkYf2Q==",
            Some(&[("EUiQtMdcY0Zp8Nlb/lHbeA==", "q+83wTz5VnP0aJx1RkYf2Q==")]),
        );
        check(
            "a=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&b=1",
            "a=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&b=1",
            Some(&[(
                "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            )]),
        );
    }

    #[test]
    fn times_are_in_all_spellings() {
        for (a, b) in [
            ("2026-11-23T06:40:12Z", "2026-12-01T23:00:00Z"),
            ("2026-11-23T06:40:12.000123+00:00", "2026-12-01T23:00:00+00:00"),
            ("2026-11-23 06:40:12", "2027-01-02 03:04:05"),
            ("20261123T064012Z", "20261201T230000Z"),
            ("2026-11-23", "2026-12-01"),
            ("Mon, 23 Nov 2026 06:40:12 GMT", "Tue, 01 Dec 2026 23:00:00 GMT"),
            ("Monday, 23-Nov-26 06:40:12 GMT", "Tuesday, 01-Dec-26 23:00:00 GMT"),
            ("Mon Nov 23 06:40:12 2026", "Tue Dec  1 23:00:00 2026"),
            ("1700000000", "1790000123"),
            ("1700000000.123", "1790000123.5"),
            ("1700000000123", "1790000123999"),
        ] {
            check(a, b, Some(&[(a, b)]));
        }
        check("2026-11-23T06:40:12Z", "1970-01-01T00:00:00Z", None);
        check("2026-11-23T06:40:12Z", "1700000000", None);
        check("from=2026-11-23T06:40:12Z&page=1", "from=2026-12-01T23:00:00Z&page=2", None);
    }

    #[test]
    fn values_named_nonce_are_whatever_they_look_like() {
        check(
            r#"Digest username="joe", nonce="abc", nc=00000001, cnonce="x""#,
            r#"Digest username="joe", nonce="wxyz", nc=00000001, cnonce="y""#,
            Some(&[("abc", "wxyz"), ("x", "y")]),
        );
        check(
            r#"Digest username="joe", nonce="abc""#,
            r#"Digest username="eve", nonce="wxyz""#,
            None,
        );
        check("<Nonce>abc</Nonce><n>1</n>", "<Nonce>x</Nonce><n>1</n>", Some(&[("abc", "x")]));
        check("oauth_nonce=72513497&x=1", "oauth_nonce=1&x=1", Some(&[("72513497", "1")]));
        check(
            "state=af0ifjsldkj2&scope=a",
            "state=0k3jd8x7q1&scope=a",
            Some(&[("af0ifjsldkj2", "0k3jd8x7q1")]),
        );
    }

    #[test]
    fn a_pseudonym_stands_for_any_value() {
        check("tok_r1ng_4f0c2a", "my-own-value", Some(&[("tok_r1ng_4f0c2a", "my-own-value")]));
        check(
            "Bearer sk_r1ng_4f0c2a",
            "Bearer sk_r1ng_99ab01",
            Some(&[("sk_r1ng_4f0c2a", "sk_r1ng_99ab01")]),
        );
        check(
            "user=joe&key=r1ng4f0c&page=1",
            "user=joe&key=a+b/c==&page=1",
            Some(&[("r1ng4f0c", "a+b/c==")]),
        );
        check("key=r1ng4f0c&page=1", "key=other&page=2", None);
        check("https://a.test/x?key=r1ng4f0c", "https://b.test/y", None);
    }

    #[test]
    fn what_stands_around_an_id_must_be_equal() {
        let a = format!("report-{UUID_A}.json");
        let b = format!("report-{UUID_B}.json");
        check(&a, &b, Some(&[(UUID_A, UUID_B)]));
        check(&a, &format!("report-{UUID_B}.xml"), None);
        check(&a, &format!("invoice-{UUID_B}.json"), None);
        check(
            &format!("{UUID_A}.{UUID_B}"),
            &format!("{UUID_B}.{UUID_A}"),
            Some(&[(UUID_A, UUID_B), (UUID_B, UUID_A)]),
        );
        check("cus_NffrFeUfNV2Hib", "sub_MowBvAbz7pQ2Xk", None);
    }

    #[test]
    fn xml_with_nonces_is_compared_by_token() {
        let soap = |id: &str, created: &str, amount: u32| {
            format!(
                "<s:Envelope><wsse:Nonce>{id}</wsse:Nonce><wsu:Created>{created}</wsu:Created>\
                 <amount>{amount}</amount></s:Envelope>"
            )
        };
        let a = soap("EUiQtMdcY0Zp8Nlb/lHbeA==", "2026-11-23T06:40:12.1Z", 5);
        let b = soap("q83wTz5VnP0aJx1RkYf2QQ==", "2026-12-01T23:00:00Z", 5);
        assert_eq!(differences(&a, &b).map(|changes| changes.len()), Some(2));
        assert_eq!(
            differences(&a, &soap("q83wTz5VnP0aJx1RkYf2QQ==", "2026-12-01T23:00:00Z", 6)),
            None
        );
    }

    #[test]
    fn pseudonyms_of_base64_are_tokens_as_a_whole() {
        let soap =
            |digest: &str| format!("<Password Type=\"x#Digest\">{digest}</Password><n>1</n>");
        check(
            &soap("r1ngszwD0pIl1LmiBtR85hVMTUQ="),
            &soap("r1ngTy16ZgL1JbkqKemGuq79/sQ="),
            Some(&[("r1ngszwD0pIl1LmiBtR85hVMTUQ=", "r1ngTy16ZgL1JbkqKemGuq79/sQ=")]),
        );
        check("/r1nga8Qk2p1/orders", "/r1ngZ81kq7Xs/refund", None);
    }

    #[test]
    fn a_text_with_pseudonyms_in_it_is_compared_by_its_parts() {
        let next = |state: &str, scope: &str| format!("/authorize?scope={scope}&state={state}&n=1");
        check(
            &next("r1ngarz88whrdQKDRHej1s", "a"),
            &next("r1ngbhciE7xbVO9NxZRjDc", "a"),
            Some(&[("r1ngarz88whrdQKDRHej1s", "r1ngbhciE7xbVO9NxZRjDc")]),
        );
        check(&next("r1ngarz88whrdQKDRHej1s", "a"), &next("r1ngbhciE7xbVO9NxZRjDc", "b"), None);
    }

    #[test]
    fn base64_of_text_varies_only_as_the_text_does() {
        // {"page":1,"at":1700000000} and {"page":1,"at":1790000123}, then page 2
        let page_1 = "eyJwYWdlIjoxLCJhdCI6MTcwMDAwMDAwMH0=";
        let later = "eyJwYWdlIjoxLCJhdCI6MTc5MDAwMDEyM30=";
        let page_2 = "eyJwYWdlIjoyLCJhdCI6MTc5MDAwMDEyM30=";
        assert!(equal_text(page_1, later));
        assert!(!equal_text(page_1, page_2));
        assert!(!equal_text(later, page_2));
    }

    #[test]
    fn json_leaves_may_vary_and_structure_may_not() {
        let a = format!(r#"{{"id":"{UUID_A}","at":1700000000,"n":1,"l":[1,2]}}"#);
        let b = format!(r#"{{"l":[1.0,2],"n":1,"at":1790000123,"id":"{UUID_B}"}}"#);
        check_json(&a, &b, true);
        check_json(r#"{"n":1}"#, r#"{"n":2}"#, false);
        check_json(r#"{"n":1}"#, r#"{"n":1,"m":2}"#, false);
        check_json("[1,2]", "[2,1]", false);
        check_json(r#"{"at":1700000000}"#, r#"{"at":"1700000000"}"#, false);
        check_json(r#"{"nonce":1}"#, r#"{"nonce":2}"#, true);
        check_json(r#"{"id":1}"#, r#"{"id":2}"#, false);
        check_json(r#"{"id":1700000000}"#, r#"{"id":1700000001}"#, false);
        check_json(r#"{"amount":1500000000}"#, r#"{"amount":1600000000}"#, false);
        check_json(r#"{"paid":true}"#, r#"{"paid":false}"#, false);
        check_json(r#"{"a":null}"#, r#"{"a":1}"#, false);
        check_json(r#""tok_r1ng_1""#, r#""whatever it is""#, true);
        check_json(r#"{"card":"r1ng4242"}"#, r#"{"card":"tok_visa"}"#, true);
    }

    #[test]
    fn objects_keyed_by_random_ids_are_paired() {
        check_json(
            &format!(r#"{{"{UUID_A}":{{"n":1}}}}"#),
            &format!(r#"{{"{UUID_B}":{{"n":1}}}}"#),
            true,
        );
        check_json(r#"{"a":1}"#, r#"{"b":1}"#, false);
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-zA-Z0-9=&/+. _\"é:-]{0,40}",
            any::<String>(),
            "(nonce=|id=|\"|r1ng|2026-11-23|[0-9a-f]{8}|, | ){0,8}",
        ]
    }

    fn uuid() -> impl Strategy<Value = String> {
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    }

    proptest! {
        #[test]
        fn equal_texts_have_no_changes(text in any_text()) {
            prop_assert_eq!(differences(&text, &text), Some(Vec::new()));
        }

        #[test]
        fn noise_is_symmetric_and_never_panics(a in any_text(), b in any_text()) {
            prop_assert_eq!(equal_text(&a, &b), equal_text(&b, &a));
        }

        #[test]
        fn small_numbers_are_never_noise(a in 0u32..999_999, b in 0u32..999_999, around in "[g-z/=&]{0,8}") {
            let text = |n: u32| format!("{around}{n}{around}");
            prop_assert_eq!(equal_text(&text(a), &text(b)), a == b);
        }

        #[test]
        fn words_are_never_noise(a in "[a-z]{1,24}", b in "[a-z]{1,24}") {
            prop_assume!(!a.contains("nonce") && !b.contains("nonce"));
            prop_assert_eq!(equal_text(&a, &b), a == b);
        }

        #[test]
        fn words_and_dashes_are_never_noise(
            a in "[a-z]{2,9}(-[a-z]{2,9}){0,3}(-[0-9]{1,4})?",
            b in "[a-z]{2,9}(-[a-z]{2,9}){0,3}(-[0-9]{1,4})?",
        ) {
            prop_assert_eq!(equal_text(&a, &b), a == b);
        }

        #[test]
        fn uuids_are_noise_wherever_they_stand(a in uuid(), b in uuid(), around in "[a-z/=&. ]{0,6}") {
            let text = |id: &str| format!("{around}/{id}/{around}");
            prop_assert!(equal_text(&text(&a), &text(&b)));
        }

        #[test]
        fn hexadecimal_draws_are_noise(a in "[0-9a-f]{32}", b in "[0-9a-f]{32}") {
            prop_assert!(equal_text(&a, &b));
            let (a, b) = (format!("x={a};"), format!("x={b};"));
            prop_assert!(equal_text(&a, &b));
        }
    }

    /// Which share of pairs of draws is taken for noise, in both directions.
    fn recognised(draw: impl Fn(&mut ChaCha8Rng) -> String) -> f64 {
        const N_PAIRS: usize = 3000;
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let n_noise = (0..N_PAIRS)
            .filter(|_| {
                let (a, b) = (draw(&mut rng), draw(&mut rng));
                equal_text(&format!("<n>{a}</n>"), &format!("<n>{b}</n>"))
            })
            .count();
        n_noise as f64 / N_PAIRS as f64
    }

    fn of_alphabet(alphabet: &'static str, length: usize) -> impl Fn(&mut ChaCha8Rng) -> String {
        move |rng| {
            (0..length)
                .map(|_| char::from(alphabet.as_bytes()[rng.random_range(0..alphabet.len())]))
                .collect()
        }
    }

    fn bytes<const N: usize>(rng: &mut ChaCha8Rng) -> [u8; N] {
        rng.random()
    }

    #[test]
    fn nearly_all_draws_are_recognised() {
        const BASE36: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
        const BASE62: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        const BASE64URL: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
        const HEX: &str = "0123456789abcdef";
        let cases: [(&str, f64, f64); 13] = [
            ("hex 8", recognised(of_alphabet(HEX, 8)), 0.98),
            ("hex 16", recognised(of_alphabet(HEX, 16)), 0.999),
            ("hex 40", recognised(of_alphabet(HEX, 40)), 1.0),
            ("base36 16", recognised(of_alphabet(BASE36, 16)), 0.99),
            ("base36 24", recognised(of_alphabet(BASE36, 24)), 0.99),
            ("base62 16", recognised(of_alphabet(BASE62, 16)), 0.99),
            ("base62 22", recognised(of_alphabet(BASE62, 22)), 0.99),
            ("base62 32", recognised(of_alphabet(BASE62, 32)), 0.998),
            ("base64url 21", recognised(of_alphabet(BASE64URL, 21)), 0.99),
            ("base64url 43", recognised(of_alphabet(BASE64URL, 43)), 0.998),
            ("base64 of 16", recognised(|rng| STANDARD.encode(bytes::<16>(rng))), 0.99),
            ("base64 of 24", recognised(|rng| STANDARD.encode(bytes::<24>(rng))), 0.98),
            ("base64 of 32", recognised(|rng| STANDARD.encode(bytes::<32>(rng))), 0.998),
        ];
        for (kind, share, least) in cases {
            assert!(share >= least, "{kind}: {share}");
        }
    }
}
