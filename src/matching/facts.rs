//! What a stub wants of one part of a request: without that key it cannot match. The index keeps
//! stubs of one URL by it.

use super::{
    body::BodyMatcher,
    compiled::{Kind, PathMatcher, TextMatcher},
    facet::{self, ABSENT, Facet, Place},
    json::{Expected, JsonMatcher},
    request::CompiledRequest,
};
use crate::{
    codec::jsonpath::{JsonPath, Plain},
    model::Json,
};

use sha2::{Digest, Sha256};

/// What is told of one stub at most; further facts would hardly tell it from others.
const MAX_FACTS: usize = 64;
/// Places of JSON bodies that lie deeper are not looked at.
const MAX_DEPTH: usize = 16;

/// A part of requests, and the key that must be there.
pub(super) type Fact = (Facet, u64);

impl CompiledRequest {
    /// What it wants of requests; of their bodies too if `with_body`.
    pub(super) fn facts(&self, with_body: bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some(method) = self.method.only() {
            facts.push((Facet::Method, facet::method(method)));
        }
        for (name, _, matcher) in &*self.headers {
            facts.extend(of_values(matcher).map(|key| (Facet::Header(name.clone()), key)));
        }
        let rare = self.rare.as_deref();
        let cookies = rare.map_or(&[][..], |rare| &rare.cookies);
        let form = rare.filter(|_| with_body).map_or(&[][..], |rare| &rare.form);
        type OfName = fn(String) -> Facet;
        let named: [(_, OfName); 3] =
            [(&*self.query, Facet::Query), (cookies, Facet::Cookie), (form, Facet::Form)];
        for (matchers, facet) in named {
            for (name, matcher) in matchers {
                facts.extend(of_values(matcher).map(|key| (facet(name.clone()), key)));
            }
        }
        if with_body {
            for matcher in &*self.body {
                of_body(matcher, &mut facts);
            }
        }
        facts.truncate(MAX_FACTS);
        facts
    }
}

/// The key that one of the values of a name must have.
fn of_values(matcher: &TextMatcher) -> Option<u64> {
    match &matcher.0 {
        Kind::Absent => Some(ABSENT),
        _ => equal_text(matcher).map(facet::text),
    }
}

/// The text that a value must be, or one of the values where there are several.
fn equal_text(matcher: &TextMatcher) -> Option<&str> {
    match &matcher.0 {
        Kind::EqualTo(text) => Some(text),
        Kind::And(all) | Kind::HasExactly(all) | Kind::Includes(all) => {
            all.iter().find_map(equal_text)
        }
        _ => None,
    }
}

fn of_body(matcher: &BodyMatcher, facts: &mut Vec<Fact>) {
    match matcher {
        BodyMatcher::Binary(bytes) => {
            facts.push((Facet::Digest, facet::digest(&Sha256::digest(bytes).into())));
        }
        BodyMatcher::Digest { sha256, .. } => facts.push((Facet::Digest, facet::digest(sha256))),
        BodyMatcher::Json(matcher) => of_json(matcher, facts),
        BodyMatcher::Text(matcher) => of_text(matcher, facts),
    }
}

fn of_text(matcher: &TextMatcher, facts: &mut Vec<Fact>) {
    match &matcher.0 {
        Kind::And(all) => all.iter().for_each(|matcher| of_text(matcher, facts)),
        Kind::EqualTo(text) => facts.push((Facet::BodyText, facet::text(text))),
        Kind::Json(matcher) => of_json(matcher, facts),
        Kind::JsonPath(path) => facts.extend(of_path(path)),
        _ => {}
    }
}

fn of_path(matcher: &PathMatcher<JsonPath>) -> Option<Fact> {
    let value = matcher.value.as_ref();
    if let Some(steps) = matcher.path.plain_steps() {
        let text = value.and_then(equal_text)?;
        return Some((Facet::JsonText(places(&steps)), facet::text(text)));
    }
    // These may fit that a filter lets nothing through.
    if value.is_some_and(|it| matches!(it.0, Kind::Absent | Kind::Json(_))) {
        return None;
    }
    let equality = matcher.path.filter_equality()?;
    let key = facet::compared(&equality.value)?;
    Some((Facet::JsonItem(places(&equality.base), places(&equality.item)), key))
}

fn places(steps: &[Plain<'_>]) -> Vec<Place> {
    let place = |step: &Plain<'_>| match step {
        Plain::At(at) => Place::At(*at),
        Plain::Name(name) => Place::Name((*name).to_owned()),
    };
    steps.iter().map(place).collect()
}

fn of_json(matcher: &JsonMatcher, facts: &mut Vec<Fact>) {
    leaves(&matcher.expected, matcher.ignore_array_order, &mut Vec::new(), facts);
}

/// The scalars that are expected somewhere, whatever else there may be.
fn leaves(expected: &Expected, any_order: bool, at: &mut Vec<Place>, facts: &mut Vec<Fact>) {
    if facts.len() >= MAX_FACTS || at.len() >= MAX_DEPTH {
        return;
    }
    let scalar = match expected {
        Expected::Array(items) if !any_order => {
            for (n, item) in items.iter().enumerate() {
                at.push(Place::At(n));
                leaves(item, any_order, at, facts);
                at.pop();
            }
            return;
        }
        Expected::Object(members) => {
            for (name, value) in members {
                at.push(Place::Name(name.clone()));
                leaves(value, any_order, at, facts);
                at.pop();
            }
            return;
        }
        Expected::Bool(value) => Json::Bool(*value),
        Expected::Null => Json::Null,
        Expected::Number(number) => Json::Number(number.0.clone()),
        Expected::String(text) => Json::String(text.clone()),
        Expected::AnyBoolean
        | Expected::AnyNumber
        | Expected::AnyString
        | Expected::Array(_)
        | Expected::Ignore
        | Expected::IgnoreElement
        | Expected::Regex(_) => return,
    };
    facts.extend(facet::scalar(&scalar).map(|key| (Facet::Json(at.clone()), key)));
}
