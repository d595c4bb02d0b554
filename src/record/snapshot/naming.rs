//! What stubs, scenarios and body files of a recording are called, as WireMock calls them
//! (`FilenameMaker`, `Urls.urlToPathParts`, `ContentTypes.determineFileExtension`).

use percent_encoding::percent_decode_str;

use crate::{
    codec::{json, xml::Document},
    model::{Stub, UrlPattern},
};

/// Names of stubs are cut to so many characters.
const MAX_NAME: usize = 200;

/// Bodies larger than this are not looked at to see what they are.
const MAX_LOOKED_AT: usize = 1 << 20;

/// Extensions of media types that are no text.
const EXTENSIONS: [(&str, &str); 12] = [
    ("application/pdf", "pdf"),
    ("audio/mpeg", "mp3"),
    ("audio/x-aiff", "aiff"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpeg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tiff"),
    ("image/x-icon", "ico"),
    ("video/mpeg", "mp2"),
    ("video/quicktime", "mov"),
    ("video/x-ms-asf", "asf"),
];

/// Media types that hold one of these are text.
const TEXTS: [&str; 7] = ["text", "json", "xml", "html", "yaml", "csv", "x-www-form-urlencoded"];

/// The path of a target, percent-decoded.
fn decoded_path(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// The name of the stub of a request: its path, safe in the name of a file.
pub(super) fn stub_name(target: &str) -> String {
    let spaced: String = decoded_path(target)
        .chars()
        .map(|c| match c {
            '/' => '_',
            c if c.is_whitespace() => '-',
            c => without_accent(c),
        })
        .collect();
    let name: String = safe(&spaced);
    name.trim_matches('_').chars().take(MAX_NAME).collect()
}

/// The name of the `number`th scenario of a recording, from 1.
pub(super) fn scenario_name(number: usize, target: &str) -> String {
    let path = decoded_path(target);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("scenario-{number}-{}", parts.join("-"))
}

/// The name of the file for the body of a stub's answer.
pub(super) fn body_file(stub: &Stub, extension: &str) -> String {
    let name = match stub.name.as_deref() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => {
            let url = match &stub.request.url {
                UrlPattern::Url(url) | UrlPattern::UrlPath(url) => url.as_str(),
                _ => "",
            };
            format!("{}-{url}", method_of(stub))
        }
    };
    let extension: String = extension.chars().take(16).collect();
    safe(&format!("{name}-{}.{extension}", stub.id))
}

/// The path of a target as a part of the name of a file: `json-a`, or `(root)`.
pub(super) fn path_parts(target: &str) -> String {
    let path = decoded_path(target);
    let parts: Vec<String> = path.split('/').map(safe).filter(|part| !part.is_empty()).collect();
    let parts: String = parts.join("-").chars().take(MAX_NAME).collect();
    if parts.is_empty() { "(root)".to_owned() } else { parts }
}

/// An extension that is safe in the name of a file.
pub(super) fn safe_extension(extension: &str) -> String {
    safe(extension).chars().take(16).collect()
}

fn method_of(stub: &Stub) -> String {
    stub.request.method.describe().to_ascii_lowercase()
}

/// Without what is neither a word character nor `-` nor `.`, in lower case.
fn safe(text: &str) -> String {
    let keeps = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    let kept = text.chars().filter(|c| keeps(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// A letter of Latin-1 without its accent.
fn without_accent(c: char) -> char {
    match c {
        'À'..='Å' => 'A',
        'Ç' => 'C',
        'È'..='Ë' => 'E',
        'Ì'..='Ï' => 'I',
        'Ñ' => 'N',
        'Ò'..='Ö' => 'O',
        'Ù'..='Ü' => 'U',
        'Ý' => 'Y',
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

/// The media type of a `Content-Type` value, parameters aside, in lower case.
pub(super) fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type is one of text.
pub(super) fn is_text(media_type: &str) -> bool {
    TEXTS.iter().any(|text| media_type.contains(text))
}

/// The extension of the file for a body: by its media type, else by the target, else by what it is.
pub(super) fn extension(target: &str, media_type: Option<&str>, body: &[u8]) -> String {
    if let Some(media_type) = media_type {
        for (part, extension) in [("json", "json"), ("xml", "xml"), ("text", "txt")] {
            if media_type.contains(part) {
                return extension.to_owned();
            }
        }
        if let Some((_, extension)) = EXTENSIONS.iter().find(|(known, _)| *known == media_type) {
            return (*extension).to_owned();
        }
    }
    let path = decoded_path(target);
    let last = path.rsplit('/').next().unwrap_or_default();
    match last.rsplit_once('.') {
        Some((_, extension)) if !extension.is_empty() => extension.to_owned(),
        _ => by_content(body).to_owned(),
    }
}

fn by_content(body: &[u8]) -> &'static str {
    match std::str::from_utf8(body) {
        Ok(text) if body.len() <= MAX_LOOKED_AT => {
            if json::parse(text).is_ok() {
                "json"
            } else if Document::parse(text).is_ok() {
                "xml"
            } else {
                "txt"
            }
        }
        _ => "txt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stubs_are_called_after_the_path() {
        assert_eq!(stub_name("/a/b?x=1"), "a_b");
        assert_eq!(stub_name("/a%20b/caf%C3%A9/"), "a-b_cafe");
        assert_eq!(stub_name("/bin/x.dat"), "bin_x.dat");
        assert_eq!(stub_name("/"), "");
        assert_eq!(stub_name(&format!("/{}", "x".repeat(300))).len(), 200);
    }

    #[test]
    fn scenarios_are_called_after_the_parts_of_the_path() {
        assert_eq!(scenario_name(2, "/r//s/?q"), "scenario-2-r-s");
        assert_eq!(scenario_name(1, "/"), "scenario-1-");
    }

    #[test]
    fn nothing_in_a_path_leads_out_of_the_folder() {
        let request = crate::model::RequestPattern {
            url: UrlPattern::Url("/".to_owned()),
            ..crate::model::RequestPattern::default()
        };
        let stub = Stub { name: Some(stub_name("/../%2e%2e/x")), request, ..Stub::default() };
        let name = body_file(&stub, &extension("/a.b/../c./..%2f", None, b"x"));
        assert!(!name.contains('/') && name.starts_with("..") && name.ends_with(".txt"), "{name}");
    }

    #[test]
    fn extensions_follow_type_then_target_then_content() {
        assert_eq!(extension("/x.bin", Some("application/hal+json"), b""), "json");
        assert_eq!(extension("/x", Some("image/png"), b""), "png");
        assert_eq!(extension("/x", Some("image/svg+xml"), b""), "xml");
        assert_eq!(extension("/x.dat?y=1.z", Some("application/octet-stream"), b""), "dat");
        assert_eq!(extension("/x", None, b"{\"a\": 1}"), "json");
        assert_eq!(extension("/x", None, b"<a/>"), "xml");
        assert_eq!(extension("/x", None, b"hello"), "txt");
        assert_eq!(extension("/x", None, b"\xff\x00"), "txt");
    }
}
