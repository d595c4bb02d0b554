//! The header `traceparent` (W3C Trace Context, §3.2).

/// Whose trace a request belongs to, as its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Of the whole trace.
    pub trace: [u8; 16],
    /// Of the caller's span.
    pub span: [u8; 8],
    /// What this version knows of the flags.
    pub flags: u8,
}

/// The caller may have recorded the trace (§3.2.2.5.1).
pub const SAMPLED: u8 = 1;
/// The trace's id is random (Trace Context, level 2).
const RANDOM: u8 = 2;
/// Characters of a header of version 00.
const LENGTH: usize = 55;

impl TraceContext {
    /// Reads a header; `None` where it is to be treated as if it were not there.
    pub fn parse(header: &str) -> Option<Self> {
        let bytes = header.trim_matches([' ', '\t']).as_bytes();
        let (known, rest) = bytes.split_at_checked(LENGTH)?;
        let part = |from: usize, to: usize| known.get(from..to);
        let [version] = from_hex::<1>(part(0, 2)?)?;
        let is_right_length = match version {
            0 => rest.is_empty(),
            0xff => false,
            // Later versions may say more, after a dash (§4.3).
            _ => rest.is_empty() || rest.starts_with(b"-"),
        };
        let dashes = [2, 35, 52].iter().all(|at| known.get(*at) == Some(&b'-'));
        let trace = from_hex::<16>(part(3, 35)?)?;
        let span = from_hex::<8>(part(36, 52)?)?;
        let [flags] = from_hex::<1>(part(53, 55)?)?;
        let is_valid = is_right_length && dashes && trace != [0; 16] && span != [0; 8];
        is_valid.then_some(Self { trace, span, flags: flags & (SAMPLED | RANDOM) })
    }

    /// Whether the caller wants the trace recorded.
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }
}

impl std::fmt::Display for TraceContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "00-{}-{}-{:02x}", hex(&self.trace), hex(&self.span), self.flags)
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Lower-case digits only, as the recommendation has it.
fn from_hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let mut pairs = digits.chunks_exact(2);
    for byte in &mut bytes {
        let [high, low] = *pairs.next()? else { return None };
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_valid_header_is_written_as_it_was_read() {
        let context = TraceContext::parse(VALID).unwrap();
        assert!(context.is_sampled());
        assert_eq!(context.to_string(), VALID);
    }

    #[test]
    fn what_a_later_version_adds_is_not_passed_on() {
        let later = format!("cc-{}-what-comes", &VALID[3..]);
        assert_eq!(TraceContext::parse(&later).unwrap().to_string(), VALID);
        let flags = format!("{}ff", &VALID[..53]);
        assert_eq!(TraceContext::parse(&flags).unwrap().flags, 3);
    }

    #[test]
    fn what_is_not_valid_is_not_there() {
        for wrong in [
            "",
            "00",
            &VALID[..54],
            &format!("{VALID}-more"),
            &format!("{VALID}."),
            &VALID.replace("00-", "ff-"),
            &VALID.to_uppercase(),
            &VALID.replace('-', "_"),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319x-b7ad6b7169203331-01",
            &format!("cc{}x", &VALID[2..]),
        ] {
            assert_eq!(TraceContext::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,80}") {
            if let Some(context) = TraceContext::parse(&text) {
                prop_assert_eq!(TraceContext::parse(&context.to_string()), Some(context));
            }
        }
    }
}
