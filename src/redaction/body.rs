//! Credentials in bodies: by content type, content coding undone and redone.

use std::ops::Range;

use super::{kind::Kind, names, pass::Pass};
use crate::{
    codec::{encoding, form, multipart},
    model::Coding,
};

/// A body that is larger than this when its coding is undone is looked at as it is.
const LARGEST: usize = 256 * 1024 * 1024;

/// What the head of a message says about its body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Label<'h> {
    pub(super) content_type: &'h str,
    pub(super) content_encoding: &'h str,
}

impl<'h> Label<'h> {
    /// Takes what a header field says.
    pub(super) fn read(&mut self, name: &str, value: &'h str) {
        if name.eq_ignore_ascii_case("content-type") {
            self.content_type = value;
        } else if name.eq_ignore_ascii_case("content-encoding") {
            self.content_encoding = value;
        }
    }
}

impl Pass<'_> {
    /// A body with its credentials replaced, in the coding that it had; `None` when there are none.
    pub(super) fn body(&mut self, label: Label<'_>, body: &[u8]) -> Option<Vec<u8>> {
        if body.is_empty() {
            return None;
        }
        if encoding::is_identity(label.content_encoding) {
            return self.plain_body(label.content_type, body);
        }
        // Of stacked codings and chunks with signatures nothing is redone.
        let decoded = Coding::from_token(label.content_encoding)
            .and_then(|coding| Some((coding, encoding::decode(coding, body, LARGEST).ok()?)));
        match decoded {
            Some((coding, plain)) => {
                let replaced = self.plain_body(label.content_type, &plain)?;
                encoding::encode(coding, &replaced).ok()
            }
            None => self.bytes_of(body, Kind::Binary),
        }
    }

    fn bytes_of(&mut self, body: &[u8], kind: Kind) -> Option<Vec<u8>> {
        if self.again && !self.knows_any(body) {
            return None;
        }
        self.bytes(body, kind)
    }

    /// Whether anything known occurs in it.
    pub(super) fn knows_any(&self, bytes: &[u8]) -> bool {
        self.taints.iter().any(|taint| taint.find(bytes, 0).is_some())
    }

    fn plain_body(&mut self, content_type: &str, body: &[u8]) -> Option<Vec<u8>> {
        if self.again && !self.knows_any(body) {
            return None;
        }
        let kind = kind_of(content_type, body);
        let text = match std::str::from_utf8(body) {
            Ok(text) if kind != Kind::Binary => text,
            _ => {
                return match multipart::boundary(content_type) {
                    Some(boundary) => self.parts(body, &boundary),
                    None => self.bytes(body, kind),
                };
            }
        };
        let is_json = content_type == "application/json"
            || contains_word(content_type, "json")
            || text.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']).starts_with(['{', '[']);
        if is_json && let Some(replaced) = self.json(text) {
            return replaced.map(String::into_bytes);
        }
        if form::is_form(content_type) {
            return self.pairs(text).map(String::into_bytes);
        }
        if let Some(boundary) = multipart::boundary(content_type) {
            return self.parts(body, &boundary);
        }
        self.bytes(body, kind)
    }

    /// Parts by the name of their field; the others by their own content type.
    fn parts(&mut self, body: &[u8], boundary: &str) -> Option<Vec<u8>> {
        let Some(parts) = multipart::parts(body, boundary) else {
            return self.bytes(body, kind_of("", body));
        };
        let mut edits: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        for part in &parts {
            let content = part.body(body);
            let name = part.name().unwrap_or_default();
            let replaced = self.at(
                || format!(".{name}"),
                |pass| {
                    let named = names::parameter(&name)
                        .zip(std::str::from_utf8(content).ok())
                        .and_then(|(named, value)| pass.named(named, value));
                    if let Some(value) = named {
                        return Some(value.into_bytes());
                    }
                    match part.header("content-type").next() {
                        Some(own) => pass.plain_body(own, content),
                        None if part.file_name().is_some() => {
                            pass.bytes(content, kind_of("application/octet-stream", content))
                        }
                        None => pass.plain_body("text/plain", content),
                    }
                },
            );
            edits.extend(replaced.map(|replaced| (part.range.clone(), replaced)));
        }
        if edits.is_empty() {
            return None;
        }
        let mut out = Vec::with_capacity(body.len());
        let mut done = 0;
        for (range, replaced) in edits {
            out.extend_from_slice(body.get(done..range.start).unwrap_or_default());
            out.extend_from_slice(&replaced);
            done = range.end;
        }
        out.extend_from_slice(body.get(done..).unwrap_or_default());
        Some(out)
    }
}

/// Whether a body may change its length. Where the content type does not say that it is text, the
/// body has to look like it.
pub(super) fn kind_of(content_type: &str, body: &[u8]) -> Kind {
    const TEXTS: [&str; 12] = [
        "text/",
        "json",
        "xml",
        "form-urlencoded",
        "javascript",
        "ecmascript",
        "yaml",
        "graphql",
        "csv",
        "toml",
        "html",
        "x-sh",
    ];
    // Most are spelled like this, and the search below is long.
    if matches!(content_type, "application/json" | "application/json; charset=utf-8" | "text/plain")
    {
        return Kind::Text;
    }
    // Frames say how long their messages are, whatever is in them.
    if contains_word(content_type, "grpc") {
        return Kind::Binary;
    }
    if TEXTS.iter().any(|word| contains_word(content_type, word)) {
        return Kind::Text;
    }
    let is_text = content_type.is_empty()
        && std::str::from_utf8(body).is_ok()
        && !body.iter().any(|byte| matches!(byte, 0..=8 | 14..=31));
    if is_text { Kind::Text } else { Kind::Binary }
}

fn contains_word(content_type: &str, word: &str) -> bool {
    content_type
        .as_bytes()
        .windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}
