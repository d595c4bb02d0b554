//! What a pattern of a value wants, in words, and how far a value is from it.

use super::{
    compiled::{Kind, TextMatcher},
    distance::text_distance,
    regex::GaveUp,
    subject::Subject,
};
use crate::model::{DateComparison, DatePattern};

impl TextMatcher {
    /// How far a value is from fitting: 0 fits, 1 has nothing in common.
    pub fn distance(&self, value: &Subject<'_>) -> f64 {
        if self.is_match(value) {
            return 0.0;
        }
        match (&self.0, value.text()) {
            (Kind::EqualTo(text) | Kind::EqualToIgnoringCase(text), Some(value)) => {
                text_distance(text, value)
            }
            (Kind::And(matchers), _) => {
                let sum: f64 = matchers.iter().map(|matcher| matcher.distance(value)).sum();
                sum / matchers.len().max(1) as f64
            }
            (Kind::Or(matchers) | Kind::HasExactly(matchers) | Kind::Includes(matchers), _) => {
                let nearest = matchers.iter().map(|matcher| matcher.distance(value));
                // A single value that fits one of a list is not all of it.
                nearest.fold(1.0, f64::min).max(0.1)
            }
            (Kind::Json(matcher), Some(_)) => match value.json() {
                Some(json) => matcher.distance(matcher.differences(json).len().max(1)),
                None => 1.0,
            },
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
            Kind::Anything => "anything or nothing".to_owned(),
            Kind::Contains(text) => format!("containing {text:?}"),
            Kind::Date(date) => describe_date(&date.1),
            Kind::DoesNotContain(text) => format!("not containing {text:?}"),
            Kind::DoesNotMatch(regex) => format!("not matching /{}/", regex.source()),
            Kind::EqualTo(text) => format!("{text:?}"),
            Kind::EqualToIgnoringCase(text) => format!("{text:?} in any case"),
            Kind::HasExactly(matchers) => format!(
                "exactly {} value{}: {}",
                matchers.len(),
                if matchers.len() == 1 { "" } else { "s" },
                joined(matchers, ", "),
            ),
            Kind::Includes(matchers) => format!("values with {}", joined(matchers, ", ")),
            Kind::Json(matcher) => format!("the JSON {}", matcher.describe()),
            Kind::Matches(regex) => format!("matching /{}/", regex.source()),
            Kind::Not(matcher) => format!("not {}", matcher.describe()),
            Kind::Number(number) => number.describe(),
            Kind::Or(matchers) => joined(matchers, " or "),
            Kind::PathTemplate(template) => format!("a path as {}", template.source()),
        }
    }

    /// Why nothing can be said about a value: a regular expression gave up on it.
    pub(super) fn gave_up(&self, value: &Subject<'_>) -> Option<GaveUp> {
        match (&self.0, value.text()) {
            (Kind::Matches(regex) | Kind::DoesNotMatch(regex), Some(text)) => {
                regex.try_match(text).err()
            }
            (
                Kind::And(matchers)
                | Kind::Or(matchers)
                | Kind::HasExactly(matchers)
                | Kind::Includes(matchers),
                _,
            ) => matchers.iter().find_map(|matcher| matcher.gave_up(value)),
            (Kind::Not(matcher), _) => matcher.gave_up(value),
            _ => None,
        }
    }
}

fn describe_date(pattern: &DatePattern) -> String {
    let comparison = match pattern.comparison {
        DateComparison::After => "a date after",
        DateComparison::Before => "a date before",
        DateComparison::Equal => "the date",
    };
    match &pattern.actual_format {
        Some(format) => format!("{comparison} {}, written as {format}", pattern.expected),
        None => format!("{comparison} {}", pattern.expected),
    }
}
