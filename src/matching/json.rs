//! `equalToJson`: equality by value, with WireMock's options and json-unit's placeholders.

use std::cell::Cell;

use super::{
    assignment::place,
    members::{Members, last_of_each, member_path},
    regex::WholeRegex,
};
use crate::{
    codec::{json, number::NumberValue},
    model::{Json, JsonPattern, JsonStyle},
};

/// Differences told at most.
const MAX_DIFFERENCES: usize = 20;

/// An expected JSON value, compiled.
#[derive(Clone, Debug)]
pub struct JsonMatcher {
    pub(super) expected: Expected,
    pub(super) ignore_array_order: bool,
    ignore_extra_elements: bool,
    n_nodes: usize,
}

/// A place where a value is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonDifference {
    /// Where: `$.items[2].price`.
    pub path: String,
    /// What is expected there, as JSON or in words.
    pub expected: String,
    /// What stands there, as JSON, or `nothing`.
    pub actual: String,
}

/// Comparisons of elements of arrays in any order that one value may take; past them it does not
/// fit.
const MAX_COMPARISONS: usize = 2_000_000;

#[derive(Clone, Copy, Debug)]
struct Options<'c> {
    ignore_array_order: bool,
    ignore_extra_elements: bool,
    n_left: &'c Cell<usize>,
}

impl Options<'_> {
    /// Takes one of the comparisons that are left; `None` when there is none.
    fn spend(self) -> Option<()> {
        self.n_left.set(self.n_left.get().checked_sub(1)?);
        Some(())
    }
}

/// What is expected at one place.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    AnyBoolean,
    AnyNumber,
    AnyString,
    Array(Vec<Self>),
    Bool(bool),
    /// Anything, but something.
    Ignore,
    /// Anything or nothing.
    IgnoreElement,
    Null,
    /// The spelling is for messages, and for numbers whose value has no bound.
    Number(Box<(String, Option<NumberValue>)>),
    /// Of repeated names the last counts, as most parsers have it.
    Object(Vec<(String, Self)>),
    Regex(WholeRegex),
    String(String),
}

impl JsonMatcher {
    /// Compiles an expected value.
    ///
    /// # Errors
    ///
    /// What is wrong with a `${json-unit.regex}`.
    pub fn compile(pattern: &JsonPattern) -> Result<Self, String> {
        let expected = Expected::compile(&pattern.expected)?;
        let n_nodes = expected.n_nodes();
        Ok(Self {
            expected,
            ignore_array_order: pattern.ignore_array_order == Some(true),
            ignore_extra_elements: pattern.ignore_extra_elements == Some(true),
            n_nodes,
        })
    }

    /// Whether a value is as expected.
    pub fn is_match(&self, actual: &Json) -> bool {
        self.expected.is_match(actual, self.options(&Cell::new(MAX_COMPARISONS)))
    }

    /// Where it is not, the first places of it.
    pub fn differences(&self, actual: &Json) -> Vec<JsonDifference> {
        let mut found = Vec::new();
        let n_left = Cell::new(MAX_COMPARISONS);
        self.expected.differences(actual, self.options(&n_left), "$", &mut found);
        found
    }

    fn options<'c>(&self, n_left: &'c Cell<usize>) -> Options<'c> {
        Options {
            ignore_array_order: self.ignore_array_order,
            ignore_extra_elements: self.ignore_extra_elements,
            n_left,
        }
    }

    /// How far a value is from the expected one: 0 fits, 1 has nothing in common.
    pub fn distance(&self, n_differences: usize) -> f64 {
        (n_differences as f64 / self.n_nodes.max(1) as f64).min(1.0)
    }

    /// The expected value on one line.
    pub fn describe(&self) -> String {
        self.expected.describe()
    }
}

