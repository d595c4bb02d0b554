//! A body against its patterns: that of a request, or that of one part of it.

use std::{borrow::Cow, sync::OnceLock};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{
    distance::text_distance,
    json::JsonMatcher,
    text::TextMatcher,
    verdict::{PartVerdict, shortened},
};
use crate::{
    codec::{json, view::RequestView},
    model::{BodyPattern, Json},
};

/// A body in the forms that patterns look at.
pub(super) trait Content {
    /// As it came; `None` when only its digest is known.
    fn raw(&self) -> Option<&[u8]>;
    /// Without content coding; `None` when only its digest is known.
    fn decoded(&self) -> Option<&[u8]>;
    /// As text, bytes that are none replaced.
    fn text(&self) -> Option<Cow<'_, str>>;
    /// As JSON.
    fn json(&self) -> Option<&Json>;
    /// Length in bytes as it came.
    fn length(&self) -> u64;
    /// Whether it has this length and digest, as it came or decoded.
    fn has_digest(&self, length: u64, sha256: &[u8; 32]) -> bool;
}

impl Content for RequestView<'_> {
    fn raw(&self) -> Option<&[u8]> {
        self.raw_body()
    }

    fn decoded(&self) -> Option<&[u8]> {
        self.decoded_body()
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        self.body_text_lossy()
    }

    fn json(&self) -> Option<&Json> {
        RequestView::json(self)
    }

    fn length(&self) -> u64 {
        self.body_length()
    }

    fn has_digest(&self, length: u64, sha256: &[u8; 32]) -> bool {
        if self.body_length() == length && self.body_sha256() == *sha256 {
            return true;
        }
        self.decoded_body().is_some_and(|decoded| decoded.len() as u64 == length)
            && self.decoded_sha256() == Some(*sha256)
    }
}

/// The content of one part of a multipart body.
pub(super) struct PartContent<'b> {
    bytes: &'b [u8],
    json: OnceLock<Option<Json>>,
}

impl<'b> PartContent<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, json: OnceLock::new() }
    }
}

impl Content for PartContent<'_> {
    fn raw(&self) -> Option<&[u8]> {
        Some(self.bytes)
    }

    fn decoded(&self) -> Option<&[u8]> {
        Some(self.bytes)
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        Some(String::from_utf8_lossy(self.bytes))
    }

    fn json(&self) -> Option<&Json> {
        let parse = || json::parse(std::str::from_utf8(self.bytes).ok()?).ok();
        self.json.get_or_init(parse).as_ref()
    }

    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn has_digest(&self, length: u64, sha256: &[u8; 32]) -> bool {
        self.bytes.len() as u64 == length && *Sha256::digest(self.bytes) == *sha256
    }
}

/// A [`BodyPattern`], compiled.
#[derive(Clone, Debug)]
pub(super) enum BodyMatcher {
    Binary(Bytes),
    Digest { length: u64, sha256: [u8; 32] },
    Json(Box<JsonMatcher>),
    Text(TextMatcher),
}

impl BodyMatcher {
    /// Compiles a pattern; an error says where below it and what.
    pub(super) fn compile(pattern: &BodyPattern) -> Result<Self, (String, String)> {
        Ok(match pattern {
            BodyPattern::BinaryEqualTo(bytes) => Self::Binary(bytes.clone()),
            BodyPattern::Digest { length, sha256 } => {
                Self::Digest { length: *length, sha256: *sha256 }
            }
            BodyPattern::EqualToJson(pattern) => {
                let matcher = JsonMatcher::compile(pattern)
                    .map_err(|message| ("/equalToJson".to_owned(), message))?;
                Self::Json(Box::new(matcher))
            }
            BodyPattern::Text(pattern) => Self::Text(TextMatcher::compile(pattern)?),
        })
    }

    pub(super) fn is_match(&self, content: &impl Content) -> bool {
        match self {
            Self::Binary(bytes) => match (content.raw(), content.decoded()) {
                (Some(raw), decoded) => raw == bytes || decoded.is_some_and(|it| it == bytes),
                (None, _) => {
                    content.length() == bytes.len() as u64
                        && content.has_digest(content.length(), &Sha256::digest(bytes).into())
                }
            },
            Self::Digest { length, sha256 } => content.has_digest(*length, sha256),
            Self::Json(matcher) => content.json().is_some_and(|json| matcher.is_match(json)),
            // An empty body is as none.
            Self::Text(matcher) if content.length() == 0 => {
                matcher.is_match(None) || matcher.wants_empty()
            }
            // Of a body that is only hashed nothing can be said, but that it is there.
            Self::Text(matcher) => content.text().is_some_and(|text| matcher.is_match(Some(&text))),
        }
    }

    /// What fits and what does not, each place of a JSON body by itself.
    pub(super) fn explain(&self, content: &impl Content) -> Vec<PartVerdict> {
        let matched = self.is_match(content);
        let text = content.text();
        let actual = match &text {
            _ if content.length() == 0 => "nothing".to_owned(),
            Some(text) => shortened(text),
            None => format!("{} bytes", content.length()),
        };
        let verdict = |expected: String, actual: String, distance: f64| PartVerdict {
            part: "body".to_owned(),
            expected,
            actual,
            matched,
            distance: if matched { 0.0 } else { distance },
        };
        match self {
            Self::Binary(bytes) => {
                let distance = match &text {
                    Some(text) => text_distance(&String::from_utf8_lossy(bytes), text),
                    None => 1.0,
                };
                let actual = format!("{} bytes", content.length());
                vec![verdict(format!("these {} bytes", bytes.len()), actual, distance)]
            }
            Self::Digest { length, .. } => {
                let actual = format!("{} bytes", content.length());
                vec![verdict(format!("{length} bytes of a known digest"), actual, 1.0)]
            }
            Self::Json(matcher) => match content.json() {
                Some(json) if !matched => {
                    let differences = matcher.differences(json);
                    let distance = matcher.distance(differences.len());
                    let share = distance / differences.len().max(1) as f64;
                    differences
                        .into_iter()
                        .map(|difference| PartVerdict {
                            part: format!("body {}", difference.path),
                            expected: shortened(&difference.expected),
                            actual: shortened(&difference.actual),
                            matched: false,
                            distance: share,
                        })
                        .collect()
                }
                _ => vec![verdict(shortened(&matcher.describe()), actual, 1.0)],
            },
            Self::Text(matcher) => {
                let distance = match &text {
                    None => 1.0,
                    Some(text) => matcher.distance(Some(text.as_ref()).filter(|it| !it.is_empty())),
                };
                vec![verdict(shortened(&matcher.describe()), actual, distance)]
            }
        }
    }
}
