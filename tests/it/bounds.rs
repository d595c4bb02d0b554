//! No input makes ringer work without end: what is too deep, too large or too hard is refused or cut,
//! and the answer says so. One ringer serves all requests; after each it still answers.
//!
//! Bounds are counted in steps, bytes and levels, and so are these tests: no time is measured.

use std::{io::Write as _, time::Duration};

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::support::{
    client::{self, Connection, Got},
    folder::{Folder, Ringer},
    process::{Ended, Process, ringer},
};

/// An answer comes in this time even from a build without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Fits `aaaa…cb` never, and finds that out in exponential time.
const HARD: &str = "(?:a|aa)+(?=c)b";

/// ringer with one stub: this request, answered by this response.
async fn with(request: Value, response: Value) -> (Folder, Ringer) {
    let folder = Folder::new();
    let stub = json!({"name": "bounded", "request": request, "response": response});
    folder.stub("bounded", &stub.to_string());
    folder.stub("well", r#"{"name": "well", "request": {"urlPath": "/well"}}"#);
    let ringer = folder.replay().await;
    (folder, ringer)
}

/// ringer with a stub for `POST /a` whose body must fit this.
async fn with_body(pattern: Value) -> (Folder, Ringer) {
    with(json!({"urlPath": "/a", "bodyPatterns": [pattern]}), json!({"body": "fits"})).await
}

async fn ask(ringer: &Ringer, path: &str, fields: &[(&str, &str)], body: Vec<u8>) -> Got {
    let connection = Connection::http1(ringer.address).await;
    let mut request = connection.request("POST", &ringer.host(), path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let request = request.body(client::whole(body)).unwrap();
    let answer = connection.begin_within(PATIENCE, request).await.expect("an answer");
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("a whole answer").to_bytes();
    let got = Got { status: parts.status.as_u16(), fields: parts.headers, body, trailers: None };
    assert_eq!(client::get(ringer.address, "/well").await.status, 200, "it still answers");
    got
}

/// The answer is a miss whose report has this reason.
#[track_caller]
fn check_missed(got: &Got, reason: &str) {
    assert_eq!(got.status, 404, "{}", got.text());
    assert!(got.text().contains(reason), "no {reason:?} in {}", shown(got));
}

/// The answer is an error that names stub, field and place, and has this reason.
#[track_caller]
fn check_failed(got: &Got, place: &str, reason: &str) {
    assert_eq!(got.status, 500, "{}", shown(got));
    for part in ["`bounded`", "bounded.json", place, reason] {
        assert!(got.text().contains(part), "no {part:?} in {}", shown(got));
    }
}

fn shown(got: &Got) -> String {
    got.text().chars().take(2000).collect()
}

fn nested(open: &str, middle: &str, close: &str, depth: usize) -> Vec<u8> {
    (open.repeat(depth) + middle + &close.repeat(depth)).into_bytes()
}

fn hard(length: usize) -> String {
    "a".repeat(length) + "cb"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_expression_gives_up_on_a_long_body() {
    let (_folder, ringer) = with_body(json!({"matches": HARD})).await;
    let got = ask(&ringer, "/a", &[], hard(900).into_bytes()).await;
    check_missed(&got, "(gave up after 1000000 steps)");
    let got = ask(&ringer, "/a", &[], hard(1_100_000).into_bytes()).await;
    check_missed(&got, "(gave up after 100 steps)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_back_reference_gives_up_on_a_long_header() {
    let request = json!({"urlPath": "/a", "headers": {"X": {"matches": "(a|aa)+\\1(?=c)b"}}});
    let (_folder, ringer) = with(request, json!({})).await;
    let got = ask(&ringer, "/a", &[("X", &hard(3000))], Vec::new()).await;
    check_missed(&got, "(gave up after ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_ahead_over_a_long_body_gives_up() {
    let (_folder, ringer) = with_body(json!({"matches": "(?:(?!.*secret)[a-z])*!"})).await;
    let got = ask(&ringer, "/a", &[], hard(1_100_000).into_bytes()).await;
    check_missed(&got, "(gave up after 100 steps)");
}

#[tokio::test(flavor = "multi_thread")]
async fn hard_values_share_one_allowance() {
    let values = vec![json!({"a": hard(40)}); 20_000];
    let body = Value::from(values).to_string().into_bytes();
    let path = json!({"matchesJsonPath": {"expression": "$..a", "matches": HARD}});
    let filter = json!({"matchesJsonPath": format!("$..[?(@.a =~ /(?:a|aa)++cb/)]")});
    for pattern in [path, filter] {
        let (_folder, ringer) = with_body(pattern).await;
        let got = ask(&ringer, "/a", &[], body.clone()).await;
        check_missed(&got, "something at $..");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn placeholders_in_any_order_share_one_allowance() {
    let expected = vec![format!("${{json-unit.regex}}{HARD}"); 100];
    let pattern = json!({"equalToJson": expected, "ignoreArrayOrder": true});
    let (_folder, ringer) = with_body(pattern).await;
    let body = json!(vec![hard(40); 100]).to_string().into_bytes();
    check_missed(&ask(&ringer, "/a", &[], body).await, "body $");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_path_expression_gives_up() {
    let request = json!({"urlPathPattern": format!("/{HARD}")});
    let (_folder, ringer) = with(request, json!({})).await;
    let got = ask(&ringer, &format!("/{}", hard(30_000)), &[], Vec::new()).await;
    assert_eq!(got.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_json_is_no_json_to_any_matcher() {
    for pattern in [
        json!({"equalToJson": {"a": 1}}),
        json!({"equalToJson": {"a": 1}, "ignoreExtraElements": true, "ignoreArrayOrder": true}),
        json!({"matchesJsonPath": "$..a"}),
        json!({"matchesJsonPath": {"expression": "$..a", "equalTo": "1"}}),
        json!({"matchesJsonSchema": {"type": ["object", "array"]}}),
    ] {
        let (_folder, ringer) = with_body(pattern.clone()).await;
        for body in [nested("[", "", "]", 100_000), nested("{\"a\":", "1", "}", 100_000)] {
            let got = ask(&ringer, "/a", &[], body).await;
            assert_eq!(got.status, 404, "{pattern}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_refers_to_itself_refuses_a_deep_body() {
    let node = json!({"anyOf": [
        {"type": "null"},
        {"type": "array", "items": {"$ref": "#/$defs/node"}},
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/node"}},
    ]});
    let schema = json!({"$ref": "#/$defs/node", "$defs": {"node": node}});
    let (_folder, ringer) = with_body(json!({"matchesJsonSchema": schema})).await;
    let fits = ask(&ringer, "/a", &[], nested("[", "null", "]", 5)).await;
    assert_eq!(fits.status, 200, "{}", shown(&fits));
    let got = ask(&ringer, "/a", &[], nested("[", "null", "]", 120)).await;
    check_missed(&got, "nested too deep for this schema");
}

const XML_MATCHERS: [&str; 2] =
    [r#"{"equalToXml": "<a>lol</a>"}"#, r#"{"matchesXPath": "//a[contains(., 'root')]"}"#];

async fn with_xml(pattern: &str) -> (Folder, Ringer) {
    with_body(serde_json::from_str(pattern).unwrap()).await
}

fn entities() -> Vec<u8> {
    let mut bomb = "<!DOCTYPE a [<!ENTITY e0 \"lol\">".to_owned();
    for n in 1..10 {
        bomb += &format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10));
    }
    (bomb + "]><a>&e9;</a>").into_bytes()
}

const EXTERNAL: &str = r#"<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>"#;

#[tokio::test(flavor = "multi_thread")]
async fn xml_matchers_expand_no_entities() {
    for pattern in XML_MATCHERS {
        let (_folder, ringer) = with_xml(pattern).await;
        assert_eq!(ask(&ringer, "/a", &[], entities()).await.status, 404, "{pattern}");
        let got = ask(&ringer, "/a", &[], EXTERNAL.into()).await;
        assert_eq!(got.status, 404, "{pattern}");
        assert!(!got.text().contains("root:"), "{pattern}: {}", shown(&got));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn xml_matchers_refuse_deep_documents() {
    for pattern in XML_MATCHERS {
        let (_folder, ringer) = with_xml(pattern).await;
        let got = ask(&ringer, "/a", &[], nested("<a>", "", "</a>", 100_000)).await;
        assert_eq!(got.status, 404, "{pattern}");
    }
    let (_folder, ringer) = with_xml(XML_MATCHERS[0]).await;
    let got = ask(&ringer, "/a", &[], nested("<a>", "", "</a>", 100_000)).await;
    check_missed(&got, "elements are nested more than 1000 deep");
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_expand_no_entities_and_refuse_deep_documents() {
    let (_folder, ringer) = rendering("{{xPath request.body '//a/text()'}}").await;
    for body in [entities(), EXTERNAL.into(), nested("<a>", "", "</a>", 100_000)] {
        let text = ask(&ringer, "/a", &[], body).await.text();
        assert!(text.contains("not valid XML"), "{text:.200}");
        assert!(!text.contains("root:"), "{text:.200}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_xpath_over_a_wide_document_gives_up() {
    let (_folder, ringer) = with_body(json!({"matchesXPath": "//a[//b[//d]]"})).await;
    let body = format!("<r>{}</r>", "<a><b><c/></b></a>".repeat(5_000));
    let got = ask(&ringer, "/a", &[], body.into()).await;
    check_missed(&got, "looking for it takes more than 2000000 steps");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_within_a_path_gives_up_on_a_large_document() {
    let (_folder, ringer) = with_body(json!({"matchesJsonPath": "$..[?(@..x)]"})).await;
    let items: Vec<Value> = (0..20_000).map(|n| json!([[[[[[n]]]]]])).collect();
    let got = ask(&ringer, "/a", &[], Value::from(items).to_string().into()).await;
    check_missed(&got, "too much work: more than 1000000 values to look at");
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_elements_in_any_order_are_compared_so_often_and_no_more() {
    let any = |n: usize| json!({"a": n % 7, "x": "${json-unit.any-number}"});
    let expected: Vec<Value> = (0..5_000).map(any).collect();
    let pattern = json!({"equalToJson": expected, "ignoreArrayOrder": true});
    let (_folder, ringer) = with_body(pattern).await;
    let body: Vec<Value> = (0..5_000).map(|n| json!({"a": n % 7, "x": "no number"})).collect();
    let got = ask(&ringer, "/a", &[], Value::from(body).to_string().into()).await;
    check_missed(&got, "body $");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_of_exact_values_are_compared_so_often_and_no_more() {
    let values: Vec<Value> = (0..2_000).map(|n| json!({"contains": format!("z{n}-")})).collect();
    let request = json!({"urlPath": "/a", "queryParameters": {"q": {"hasExactly": values}}});
    let (_folder, ringer) = with(request, json!({})).await;
    let query: Vec<String> = (0..2_000).rev().map(|n| format!("q=z{n}-")).collect();
    let got = ask(&ringer, &format!("/a?{}", query.join("&")), &[], Vec::new()).await;
    check_missed(&got, "exactly 2000 values");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_bomb_is_not_unpacked() {
    let (_folder, ringer) = with_body(json!({"contains": "zz"})).await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&vec![0; 1 << 20]).unwrap();
    // Member after member: more than is unpacked, in fewer bytes than are held in memory.
    let bomb = gzip.finish().unwrap().repeat(200);
    assert!(bomb.len() < 2 << 20, "{}", bomb.len());
    let got = ask(&ringer, "/a", &[("Content-Encoding", "gzip")], bomb).await;
    check_missed(&got, "containing \"zz\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_many_parts_is_looked_through_once() {
    let parts =
        json!([{"bodyPatterns": [{"contains": "zzz"}], "headers": {"A": {"matches": HARD}}}]);
    let request = json!({"urlPath": "/a", "multipartPatterns": parts});
    let (_folder, ringer) = with(request, json!({})).await;
    let mut body = b"--b\r\nA: x\r\n\r\nv\r\n".repeat(100_000);
    body.extend(b"--b--\r\n");
    let fields = [("Content-Type", "multipart/form-data; boundary=b")];
    check_missed(&ask(&ringer, "/a", &fields, body).await, "multipart part");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_targets_and_many_fields_are_refused() {
    let (_folder, ringer) = with(json!({"urlPath": "/a"}), json!({})).await;
    let got = ask(&ringer, &format!("/{}", "a/".repeat(50_000)), &[], Vec::new()).await;
    assert_eq!(got.status, 414);
    let names: Vec<String> = (0..1_000).map(|n| format!("X-{n}")).collect();
    let fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
    assert_eq!(ask(&ringer, "/a", &fields, Vec::new()).await.status, 431);
}

async fn rendering(template: &str) -> (Folder, Ringer) {
    let response = json!({"body": template, "transformers": ["response-template"]});
    with(json!({"urlPath": "/a"}), response).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_without_end_is_refused_at_its_place() {
    let (_folder, ringer) = rendering("\n {{#each (range 0 100000000)}}x{{/each}}").await;
    let got = ask(&ringer, "/a", &[], Vec::new()).await;
    check_failed(&got, "2:", "0 to 100000000 is no range of at most ");
}

#[tokio::test(flavor = "multi_thread")]
async fn loops_within_loops_end() {
    let each = "{{#each (range 0 999)}}";
    let template = format!("{}x{}", each.repeat(4), "{{/each}}".repeat(4));
    let (_folder, ringer) = rendering(&template).await;
    let got = ask(&ringer, "/a", &[], Vec::new()).await;
    check_failed(&got, "1:", "rendering takes more than 20000000 steps");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_double_what_they_hold_end() {
    let doubled = "{{#assign 'a'}}{{a}}{{a}}{{/assign}}".repeat(40);
    let (_folder, ringer) =
        rendering(&format!("{{{{#assign 'a'}}}}xxxxxxxx{{{{/assign}}}}{doubled}{{{{a}}}}")).await;
    let got = ask(&ringer, "/a", &[], Vec::new()).await;
    check_failed(&got, "1:", "rendering gives more than 67108864 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_outputs_end() {
    let each = "{{#each (range 0 9999)}}";
    let template = format!("{}{{{{request.body}}}}{}", each, "{{/each}}");
    let (_folder, ringer) = rendering(&template).await;
    let got = ask(&ringer, "/a", &[], vec![b'x'; 100_000]).await;
    check_failed(&got, "1:", "rendering gives more than 67108864 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn hard_expressions_in_a_loop_share_one_allowance() {
    let call = format!("{{{{regexExtract request.body '{HARD}' default='n'}}}}");
    let (_folder, ringer) =
        rendering(&format!("{{{{#each (range 1 1000)}}}}{call}{{{{/each}}}}")).await;
    let got = ask(&ringer, "/a", &[], hard(40).into_bytes()).await;
    assert_eq!((got.status, got.text()), (200, "n".repeat(1000)));
}

#[track_caller]
fn check(folder: &Folder) -> Ended {
    let mut command = ringer();
    command.current_dir(folder.path()).arg("check");
    Process::spawn(&mut command).ended_within(PATIENCE)
}

/// `ringer check` ends, and says this of the only stub file.
#[track_caller]
fn check_refused(file: &str, content: &str, reason: &str) {
    let folder = Folder::new();
    folder.write(&format!("stubs/mappings/{file}"), content);
    let said = check(&folder);
    assert_eq!(said.code, Some(1), "{:.2000}", said.stderr);
    assert!(said.stderr.contains(reason), "no {reason:?} in {:.2000}", said.stderr);
    assert!(said.stderr.contains(file), "{:.2000}", said.stderr);
}

#[test]
fn a_deep_stub_file_is_refused() {
    let deep = String::from_utf8(nested("[", "", "]", 100_000)).unwrap();
    check_refused(
        "a.json",
        &format!("{{\"response\": {{\"jsonBody\": {deep}}}}}"),
        "nested deeper",
    );
    check_refused("a.yaml", &format!("response: {{jsonBody: {deep}}}"), "nested deeper");
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut yaml = "metadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..10 {
        let list = vec![format!("*a{}", n - 1); 10].join(", ");
        yaml += &format!("  a{n}: &a{n} [{list}]\n");
    }
    check_refused("a.yaml", &yaml, "alias");
}

#[test]
fn an_expression_that_is_too_large_is_refused() {
    let stub = r#"{"request": {"urlPattern": "/((a{1000}){1000}){1000}"}}"#;
    check_refused("a.json", stub, "when compiled; lower its repetition counts");
}

#[test]
fn a_schema_that_explodes_is_told() {
    // Each definition asks the next one twice.
    let mut definitions = serde_json::Map::new();
    for n in 0..60 {
        let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
        definitions.insert(format!("d{n}"), json!({"allOf": [next.clone(), next]}));
    }
    definitions.insert("d60".to_owned(), json!({"type": "object"}));
    let schema = json!({"$ref": "#/$defs/d0", "$defs": definitions});
    let folder = Folder::new();
    let request = json!({"bodyPatterns": [{"matchesJsonSchema": schema}]});
    folder.stub("a", &json!({"request": request}).to_string());
    let said = check(&folder);
    assert!(said.code.is_some(), "{:.2000}", said.stderr);
}
