//! Verdicts on values of a name and on words that have to be the same.

use jiff::Timestamp;

use super::{
    compiled::TextMatcher,
    subject::Subject,
    verdict::{PartVerdict, shortened},
};

/// The verdict on a word that must be this one.
pub(super) fn exact(part: &str, expected: &str, actual: &str) -> PartVerdict {
    let matched = expected == actual;
    PartVerdict {
        part: part.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        matched,
        distance: if matched { 0.0 } else { 1.0 },
    }
}

/// The verdict on all values of a name.
pub(super) fn explain_values<V: AsRef<str>>(
    part: &str,
    matcher: &TextMatcher,
    actual: &[V],
    received: Timestamp,
) -> PartVerdict {
    let matched = matcher.is_match_any(actual.iter(), received);
    let subjects = || actual.iter().map(|value| Subject::new(Some(value.as_ref()), received));
    let (mut distance, mut reason) = (0.0, None);
    if !matched {
        let nearest = subjects().map(|value| matcher.distance(&value)).fold(1.0, f64::min);
        // Each of several values may fit where all of them together do not.
        distance = nearest.max(0.1);
        reason = subjects().find_map(|value| matcher.reason(&value));
    }
    let expected = shortened(&matcher.describe());
    let told: Vec<String> = actual.iter().map(|value| format!("{:?}", value.as_ref())).collect();
    PartVerdict {
        part: part.to_owned(),
        expected: match reason {
            Some(reason) => format!("{expected} ({reason})"),
            None => expected,
        },
        actual: if told.is_empty() { "nothing".to_owned() } else { shortened(&told.join(", ")) },
        matched,
        distance,
    }
}
