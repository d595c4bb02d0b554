//! By what requests are told apart: `header:Authorization`, `ip`, `jwt:sub`.

use crate::{codec::jsonpath::JsonPath, format::suggest, model::LimitKey};

/// The forms, for messages.
const FORMS: [&str; 10] = [
    "header:NAME",
    "credential",
    "ip",
    "path:N",
    "query:NAME",
    "jwt:CLAIM",
    "body:$.PATH",
    "endpoint",
    "route",
    "constant:TEXT",
];

/// Reads one key.
///
/// # Errors
///
/// What is wrong, and what to do about it.
pub(super) fn parse(text: &str) -> Result<LimitKey, (String, String)> {
    let (kind, value) = match text.split_once(':') {
        Some((kind, value)) => (kind.trim(), Some(value.trim()).filter(|value| !value.is_empty())),
        None => (text.trim(), None),
    };
    match (kind, value) {
        ("credential", None) => Ok(LimitKey::Credential),
        ("ip", None) => Ok(LimitKey::ClientIp),
        ("endpoint", None) => Ok(LimitKey::Endpoint),
        ("route", None) => Ok(LimitKey::Route),
        ("header", Some(name)) => Ok(LimitKey::Header(name.to_owned())),
        ("query", Some(name)) => Ok(LimitKey::Query(name.to_owned())),
        ("jwt", Some(claim)) => Ok(LimitKey::JwtClaim(claim.to_owned())),
        ("constant", Some(value)) => Ok(LimitKey::Constant(value.to_owned())),
        ("path", Some(number)) => number.parse().map(LimitKey::PathSegment).map_err(|_| {
            (
                format!("`{text}` must name a segment of the path by its number"),
                "the first segment is `path:0`".to_owned(),
            )
        }),
        ("body", Some(path)) => json_path(path)
            .map(LimitKey::BodyField)
            .map_err(|message| (message, "write a JSONPath: `body:$.channel`".to_owned())),
        _ => {
            let kinds = FORMS.iter().map(|form| form.split(':').next().unwrap_or(form));
            let meant = suggest::nearest(kind, kinds.clone());
            let form = kinds.zip(FORMS).find(|(known, _)| Some(*known) == meant);
            let hint = match form {
                Some((known, form)) if known == kind => format!("write `{form}`"),
                Some((_, form)) => format!("did you mean `{form}`?"),
                None => format!("one of {}", FORMS.map(|form| format!("`{form}`")).join(", ")),
            };
            Err((format!("`key` cannot be `{text}`"), hint))
        }
    }
}

/// Writes a key as [`parse`] reads it.
pub(super) fn write(key: &LimitKey) -> String {
    match key {
        LimitKey::Header(name) => format!("header:{name}"),
        LimitKey::Credential => "credential".to_owned(),
        LimitKey::ClientIp => "ip".to_owned(),
        LimitKey::PathSegment(number) => format!("path:{number}"),
        LimitKey::Query(name) => format!("query:{name}"),
        LimitKey::JwtClaim(claim) => format!("jwt:{claim}"),
        LimitKey::BodyField(path) => format!("body:{path}"),
        LimitKey::Endpoint => "endpoint".to_owned(),
        LimitKey::Route => "route".to_owned(),
        LimitKey::Constant(value) => format!("constant:{value}"),
    }
}

/// A JSONPath that compiles.
pub(super) fn json_path(text: &str) -> Result<String, String> {
    match JsonPath::compile(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("`{text}` is not a JSONPath: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        for text in [
            "header:Authorization",
            "credential",
            "ip",
            "path:2",
            "query:api_key",
            "jwt:sub",
            "body:$.channel",
            "endpoint",
            "route",
            "constant:all",
        ] {
            assert_eq!(parse(text).as_ref().map(write), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_mistake_has_a_hint() {
        for (text, hint) in [
            ("heder:X", "did you mean `header:NAME`?"),
            ("header", "write `header:NAME`"),
            ("path:first", "the first segment is `path:0`"),
            ("body:$[", "write a JSONPath: `body:$.channel`"),
        ] {
            assert_eq!(parse(text).unwrap_err().1, hint);
        }
        assert!(parse("zzzzzzzz").unwrap_err().1.starts_with("one of `header:NAME`, "));
    }
}
