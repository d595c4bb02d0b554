//! Whether one condition on a value certainly holds wherever another does, and whether two can never
//! hold at once.

use jiff::Timestamp;

use super::{compiled::TextMatcher, json::JsonMatcher, subject::Subject};
use crate::model::{BodyPattern, Json, JsonPattern, ValuePattern};

/// How deep conditions are looked into.
const MAX_DEPTH: usize = 16;

/// Whether every value that `narrow` takes is one that `wide` takes; absence is a value too.
pub(super) fn value_covers(wide: &ValuePattern, narrow: &ValuePattern) -> bool {
    covers_to(wide, narrow, MAX_DEPTH)
}

fn covers_to(wide: &ValuePattern, narrow: &ValuePattern, depth: usize) -> bool {
    use ValuePattern as P;
    let Some(depth) = depth.checked_sub(1) else { return false };
    if wide == narrow {
        return true;
    }
    match (wide, narrow) {
        (P::Anything, _) => true,
        (P::And(all), _) => all.iter().all(|wide| covers_to(wide, narrow, depth)),
        (_, P::Or(any)) => any.iter().all(|narrow| covers_to(wide, narrow, depth)),
        (P::Or(any), _) if any.iter().any(|wide| covers_to(wide, narrow, depth)) => true,
        (_, P::And(all)) => all.iter().any(|narrow| covers_to(wide, narrow, depth)),
        (_, P::EqualTo { value, case_insensitive: None | Some(false) }) => takes(wide, Some(value)),
        (_, P::Absent) => takes(wide, None),
        (
            P::EqualTo { value: wide, case_insensitive: Some(true) },
            P::EqualTo { value: narrow, case_insensitive: Some(true) },
        ) => wide.to_lowercase() == narrow.to_lowercase(),
        (P::Contains(wide), P::Contains(narrow)) => narrow.contains(wide.as_str()),
        (P::DoesNotContain(wide), P::DoesNotContain(narrow)) => wide.contains(narrow.as_str()),
        (P::Matches(source), narrow) if source == ".*" => wants_presence(narrow),
        (P::Not(wide), narrow) => excludes_to(wide, narrow, depth),
        _ => false,
    }
}

/// Whether no value can meet both; absence is a value too.
pub fn excludes(left: &ValuePattern, right: &ValuePattern) -> bool {
    excludes_to(left, right, MAX_DEPTH)
}

fn excludes_to(left: &ValuePattern, right: &ValuePattern, depth: usize) -> bool {
    use ValuePattern as P;
    let Some(depth) = depth.checked_sub(1) else { return false };
    match (left, right) {
        (P::And(all), other) | (other, P::And(all)) => {
            all.iter().any(|one| excludes_to(one, other, depth))
        }
        (P::Or(any), other) | (other, P::Or(any)) => {
            !any.is_empty() && any.iter().all(|one| excludes_to(one, other, depth))
        }
        (P::Absent, other) | (other, P::Absent) => takes_not(other, None),
        (P::EqualTo { value, case_insensitive: None | Some(false) }, other)
        | (other, P::EqualTo { value, case_insensitive: None | Some(false) }) => {
            takes_not(other, Some(value))
        }
        (P::Not(inner), other) | (other, P::Not(inner)) => covers_to(inner, other, depth),
        (P::Contains(text), P::DoesNotContain(other))
        | (P::DoesNotContain(other), P::Contains(text)) => text.contains(other.as_str()),
        (P::Matches(one), P::DoesNotMatch(other)) | (P::DoesNotMatch(other), P::Matches(one)) => {
            one == other
        }
        _ => false,
    }
}

/// Whether it can be said that a value is taken.
fn takes(pattern: &ValuePattern, value: Option<&str>) -> bool {
    is_of_one_value(pattern)
        && TextMatcher::compile(pattern).is_ok_and(|matcher| matcher.is_match(&at_no_time(value)))
}

/// Whether it can be said that a value is not taken.
fn takes_not(pattern: &ValuePattern, value: Option<&str>) -> bool {
    is_of_one_value(pattern)
        && TextMatcher::compile(pattern).is_ok_and(|matcher| !matcher.is_match(&at_no_time(value)))
}

/// No condition on dates is asked, so that the time does not matter.
fn at_no_time(value: Option<&str>) -> Subject<'_> {
    Subject::new(value, Timestamp::UNIX_EPOCH)
}

/// Whether what fits changes with the time.
pub(super) fn depends_on_time(pattern: &ValuePattern) -> bool {
    match pattern {
        ValuePattern::Date(_) => true,
        ValuePattern::And(inner)
        | ValuePattern::Or(inner)
        | ValuePattern::HasExactly(inner)
        | ValuePattern::Includes(inner) => inner.iter().any(depends_on_time),
        ValuePattern::Not(inner) => depends_on_time(inner),
        ValuePattern::MatchesJsonPath(path) | ValuePattern::MatchesXPath { path, .. } => {
            path.value.as_deref().is_some_and(depends_on_time)
        }
        _ => false,
    }
}

