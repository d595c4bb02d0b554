//! A line with an expression, then a document: compiles or says where not, evaluates without
//! panic, and a located value is found again by its own path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringer::codec::{json, jsonpath::JsonPath};

fuzz_target!(|text: &str| {
    let (expression, document) = text.split_once('\n').unwrap_or((text, "null"));
    let path = match JsonPath::compile(expression) {
        Ok(path) => path,
        Err(error) => {
            assert!(error.offset <= expression.len());
            return;
        }
    };
    let Ok(document) = json::parse(document) else { return };
    let found = path.find(&document);
    assert!(path.never_matches().is_none() || !found.is_match());
    for location in path.locate(&document).into_iter().take(16) {
        if let Ok(path) = JsonPath::compile(&location.to_string()) {
            assert!(
                path.find(&document).value().is_some() || document == ringer::model::Json::Null
            );
        }
    }
});