impl Expected {
    fn compile(json: &Json) -> Result<Self, String> {
        Ok(match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(text) => Self::Number(Box::new((text.clone(), NumberValue::of(text)))),
            Json::String(text) => Self::compile_string(text)?,
            Json::Array(items) => {
                Self::Array(items.iter().map(Self::compile).collect::<Result<_, _>>()?)
            }
            Json::Object(members) => {
                let members = last_of_each(members);
                let compiled = members.into_iter().map(|(name, value)| {
                    Self::compile(value).map(|value| (name.to_owned(), value))
                });
                Self::Object(compiled.collect::<Result<_, _>>()?)
            }
        })
    }

    fn compile_string(text: &str) -> Result<Self, String> {
        let placeholder =
            text.strip_prefix("${json-unit.").or_else(|| text.strip_prefix("#{json-unit."));
        let Some((word, rest)) = placeholder.and_then(|inner| inner.split_once('}')) else {
            return Ok(Self::String(text.to_owned()));
        };
        Ok(match (word, rest) {
            ("any-boolean", "") => Self::AnyBoolean,
            ("any-number", "") => Self::AnyNumber,
            ("any-string", "") => Self::AnyString,
            ("ignore", "") => Self::Ignore,
            ("ignore-element", "") => Self::IgnoreElement,
            ("regex", pattern) => Self::Regex(WholeRegex::compile(pattern)?),
            _ => Self::String(text.to_owned()),
        })
    }

    fn is_match(&self, actual: &Json, options: Options<'_>) -> bool {
        match (self, actual) {
            (Self::Ignore | Self::IgnoreElement, _)
            | (Self::Null, Json::Null)
            | (Self::AnyBoolean, Json::Bool(_))
            | (Self::AnyNumber, Json::Number(_))
            | (Self::AnyString, Json::String(_)) => true,
            (Self::Bool(expected), Json::Bool(actual)) => expected == actual,
            (Self::Number(number), Json::Number(actual)) => {
                let (spelling, value) = &**number;
                // Two whole numbers spelled differently differ, and most numbers are whole.
                spelling == actual
                    || !(is_plain(spelling) && is_plain(actual))
                        && value.is_some()
                        && *value == NumberValue::of(actual)
            }
            (Self::String(expected), Json::String(actual)) => expected == actual,
            (Self::Regex(regex), Json::String(actual)) => regex.is_match(actual),
            (Self::Array(expected), Json::Array(actual)) => {
                is_array_match(expected, actual, options)
            }
            (Self::Object(expected), Json::Object(members)) => {
                let actual = Members::new(members);
                let n_found = expected.iter().try_fold(0, |n_found, (name, expected)| {
                    match (actual.get(name), expected) {
                        (Some(actual), _) => {
                            expected.is_match(actual, options).then_some(n_found + 1)
                        }
                        (None, Self::IgnoreElement) => Some(n_found),
                        (None, _) => None,
                    }
                });
                n_found.is_some_and(|n| options.ignore_extra_elements || n == actual.len())
            }
            _ => false,
        }
    }

    fn differences(
        &self,
        actual: &Json,
        options: Options<'_>,
        path: &str,
        found: &mut Vec<JsonDifference>,
    ) {
        if found.len() >= MAX_DIFFERENCES || self.is_match(actual, options) {
            return;
        }
        match (self, actual) {
            (Self::Object(expected), Json::Object(members)) => {
                let actual = Members::new(members);
                for (name, expected) in expected {
                    let path = member_path(path, name);
                    match actual.get(name) {
                        Some(actual) => expected.differences(actual, options, &path, found),
                        None if matches!(expected, Self::IgnoreElement) => {}
                        None => push(found, &path, expected.describe(), "nothing".to_owned()),
                    }
                }
                if !options.ignore_extra_elements {
                    for (name, actual) in last_of_each(members) {
                        if !expected.iter().any(|(known, _)| known == name) {
                            let path = member_path(path, name);
                            push(found, &path, "nothing".to_owned(), one_line(actual));
                        }
                    }
                }
            }
            (Self::Array(expected), Json::Array(actual)) if !options.ignore_array_order => {
                for (at, expected) in expected.iter().enumerate() {
                    let path = format!("{path}[{at}]");
                    match actual.get(at) {
                        Some(actual) => expected.differences(actual, options, &path, found),
                        None => push(found, &path, expected.describe(), "nothing".to_owned()),
                    }
                }
                if !options.ignore_extra_elements {
                    for (at, actual) in actual.iter().enumerate().skip(expected.len()) {
                        let path = format!("{path}[{at}]");
                        push(found, &path, "nothing".to_owned(), one_line(actual));
                    }
                }
            }
            _ => push(found, path, self.describe(), one_line(actual)),
        }
    }

    fn n_nodes(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::n_nodes).sum::<usize>(),
            Self::Object(members) => {
                1 + members.iter().map(|(_, value)| value.n_nodes()).sum::<usize>()
            }
            _ => 1,
        }
    }

    fn has_placeholder(&self) -> bool {
        match self {
            Self::Array(items) => items.iter().any(Self::has_placeholder),
            Self::Object(members) => members.iter().any(|(_, value)| value.has_placeholder()),
            Self::Bool(_) | Self::Null | Self::Number(..) | Self::String(_) => false,
            _ => true,
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::AnyBoolean => "any boolean".to_owned(),
            Self::AnyNumber => "any number".to_owned(),
            Self::AnyString => "any string".to_owned(),
            Self::Ignore | Self::IgnoreElement => "anything".to_owned(),
            Self::Regex(regex) => format!("matching /{}/", regex.source()),
            _ => one_line(&self.to_json()),
        }
    }

    fn to_json(&self) -> Json {
        match self {
            Self::AnyBoolean => Json::from("${json-unit.any-boolean}"),
            Self::AnyNumber => Json::from("${json-unit.any-number}"),
            Self::AnyString => Json::from("${json-unit.any-string}"),
            Self::Array(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Bool(value) => Json::Bool(*value),
            Self::Ignore => Json::from("${json-unit.ignore}"),
            Self::IgnoreElement => Json::from("${json-unit.ignore-element}"),
            Self::Null => Json::Null,
            Self::Number(number) => Json::Number(number.0.clone()),
            Self::Object(members) => Json::Object(
                members.iter().map(|(name, value)| (name.clone(), value.to_json())).collect(),
            ),
            Self::Regex(regex) => Json::String(format!("${{json-unit.regex}}{}", regex.source())),
            Self::String(text) => Json::String(text.clone()),
        }
    }
}

