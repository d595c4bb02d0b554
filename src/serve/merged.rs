//! What rate limits tell inside of an answer: merged into its body, where that is a JSON object.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
};

use super::{
    faults::Gathered,
    reply::{ReplyBody, Sizing},
};
use crate::{
    codec::{encoding, json},
    model::{Coding, Json, JsonStyle},
    store::Settlement,
};

/// Longer answers stay as they are.
const MAX_BODY: u64 = 4 << 20;
/// An answer that takes longer does too.
const MAX_TIME: Duration = Duration::from_secs(600);

/// The answer with what its limits tell inside of it, if it succeeded and is a JSON object; its own
/// members of the same names give way.
pub(super) async fn merged(
    response: Response<ReplyBody>,
    settlements: &mut [Settlement],
) -> Response<ReplyBody> {
    let is_told = settlements.iter().any(Settlement::is_told_inside);
    if !is_told || !response.status().is_success() || !is_json(response.headers()) {
        return response;
    }
    if response.body().known_length().is_some_and(|length| length == 0 || length > MAX_BODY) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let sizing = match &body {
        ReplyBody::Whole { sizing, .. } => *sizing,
        _ => Sizing::InPieces,
    };
    let gathered = Gathered::within(body, MAX_BODY, MAX_TIME).await;
    let Some(bytes) = gathered.whole().filter(|bytes| is_complete(bytes, &parts.headers)) else {
        return Response::from_parts(parts, ReplyBody::boxed(gathered));
    };
    let Some(answer) = object(&bytes, &parts.headers) else {
        return Response::from_parts(parts, ReplyBody::boxed(gathered));
    };
    let coding = coding(&parts.headers);
    let mut told = Vec::new();
    for settlement in settlements {
        settlement.hear(&bytes);
        told.append(&mut settlement.retell());
    }
    let mut answer = answer;
    told.into_iter().for_each(|told| merge(&mut answer, told));
    let text = json::write(&answer, JsonStyle::default()).into_bytes();
    let body = match coding.map(|coding| encoding::encode(coding, &text)) {
        Some(Ok(coded)) => Bytes::from(coded),
        Some(Err(_)) => {
            parts.headers.remove(CONTENT_ENCODING);
            Bytes::from(text)
        }
        None => Bytes::from(text),
    };
    if parts.headers.contains_key(CONTENT_LENGTH) {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let trailers = gathered.into_trailers();
    Response::from_parts(parts, ReplyBody::Whole { bytes: Some(body), trailers, sizing })
}

fn is_json(fields: &HeaderMap) -> bool {
    let kind = fields.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

/// Whether all has come that was promised; a fault may have cut it.
fn is_complete(bytes: &Bytes, fields: &HeaderMap) -> bool {
    let promised = fields.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok());
    promised.is_none_or(|length| length.trim().parse() == Ok(bytes.len()))
}

fn coding(fields: &HeaderMap) -> Option<Coding> {
    let coding = fields.get(CONTENT_ENCODING)?.to_str().ok()?;
    Coding::from_token(coding.trim())
}

fn object(bytes: &Bytes, fields: &HeaderMap) -> Option<Json> {
    let coded = fields.get(CONTENT_ENCODING).map(|it| it.to_str().unwrap_or("?"));
    let plain = match coded {
        Some(coded) if !encoding::is_identity(coded) => {
            // What more than one coding made could not be made again.
            let limit = usize::try_from(MAX_BODY).unwrap_or(usize::MAX);
            encoding::decode(Coding::from_token(coded.trim())?, bytes, limit).ok()?
        }
        _ => bytes.to_vec(),
    };
    let text = std::str::from_utf8(&plain).ok()?;
    json::parse(text).ok().filter(|json| matches!(json, Json::Object(_)))
}

/// Objects become one, member by member; of anything else the new one is what stays.
fn merge(known: &mut Json, new: Json) {
    match (known, new) {
        (Json::Object(members), Json::Object(new)) => {
            for (name, value) in new {
                match members.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) => merge(known, value),
                    None => members.push((name, value)),
                }
            }
        }
        (known, new) => *known = new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_merged_and_the_rest_is_replaced() {
        let mut known = json::parse(r#"{"data":1,"extensions":{"a":2.50,"cost":[1]}}"#).unwrap();
        merge(&mut known, json::parse(r#"{"extensions":{"cost":{"b":3}},"x":null}"#).unwrap());
        let text = json::write(&known, JsonStyle::default());
        assert_eq!(text, r#"{"data":1,"extensions":{"a":2.50,"cost":{"b":3}},"x":null}"#);
    }
}
