//! What a document of expectations means, and what is said of mistakes.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    keys::ENTRY,
    locate, read,
    retries::{GAPS, RETRIES},
};
use crate::{
    format::{Problem, behavior::Language},
    model::{
        Between, Demand, Expectations, Gaps, HeaderDemand, Jitter, MethodPattern, RequestDemand,
        SameBy, Statuses, Times, UrlPattern, ValuePattern,
    },
};

const SCHEMA: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/expectations.schema.json"));

fn yaml(text: &str) -> Expectations {
    read(text, Language::Yaml).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn requests(text: &str) -> RequestDemand {
    match yaml(text).each.swap_remove(0).demand {
        Demand::Requests(demand) => *demand,
        other => panic!("{other:?}"),
    }
}

/// Each mistake with the text that it points at.
fn mistakes(text: &str) -> String {
    let problems = read(text, Language::Yaml).unwrap_err();
    let line = |Problem { message, span, hint, .. }: Problem| {
        let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        let shown = text.get(span).unwrap_or_default().lines().next().unwrap_or_default();
        format!("{shown}: {message}{hint}")
    };
    problems.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// With every key.
const WHOLE: &str = "expectations:
  - name: the charge is tried at most three times
    request: POST /v1/charges
    answered: [429, 5xx]
    count: {atLeast: 1, atMost: 3}
    concurrent: {atMost: 2}
    retries:
      by: [path, header:Idempotency-Key]
      tries: {atMost: 4}
      gaps: {first: 200ms, factor: 2, jitter: 25%, atLeast: 100ms, atMost: 10s, retryAfter: true}
      sameIdempotencyKey: true
      sameTrace: true
      same: X-Request-Id
      neverAfter: 400-404
    headers: {traceparent: {sameTrace: true}, X-Client: web-*, X-Key: {matches: '[a-f]+'}}
  - order: [POST /login, {urlPath: /items}, /logout]
    between: others
  - unusedStubs: none
  - unusedStubs: [refund, old-*]
  - earlyRetries: 0
  - unmatched: {atMost: 2}
";

#[test]
fn a_document_says_what_is_expected() {
    let expectations = yaml(WHOLE);
    let names: Vec<&str> = expectations.each.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "the charge is tried at most three times",
            "order: POST /login, /items, /logout",
            "no stub is unused",
            "no stub is unused (2)",
            "no try comes before Retry-After",
            "every request matches",
        ]
    );
    let Demand::Requests(charge) = &expectations.each[0].demand else { panic!() };
    assert_eq!(charge.which, "POST /v1/charges");
    assert_eq!(charge.request.method, MethodPattern::Is("POST".to_owned()));
    assert_eq!(charge.request.url, UrlPattern::UrlPath("/v1/charges".to_owned()));
    let statuses = |from, to| Statuses { from, to };
    assert_eq!(charge.answered, [statuses(429, 429), statuses(500, 599)]);
    assert_eq!(charge.count, Some(Times { at_least: 1, at_most: Some(3) }));
    assert_eq!(charge.concurrent, Some(2));
    let retries = charge.retries.as_ref().unwrap();
    assert_eq!(retries.by, [SameBy::Path, SameBy::Header("Idempotency-Key".to_owned())]);
    assert_eq!(retries.same, ["X-Request-Id", "Idempotency-Key"]);
    assert_eq!(retries.never_after, [statuses(400, 404)]);
    assert!(retries.same_trace);
    let gaps = Gaps {
        first: Some(Duration::from_millis(200)),
        factor: Some(2.0),
        jitter: Jitter::Share(0.25),
        spread: None,
        at_least: Some(Duration::from_millis(100)),
        at_most: Some(Duration::from_secs(10)),
        retry_after: true,
        tolerance: Duration::from_millis(20),
    };
    assert_eq!(retries.gaps, Some(gaps));
    assert_eq!(charge.headers[0], ("traceparent".to_owned(), HeaderDemand::SameTrace));
    let fits =
        |at: usize| matches!(&charge.headers[at].1, HeaderDemand::Fits(ValuePattern::Matches(_)));
    assert!(fits(1) && fits(2));
    let Demand::Order(order) = &expectations.each[1].demand else { panic!() };
    assert_eq!((order.steps.len(), order.between), (3, Between::Others));
    assert_eq!(expectations.each[4].demand, Demand::EarlyRetries(0));
}

