//! Puts the document together.

use super::parts::{PARTS, Part, read};
use crate::{admin::json::object, format::wiremock::schema::schema, model::Json};

/// A route, as the table has it.
pub(in crate::admin) struct Described<'r> {
    /// Its method.
    pub(in crate::admin) method: &'r str,
    /// Its path below the prefix; `{…*}` is the rest of a path.
    pub(in crate::admin) path: &'r str,
    /// What it does.
    pub(in crate::admin) summary: &'r str,
}

/// What every call takes.
const TAKEN: &[&str] = &["#/components/parameters/Session"];

/// What every call may be answered.
const ANSWERED: &[(&str, &str)] = &[
    ("400", "#/components/responses/BadRequest"),
    ("401", "#/components/responses/Unauthorized"),
    ("403", "#/components/responses/Forbidden"),
    ("404", "#/components/responses/NoSession"),
    ("408", "#/components/responses/TooSlow"),
    ("413", "#/components/responses/TooLarge"),
    ("429", "#/components/responses/TooMany"),
    ("503", "#/components/responses/Busy"),
];

/// Definitions of the schema of stubs that have a place here, and what they are called with it.
const PLACED: &[(&str, &str)] = &[("behavior", "PlacedBehavior"), ("faultRule", "PlacedFaultRule")];

/// What the document depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::admin) struct Surroundings<'s> {
    /// The ways to prove who calls, of which each call needs one; without any, none is asked for.
    pub(in crate::admin) schemes: &'s [&'s str],
    /// Whether mistakes are answered as WireMock does.
    pub(in crate::admin) is_wiremock: bool,
}

/// The document of these routes below `prefix`.
pub(in crate::admin) fn document<'r>(
    prefix: &str,
    routes: impl Iterator<Item = Described<'r>>,
    surroundings: Surroundings<'_>,
) -> Json {
    let parts: Vec<Part> = PARTS.iter().map(|(_, text)| read(text)).collect();
    let mut paths = Vec::new();
    for route in routes {
        let path = format!("{prefix}{}", route.path.replace("*}", "}"));
        let method = route.method.to_ascii_lowercase();
        let operation = operation(&route, &parts, surroundings.is_wiremock);
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, item)) => Json::set(item, &method, operation),
            None => paths.push((path, object([(method.as_str(), operation)]))),
        }
    }
    let tags = parts.iter().filter(|part| !part.operations.is_empty()).map(|part| {
        object([
            ("name", part.tag.as_str().into()),
            ("description", part.description.as_str().into()),
        ])
    });
    let tags = Json::Array(tags.collect());
    let info = object([
        ("title", "ringer admin API".into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("description", "WireMock's admin API, and what ringer adds to it.".into()),
        ("license", object([("name", env!("CARGO_PKG_LICENSE").into())])),
    ]);
    let mut document = object([
        ("openapi", "3.1.0".into()),
        ("info", info),
        ("servers", Json::Array(vec![object([("url", "/".into())])])),
        ("tags", tags),
        ("paths", Json::Object(paths)),
        ("components", components(parts)),
    ]);
    if !surroundings.schemes.is_empty() {
        let one_of =
            surroundings.schemes.iter().map(|scheme| object([(*scheme, Json::Array(Vec::new()))]));
        document.set("security", Json::Array(one_of.collect()));
    }
    document
}

fn operation(route: &Described<'_>, parts: &[Part], is_wiremock: bool) -> Json {
    let key = format!("{} {}", route.method, route.path);
    let found = parts.iter().find_map(|part| {
        let (_, operation) = part.operations.iter().find(|(known, _)| *known == key)?;
        Some((part, operation))
    });
    let mut operation = object([("summary", route.summary.into())]);
    let mut parameters: Vec<Json> = TAKEN.iter().map(|to| reference(to)).collect();
    let (mut responses, mut of_wiremock) = (Vec::new(), Vec::new());
    if let Some((part, Json::Object(members))) = found {
        operation.set("tags", Json::Array(vec![part.tag.as_str().into()]));
        for (name, value) in members {
            match (name.as_str(), value) {
                ("parameters", Json::Array(own)) => parameters.extend(own.iter().cloned()),
                ("responses", Json::Object(own)) => responses.extend(own.iter().cloned()),
                ("x-wiremock", Json::Object(own)) if is_wiremock => {
                    of_wiremock.clone_from(own);
                }
                ("x-wiremock", _) => {}
                _ => operation.set(name, value.clone()),
            }
        }
    }
    for (status, response) in of_wiremock {
        responses.retain(|(known, _)| *known != status);
        responses.push((status, response));
    }
    for (status, to) in ANSWERED {
        if !responses.iter().any(|(known, _)| known == status) {
            responses.push(((*status).to_owned(), reference(to)));
        }
    }
    operation.set("parameters", Json::Array(parameters));
    operation.set("responses", Json::Object(responses));
    operation
}

/// What all parts refer to, and the schema of stubs.
fn components(parts: Vec<Part>) -> Json {
    let mut components = object([("schemas", definitions())]);
    for (kind, named) in parts.into_iter().flat_map(|part| part.components) {
        let Json::Object(named) = named else { continue };
        if components.member(&kind).is_none() {
            components.set(&kind, Json::Object(Vec::new()));
        }
        let Json::Object(kinds) = &mut components else { continue };
        for (_, known) in kinds.iter_mut().filter(|(known, _)| *known == kind) {
            named.iter().for_each(|(name, value)| known.set(name, value.clone()));
        }
    }
    components
}

/// The definitions of the schema of stub files, as components refer to each other.
fn definitions() -> Json {
    let mut definitions = schema().remove("$defs").unwrap_or(Json::Null);
    relocate(&mut definitions, 0);
    for (name, placed) in PLACED {
        let Some(mut definition) = definitions.member(name).cloned() else { continue };
        if let Some(mut properties) = definition.remove("properties") {
            properties.set("place", reference("#/components/schemas/Place"));
            definition.set("properties", properties);
        }
        definitions.set(placed, definition);
    }
    definitions
}

fn relocate(value: &mut Json, depth: usize) {
    // The schema is ringer's own, and is far from so deep.
    if depth > 128 {
        return;
    }
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| relocate(item, depth + 1)),
        Json::Object(members) => {
            for (name, value) in members {
                match value {
                    Json::String(to) if name == "$ref" => {
                        *to = to.replace("#/$defs/", "#/components/schemas/");
                    }
                    value => relocate(value, depth + 1),
                }
            }
        }
        _ => {}
    }
}

fn reference(to: &str) -> Json {
    object([("$ref", to.into())])
}
