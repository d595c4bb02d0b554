//! Patterns of values, compiled: no expression is compiled and no operand read per request.

use super::{
    date::DateMatcher,
    json::JsonMatcher,
    json_schema::{SchemaMatcher, Version},
    number::NumberMatcher,
    path::PathTemplate,
    regex::WholeRegex,
    xml::XmlMatcher,
};
use crate::{
    codec::{jsonpath::JsonPath, xml::XPath},
    model::{DatePattern, PathPattern, SchemaVersion, ValuePattern},
};

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
    JsonPath(Box<PathMatcher<JsonPath>>),
    Matches(WholeRegex),
    /// What cannot be understood, and why not: it fits nothing, as in WireMock.
    Never(String, String),
    Not(Box<TextMatcher>),
    Number(Box<NumberMatcher>),
    Or(Vec<TextMatcher>),
    PathTemplate(Box<PathTemplate>),
    Schema(Box<SchemaMatcher>),
    Xml(Box<(XmlMatcher, String)>),
    XPath(Box<PathMatcher<XPath>>),
}

/// A path, and what one of the values that it finds must be; `None` wants it to find anything.
#[derive(Clone, Debug)]
pub(super) struct PathMatcher<P> {
    pub(super) path: P,
    pub(super) value: Option<TextMatcher>,
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
            ValuePattern::EqualTo { value, case_insensitive: None | Some(false) } => {
                Kind::EqualTo(value.clone())
            }
            ValuePattern::EqualTo { value, case_insensitive: Some(true) } => {
                Kind::EqualToIgnoringCase(value.to_lowercase())
            }
            ValuePattern::EqualToJson(pattern) => Kind::Json(Box::new(
                JsonMatcher::compile(pattern).map_err(|message| at("equalToJson", message))?,
            )),
            ValuePattern::HasExactly(patterns) => Kind::HasExactly(all("hasExactly", patterns)?),
            ValuePattern::Includes(patterns) => Kind::Includes(all("includes", patterns)?),
            ValuePattern::Matches(source) => Kind::Matches(regex("matches", source)?),
            ValuePattern::Not(pattern) => Kind::Not(Box::new(below("not", pattern)?)),
            ValuePattern::Number(pattern) => Kind::Number(Box::new(
                NumberMatcher::compile(pattern).map_err(|message| (String::new(), message))?,
            )),
            ValuePattern::Or(patterns) => Kind::Or(all("or", patterns)?),
            ValuePattern::PathTemplate(template) => Kind::PathTemplate(Box::new(
                PathTemplate::parse(template)
                    .map_err(|message| at("matchesPathTemplate", message))?,
            )),
            ValuePattern::EqualToXml(pattern) => {
                let matcher =
                    XmlMatcher::compile(pattern).map_err(|message| at("equalToXml", message))?;
                Kind::Xml(Box::new((matcher, pattern.expected.clone())))
            }
            ValuePattern::MatchesJsonPath(pattern) => {
                let key = path_key("matchesJsonPath", pattern);
                let path = JsonPath::compile(&pattern.expression)
                    .map_err(|error| at(&key, error.to_string()))?;
                let value = found_value("matchesJsonPath", pattern)?;
                Kind::JsonPath(Box::new(PathMatcher { path, value }))
            }
            ValuePattern::MatchesXPath { path: pattern, namespaces } => {
                let value = found_value("matchesXPath", pattern)?;
                match XPath::compile(&pattern.expression, namespaces) {
                    Ok(path) => Kind::XPath(Box::new(PathMatcher { path, value })),
                    Err(error) => Kind::Never(
                        format!("something at {}", pattern.expression),
                        error.to_string(),
                    ),
                }
            }
            ValuePattern::MatchesJsonSchema(pattern) => {
                // WireMock takes a schema that cannot be read; it fits nothing.
                match SchemaMatcher::compile(&pattern.schema, version(pattern.version)) {
                    Ok(matcher) => Kind::Schema(Box::new(matcher)),
                    Err((place, message)) => Kind::Never(
                        "a JSON Schema".to_owned(),
                        format!(
                            "the schema cannot be read{}{place}: {message}",
                            if place.is_empty() { "" } else { " at " }
                        ),
                    ),
                }
            }
        }))
    }
}

fn version(version: Option<SchemaVersion>) -> Version {
    match version {
        Some(SchemaVersion::V4) => Version::V4,
        Some(SchemaVersion::V6) => Version::V6,
        Some(SchemaVersion::V7) => Version::V7,
        Some(SchemaVersion::V201909) => Version::V201909,
        Some(SchemaVersion::V202012) | None => Version::V202012,
    }
}

/// Where the expression of a path stands.
fn path_key(key: &str, pattern: &PathPattern) -> String {
    match pattern.value {
        Some(_) => format!("{key}/expression"),
        None => key.to_owned(),
    }
}

fn found_value(key: &str, pattern: &PathPattern) -> Result<Option<TextMatcher>, Wrong> {
    pattern.value.as_ref().map(|value| below(key, value)).transpose()
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
