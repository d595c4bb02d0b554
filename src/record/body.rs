//! A response body as a stub keeps it: readable where the same bytes come back from it, else as
//! bytes; beside the stub where it is large.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::media::{self, Kind};
use crate::{
    codec::{
        deflate,
        encoding::{self, DeflateFormat},
        json,
    },
    model::{BodySpec, Coding, CodingSettings, Headers, Json, RecordedBody},
};

/// Binary bodies up to this many bytes stand in the stub as base64.
pub(super) const MAX_INLINE_BYTES: usize = 1024;

/// Texts up to this many bytes stand in the stub.
pub(super) const MAX_INLINE_TEXT: usize = 64 * 1024;

/// A body that decodes to more than this is kept coded.
const MAX_DECODED: usize = 16 << 20;

/// A body and how it is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptBody {
    /// What stands in the stub; `Empty` when `side` is set.
    pub(super) spec: BodySpec,
    /// The coding that was undone and is applied again when the body is sent.
    pub(super) coding: Option<Coding>,
    /// With which that coding gives the recorded bytes again, where it does.
    pub(super) coding_settings: CodingSettings,
    /// What goes into a file.
    pub(super) side: Option<SideFile>,
}

/// A body that goes into a file of its own.
#[derive(Clone, Debug)]
pub(super) struct SideFile {
    /// The bytes, or where they lie.
    pub(super) content: RecordedBody,
    /// Their SHA-256.
    pub(super) sha256: [u8; 32],
    /// The extension of the file's name, without dot.
    pub(super) extension: &'static str,
}

/// Decides how to keep the body of an answer with these headers.
pub(super) fn keep(headers: &Headers, body: &RecordedBody) -> KeptBody {
    let content_type = headers.get("content-type");
    let coded = is_coded(headers);
    let bytes = match body {
        RecordedBody::Bytes(bytes) => bytes,
        RecordedBody::File { sha256, .. } => {
            let side = SideFile {
                content: body.clone(),
                sha256: *sha256,
                extension: extension(content_type, !coded && is_text_type(content_type), coded),
            };
            return KeptBody { side: Some(side), ..KeptBody::default() };
        }
    };
    if bytes.is_empty() {
        return KeptBody::default();
    }
    match decoded(headers, bytes) {
        Some((coding, coding_settings, plain)) => {
            let (spec, side) = inline_or_side(content_type, plain, false);
            KeptBody { spec, coding: Some(coding), coding_settings, side }
        }
        None => {
            let (spec, side) = inline_or_side(content_type, bytes.clone(), coded);
            KeptBody { spec, side, ..KeptBody::default() }
        }
    }
}

/// The body without its content coding, where ringer can apply that again: so that the same bytes come
/// out, or where nobody checks them.
pub(super) fn decoded(headers: &Headers, body: &Bytes) -> Option<(Coding, CodingSettings, Bytes)> {
    let mut fields = headers.get_all("content-encoding");
    let token = fields.next()?.trim();
    let coding = Coding::from_token(token)?;
    // A synonym (`x-gzip`) or another case would come back spelled differently.
    if fields.next().is_some() || token != coding.token() {
        return None;
    }
    let plain = if coding == Coding::Deflate {
        match encoding::decode_deflate(body, MAX_DECODED) {
            Ok((plain, DeflateFormat::Zlib)) => plain,
            _ => return None,
        }
    } else {
        encoding::decode(coding, body, MAX_DECODED).ok()?
    };
    let settings = deflate::settings_of(coding, body, &plain);
    if settings.is_none() && covers_bytes(headers) {
        return None;
    }
    Some((coding, settings.unwrap_or_default(), plain.into()))
}

/// Whether a header's value was computed from the bytes on the wire, so that a body coded anew would
/// contradict it: strong validators (RFC 9110 §8.8.1), digests (RFC 9530), signatures (RFC 9421).
pub(super) fn covers_bytes(headers: &Headers) -> bool {
    headers.iter().any(|(name, value)| {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "etag" => !value.trim_start().starts_with("W/"),
            "content-digest" | "content-md5" | "digest" | "repr-digest" | "signature"
            | "signature-input" | "x-goog-hash" => true,
            _ => name.starts_with("x-amz-checksum-"),
        }
    })
}

