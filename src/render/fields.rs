//! The header fields of an answer: made for the wire, and spelled.

use std::borrow::Cow;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, DATE, TRANSFER_ENCODING},
};

use super::prepare_error::PrepareError;
use crate::model::{Coding, Headers, ResponseSpec, bytes_of};

/// Every field in wire order; the value of a computed one is `None`.
pub(super) fn all_fields(spec: &ResponseSpec) -> Vec<(&str, Option<&str>)> {
    let mut fields: Vec<(&str, Option<&str>)> =
        spec.headers.iter().map(|(name, value)| (name, Some(value))).collect();
    let mut computed: Vec<&(String, usize)> = spec.extras.computed.iter().collect();
    computed.sort_by_key(|(_, place)| *place);
    for (name, place) in computed {
        fields.insert((*place).min(fields.len()), (name, None));
    }
    fields
}

pub(super) fn field_map(
    fields: &[(&str, Option<&str>)],
    coding: Option<Coding>,
    length: u64,
    is_written: bool,
) -> Result<HeaderMap, PrepareError> {
    let mut map = HeaderMap::with_capacity(fields.len());
    for (spelled, value) in fields {
        let wrong = || PrepareError::Header { name: (*spelled).to_owned() };
        let name = HeaderName::from_bytes(spelled.as_bytes()).map_err(|_| wrong())?;
        let value = match value {
            Some(value) if is_written => written_value(value).ok_or_else(wrong)?,
            Some(value) => HeaderValue::from_bytes(&bytes_of(value)).map_err(|_| wrong())?,
            None if name == CONTENT_LENGTH => length.into(),
            None if name == CONTENT_ENCODING => {
                HeaderValue::from_static(coding.map_or("identity", Coding::token))
            }
            None if name == TRANSFER_ENCODING => HeaderValue::from_static("chunked"),
            None if name == DATE => HeaderValue::from_static(""),
            None => return Err(wrong()),
        };
        map.append(name, value);
    }
    Ok(map)
}

/// A value that a person wrote: Latin-1 where that has all its characters, as the reference server
/// sends it, else UTF-8.
pub(super) fn written_value(value: &str) -> Option<HeaderValue> {
    let value = latin_1(value);
    // A template may give line ends, which must not end the field.
    if value.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
        let ended = |byte: &u8| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte };
        return HeaderValue::from_bytes(&value.iter().map(ended).collect::<Vec<u8>>()).ok();
    }
    HeaderValue::from_bytes(&value).ok()
}

/// A text in Latin-1 where that has all its characters, else in UTF-8.
pub(super) fn latin_1(text: &str) -> Cow<'_, [u8]> {
    if text.is_ascii() {
        return Cow::Borrowed(text.as_bytes());
    }
    match text.chars().map(|c| u8::try_from(u32::from(c))).collect() {
        Ok(bytes) => Cow::Owned(bytes),
        Err(_) => bytes_of(text),
    }
}

pub(super) fn length_of(value: &HeaderValue) -> Result<u64, PrepareError> {
    let length = value.to_str().ok().and_then(|value| value.trim().parse().ok());
    length.ok_or_else(|| PrepareError::Header { name: "Content-Length".to_owned() })
}

pub(super) fn spelled(fields: &[(&str, Option<&str>)]) -> Vec<String> {
    fields
        .iter()
        .filter(|(name, _)| {
            // The spellings of one name are told together, in their order.
            let same = |(other, _): &&(&str, _)| other.eq_ignore_ascii_case(name);
            fields.iter().filter(same).any(|(other, _)| !is_title_case(other))
        })
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

pub(super) fn is_title_case(name: &str) -> bool {
    let mut is_start = true;
    name.bytes().all(|byte| {
        let is_right =
            if is_start { !byte.is_ascii_lowercase() } else { !byte.is_ascii_uppercase() };
        is_start = byte == b'-';
        is_right
    })
}

pub(super) fn trailer_map(trailers: &Headers) -> Result<HeaderMap, PrepareError> {
    let mut map = HeaderMap::new();
    for (name, value) in trailers.iter() {
        let wrong = || PrepareError::Header { name: name.to_owned() };
        map.append(
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?,
            HeaderValue::from_bytes(&bytes_of(value)).map_err(|_| wrong())?,
        );
    }
    Ok(map)
}
