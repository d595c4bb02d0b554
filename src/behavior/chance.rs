//! Random digits and UUIDs, written out from drawn bytes.

use std::fmt::Write as _;

/// Hexadecimal digits.
pub(super) const HEX: &[u8] = b"0123456789abcdef";
/// Digits and letters.
pub(super) const ALNUM: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// As many digits as there are halves of bytes; of letters and digits, the first 64 are as
/// random as 32 bytes can be.
pub(super) fn digits(random: [u8; 32], alphabet: &'static [u8]) -> impl Iterator<Item = char> {
    let mut carried = 0usize;
    random.into_iter().flat_map(|byte| [byte >> 4, byte & 15]).map(move |half| {
        // What went before moves the digit within an alphabet of more than 16.
        carried = carried.wrapping_mul(31).wrapping_add(usize::from(half));
        let at = if alphabet.len() == HEX.len() { usize::from(half) } else { carried };
        alphabet.get(at % alphabet.len()).map_or('0', |digit| char::from(*digit))
    })
}

/// A random UUID (RFC 9562 §5.4).
pub(super) fn uuid(text: &mut String, random: [u8; 32]) {
    for (at, byte) in random.into_iter().take(16).enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = match at {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => byte,
        };
        let _ = write!(text, "{byte:02x}");
    }
}
