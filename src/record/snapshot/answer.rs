//! The answer that a stub of a recording gives (`LoggedResponseDefinitionTransformer`).

use bytes::Bytes;

use super::{
    naming::{is_text, media_type},
    source::Source,
};
use crate::{
    codec::{encoding, view::MAX_DECODED_BODY},
    model::{BodySpec, Headers, ResponseSpec},
};

/// Fields that are made anew for each answer.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

/// The answer, its body without content coding.
pub(super) fn of(source: &Source<'_>) -> ResponseSpec {
    let codings: Vec<&str> = source.headers.get_all("content-encoding").collect();
    let decoded = match codings.join(",") {
        none if none.trim().is_empty() => Some(source.body.clone()),
        codings => {
            encoding::decode_all(&codings, &source.body, MAX_DECODED_BODY).ok().map(Bytes::from)
        }
    };
    let is_decoded = decoded.is_some();
    let bytes = decoded.unwrap_or_else(|| source.body.clone());
    let mut headers = Headers::new();
    for (name, value) in source.headers.iter() {
        let is_framing = FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing));
        // A coding that could not be undone is still that of the body.
        let is_undone = is_decoded && name.eq_ignore_ascii_case("content-encoding");
        if !is_framing && !is_undone {
            headers.push(name, value);
        }
    }
    let is_text = is_decoded && headers.get("content-type").is_some_and(is_text_type);
    ResponseSpec {
        status: source.status,
        headers,
        body: body(bytes, is_text),
        ..ResponseSpec::default()
    }
}

fn is_text_type(content_type: &str) -> bool {
    is_text(&media_type(content_type))
}

fn body(bytes: Bytes, is_text: bool) -> BodySpec {
    match std::str::from_utf8(&bytes) {
        _ if bytes.is_empty() => BodySpec::Empty,
        // A stub's text goes out as UTF-8: what is in another charset stays as it is.
        Ok(text) if is_text => BodySpec::Text(text.to_owned()),
        _ => BodySpec::Bytes(bytes),
    }
}
