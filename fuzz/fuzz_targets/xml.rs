//! A document, an expected document and an XPath expression, one a line from the end: all are read
//! or refused, searched and compared without a panic, and a document equals itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringer::{
    codec::xml::{Document, XPath, compact, pretty},
    matching::xml::XmlMatcher,
    model::XmlPattern,
};

fuzz_target!(|text: &str| {
    let mut parts = text.rsplitn(3, '\n');
    let expression = parts.next().unwrap_or_default();
    let expected = parts.next().unwrap_or_default();
    let actual = parts.next().unwrap_or_default();
    let document = Document::parse(actual);
    if let Ok(document) = &document {
        if let Ok(written) = compact(document) {
            assert!(Document::parse(&written).is_ok());
        }
        let _ = pretty(document);
        if let Ok(path) = XPath::compile(expression, &[]) {
            let never = path.never_matches();
            if let Ok(found) = path.evaluate(document) {
                assert!(never.is_none() || found.is_empty());
                let _ = found.shown();
            }
        }
    }
    for placeholders in [false, true] {
        for expected in [expected, actual] {
            let pattern = XmlPattern {
                expected: expected.to_owned(),
                placeholders,
                ..XmlPattern::default()
            };
            let Ok(matcher) = XmlMatcher::compile(&pattern) else { continue };
            let is_match = matcher.is_match(actual);
            assert_eq!(is_match, matcher.explain(actual).is_none());
            assert!((0.0..=1.0).contains(&matcher.distance(actual)));
            assert!(placeholders || expected != actual || is_match);
        }
    }
});
