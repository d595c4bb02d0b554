//! What a key of the stub language holds, as the tables of keys say it.

use crate::model::Json;

/// A key, and what it is for.
pub(super) struct Key {
    /// The key.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) holds: Kind,
    /// What it is for, with units; shown by editors.
    pub(super) says: &'static str,
}

/// A key of a table.
pub(super) const fn key(name: &'static str, holds: Kind, says: &'static str) -> Key {
    Key { name, holds, says }
}

/// What a value may be. `null` is as good as absent everywhere, so that no kind says so.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Any value.
    Anything,
    /// Any object.
    AnyObject,
    /// Base64 of bytes.
    Base64,
    /// `true` or `false`.
    Flag,
    /// `true` or `false`, or either as text.
    FlagOrText,
    /// One definition.
    Is(&'static str),
    /// One of several kinds.
    Either(&'static [Self]),
    /// A list of a kind.
    List(&'static Self),
    /// A list of a kind with so many items at least.
    AtLeast(usize, &'static Self),
    /// An object whose names are free.
    Map(&'static Self),
    /// A number between these.
    Number(i64, i64),
    /// Any number, or a text that is one.
    NumberOrText,
    /// One of these words, in this spelling.
    OneOf(fn() -> Vec<&'static str>),
    /// One of these words, in this or some other spelling.
    Suggested(fn() -> Vec<&'static str>),
    /// A Java regular expression.
    Regex,
    /// A text, or a number or truth value that is taken for its text.
    Scalar,
    /// A status code, as number or text.
    Status,
    /// A text.
    Text,
    /// A UUID.
    Uuid,
    /// A whole number between these.
    Whole(i64, i64),
}

/// No upper bound that anybody meets.
pub(super) const NO_MAX: i64 = i64::MAX;

impl Kind {
    /// As a schema; `null` is allowed besides.
    pub(super) fn schema(self) -> Json {
        let typed = |names: &[&str]| {
            let mut names: Vec<Json> = names.iter().map(|name| Json::from(*name)).collect();
            names.push("null".into());
            ("type", Json::Array(names))
        };
        match self {
            Self::Anything => object([]),
            Self::AnyObject => object([typed(&["object"])]),
            Self::Base64 => object([typed(&["string"]), ("contentEncoding", "base64".into())]),
            Self::Flag => object([typed(&["boolean"])]),
            Self::FlagOrText => words(&[true.into(), false.into(), "true".into(), "false".into()]),
            Self::Is(name) => or_null(vec![reference(name)]),
            Self::Either(kinds) => or_null(kinds.iter().map(|kind| kind.strict()).collect()),
            Self::List(_) | Self::AtLeast(..) | Self::Map(_) => match self.strict() {
                Json::Object(mut members) => {
                    if let Some((_, kind)) = members.first_mut() {
                        *kind = Json::Array(vec![kind.clone(), "null".into()]);
                    }
                    Json::Object(members)
                }
                other => other,
            },
            Self::Number(..) | Self::Whole(..) => match self.strict() {
                Json::Object(mut members) => {
                    if let Some((_, kind)) = members.first_mut() {
                        *kind = Json::Array(vec![kind.clone(), "null".into()]);
                    }
                    Json::Object(members)
                }
                other => other,
            },
            Self::NumberOrText => object([typed(&["number", "string"])]),
            Self::OneOf(list) => words(&list().into_iter().map(Json::from).collect::<Vec<Json>>()),
            Self::Suggested(_) | Self::Status => or_null(vec![self.strict()]),
            Self::Regex => object([typed(&["string"])]),
            Self::Scalar => object([typed(&["string", "number", "boolean"])]),
            Self::Text => object([typed(&["string"])]),
            Self::Uuid => object([typed(&["string"]), ("format", "uuid".into())]),
        }
    }

    /// As a schema that does not allow `null`, for items and alternatives.
    pub(super) fn strict(self) -> Json {
        let of_type = |name: &str| ("type", Json::from(name));
        match self {
            Self::Anything => object([]),
            Self::AnyObject => object([of_type("object")]),
            Self::Base64 => object([of_type("string"), ("contentEncoding", "base64".into())]),
            Self::Flag => object([of_type("boolean")]),
            Self::Is(name) => reference(name),
            Self::Either(kinds) => any_of(kinds.iter().map(|kind| kind.strict()).collect()),
            Self::List(kind) => object([of_type("array"), ("items", kind.strict())]),
            Self::AtLeast(n, kind) => object([
                of_type("array"),
                ("items", kind.strict()),
                ("minItems", (n as u64).into()),
            ]),
            Self::Map(kind) => object([of_type("object"), ("additionalProperties", kind.strict())]),
            Self::Number(min, max) => bounded("number", min, max),
            Self::Whole(min, max) => bounded("integer", min, max),
            Self::OneOf(list) => {
                let list = list().into_iter().map(Json::from).collect();
                object([("enum", Json::Array(list))])
            }
            Self::Suggested(list) => {
                let list = list().into_iter().map(Json::from).collect();
                any_of(vec![object([("enum", Json::Array(list))]), object([of_type("string")])])
            }
            Self::Status => any_of(vec![
                bounded("integer", 100, 999),
                object([("const", 0u64.into())]),
                object([of_type("string"), ("pattern", r"^(0|[1-9][0-9]{2})(\.[0-9]*)?$".into())]),
            ]),
            Self::FlagOrText
            | Self::NumberOrText
            | Self::Regex
            | Self::Scalar
            | Self::Text
            | Self::Uuid => match self.schema() {
                Json::Object(mut members) => {
                    for (_, value) in &mut members {
                        if let Json::Array(names) = value {
                            names.retain(|name| *name != Json::Null && *name != "null".into());
                            if let [only] = names.as_slice() {
                                *value = only.clone();
                            }
                        }
                    }
                    Json::Object(members)
                }
                other => other,
            },
        }
    }
}

/// An object of a schema.
pub(super) fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A reference to a definition.
pub(super) fn reference(name: &str) -> Json {
    object([("$ref", format!("#/$defs/{name}").into())])
}

/// Any of these.
pub(super) fn any_of(schemas: Vec<Json>) -> Json {
    object([("anyOf", Json::Array(schemas))])
}

fn or_null(mut schemas: Vec<Json>) -> Json {
    schemas.push(object([("type", "null".into())]));
    any_of(schemas)
}

fn words(list: &[Json]) -> Json {
    let mut list = list.to_vec();
    list.push(Json::Null);
    object([("enum", Json::Array(list))])
}

fn bounded(kind: &str, min: i64, max: i64) -> Json {
    let mut members: Vec<(String, Json)> = vec![("type".to_owned(), kind.into())];
    if min > i64::MIN {
        members.push(("minimum".to_owned(), Json::Number(min.to_string())));
    }
    if max < NO_MAX {
        members.push(("maximum".to_owned(), Json::Number(max.to_string())));
    }
    Json::Object(members)
}
