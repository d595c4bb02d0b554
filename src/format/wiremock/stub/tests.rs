//! What is wrong is said where it stands; what is right looks as it should.

use uuid::Uuid;

use crate::{
    codec::json::MAX_DEPTH,
    format::wiremock::{Syntax, locate, read, read_mappings, write},
    model::{
        BodyPattern, BodySpec, JsonPattern, JsonStyle, RequestPattern, Stub, StubId, UrlPattern,
    },
};

fn fallback(index: usize) -> StubId {
    StubId(Uuid::from_u128(index as u128))
}

#[track_caller]
fn one(text: &str) -> Stub {
    let (mut stubs, problems) = read(text, None, fallback);
    assert_eq!(problems, []);
    assert_eq!(stubs.len(), 1);
    stubs.remove(0)
}

/// The text at each problem, its message and hint.
fn mistakes(text: &str) -> Vec<(String, String, Option<String>)> {
    let problems = read(text, None, fallback).1;
    let place = |problem: &crate::format::Problem| text[problem.span.clone()].to_owned();
    problems.iter().map(|p| (place(p), p.message.clone(), p.hint.clone())).collect()
}

#[track_caller]
fn check_mistake(text: &str, at: &str, message: &str, hint: Option<&str>) {
    let expected = (at.to_owned(), message.to_owned(), hint.map(str::to_owned));
    assert_eq!(mistakes(text), [expected]);
}

#[test]
fn a_misspelled_matcher_is_named_with_the_right_one() {
    check_mistake(
        r#"{"request": {"headers": {"A": {"equalsTo": "eur"}}}}"#,
        r#""equalsTo""#,
        "unknown matcher `equalsTo`",
        Some("did you mean `equalTo`?"),
    );
}

#[test]
fn every_mistake_of_a_file_is_reported_at_once_in_order() {
    let text = r#"{"mappings": [
        {"request": {"methd": "GET"}, "response": {"status": "ok"}},
        {"request": {"urlPath": "/fine"}},
        {"responce": {}, "priority": -1}
    ]}"#;
    let messages: Vec<String> = mistakes(text).into_iter().map(|(_, message, _)| message).collect();
    assert_eq!(
        messages,
        [
            "unknown key `methd` in `request`",
            "`status` must be a number from 100 to 999, found the string \"ok\"",
            "unknown key `responce` in a mapping",
            "`priority` must be a whole number, 0 or more, found `-1`",
        ]
    );
    let (stubs, _) = read(text, None, fallback);
    assert_eq!(stubs.len(), 1);
    assert_eq!(stubs[0].id, fallback(1));
    assert_eq!(stubs[0].request.url, UrlPattern::UrlPath("/fine".to_owned()));
}

#[test]
fn what_wiremock_itself_writes_without_meaning_is_accepted() {
    let stub = one(r#"{"uuid": "5b0d7c1e-6c0f-5a8e-9a53-1d9b8b2f7f10", "persistent": true,
        "insertionIndex": 3, "name": null, "postServeActions": [], "serveEventListeners": [],
        "request": {"pathParameters": {}}, "response": {"transformers": []}}"#);
    assert_eq!(stub.id.to_string(), "5b0d7c1e-6c0f-5a8e-9a53-1d9b8b2f7f10");
    assert_eq!(stub.request, RequestPattern::default());
    assert_eq!(stub.responses.steps[0].response.status, 200);
}

#[test]
fn a_misplaced_key_is_told_where_it_belongs() {
    check_mistake(
        r#"{"urlPath": "/a"}"#,
        r#""urlPath""#,
        "unknown key `urlPath` in a mapping",
        Some("it belongs in `request`"),
    );
    check_mistake(
        r#"{"request": {"headers": {"A": {"binaryEqualTo": "AA=="}}}}"#,
        r#""binaryEqualTo""#,
        "unknown matcher `binaryEqualTo`",
        Some("it belongs in a matcher of `bodyPatterns`"),
    );
}

