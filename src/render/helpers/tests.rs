//! What helpers render, expression by expression, as WireMock 3.13.2 was seen to render it.
//!
//! The tables hold an expression, a tab, and the text as JSON, or `!` where rendering fails.

use std::{fmt::Write as _, sync::Arc};

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use crate::{
    codec::json,
    model::Json,
    render::{
        Template, TemplateError,
        template::{Env, SystemValues, Value},
    },
};

const BODY: &str = r#"{"a":1,"b":[1,2,3],"c":{"d":"x"}}"#;

fn model() -> Value {
    let multi = |values: &[&str]| {
        Value::Multi(Arc::new(values.iter().map(|value| Arc::from(*value)).collect()))
    };
    let map = |entries: &[(&str, Value)]| {
        Value::map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    };
    let request = map(&[
        ("body", Value::text(BODY)),
        ("method", multi(&["POST"])),
        ("path", multi(&["e"])),
        ("query", map(&[("q", multi(&["1", "2"])), ("name", multi(&["Ann"]))])),
        ("headers", map(&[("X-H", multi(&["hv"]))])),
        ("cookies", map(&[("k", multi(&["v"]))])),
    ]);
    map(&[("request", request)])
}

/// What the reference permits unless it is told else.
struct NothingSet;

impl SystemValues for NothingSet {
    fn is_permitted(&self, key: &str) -> bool {
        key.starts_with("wiremock")
    }

    fn environment(&self, _: &str) -> Option<String> {
        None
    }

    fn property(&self, _: &str) -> Option<String> {
        None
    }
}

fn render(template: &str, seed: u64) -> Result<String, TemplateError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut env = Env {
        now: "2026-11-23T09:57:06.123Z".parse().unwrap(),
        random: &mut random,
        hostname: "mock",
        system: Some(&NothingSet),
        state: None,
        keys: None,
    };
    Template::compile(template)?.render(&model(), &mut env)
}

#[track_caller]
fn check_table(table: &str) {
    let mut wrong = String::new();
    for line in table.lines() {
        let (template, expected) = line.split_once('\t').unwrap();
        let rendered = render(template, 1);
        let as_expected = match (&rendered, expected) {
            (result, "!") => result.is_err(),
            (Err(_), _) => false,
            (Ok(text), expected) => json::parse(expected).unwrap() == Json::from(text.as_str()),
        };
        if !as_expected {
            writeln!(wrong, "{template}\n  rendered {rendered:?}\n  expected {expected}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn texts_render_as_in_wiremock() {
    check_table(include_str!("tests/text.tsv"));
}

#[test]
fn numbers_lists_and_tests_render_as_in_wiremock() {
    check_table(include_str!("tests/num.tsv"));
}

#[test]
fn forms_render_as_in_wiremock() {
    check_table(include_str!("tests/forms.tsv"));
}

#[test]
fn dates_render_as_in_wiremock() {
    check_table(include_str!("tests/dates.tsv"));
}

#[test]
fn json_renders_as_in_wiremock() {
    check_table(include_str!("tests/json.tsv"));
}

#[test]
fn xml_renders_as_in_wiremock() {
    check_table(include_str!("tests/xml.tsv"));
}
