//! Every route is described whole, and descriptions agree with themselves.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::{
    document::{Surroundings, document},
    parts::PARTS,
};
use crate::{
    admin::router::described,
    codec::{json::to_serde, yaml},
};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

fn whole() -> Value {
    made(Surroundings { schemes: &["basic"], is_wiremock: true })
}

fn made(surroundings: Surroundings<'_>) -> Value {
    to_serde(&document("/__admin", described(), surroundings)).unwrap()
}

/// `METHOD /path` of every operation, and the operation.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((format!("{} {path}", method.to_uppercase()), operation.clone()));
        }
    }
    all
}

fn at<'v>(document: &'v Value, reference: &str) -> Option<&'v Value> {
    document.pointer(reference.strip_prefix('#')?)
}

/// The value itself, or what it refers to.
fn resolved<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    match value["$ref"].as_str() {
        Some(reference) => at(document, reference).unwrap_or(&Value::Null),
        None => value,
    }
}

#[test]
fn files_of_descriptions_are_read_whole() {
    for (name, text) in PARTS {
        let (documents, mistakes) = yaml::parse_spanned(text);
        assert_eq!((documents.len(), mistakes.as_slice()), (1, [].as_slice()), "{name}.yaml");
        let value = to_serde(&documents[0].clone().into_json()).unwrap();
        let known = ["tag", "description", "operations", "components"];
        for member in value.as_object().unwrap().keys() {
            assert!(known.contains(&member.as_str()), "{name}.yaml: `{member}` is not expected");
        }
    }
}

#[test]
fn what_is_described_is_a_route_once() {
    let routes: HashSet<String> =
        described().map(|route| format!("{} {}", route.method, route.path)).collect();
    let mut seen = HashSet::new();
    for (name, text) in PARTS {
        for (key, _) in super::parts::read(text).operations {
            assert!(routes.contains(&key), "{name}.yaml: `{key}` is not in the table of routes");
            assert!(seen.insert(key.clone()), "{name}.yaml: `{key}` is described before");
        }
    }
}

#[test]
fn components_have_one_meaning() {
    let mut seen = HashSet::new();
    for (name, text) in PARTS {
        for (kind, named) in super::parts::read(text).components {
            for component in to_serde(&named).unwrap().as_object().unwrap().keys() {
                assert!(seen.insert(format!("{kind}/{component}")), "{name}.yaml: `{component}`");
            }
        }
    }
}

/// What is missing of the descriptions of routes, a line each.
fn missing(document: &Value) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    let mut ids = HashSet::new();
    for (name, operation) in operations(document) {
        let mut lacks = |what: &str| {
            missing.insert(format!("{name}: {what}"));
        };
        let Some(id) = operation["operationId"].as_str() else {
            lacks("has no description in `src/admin/openapi`");
            continue;
        };
        if !ids.insert(id.to_owned()) {
            lacks("its `operationId` is that of another");
        }
        let responses = operation["responses"].as_object().unwrap();
        if !responses.keys().any(|status| status.starts_with(['2', '3'])) {
            lacks("no status of a success is described");
        }
        for (status, response) in responses {
            let response = resolved(document, response);
            if response["description"].as_str().is_none_or(str::is_empty) {
                lacks(&format!("its status {status} has no description"));
            }
            for (media, content) in response["content"].as_object().into_iter().flatten() {
                if content["schema"].is_null() {
                    lacks(&format!("its status {status} has no schema of {media}"));
                }
            }
        }
        let parameters = operation["parameters"].as_array().unwrap();
        let parameters: Vec<_> = parameters.iter().map(|it| resolved(document, it)).collect();
        for parameter in &parameters {
            if parameter["schema"].is_null() {
                lacks(&format!("its parameter {} has no schema", parameter["name"]));
            }
            if parameter["in"] == "path" && parameter["example"].is_null() {
                lacks(&format!("its parameter {} has no example", parameter["name"]));
            }
        }
        if let Some((_, rest)) = name.split_once('{') {
            let variable = rest.split('}').next().unwrap();
            if !parameters.iter().any(|it| it["in"] == "path" && it["name"] == variable) {
                lacks(&format!("its parameter `{variable}` is not described"));
            }
        }
        let body = resolved(document, &operation["requestBody"]);
        let has_example =
            |content: &Value| content["examples"].as_object().is_some_and(|it| !it.is_empty());
        if let Some(contents) = body["content"].as_object()
            && !contents.values().any(has_example)
        {
            lacks("its body has no `examples`");
        }
        for (media, content) in body["content"].as_object().into_iter().flatten() {
            if content["schema"].is_null() {
                lacks(&format!("its body has no schema of {media}"));
            }
        }
    }
    missing
}

#[test]
fn every_route_is_described_whole() {
    let missing = missing(&whole());
    assert!(missing.is_empty(), "{}", Vec::from_iter(missing).join("\n"));
}

#[test]
fn every_method_of_a_route_can_be_described() {
    for route in described() {
        assert!(METHODS.contains(&route.method), "{} {}", route.method, route.path);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(document, item)),
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    assert!(at(document, reference).is_some(), "{reference}");
                }
                members.values().for_each(|value| walk(document, value));
            }
            _ => {}
        }
    }
    let document = whole();
    walk(&document, &document);
}

#[test]
fn credentials_are_asked_for_where_they_are_configured() {
    assert_eq!(whole()["security"], serde_json::json!([{"basic": []}]));
    assert!(made(Surroundings::default())["security"].is_null());
}
