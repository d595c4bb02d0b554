//! `matchesJsonSchema`: whether a body is valid by a JSON Schema.
//!
//! Nothing is fetched: a reference to another document is a mistake when the schema is compiled.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::schema_bounds::{self, Bounds};
use crate::{
    codec::json::{self, to_serde},
    model::Json,
};

/// Steps that a `pattern` may take on one text; past them the text does not fit.
const BACKTRACK_LIMIT: usize = 5_000;
/// Bytes that a compiled `pattern` may take.
const PATTERN_SIZE: usize = 1024 * 1024;
/// How deep the validator may call itself: the depth of the body times the chain of schemas that
/// look at one value. A call takes up to 1.5 KB of the stack without optimisation.
const MAX_CALLS: usize = 600;
/// The stack that compiling a schema may take: up to 20 KB for each schema of a chain.
const COMPILE_STACK: usize = 16 * 1024 * 1024;
/// How much of a violation's text is shown.
const MAX_SHOWN: usize = 300;

/// A version of JSON Schema (`schemaVersion` of WireMock).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Version {
    /// `V4`: draft 4.
    V4,
    /// `V6`: draft 6.
    V6,
    /// `V7`: draft 7.
    V7,
    /// `V201909`: draft 2019-09.
    V201909,
    /// `V202012`: draft 2020-12.
    #[default]
    V202012,
}

impl Version {
    /// The version that WireMock calls by this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "V4" => Self::V4,
            "V6" => Self::V6,
            "V7" => Self::V7,
            "V201909" => Self::V201909,
            "V202012" => Self::V202012,
            _ => return None,
        })
    }

    /// The version that a schema's own `$schema` names.
    fn of_uri(uri: &str) -> Option<Self> {
        let uri = uri.trim_end_matches('#');
        let path = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"))?;
        Some(match path.strip_prefix("json-schema.org/")? {
            "draft-04/schema" => Self::V4,
            "draft-06/schema" => Self::V6,
            "draft-07/schema" => Self::V7,
            "draft/2019-09/schema" => Self::V201909,
            "draft/2020-12/schema" => Self::V202012,
            _ => return None,
        })
    }

    fn draft(self) -> Draft {
        match self {
            Self::V4 => Draft::Draft4,
            Self::V6 => Draft::Draft6,
            Self::V7 => Draft::Draft7,
            Self::V201909 => Draft::Draft201909,
            Self::V202012 => Draft::Draft202012,
        }
    }
}

/// A compiled schema.
#[derive(Clone, Debug)]
pub struct SchemaMatcher {
    validator: Validator,
    bounds: Bounds,
}

impl SchemaMatcher {
    /// Compiles a schema; a `$schema` in it says more than `version`, as in WireMock.
    ///
    /// # Errors
    ///
    /// The place in the schema (a JSON pointer) and what is wrong there.
    pub fn compile(schema: &Json, version: Version) -> Result<Self, (String, String)> {
        let whole = |message: String| (String::new(), message);
        let mut value = to_serde(schema)
            .ok_or_else(|| whole(format!("nested deeper than {} levels", json::MAX_DEPTH)))?;
        allow_null(&mut value);
        let version = match value.get("$schema") {
            Some(Value::String(uri)) => Version::of_uri(uri).ok_or_else(|| {
                let known = "draft-04, draft-06, draft-07, draft/2019-09 and draft/2020-12";
                let message = format!("unknown `$schema` `{uri}`; known are {known}");
                ("/$schema".to_owned(), message)
            })?,
            _ => version,
        };
        let bounds = schema_bounds::measure(&value).map_err(whole)?;
        let validator = build(&value, version)?;
        Ok(Self { validator, bounds })
    }

