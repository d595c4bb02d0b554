//! XML and XPath against what the reference server does (WireMock 3.13.2, asked row by row), and
//! against texts that want to be too much.

use proptest::prelude::*;
use serde_json::Value;

use super::{Document, XPath, XPathResult, compact, pretty};

#[test]
fn documents_are_printed_as_the_reference_server_prints_them() {
    for line in include_str!("../../../tests/data/xml/format.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let document = Document::parse(row[1].as_str().unwrap());
        let printed = document.and_then(|document| {
            if row[0] == "pretty" { pretty(&document) } else { compact(&document) }
        });
        assert_eq!(printed.ok().as_deref(), row[2].as_str(), "{line}");
    }
}

#[test]
fn expressions_find_what_the_reference_server_finds() {
    for line in include_str!("../../../tests/data/xml/xpath.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let namespaces: Vec<(String, String)> = row[1]
            .as_object()
            .unwrap()
            .iter()
            .map(|(prefix, uri)| (prefix.clone(), uri.as_str().unwrap().to_owned()))
            .collect();
        let found = found(row[0].as_str().unwrap(), &namespaces, row[2].as_str().unwrap());
        let expected = row[3].as_array().map(|all| {
            all.iter().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        });
        assert_eq!(found, expected, "{line}");
    }
}

fn found(expression: &str, namespaces: &[(String, String)], text: &str) -> Option<Vec<String>> {
    let expression = XPath::compile(expression, namespaces).ok()?;
    let document = Document::parse(text).ok()?;
    let found = expression.evaluate(&document).ok()?;
    found.shown().ok()
}

#[track_caller]
fn is_refused(text: &str, why: &str) {
    let error = Document::parse(text).unwrap_err();
    assert!(error.message.contains(why), "{error}");
}

#[test]
fn texts_that_want_to_be_too_much_are_refused() {
    let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><l>&b;</l>";
    is_refused(laughs, "entities are not read");
    let external = "<!DOCTYPE l [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><l>&a;</l>";
    is_refused(external, "entities are not read");
    is_refused("<!DOCTYPE l [<!ENTITY % a \"b\"> %a;]><l/>", "entities are not read");
    is_refused("<l>&a;</l>", "`&a;` is not defined");
    is_refused(&"<a>".repeat(100_000), "1000 deep");
    let many: String = (0..20_000).map(|i| format!(" a{i}=''")).collect();
    is_refused(&format!("<a{many}/>"), "10000 attributes");
    is_refused(&format!("<a>{}</a>", "<b/>".repeat(600_000)), "500000 nodes");
}

#[test]
fn the_place_of_a_mistake_is_told() {
    let error = Document::parse("<a>\n  <b></c>\n</a>").unwrap_err();
    assert_eq!((error.line, error.column, error.offset), (2, 6, 9));
    assert_eq!(error.to_string(), "expected `</b>` (line 2, column 6)");
}

#[test]
fn a_document_at_the_limit_of_depth_is_read_printed_and_searched() {
    let text = format!("{}x{}", "<a>".repeat(1_000), "</a>".repeat(1_000));
    let document = Document::parse(&text).unwrap();
    assert_eq!(compact(&document).unwrap(), text);
    assert!(pretty(&document).unwrap().len() > 1_000_000);
    let all = XPath::compile("//*", &[]).unwrap();
    // Each of them shown would be a gigabyte.
    assert!(all.evaluate(&document).unwrap().shown().is_err());
    assert_eq!(document.stripped().n_nodes(), document.n_nodes());
}

#[test]
fn searches_end_however_they_are_asked() {
    let document = Document::parse(&format!("<a>{}</a>", "<b><c/></b>".repeat(2_500))).unwrap();
    for text in
        ["//*//*//*//*", "//*[count(//*[count(//*) > 1]) > 1]", "//*[following::*[preceding::*]]"]
    {
        let expression = XPath::compile(text, &[]).unwrap();
        // Found or refused: that it ends is the point.
        let _ = expression.evaluate(&document);
    }
    let long = XPath::compile(&["1"; 8_000].join("+"), &[]).unwrap();
    assert!(matches!(long.evaluate(&document), Ok(XPathResult::Number(8_000.0))));
    for deep in ["(".repeat(5_000), "a[".repeat(5_000), "count(".repeat(2_500), "-".repeat(10_000)]
    {
        assert!(XPath::compile(&deep, &[]).is_err());
    }
}