#[test]
fn mistakes_in_values_name_the_way_out() {
    check_mistake(
        r#"{"request": {"headers": {"A": "1"}}}"#,
        r#""1""#,
        "a matcher must be an object, found a string",
        Some(r#"write {"equalTo": "1"}"#),
    );
    check_mistake(
        r#"{"request": {"headers": {"A": {"equalTo": 1}}}}"#,
        "1",
        "`equalTo` must be a string, found a number",
        Some(r#"write "1""#),
    );
    check_mistake(
        r#"{"request": {"bodyPatterns": {"equalTo": "1"}}}"#,
        "{",
        "`bodyPatterns` must be an array, found an object",
        Some("put the matcher between `[` and `]`"),
    );
    check_mistake(
        r#"{"request": {"bodyPatterns": [{"equalToJson": "{"}]}}"#,
        r#""{""#,
        "the text of `equalToJson` is not JSON: expected a member name in quotes, the text ends here",
        Some("write the value itself instead of a string"),
    );
    check_mistake(
        r#"{"request": {"cookies": {"c": {}}}}"#,
        "{}",
        "no matcher here",
        Some(r#"for example {"equalTo": "…"}"#),
    );
    check_mistake(
        r#"{"request": {"cookies": {"c": {"contains": "a", "matches": "b"}}}}"#,
        r#""matches""#,
        "a second matcher, `matches`, in one object",
        Some("combine them with `and`"),
    );
    check_mistake(
        r#"{"request": {"cookies": {"c": {"contains": "a", "caseInsensitive": true}}}}"#,
        r#""caseInsensitive""#,
        "`caseInsensitive` does not go with `contains`",
        Some("it belongs to `equalTo`; in a regular expression write `(?i)`"),
    );
    check_mistake(
        r#"{"responses": [{"status": 200}], "afterLast": "restrat"}"#,
        r#""restrat""#,
        "`afterLast` cannot be `restrat`",
        Some("did you mean `restart`?"),
    );
    check_mistake(r#"{"name": "a", "name": "b"}"#, r#""name""#, "`name` is given twice", None);
    check_mistake(
        r#"{"response": {"headers": {"A": "1\r\nB: 2"}}}"#,
        r#""1\r\nB: 2""#,
        "the value of header `A` has a control character in it",
        None,
    );
}

#[test]
fn text_that_is_not_json_is_reported_with_what_helps() {
    check_mistake(
        "{\"name\": \"a\",\n}",
        "}",
        "expected a member name in quotes, found `}`",
        Some("take away the comma before it"),
    );
    check_mistake("{\"a\": // b", "/", "expected a value, found `/`", Some("JSON has no comments"));
    check_mistake("", "", "expected a value, the text ends here", None);
}

#[test]
fn a_place_in_text_that_is_not_json_holds_whole_characters() {
    check_mistake("{\"a\": 1, é}", "é", "expected a member name in quotes, found `é`", None);
}

#[test]
fn a_byte_order_mark_does_not_move_the_places() {
    check_mistake(
        "\u{feff}{\"nam\": 1}",
        "\"nam\"",
        "unknown key `nam` in a mapping",
        Some("did you mean `name`?"),
    );
    assert_eq!(one("\u{feff}{\"name\": \"a\"}").name.as_deref(), Some("a"));
}

#[test]
fn body_wins_over_other_kinds_and_url_over_path() {
    let stub = one(r#"{"request": {"urlPath": "/b", "url": "/a"},
            "response": {"bodyFileName": "f", "jsonBody": 1, "body": "b"}}"#);
    assert_eq!(stub.request.url, UrlPattern::Url("/a".to_owned()));
    assert_eq!(stub.responses.steps[0].response.body, BodySpec::Text("b".to_owned()));
}

#[test]
fn what_wiremock_reads_as_something_else_is_read_so() {
    let answer = |response: &str| {
        one(&format!(r#"{{"response": {response}}}"#)).responses.steps.remove(0).response
    };
    assert_eq!(answer(r#"{"jsonBody": null}"#).body, BodySpec::Empty);
    assert_eq!(answer(r#"{"body": 5}"#).body, BodySpec::Text("5".to_owned()));
    assert_eq!(answer(r#"{"status": "201"}"#).status, 201);
    assert_eq!(answer(r#"{"status": 0}"#).status, 200);
    assert_eq!(answer(r#"{"transformers": ["nobody's"]}"#).extras.transformers, ["nobody's"]);
    let uniform = r#"{"delayDistribution": {"type": "uniform", "lower": 1.5, "upper": 2}}"#;
    let ms = std::time::Duration::from_millis;
    let expected = crate::model::Delay::Uniform { lower: ms(1), upper: ms(2) };
    assert_eq!(answer(uniform).extras.delay.as_deref(), Some(&expected));
}

#[test]
fn mistakes_in_an_answer_are_named() {
    check_mistake(
        r#"{"response": {"fault": "EMPTY_RESPONS"}}"#,
        "\"EMPTY_RESPONS\"",
        "`fault` cannot be `EMPTY_RESPONS`",
        Some("did you mean `EMPTY_RESPONSE`?"),
    );
    check_mistake(
        r#"{"response": {"delayDistribution": {"type": "normal"}}}"#,
        "\"normal\"",
        "`type` cannot be `normal`",
        Some("one of `fixed`, `lognormal`, `uniform`"),
    );
    check_mistake(
        r#"{"response": {"chunkedDribbleDelay": {"numberOfChunks": 2, "total": 5}}}"#,
        "\"total\"",
        "unknown key `total` in `chunkedDribbleDelay`",
        Some("keys here: `numberOfChunks`, `totalDuration`"),
    );
    check_mistake(
        r#"{"response": {"status": 1000}}"#,
        "1000",
        "`status` must be a number from 100 to 999, found `1000`",
        None,
    );
}

#[test]
fn numbers_order_and_repeats_of_bodies_are_kept() {
    let stub = one(r#"{"response": {"jsonBody": {"b": 1.00, "a": 1e5, "b": [0.10]}}}"#);
    assert!(write(&stub).contains(r#""jsonBody": { "b": 1.00, "a": 1e5, "b": [0.10] }"#));
}

#[test]
fn json_too_deep_for_a_stub_file_is_written_as_text() {
    let deep = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
    let value = crate::codec::json::parse(&deep).unwrap();
    let mut stub = one("{}");
    stub.responses.steps[0].response.body = BodySpec::Json(value.clone(), JsonStyle::default());
    let text = Some(deep.clone());
    let pattern = JsonPattern { text, ..JsonPattern::strict(value.clone()) };
    stub.request.body = vec![BodyPattern::EqualToJson(JsonPattern::strict(value))];
    let again = one(&write(&stub));
    assert_eq!(again.request.body, [BodyPattern::EqualToJson(pattern)]);
    assert_eq!(again.responses.steps[0].response.body, BodySpec::Text(deep));
}

#[test]
fn a_value_is_found_by_its_pointer() {
    let text = r#"{"mappings": [{}, {"request": {"headers": {"a/b": {"matches": "("}}}}]}"#;
    let (mappings, _) = read_mappings(text, Syntax::Json, None, fallback);
    let at = |pointer| &text[locate(text, Syntax::Json, &mappings[1].span, pointer)];
    assert_eq!(at("/request/headers/a~1b/matches"), "\"(\"");
    assert_eq!(at("/request/headers/a~1b/matches/0/x"), "\"(\"");
    assert_eq!(at("/request/body"), r#"{"headers": {"a/b": {"matches": "("}}}"#);
}

#[test]
fn a_recorded_stub_looks_as_it_should() {
    let text = r#"{
  "id": "5b0d7c1e-6c0f-5a8e-9a53-1d9b8b2f7f10",
  "name": "POST /v1/charges",
  "request": {
    "method": "POST",
    "urlPath": "/v1/charges",
    "bodyPatterns": [{ "equalToJson": { "amount": 1999, "currency": "eur" } }]
  },
  "response": {
    "status": 402,
    "headers": { "Content-Type": "application/json", "Set-Cookie": ["a=1", "b=2"] },
    "jsonBody": {
      "error": {
        "type": "card_error",
        "code": "card_declined",
        "message": "Your card was declined. Please try another one."
      }
    }
  },
  "metadata": {
    "ringer": {
      "upstream": "https://api.example.com",
      "address": "http://127.0.0.1:8080",
      "latency": { "firstByteMs": 131, "totalMs": 140, "chunks": [[131, 20], [140, 5, 7]] },
      "computedHeaders": { "Date": 1, "Content-Length": 3 },
      "contentCoding": "gzip",
      "jsonStyle": { "indent": 2, "finalNewline": true },
      "ending": "staysOpen",
      "redacted": ["request.body.$.source"]
    }
  }
}
"#;
    assert_eq!(write(&one(text)), text);
}

#[test]
fn a_sequence_looks_as_it_should() {
    let text = r#"{
  "id": "5b0d7c1e-6c0f-5a8e-9a53-1d9b8b2f7f10",
  "request": {
    "urlPath": "/job"
  },
  "responses": [
    {
      "status": 202,
      "times": 2
    },
    {
      "status": 200,
      "body": "done",
      "metadata": { "ringer": { "ending": "breaks" } }
    }
  ],
  "afterLast": "restart",
  "metadata": {
    "owner": "team",
    "ringer": {
      "upstream": "http://a"
    }
  }
}
"#;
    assert_eq!(write(&one(text)), text);
}

#[test]
fn header_fields_of_one_name_that_stand_apart_keep_their_places() {
    let headers: Vec<(String, String)> =
        [("A", "1"), ("B", "2"), ("A", "3"), ("a", "4")].map(|(n, v)| (n.into(), v.into())).into();
    let mut stub = one("{}");
    stub.responses.steps[0].response.headers = headers.into();
    let text = write(&stub);
    assert!(text.contains(r#""headers": { "A": ["1", "3"], "B": "2", "a": "4" }"#), "{text}");
    assert_eq!(one(&text), stub);
    let edited = text.replace(r#""B": "2""#, r#""C": "2""#);
    let edited = one(&edited);
    let names: Vec<&str> = edited.responses.steps[0].response.headers.iter().map(|h| h.0).collect();
    assert_eq!(names, ["A", "A", "a", "C"]);
}
