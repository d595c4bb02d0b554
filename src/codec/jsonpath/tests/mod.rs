//! Promises of JSONPath: the reference's answers, helpful mistakes, places, bounds.

mod reference;

use proptest::prelude::*;

use super::{Found, JsonPath, get_mut};
use crate::{codec::json, model::Json};

fn parse(text: &str) -> Json {
    json::parse(text).unwrap()
}

fn mistake(expression: &str) -> (usize, String) {
    let error = JsonPath::compile(expression).unwrap_err();
    (error.offset, error.message)
}

#[test]
fn mistakes_say_where_they_are_and_a_way_out() {
    assert_eq!(
        mistake("$.a[?(@.b = 1)]"),
        (10, "expected an operator, `&&`, `||` or `)`, found `=`; use `==`".to_owned())
    );
    assert_eq!(
        mistake("a.b c"),
        (
            3,
            "found a blank; write a name that has one as `['my name']`, and no blank elsewhere"
                .to_owned()
        )
    );
    assert_eq!(
        mistake("$.a[b]"),
        (4, "expected a name in quotes, a number, `*` or `?(`; write `['name']`".to_owned())
    );
    assert_eq!(
        mistake("$.a[?@.b]"),
        (5, "expected `(`, found `@`; write the filter as `[?(…)]`".to_owned())
    );
    assert_eq!(
        mistake("$.a."),
        (3, "expected a name after the last `.`; remove the `.`".to_owned())
    );
    assert!(mistake("$.a[?(@.b == x)]").1.ends_with("put text in quotes"));
    assert!(mistake("$.a[?(@.b and @.c)]").1.ends_with("use `&&`"));
    assert!(mistake("$.a[?(@.b =~ /(/)]").1.contains("is not a regular expression"));
    assert!(mistake("  ").1.contains("the expression is empty"));
}