#[test]
fn an_unknown_prefix_is_a_mistake_only_where_prefixes_are_declared() {
    let declared = [("s".to_owned(), "urn:s".to_owned())];
    let error = XPath::compile("/s:a/t:b", &declared).unwrap_err();
    assert_eq!((error.offset, error.message.contains("`t`")), (5, true));
    assert!(XPath::compile("/s:a/xml:b", &declared).is_ok());
    assert!(XPath::compile("/s:a", &[]).unwrap().never_matches().is_some());
}

#[test]
fn expressions_that_find_nothing_are_known() {
    for text in [
        "/@a/b",
        "/text()",
        "//@a/b",
        "//a/text()/b",
        "//@a/@b",
        "/..",
        "/@a",
        "//a[false()]",
        "//a[0]",
        "//a['']",
        "//p:a",
        "//comment()//a",
        "/self::a",
        "//a[@b/c]",
        "//a/text()/b | //a[0]",
        "(//a[0])[1]",
        "//@text()",
        "id('x')",
        "//a[@b and text()/c]",
    ] {
        let Ok(expression) = XPath::compile(text, &[]) else { panic!("{text}") };
        assert!(expression.never_matches().is_some(), "{text}");
        let document = "<a b='1' c='2'>t<a>u<b c='3'/><!--c--></a><?p q?></a>";
        assert_eq!(found(text, &[], document), Some(vec![]), "{text}");
    }
    for text in [
        "/a",
        "//@a",
        "//@a/..",
        "//a/text()",
        "//text()/..",
        "//a[1]",
        "//a | //b[0]",
        "false()",
        "count(//a)",
        "//a[not(b)]",
        "//@a[.='1']",
        "//a[1.5]",
        "/",
        "//.",
        "//a[@b or text()/c]",
    ] {
        assert_eq!(XPath::compile(text, &[]).unwrap().never_matches(), None, "{text}");
    }
    assert!(XPath::compile("false()", &[]).unwrap().always_matches().is_some());
    assert!(XPath::compile("//a", &[]).unwrap().always_matches().is_none());
}

#[test]
fn results_show_names_texts_and_attributes() {
    let document = Document::parse("<o><t id='a'>1<u/></t></o>").unwrap();
    let expression = XPath::compile("//t", &[]).unwrap();
    let Ok(XPathResult::Nodes(nodes)) = expression.evaluate(&document) else { panic!() };
    assert_eq!((nodes[0].name(), nodes[0].text()), ("t", "1"));
    assert_eq!(nodes[0].attributes(), [("id", "a")]);
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in "[<>/a-c!\\[\\]?&;#x1 ='\"\\-:DOCTYPEN\n]{0,60}") {
        if let Ok(document) = Document::parse(&text) {
            let printed = compact(&document);
            prop_assert!(printed.is_err() || Document::parse(&printed.unwrap()).is_ok());
            prop_assert!(document.stripped().n_nodes() <= document.n_nodes());
        }
    }

    #[test]
    fn no_expression_makes_the_evaluator_panic(
        text in "(/|//|a|b|@|\\*|\\.|\\.\\.|\\[|\\]|\\(|\\)|text\\(\\)|count|position\\(\\)|1|=|<|and |-|\\||'x'|,|substring|:){0,12}"
    ) {
        let document = Document::parse("<a b='1'>x<b>y</b><a/></a>").unwrap();
        if let Ok(expression) = XPath::compile(&text, &[]) {
            let found = expression.evaluate(&document);
            if expression.never_matches().is_some() {
                prop_assert!(found.unwrap().is_empty());
            }
        }
    }
}
