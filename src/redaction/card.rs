//! Payment card numbers: found by issuer range, length and check digit (ISO/IEC 7812).
//!
//! A number of digits only has no room for the marker of a pseudonym. So ours start with eight
//! digits that we alone use within the issuers' test ranges, and are known by that.

use std::ops::Range;

/// Numbers that card networks and payment providers publish for tests; nobody's secret.
const PUBLISHED: [&str; 24] = [
    "4242424242424242",
    "4111111111111111",
    "4012888888881881",
    "4222222222222",
    "5555555555554444",
    "5105105105105100",
    "5200828282828210",
    "2223003122003222",
    "2223000048400011",
    "378282246310005",
    "371449635398431",
    "378734493671000",
    "6011111111111117",
    "6011000990139424",
    "6011981111111113",
    "3056930009020004",
    "30569309025904",
    "38520000023237",
    "36227206271667",
    "6555900000604105",
    "3530111333300000",
    "3566002020360505",
    "6200000000000005",
    "6205500000000000004",
];

/// What our own numbers start with, by network: Visa, Mastercard, American Express, Discover, JCB,
/// Diners Club, UnionPay, and a range that no issuer has.
const OWN: [&str; 8] = [
    "40000099", "55555599", "37828299", "60111199", "35301199", "30569399", "62000099", "99996099",
];

/// The fewest digits that a card number has.
const LEAST: usize = 13;

/// The most digits that a card number has.
const MOST: usize = 19;

/// The next card number at or after `from`, separators included; not one published for tests and
/// not one of ours.
pub(super) fn find(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while at < text.len() {
        let skip = text.get(at..)?.iter().position(u8::is_ascii_digit)?;
        let start = at + skip;
        let end = run_end(text, start);
        let is_bounded = !joins(text, start.checked_sub(1)) && !joins(text, Some(end));
        if is_bounded && end - start >= LEAST && is_card(text.get(start..end)?) {
            return Some(start..end);
        }
        at = end;
    }
    None
}

/// Whether a card number may start at a place, by its first digits and its length.
pub(super) fn may_start(text: &[u8], at: usize) -> bool {
    matches!(text.get(at), Some(b'2'..=b'6'))
        && text.get(at + 1).is_some_and(u8::is_ascii_digit)
        && run_end(text, at) - at >= LEAST
}

/// Whether a byte next to digits makes them part of something longer.
fn joins(text: &[u8], at: Option<usize>) -> bool {
    at.and_then(|at| text.get(at)).is_some_and(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+')
    })
}

/// The end of digits in groups parted by single spaces or dashes.
fn run_end(text: &[u8], start: usize) -> usize {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = start;
    loop {
        let is_separator = end > start && matches!(text.get(end), Some(b' ' | b'-'));
        let goes_on = digit(end) || (is_separator && digit(end + 1));
        if !goes_on {
            return end;
        }
        end += 1;
        // Long runs are no cards; what remains of them starts with a digit before it and is skipped.
        if end - start > 2 * MOST {
            return end;
        }
    }
}

fn is_card(run: &[u8]) -> bool {
    let groups: Vec<usize> = run.split(|byte| !byte.is_ascii_digit()).map(<[u8]>::len).collect();
    let digits = digits_of(run);
    let is_grouped = match groups.as_slice() {
        [_] => true,
        [first, rest @ ..] => *first == 4 && rest.iter().all(|&length| (3..=6).contains(&length)),
        [] => false,
    };
    is_grouped
        && network(&digits).is_some_and(|network| network.lengths.contains(&digits.len()))
        && luhn_sum(&digits).is_multiple_of(10)
        && !is_harmless(&digits)
}

/// Whether a number is published for tests or one of our pseudonyms.
pub(super) fn is_harmless(digits: &str) -> bool {
    digits.starts_with("400000") || PUBLISHED.contains(&digits) || is_own(digits)
}

/// Whether a number is one of our pseudonyms.
pub(super) fn is_own(digits: &str) -> bool {
    OWN.iter().any(|own| digits.starts_with(own)) && luhn_sum(digits).is_multiple_of(10)
}

/// The digits of a value that holds nothing but 12 to 19 of them and separators.
pub(super) fn digits_only(value: &str) -> Option<String> {
    let digits = digits_of(value.as_bytes());
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'));
    (is_number && (12..=MOST).contains(&digits.len())).then_some(digits)
}

/// A valid number of the same network and length, made from `random`; separators stay.
pub(super) fn pseudonym(value: &str, digits: &str, mut random: impl FnMut() -> u8) -> String {
    let own = network(digits).map_or(OWN[7], |network| network.own);
    let mut made: String = own.to_owned();
    while made.len() + 1 < digits.len() {
        made.push(char::from(b'0' + random() % 10));
    }
    let sum = luhn_sum(&format!("{made}0"));
    made.push(char::from(b'0' + u8::try_from((10 - sum % 10) % 10).unwrap_or(0)));

    let mut next = made.chars();
    value.chars().map(|c| if c.is_ascii_digit() { next.next().unwrap_or('0') } else { c }).collect()
}

struct Network {
    lengths: &'static [usize],
    own: &'static str,
}

fn network(digits: &str) -> Option<Network> {
    let first = |count: usize| digits.get(..count).and_then(|part| part.parse::<u32>().ok());
    let (two, four) = (first(2)?, first(4)?);
    let (lengths, own): (&'static [usize], _) = match (two, four) {
        (40..=49, _) => (&[16], OWN[0]),
        (51..=55, _) | (_, 2221..=2720) => (&[16], OWN[1]),
        (34 | 37, _) => (&[15], OWN[2]),
        (_, 6011) | (64 | 65, _) => (&[16], OWN[3]),
        (_, 3528..=3589) => (&[16], OWN[4]),
        (36 | 38, _) | (_, 3000..=3059) => (&[14], OWN[5]),
        (62, _) => (&[16, 19], OWN[6]),
        _ => return None,
    };
    Some(Network { lengths, own })
}

fn digits_of(text: &[u8]) -> String {
    text.iter().filter(|byte| byte.is_ascii_digit()).map(|&byte| char::from(byte)).collect()
}

/// The sum of the Luhn algorithm; divisible by ten for a valid number.
fn luhn_sum(digits: &str) -> u32 {
    digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            match at % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Valid, but published nowhere.
    pub(super) const VISA: &str = "4539578763621486";

    #[test]
    fn finds_a_card_alone_and_in_text() {
        for text in [
            VISA.to_owned(),
            format!("card: {VISA}."),
            "4539 5787 6362 1486".to_owned(),
            "4539-5787-6362-1486".to_owned(),
        ] {
            assert!(find(text.trim_end_matches('.').as_bytes(), 0).is_some(), "{text}");
        }
    }

    #[test]
    fn ignores_ids_decimals_test_cards_and_wrong_check_digits() {
        for text in [
            "4539578763621487",
            "0.4539578763621486",
            "x4539578763621486",
            "45395787636214861",
            "4242 4242 4242 4242",
            "5555555555554444",
            "1764000000000000",
            "550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert_eq!(find(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn pseudonyms_are_valid_keep_the_form_and_are_known() {
        for value in [VISA, "4539 5787 6362 1486", "371144371144376", "123456789012"] {
            let digits = digits_only(value).unwrap();
            let mut state = 7u8;
            let made = pseudonym(value, &digits, || {
                state = state.wrapping_mul(31).wrapping_add(17);
                state
            });
            assert_eq!(made.len(), value.len());
            assert!(is_own(&digits_only(&made).unwrap()), "{made}");
            assert_eq!(find(made.as_bytes(), 0), None);
        }
    }
}
