//! One text value against a pattern: equal, contained, fitting an expression, or not there.

use super::{distance::text_distance, regex::WholeRegex};
use crate::model::ValuePattern;

/// A [`ValuePattern`], compiled.
#[derive(Clone, Debug)]
pub struct TextMatcher(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Absent,
    And(Vec<TextMatcher>),
    Contains(String),
    DoesNotContain(String),
    DoesNotMatch(WholeRegex),
    EqualTo(String),
    /// The value in lower case.
    EqualToIgnoringCase(String),
    Matches(WholeRegex),
    Not(Box<TextMatcher>),
    Or(Vec<TextMatcher>),
}

impl TextMatcher {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// The JSON pointer below the pattern, and what is wrong there.
    pub fn compile(pattern: &ValuePattern) -> Result<Self, (String, String)> {
        let regex = |key: &str, source: &str| {
            WholeRegex::compile(source).map_err(|message| (format!("/{key}"), message))
        };
        let all = |key: &str, patterns: &[ValuePattern]| {
            let compiled = patterns.iter().enumerate().map(|(at, pattern)| {
                Self::compile(pattern)
                    .map_err(|(pointer, message)| (format!("/{key}/{at}{pointer}"), message))
            });
            compiled.collect::<Result<Vec<_>, _>>()
        };
        Ok(Self(match pattern {
            ValuePattern::Absent => Kind::Absent,
            ValuePattern::And(patterns) => Kind::And(all("and", patterns)?),
            ValuePattern::Contains(text) => Kind::Contains(text.clone()),
            ValuePattern::DoesNotContain(text) => Kind::DoesNotContain(text.clone()),
            ValuePattern::DoesNotMatch(source) => {
                Kind::DoesNotMatch(regex("doesNotMatch", source)?)
            }
            ValuePattern::EqualTo { value, case_insensitive: false } => {
                Kind::EqualTo(value.clone())
            }
            ValuePattern::EqualTo { value, case_insensitive: true } => {
                Kind::EqualToIgnoringCase(value.to_lowercase())
            }
            ValuePattern::Matches(source) => Kind::Matches(regex("matches", source)?),
            ValuePattern::Not(pattern) => Kind::Not(Box::new(
                Self::compile(pattern)
                    .map_err(|(pointer, message)| (format!("/not{pointer}"), message))?,
            )),
            ValuePattern::Or(patterns) => Kind::Or(all("or", patterns)?),
            other => return Err((String::new(), format!("{other:?} is not supported yet"))),
        }))
    }

    /// Whether a value fits; `None` is a value that is not there.
    pub fn is_match(&self, value: Option<&str>) -> bool {
        match (&self.0, value) {
            (Kind::Absent, value) => value.is_none(),
            (Kind::And(matchers), value) => matchers.iter().all(|matcher| matcher.is_match(value)),
            (Kind::Not(matcher), value) => !matcher.is_match(value),
            (Kind::Or(matchers), value) => matchers.iter().any(|matcher| matcher.is_match(value)),
            (Kind::DoesNotContain(_) | Kind::DoesNotMatch(_), None) => true,
            (_, None) => false,
            (Kind::Contains(text), Some(value)) => value.contains(text),
            (Kind::DoesNotContain(text), Some(value)) => !value.contains(text),
            (Kind::DoesNotMatch(regex), Some(value)) => !regex.is_match(value),
            (Kind::EqualTo(text), Some(value)) => value == text,
            (Kind::EqualToIgnoringCase(text), Some(value)) => {
                value.eq_ignore_ascii_case(text) || value.to_lowercase() == *text
            }
            (Kind::Matches(regex), Some(value)) => regex.is_match(value),
        }
    }

    /// Whether any of the repeated values fits, or their absence does when there is none.
    pub fn is_match_any<V: AsRef<str>>(&self, values: impl Iterator<Item = V>) -> bool {
        let mut any = false;
        for value in values {
            if self.is_match(Some(value.as_ref())) {
                return true;
            }
            any = true;
        }
        !any && self.is_match(None)
    }

    /// Whether it is equality with the empty text.
    pub(super) fn wants_empty(&self) -> bool {
        matches!(&self.0, Kind::EqualTo(text) if text.is_empty())
    }

