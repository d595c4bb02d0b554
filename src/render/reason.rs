//! Reason phrases of statuses, as the reference server spells them.

use bytes::Bytes;
use http::StatusCode;

/// What the reference server says of a status where that is not what hyper says: it knows fewer, and
/// names the others by their number.
pub(super) fn unusual_reason(status: StatusCode) -> Option<Bytes> {
    match status.as_u16() {
        418 => Some(Bytes::from_static(b"I'm a Teapot")),
        420 => Some(Bytes::from_static(b"Enhance your Calm")),
        451 => Some(Bytes::from_static(b"Unavailable for Legal Reason")),
        number @ (208 | 226 | 425 | 506) => Some(number.to_string().into()),
        number if status.canonical_reason().is_none() => Some(number.to_string().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_without_a_reason_of_its_own_is_named_by_its_number() {
        let reason = |status| unusual_reason(StatusCode::from_u16(status).unwrap());
        assert_eq!(reason(200), None);
        assert_eq!(reason(299).unwrap(), "299");
        assert_eq!(reason(418).unwrap(), "I'm a Teapot");
    }
}
