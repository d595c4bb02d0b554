//! One pass over an exchange, or over a request before it is matched.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use http::HeaderMap;

use crate::model::{Exchange, Request};

/// What was replaced in an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Where, sorted, each once: `request.headers.Authorization`, `response.body.$.data.login`.
    pub places: Vec<String>,
    /// How many values of each class: `authorization`, `cookie`, `password`, …
    pub counts: BTreeMap<&'static str, usize>,
}

/// Replaces credentials by pseudonyms.
#[derive(Debug)]
pub struct Redactor {}

impl Redactor {
    /// A redactor whose pseudonyms depend on `key`.
    pub fn new(_key: &[u8]) -> Self {
        Self {}
    }

    /// A redactor that leaves everything as it is.
    pub fn off() -> Self {
        Self {}
    }

    /// Sanitises a whole exchange in place.
    pub fn exchange(&self, _exchange: &mut Exchange) -> Replaced {
        Replaced::default()
    }

    /// A request target, sanitised by what it says itself.
    pub fn target<'a>(&self, target: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(target)
    }

    /// A request header's value, sanitised.
    pub fn header<'a>(&self, _name: &str, value: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(value)
    }

    /// A request body, sanitised; `None` when nothing in it is secret.
    pub fn request_body(&self, _headers: &HeaderMap, _body: &Bytes) -> Option<Bytes> {
        None
    }

    /// Sanitises a request in place, as `exchange` did when it was recorded.
    pub fn request(&self, _request: &mut Request) {}

    /// What the credentials of an original request become: pairs of pseudonym and own value.
    pub fn substitutions(&self, _request: &Request) -> Vec<(String, String)> {
        Vec::new()
    }
}
