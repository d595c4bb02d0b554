//! What WireMock's own validator said of the same schemas and bodies, and the bounds.

use super::*;

fn compile(schema: &str, version: Version) -> Result<SchemaMatcher, (String, String)> {
    SchemaMatcher::compile(&json::parse(schema).unwrap(), version)
}

fn is_match(schema: &str, version: Version, body: &str) -> bool {
    let parsed = json::parse(body).ok();
    let matcher = compile(schema, version).unwrap();
    let is_match = matcher.is_match(body, parsed.as_ref());
    assert_eq!(matcher.explain(body, parsed.as_ref()).is_none(), is_match);
    is_match
}

const ALL: [Version; 5] =
    [Version::V4, Version::V6, Version::V7, Version::V201909, Version::V202012];

/// The versions, as a word of `y` and `n` for each of [`ALL`], in which a body is valid.
#[track_caller]
fn assert_versions(schema: &str, body: &str, expected: &str) {
    let got: String =
        ALL.iter().map(|&v| if is_match(schema, v, body) { 'y' } else { 'n' }).collect();
    assert_eq!(got, expected, "{schema} on {body}");
}

#[test]
fn drafts_differ_as_in_the_reference() {
    assert_versions(r#"{"const":1}"#, "2", "ynnnn");
    assert_versions(r#"{"prefixItems":[{"type":"string"}]}"#, "[1]", "yyyyn");
    assert_versions(r#"{"type":"string","format":"date"}"#, r#""x""#, "nnnyy");
    assert_versions(r#"{"type":"string","format":"uuid"}"#, r#"{"x":1}"#, "nnnnn");
    assert_versions(r#"{"items":{"type":"integer"}}"#, "[1.0]", "nyyyy");
    assert_versions(r#"{"items":{"type":"integer"}}"#, "[1.5]", "nnnnn");
    assert_versions(r#"{"if":{"type":"object"},"then":{"required":["a"]}}"#, "{}", "yynnn");
    assert_versions(r#"{"dependentRequired":{"a":["b"]}}"#, r#"{"a":1}"#, "yyynn");
    assert_versions(r#"{"dependencies":{"a":["b"]}}"#, r#"{"a":1}"#, "nnnnn");
    assert_versions(
        r##"{"$ref":"#/definitions/x","required":["q"],"definitions":{"x":{"type":"object"}}}"##,
        "{}",
        "yyynn",
    );
    assert_versions(
        r#"{"properties":{"a":{}},"unevaluatedProperties":false}"#,
        r#"{"b":1}"#,
        "yyynn",
    );
    assert_versions(
        r#"{"properties":{"a":{"type":"string","nullable":true}}}"#,
        r#"{"a":null}"#,
        "yyyyy",
    );
}

#[test]
fn a_schema_that_names_its_version_is_of_that_version() {
    let exclusive = r#"{"$schema":"URI","type":"number","minimum":5,"exclusiveMinimum":true}"#;
    let draft_4 = exclusive.replace("URI", "http://json-schema.org/draft-04/schema#");
    assert_versions(&draft_4, "[5]", "nnnnn");
    assert_versions(&draft_4, "5", "nnnnn");
    assert_versions(&draft_4, "6", "yyyyy");
    let unknown = exclusive.replace("URI", "http://nowhere.example/s");
    let (pointer, message) = compile(&unknown, Version::V7).unwrap_err();
    assert_eq!(pointer, "/$schema");
    assert!(message.starts_with("unknown `$schema`"), "{message}");
}

#[test]
fn scalars_and_what_is_no_json_count_as_text_too() {
    for (schema, body, expected) in [
        (r#"{"type":"string"}"#, "5", true),
        (r#"{"type":"string"}"#, "true", true),
        (r#"{"type":"string"}"#, "null", true),
        (r#"{"type":"string"}"#, "abc", true),
        (r#"{"type":"string"}"#, "[1]", false),
        (r#"{"type":"number"}"#, r#""5""#, false),
        (r#"{"minLength":3}"#, r#""12""#, false),
        (r#"{"minLength":3}"#, "ab", false),
        (r#"{"enum":["5"]}"#, "5", true),
        ("false", "5", false),
        ("true", "5", true),
        (r#"{"pattern":"b"}"#, r#""abc""#, true),
        (r#"{"pattern":"^(?!a)"}"#, r#""abc""#, false),
    ] {
        assert_eq!(is_match(schema, Version::default(), body), expected, "{schema} on {body}");
    }
}

#[test]
fn mistakes_have_a_place() {
    let mistake = |schema: &str| compile(schema, Version::default()).unwrap_err();
    assert_eq!(mistake(r#"{"properties":{"a":{"minimum":"b"}}}"#).0, "/properties/a/minimum");
    assert_eq!(mistake(r#"{"pattern":"("}"#).0, "/pattern");
    for remote in ["http://127.0.0.1:9/x.json", "file:///etc/passwd", "other.json"] {
        let (_, message) = mistake(&format!(r#"{{"$ref":"{remote}"}}"#));
        assert!(message.contains("none is fetched"), "{message}");
    }
    assert!(mistake(r##"{"$ref":"#/nope"}"##).1.contains("/nope"));
}

#[test]
fn the_first_violation_is_explained_with_its_place() {
    let matcher =
        compile(r#"{"properties":{"a":{"items":{"type":"number"}}}}"#, Version::V7).unwrap();
    let body = r#"{"a":[1,"x"]}"#;
    let explained = matcher.explain(body, json::parse(body).ok().as_ref());
    assert_eq!(explained.unwrap(), r#"`/a/1`: "x" is not of type "number""#);
}

#[test]
fn a_schema_that_leads_back_to_itself_takes_deep_bodies() {
    let tree = r##"{"properties":{"c":{"allOf":[{"anyOf":[{"$ref":"#"}]}]}},"additionalProperties":false}"##;
    let nested = |depth: usize, leaf: &str| {
        format!("{}{leaf}{}", r#"{"c":"#.repeat(depth), "}".repeat(depth))
    };
    assert!(is_match(tree, Version::V7, &nested(90, "{}")));
    assert!(!is_match(tree, Version::V7, &nested(90, r#"{"d":1}"#)));
    // Deeper than JSON is read: a text, and so no violation of `properties`.
    assert!(is_match(tree, Version::V7, &nested(5000, "{}")));
    let chain = r##"{"properties":{"c":{"not":{"not":{"not":{"not":{"$ref":"#"}}}}}}}"##;
    assert!(!is_match(chain, Version::V7, &nested(120, "{}")));
    assert!(is_match(r##"{"$ref":"#"}"##, Version::V7, "{}"));
}

/// The deepest calls that are allowed fit a small stack even without optimisation.
#[test]
fn the_deepest_calls_fit_the_stack() {
    let chain = |n: usize| {
        let (open, close) = (r#"{"allOf":["#.repeat(n), "]}".repeat(n));
        format!(r##"{{"properties":{{"c":{open}{{"$ref":"#"}}{close}}}}}"##)
    };
    let run = move || {
        for n in [1, 20, 50] {
            let matcher = compile(&chain(n), Version::V7).unwrap();
            for depth in [5, 10, 20, 40, 80, 120] {
                let body = format!("{}{{}}{}", r#"{"c":"#.repeat(depth), "}".repeat(depth));
                let _ = matcher.explain(&body, json::parse(&body).ok().as_ref());
                let _ = matcher.is_match(&body, json::parse(&body).ok().as_ref());
            }
        }
    };
    std::thread::Builder::new().stack_size(1024 * 1024).spawn(run).unwrap().join().unwrap();
}

#[test]
fn a_pattern_that_backtracks_gives_up() {
    let body = format!("\"{}\"", "a".repeat(60));
    assert!(!is_match(r#"{"pattern":"^(?=a)(a+)+\\1b$"}"#, Version::V7, &body));
}