#[test]
fn a_list_alone_is_a_document_and_so_is_nothing() {
    assert_eq!(yaml("- unmatched: none\n").each[0].demand, Demand::Unmatched(0));
    assert_eq!(yaml("").each, []);
    assert_eq!(yaml("expectations: []").each, []);
    let json = read(r#"{"expectations": [{"early_retries": 2}]}"#, Language::Json).unwrap();
    assert_eq!(json.each[0].demand, Demand::EarlyRetries(2));
}

#[test]
fn how_often_has_short_forms() {
    let count = |text: &str| requests(&format!("- request: /a\n  {text}\n")).count.unwrap();
    assert_eq!(count("count: 2"), Times { at_least: 2, at_most: Some(2) });
    assert_eq!(count("count: {exactly: 0}"), Times { at_least: 0, at_most: Some(0) });
    assert_eq!(count("never: true"), Times { at_least: 0, at_most: Some(0) });
    assert_eq!(count("never: false"), Times { at_least: 1, at_most: None });
    assert_eq!(count("count: {at_most: 3}"), Times { at_least: 0, at_most: Some(3) });
}

#[test]
fn a_request_is_a_line_or_a_pattern() {
    let request = |text: &str| requests(&format!("- request: {text}\n  never: true\n"));
    let line = request("GET|HEAD /items/*");
    assert_eq!(line.which, "GET|HEAD /items/*");
    let methods = MethodPattern::OneOf(vec!["GET".to_owned(), "HEAD".to_owned()]);
    assert_eq!(line.request.method, methods);
    assert_eq!(line.request.url, UrlPattern::UrlPathPattern("/items/[^/?]*".to_owned()));
    assert_eq!(request("delete").request.method, MethodPattern::Is("DELETE".to_owned()));
    let pattern = request("{method: POST, url: '/a?b=1', headers: {A: {equalTo: x}}}");
    assert_eq!(pattern.which, "POST /a?b=1 …");
    assert_eq!(pattern.request.url, UrlPattern::Url("/a?b=1".to_owned()));
    assert_eq!(request("'*'").which, "any request");
}

#[test]
fn every_mistake_is_told_at_its_place() {
    insta::assert_snapshot!(mistakes(
        "expectations:
  - request: POST /v1/charges
    cuont: 2
  - request: POST /v1/charges
  - request: [1]
    never: true
  - request: charges now please
    count: {atLeast: 3, atMost: 2}
  - count: {}
  - order: [/a]
  - order: [/a, /b]
    between: everything
  - unusedStubs:
  - unusedStubs: none
    earlyRetries: 0
  - unmatched: none
    request: /a
  - retries: {by: pth, gaps: {jitter: 20%}}
  - retries: {by: header, gaps: {factor: 0.5}}
  - retries: {tries: 2, sameIdempotencyKey: a b, gaps: {atLeast: 2, atMost: 1s}}
  - retries: {by: path}
  - retries: {gaps: {jitter: full, factor: 2}}
  - headers: {traceparent: {sameTraces: true}, 'a b': x, X: {}}
  - headers: {traceparent: {trace: 123}}
    answered: 4x
  - name: twice
    unmatched: 0
  - name: twice
    unmatched: 0
"
    ), @r#"
    cuont: unknown key `cuont` in an expectation (did you mean `count`?)
    request: POST /v1/charges: nothing is expected (say what: `count`, `never`, `concurrent`, `retries`, `headers`, `order`, `unusedStubs`, `earlyRetries`, `unmatched`)
    [1]: `request` must be a line such as "POST /v1/charges", or a request pattern, found an array
    charges now please: `charges now please` is no method and URL (`POST /v1/charges`, `/v1/**`, `GET|HEAD /items/*`)
    {}: `count` does not say how often (`2`, `{atLeast: 1}`, `{atMost: 3}`)
    [/a]: an order is of 2 to 1000 requests
    everything: `between` cannot be `everything` (one of `anything`, `others`, `nothing`)
    : `unusedStubs` must be `none`, or a list of names or ids, found `null`
    unusedStubs: none: `earlyRetries` beside `unusedStubs`: make two expectations of it
    unmatched: none: `request` beside `unmatched`: make two expectations of it
    pth: `by` cannot be `pth` (did you mean `path`?)
    {jitter: 20%}: `jitter` says nothing without `factor` or `first`
    header: `header` does not say which (write `header:NAME`)
    0.5: `factor` must be a number, 1 or more, found `0.5`
    a b: `sameIdempotencyKey` must be `true` or a header name, found the string "a b"
    2: `atLeast` must be a duration, and `2` has no unit (write "2ms" or "2s")
    {by: path}: nothing is expected of retries (`tries`, `gaps`, `sameIdempotencyKey`, `sameTrace`, `same` or `neverAfter`)
    {jitter: full, factor: 2}: with `jitter: full`, a wait says nothing of the next (give `first`, the longest first wait)
    sameTraces: unknown key `sameTraces` in a header that is expected (did you mean `sameTrace`?)
    'a b': `a b` cannot be a header name
    {}: nothing is expected of this header (`present: true`, `same: true`, `sameTrace: true`, or a matcher)
    123: `trace` must be 32 hexadecimal digits, not all 0 (as in `4bf92f3577b34da6a3ce929d0e0e4736`)
    4x: `answered` must be statuses (`429`, `5xx`, `400-499`, or a list of these)
    twice: two expectations are called `twice`
    "#);
}

#[test]
fn a_pointer_leads_to_its_place() {
    let text = "expectations:\n- request: {urlPattern: '['}\n  never: true\n";
    let span = locate(text, Language::Yaml, "/0/request/urlPattern");
    assert_eq!(&text[span], "'['");
    assert_eq!(&text[locate(text, Language::Yaml, "/0/request/none")], "{urlPattern: '['}");
    let list = "- order: [/a, {urlPattern: '['}]\n";
    assert_eq!(&list[locate(list, Language::Yaml, "/0/order/1/urlPattern")], "'['");
}

#[test]
fn the_schema_knows_every_key_and_takes_what_is_read() {
    // The patterns of requests are tried where their schema is made.
    let text = SCHEMA.replace("stub.schema.json#/$defs/request", "#/$defs/retries/$defs/any");
    let mut schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    schema["$defs"]["retries"]["$defs"] = serde_json::json!({"any": {"type": "object"}});
    let keys = |name: &str| -> Vec<String> {
        let properties = schema["$defs"][name]["properties"].as_object().unwrap();
        properties.keys().cloned().collect()
    };
    for (name, place) in [("expectation", &ENTRY), ("retries", &RETRIES), ("gaps", &GAPS)] {
        let mut known = place.known.to_vec();
        known.sort_unstable();
        let mut listed = keys(name);
        listed.sort_unstable();
        assert_eq!(listed, known, "{name}");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document = crate::codec::json::to_serde(&yaml(WHOLE).document).unwrap();
    let mistakes: Vec<_> = validator.iter_errors(&document).map(|it| it.to_string()).collect();
    assert_eq!(mistakes, [""; 0]);
    for wrong in [
        serde_json::json!([{"cuont": 1}]),
        serde_json::json!([{"count": {}}]),
        serde_json::json!([{"retries": {"gaps": {"atLeast": 2}}}]),
        serde_json::json!([{"answered": "4x"}]),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_text_can_be_read(text in "[-a-zA-Z{}:, \n\"\\[\\]0-9%*/]{0,80}") {
        let _ = read(&text, Language::Yaml);
        let _ = read(&text, Language::Json);
    }

    #[test]
    fn any_value_can_stand_anywhere(
        key in prop::sample::select(ENTRY.known.to_vec()),
        value in prop::sample::select(vec![
            "null", "1", "-1", "true", "x", "[]", "{}", "[1]", "{atMost: 1}", "'*'", "5xx",
            "{by: x}", "{gaps: {}}", "{a: {b: c}}", "[[]]", "1.5", "''",
        ]),
    ) {
        let _ = read(&format!("- {key}: {value}\n"), Language::Yaml);
    }
}
