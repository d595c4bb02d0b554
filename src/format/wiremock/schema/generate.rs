//! Puts the schema together from the tables of keys.

use super::{
    answer, behavior,
    key::{Key, any_of, object, reference},
    mapping,
    matcher::{OF_BODY, OF_NAME, OF_PATH, TEXT},
    notes, request,
};
use crate::{
    codec::json,
    format::wiremock::{options, source::SCHEMA_KEY},
    model::{Json, JsonStyle},
};

/// The draft that the schema is written in.
pub const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What the schema is known by.
const ID: &str = "https://raw.githubusercontent.com/ringer-proxy/ringer/main/docs/stub.schema.json";

/// A definition: its name, its title, its keys in groups, and the keys that must be there.
pub(super) struct Definition {
    pub(super) name: &'static str,
    title: &'static str,
    pub(super) keys: &'static [&'static [Key]],
    required: &'static [&'static str],
}

const fn definition(
    name: &'static str,
    title: &'static str,
    keys: &'static [&'static [Key]],
    required: &'static [&'static str],
) -> Definition {
    Definition { name, title, keys, required }
}

/// Objects with known keys.
pub(super) const OBJECTS: &[Definition] = &[
    definition("file", "Several mappings", &[mapping::FILE], &["mappings"]),
    definition("mapping", "A stub: which requests, and what they get", &[mapping::MAPPING], &[]),
    definition("request", "Which requests a stub answers", &[request::REQUEST], &[]),
    definition(
        "credentials",
        "User name and password",
        &[request::CREDENTIALS],
        &["username", "password"],
    ),
    definition("methods", "Several methods", &[request::METHODS], &[]),
    definition("part", "A part of a multipart body", &[request::PART], &[]),
    definition("response", "An answer", &[answer::ANSWER, answer::OF_RESPONSE], &[]),
    definition("step", "One of several answers", &[answer::ANSWER, answer::OF_STEP], &[]),
    definition("stepMetadata", "Notes on one of several answers", &[answer::STEP_METADATA], &[]),
    definition("fixedDelay", "Always the same wait", &[answer::FIXED], &["type"]),
    definition("uniformDelay", "Any wait between two", &[answer::UNIFORM], &["type"]),
    definition("logNormalDelay", "Waits as networks have them", &[answer::LOG_NORMAL], &["type"]),
    definition(
        "dribble",
        "A body in pieces",
        &[answer::DRIBBLE],
        &["numberOfChunks", "totalDuration"],
    ),
    definition("listener", "Something that is told of answers", &[mapping::LISTENER], &["name"]),
    definition("action", "Something that is told of answers", &[mapping::ACTION], &["name"]),
    definition("notes", "What the recorder noted", &[notes::STUB_NOTES, notes::ANSWER_NOTES], &[]),
    definition("stubNotes", "What the recorder noted", &[notes::STUB_NOTES], &[]),
    definition("answerNotes", "What the recorder noted", &[notes::ANSWER_NOTES], &[]),
    definition("latency", "A recorded timing", &[notes::LATENCY], &[]),
    definition("interim", "An interim answer", &[notes::INTERIM], &["status"]),
    definition("behavior", "How answers behave", &[behavior::BEHAVIOR], &[]),
    definition(
        "drawnLatency",
        "Latency that is drawn",
        &[behavior::OF_WAIT, behavior::CHUNKS],
        &[],
    ),
    definition("wait", "A wait that is drawn", &[behavior::OF_WAIT], &[]),
    definition(
        "delayRule",
        "A wait, and for which requests",
        &[behavior::SELECTION, behavior::OF_DELAY, behavior::OF_WAIT, behavior::CHUNKS],
        &[],
    ),
    definition(
        "bandwidthRule",
        "How fast bytes go, and of which requests",
        &[behavior::SELECTION, behavior::OF_BANDWIDTH],
        &[],
    ),
    definition(
        "faultRule",
        "What goes wrong, and for which requests",
        &[behavior::SELECTION, behavior::OF_FAULT],
        &[],
    ),
    definition("window", "A stretch of time", &[behavior::WINDOW], &[]),
    definition("stage", "A stage of a schedule", &[behavior::STAGE], &[]),
    definition("jsonStyle", "How JSON is spaced and escaped", &[notes::STYLE], &[]),
];

/// Objects that hold one matcher and its options.
pub(super) const MATCHERS: &[Definition] = &[
    definition("matcher", "What a value must look like", &[TEXT], &[]),
    definition("namedMatcher", "What the values of a name must look like", &[TEXT, OF_NAME], &[]),
    definition("bodyMatcher", "What a body must look like", &[TEXT, OF_BODY], &[]),
    definition("pathMatcher", "A path, and what it must find", &[OF_PATH, TEXT], &["expression"]),
];

/// The schema of a stub file, pretty, with a line feed at the end.
pub fn schema_text() -> String {
    let style = JsonStyle { indent: Some(2), space_after_colon: true, ..JsonStyle::default() };
    let mut text = json::write(&schema(), style);
    text.push('\n');
    text
}

