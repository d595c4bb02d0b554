//! The reference's own answers: `reference.tsv` holds an expression, a document and what WireMock
//! 3.13's Jayway made of them (`bad` does not compile, `missing` and `failed` give no result,
//! `one` is the value of a definite path, `many` the list of any other).

use crate::{
    codec::{
        json,
        jsonpath::{Found, JsonPath},
    },
    model::JsonStyle,
};

const TABLE: &str = include_str!("reference.tsv");

fn answer(expression: &str, document: &str) -> String {
    let document = json::parse(document).unwrap();
    let Ok(path) = JsonPath::compile(expression) else { return "bad".to_owned() };
    let found = path.find(&document);
    let kind = match &found {
        Found::Missing => return "missing".to_owned(),
        Found::Failed(_) => return "failed".to_owned(),
        Found::One(_) => "one",
        Found::Many(_) => "many",
    };
    format!("{kind} {}", json::write(&found.to_json().unwrap(), JsonStyle::default()))
}

#[test]
fn answers_are_those_of_the_reference() {
    let mut n_compared = 0;
    let mut differences = Vec::new();
    for line in TABLE.lines() {
        let columns: Vec<_> = line.split('\t').collect();
        let [expression, document, expected] = columns.as_slice() else { panic!("{line}") };
        let got = answer(expression, document);
        n_compared += 1;
        if got != *expected {
            differences.push(format!("{expression} on {document}: {got}, not {expected}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(n_compared > 400);
}

/// Known differences: a number keeps its spelling, `i` folds case beyond ASCII, and arguments in
/// double quotes keep their commas and escaped quotes.
#[test]
fn differs_from_the_reference_only_knowingly() {
    let number = r#"{"a":[{"n":0.10}]}"#;
    assert_eq!(answer("$.a[0].n", number), "one 0.10");
    let letters = r#"{"a":["é","É"]}"#;
    assert_eq!(answer("$.a[?(@ =~ /é/i)]", letters), r#"many ["é","É"]"#);
    assert_eq!(answer(r#"$.concat("a", "b,c")"#, "{}"), r#"one "ab,c""#);
    assert_eq!(answer(r#"$.concat("a\"b")"#, "{}"), r#"one "a\"b""#);
}
