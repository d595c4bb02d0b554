//! What helpers render, expression by expression, as WireMock 3.13.2 was seen to render it.
//!
//! The tables hold an expression, a tab, and the text as JSON, or `!` where rendering fails.

use std::{fmt::Write as _, sync::Arc};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use crate::{
    codec::json,
    model::Json,
    render::{
        Template, TemplateError,
        template::{Env, SigningAlgorithm, SigningKeys, State, SystemValues, Value},
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
        ("headers", Value::map_ignoring_case(vec![("X-H".to_owned(), multi(&["hv"]))])),
        ("cookies", map(&[("k", multi(&["v"]))])),
    ]);
    map(&[("request", request)])
}

/// What the reference permits unless it is told else.
struct NothingSet;

impl SystemValues for NothingSet {
    fn is_permitted(&self, key: &str) -> bool {
        key.to_ascii_lowercase().starts_with("wiremock")
    }

    fn environment(&self, _: &str) -> Option<String> {
        None
    }

    fn property(&self, _: &str) -> Option<String> {
        None
    }
}

/// Keys whose signature says what was signed.
struct PlainKeys;

impl SigningKeys for PlainKeys {
    fn key_id(&self, algorithm: SigningAlgorithm) -> Option<&str> {
        (algorithm == SigningAlgorithm::Rs256).then_some("key-1")
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        (algorithm != SigningAlgorithm::Es256)
            .then(|| format!("{}{}", algorithm.name(), message.len()).into_bytes())
    }

    fn key_set(&self) -> Json {
        json::parse(r#"{"keys":[{"kid":"key-1"}]}"#).unwrap()
    }
}

/// A session with one list.
#[derive(Default)]
struct Session(Vec<(String, Json)>);

impl State for Session {
    fn get(&self, context: &str, property: &str) -> Option<Json> {
        let key = format!("{context}.{property}");
        self.0.iter().rfind(|(known, _)| *known == key).map(|(_, value)| value.clone())
    }

    fn set(&mut self, context: &str, property: &str, value: Json) {
        self.0.push((format!("{context}.{property}"), value));
    }

    fn list(&self, _: &str) -> Vec<Json> {
        vec![json::parse(r#"{"id":7}"#).unwrap(), json::parse(r#"{"id":8}"#).unwrap()]
    }
}

fn render(template: &str, seed: u64) -> Result<String, TemplateError> {
    let mut session = Session::default();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut env = Env {
        now: "2026-11-23T09:57:06.123Z".parse().unwrap(),
        random: &mut random,
        hostname: "mock",
        system: Some(&NothingSet),
        state: Some(&mut session),
        keys: Some(&PlainKeys),
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

#[test]
fn formats_render_as_in_wiremock() {
    check_table(include_str!("tests/formats.tsv"));
}

#[test]
fn state_and_made_up_values_render_as_documented() {
    check_table(include_str!("tests/own.tsv"));
}

#[test]
fn chance_follows_the_seed() {
    let template =
        "{{random 'Name.first_name'}} {{randomInt}} {{randomValue length=8}} {{pickRandom 1 2 3}}";
    assert_eq!(render(template, 1), render(template, 1));
    assert_ne!(render(template, 1), render(template, 2));
}

#[test]
fn a_token_has_head_claims_and_signature() {
    let token = render("{{jwt sub='x' alg='RS256' maxAge='2 hours' roles=(claims 'a' 'b')}}", 1);
    let token = token.unwrap();
    let parts: Vec<String> = token
        .split('.')
        .map(|part| String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!(parts[0], r#"{"alg":"RS256","typ":"JWT","kid":"key-1"}"#);
    assert_eq!(
        parts[1],
        r#"{"iss":"wiremock","aud":"wiremock.io","sub":"x","exp":1795435026,"iat":1795427826,"roles":["a","b"]}"#
    );
    assert_eq!(parts[2], format!("RS256{}", token.rfind('.').unwrap()));
}

#[test]
fn the_documentation_tells_what_is_rendered() {
    let mut wrong = String::new();
    let mut count = 0;
    for line in include_str!("../../../docs/templating.md").lines() {
        let cells = line.strip_prefix("| `{{").and_then(|line| line.strip_suffix("` |"));
        let Some((template, expected)) = cells.and_then(|cells| cells.split_once("` | `")) else {
            continue;
        };
        count += 1;
        let rendered = render(&format!("{{{{{template}"), 1);
        if rendered.as_deref() != Ok(expected) {
            writeln!(wrong, "{line}\n  rendered {rendered:?}").unwrap();
        }
    }
    assert!(wrong.is_empty() && count > 50, "{count}\n{wrong}");
}

#[test]
fn odd_arguments_render_as_in_wiremock() {
    check_table(include_str!("tests/odd.tsv"));
}

#[test]
fn removing_much_from_large_documents_is_quick() {
    let mut members = String::new();
    for at in 0..20_000 {
        write!(members, "{}\"k{at}\":null", if at == 0 { "" } else { "," }).unwrap();
    }
    let json = format!("{{{members}}}");
    assert_eq!(render(&format!("{{{{jsonRemove '{json}' '$.*'}}}}"), 1).unwrap(), "{}");
    let merge = format!("{{{{jsonMerge '{json}' '{json}' removeNulls=true}}}}");
    assert_eq!(render(&merge, 1).unwrap(), "{}");
}

#[test]
fn values_of_the_request_render_as_in_wiremock() {
    check_table(include_str!("tests/request.tsv"));
}
