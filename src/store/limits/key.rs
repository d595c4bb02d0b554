//! By what requests are told apart, and how a client is called where people read it.

use std::borrow::Cow;

use base64::Engine as _;
use http::HeaderName;
use sha2::{Digest as _, Sha256};

use crate::{
    codec::{
        RequestView,
        base64::{STANDARD, URL_SAFE},
        json,
        jsonpath::{JsonPath, JsonPathError},
    },
    matching::route,
    model::{Json, JsonStyle, LimitKey},
};

/// Where API keys travel when they do not in `Authorization`.
const KEY_HEADERS: [&str; 10] = [
    "x-api-key",
    "api-key",
    "apikey",
    "x-auth-token",
    "x-access-token",
    "x-goog-api-key",
    "x-shopify-access-token",
    "private-token",
    "ocp-apim-subscription-key",
    "x-functions-key",
];
const KEY_PARAMETERS: [&str; 6] =
    ["key", "api_key", "apikey", "access_token", "token", "X-Amz-Credential"];
/// Of longer names of clients, only the beginning is shown.
const SHOWN: usize = 9;
const SHORT: usize = 12;

/// One part of a key, made ready.
#[derive(Clone, Debug)]
pub(super) enum KeyPart {
    Header(HeaderName),
    Credential,
    ClientIp,
    PathSegment(usize),
    Query(String),
    JwtClaim(String),
    BodyField(JsonPath),
    Endpoint,
    Route,
    Constant(String),
}

/// Why a part of a key cannot be found in any request.
#[derive(Debug)]
pub(super) enum KeyError {
    Header(String),
    Path(JsonPathError),
}

impl KeyPart {
    pub(super) fn compile(key: &LimitKey) -> Result<Self, KeyError> {
        Ok(match key {
            LimitKey::Header(name) => Self::Header(
                HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| KeyError::Header(name.clone()))?,
            ),
            LimitKey::Credential => Self::Credential,
            LimitKey::ClientIp => Self::ClientIp,
            LimitKey::PathSegment(at) => Self::PathSegment(*at),
            LimitKey::Query(name) => Self::Query(name.clone()),
            LimitKey::JwtClaim(name) => Self::JwtClaim(name.clone()),
            LimitKey::BodyField(path) => {
                Self::BodyField(JsonPath::compile(path).map_err(KeyError::Path)?)
            }
            LimitKey::Endpoint => Self::Endpoint,
            LimitKey::Route => Self::Route,
            LimitKey::Constant(text) => Self::Constant(text.clone()),
        })
    }

    pub(super) fn needs_body(&self) -> bool {
        matches!(self, Self::BodyField(_))
    }

    /// Its value in a request; empty where there is none.
    fn value<'v>(&'v self, view: &'v RequestView<'_>) -> Cow<'v, str> {
        match self {
            Self::Header(name) => view.header_named(name).next().unwrap_or_default(),
            Self::Credential => match credential(view) {
                Some(credential) => Cow::Owned(credential),
                None => Cow::Owned(view.client_address().unwrap_or_default()),
            },
            Self::ClientIp => Cow::Owned(view.client_address().unwrap_or_default()),
            Self::PathSegment(at) => {
                let mut segments = view.path().trim_start_matches('/').split('/');
                Cow::Borrowed(segments.nth(*at).unwrap_or_default())
            }
            Self::Query(name) => Cow::Borrowed(query(view, name).unwrap_or_default()),
            Self::JwtClaim(name) => Cow::Owned(claim(view, name).unwrap_or_default()),
            Self::BodyField(path) => {
                let found = view.json().map(|json| path.find(json).into_values());
                let found = found.and_then(|values| values.into_iter().next());
                Cow::Owned(found.map(|value| plain(&value)).unwrap_or_default())
            }
            Self::Endpoint => Cow::Owned(format!("{} {}", view.method(), view.path())),
            Self::Route => Cow::Owned(route::of(view.method(), view.path())),
            Self::Constant(text) => Cow::Borrowed(text),
        }
    }

    /// The value as people may read it. `shown` is the request with its secrets replaced.
    fn label(&self, view: &RequestView<'_>, shown: &RequestView<'_>) -> String {
        let value = self.value(shown);
        let is_credential = match self {
            Self::Credential => credential(view).is_some(),
            Self::Header(name) => name.as_str().contains("auth") || name.as_str().contains("key"),
            _ => false,
        };
        if value.is_empty() {
            return "none".to_owned();
        }
        if is_credential && value == self.value(view) && !value.contains("r1ng") {
            // Nobody replaced it, so its beginning may be all of the secret.
            let digest = Sha256::digest(value.as_bytes());
            return digest
                .iter()
                .take(4)
                .fold("#".to_owned(), |text, it| text + &format!("{it:02x}"));
        }
        let value = match value.split_once(' ') {
            Some((_, credential)) if is_credential => credential,
            _ => &value,
        };
        match self {
            Self::Endpoint | Self::Route | Self::ClientIp | Self::Constant(_) => {
                readable(value, usize::MAX)
            }
            _ => readable(value, SHOWN),
        }
    }
}

