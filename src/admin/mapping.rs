//! A stub as WireMock shows it.

use super::json::pretty;
use crate::{
    format::wiremock,
    model::{Json, RequestPattern, Stub},
};

/// So deep may matchers stand in each other.
const MAX_DEPTH: usize = 64;

/// The members that come first, in WireMock's order.
const ORDER: &[&str] = &[
    "id",
    "name",
    "request",
    "response",
    "uuid",
    "persistent",
    "priority",
    "scenarioName",
    "requiredScenarioState",
    "newScenarioState",
];

/// Options of matchers, by which WireMock tells no patterns apart.
const OPTIONS: [&str; 5] = [
    "caseInsensitive",
    "enablePlaceholders",
    "ignoreArrayOrder",
    "ignoreExtraElements",
    "ignoreOrderOfSameNode",
];

/// Whether two patterns are the same to WireMock, which leaves options of matchers out of account.
pub(super) fn is_same(a: &RequestPattern, b: &RequestPattern) -> bool {
    let plain = |request: &RequestPattern| {
        let stub = Stub { request: request.clone(), ..Stub::default() };
        let mut value = wiremock::write_value(&stub);
        drop_options(&mut value, 0);
        value
    };
    a == b || (a.url == b.url && a.method == b.method && plain(a) == plain(b))
}

fn drop_options(value: &mut Json, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Json::Array(items) => {
            for item in items {
                drop_options(item, depth + 1);
            }
        }
        Json::Object(members) => {
            members.retain(|(name, _)| !OPTIONS.contains(&name.as_str()));
            for (_, value) in members {
                drop_options(value, depth + 1);
            }
        }
        _ => {}
    }
}

/// A stub with both names of its id, its method and its status.
pub(super) fn shown(stub: &Stub) -> Json {
    let mut value = wiremock::write_value(stub);
    let mut request = value.remove("request").unwrap_or_else(|| Json::Object(Vec::new()));
    if request.member("method").is_none() {
        request.set("method", "ANY".into());
    }
    spell_out(&mut request, 0);
    value.set("request", request);
    value.set("uuid", stub.id.to_string().into());
    let mut in_order: Vec<(String, Json)> = Vec::new();
    for name in ORDER {
        if let Some(member) = value.remove(name) {
            in_order.push(((*name).to_owned(), member));
        }
    }
    if let Json::Object(rest) = value {
        in_order.extend(rest);
    }
    Json::Object(in_order)
}

/// Writes defaults of matchers out, where WireMock does so.
pub(super) fn spell_out(value: &mut Json, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| spell_out(item, depth + 1)),
        Json::Object(members) => {
            let mut is_schema = false;
            for (name, operand) in members.iter_mut() {
                match name.as_str() {
                    // What is compared as JSON is the user's own.
                    "equalToJson" => {}
                    "matchesJsonSchema" => {
                        is_schema = true;
                        if !matches!(operand, Json::String(_)) {
                            *operand = pretty(operand).into();
                        }
                    }
                    "before" | "after" | "equalToDateTime" if operand.as_str() == Some("now") => {
                        *operand = "now +0 seconds".into();
                    }
                    _ => spell_out(operand, depth + 1),
                }
            }
            if is_schema && !members.iter().any(|(name, _)| name == "schemaVersion") {
                members.push(("schemaVersion".to_owned(), "V202012".into()));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::json,
        model::{BodyPattern, UrlPattern, ValuePattern},
    };

    #[test]
    fn defaults_of_matchers_are_spelled_out() {
        let text = r#"{"headers":{"a":{"after":"now"},"b":{"matchesJsonSchema":{"type":"object"}}},
            "bodyPatterns":[{"equalToJson":{"after":"now"}}]}"#;
        let mut value = json::parse(text).unwrap();
        spell_out(&mut value, 0);
        let expect = r#"{"headers":{"a":{"after":"now +0 seconds"},"b":{
            "matchesJsonSchema":"{\n  \"type\" : \"object\"\n}","schemaVersion":"V202012"}},
            "bodyPatterns":[{"equalToJson":{"after":"now"}}]}"#;
        assert_eq!(value, json::parse(expect).unwrap());
    }

    #[test]
    fn options_of_matchers_make_no_other_pattern() {
        let asking = |url: &str, value: &str, case_insensitive: Option<bool>| RequestPattern {
            url: UrlPattern::Url(url.to_owned()),
            body: vec![BodyPattern::Text(ValuePattern::EqualTo {
                value: value.to_owned(),
                case_insensitive,
            })],
            ..RequestPattern::default()
        };
        let plain = asking("/a", "x", None);
        for flag in [None, Some(false), Some(true)] {
            assert!(is_same(&plain, &asking("/a", "x", flag)), "{flag:?}");
        }
        assert!(!is_same(&plain, &asking("/a", "y", None)));
        assert!(!is_same(&plain, &asking("/b", "x", None)));
    }
}
