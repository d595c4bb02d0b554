//! What a request body is recognised by.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::media::{self, Kind};
use crate::{
    codec::{RequestView, json, multipart},
    model::{BodyPattern, Json, JsonPattern, MultipartPattern, ValuePattern},
};

/// Binary bodies up to this many bytes stand in the stub; of larger ones the digest.
const MAX_INLINE_BYTES: usize = 1024;

/// Texts up to this many bytes stand in the stub.
const MAX_INLINE_TEXT: usize = 64 * 1024;

/// JSON up to this many bytes is compared as JSON.
const MAX_JSON: usize = 1 << 20;

/// A request whose answer begins before its end is recognised by a prefix; so all of it stands in the
/// stub up to this many bytes.
const MAX_TWO_WAY: usize = 256 * 1024;

/// The patterns of a body, at least one where there is a body at all.
pub(super) fn patterns(
    view: &RequestView<'_>,
    two_way: bool,
) -> (Vec<BodyPattern>, Vec<MultipartPattern>) {
    if view.body_length() == 0 {
        let is_expected = matches!(view.method(), "POST" | "PUT" | "PATCH");
        let absent = is_expected.then_some(BodyPattern::Text(ValuePattern::Absent));
        return (absent.into_iter().collect(), Vec::new());
    }
    if two_way
        && let Some(raw) = view.raw_body()
        && raw.len() <= MAX_TWO_WAY
    {
        return (vec![BodyPattern::BinaryEqualTo(Bytes::copy_from_slice(raw))], Vec::new());
    }
    let Some(body) = view.decoded_body() else {
        let digest = BodyPattern::Digest { length: view.body_length(), sha256: view.body_sha256() };
        return (vec![digest], Vec::new());
    };
    if let Some(parts) = view.parts()
        && !parts.is_empty()
    {
        return (Vec::new(), parts.iter().map(|part| part_pattern(part, body)).collect());
    }
    let content_type = view.content_type();
    let kind = media::kind_of(content_type.as_deref());
    let may_be_json = kind == Kind::Json
        || (matches!(kind, Kind::Text | Kind::Unknown) && starts_like_json(body));
    if may_be_json
        && body.len() <= MAX_JSON
        // As WireMock reads it, what follows the first value would not count.
        && let Some(value) = view.body_text().and_then(|text| json::parse(text).ok())
        && !repeats_names(&value)
    {
        let json = BodyPattern::EqualToJson(JsonPattern::strict(value));
        return (vec![json], Vec::new());
    }
    (vec![bytes_pattern(kind, body)], Vec::new())
}

fn part_pattern(part: &multipart::Part, whole: &[u8]) -> MultipartPattern {
    let body = part.body(whole);
    let kind = media::kind_of(part.header("content-type").next());
    // The disposition tells parts apart; of parts without one the type is all there is.
    let told_by = ["content-disposition", "content-type"]
        .iter()
        .find_map(|wanted| part.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)));
    MultipartPattern {
        name: part.name(),
        file_name: None,
        all_parts: false,
        headers: told_by
            .map(|(name, value)| (name.clone(), ValuePattern::equal_to(value.clone())))
            .into_iter()
            .collect(),
        body: vec![bytes_pattern(kind, body)],
    }
}

/// Text where it is that, else bytes; large ones by their digest.
fn bytes_pattern(kind: Kind, body: &[u8]) -> BodyPattern {
    match media::text_of(kind, body) {
        Some(text) if text.len() <= MAX_INLINE_TEXT => {
            BodyPattern::Text(ValuePattern::equal_to(text))
        }
        None if body.len() <= MAX_INLINE_BYTES => {
            BodyPattern::BinaryEqualTo(Bytes::copy_from_slice(body))
        }
        _ => BodyPattern::Digest { length: body.len() as u64, sha256: Sha256::digest(body).into() },
    }
}

