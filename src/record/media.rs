//! What a `Content-Type` says about keeping a body: as JSON, as text, or as bytes; and under which
//! file name extension.

/// How a body of some media type may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Never text, whatever the bytes look like.
    Binary,
    /// A form.
    Form,
    /// JSON.
    Json,
    /// Some other text.
    Text,
    /// Nothing is known: the bytes decide.
    Unknown,
}

/// Classifies a `Content-Type` value.
pub(super) fn kind_of(content_type: Option<&str>) -> Kind {
    let essence = essence(content_type);
    let (top, sub) = essence.split_once('/').unwrap_or((essence.as_str(), ""));
    let suffix = sub.rsplit_once('+').map_or("", |(_, suffix)| suffix);
    match (top, sub) {
        ("application", "x-www-form-urlencoded") => Kind::Form,
        ("application", "json" | "graphql-response" | "manifest") | ("text", "json") => Kind::Json,
        ("application", sub) if sub.starts_with("x-amz-json") => Kind::Json,
        _ if suffix == "json" => Kind::Json,
        ("text", _) | ("image", "svg+xml") => Kind::Text,
        _ if matches!(suffix, "xml" | "yaml") => Kind::Text,
        (
            "application",
            "ecmascript" | "graphql" | "javascript" | "sql" | "toml" | "x-javascript" | "x-ndjson"
            | "x-yaml" | "xml" | "xml-dtd" | "yaml",
        ) => Kind::Text,
        ("audio" | "font" | "image" | "video" | "multipart", _) => Kind::Binary,
        (
            "application",
            "cbor"
            | "gzip"
            | "msgpack"
            | "pdf"
            | "protobuf"
            | "vnd.apache.avro"
            | "vnd.google.protobuf"
            | "wasm"
            | "x-bzip2"
            | "x-gzip"
            | "x-msgpack"
            | "x-protobuf"
            | "x-tar"
            | "zip"
            | "zstd",
        ) => Kind::Binary,
        ("application", sub) if sub.starts_with("grpc") => Kind::Binary,
        _ => Kind::Unknown,
    }
}

/// The extension of a file that keeps a body of this type.
pub(super) fn extension_of(content_type: Option<&str>, is_text: bool) -> &'static str {
    let essence = essence(content_type);
    if is_text {
        return match (kind_of(content_type), essence.as_str()) {
            (Kind::Json, _) => "json",
            (_, "text/html" | "application/xhtml+xml") => "html",
            (_, "text/css") => "css",
            (_, "text/csv") => "csv",
            (_, "image/svg+xml") => "svg",
            (_, essence) if essence.ends_with("javascript") => "js",
            (_, essence) if essence.ends_with("xml") => "xml",
            (_, essence) if essence.ends_with("yaml") => "yaml",
            _ => "txt",
        };
    }
    match essence.as_str() {
        "application/gzip" | "application/x-gzip" => "gz",
        "application/pdf" => "pdf",
        "application/wasm" => "wasm",
        "application/zip" => "zip",
        "audio/mpeg" => "mp3",
        "font/woff2" => "woff2",
        "image/avif" => "avif",
        "image/gif" => "gif",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "image/x-icon" | "image/vnd.microsoft.icon" => "ico",
        "video/mp4" => "mp4",
        _ => "bin",
    }
}

/// Whether bytes of an unknown type are text: no control characters but space ones.
pub(super) fn looks_like_text(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// The text of a body that may be kept as such.
pub(super) fn text_of(kind: Kind, body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    match kind {
        Kind::Binary => None,
        Kind::Form | Kind::Json | Kind::Text => Some(text),
        Kind::Unknown => looks_like_text(text).then_some(text),
    }
}

/// Type and subtype in lower case, without parameters.
fn essence(content_type: Option<&str>) -> String {
    let whole = content_type.unwrap_or_default();
    whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_people_read_are_text() {
        for (content_type, kind) in [
            ("application/json; charset=utf-8", Kind::Json),
            ("application/problem+json", Kind::Json),
            ("application/x-amz-json-1.1", Kind::Json),
            ("text/html", Kind::Text),
            ("image/svg+xml", Kind::Text),
            ("application/soap+xml; action=x", Kind::Text),
            ("application/x-www-form-urlencoded", Kind::Form),
            ("image/png", Kind::Binary),
            ("application/grpc+proto", Kind::Binary),
            ("application/octet-stream", Kind::Unknown),
            ("application/x-git-upload-pack-result", Kind::Unknown),
            ("", Kind::Unknown),
        ] {
            assert_eq!(kind_of(Some(content_type)), kind, "{content_type}");
        }
        assert_eq!(kind_of(None), Kind::Unknown);
    }

    #[test]
    fn bytes_of_an_unknown_type_are_text_without_control_characters() {
        assert_eq!(text_of(Kind::Unknown, "a\tü\n".as_bytes()), Some("a\tü\n"));
        assert_eq!(text_of(Kind::Unknown, b"a\0b"), None);
        assert_eq!(text_of(Kind::Text, b"a\0b"), Some("a\0b"));
        assert_eq!(text_of(Kind::Text, b"\xff"), None);
        assert_eq!(text_of(Kind::Binary, b"plain"), None);
    }

    #[test]
    fn files_get_the_extension_of_their_type() {
        assert_eq!(extension_of(Some("application/hal+json"), true), "json");
        assert_eq!(extension_of(Some("text/html; charset=x"), true), "html");
        assert_eq!(extension_of(Some("application/atom+xml"), true), "xml");
        assert_eq!(extension_of(None, true), "txt");
        assert_eq!(extension_of(Some("image/png"), false), "png");
        assert_eq!(extension_of(Some("text/html"), false), "bin");
    }
}
