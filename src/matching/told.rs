//! What a pattern of a value wants, in words, and how far a value is from it.

use super::{
    compiled::{Kind, TextMatcher},
    distance::text_distance,
    found::Outcome,
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
            // Some documents have no difference but do not fit.
            (Kind::Xml(xml), Some(text)) => xml.0.distance(text).clamp(0.01, 1.0),
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
            Kind::JsonPath(path) => describe_path(path.path.source(), path.value.as_ref()),
            Kind::Never(what, _) => what.clone(),
            Kind::Not(matcher) => format!("not {}", matcher.describe()),
            Kind::Number(number) => number.describe(),
            Kind::Or(matchers) => joined(matchers, " or "),
            Kind::Schema(_) => "what the JSON Schema allows".to_owned(),
            Kind::Xml(xml) => format!("the XML {}", xml.1),
            Kind::XPath(path) => describe_path(path.path.source(), path.value.as_ref()),
            Kind::PathTemplate(template) => format!("a path as {}", template.source()),
        }
    }

    /// Why a value does not fit, where that is not to be seen: a regular expression gave up, a path
    /// cannot be followed, a document differs somewhere.
    pub(super) fn reason(&self, value: &Subject<'_>) -> Option<String> {
        match (&self.0, value.text()) {
            (Kind::Matches(regex) | Kind::DoesNotMatch(regex), Some(text)) => {
                regex.try_match(text).err().map(|error| error.to_string())
            }
            (Kind::JsonPath(path), Some(_)) => failure(path.outcome(value)),
            (Kind::XPath(path), Some(_)) => failure(path.outcome(value)),
            (Kind::Xml(xml), Some(text)) => xml.0.explain(text),
            (Kind::Schema(schema), Some(text)) => schema.explain(text, value.json()),
            (Kind::Never(_, reason), _) => Some(reason.clone()),
            (
                Kind::And(matchers)
                | Kind::Or(matchers)
                | Kind::HasExactly(matchers)
                | Kind::Includes(matchers),
                _,
            ) => matchers.iter().find_map(|matcher| matcher.reason(value)),
            (Kind::Not(matcher), _) => matcher.reason(value).filter(|_| !self.is_match(value)),
            _ => None,
        }
    }
}

fn failure(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Failed(reason) => Some(reason),
        Outcome::No | Outcome::Yes => None,
    }
}

fn describe_path(source: &str, value: Option<&TextMatcher>) -> String {
    match value {
        None => format!("something at {source}"),
        Some(value) => format!("{} at {source}", value.describe()),
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
