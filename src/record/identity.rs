//! Names that are stable functions of a request: keys of the tables, ids, file names.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::model::{
    BodyPattern, Json, JsonPattern, MethodPattern, PatternExtras, RequestPattern, ServiceName,
    StubId, UrlPattern, ValuePattern,
};

/// Requests with the same key are told apart by headers at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key([u8; 32]);

/// The namespace of the ids of recorded stubs (RFC 9562 §5.5); changing it changes every id.
const NAMESPACE: Uuid = Uuid::from_u128(0x3f1c_5d3e_7a0b_5c2d_9e41_6b8a_d0f2_7c55);

/// A file name's stem is cut at this length.
const MAX_SLUG: usize = 80;

/// A stub's name is cut at this length.
const MAX_NAME: usize = 200;

/// The key of a pattern, its headers left out.
pub(super) fn key_of(pattern: &RequestPattern) -> Key {
    // Ids are made from this text: it must not change from version to version.
    let mut text = String::new();
    match &pattern.method {
        MethodPattern::Any => text.push_str("any"),
        MethodPattern::GetOrHead => text.push_str("get or head"),
        MethodPattern::Is(method) => field(&mut text, "is", method),
        sets => field(&mut text, "set", &sets.describe()),
    }
    match &pattern.url {
        UrlPattern::Any => text.push_str("any"),
        UrlPattern::Url(url) => field(&mut text, "url", url),
        UrlPattern::UrlPath(path) => field(&mut text, "path", path),
        UrlPattern::UrlPattern(regex) => field(&mut text, "url regex", regex),
        UrlPattern::UrlPathPattern(regex) => field(&mut text, "path regex", regex),
        UrlPattern::UrlPathTemplate(template) => field(&mut text, "template", template),
    }
    for (what, values) in [
        ("query", &pattern.query),
        ("cookie", &pattern.extras.cookies),
        ("form", &pattern.extras.form),
    ] {
        for (name, value) in values {
            field(&mut text, what, name);
            value_text(&mut text, value);
        }
    }
    if let Some((user, password)) = &pattern.extras.basic_auth {
        field(&mut text, "user", user);
        field(&mut text, "password", password);
    }
    // Requests without body are the same ones whether a stub says so or has no need to.
    for body in pattern.body.iter().filter(|body| !is_absent(body)) {
        body_text(&mut text, body);
    }
    for part in &pattern.extras.multipart {
        field(&mut text, "part", if part.all_parts { "all" } else { "any" });
        for (name, value) in &part.headers {
            field(&mut text, "header", &name.to_ascii_lowercase());
            value_text(&mut text, value);
        }
        for body in &part.body {
            body_text(&mut text, body);
        }
    }
    Key(Sha256::digest(text).into())
}

/// The key of the same request without body.
pub(super) fn bare_key_of(pattern: &RequestPattern) -> Key {
    let bare = RequestPattern {
        extras: PatternExtras { multipart: Vec::new(), ..(*pattern.extras).clone() }.into(),
        body: Vec::new(),
        ..pattern.clone()
    };
    key_of(&bare)
}

/// Whether a pattern demands that there be no body.
pub(super) fn is_absent(body: &BodyPattern) -> bool {
    *body == BodyPattern::Text(ValuePattern::Absent)
}

/// The id of the stub that is made for `conditions` under a key; `nth` tells apart what would be the
/// same otherwise.
pub(super) fn id_of(service: &ServiceName, key: Key, conditions: &str, nth: usize) -> StubId {
    let mut text = String::new();
    field(&mut text, "service", service.as_str());
    field(&mut text, "key", &STANDARD.encode(key.0));
    field(&mut text, "conditions", conditions);
    if nth > 0 {
        field(&mut text, "nth", &nth.to_string());
    }
    StubId(Uuid::new_v5(&NAMESPACE, text.as_bytes()))
}

/// What people call a stub: `GET /things?page=2`.
pub(super) fn name_of(method: &str, target: &str) -> String {
    let name = format!("{method} {target}");
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name,
    }
}