    /// Whether the body is valid: as JSON, or, when it is a number, boolean, null or no JSON at
    /// all, as a text (`5` satisfies `{"type":"string"}`). `parsed` is `text` read as JSON.
    pub fn is_match(&self, text: &str, parsed: Option<&Json>) -> bool {
        let is_valid = |value: &Value| self.is_shallow(value) && self.validator.is_valid(value);
        let Some(json) = parsed else { return is_valid(&Value::String(text.to_owned())) };
        let Some(value) = to_serde(json) else { return false };
        is_valid(&value) || (is_scalar(json) && is_valid(&Value::String(text.to_owned())))
    }

    /// The first violation, with its place in the body; `None` when it is valid.
    pub fn explain(&self, text: &str, parsed: Option<&Json>) -> Option<String> {
        if self.is_match(text, parsed) {
            return None;
        }
        let value = match parsed {
            None => Some(Value::String(text.to_owned())),
            Some(json) => to_serde(json),
        };
        let Some(value) = value.filter(|value| self.is_shallow(value)) else {
            return Some("the body is nested too deep for this schema".to_owned());
        };
        let error = self.validator.validate(&value).err()?;
        let place = match error.instance_path().as_str() {
            "" => "the body".to_owned(),
            pointer => format!("`{pointer}`"),
        };
        Some(format!("{place}: {}", shortened(&error.to_string())))
    }

    fn is_shallow(&self, value: &Value) -> bool {
        let is_shallow = depth(value).saturating_mul(self.bounds.in_place) <= MAX_CALLS;
        if !is_shallow {
            tracing::warn!("a body is nested too deep for the schema that it is matched with");
        }
        is_shallow
    }
}

/// Builds the validator on a stack of its own; stubs may be compiled by threads with little left.
fn build(schema: &Value, version: Version) -> Result<Validator, (String, String)> {
    let patterns = PatternOptions::fancy_regex()
        .backtrack_limit(BACKTRACK_LIMIT)
        .size_limit(PATTERN_SIZE)
        .dfa_size_limit(PATTERN_SIZE);
    let build = || {
        jsonschema::options()
            .offline()
            .with_draft(version.draft())
            .with_pattern_options(patterns)
            .build(schema)
            .map_err(|error| {
                let pointer = error.instance_path().as_str().to_owned();
                (pointer, mistake(&error.to_string(), schema))
            })
    };
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().stack_size(COMPILE_STACK).spawn_scoped(scope, build);
        let failed = |what: &str| (String::new(), format!("the schema was not compiled: {what}"));
        thread
            .map_err(|error| failed(&error.to_string()))?
            .join()
            .map_err(|_| failed("the validator panicked; simplify it"))?
    })
}

fn is_scalar(json: &Json) -> bool {
    matches!(json, Json::Null | Json::Bool(_) | Json::Number(_))
}

/// How deep a value is nested: 1 for a scalar. It comes from [`to_serde`], which bounds it.
fn depth(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// `nullable: true`, which WireMock's validator takes over from OpenAPI, as a further type.
fn allow_null(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(allow_null),
        Value::Object(members) => {
            if members.get("nullable") == Some(&Value::Bool(true)) {
                let null = Value::String("null".to_owned());
                match members.get_mut("type") {
                    Some(Value::Array(types)) if !types.contains(&null) => types.push(null),
                    Some(name @ Value::String(_)) if *name != null => {
                        *name = Value::Array(vec![name.take(), null]);
                    }
                    _ => {}
                }
            }
            for (keyword, value) in members {
                if !matches!(keyword.as_str(), "const" | "enum" | "default" | "examples") {
                    allow_null(value);
                }
            }
        }
        _ => {}
    }
}

fn mistake(message: &str, schema: &Value) -> String {
    if message.contains("is not present in a registry") {
        let what = message.split('\'').nth(1).unwrap_or_default();
        return format!(
            "`{what}` is another document, and none is fetched; copy it into `{}` and refer to it there",
            if schema.get("definitions").is_some() { "definitions" } else { "$defs" }
        );
    }
    shortened(message)
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
