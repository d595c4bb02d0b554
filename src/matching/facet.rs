//! What stubs of one URL are told apart by: a part of a request, and the keys that a request has there.
//!
//! A stub that can say so wants one key of one facet ([`super::facts`]); a request that has not got it
//! cannot match. Keys are hashes of values in the one form that all equal values share.

use std::borrow::Cow;

use http::HeaderName;

use super::hash;
use crate::{
    codec::{json::java, number::NumberValue, view::RequestView},
    model::Json,
};

/// The key of a value that is not there.
pub(super) const ABSENT: u64 = 0x5bd1_e995_0000_0001;

/// A part of requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Facet {
    /// The text of the body.
    BodyText,
    Cookie(String),
    /// SHA-256 of the body, as it came or decoded.
    Digest,
    /// A field of a form body.
    Form(String),
    Header(HeaderName),
    /// The value at a place of a JSON body, equal as JSON.
    Json(Vec<Place>),
    /// One of the items at a place of a JSON body, or the object there, has at a place of its own what a
    /// filter takes for equal.
    JsonItem(Vec<Place>, Vec<Place>),
    /// What a JSON path shows of the place.
    JsonText(Vec<Place>),
    Method,
    Query(String),
}

/// A step down into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    At(usize),
    Name(String),
}

/// The keys that a request has; few, most often one.
#[derive(Debug, Default)]
pub(super) struct Keys {
    first: Option<u64>,
    others: Vec<u64>,
}

impl Keys {
    fn push(&mut self, key: u64) {
        match self.first {
            None => self.first = Some(key),
            Some(first) if first == key => {}
            Some(_) => self.others.push(key),
        }
    }

    /// Each of them once.
    pub(super) fn into_distinct(mut self) -> impl Iterator<Item = u64> {
        self.others.sort_unstable();
        self.others.dedup();
        let first = self.first;
        first.into_iter().chain(self.others.into_iter().filter(move |key| Some(*key) != first))
    }
}

impl Facet {
    /// Whether it can be looked at only when the body has come.
    pub(super) fn is_of_body(&self) -> bool {
        match self {
            Self::Cookie(_) | Self::Header(_) | Self::Method | Self::Query(_) => false,
            Self::BodyText
            | Self::Digest
            | Self::Form(_)
            | Self::Json(_)
            | Self::JsonItem(..)
            | Self::JsonText(_) => true,
        }
    }

    /// Adds the keys that a request has here.
    pub(super) fn collect(&self, view: &RequestView<'_>, keys: &mut Keys) {
        match self {
            Self::BodyText => {
                if view.body_length() > 0
                    && let Some(body) = view.body_text_lossy()
                {
                    keys.push(text(&body));
                }
            }
            Self::Cookie(name) => named(view.cookies(), name, keys),
            Self::Digest => {
                keys.push(digest(&view.body_sha256()));
                let is_coded = match (view.raw_body(), view.decoded_body()) {
                    (Some(raw), Some(decoded)) => !std::ptr::eq(raw, decoded),
                    _ => false,
                };
                if is_coded && let Some(decoded) = view.decoded_sha256() {
                    keys.push(digest(&decoded));
                }
            }
            Self::Form(name) => named(view.form(), name, keys),
            Self::Header(name) => {
                let mut is_there = false;
                for value in view.header_named(name) {
                    is_there = true;
                    keys.push(text(&value));
                }
                if !is_there {
                    keys.push(ABSENT);
                }
            }
            Self::Json(places) => {
                keys_of(view.json().and_then(|json| at(json, places)), keys, scalar);
            }
            Self::JsonItem(base, item) => {
                let found = view.json().and_then(|json| at(json, base));
                match found {
                    Some(Json::Array(items)) => {
                        for one in items {
                            keys_of(at(one, item), keys, compared);
                        }
                    }
                    Some(one @ Json::Object(_)) => keys_of(at(one, item), keys, compared),
                    _ => {}
                }
            }
            Self::JsonText(places) => match view.json().and_then(|json| at(json, places)) {
                Some(Json::Array(items)) => {
                    items.iter().for_each(|item| keys_of(Some(item), keys, shown));
                }
                Some(whole @ Json::Object(_)) => {
                    keys.push(text(&java::pretty(whole, &java::number)));
                }
                found => keys_of(found, keys, shown),
            },
            Self::Method => keys.push(method(view.method())),
            Self::Query(name) => named(view.query_pairs(), name, keys),
        }
    }
}