    /// How far a value is from fitting: 0 fits, 1 has nothing in common.
    pub fn distance(&self, value: Option<&str>) -> f64 {
        if self.is_match(value) {
            return 0.0;
        }
        match (&self.0, value) {
            (Kind::EqualTo(text) | Kind::EqualToIgnoringCase(text), Some(value)) => {
                text_distance(text, value)
            }
            (Kind::And(matchers), value) => {
                let sum: f64 = matchers.iter().map(|matcher| matcher.distance(value)).sum();
                sum / matchers.len().max(1) as f64
            }
            (Kind::Or(matchers), value) => {
                matchers.iter().map(|matcher| matcher.distance(value)).fold(1.0, f64::min)
            }
            _ => 1.0,
        }
    }

    /// What fits, in words: `"eur"`, `matching /[a-z]+/`, `nothing`.
    pub fn describe(&self) -> String {
        let joined = |matchers: &[Self], word: &str| {
            matchers.iter().map(Self::describe).collect::<Vec<_>>().join(word)
        };
        match &self.0 {
            Kind::Absent => "nothing".to_owned(),
            Kind::And(matchers) => joined(matchers, " and "),
            Kind::Contains(text) => format!("containing {text:?}"),
            Kind::DoesNotContain(text) => format!("not containing {text:?}"),
            Kind::DoesNotMatch(regex) => format!("not matching /{}/", regex.source()),
            Kind::EqualTo(text) => format!("{text:?}"),
            Kind::EqualToIgnoringCase(text) => format!("{text:?} in any case"),
            Kind::Matches(regex) => format!("matching /{}/", regex.source()),
            Kind::Not(matcher) => format!("not {}", matcher.describe()),
            Kind::Or(matchers) => joined(matchers, " or "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &ValuePattern, values: &[&str], expect: bool) {
        let matcher = TextMatcher::compile(pattern).unwrap();
        assert_eq!(matcher.is_match_any(values.iter()), expect, "{pattern:?} on {values:?}");
    }

    fn equal(text: &str) -> ValuePattern {
        ValuePattern::equal_to(text)
    }

    #[test]
    fn any_of_repeated_values_suffices() {
        check(&equal("a"), &["b", "a"], true);
        check(&equal("a"), &["b", "a,c"], false);
        check(&ValuePattern::DoesNotContain("a".into()), &["a", "b"], true);
    }

    #[test]
    fn negative_patterns_fit_a_missing_value_and_positive_ones_do_not() {
        check(&ValuePattern::DoesNotContain("a".into()), &[], true);
        check(&ValuePattern::DoesNotMatch("a".into()), &[], true);
        check(&ValuePattern::Not(Box::new(equal("a"))), &[], true);
        check(&ValuePattern::Contains(String::new()), &[], false);
        check(&ValuePattern::Matches(".*".into()), &[], false);
        check(&equal(""), &[], false);
    }

    #[test]
    fn absent_fits_only_a_missing_value() {
        check(&ValuePattern::Absent, &[], true);
        check(&ValuePattern::Absent, &[""], false);
        check(&ValuePattern::Not(Box::new(ValuePattern::Absent)), &[""], true);
        check(&ValuePattern::Or(vec![ValuePattern::Absent, equal("a")]), &["a"], true);
        check(&ValuePattern::Or(vec![ValuePattern::Absent, equal("a")]), &[], true);
    }

    #[test]
    fn and_must_hold_within_one_value() {
        let both = ValuePattern::And(vec![
            ValuePattern::Contains("a".into()),
            ValuePattern::Contains("b".into()),
        ]);
        check(&both, &["ab"], true);
        check(&both, &["a", "b"], false);
    }

    #[test]
    fn case_is_ignored_on_request() {
        let pattern = ValuePattern::EqualTo { value: "Été".into(), case_insensitive: true };
        check(&pattern, &["éTÉ"], true);
        check(&pattern, &["ete"], false);
        check(&equal("A"), &["a"], false);
    }

    #[test]
    fn a_broken_expression_is_placed() {
        let nested = ValuePattern::Or(vec![
            equal("a"),
            ValuePattern::Not(Box::new(ValuePattern::Matches("(".into()))),
        ]);
        assert_eq!(TextMatcher::compile(&nested).unwrap_err().0, "/or/1/not/matches");
    }
}
