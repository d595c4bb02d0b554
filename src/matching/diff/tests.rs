//! The report of a miss against the reference server's.

use super::{super::testing::request, *};
use crate::{
    codec::json,
    model::{JsonPattern, Request},
};

fn named(name: &str, value: &str) -> Vec<(String, ValuePattern)> {
    vec![(name.to_owned(), ValuePattern::equal_to(value))]
}

#[track_caller]
fn check(pattern: &RequestPattern, request: &Request, expect: &[&str]) {
    let closest = Closest { name: None, pattern, scenario: None };
    let text = render(closest, &RequestView::new(request));
    let rows: Vec<&str> = text.lines().skip(8).collect();
    let rows = rows.split_last().map(|(_, rows)| rows).unwrap_or_default();
    let rows: Vec<&str> = rows.iter().map(|row| row.trim_end()).collect();
    let blank = format!("{:59}|", "");
    let expect: Vec<&str> =
        expect.iter().map(|row| if row.is_empty() { blank.as_str() } else { row }).collect();
    assert_eq!(rows, expect, "\n{text}");
}

#[test]
fn the_head_of_the_report_is_the_reference_server_s() {
    let pattern = RequestPattern::default();
    let closest = Closest { name: Some("a stub"), pattern: &pattern, scenario: None };
    let request = request("GET /a", &[], b"");
    let text = render(closest, &RequestView::new(&request));
    let head: Vec<&str> = text.lines().take(9).map(str::trim_end).collect();
    assert_eq!(
        head[1..4],
        [
            "                                               Request was not matched",
            "                                               =======================",
            "",
        ]
    );
    assert_eq!(head[5], format!("|{:<58}|{:<58}|", " Closest stub", " Request"));
    assert_eq!(head[8], format!("{:<59}|", "a stub"));
}

#[test]
fn each_part_has_its_row_and_says_what_is_wrong() {
    let mut headers = named("X-A", "v");
    headers.push(("X-C".to_owned(), ValuePattern::Absent));
    headers.push(("X-D".to_owned(), ValuePattern::Matches("d.*".to_owned())));
    let pattern = RequestPattern {
        extras: PatternExtras { cookies: named("c", "1"), ..PatternExtras::default() }.into(),
        method: MethodPattern::Is("POST".to_owned()),
        url: UrlPattern::UrlPath("/thing".to_owned()),
        headers,
        query: vec![
            ("q".to_owned(), ValuePattern::equal_to("1")),
            ("r".to_owned(), ValuePattern::Contains("z".to_owned())),
        ],
        body: vec![BodyPattern::EqualToJson(JsonPattern::strict(
            json::parse(r#"{"a":1,"b":[1,2]}"#).unwrap(),
        ))],
        ..RequestPattern::default()
    };
    check(
        &pattern,
        &request("POST /thin?q=2", &["x-a: w", "x-c: 1", "cookie: c=2"], br#"{"a":2}"#),
        &[
            "POST                                                       | POST",
            "[path] /thing                                              | /thin?q=2                                           <<<<< URL does not match",
            "",
            "X-A: v                                                     | X-A: w                                              <<<<< Header does not match",
            "X-C [absent] : (absent)                                    | X-C: 1                                              <<<<< Header does not match",
            "X-D [matches] : d.*                                        |                                                     <<<<< Header is not present",
            "",
            "Query: q = 1                                               | q: 2                                                <<<<< Query does not match",
            "Query: r [contains] z                                      |                                                     <<<<< Query is not present",
            "",
            "Cookie: c=1                                                | 2                                                   <<<<< Cookie does not match",
            "",
            "[equalToJson]                                              |                                                     <<<<< Body does not match",
            "{                                                          | {",
            "  \"a\" : 1,                                                 |   \"a\" : 2",
            "  \"b\" : [ 1, 2 ]                                           | }",
            "}                                                          |",
            "",
        ],
    );
}

#[test]
fn what_is_too_long_for_a_column_is_wrapped() {
    let pattern = RequestPattern {
        url: UrlPattern::Url(format!("/thing/{}", "x".repeat(100))),
        ..RequestPattern::default()
    };
    check(
        &pattern,
        &request(&format!("GET /thing/{}", "y".repeat(100)), &[], b""),
        &[
            "ANY                                                        | GET",
            "/thing/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  | /thing/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy<<<<< URL does not match",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx         | yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
            "",
            "",
        ],
    );
}

#[test]
fn a_scenario_in_another_state_is_said() {
    let pattern = RequestPattern { url: UrlPattern::Url("/xx".into()), ..Default::default() };
    let request = request("GET /xx", &[], b"");
    let closest =
        Closest { name: None, pattern: &pattern, scenario: Some(("s", "Later", "Started")) };
    let text = render(closest, &RequestView::new(&request));
    let row = "[Scenario 's' state: Later]                                | [Scenario 's' state: Started]                       <<<<< Scenario does not match";
    assert!(text.contains(row), "{text}");
}