fn keys_of(value: Option<&Json>, keys: &mut Keys, key: fn(&Json) -> Option<u64>) {
    if let Some(key) = value.and_then(key) {
        keys.push(key);
    }
}

fn named(pairs: &[(String, String)], name: &str, keys: &mut Keys) {
    let mut is_there = false;
    for (_, value) in pairs.iter().filter(|(known, _)| known == name) {
        is_there = true;
        keys.push(text(value));
    }
    if !is_there {
        keys.push(ABSENT);
    }
}

/// The value at a place; of a repeated name the last.
fn at<'j>(json: &'j Json, places: &[Place]) -> Option<&'j Json> {
    places.iter().try_fold(json, |json, place| match (json, place) {
        (Json::Array(items), Place::At(at)) => items.get(*at),
        (Json::Object(members), Place::Name(name)) => {
            members.iter().rfind(|(known, _)| known == name).map(|(_, value)| value)
        }
        _ => None,
    })
}

/// The key of a text.
pub(super) fn text(text: &str) -> u64 {
    hash::of(text.as_bytes())
}

/// The key of a method, which is that of all its spellings.
pub(super) fn method(method: &str) -> u64 {
    if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        text(&method.to_ascii_uppercase())
    } else {
        text(method)
    }
}

/// The key of a digest.
pub(super) fn digest(sha256: &[u8; 32]) -> u64 {
    hash::of(sha256)
}

/// The key of a scalar that is equal as JSON: numbers by value.
pub(super) fn scalar(json: &Json) -> Option<u64> {
    Some(match json {
        Json::Null => hash::joined(1, 0),
        Json::Bool(value) => hash::joined(2, u64::from(*value)),
        Json::Number(spelling) => match whole_number(spelling) {
            Some(key) => key,
            None => match NumberValue::of(spelling) {
                Some(value) => number(value.parts()),
                None => hash::joined(4, text(spelling)),
            },
        },
        Json::String(value) => hash::joined(3, text(value)),
        Json::Array(_) | Json::Object(_) => return None,
    })
}

fn number((is_negative, digits, exponent): (bool, &str, i128)) -> u64 {
    let scale = exponent.wrapping_mul(2) | i128::from(is_negative);
    hash::joined(text(digits), hash::of(&scale.to_le_bytes()))
}

/// The key of a number that is spelled with digits alone, as most are.
fn whole_number(spelling: &str) -> Option<u64> {
    let (is_negative, magnitude) =
        spelling.strip_prefix('-').map_or((false, spelling), |magnitude| (true, magnitude));
    if magnitude.is_empty() || !magnitude.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let significant = magnitude.trim_start_matches('0');
    let digits = significant.trim_end_matches('0');
    Some(match digits {
        "" => number((false, "", 0)),
        _ => number((is_negative, digits, significant.len() as i128)),
    })
}

/// The key of a scalar in a filter's comparison, where a text and a number may be equal.
pub(super) fn compared(json: &Json) -> Option<u64> {
    match json {
        Json::Number(spelling) | Json::String(spelling) => whole_number(spelling).or_else(|| {
            Some(match NumberValue::of_big_decimal(spelling) {
                Some(value) => number(value.parts()),
                None => hash::joined(3, text(spelling)),
            })
        }),
        Json::Bool(_) => scalar(json),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// The key of what a path shows of one value.
fn shown(json: &Json) -> Option<u64> {
    let shown = match json {
        Json::Null => return None,
        Json::String(value) => Cow::Borrowed(value.as_str()),
        other => Cow::Owned(java::to_text(other)),
    };
    Some(text(&shown))
}