fn starts_like_json(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{[".contains(byte))
}

/// Whether any object names a member twice: which of the two counts differs from reader to reader.
fn repeats_names(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().any(repeats_names),
        Json::Object(members) => {
            let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            names.windows(2).any(|pair| pair.first() == pair.last())
                || members.iter().any(|(_, value)| repeats_names(value))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::{encoding, json},
        model::{Coding, Exchange, JsonPattern, RecordedBody},
        record::{fingerprint::fingerprint, sample::exchange},
    };

    fn found(exchange: &Exchange) -> (Vec<BodyPattern>, Vec<MultipartPattern>) {
        let pattern = fingerprint(exchange, false).unwrap().pattern;
        (pattern.body, pattern.extras.into_inner().multipart)
    }

    #[track_caller]
    fn check(content_type: &str, body: &[u8], expect: BodyPattern) {
        let exchange =
            exchange("POST", "/").header("Content-Type", content_type).body(body).build();
        assert_eq!(found(&exchange), (vec![expect], vec![]));
    }

    fn equal_to_json(text: &str) -> BodyPattern {
        BodyPattern::EqualToJson(JsonPattern::strict(json::parse(text).unwrap()))
    }

    fn equal_to(text: &str) -> BodyPattern {
        BodyPattern::Text(ValuePattern::equal_to(text))
    }

    #[test]
    fn no_body_is_a_condition_only_where_one_is_usual() {
        for (method, expect) in [("POST", 1), ("PUT", 1), ("PATCH", 1), ("GET", 0), ("DELETE", 0)] {
            let (body, _) = found(&exchange(method, "/").build());
            assert_eq!(body.len(), expect, "{method}");
            assert!(body.iter().all(|body| *body == BodyPattern::Text(ValuePattern::Absent)));
        }
    }

    #[test]
    fn json_is_compared_as_json_and_strictly() {
        check("application/json", br#"{"a":1,"b":[2]}"#, equal_to_json(r#"{"a":1,"b":[2]}"#));
        check("text/plain", br#"{"a":1}"#, equal_to_json(r#"{"a":1}"#));
        check("application/x-amz-json-1.0", b"{}", equal_to_json("{}"));
    }

    #[test]
    fn malformed_json_and_repeated_names_fall_back_to_the_text() {
        check("application/json", b"{", equal_to("{"));
        check("application/json", br#"{"a":1,"a":2}"#, equal_to(r#"{"a":1,"a":2}"#));
        check("application/x-ndjson", b"{}\n{}\n", equal_to("{}\n{}\n"));
    }

    #[test]
    fn forms_and_texts_are_compared_as_sent() {
        check("application/x-www-form-urlencoded", b"b=1&a=%20", equal_to("b=1&a=%20"));
        check("application/x-www-form-urlencoded", b"{\"a\":1}", equal_to("{\"a\":1}"));
        check("", "naïve".as_bytes(), equal_to("naïve"));
    }

    #[test]
    fn binary_is_kept_up_to_a_kibibyte_and_hashed_beyond() {
        check(
            "application/octet-stream",
            &[0; 1024],
            BodyPattern::BinaryEqualTo(Bytes::from(vec![0; 1024])),
        );
        let sha256 = Sha256::digest([0; 1025]).into();
        check("application/grpc", &[0; 1025], BodyPattern::Digest { length: 1025, sha256 });
        let sha256 = Sha256::digest([b'a'; 70_000]).into();
        check("text/plain", &[b'a'; 70_000], BodyPattern::Digest { length: 70_000, sha256 });
    }

    #[test]
    fn content_coding_and_signed_framing_are_undone_first() {
        let gzip = encoding::encode(Coding::Gzip, br#"{"a":1}"#).unwrap();
        let coded = exchange("POST", "/").header("Content-Encoding", "gzip").json("").body(gzip);
        assert_eq!(found(&coded.build()).0, [equal_to_json(r#"{"a":1}"#)]);
        let framed = exchange("PUT", "/")
            .header("Content-Encoding", "aws-chunked")
            .body("3;chunk-signature=0\r\nabc\r\n0;chunk-signature=1\r\n\r\n");
        assert_eq!(found(&framed.build()).0, [equal_to("abc")]);
    }

    #[test]
    fn multipart_is_compared_by_parts() {
        let body = "--q1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--q1\r\n\
             Content-Disposition: form-data; name=\"f\"; filename=\"x.bin\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n\0\r\n--q1--\r\n";
        let of = |boundary: &str| {
            let exchange = exchange("POST", "/")
                .header("Content-Type", &format!("multipart/form-data; boundary={boundary}"))
                .body(body.replace("q1", boundary));
            found(&exchange.build())
        };
        let (whole, parts) = of("q1");
        assert_eq!((whole.len(), parts.len()), (0, 2));
        assert_eq!(parts[0].body, [equal_to("one")]);
        assert_eq!(parts[1].body, [BodyPattern::BinaryEqualTo(Bytes::from_static(b"\0"))]);
        let disposition = ValuePattern::equal_to("form-data; name=\"a\"");
        assert_eq!(parts[0].headers, [("Content-Disposition".to_owned(), disposition)]);
        assert_eq!(of("another-boundary"), (whole, parts));
    }

    #[test]
    fn a_multipart_body_that_cannot_be_cut_is_compared_whole() {
        let exchange = exchange("POST", "/")
            .header("Content-Type", "multipart/form-data; boundary=q")
            .body("no boundary here");
        assert_eq!(found(&exchange.build()).0.len(), 1);
    }

    #[test]
    fn a_two_way_stream_keeps_its_whole_request() {
        let exchange = exchange("POST", "/").body(vec![0; 5000]).build();
        let pattern = fingerprint(&exchange, true).unwrap().pattern;
        assert_eq!(pattern.body, [BodyPattern::BinaryEqualTo(Bytes::from(vec![0; 5000]))]);
    }

    #[test]
    fn a_body_on_disk_is_recognised_by_its_digest() {
        let mut exchange = exchange("PUT", "/").build();
        exchange.request.body = RecordedBody::File { path: "x".into(), length: 9, sha256: [7; 32] };
        assert_eq!(found(&exchange).0, [BodyPattern::Digest { length: 9, sha256: [7; 32] }]);
    }
}
