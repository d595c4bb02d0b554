//! What a recorded request is recognised by (`RequestPatternTransformer`).

use bytes::Bytes;

use super::naming::{is_text, media_type};
use crate::{
    codec::{json::parse_tolerant, view::RequestView},
    model::{
        BodyPattern, JsonPattern, MethodPattern, RecordSpec, RecordedBodyKind, RecordedBodyPattern,
        Request, RequestBody, RequestPattern, UrlPattern, ValuePattern, XmlPattern, text_of,
    },
};

/// The pattern that a request of a recording gives.
pub(super) fn of(request: &Request, spec: &RecordSpec) -> RequestPattern {
    let view = RequestView::new(request);
    let query = queries(&view);
    let url = match query.is_empty() {
        // An empty query is none.
        true => UrlPattern::Url(view.path().to_owned()),
        false => UrlPattern::UrlPath(view.path().to_owned()),
    };
    let headers = spec.headers.iter().filter_map(|(name, ignores_case)| {
        let value = request.headers.get(name.as_str())?;
        let value = text_of(value.as_bytes());
        Some((name.clone(), equal_to(value, *ignores_case)))
    });
    RequestPattern {
        method: MethodPattern::Is(request.method.to_string()),
        url,
        headers: headers.collect(),
        query,
        body: body(request, &view, spec.body).into_iter().collect(),
        ..RequestPattern::default()
    }
}

/// Each parameter once, with all of its values.
fn queries(view: &RequestView<'_>) -> Vec<(String, ValuePattern)> {
    let mut all: Vec<(String, Vec<ValuePattern>)> = Vec::new();
    let has_query = view.query().is_some_and(|query| !query.is_empty());
    for (name, value) in view.query_pairs().iter().filter(|_| has_query) {
        let value = ValuePattern::equal_to(value.clone());
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => all.push((name.clone(), vec![value])),
        }
    }
    all.into_iter().map(|(name, values)| (name, ValuePattern::HasExactly(values))).collect()
}

fn equal_to(value: String, case_insensitive: Option<bool>) -> ValuePattern {
    ValuePattern::EqualTo { value, case_insensitive }
}

fn body(
    request: &Request,
    view: &RequestView<'_>,
    wanted: RecordedBodyPattern,
) -> Option<BodyPattern> {
    let bytes = match &request.body {
        RequestBody::Whole(bytes) if bytes.is_empty() => return None,
        RequestBody::Whole(bytes) => bytes,
        RequestBody::Hashed { length, sha256 } => {
            return Some(BodyPattern::Digest { length: *length, sha256: *sha256 });
        }
    };
    let kind = match wanted.kind {
        RecordedBodyKind::Auto => {
            let media_type = view.content_type().map(|it| media_type(&it)).unwrap_or_default();
            match media_type.as_str() {
                it if it.contains("json") => RecordedBodyKind::Json,
                it if it.contains("xml") => RecordedBodyKind::Xml,
                "multipart/form-data" => return Some(BodyPattern::Text(ValuePattern::Anything)),
                "" => RecordedBodyKind::Text,
                it if is_text(it) => RecordedBodyKind::Text,
                _ => return Some(binary(view, bytes)),
            }
        }
        kind => kind,
    };
    // What is no text would match nothing as one.
    let Some(text) = view.body_text() else { return Some(binary(view, bytes)) };
    let text = text.to_owned();
    let as_text = |text| equal_to(text, wanted.case_insensitive);
    Some(match kind {
        RecordedBodyKind::Json => match parse_tolerant(&text) {
            Ok(expected) => BodyPattern::EqualToJson(JsonPattern {
                expected,
                text: Some(text),
                ignore_array_order: wanted.ignore_array_order,
                ignore_extra_elements: wanted.ignore_extra_elements,
            }),
            Err(_) => BodyPattern::Text(as_text(text)),
        },
        RecordedBodyKind::Xml if view.xml().is_some() => {
            BodyPattern::Text(ValuePattern::EqualToXml(XmlPattern {
                expected: text,
                ..XmlPattern::default()
            }))
        }
        _ => BodyPattern::Text(as_text(text)),
    })
}

/// Equality with the bytes as matching sees them: without their content coding.
fn binary(view: &RequestView<'_>, bytes: &Bytes) -> BodyPattern {
    let decoded = view.decoded_body().map(Bytes::copy_from_slice);
    BodyPattern::BinaryEqualTo(decoded.unwrap_or_else(|| bytes.clone()))
}
