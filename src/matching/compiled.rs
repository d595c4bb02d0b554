//! Patterns of values, compiled: no expression is compiled and no operand read per request.

use super::{
    date::DateMatcher, json::JsonMatcher, number::NumberMatcher, path::PathTemplate,
    regex::WholeRegex,
};
use crate::model::{DatePattern, ValuePattern};

/// A [`ValuePattern`], compiled.
#[derive(Clone, Debug)]
pub struct TextMatcher(pub(super) Kind);

/// What is compared how.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Absent,
    And(Vec<TextMatcher>),
    Anything,
    Contains(String),
    Date(Box<(DateMatcher, DatePattern)>),
    DoesNotContain(String),
    DoesNotMatch(WholeRegex),
    EqualTo(String),
    /// The value in lower case.
    EqualToIgnoringCase(String),
    HasExactly(Vec<TextMatcher>),
    Includes(Vec<TextMatcher>),
    Json(Box<JsonMatcher>),
    Matches(WholeRegex),
    Not(Box<TextMatcher>),
    Number(NumberMatcher),
    Or(Vec<TextMatcher>),
    PathTemplate(PathTemplate),
}

/// Where something is wrong below a pattern, as a JSON pointer, and what.
type Wrong = (String, String);

impl TextMatcher {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// The JSON pointer below the pattern, and what is wrong there.
    pub fn compile(pattern: &ValuePattern) -> Result<Self, Wrong> {
        let regex = |key: &str, source: &str| {
            WholeRegex::compile(source).map_err(|message| at(key, message))
        };
        Ok(Self(match pattern {
            ValuePattern::Absent => Kind::Absent,
            ValuePattern::And(patterns) => Kind::And(all("and", patterns)?),
            ValuePattern::Anything => Kind::Anything,
            ValuePattern::Contains(text) => Kind::Contains(text.clone()),
            ValuePattern::Date(pattern) => {
                let matcher =
                    DateMatcher::compile(pattern).map_err(|message| (String::new(), message))?;
                Kind::Date(Box::new((matcher, pattern.clone())))
            }
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
            ValuePattern::EqualToJson(pattern) => Kind::Json(Box::new(
                JsonMatcher::compile(pattern).map_err(|message| at("equalToJson", message))?,
            )),
            ValuePattern::HasExactly(patterns) => Kind::HasExactly(all("hasExactly", patterns)?),
            ValuePattern::Includes(patterns) => Kind::Includes(all("includes", patterns)?),
            ValuePattern::Matches(source) => Kind::Matches(regex("matches", source)?),
            ValuePattern::Not(pattern) => Kind::Not(Box::new(below("not", pattern)?)),
            ValuePattern::Number(pattern) => Kind::Number(
                NumberMatcher::compile(pattern).map_err(|message| (String::new(), message))?,
            ),
            ValuePattern::Or(patterns) => Kind::Or(all("or", patterns)?),
            ValuePattern::PathTemplate(template) => Kind::PathTemplate(
                PathTemplate::parse(template)
                    .map_err(|message| at("matchesPathTemplate", message))?,
            ),
            other => return Err((String::new(), format!("{other:?} is not supported yet"))),
        }))
    }
}

fn at(key: &str, message: String) -> Wrong {
    (format!("/{key}"), message)
}

fn below(key: &str, pattern: &ValuePattern) -> Result<TextMatcher, Wrong> {
    TextMatcher::compile(pattern)
        .map_err(|(pointer, message)| (format!("/{key}{pointer}"), message))
}

fn all(key: &str, patterns: &[ValuePattern]) -> Result<Vec<TextMatcher>, Wrong> {
    let compiled =
        patterns.iter().enumerate().map(|(at, pattern)| below(&format!("{key}/{at}"), pattern));
    compiled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_expression_is_placed() {
        let nested = ValuePattern::Or(vec![
            ValuePattern::equal_to("a"),
            ValuePattern::Not(Box::new(ValuePattern::Matches("(".into()))),
        ]);
        assert_eq!(TextMatcher::compile(&nested).unwrap_err().0, "/or/1/not/matches");
    }
}