/// Not a condition on all values of a name, and none that the time of day decides.
fn is_of_one_value(pattern: &ValuePattern) -> bool {
    match pattern {
        _ if depends_on_time(pattern) => false,
        ValuePattern::HasExactly(_) | ValuePattern::Includes(_) => false,
        ValuePattern::And(inner) | ValuePattern::Or(inner) => inner.iter().all(is_of_one_value),
        ValuePattern::Not(inner) => is_of_one_value(inner),
        _ => true,
    }
}

fn wants_presence(pattern: &ValuePattern) -> bool {
    match pattern {
        ValuePattern::Contains(_)
        | ValuePattern::EqualTo { .. }
        | ValuePattern::Matches(_)
        | ValuePattern::Number(_) => true,
        ValuePattern::And(all) => all.iter().any(wants_presence),
        ValuePattern::Or(any) => !any.is_empty() && any.iter().all(wants_presence),
        _ => false,
    }
}

/// For each name of `wide`, `narrow` has a condition that is at least as strict.
pub(super) fn values_cover(
    wide: &[(String, ValuePattern)],
    narrow: &[(String, ValuePattern)],
    any_case: bool,
) -> bool {
    wide.iter().all(|(name, pattern)| {
        *pattern == ValuePattern::Anything
            || narrow.iter().any(|(other, narrow)| {
                let is_same =
                    if any_case { name.eq_ignore_ascii_case(other) } else { name == other };
                // Of several values one that is refused does not keep another from fitting, so
                // that a condition that holds by refusing may hold for a value of its own.
                is_same
                    && (pattern == narrow || (!refuses(pattern) && value_covers(pattern, narrow)))
            })
    })
}

/// Whether a condition holds because of what a value is not.
fn refuses(pattern: &ValuePattern) -> bool {
    matches!(
        pattern,
        ValuePattern::Absent
            | ValuePattern::DoesNotContain(_)
            | ValuePattern::DoesNotMatch(_)
            | ValuePattern::Not(_)
            | ValuePattern::HasExactly(_)
            | ValuePattern::Includes(_)
    )
}

/// Whether every body that `narrow` takes is one that `wide` takes.
pub(super) fn body_covers(wide: &BodyPattern, narrow: &BodyPattern) -> bool {
    match (wide, narrow) {
        (wide, narrow) if wide == narrow => true,
        (BodyPattern::Text(wide), BodyPattern::Text(narrow)) => value_covers(wide, narrow),
        (BodyPattern::EqualToJson(wide), BodyPattern::EqualToJson(narrow)) => {
            is_one_document(narrow, wide)
                && JsonMatcher::compile(wide)
                    .is_ok_and(|matcher| matcher.is_match(&narrow.expected))
        }
        _ => false,
    }
}

/// Whether two conditions on a body exclude each other.
pub fn bodies_exclude(left: &BodyPattern, right: &BodyPattern) -> bool {
    match (left, right) {
        (BodyPattern::Text(left), BodyPattern::Text(right)) => excludes(left, right),
        (BodyPattern::EqualToJson(left), BodyPattern::EqualToJson(right)) => {
            is_one_document(left, left)
                && is_one_document(right, right)
                && JsonMatcher::compile(left).is_ok_and(|it| !it.is_match(&right.expected))
        }
        (BodyPattern::BinaryEqualTo(left), BodyPattern::BinaryEqualTo(right)) => left != right,
        _ => false,
    }
}

/// Whether only one document fits, but for what `other` does not look at.
fn is_one_document(pattern: &JsonPattern, other: &JsonPattern) -> bool {
    pattern.ignore_extra_elements != Some(true)
        && (pattern.ignore_array_order != Some(true) || other.ignore_array_order == Some(true))
        && !has_placeholder(&pattern.expected)
}

fn has_placeholder(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains("${"),
        Json::Array(items) => items.iter().any(has_placeholder),
        Json::Object(members) => {
            members.iter().any(|(name, value)| name.contains("${") || has_placeholder(value))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(value: &str) -> ValuePattern {
        ValuePattern::equal_to(value)
    }

    fn contains(text: &str) -> ValuePattern {
        ValuePattern::Contains(text.to_owned())
    }

    #[test]
    fn what_is_equal_is_covered_by_what_it_fits() {
        assert!(value_covers(&contains("b"), &equal("abc")));
        assert!(value_covers(&ValuePattern::Matches("a.*".into()), &equal("abc")));
        assert!(!value_covers(&equal("abc"), &contains("b")));
        assert!(value_covers(&contains("b"), &contains("abc")));
        assert!(!value_covers(&contains("abc"), &contains("b")));
        assert!(value_covers(&ValuePattern::Or(vec![equal("a"), equal("b")]), &equal("b")));
        assert!(value_covers(&equal("a"), &ValuePattern::And(vec![equal("a"), contains("a")])));
        assert!(!value_covers(&ValuePattern::Matches(".*".into()), &ValuePattern::Absent));
    }

    #[test]
    fn contradictions_are_seen() {
        assert!(excludes(&equal("a"), &equal("b")));
        assert!(excludes(&equal("a"), &ValuePattern::Absent));
        assert!(excludes(&contains("abc"), &ValuePattern::DoesNotContain("b".into())));
        assert!(!excludes(&contains("a"), &contains("b")));
        assert!(!excludes(&equal("a"), &contains("a")));
        assert!(excludes(&ValuePattern::Not(Box::new(contains("a"))), &equal("ab")));
    }
}
