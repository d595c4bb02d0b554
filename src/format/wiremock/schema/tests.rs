//! The schema and the reader know the same language.

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock};

use proptest::prelude::*;

use super::{
    generate::{MATCHERS, OBJECTS, schema, schema_text},
    key::Key,
};
use crate::format::{
    behavior,
    fields::Place,
    wiremock::{
        listener, matcher, pattern, recorded, response, round_trip, source, stub, timing, write,
    },
};

/// Definition → the reader's table.
const PLACES: &[(&str, &Place)] = &[
    ("file", &source::FILE),
    ("mapping", &stub::MAPPING),
    ("request", &pattern::REQUEST),
    ("credentials", &pattern::CREDENTIALS),
    ("methods", &pattern::METHODS),
    ("part", &pattern::MULTIPART),
    ("response", &response::RESPONSE),
    ("step", &response::STEP),
    ("stepMetadata", &response::STEP_METADATA),
    ("fixedDelay", &timing::FIXED),
    ("uniformDelay", &timing::UNIFORM),
    ("logNormalDelay", &timing::LOG_NORMAL),
    ("dribble", &timing::DRIBBLE),
    ("listener", &listener::LISTENER),
    ("action", &listener::ACTION),
    ("notes", &recorded::NOTES),
    ("stubNotes", &recorded::STUB_NOTES),
    ("answerNotes", &recorded::ANSWER_NOTES),
    ("latency", &recorded::LATENCY),
    ("interim", &recorded::INTERIM),
    ("jsonStyle", &recorded::STYLE),
    ("matcher", &matcher::VALUE),
    ("namedMatcher", &matcher::NAMED),
    ("bodyMatcher", &matcher::BODY),
    ("pathMatcher", &matcher::PATH),
];

/// Definition → the reader's table, whose keys are in the other case.
const SNAKE_PLACES: &[(&str, &Place)] = &[
    ("behavior", &behavior::document::DOCUMENT),
    ("drawnLatency", &behavior::latency::LATENCY),
    ("wait", &behavior::wait::WAIT),
    ("delayRule", &behavior::entry::DELAY),
    ("bandwidthRule", &behavior::entry::BANDWIDTH),
    ("faultRule", &behavior::entry::FAULT),
    ("window", &behavior::selection::WINDOW),
    ("stage", &behavior::stage::STAGE),
];

#[test]
fn what_the_reader_knows_is_described_and_the_other_way_round() {
    let described: BTreeSet<&str> = OBJECTS.iter().chain(MATCHERS).map(|it| it.name).collect();
    let places = || PLACES.iter().chain(SNAKE_PLACES);
    let read: BTreeSet<&str> = places().map(|(name, _)| *name).collect();
    assert_eq!(described, read);
    for definition in OBJECTS.iter().chain(MATCHERS) {
        let (_, place) = places().find(|(name, _)| *name == definition.name).unwrap();
        let keys: Vec<&Key> = definition.keys.iter().copied().flatten().collect();
        let described: BTreeSet<&str> = keys.iter().map(|key| key.name).collect();
        assert_eq!(described.len(), keys.len(), "a key twice in `{}`", definition.name);
        let known: BTreeSet<String> =
            place.known.iter().map(|key| behavior::tree::camel_case(key)).collect();
        assert_eq!(described, known.iter().map(String::as_str).collect(), "{}", place.name);
        for key in keys {
            assert!(key.says.ends_with('.'), "`{}` has no description", key.name);
        }
    }
}

#[test]
fn every_table_of_the_reader_is_described() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/format/wiremock");
    let mut n_tables = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            n_tables += fs::read_to_string(path).unwrap().matches(": Place =").count();
        }
    }
    assert_eq!(n_tables, PLACES.len());
}

#[test]
fn the_schema_in_the_documentation_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/stub.schema.json");
    if std::env::var_os("RINGER_WRITE_SCHEMA").is_some() {
        fs::write(&path, schema_text()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == schema_text(),
        "docs/stub.schema.json is out of date; run the test with RINGER_WRITE_SCHEMA=1"
    );
}

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let value: serde_json::Value = serde_json::from_str(&schema_text()).unwrap();
    jsonschema::draft202012::meta::validate(&value).unwrap();
    jsonschema::validator_for(&value).unwrap()
});