/// The schema of a stub file.
pub fn schema() -> Json {
    let mut definitions: Vec<(String, Json)> = Vec::new();
    for definition in OBJECTS {
        definitions.push((definition.name.to_owned(), Json::Object(closed(definition))));
    }
    for definition in MATCHERS {
        definitions.push((definition.name.to_owned(), matcher(definition)));
    }
    definitions.extend(others().into_iter().map(|(name, value)| (name.to_owned(), value)));
    object([
        ("$schema", DRAFT.into()),
        ("$id", ID.into()),
        ("title", "Stub file of ringer".into()),
        (
            "description",
            "WireMock 3 mappings and ringer's additions to them, in JSON or YAML.".into(),
        ),
        // So that editors speak of one of the forms, and not of all that do not fit.
        ("if", object([("type", "array".into())])),
        ("then", object([("items", reference("mapping"))])),
        (
            "else",
            object([
                ("if", object([("required", strings(&["mappings"]))])),
                ("then", in_file("file")),
                ("else", in_file("mapping")),
            ]),
        ),
        ("$defs", Json::Object(definitions)),
    ])
}

/// An object that may also say which schema it follows.
fn in_file(name: &str) -> Json {
    let keys = OBJECTS.iter().filter(|it| it.name == name).flat_map(|it| it.keys.iter().copied());
    let schema_key = object([
        ("type", "string".into()),
        ("description", "The schema that editors check the file with.".into()),
    ]);
    let mut properties = vec![(SCHEMA_KEY.to_owned(), schema_key)];
    properties.extend(keys.flatten().map(|key| {
        let of_key = format!("#/$defs/{name}/properties/{}", key.name);
        (key.name.to_owned(), object([("$ref", of_key.into())]))
    }));
    object([
        ("type", "object".into()),
        ("properties", Json::Object(properties)),
        ("additionalProperties", false.into()),
    ])
}

fn closed(definition: &Definition) -> Vec<(String, Json)> {
    let properties = definition.keys.iter().copied().flatten().map(|key| {
        let mut value = key.holds.schema();
        value.set("description", key.says.into());
        (key.name.to_owned(), value)
    });
    let mut members = vec![
        ("title".to_owned(), definition.title.into()),
        ("type".to_owned(), "object".into()),
        ("properties".to_owned(), Json::Object(properties.collect())),
    ];
    if !definition.required.is_empty() {
        members.push(("required".to_owned(), strings(definition.required)));
    }
    members.push(("additionalProperties".to_owned(), false.into()));
    members
}

/// One matcher, and options that go with it.
fn matcher(definition: &Definition) -> Json {
    let mut members = closed(definition);
    let mut matchers = Vec::new();
    let mut options = Vec::new();
    for key in definition.keys.iter().copied().flatten() {
        if let Some(with) = options::goes_with(key.name) {
            // Tools write options that ask for nothing beside any matcher.
            let nothing = Json::Array(vec![
                Json::Null,
                false.into(),
                Json::Array(Vec::new()),
                Json::Object(Vec::new()),
            ]);
            let asks_nothing = object([(
                "properties",
                Json::Object(vec![(key.name.to_owned(), object([("enum", nothing)]))]),
            )]);
            let mut allowed: Vec<Json> = with.iter().map(|name| required(name)).collect();
            allowed.push(asks_nothing);
            options.push((key.name.to_owned(), any_of(allowed)));
        } else if key.name != "expression" {
            matchers.push(required(key.name));
        }
    }
    members.push(("oneOf".to_owned(), Json::Array(matchers)));
    members.push(("dependentSchemas".to_owned(), Json::Object(options)));
    Json::Object(members)
}

/// Definitions that are no objects with known keys.
fn others() -> Vec<(&'static str, Json)> {
    vec![
        (
            "method",
            any_of(vec![
                object([(
                    "enum",
                    strings(&[
                        "ANY",
                        "GET",
                        "POST",
                        "PUT",
                        "PATCH",
                        "DELETE",
                        "HEAD",
                        "OPTIONS",
                        "TRACE",
                        "GET_OR_HEAD",
                    ]),
                )]),
                object([
                    ("type", "string".into()),
                    ("pattern", "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$".into()),
                ]),
            ]),
        ),
        (
            "fieldValue",
            any_of(vec![
                object([("type", "string".into())]),
                object([("type", "array".into()), ("items", object([("type", "string".into())]))]),
                object([("type", "null".into())]),
            ]),
        ),
        (
            "delay",
            object([(
                "oneOf",
                Json::Array(vec![
                    reference("fixedDelay"),
                    reference("uniformDelay"),
                    reference("logNormalDelay"),
                ]),
            )]),
        ),
        (
            "metadata",
            object([
                ("title", "Yours to use".into()),
                ("type", "object".into()),
                (
                    "properties",
                    object([("ringer", any_of(vec![reference("notes"), reference("stubNotes")]))]),
                ),
            ]),
        ),
    ]
}

fn required(name: &str) -> Json {
    object([("required", strings(&[name]))])
}

fn strings(texts: &[&str]) -> Json {
    Json::Array(texts.iter().map(|text| Json::from(*text)).collect())
}
