//! What a path finds, as the texts that the matcher beside it looks at (`MatchesJsonPathPattern` and
//! `MatchesXPathPattern` of WireMock).

use std::borrow::Cow;

use super::{
    compiled::{Kind, PathMatcher, TextMatcher},
    subject::Subject,
};
use crate::{
    codec::{
        json::java,
        jsonpath::{Found, JsonPath},
        xml::XPath,
    },
    model::Json,
};

/// What became of a path.
pub(super) enum Outcome {
    /// It finds nothing that fits.
    No,
    /// The same, and why.
    Failed(String),
    /// It finds what fits.
    Yes,
}

impl Outcome {
    fn of(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}

impl PathMatcher<JsonPath> {
    /// Whether the path finds what it should in a value.
    pub(super) fn outcome(&self, value: &Subject<'_>) -> Outcome {
        let wants_absent = self.value.as_ref().is_some_and(|it| matches!(it.0, Kind::Absent));
        let Some(text) = value.text() else { return Outcome::of(wants_absent) };
        let bare;
        let root = match value.json() {
            Some(json) => json,
            None => match bare_text(text) {
                Some(json) => {
                    bare = json;
                    &bare
                }
                None => return Outcome::Failed("it is no JSON".to_owned()),
            },
        };
        if *root == Json::Null {
            return Outcome::No;
        }
        let found = self.path.find(root);
        if let Found::Failed(reason) = found {
            return Outcome::Failed(reason);
        }
        Outcome::of(match &self.value {
            None => found.is_match(),
            Some(_) if wants_absent => is_absent(&found),
            Some(matcher) => fits_one(matcher, found, value),
        })
    }
}

impl PathMatcher<XPath> {
    /// Whether the path finds what it should in a value.
    pub(super) fn outcome(&self, value: &Subject<'_>) -> Outcome {
        let is_xml = |text: &str| text.trim_start().starts_with('<');
        let Some(document) = value.text().filter(|text| is_xml(text)).and_then(|_| value.xml())
        else {
            return Outcome::Failed("it is no XML".to_owned());
        };
        let found = match self.path.evaluate(document) {
            Ok(found) => found,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let Some(matcher) = self.value.as_ref() else { return Outcome::of(!found.is_empty()) };
        match found.shown() {
            Ok(texts) => Outcome::of(texts.into_iter().any(|text| {
                matcher.is_match(&Subject::of_text(Some(Cow::Owned(text)), value.received()))
            })),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }
}

/// What Jayway's parser makes of a text that is neither JSON nor meant to be: a string.
fn bare_text(text: &str) -> Option<Json> {
    let text = text.trim();
    let is_meant = text.starts_with(['{', '[', '"', '\'', '<']);
    (!is_meant && !text.is_empty()).then(|| text.into())
}

fn is_absent(found: &Found<'_>) -> bool {
    match found {
        Found::Missing => true,
        Found::Failed(_) => false,
        Found::Many(values) => values.is_empty(),
        Found::One(value) => match value.as_ref() {
            Json::Null => true,
            Json::Array(items) => items.is_empty(),
            _ => false,
        },
    }
}

/// Whether what is found fits, or one element of it where it is a list. Equality as JSON looks at
/// the list as a whole.
fn fits_one(matcher: &TextMatcher, found: Found<'_>, of: &Subject<'_>) -> bool {
    let received = of.received();
    let fits_text =
        |text: String| matcher.is_match(&Subject::of_text(Some(Cow::Owned(text)), received));
    let fits_element = |item: &Json| *item != Json::Null && fits_text(java::to_text(item));
    match (found, &matcher.0) {
        (Found::Missing | Found::Failed(_), _) => false,
        (Found::Many(values), Kind::Json(json)) => {
            json.is_match(&Json::Array(values.into_iter().map(Cow::into_owned).collect()))
        }
        (Found::Many(values), _) => values.iter().any(|value| fits_element(value)),
        (Found::One(value), kind) => match (value.as_ref(), kind) {
            (Json::Null, _) => false,
            (whole @ (Json::Array(_) | Json::Object(_)), Kind::Json(json)) => json.is_match(whole),
            (Json::Array(items), _) => items.iter().any(fits_element),
            (whole @ Json::Object(_), _) => matcher.is_match(&Subject::of_json(
                java::pretty(whole, &java::number),
                whole,
                received,
            )),
            (scalar, _) => fits_text(java::to_text(scalar)),
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::{JsonPattern, PathPattern, ValuePattern};

    fn fits(pattern: &ValuePattern, text: Option<&str>) -> bool {
        TextMatcher::compile(pattern).unwrap().is_match(&Subject::new(text, Timestamp::UNIX_EPOCH))
    }

    fn path(expression: &str, value: Option<ValuePattern>) -> PathPattern {
        PathPattern { expression: expression.to_owned(), value: value.map(Box::new) }
    }

    #[track_caller]
    fn check_json(expression: &str, value: Option<ValuePattern>, text: &str, expect: bool) {
        let pattern = ValuePattern::MatchesJsonPath(path(expression, value));
        assert_eq!(fits(&pattern, Some(text)), expect, "{pattern:?} on {text}");
    }

    fn equal(text: &str) -> Option<ValuePattern> {
        Some(ValuePattern::equal_to(text))
    }

    fn equal_json(text: &str) -> Option<ValuePattern> {
        let expected = crate::codec::json::parse(text).unwrap();
        Some(ValuePattern::EqualToJson(JsonPattern::strict(expected)))
    }

    #[test]
    fn a_path_alone_wants_something_that_is_neither_null_nor_empty() {
        for (text, expect) in
            [("{\"a\":0}", true), ("{\"a\":null}", false), ("{\"a\":[]}", false), ("{}", false)]
        {
            check_json("$.a", None, text, expect);
        }
        check_json("$", None, "nonsense", true);
        check_json("$", None, "<a/>", false);
        check_json("$.a", None, "{a", false);
    }

    #[test]
    fn what_is_found_is_compared_as_java_prints_it() {
        check_json("$.a", equal("5"), "{\"a\":5}", true);
        check_json("$.a", equal("5"), "{\"a\":\"5\"}", true);
        check_json("$.a", equal("5"), "{\"a\":5.0}", false);
        check_json("$.a", equal("5.0"), "{\"a\":5.00}", true);
        check_json("$.a", equal("{\n  \"b\" : 1\n}"), "{\"a\":{\"b\":1}}", true);
        check_json("$.a", equal("{b=1}"), "{\"a\":[{\"b\":1}]}", true);
        check_json("$..b", equal("2"), "[{\"b\":1},{\"b\":2}]", true);
        check_json("$.a", Some(ValuePattern::Anything), "{\"a\":[null]}", false);
    }

    #[test]
    fn equality_as_json_looks_at_a_list_as_a_whole() {
        check_json("$.a", equal_json("[1,2]"), "{\"a\":[1,2]}", true);
        check_json("$.a", equal_json("1"), "{\"a\":[1,2]}", false);
        check_json("$..b", equal_json("[1,2]"), "[{\"b\":1},{\"b\":2}]", true);
        check_json("$.a", equal_json("1"), "{\"a\":\"1\"}", true);
        check_json("$.a", equal_json("null"), "{\"a\":null}", false);
    }

    #[test]
    fn only_absent_itself_fits_what_is_not_found() {
        let not = |pattern| Some(ValuePattern::Not(Box::new(pattern)));
        for text in ["{}", "{\"a\":null}", "{\"a\":[]}", "nonsense"] {
            check_json("$.a", Some(ValuePattern::Absent), text, true);
            check_json("$.a", not(ValuePattern::equal_to("x")), text, false);
        }
        check_json("$.a", Some(ValuePattern::Absent), "{\"a\":{}}", false);
        check_json("$.a", Some(ValuePattern::Absent), "null", false);
        let absent = ValuePattern::MatchesJsonPath(path("$.a", Some(ValuePattern::Absent)));
        assert!(fits(&absent, None));
    }

    #[test]
    fn nodes_are_compared_as_text_or_xml() {
        let xpath = |expression: &str, value| ValuePattern::MatchesXPath {
            path: path(expression, value),
            namespaces: Vec::new(),
        };
        let text = Some("<a><b>1</b><b>2</b></a>");
        assert!(fits(&xpath("//b", None), text));
        assert!(!fits(&xpath("//c", None), text));
        assert!(fits(&xpath("//b/text()", equal("2")), text));
        assert!(!fits(&xpath("//c", Some(ValuePattern::Absent)), text));
        assert!(!fits(&xpath("//b", None), Some("no XML")) && !fits(&xpath("//b", None), None));
    }

    #[test]
    fn an_xpath_that_cannot_be_read_fits_nothing_and_says_why() {
        let pattern =
            ValuePattern::MatchesXPath { path: path("//[", None), namespaces: Vec::new() };
        let matcher = TextMatcher::compile(&pattern).unwrap();
        let value = Subject::new(Some("<a/>"), Timestamp::UNIX_EPOCH);
        assert!(!matcher.is_match(&value) && matcher.reason(&value).is_some());
    }
}