/// Whether a number is spelled in the one way that its value has: `12`, neither `012` nor `12.0`.
fn is_plain(spelling: &str) -> bool {
    !spelling.starts_with('0') && spelling.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_array_match(expected: &[Expected], actual: &[Json], options: Options<'_>) -> bool {
    let fits_in_number = if options.ignore_extra_elements {
        expected.len() <= actual.len()
    } else {
        expected.len() == actual.len()
    };
    if !fits_in_number {
        return false;
    }
    if !options.ignore_array_order {
        return expected
            .iter()
            .zip(actual)
            .all(|(expected, actual)| expected.is_match(actual, options));
    }
    if !options.ignore_extra_elements && !expected.iter().any(Expected::has_placeholder) {
        // Equality is then transitive, so sorted spellings can be compared instead of all pairs.
        let mut expected: Vec<String> =
            expected.iter().map(|item| canonical(&item.to_json())).collect();
        let mut actual: Vec<String> = actual.iter().map(canonical).collect();
        expected.sort_unstable();
        actual.sort_unstable();
        return expected == actual;
    }
    let fits: Option<Vec<Vec<usize>>> = expected
        .iter()
        .map(|expected| {
            let mut fitting = Vec::new();
            for (at, item) in actual.iter().enumerate() {
                options.spend()?;
                if expected.is_match(item, options) {
                    fitting.push(at);
                }
            }
            Some(fitting)
        })
        .collect();
    let Some(fits) = fits else { return false };
    let mut taken_by = vec![None; actual.len()];
    (0..expected.len()).all(|at| place(at, &fits, &mut taken_by, || options.spend()))
}

/// One text for all values that are equal when neither member nor element order counts.
fn canonical(json: &Json) -> String {
    match json {
        Json::Number(text) => match NumberValue::of(text) {
            Some(value) => format!("{value:?}"),
            None => text.clone(),
        },
        Json::Array(items) => {
            let mut items: Vec<String> = items.iter().map(canonical).collect();
            items.sort_unstable();
            format!("[{}]", items.join(","))
        }
        Json::Object(members) => {
            let mut members: Vec<String> = last_of_each(members)
                .into_iter()
                .map(|(name, value)| format!("{name:?}:{}", canonical(value)))
                .collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
        _ => one_line(json),
    }
}

fn push(found: &mut Vec<JsonDifference>, path: &str, expected: String, actual: String) {
    if found.len() < MAX_DIFFERENCES {
        found.push(JsonDifference { path: path.to_owned(), expected, actual });
    }
}

fn one_line(json: &Json) -> String {
    json::write(json, JsonStyle::default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STRICT: (bool, bool) = (false, false);
    const ORDER: (bool, bool) = (true, false);
    const EXTRA: (bool, bool) = (false, true);
    const BOTH: (bool, bool) = (true, true);

    fn compiled(expected: &Json, order: bool, extra: bool) -> JsonMatcher {
        JsonMatcher::compile(&JsonPattern {
            ignore_array_order: Some(order),
            ignore_extra_elements: Some(extra),
            ..JsonPattern::strict(expected.clone())
        })
        .unwrap()
    }

    fn compile(expected: &str, (order, extra): (bool, bool)) -> JsonMatcher {
        compiled(&json::parse(expected).unwrap(), order, extra)
    }

    #[track_caller]
    fn check(expected: &str, options: (bool, bool), fits: &[&str], fits_not: &[&str]) {
        let matcher = compile(expected, options);
        for (texts, expect) in [(fits, true), (fits_not, false)] {
            for text in texts {
                let actual = json::parse(text).unwrap();
                assert_eq!(matcher.is_match(&actual), expect, "{expected} on {text}");
                assert_eq!(matcher.differences(&actual).is_empty(), expect, "{expected} on {text}");
            }
        }
    }

    #[test]
    fn members_stand_in_any_order_and_are_all_there() {
        check(
            r#"{"a":1,"b":[1,2]}"#,
            STRICT,
            &[r#"{"b":[1,2],"a":1}"#],
            &[r#"{"a":1}"#, r#"{"a":1,"b":[2,1]}"#, r#"{"a":1,"b":[1,2],"c":3}"#, "[]"],
        );
    }

    #[test]
    fn numbers_are_equal_by_value() {
        check(r#"{"n":1}"#, STRICT, &[r#"{"n":1.0}"#, r#"{"n":1e0}"#], &[r#"{"n":"1"}"#]);
        check("12345678901234567890123", STRICT, &[], &["12345678901234567890124"]);
    }

    #[test]
    fn null_is_not_nothing() {
        check(r#"{"a":null}"#, STRICT, &[r#"{"a":null}"#], &["{}", r#"{"a":0}"#, r#"{"a":""}"#]);
        check("{}", STRICT, &["{}"], &[r#"{"a":null}"#]);
    }

    #[test]
    fn array_order_is_ignored_on_request() {
        check(
            r#"{"l":[1,2,2]}"#,
            ORDER,
            &[r#"{"l":[2.0,1,2]}"#],
            &[r#"{"l":[1,2]}"#, r#"{"l":[1,1,2]}"#],
        );
        check(r#"[{"a":[1,2]},[3]]"#, ORDER, &[r#"[[3],{"a":[2,1]}]"#], &["[[3],[3]]"]);
    }

    #[test]
    fn extra_members_are_ignored_on_request() {
        check(
            r#"{"a":1,"o":{"x":2}}"#,
            EXTRA,
            &[r#"{"o":{"y":3,"x":2},"a":1,"z":4}"#],
            &[r#"{"a":1,"o":{"y":3}}"#, r#"{"a":1}"#],
        );
        check(
            r#"{"l":[1,2]}"#,
            EXTRA,
            &[r#"{"l":[1,2,3]}"#],
            &[r#"{"l":[3,1,2]}"#, r#"{"l":[1]}"#],
        );
        check(r#"{"l":[1,2]}"#, BOTH, &[r#"{"l":[2,3,1]}"#], &[r#"{"l":[1,3]}"#]);
    }

    #[test]
    fn each_expected_element_gets_one_of_its_own() {
        check(
            r#"[{"a":1},{"a":1,"b":2}]"#,
            BOTH,
            &[r#"[{"a":1,"b":2},{"a":1}]"#, r#"[{"a":1},{"b":2,"a":1}]"#],
            &[r#"[{"a":1},{"a":1}]"#],
        );
        check(r#"["${json-unit.any-string}","a"]"#, ORDER, &[r#"["a","b"]"#], &[r#"["b","c"]"#]);
    }

    #[test]
    fn large_arrays_in_any_order_end() {
        let numbers = |range: std::ops::Range<u64>| {
            Json::Array(range.map(|n| Json::Array(vec![Json::from(n)])).collect())
        };
        let matcher = compiled(&numbers(0..1500), true, true);
        assert!(!matcher.is_match(&numbers(1..1501)));
        let mut chain: Vec<Json> = vec!["${json-unit.any-string}".into(); 800];
        chain.push("a".into());
        let actual = Json::Array((0..801).map(|_| Json::from("a")).collect());
        assert!(compiled(&Json::Array(chain), true, false).is_match(&actual));
    }

    #[test]
    fn placeholders_stand_for_values() {
        check(
            r##"{"n":"${json-unit.any-number}","b":"#{json-unit.any-boolean}"}"##,
            STRICT,
            &[r#"{"n":1.5,"b":false}"#],
            &[r#"{"n":"1","b":true}"#, r#"{"n":1,"b":"true"}"#],
        );
        check(r#"{"a":"${json-unit.ignore}"}"#, STRICT, &[r#"{"a":{"b":1}}"#], &["{}"]);
        check(
            r#"{"a":"${json-unit.ignore-element}"}"#,
            STRICT,
            &[r#"{"a":1}"#, "{}"],
            &[r#"{"b":1}"#],
        );
        check(r#""${json-unit.regex}[A-Z]+""#, STRICT, &[r#""AB""#], &[r#""ab""#, "1"]);
        check(r#""${json-unit.unheard-of}""#, STRICT, &[r#""${json-unit.unheard-of}""#], &["1"]);
    }

    #[test]
    fn of_repeated_names_the_last_counts() {
        check(r#"{"a":1,"a":2}"#, STRICT, &[r#"{"a":2}"#, r#"{"a":3,"a":2}"#], &[r#"{"a":1}"#]);
    }

    #[test]
    fn differences_name_their_place() {
        let matcher = compile(r#"{"a":{"b c":[1,2]},"d":"x"}"#, STRICT);
        let actual = json::parse(r#"{"a":{"b c":[1,3,4]},"e":null}"#).unwrap();
        let told: Vec<String> = matcher
            .differences(&actual)
            .into_iter()
            .map(|difference| {
                format!("{} {} {}", difference.path, difference.expected, difference.actual)
            })
            .collect();
        assert_eq!(
            told,
            [
                "$.a['b c'][1] 2 3",
                "$.a['b c'][2] nothing 4",
                "$.d \"x\" nothing",
                "$.e nothing null"
            ]
        );
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            (0u8..3).prop_map(|n| Json::Number(n.to_string())),
            (0u8..3).prop_map(|n| Json::Number(format!("{n}.0"))),
            "[ab]".prop_map(Json::String),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
                prop::collection::vec(("[abc]", inner), 0..4).prop_map(Json::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_fits_itself_under_all_options(json in any_json()) {
            for (order, extra) in [STRICT, ORDER, EXTRA, BOTH] {
                prop_assert!(compiled(&json, order, extra).is_match(&json));
            }
        }

        #[test]
        fn options_only_widen(a in any_json(), b in any_json()) {
            let fits = |(order, extra)| compiled(&a, order, extra).is_match(&b);
            prop_assert!(!fits(STRICT) || (fits(ORDER) && fits(EXTRA)));
            prop_assert!(!(fits(ORDER) || fits(EXTRA)) || fits(BOTH));
        }

        #[test]
        fn what_does_not_fit_has_a_difference(a in any_json(), b in any_json()) {
            for (order, extra) in [STRICT, ORDER, EXTRA, BOTH] {
                let matcher = compiled(&a, order, extra);
                prop_assert_eq!(matcher.is_match(&b), matcher.differences(&b).is_empty());
            }
        }
    }
}
