//! `equalToXml` against what the reference server does (WireMock 3.13.2, asked row by row), and
//! what must hold of any comparison.

use proptest::prelude::*;
use serde_json::Value;

use super::XmlMatcher;
use crate::{
    codec::xml::{Document, pretty},
    model::{NamespaceAwareness, XmlComparison, XmlPattern},
};

fn equal_to(expected: &str) -> XmlMatcher {
    XmlMatcher::compile(&XmlPattern { expected: expected.to_owned(), ..XmlPattern::default() })
        .unwrap()
}

fn pattern(given: &Value) -> XmlPattern {
    let text = |key: &str| given[key].as_str().map(str::to_owned);
    let exempted = given["exemptedComparisons"].as_array().into_iter().flatten();
    XmlPattern {
        expected: text("equalToXml").unwrap(),
        placeholders: given["enablePlaceholders"].as_bool(),
        opening: text("placeholderOpeningDelimiterRegex"),
        closing: text("placeholderClosingDelimiterRegex"),
        exempted: exempted
            .map(|name| match name.as_str().unwrap() {
                "ATTR_NAME_LOOKUP" => XmlComparison::AttrName,
                "ATTR_VALUE" => XmlComparison::AttrValue,
                "CHILD_LOOKUP" => XmlComparison::ChildLookup,
                "CHILD_NODELIST_LENGTH" => XmlComparison::ChildNodelistLength,
                "ELEMENT_NUM_ATTRIBUTES" => XmlComparison::ElementNumAttributes,
                "ELEMENT_TAG_NAME" => XmlComparison::ElementTagName,
                "NAMESPACE_URI" => XmlComparison::NamespaceUri,
                "NODE_TYPE" => XmlComparison::NodeType,
                "PROCESSING_INSTRUCTION_DATA" => XmlComparison::ProcessingInstructionData,
                "SCHEMA_LOCATION" => XmlComparison::SchemaLocation,
                "TEXT_VALUE" => XmlComparison::TextValue,
                other => panic!("{other}"),
            })
            .collect(),
        ignore_order_of_same_node: given["ignoreOrderOfSameNode"].as_bool(),
        namespaces: text("namespaceAwareness").map(|name| match name.as_str() {
            "LEGACY" => NamespaceAwareness::Legacy,
            "NONE" => NamespaceAwareness::None,
            _ => NamespaceAwareness::Strict,
        }),
    }
}

#[test]
fn documents_are_equal_and_apart_as_in_the_reference_server() {
    for line in include_str!("../../../tests/data/xml/equal.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        if row[0]["exemptedComparisons"][0] == "BOGUS" {
            continue;
        }
        let matcher = XmlMatcher::compile(&pattern(&row[0]));
        let Some(expected) = row[2].as_array() else {
            assert!(matcher.is_err(), "{line}");
            continue;
        };
        let (matcher, actual) = (matcher.unwrap(), row[1].as_str().unwrap());
        assert_eq!(matcher.is_match(actual), expected[0] == true, "{line}");
        assert_eq!(matcher.explain(actual).is_none(), expected[0] == true, "{line}");
        let distance = matcher.distance(actual) - expected[1].as_f64().unwrap();
        assert!(distance.abs() < 1e-5, "{line} {distance}");
    }
}

#[test]
fn text_beside_elements_is_compared() {
    let matcher = equal_to("<p>one <b>two</b> three</p>");
    assert!(matcher.is_match("<p>one<b> two </b>three</p>"));
    assert!(!matcher.is_match("<p>one <b>two</b> four</p>"));
}

#[test]
fn the_first_difference_is_told_with_its_place() {
    let matcher = equal_to("<o><i k='1'>a</i><i k='2'>b</i></o>");
    for (actual, words) in [
        (
            "<o><i k='1'>a</i><i k='2'>c</i></o>",
            "/o/i[2]/text(): the text should be `b` but is `c`",
        ),
        ("<o><i k='1'>a</i><i k='3'>b</i></o>", "/o/i[2]/@k should be `2` but is `3`"),
        ("<o><i k='1'>a</i></o>", "/o: the number of children should be `2` but is `1`"),
        ("<p/>", "/o: the number of children should be `2` but is `0`"),
        ("<o><i k='1'>a</i><j k='2'>b</j></o>", "/o/i[2]: the name should be `i` but is `j`"),
        ("<o>", "it is no XML: `<o>` is not closed (line 1, column 4)"),
    ] {
        assert_eq!(matcher.explain(actual).as_deref(), Some(words));
    }
}

#[test]
fn large_documents_are_compared_in_little_time() {
    let many = |text: &str| format!("<a>{}</a>", text.repeat(20_000));
    let mut pattern = XmlPattern { expected: many("<i><x>1</x></i>"), ..XmlPattern::default() };
    pattern.ignore_order_of_same_node = Some(true);
    assert!(XmlMatcher::compile(&pattern).unwrap().is_match(&many("<i><x>1</x></i>")));
    let deep = format!("{}{}", "<a>".repeat(1_000), "</a>".repeat(1_000));
    assert!(equal_to(&deep).is_match(&deep));
}

/// An element with attributes and children of different names, in the order of `turn`.
fn document(depth: u32) -> impl Strategy<Value = Vec<Part>> {
    let leaf =
        prop_oneof!["[a-z<&>\" ]{1,6}".prop_map(|text| vec![Part::Text(text)]), Just(vec![]),];
    leaf.prop_recursive(depth, 24, 3, |inner| {
        proptest::collection::vec(
            (proptest::collection::vec("[a-z&<' ]{0,3}", 0..3), inner)
                .prop_map(|(attributes, children)| Part::Element(attributes, children)),
            0..4,
        )
    })
}

#[derive(Clone, Debug)]
enum Part {
    Element(Vec<String>, Vec<Self>),
    Text(String),
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn write(parts: &[Part], reversed: bool) -> String {
    let mut written: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(i, part)| match part {
            Part::Text(text) => escape(text),
            Part::Element(attributes, children) => {
                let mut attributes: Vec<String> = attributes
                    .iter()
                    .enumerate()
                    .map(|(i, value)| format!(" k{i}=\"{}\"", escape(value)))
                    .collect();
                if reversed {
                    attributes.reverse();
                }
                format!("<e{i}{}>{}</e{i}>", attributes.concat(), write(children, reversed))
            }
        })
        .collect();
    if reversed {
        written.reverse();
    }
    written.concat()
}

proptest! {
    #[test]
    fn a_document_equals_itself_printed_or_in_another_order(parts in document(4)) {
        let text = format!("<r>{}</r>", write(&parts, false));
        let matcher = equal_to(&text);
        prop_assert!(matcher.is_match(&text));
        prop_assert_eq!(matcher.distance(&text), 0.0);
        let printed = pretty(&Document::parse(&text).unwrap()).unwrap();
        prop_assert_eq!(matcher.explain(&printed), None);
        prop_assert_eq!(matcher.explain(&format!("<r>{}</r>", write(&parts, true))), None);
    }

    #[test]
    fn a_distance_lies_between_0_and_1(left in document(3), right in document(3)) {
        let text = |parts: &[Part]| format!("<r>{}</r>", write(parts, false));
        let distance = equal_to(&text(&left)).distance(&text(&right));
        prop_assert!((0.0..=1.0).contains(&distance));
    }
}
