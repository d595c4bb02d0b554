//! Patterns of requests as they are read, and their mistakes.

use uuid::Uuid;

use super::super::read;
use crate::model::{
    BodyPattern, DateUnit, Json, MethodPattern, RequestPattern, Scheme, StubId, Truncation,
    UrlPattern, ValuePattern,
};

/// The pattern of a `request`, which has no mistake.
#[track_caller]
fn request(text: &str) -> RequestPattern {
    let (mut stubs, problems) =
        read(&format!("{{\"request\": {text}}}"), None, |_| StubId(Uuid::nil()));
    assert_eq!(problems, []);
    stubs.remove(0).request
}

/// The messages and hints about a `request`.
fn mistakes(text: &str) -> Vec<(String, Option<String>)> {
    let (_, problems) = read(&format!("{{\"request\": {text}}}"), None, |_| StubId(Uuid::nil()));
    problems.into_iter().map(|problem| (problem.message, problem.hint)).collect()
}

/// A matcher of header `A`.
#[track_caller]
fn header(matcher: &str) -> ValuePattern {
    request(&format!("{{\"headers\": {{\"A\": {matcher}}}}}")).headers.remove(0).1
}

/// What is wrong with a matcher of header `A`.
fn header_mistakes(matcher: &str) -> Vec<(String, Option<String>)> {
    mistakes(&format!("{{\"headers\": {{\"A\": {matcher}}}}}"))
}

#[track_caller]
fn check_header_mistake(matcher: &str, message: &str, hint: Option<&str>) {
    assert_eq!(header_mistakes(matcher), [(message.to_owned(), hint.map(str::to_owned))]);
}