#[track_caller]
fn check(text: &str, is_valid: bool) {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(VALIDATOR.is_valid(&value), is_valid, "{text}");
}

#[test]
fn schema_text_is_what_the_schema_says() {
    let parsed = crate::codec::json::parse(&schema_text()).unwrap();
    assert_eq!(parsed, schema());
}

#[test]
fn what_the_reader_accepts_is_valid() {
    for text in [
        "{}",
        r#"{"$schema": "./stub.schema.json", "name": null, "request": {"method": "GET"}}"#,
        r#"{"mappings": [{"request": {"urlPath": "/a"}}], "meta": {"total": 1}}"#,
        r#"[{"request": {"urlPath": "/a"}}]"#,
        r#"{"request": {"method": {"oneOf": ["GET", "PUT"]}, "port": 80}}"#,
        r#"{"request": {"headers": {"A": {"equalTo": "b", "caseInsensitive": true}}}}"#,
        r#"{"request": {"headers": {"A": {"contains": "b", "caseInsensitive": false}}}}"#,
        r#"{"request": {"bodyPatterns": [{"matchesJsonPath": {"expression": "$.a", "equalTo": "1"}}]}}"#,
        r#"{"response": {"status": "201", "headers": {"A": ["b", "c"]}, "fault": null}}"#,
        r#"{"response": {"delayDistribution": {"type": "uniform", "lower": 1, "upper": 2.5}}}"#,
        r#"{"behavior": {"latency": "none", "fault": [{"status": 503, "p": "5%"}, "stall"]}}"#,
        r#"{"behavior": {"delay": "80ms", "bandwidth": {"rate": "1kB/s", "slowStart": "50ms"}}}"#,
        r#"{"behavior": {"latency": {"median": "1s", "p99": "2s"}, "stage": [{"delay": "1s"}]}}"#,
        r#"{"metadata": {"mine": 1, "ringer": {"upstream": "http://a"}}}"#,
    ] {
        check(text, true);
        let (_, problems) = crate::format::wiremock::read_mappings(
            text,
            crate::format::wiremock::Syntax::Yaml,
            None,
            |_| <_>::default(),
        );
        assert_eq!(problems, [], "{text}");
    }
}

#[test]
fn what_the_reader_refuses_is_not_valid() {
    for text in [
        r#"{"requests": {}}"#,
        r#"{"mappings": [{"$schema": "x"}]}"#,
        r#"{"mappings": [], "request": {}}"#,
        r#"{"request": {"urlpath": "/a"}}"#,
        r#"{"request": {"headers": {"A": "b"}}}"#,
        r#"{"request": {"headers": {"A": {}}}}"#,
        r#"{"request": {"headers": {"A": {"equalTo": "b", "contains": "c"}}}}"#,
        r#"{"request": {"headers": {"A": {"caseInsensitive": true}}}}"#,
        r#"{"request": {"headers": {"A": {"contains": "b", "caseInsensitive": true}}}}"#,
        r#"{"request": {"cookies": {"A": {"hasExactly": []}}}}"#,
        r#"{"request": {"bodyPatterns": {"equalTo": "a"}}}"#,
        r#"{"request": {"headers": {"A": {"and": [{"equalTo": "b"}]}}}}"#,
        r#"{"request": {"bodyPatterns": [{"matchesJsonPath": {"expression": "$.a"}}]}}"#,
        r#"{"response": {"status": 42}}"#,
        r#"{"response": {"fault": "EMPTY"}}"#,
        r#"{"response": {"delayDistribution": {"type": "fixed", "lower": 1}}}"#,
        r#"{"responses": []}"#,
        r#"{"priority": -1}"#,
    ] {
        check(text, false);
        let (_, problems) = crate::format::wiremock::read_mappings(
            text,
            crate::format::wiremock::Syntax::Json,
            None,
            |_| <_>::default(),
        );
        assert!(!problems.is_empty(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_valid(stub in round_trip::stub()) {
        let value: serde_json::Value = serde_json::from_str(&write(&stub)).unwrap();
        let errors: Vec<String> =
            VALIDATOR.iter_errors(&value).map(|error| error.to_string()).collect();
        prop_assert_eq!(errors, Vec::<String>::new());
    }
}
