//! An exchange as a mapping file and a body file, as `--record-mappings` has them
//! (`StubMappingJsonRecorder`).

use bytes::Bytes;
use uuid::Uuid;

use super::{answer, naming, pattern, source::Source};
use crate::{
    codec::view::RequestView,
    model::{
        BodyPattern, BodySpec, MultipartPattern, RecordSpec, RecordedBodyKind, RequestPattern,
        Responses, Stub, StubId, UrlPattern, ValuePattern,
    },
    redaction::Redactor,
};

/// Letters and digits of which the ends of names are made.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Letters and digits at the end of a name.
const N_DIGITS: usize = 5;

/// A mapping and its body, and what their files are called.
#[derive(Clone, Debug)]
pub struct MappingFile {
    /// The stub.
    pub stub: Stub,
    /// The name of its file.
    pub name: String,
    /// The name of the file of its body, and that body.
    pub body: (String, Bytes),
}

impl MappingFile {
    /// What an exchange comes to, secrets replaced; `headers` are those of the request that count.
    /// Its id and names follow from its request: like requests have the same.
    pub fn of(source: Source<'_>, headers: &[String], redactor: &Redactor) -> Self {
        let source = source.sanitised(redactor);
        let target = source.request.target.as_str();
        let request = pattern_of(&source, headers);
        let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{request:?}").as_bytes());
        let end = short(id);
        let mut response = answer::of(&source);
        let bytes = match std::mem::take(&mut response.body) {
            BodySpec::Text(text) => Bytes::from(text),
            BodySpec::Bytes(bytes) => bytes,
            BodySpec::Empty | BodySpec::File(_) | BodySpec::Json(..) => Bytes::new(),
        };
        let media_type = response.headers.get("content-type").map(naming::media_type);
        let extension = naming::extension(target, media_type.as_deref(), &bytes);
        let path = naming::path_parts(target);
        let body = format!("body-{path}-{end}.{}", naming::safe_extension(&extension));
        response.body = BodySpec::File(body.clone());
        let stub = Stub {
            id: StubId(id),
            request,
            responses: Responses::one(response),
            ..Stub::default()
        };
        Self { stub, name: format!("mapping-{path}-{end}.json"), body: (body, bytes) }
    }
}

fn pattern_of(source: &Source<'_>, headers: &[String]) -> RequestPattern {
    let mut spec = RecordSpec {
        headers: headers.iter().map(|name| (name.clone(), None)).collect(),
        ..RecordSpec::default()
    };
    spec.body.case_insensitive = None;
    let view = RequestView::new(&source.request);
    let multipart = multipart_of(&view);
    // What is neither JSON nor XML is a text to this one.
    let media_type = view.content_type().map(|it| naming::media_type(&it)).unwrap_or_default();
    if !media_type.contains("json") && !media_type.contains("xml") {
        spec.body.kind = RecordedBodyKind::Text;
    }
    let mut request = pattern::of(&source.request, &spec);
    request.url = UrlPattern::Url(source.request.target.as_str().to_owned());
    request.query.clear();
    if !multipart.is_empty() {
        request.body.clear();
        request.extras.multipart = multipart;
    }
    request
}

/// A pattern for each part of a multipart body that has a name.
fn multipart_of(view: &RequestView<'_>) -> Vec<MultipartPattern> {
    let (Some(parts), Some(whole)) = (view.parts(), view.decoded_body()) else {
        return Vec::new();
    };
    let patterns = parts.iter().filter_map(|part| {
        let disposition = part.header("content-disposition").next()?;
        let (_, rest) = disposition.split_once("name=\"")?;
        let (name, _) = rest.split_once('"')?;
        let bytes = part.body(whole);
        let is_file = disposition.contains("filename=");
        let body = match std::str::from_utf8(bytes) {
            Ok(text) if !is_file => BodyPattern::Text(ValuePattern::equal_to(text)),
            _ => BodyPattern::BinaryEqualTo(Bytes::copy_from_slice(bytes)),
        };
        let named = ValuePattern::Contains(format!("name=\"{name}\""));
        Some(MultipartPattern {
            name: Some(name.to_owned()),
            all_parts: false,
            headers: vec![("Content-Disposition".to_owned(), named)],
            body: vec![body],
            ..MultipartPattern::default()
        })
    });
    patterns.collect()
}

fn short(id: Uuid) -> String {
    let mut rest = id.as_u128();
    let base = DIGITS.len() as u128;
    let digits = (0..N_DIGITS).map(|_| {
        let digit = usize::try_from(rest % base).unwrap_or_default();
        rest /= base;
        DIGITS.get(digit).copied().map_or('0', char::from)
    });
    digits.collect()
}
