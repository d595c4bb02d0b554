//! Parts that a multipart body must have.

use std::time::SystemTime;

use super::{
    body::BodyMatcher,
    compiled::TextMatcher,
    content::{Content as _, PartContent},
    subject::Subject,
    verdict::{PartVerdict, shortened},
};
use crate::{
    codec::{multipart::Part, view::RequestView},
    model::MultipartPattern,
};

/// A [`MultipartPattern`], compiled.
#[derive(Clone, Debug)]
pub(super) struct MultipartMatcher {
    label: Option<String>,
    /// Compared only where something else is compared too, as in WireMock.
    file_name: Option<String>,
    all_parts: bool,
    headers: Vec<(String, TextMatcher)>,
    body: Vec<BodyMatcher>,
}

impl MultipartMatcher {
    /// Compiles a pattern; an error says where below it and what.
    pub(super) fn compile(pattern: &MultipartPattern) -> Result<Self, (String, String)> {
        let headers = pattern.headers.iter().map(|(name, value)| {
            TextMatcher::compile(value)
                .map(|matcher| (name.clone(), matcher))
                .map_err(|(below, message)| (format!("/headers/{name}{below}"), message))
        });
        let body = pattern.body.iter().enumerate().map(|(at, pattern)| {
            BodyMatcher::compile(pattern)
                .map_err(|(below, message)| (format!("/bodyPatterns/{at}{below}"), message))
        });
        Ok(Self {
            label: pattern.name.clone(),
            file_name: pattern
                .file_name
                .clone()
                .filter(|_| !(pattern.headers.is_empty() && pattern.body.is_empty())),
            all_parts: pattern.all_parts,
            headers: headers.collect::<Result<_, _>>()?,
            body: body.collect::<Result<_, _>>()?,
        })
    }

    /// Whether the body is multipart and has a part that fits, or fits in all of them.
    pub(super) fn is_match(&self, view: &RequestView<'_>) -> bool {
        let (Some(parts), Some(whole)) = (view.parts(), view.decoded_body()) else { return false };
        let received = view.request().received;
        if self.all_parts {
            !parts.is_empty() && parts.iter().all(|part| self.is_part_match(part, whole, received))
        } else {
            parts.iter().any(|part| self.is_part_match(part, whole, received))
        }
    }

    fn is_part_match(&self, part: &Part, whole: &[u8], received: SystemTime) -> bool {
        let content = PartContent::new(part.body(whole), received);
        self.file_name.as_ref().is_none_or(|name| part.file_name().as_ref() == Some(name))
            && self
                .headers
                .iter()
                .all(|(name, matcher)| matcher.is_match_any(part.header(name), received))
            && self.body.iter().all(|matcher| matcher.is_match(&content))
    }

    /// What fits or does not in the part that tells most.
    pub(super) fn explain(&self, view: &RequestView<'_>) -> PartVerdict {
        let label = self.label.as_deref().unwrap_or("part");
        let part = format!("multipart {label}");
        if self.is_match(view) {
            return PartVerdict {
                part,
                expected: self.describe(),
                actual: "a part that fits".to_owned(),
                matched: true,
                distance: 0.0,
            };
        }
        let received = view.request().received;
        let whole = view.decoded_body().unwrap_or_default();
        let parts = view.parts().unwrap_or_default();
        let by_distance =
            parts.iter().map(|part| (self.part_distance(part, whole, received), part));
        // Where every part must fit, the one to tell of is the one that fits least.
        let nearest = if self.all_parts {
            by_distance.max_by(|(a, _), (b, _)| a.total_cmp(b))
        } else {
            by_distance.min_by(|(a, _), (b, _)| a.total_cmp(b))
        };
        let (distance, actual) = match nearest {
            Some((distance, nearest)) => {
                let content = PartContent::new(nearest.body(whole), received);
                let name = nearest.name().unwrap_or_else(|| "a part".to_owned());
                let text = content.text().unwrap_or_default();
                (distance, format!("{name}: {}", shortened(&text)))
            }
            None => (1.0, "no parts".to_owned()),
        };
        PartVerdict { part, expected: self.describe(), actual, matched: false, distance }
    }

    fn part_distance(&self, part: &Part, whole: &[u8], received: SystemTime) -> f64 {
        let content = PartContent::new(part.body(whole), received);
        let headers = self.headers.iter().map(|(name, matcher)| {
            if matcher.is_match_any(part.header(name), received) {
                return 0.0;
            }
            let values = part.header(name).map(|value| Subject::new(Some(value), received));
            values.map(|value| matcher.distance(&value)).fold(1.0, f64::min)
        });
        let body = self.body.iter().map(|matcher| {
            matcher.explain(&content).iter().map(|verdict| verdict.distance).sum::<f64>()
        });
        let total: f64 = headers.chain(body).sum();
        // Whatever else fits, the file's name may not.
        (total / (self.headers.len() + self.body.len()).max(1) as f64).clamp(0.1, 1.0)
    }

    fn describe(&self) -> String {
        let headers =
            self.headers.iter().map(|(name, matcher)| format!("{name} {}", matcher.describe()));
        let file = self.file_name.iter().map(|name| format!("file name {name:?}"));
        let n_body = (!self.body.is_empty()).then(|| "its body".to_owned());
        let wanted: Vec<String> = file.chain(headers).chain(n_body).collect();
        let which = if self.all_parts { "every part" } else { "a part" };
        if wanted.is_empty() {
            which.to_owned()
        } else {
            shortened(&format!("{which} with {}", wanted.join(", ")))
        }
    }
}