/// The stem of file names: method and path, safe everywhere.
pub(super) fn slug_of(method: &str, path: &str) -> String {
    let whole = format!("{method}-{}", percent_decode_str(path).decode_utf8_lossy());
    let mut slug = String::new();
    for c in whole.chars() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
        if slug.len() == MAX_SLUG {
            break;
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() { "request".to_owned() } else { slug.to_owned() }
}

/// The first hex digits of some bytes.
pub(super) fn hex(bytes: &[u8], digits: usize) -> String {
    let mut hex = String::new();
    for byte in bytes.iter().take(digits.div_ceil(2)) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex.truncate(digits);
    hex
}

/// A part of the text; its length makes sure that no two lists of parts give the same text.
fn field(text: &mut String, what: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\n{what} {}:{value}", value.len());
}

fn value_text(text: &mut String, value: &ValuePattern) {
    match value {
        ValuePattern::Absent => field(text, "absent", ""),
        ValuePattern::Contains(value) => field(text, "contains", value),
        ValuePattern::EqualTo { value, case_insensitive: None | Some(false) } => {
            field(text, "equal", value);
        }
        // The recorder writes no others; a person's edit only has to be told apart.
        other => field(text, "pattern", &format!("{other:?}")),
    }
}

fn body_text(text: &mut String, body: &BodyPattern) {
    match body {
        BodyPattern::BinaryEqualTo(bytes) => {
            field(text, "bytes", &STANDARD.encode(Sha256::digest(bytes)));
        }
        BodyPattern::Digest { length, sha256 } => {
            field(text, "digest", &format!("{length} {}", STANDARD.encode(sha256)));
        }
        BodyPattern::EqualToJson(JsonPattern {
            expected,
            ignore_array_order,
            ignore_extra_elements,
            ..
        }) => {
            let mut canonical = String::new();
            canonical_json(&mut canonical, expected);
            field(text, "json", &canonical);
            let (order, extra) =
                (*ignore_array_order == Some(true), *ignore_extra_elements == Some(true));
            if order || extra {
                let flags = format!("{order} {extra}");
                field(text, "flags", &flags);
            }
        }
        BodyPattern::Text(value) => {
            text.push_str("\nbody");
            value_text(text, value);
        }
    }
}

/// The same text for values that are equal as JSON: members sorted, numbers by value.
fn canonical_json(text: &mut String, value: &Json) {
    match value {
        Json::Null => text.push('n'),
        Json::Bool(value) => text.push(if *value { 't' } else { 'f' }),
        Json::Number(number) => field(text, "#", &canonical_number(number)),
        Json::String(string) => field(text, "s", string),
        Json::Array(items) => {
            text.push('[');
            for item in items {
                canonical_json(text, item);
            }
            text.push(']');
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name);
            text.push('{');
            for (name, value) in members {
                field(text, "m", name);
                canonical_json(text, value);
            }
            text.push('}');
        }
    }
}

/// Sign, digits without zeros at either end, exponent of ten: `1.50e2` and `150` are both `15e1`.
fn canonical_number(number: &str) -> String {
    let (sign, unsigned) = match number.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", number),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let trimmed = digits.trim_end_matches('0');
    if trimmed.is_empty() {
        return "0".to_owned();
    }
    let Ok(exponent) = exponent.parse::<i64>() else {
        return number.to_owned();
    };
    let shift = digits.len() as i64 - trimmed.len() as i64 - fraction.len() as i64;
    format!("{sign}{trimmed}e{}", exponent.saturating_add(shift))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{fingerprint::fingerprint, sample::exchange};

    fn key(method: &str, target: &str, body: &str) -> Key {
        let exchange = exchange(method, target).json(body).build();
        key_of(&fingerprint(&exchange, false).unwrap().pattern)
    }

    #[test]
    fn json_bodies_that_mean_the_same_have_one_key() {
        let same = [
            r#"{"a":1,"b":[1,2]}"#,
            r#"{ "b": [1, 2], "a": 1.0 }"#,
            r#"{"a":10e-1,"b":[1,0.2E1]}"#,
        ];
        for text in same {
            assert_eq!(key("POST", "/", text), key("POST", "/", same[0]), "{text}");
        }
        for other in
            [r#"{"a":1,"b":[2,1]}"#, r#"{"a":1,"b":[1,2],"c":0}"#, r#"{"a":"1","b":[1,2]}"#]
        {
            assert_ne!(key("POST", "/", other), key("POST", "/", same[0]), "{other}");
        }
    }

    #[test]
    fn numbers_are_compared_by_value() {
        for (left, right) in
            [("150", "1.50e2"), ("0", "-0.0"), ("1E400", "10e399"), ("0.10", "1e-1")]
        {
            assert_eq!(canonical_number(left), canonical_number(right), "{left} {right}");
        }
        assert_ne!(canonical_number("9007199254740993"), canonical_number("9007199254740992"));
        assert_ne!(canonical_number("-1"), canonical_number("1"));
    }

    #[test]
    fn method_url_and_body_each_make_another_key() {
        let keys = [
            key("POST", "/a", ""),
            key("PUT", "/a", ""),
            key("POST", "/b", ""),
            key("POST", "/a?x", ""),
            key("POST", "/a?x=", ""),
            key("POST", "/a", "{}"),
            key("POST", "/a", "{"),
        ];
        for (at, left) in keys.iter().enumerate() {
            assert!(keys[at + 1..].iter().all(|right| left != right), "{at}");
        }
    }

    #[test]
    fn ids_never_change() {
        let id = id_of(&ServiceName::new("api.test"), key("GET", "/a?b=1", ""), "", 0);
        assert_eq!(id.to_string(), "3fa1d40d-00bd-5a6c-b028-53611cdf3526");
        assert_ne!(id, id_of(&ServiceName::new("other"), key("GET", "/a?b=1", ""), "", 0));
        assert_ne!(id, id_of(&ServiceName::new("api.test"), key("GET", "/a?b=1", ""), "x", 0));
    }

    #[test]
    fn file_names_are_safe_and_readable() {
        for (method, path, expect) in [
            ("POST", "/v1/charges", "post-v1-charges"),
            ("GET", "/", "get"),
            ("GET", "/dir/b%20in%20%C3%BC.bin", "get-dir-b-in-.bin"),
            ("GET", "/../../etc/passwd", "get-..-..-etc-passwd"),
            ("M-SEARCH", "*", "m-search"),
        ] {
            assert_eq!(slug_of(method, path), expect);
        }
        assert_eq!(slug_of("GET", &"/x".repeat(99)).len(), 79);
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        let name = name_of("GET", &"/ü".repeat(300));
        assert_eq!(name.chars().count(), 201);
        assert!(name.ends_with('…'));
    }
}