#[test]
fn where_a_request_goes_and_comes_from_is_read() {
    let pattern = request(
        r#"{"scheme": "https", "host": {"equalTo": "a.test"}, "port": 8443,
            "clientIp": {"matches": "10\\..*"}}"#,
    );
    assert_eq!((pattern.scheme, pattern.extras.port), (Some(Scheme::Https), Some(8443)));
    assert_eq!(pattern.extras.host.as_deref(), Some(&ValuePattern::equal_to("a.test")));
    assert_eq!(
        pattern.extras.client_ip.as_deref(),
        Some(&ValuePattern::Matches("10\\..*".to_owned()))
    );
    for port in ["\"8443\"", "8443.0"] {
        assert_eq!(request(&format!("{{\"port\": {port}}}")).extras.port, Some(8443));
    }
    for (text, message, hint) in [
        (r#"{"port": 70000}"#, "`port` must be a number from 0 to 65535, found `70000`", None),
        (r#"{"scheme": "HTTP"}"#, "`scheme` cannot be `HTTP`", Some("did you mean `http`?")),
        (
            r#"{"customMatcher": {"name": "mine"}}"#,
            "`customMatcher` names Java code, which ringer cannot run",
            Some("say what it looks for with matchers, `and`, `or` and `not`"),
        ),
    ] {
        assert_eq!(mistakes(text), [(message.to_owned(), hint.map(str::to_owned))]);
    }
    assert_eq!(request(r#"{"customMatcher": null, "host": null}"#), RequestPattern::default());
}

#[test]
fn methods_come_alone_or_in_sets() {
    let method = |text: &str| request(&format!("{{\"method\": {text}}}")).method;
    assert_eq!(method("\"ANY\""), MethodPattern::Any);
    assert_eq!(method("\"PURGE\""), MethodPattern::Is("PURGE".to_owned()));
    let set = vec!["GET".to_owned(), "PUT".to_owned()];
    assert_eq!(method(r#"{"oneOf": ["GET", "PUT"]}"#), MethodPattern::OneOf(set.clone()));
    assert_eq!(method(r#"{"noneOf": ["GET", "PUT"]}"#), MethodPattern::NoneOf(set));
    let hint = Some("for example {\"oneOf\": [\"GET\", \"PUT\"]}".to_owned());
    let message = "`method` needs `oneOf` or `noneOf`".to_owned();
    assert_eq!(mistakes(r#"{"method": {}}"#), [(message, hint)]);
}

#[test]
fn of_two_keys_for_one_thing_the_same_counts_as_in_wiremock() {
    let pattern = request(
        r#"{"url": "/a", "urlPath": "/b", "basicAuth": {"username": "x", "password": "y"},
            "basicAuthCredentials": {"username": "u", "password": 1}}"#,
    );
    assert_eq!(pattern.url, UrlPattern::Url("/a".to_owned()));
    assert_eq!(pattern.extras.basic_auth, Some(("u".to_owned(), "1".to_owned())));
    let pattern = request(r#"{"urlPath": "/a", "urlPattern": "/b", "urlPathTemplate": "/c"}"#);
    assert_eq!(pattern.url, UrlPattern::UrlPattern("/b".to_owned()));
}

#[test]
fn a_text_operand_of_json_is_kept_as_it_is() {
    let ValuePattern::EqualToJson(pattern) = header(r#"{"equalToJson": "{ 'a': 1 } // one"}"#)
    else {
        panic!("another pattern");
    };
    assert_eq!(pattern.text.as_deref(), Some("{ 'a': 1 } // one"));
    let expected = vec![("a".to_owned(), Json::Number("1".to_owned()))];
    assert_eq!(pattern.expected, Json::Object(expected));
    let body = request(r#"{"bodyPatterns": [{"equalToJson": null}]}"#).body;
    assert!(matches!(&body[..], [BodyPattern::EqualToJson(it)] if it.expected == Json::Null));
}

#[test]
fn paths_take_a_matcher_of_what_they_find() {
    let ValuePattern::MatchesXPath { path, namespaces } = header(
        r#"{"matchesXPath": {"expression": "//n:a", "equalTo": "1", "caseInsensitive": true},
            "xPathNamespaces": {"n": "urn:n"}}"#,
    ) else {
        panic!("another pattern");
    };
    assert_eq!(path.expression, "//n:a");
    assert!(matches!(path.value.as_deref(), Some(ValuePattern::EqualTo { .. })));
    let beside = namespaces;
    let ValuePattern::MatchesXPath { namespaces, .. } = header(
        r#"{"matchesXPath": {"expression": "//n:a", "equalTo": "1",
            "xPathNamespaces": {"n": "urn:n"}}}"#,
    ) else {
        panic!("another pattern");
    };
    assert_eq!(namespaces, beside);
    check_header_mistake(
        r#"{"matchesJsonPath": {"equalTo": "1"}}"#,
        "`expression` is missing in `matchesJsonPath`",
        Some("for example {\"expression\": \"…\", \"equalTo\": \"…\"}"),
    );
    check_header_mistake(
        r#"{"matchesJsonPath": {"expression": "$.a"}}"#,
        "no matcher here",
        Some("for example {\"equalTo\": \"…\"}"),
    );
    check_header_mistake(
        r#"{"matchesJsonPath": 1}"#,
        "`matchesJsonPath` must be an expression, or an object with `expression`, found `1`",
        None,
    );
}

#[test]
fn dates_are_read_as_leniently_as_wiremock_does() {
    let ValuePattern::Date(pattern) = header(
        r#"{"before": "now", "truncateExpected": "FIRST_DAY_OF_MONTH", "expectedOffset": -2,
            "expectedOffsetUnit": "DAYS", "applyTruncationLast": "true"}"#,
    ) else {
        panic!("another pattern");
    };
    assert_eq!(pattern.truncate_expected, Some(Truncation::FirstDayOfMonth));
    assert_eq!(pattern.expected_offset, Some((-2, DateUnit::Days)));
    assert!(pattern.truncation_last);
    assert!(matches!(header(r#"{"after": "no date"}"#), ValuePattern::Date(_)));
    check_header_mistake(
        r#"{"before": "now", "truncateActual": "first day of weak"}"#,
        "`truncateActual` cannot be `first day of weak`",
        Some("did you mean `first day of year`?"),
    );
}

#[test]
fn options_go_with_their_matchers_only() {
    check_header_mistake(
        r#"{"equalTo": "1", "ignoreArrayOrder": true}"#,
        "`ignoreArrayOrder` does not go with `equalTo`",
        Some("it belongs to `equalToJson`"),
    );
    header(r#"{"contains": "1", "caseInsensitive": false, "xPathNamespaces": {}}"#);
    check_header_mistake(
        r#"{"actualFormat": "x"}"#,
        "`actualFormat` is not a matcher by itself",
        None,
    );
    check_header_mistake(
        r#"{"equalToXml": "<a/>", "exemptedComparisons": ["TEXT_VALU"]}"#,
        "`exemptedComparisons` cannot be `TEXT_VALU`",
        Some("did you mean `TEXT_VALUE`?"),
    );
    check_header_mistake(
        r#"{"equalToJso": 1}"#,
        "unknown matcher `equalToJso`",
        Some("did you mean `equalToJson`?"),
    );
}

#[test]
fn matchers_of_several_values_stand_under_a_name() {
    assert!(matches!(
        header(r#"{"includes": [{"equalTo": "a"}]}"#),
        ValuePattern::Includes(patterns) if patterns.len() == 1
    ));
    let hint = Some("it belongs in a matcher of `headers`, `queryParameters` or `formParameters`");
    for matcher in [
        r#"{"not": {"hasExactly": []}}"#,
        r#"{"matchesJsonPath": {"expression": "$", "hasExactly": []}}"#,
    ] {
        assert_eq!(
            header_mistakes(matcher)[0],
            ("unknown matcher `hasExactly`".to_owned(), hint.map(str::to_owned)),
        );
    }
    assert_eq!(mistakes(r#"{"cookies": {"a": {"includes": []}}}"#).len(), 1);
    check_header_mistake(
        r#"{"and": [{"contains": "a"}]}"#,
        "`and` needs two matchers or more",
        Some("one matcher stands by itself"),
    );
}

#[test]
fn numbers_compare_with_numbers() {
    for operand in ["1.50", "\"1.50\""] {
        let ValuePattern::Number(pattern) = header(&format!("{{\"lessThanNumber\": {operand}}}"))
        else {
            panic!("another pattern");
        };
        assert_eq!(pattern.operand, "1.50");
    }
    check_header_mistake(
        r#"{"equalToNumber": "one"}"#,
        "`equalToNumber` must be a number, found the string \"one\"",
        None,
    );
}
