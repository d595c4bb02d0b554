//! Templates as WireMock 3.13.2 rendered them: each case was sent to it with the request that stands
//! beside the cases. `fails` is status 500.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use proptest::prelude::*;

use super::{
    language::{MAX_NESTING, Template, TemplateError},
    request_model::{RequestInfo, RequestModel},
    template::{Env, Value},
};
use crate::{
    codec::{RequestView, json},
    model::{Json, Request, RequestBody, Scheme},
    runtime::Seed,
};

const LANGUAGE: &str = include_str!("../../tests/data/templates/language.json");
const HELPERS: &str = include_str!("../../tests/data/templates/helpers.json");

struct Scene {
    request: Request,
    parameters: Value,
    variables: Vec<(String, String)>,
    cases: Vec<Json>,
}

fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json.member(name).and_then(Json::as_str).unwrap()
}

fn array(json: &Json) -> &[Json] {
    let Json::Array(items) = json else { panic!("no array") };
    items
}

fn scene(file: &str) -> Scene {
    let file = json::parse(file).unwrap();
    let mut headers = HeaderMap::new();
    for pair in array(file.member("headers").unwrap()) {
        let [name, value] = array(pair) else { panic!("no pair") };
        headers.append(
            name.as_str().unwrap().parse::<HeaderName>().unwrap(),
            HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
        );
    }
    Scene {
        request: Request {
            method: Method::POST,
            scheme: Scheme::Http,
            authority: "api.test:8080".to_owned(),
            target: text(&file, "target").parse().unwrap(),
            headers,
            body: RequestBody::Whole(Bytes::copy_from_slice(text(&file, "body").as_bytes())),
            client: None,
            received: std::time::SystemTime::UNIX_EPOCH,
        },
        parameters: Value::from_json(file.member("parameters").unwrap()),
        variables: vec![("id".to_owned(), "12".to_owned())],
        cases: array(file.member("cases").unwrap()).to_vec(),
    }
}

impl Scene {
    fn render(&self, template: &str) -> Result<String, TemplateError> {
        self.render_compiled(&Template::compile(template)?)
    }

    fn render_compiled(&self, template: &Template) -> Result<String, TemplateError> {
        let view = RequestView::new(&self.request);
        let info = RequestInfo {
            id: "9e130fc9-6185-4b08-b219-31134c0f11f8",
            client_ip: "127.0.0.1",
            path_variables: Some(&self.variables),
        };
        let model = RequestModel::new(&view, info).with_parameters(Some(&self.parameters));
        let mut random = Seed(7).draws("", b"", 0);
        let mut env = Env {
            now: Timestamp::UNIX_EPOCH,
            random: &mut random,
            hostname: "machine",
            system: None,
            state: None,
            keys: None,
        };
        template.render(&model, &mut env)
    }
}

#[track_caller]
fn check(file: &str) {
    let scene = scene(file);
    let mut wrong = Vec::new();
    for case in &scene.cases {
        let template = text(case, "template");
        let expect = case.member("renders").and_then(Json::as_str);
        let found = scene.render(template);
        if found.as_deref().ok() != expect {
            wrong.push(format!("{template:?}\n  expect {expect:?}\n  found  {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), scene.cases.len(), wrong.join("\n"));
}

#[test]
fn the_language_renders_as_wiremock_renders_it() {
    check(LANGUAGE);
}

#[test]
fn helpers_in_blocks_and_parameters_render_as_wiremock_renders_them() {
    check(HELPERS);
}

#[track_caller]
fn check_error(template: &str, expect: &str) {
    assert_eq!(scene(LANGUAGE).render(template).unwrap_err().to_string(), expect);
}

#[test]
fn mistakes_are_reported_with_their_place() {
    check_error(
        "a\n  {{#if x}}b",
        "2:3: block `if` opened at 2:6 is never closed near `{{#if x}}b`",
    );
    check_error(
        "{{#if x}}b{{/each}}",
        "1:11: block `if` opened at 1:4 is closed as `each` near `{{/each}}`",
    );
    check_error("{{/if}}", "1:1: `if` is closed, but no block is open near `{{/if}}`");
    check_error(
        "{{lokup a 'b'}}",
        "1:3: unknown helper `lokup`; did you mean `lookup`? near `lokup a 'b'}}`",
    );
    check_error(
        r#"{"a":{{x}}}"#,
        "1:9: expected `}}`, found `}}}`; set a space between the tag and the brace after it near `}}}`",
    );
    check_error(
        "{{> x}}",
        "1:1: partials are not available; write the text of the partial here near `{{> x}}`",
    );
    check_error(
        "{{x 'a}}",
        "1:5: the text that begins with `'` does not end with one before a space or the tag's end near `'a}}`",
    );
}

#[test]
fn what_a_template_may_take_is_bounded() {
    let nested = "{{#if true}}".repeat(MAX_NESTING) + &"{{/if}}".repeat(MAX_NESTING);
    let scene = scene(LANGUAGE);
    let deep = std::thread::Builder::new().stack_size(1 << 20);
    deep.spawn(move || {
        assert_eq!(scene.render(&nested).unwrap(), "");
        let error = scene.render(&format!("{{{{#if true}}}}{nested}{{{{/if}}}}")).unwrap_err();
        assert_eq!(error.message, "nested deeper than 64");
        let chain = "{{#if x}}".to_owned() + &"{{else if x}}".repeat(1000) + "{{/if}}";
        assert!(scene.render(&chain).is_err());
        let parens = "{{lookup ".to_owned() + &"(lookup ".repeat(1000) + "}}";
        assert!(scene.render(&parens).is_err());
    })
    .unwrap()
    .join()
    .unwrap();
}

#[test]
fn loops_within_loops_end() {
    let scene = scene(LANGUAGE);
    let template = "{{#each parameters.objs}}".repeat(40) + "x" + &"{{/each}}".repeat(40);
    // Each item has two members of its own.
    let inner = template.replace("parameters.objs", "@root.parameters.objs");
    let error = scene.render(&inner).unwrap_err();
    assert!(error.message.contains("more than"), "{error}");
}

proptest! {
    #[test]
    fn text_without_tags_renders_to_itself(text in "[^{}]{0,60}|[a{}\\\\]{0,9}") {
        if !(text.contains("{{") && text.contains("}}")) {
            prop_assert_eq!(scene(LANGUAGE).render(&text).unwrap(), text);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(
        pieces in prop::collection::vec(
            prop_oneof![
                "\\PC{0,4}",
                prop::sample::select(vec![
                    "{{", "}}", "{", "}", "~", "#", "/", "^", "&", "!", "--", "if", "else", "each", "x",
                    " ", "as", "|", "(", ")", "'", "\"", "\\", ".", "..", "../", "[", "]", "@", "=", "1",
                    "-", "{{{{", "}}}}", "{{#if x}}", "{{/if}}", "{{else}}", "{{=<% %>=}}", "request.path",
                ]).prop_map(str::to_owned),
            ],
            0..24,
        )
    ) {
        let _ = scene(LANGUAGE).render(&pieces.concat());
    }
}