/// SHA-256 of some bytes.
pub(super) fn sha256_of(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn inline_or_side(
    content_type: Option<&str>,
    bytes: Bytes,
    coded: bool,
) -> (BodySpec, Option<SideFile>) {
    let kind = if coded { Kind::Binary } else { media::kind_of(content_type) };
    let text = media::text_of(kind, &bytes);
    match text {
        Some(text) if text.len() <= MAX_INLINE_TEXT => return (text_spec(kind, text), None),
        None if bytes.len() <= MAX_INLINE_BYTES => return (BodySpec::Bytes(bytes), None),
        _ => {}
    }
    let side = SideFile {
        sha256: sha256_of(&bytes),
        extension: extension(content_type, text.is_some(), coded),
        content: RecordedBody::Bytes(bytes),
    };
    (BodySpec::Empty, Some(side))
}

/// JSON where its text can be written again exactly, else the text itself.
fn text_spec(kind: Kind, text: &str) -> BodySpec {
    let may_be_json = kind == Kind::Json || (kind == Kind::Unknown && text.starts_with(['{', '[']));
    if may_be_json
        && let Ok(value) = json::parse(text)
        // A bare `null` or string in a stub reads as if there were no body, or a text.
        && matches!(value, Json::Array(_) | Json::Object(_))
        && let Some(style) = json::style_of(text, &value)
    {
        return BodySpec::Json(value, style);
    }
    BodySpec::Text(text.to_owned())
}

fn is_text_type(content_type: Option<&str>) -> bool {
    matches!(media::kind_of(content_type), Kind::Form | Kind::Json | Kind::Text)
}

fn is_coded(headers: &Headers) -> bool {
    headers.get_all("content-encoding").any(|codings| !encoding::is_identity(codings))
}

fn extension(content_type: Option<&str>, is_text: bool, coded: bool) -> &'static str {
    if coded { "bin" } else { media::extension_of(content_type, is_text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::JsonStyle;

    fn kept(headers: &[(&str, &str)], body: &[u8]) -> KeptBody {
        let mut all = Headers::new();
        for (name, value) in headers {
            all.push(*name, *value);
        }
        keep(&all, &RecordedBody::Bytes(Bytes::copy_from_slice(body)))
    }

    /// What goes over the wire for a kept body.
    fn sent(kept: &KeptBody) -> Vec<u8> {
        let plain = match (&kept.spec, &kept.side) {
            (BodySpec::Json(value, style), None) => json::write(value, *style).into_bytes(),
            (BodySpec::Text(text), None) => text.clone().into_bytes(),
            (BodySpec::Bytes(bytes), None) => bytes.to_vec(),
            (BodySpec::Empty, Some(side)) => side.content.bytes().unwrap().to_vec(),
            (BodySpec::Empty, None) => Vec::new(),
            other => panic!("{other:?}"),
        };
        match kept.coding {
            Some(coding) => deflate::encode(coding, &kept.coding_settings, &plain)
                .unwrap_or_else(|| encoding::encode(coding, &plain).unwrap()),
            None => plain,
        }
    }

    const JSON: (&str, &str) = ("Content-Type", "application/json");

    #[test]
    fn json_is_readable_and_comes_back_byte_for_byte() {
        for text in [
            r#"{"b": 1.00, "a": [1, 2]}"#,
            "{\n  \"a\": \"\\u00e9\"\n}\n",
            r#"{"a":1,"a":2}"#,
            "[]",
        ] {
            let kept = kept(&[JSON], text.as_bytes());
            assert!(matches!(kept.spec, BodySpec::Json(..)), "{text}: {kept:?}");
            assert_eq!(sent(&kept), text.as_bytes());
        }
    }

    #[test]
    fn json_in_no_known_style_or_malformed_is_text() {
        for text in ["{ \"a\":1 }", "{\"a\":", "null", "\"x\"", ""] {
            let kept = kept(&[JSON], text.as_bytes());
            assert!(matches!(kept.spec, BodySpec::Text(_) | BodySpec::Empty), "{text}");
            assert_eq!(sent(&kept), text.as_bytes());
        }
    }

    #[test]
    fn json_without_a_type_is_found_by_its_look() {
        let found = kept(&[], br#"{"a":1}"#);
        assert!(matches!(found.spec, BodySpec::Json(_, style) if style == JsonStyle::default()));
        assert!(matches!(kept(&[("Content-Type", "text/plain")], b"{}").spec, BodySpec::Text(_)));
    }

    #[test]
    fn a_coded_text_is_kept_decoded() {
        for coding in [Coding::Brotli, Coding::Deflate, Coding::Gzip, Coding::Zstd] {
            let body = encoding::encode(coding, br#"{"a":1}"#).unwrap();
            let kept = kept(&[JSON, ("Content-Encoding", coding.token())], &body);
            assert!(matches!(kept.spec, BodySpec::Json(..)));
            assert_eq!(kept.coding, Some(coding));
            assert_eq!(sent(&kept), body);
        }
    }

    #[test]
    fn bytes_that_a_validator_covers_come_back_or_stay_coded() {
        let reproducible = encoding::encode(Coding::Gzip, b"{}").unwrap();
        // Stored, not compressed: no level of zlib gives that.
        let mut odd = reproducible[..10].to_vec();
        odd.extend([1, 2, 0, 0xfd, 0xff, b'{', b'}']);
        odd.extend(&reproducible[reproducible.len() - 8..]);
        for (name, value) in [
            ("ETag", "\"abc\""),
            ("Content-MD5", "x"),
            ("Repr-Digest", "x"),
            ("Signature", "x"),
            ("x-amz-checksum-crc32", "x"),
        ] {
            let headers = [JSON, ("Content-Encoding", "gzip"), (name, value)];
            let same = kept(&headers, &reproducible);
            assert_eq!(
                (same.coding, sent(&same)),
                (Some(Coding::Gzip), reproducible.clone()),
                "{name}"
            );
            let coded = kept(&headers, &odd);
            assert_eq!((coded.coding, sent(&coded)), (None, odd.clone()), "{name}");
        }
        let weak = kept(&[JSON, ("Content-Encoding", "gzip"), ("ETag", "W/\"abc\"")], &odd);
        assert_eq!(weak.coding, Some(Coding::Gzip));
    }

    #[test]
    fn unknown_twofold_and_broken_codings_are_kept_as_they_came() {
        let gzip = encoding::encode(Coding::Gzip, b"hello hello").unwrap();
        for (coding, body) in [
            ("zz", &gzip[..]),
            ("gzip, br", &gzip),
            ("x-gzip", &gzip),
            ("gzip", &gzip[..9]),
            ("gzip", b"not gzip"),
        ] {
            let kept = kept(&[("Content-Encoding", coding)], body);
            assert_eq!((kept.coding, sent(&kept)), (None, body.to_vec()), "{coding}");
        }
    }

    #[test]
    fn binary_is_never_treated_as_text() {
        let small = kept(&[("Content-Type", "image/png")], b"ascii");
        assert!(matches!(small.spec, BodySpec::Bytes(_)));
        let latin1 = kept(&[("Content-Type", "text/plain")], b"caf\xe9");
        assert_eq!(sent(&latin1), b"caf\xe9");
    }

    #[test]
    fn large_bodies_go_into_a_file() {
        let side = |content_type, body: &[u8]| {
            kept(&[("Content-Type", content_type)], body).side.map(|side| side.extension)
        };
        assert_eq!(side("image/png", &[0; 1024]), None);
        assert_eq!(side("image/png", &[0; 1025]), Some("png"));
        assert_eq!(side("text/html", &[b'a'; 64 * 1024]), None);
        assert_eq!(side("text/html", &[b'a'; 64 * 1024 + 1]), Some("html"));
        assert_eq!(side("text/html", &[0xff; 2000]), Some("bin"));
    }

    #[test]
    fn a_body_on_disk_stays_there() {
        let body = RecordedBody::File { path: "x".into(), length: 9, sha256: [1; 32] };
        let mut headers = Headers::new();
        headers.push("Content-Type", "application/json");
        let kept = keep(&headers, &body);
        assert!(
            matches!(&kept.side, Some(side) if side.extension == "json" && side.sha256 == [1; 32])
        );
        headers.push("Content-Encoding", "gzip");
        assert!(matches!(keep(&headers, &body).side, Some(side) if side.extension == "bin"));
    }
}