/// A digest of all parts, which tells clients apart and gives away none of their secrets.
pub(super) fn digest(parts: &[KeyPart], view: &RequestView<'_>) -> u128 {
    if parts.is_empty() {
        return 0;
    }
    let mut hash = Sha256::new();
    for part in parts {
        let value = part.value(view);
        hash.update((value.len() as u64).to_le_bytes());
        hash.update(value.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// All parts as people may read them.
pub(super) fn label(parts: &[KeyPart], view: &RequestView<'_>, shown: &RequestView<'_>) -> String {
    if parts.is_empty() {
        return "all".to_owned();
    }
    parts.iter().map(|part| part.label(view, shown)).collect::<Vec<_>>().join(" ")
}

/// Fit for a header and for the inside of a JSON text.
fn readable(value: &str, most: usize) -> String {
    let is_plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\');
    let plain = |c: char| if is_plain(c) { c } else { '?' };
    if value.chars().count() <= most.max(SHORT) {
        return value.chars().map(plain).collect();
    }
    value.chars().take(most).map(plain).chain(['…']).collect()
}

fn query<'v>(view: &'v RequestView<'_>, name: &str) -> Option<&'v str> {
    let mut pairs = view.query_pairs().iter();
    pairs.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Whatever credential a request carries.
fn credential(view: &RequestView<'_>) -> Option<String> {
    let fields = &view.request().headers;
    if let Some(value) = view.header("authorization").next().filter(|value| !value.is_empty()) {
        return Some(authorized(&value));
    }
    let header = KEY_HEADERS.iter().find(|name| fields.contains_key(**name));
    if let Some(value) = header.and_then(|name| view.header(name).next()) {
        return Some(value.into_owned());
    }
    let parameter = KEY_PARAMETERS.iter().find_map(|name| query(view, name));
    parameter.filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Who an `Authorization` names: signatures and passwords change, and are nobody's name.
fn authorized(value: &str) -> String {
    let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
    if scheme.eq_ignore_ascii_case("basic")
        && let Ok(decoded) = STANDARD.decode(rest.trim())
        && let Some((user, _)) = String::from_utf8_lossy(&decoded).split_once(':')
        && !user.is_empty()
    {
        return user.to_owned();
    }
    // AWS signs each request anew; its key id comes first in the scope.
    if let Some((_, scope)) = rest.split_once("Credential=") {
        return scope.split(['/', ',']).next().unwrap_or_default().to_owned();
    }
    rest.trim().to_owned()
}

/// A claim of the bearer token, whoever signed it (RFC 7519 §3).
fn claim(view: &RequestView<'_>, name: &str) -> Option<String> {
    let value = view.header("authorization").next()?;
    let token = value.split_once(' ').map_or(&*value, |(_, token)| token).trim();
    let payload = token.split('.').nth(1)?;
    let decoded = URL_SAFE.decode(payload).ok()?;
    let claims = json::parse(std::str::from_utf8(&decoded).ok()?).ok()?;
    claims.member(name).map(plain)
}

/// A JSON value as a key: a text as itself.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => json::write(other, JsonStyle::default()),
    }
}