#[test]
fn plain_match_needs_a_value_that_is_neither_null_nor_empty() {
    let document = parse(r#"{"n":null,"e":[],"o":{},"f":false,"s":"","z":0}"#);
    let is_match =
        |expression: &str| JsonPath::compile(expression).unwrap().find(&document).is_match();
    for no in ["$.n", "$.e", "$.o", "$.missing", "$..missing", "$.s.x"] {
        assert!(!is_match(no), "{no}");
    }
    for yes in ["$.f", "$.s", "$.z", "$..n"] {
        assert!(is_match(yes), "{yes}");
    }
}

#[test]
fn values_are_borrowed_from_the_document() {
    let document = parse(r#"{"a":[{"b":"text"}]}"#);
    let path = JsonPath::compile("$..b").unwrap();
    let values = path.find(&document).into_values();
    assert!(matches!(values.as_slice(), [std::borrow::Cow::Borrowed(Json::String(_))]));
}

#[test]
fn located_values_can_be_changed_and_removed() {
    let mut document = parse(r#"{"a":[{"b":1,"c":2},{"b":3}],"d":{"b":4}}"#);
    let located = |document: &Json, expression: &str| -> Vec<String> {
        let path = JsonPath::compile(expression).unwrap();
        path.locate(document).iter().map(ToString::to_string).collect()
    };
    assert_eq!(located(&document, "$..b"), ["$['a'][0]['b']", "$['a'][1]['b']", "$['d']['b']"]);
    assert_eq!(located(&document, "$.a[?(@.b == 3)]"), ["$['a'][1]"]);
    assert_eq!(located(&document, "$.a[-1]"), ["$['a'][1]"]);
    assert_eq!(located(&document, "$.a[0]['b','c']"), ["$['a'][0]['b']", "$['a'][0]['c']"]);
    assert_eq!(located(&document, "$.a.length()"), Vec::<String>::new());

    let first = JsonPath::compile("$.a[0]").unwrap().locate(&document).remove(0);
    *get_mut(&mut document, &first).unwrap() = Json::Bool(true);
    assert_eq!(document, parse(r#"{"a":[true,{"b":3}],"d":{"b":4}}"#));
}

#[test]
fn says_what_can_never_match() {
    let never = |expression: &str| JsonPath::compile(expression).unwrap().never_matches();
    for expression in [
        "$.a[?(1 == 2)]",
        "$.a[3:3]",
        "$.a[5:2]",
        "$.a[1:-1]",
        "$.a[:0]",
        "$.a[?(@.b in [])]",
        "$.a[?(@.b in 'abc')]",
        "$.a[?(@.b all ['x'])]",
        "$.a[?(@.b =~ 'x')]",
        "$.a[?(@.b && 'x' == 'y')]",
        "$.a[?(1 == 2 || @.b in [])]",
        "$.a.lenght()",
    ] {
        assert!(never(expression).is_some(), "{expression}");
    }
    for expression in [
        "$.a[?(1 == 1)]",
        "$.a[1:3]",
        "$.a[-2:]",
        "$.a[-3:-1]",
        "$.a[?(@.b nin [])]",
        "$.a[?(@.b == 1 || 1 == 2)]",
        "$.a[?(@.b =~ /x/)]",
        "$.a[?(!(1 == 2))]",
    ] {
        assert_eq!(never(expression), None, "{expression}");
    }
}

#[test]
fn work_is_bounded() {
    let items = "[1,2,3],".repeat(3000);
    let document = parse(&format!("{{\"a\":[{}[1]]}}", items));
    let path = JsonPath::compile("$..[?($..[?($..* empty false)])]").unwrap();
    let Found::Failed(reason) = path.find(&document) else { panic!() };
    assert!(reason.starts_with("too much work"), "{reason}");
}

#[test]
fn nesting_and_length_are_bounded() {
    for expression in [
        format!("$[?{}@.a{}]", "(".repeat(5000), ")".repeat(5000)),
        format!("$[?({}(@.a))]", "!".repeat(5000)),
        format!("${}", ".a".repeat(300)),
        format!("${}", "[?(@".repeat(1000)),
        "a".repeat(10_000),
        format!("$.a[?(@.b in {}1{})]", "[".repeat(500), "]".repeat(500)),
        format!("{}1{}", "$.sum($.max(".repeat(100), "))".repeat(100)),
    ] {
        assert!(JsonPath::compile(&expression).is_err(), "{expression}");
    }
}

#[test]
fn deep_values_do_not_overflow_the_stack() {
    let mut deep = Json::Number("1".to_owned());
    for _ in 0..3000 {
        deep = Json::Object(vec![("a".to_owned(), deep)]);
    }
    for expression in
        ["$..a", "$..*", "$..[?(@.a == @.a)]", "$.a.append(1)", "$['a','b']", "$..a.first()"]
    {
        let _ = JsonPath::compile(expression).unwrap().find(&deep).is_match();
    }
}

#[test]
fn a_pattern_that_backtracks_gives_up() {
    let document = Json::Array(vec![Json::String("a".repeat(40))]);
    let path = JsonPath::compile(r"$[?(@ =~ /(?=a)(a+)+\1b/)]").unwrap();
    assert!(!path.find(&document).is_match());
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        "-?[0-9]{1,3}(\\.[0-9])?"
            .prop_filter("a number", |n| json::parse(n).is_ok())
            .prop_map(Json::Number),
        "[a-c'\"\\\\$@é]{0,3}".prop_map(Json::String),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec(("[a-c'\"\\\\. é]{0,2}", inner), 0..4).prop_map(Json::Object),
        ]
    })
}

fn likely_expression() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        ".a",
        ".b",
        "..",
        "*",
        "[0]",
        "[-1]",
        "[0:2]",
        "[:-1]",
        "['a','b']",
        "[?(",
        "@.a",
        "$.b",
        " == ",
        " in ",
        " =~ ",
        "/a/i",
        "[1,'a']",
        "'a'",
        "1",
        " && ",
        " || ",
        "!",
        ")",
        "]",
        ".length()",
        ".sum()",
        ".keys()",
        ".last()",
        ".concat($.a)",
        "[*]",
        "(",
        " empty ",
        "true",
        " contains ",
        " anyof ",
        "..a",
        "[?(@.a)]",
        "[?(@ size 1)]",
        "é",
        "\\",
    ]);
    prop::collection::vec(piece, 0..10).prop_map(|pieces| format!("${}", pieces.concat()))
}

proptest! {
    #[test]
    fn compiling_never_panics(text in any::<String>()) {
        if let Err(error) = JsonPath::compile(&text) {
            prop_assert!(error.offset <= text.len(), "{:?}", error);
        }
    }

    #[test]
    fn evaluation_never_panics(text in likely_expression(), document in any_json()) {
        match JsonPath::compile(&text) {
            Err(error) => prop_assert!(error.offset <= text.len(), "{:?}", error),
            Ok(path) => {
                let found = path.find(&document);
                match &found {
                    Found::One(_) => prop_assert!(path.is_definite()),
                    Found::Many(_) => prop_assert!(!path.is_definite()),
                    Found::Missing | Found::Failed(_) => {}
                }
                if path.never_matches().is_some() {
                    prop_assert!(!found.is_match(), "{}", text);
                }
                let _ = path.locate(&document);
            }
        }
    }

    #[test]
    fn a_place_is_found_again_by_its_path(document in any_json()) {
        for location in JsonPath::compile("$..*").unwrap().locate(&document) {
            let mut copy = document.clone();
            let expected = get_mut(&mut copy, &location).map(|value| value.clone());
            let path = JsonPath::compile(&location.to_string()).unwrap();
            prop_assert!(path.is_definite());
            let found = path.find(&document);
            prop_assert_eq!(found.value(), expected.as_ref(), "{}", location);
        }
    }
}
