use super::{Finding, Subject, findings};
use crate::{
    format::wiremock::{Syntax, read_mappings},
    model::{Stub, StubId},
};

fn stubs(mappings: &str) -> Vec<Stub> {
    let text = format!("{{\"mappings\": [{mappings}]}}");
    let id = |index: usize| StubId(uuid::Uuid::from_u128(index as u128));
    let (read, problems) = read_mappings(&text, Syntax::Json, None, id);
    assert_eq!(problems, []);
    read.into_iter().map(|mapping| mapping.stub).collect()
}

fn found(mappings: &str) -> Vec<Finding> {
    let stubs = stubs(mappings);
    let subjects: Vec<Subject<'_>> =
        stubs.iter().map(|stub| Subject { stub, file: "a.json" }).collect();
    findings(&subjects)
}

/// Rules with the place of the stub and the pointer.
#[track_caller]
fn check(mappings: &str, expect: &[(&str, usize, &str)]) {
    let found = found(mappings);
    let seen: Vec<(&str, usize, &str)> =
        found.iter().map(|it| (it.rule.id, it.stub, it.pointer.as_str())).collect();
    assert_eq!(seen, expect, "{mappings}\n{found:#?}");
}

#[test]
fn a_stub_in_the_shadow_of_another_is_found() {
    check(
        r#"{"request": {"method": "GET", "url": "/a?x=1"}}, {"request": {"urlPath": "/a"}}"#,
        &[("shadowed", 0, "/request/url")],
    );
    check(
        r#"{"request": {"urlPath": "/a"}, "priority": 1}, {"request": {"urlPathPattern": "/.*"}}"#,
        &[],
    );
    check(
        r#"{"request": {"urlPathPattern": "/.*"}, "priority": 1}, {"request": {"urlPath": "/a"}}"#,
        &[("shadowed", 1, "/request/urlPath")],
    );
    check(
        r#"{"request": {"urlPath": "/a"}}, {"request": {"method": "GET", "urlPath": "/a"}}"#,
        &[],
    );
}

#[test]
fn stubs_of_different_states_do_not_stand_in_each_others_shadow() {
    let stub = |required: &str, new: &str| {
        format!(
            r#"{{"request": {{"urlPath": "/a"}}, "scenarioName": "s", "requiredScenarioState": "{required}", "newScenarioState": "{new}"}}"#
        )
    };
    check(&format!("{}, {}", stub("Started", "two"), stub("two", "Started")), &[]);
    check(
        &format!("{}, {}", stub("Started", "Started"), stub("Started", "Started")),
        &[("shadowed", 0, "/request/urlPath")],
    );
}

#[test]
fn states_that_are_never_reached_or_asked_for_are_found() {
    let found = found(
        r#"{"request": {"urlPath": "/a"}, "scenarioName": "s", "newScenarioState": "confirmed"},
           {"request": {"urlPath": "/b"}, "scenarioName": "s", "requiredScenarioState": "confirmd"}"#,
    );
    let told: Vec<_> = found.iter().map(|it| (it.rule.id, it.hint.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("state-unused", Some("did you mean `confirmd`?")),
            ("state-never-reached", Some("did you mean `confirmed`?"))
        ]
    );
}

#[test]
fn urls_that_no_request_has_are_found() {
    for (request, rule) in [
        (r#""url": "/a#b""#, "url-never-sent"),
        (r#""url": "a""#, "url-never-sent"),
        (r#""url": "https://h/a""#, "url-never-sent"),
        (r#""urlPath": "/a b""#, "url-never-sent"),
        (r#""urlPath": "/a?x=1""#, "path-has-no-query"),
        (r#""urlPathPattern": "/a\\?x=.*""#, "path-has-no-query"),
        (r#""urlPattern": "https://h/.*""#, "url-pattern-never-fits"),
        (r#""method": "get""#, "method-case"),
        (r#""headers": {"ETag": {"equalTo": "1"}}"#, "response-header"),
        (r#""url": "/a", "queryParameters": {"x": {"equalTo": "1"}}"#, "query-contradicts-url"),
        (r#""bodyPatterns": [{"contains": "a"}, {"doesNotContain": "a"}]"#, "contradiction"),
        (r#""headers": {"A": {"and": [{"equalTo": "1"}, {"equalTo": "2"}]}}"#, "contradiction"),
    ] {
        let found = found(&format!(r#"{{"request": {{{request}}}}}"#));
        let rules: Vec<&str> = found.iter().map(|it| it.rule.id).collect();
        assert_eq!(rules, [rule], "{request}");
    }
    for request in [
        r#""url": "/a?x=1", "queryParameters": {"x": {"equalTo": "1"}}"#,
        r#""urlPathTemplate": "/a/{b}""#,
        r#""urlPattern": ".*""#,
        r#""urlPattern": "/a\\?x=.*""#,
        r#""bodyPatterns": [{"contains": "a"}, {"contains": "b"}]"#,
    ] {
        check(&format!(r#"{{"request": {{{request}}}}}"#), &[]);
    }
}

#[test]
fn tags_in_answers_that_are_no_templates_are_found() {
    check(
        r#"{"response": {"body": "{{request.path}}"}}"#,
        &[("template-off", 0, "/responses/0/body")],
    );
    check(r#"{"response": {"body": "{{name}} of another engine"}}"#, &[]);
    check(
        r#"{"response": {"body": "{{request.path}}", "transformers": ["response-template"]}}"#,
        &[],
    );
    check(r#"{"response": {"body": "{{#if}", "transformers": ["response-template"]}}"#, &[]);
    check(
        r#"{"response": {"jsonBody": {"a": ["{{#if x}}"]}, "transformers": ["response-template"]}}"#,
        &[("template", 0, "/responses/0/jsonBody/a/0")],
    );
}
