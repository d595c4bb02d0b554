//! YAML gives the same values as JSON, with their places; what JSON cannot say is a mistake.

use proptest::prelude::*;

use super::*;
use crate::{codec::json, model::Json};

#[track_caller]
fn check(yaml: &str, expect: &str) {
    let (nodes, mistakes) = parse_spanned(yaml);
    assert_eq!(mistakes, [], "{yaml}");
    let values: Vec<Json> = nodes.into_iter().map(Node::into_json).collect();
    assert_eq!(Json::Array(values), json::parse(&format!("[{expect}]")).unwrap(), "{yaml}");
}

#[track_caller]
fn refused(yaml: &str, at: &str, message: &str) {
    let (_, mistakes) = parse_spanned(yaml);
    let told: Vec<_> =
        mistakes.iter().map(|m| (&yaml[m.span.clone()], m.message.as_str())).collect();
    assert_eq!(told, [(at, message)], "{yaml}");
}

#[test]
fn scalars_are_what_the_core_schema_says() {
    check(
        "a: 1.50\nb: \"1\"\nc: yes\nd: ~\ne:\nf: !!str 5\n",
        r#"{"a":1.50,"b":"1","c":"yes","d":null,"e":null,"f":"5"}"#,
    );
    check("b: !!binary |\n  aGVs\n  bG8=\n", r#"{"b":"aGVsbG8="}"#);
    check("200: ok\ntrue: x\n", r#"{"200":"ok","true":"x"}"#);
    check("a: |\n  x\n  y\nb: >-\n  x\n  y\n", r#"{"a":"x\ny\n","b":"x y"}"#);
}

#[test]
fn json_is_yaml() {
    check("{\"a\": [1,\t2.0], \"b\\u00e9\": \"\\ud83d\\ude00\\/\"}", r#"{"a":[1,2.0],"bé":"😀/"}"#);
}

#[test]
fn a_text_may_hold_several_documents() {
    check("---\na: 1\n---\n- 2\n...\n", r#"{"a":1},[2]"#);
    check("# nothing\n", "");
}

#[test]
fn aliases_and_merges_give_what_they_stand_for() {
    check(
        "a: &x {b: 1}\nc: *x\nd: &s text\n*s : 1\n",
        r#"{"a":{"b":1},"c":{"b":1},"d":"text","text":1}"#,
    );
    check(
        "base: &x {a: 1, b: 2}\nmore:\n  b: 3\n  <<: *x\n  c: 4\n",
        r#"{"base":{"a":1,"b":2},"more":{"b":3,"c":4,"a":1}}"#,
    );
}

#[test]
fn what_json_cannot_say_is_refused_at_its_place() {
    refused("a: 1\nb: 2\na: 3\n", "a", "`a` is given twice");
    refused("a: .nan\n", ".nan", "JSON has no number `.nan`");
    refused("a: 007\n", "007", "`007` is read as another number by older YAML");
    refused("? [a]\n: 1\n", "[", "a key must be a text, found a list or an object");
    refused("~: 1\n", "~", "a key must be a text, found nothing");
    refused("a: !thing 1\n", "1", "the tag `!thing` has no meaning here");
    refused("a: !!int x\n", "x", "`x` is no `!!int`");
    refused("a: &x [*x]\n", "*x", "an alias inside of what it stands for");
}

#[test]
fn a_mistake_of_the_syntax_is_placed() {
    let (_, mistakes) = parse_spanned("a: [1, 2\nb: 3\n");
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    let (_, mistakes) = parse_spanned("a:\n\tb: 1\n");
    assert_eq!(mistakes[0].hint.as_deref(), Some("indent with spaces"), "{mistakes:?}");
}

#[test]
fn a_billion_laughs_are_refused() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for n in 1..12 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
        text.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
    }
    let (_, mistakes) = parse_spanned(&text);
    assert!(mistakes[0].message.starts_with("aliases stand for more"), "{mistakes:?}");
    let deep = "[".repeat(200);
    assert!(!parse_spanned(&deep).1.is_empty());
    assert!(!parse_spanned(&"- ".repeat(100_000)).1.is_empty());
}

#[test]
fn values_and_names_know_their_places() {
    let text = "a:\n  - x\n  - \"y\" # c\n\nb: |\n  long\n  text\n\nc: {d: 1}\n# end\n";
    let (nodes, _) = parse_spanned(text);
    let NodeValue::Object(members) = &nodes[0].value else { panic!("no object") };
    let told: Vec<_> = members
        .iter()
        .map(|m| (&text[m.name_start..m.name_end], &text[m.value.start..m.value.end]))
        .collect();
    assert_eq!(told, [("a", "- x\n  - \"y\""), ("b", "|\n  long\n  text"), ("c", "{d: 1}")]);
}

proptest! {
    #[test]
    fn reading_never_panics_and_points_into_the_text(text in "[a-c0 \\-:?#&*!|>'\"\\[\\]{},\n\t%@~<.]{0,60}") {
        let (nodes, mistakes) = parse_spanned(&text);
        for mistake in mistakes {
            prop_assert!(text.get(mistake.span.clone()).is_some(), "{:?}", mistake);
        }
        let mut all: Vec<&Node> = nodes.iter().collect();
        while let Some(node) = all.pop() {
            prop_assert!(text.get(node.start..node.end).is_some(), "{:?}", node);
            match &node.value {
                NodeValue::Array(items) => all.extend(items),
                NodeValue::Object(members) => all.extend(members.iter().map(|member| &member.value)),
                _ => {}
            }
        }
    }
}
