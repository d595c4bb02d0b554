//! A body against its patterns: that of a request, or that of one part of it.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{
    compiled::TextMatcher,
    content::Content,
    distance::text_distance,
    json::JsonMatcher,
    subject::Subject,
    verdict::{PartVerdict, shortened},
};
use crate::model::BodyPattern;

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

    pub(super) fn is_match(&self, content: &dyn Content) -> bool {
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
            // Of a body that is only hashed nothing can be said, but that it is there.
            Self::Text(matcher) => {
                (content.is_absent() || content.decoded().is_some())
                    && matcher.is_match(&Subject::of_content(content))
            }
        }
    }

    /// What fits and what does not, each place of a JSON body by itself.
    pub(super) fn explain(&self, content: &dyn Content) -> Vec<PartVerdict> {
        let matched = self.is_match(content);
        let text = content.text();
        let actual = match &text {
            _ if content.is_absent() => "nothing".to_owned(),
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
                let value = Subject::of_content(content);
                let distance = if text.is_some() { matcher.distance(&value) } else { 1.0 };
                let expected = shortened(&matcher.describe());
                let expected = match matcher.reason(&value).filter(|_| !matched) {
                    Some(reason) => format!("{expected} ({reason})"),
                    None => expected,
                };
                vec![verdict(expected, actual, distance)]
            }
        }
    }
}
