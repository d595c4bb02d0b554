//! One HTTP message as the rooms see it.

use std::{borrow::Cow, net::IpAddr, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, uri::PathAndQuery};

/// How the client reached the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Cleartext.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL of this scheme need not name.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A request as matching sees it: already sanitised, its body complete or hashed.
#[derive(Clone, Debug)]
pub struct Request {
    /// Any method token.
    pub method: Method,
    /// How the client came.
    pub scheme: Scheme,
    /// `host[:port]` as the client named it (Host, `:authority`, or CONNECT target).
    pub authority: String,
    /// Path and query, percent-encoding as sent.
    pub target: PathAndQuery,
    /// Header fields; repeats kept.
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// The address that the client came from; `None` where it is not known, as of a recorded request.
    pub client: Option<IpAddr>,
    /// When its head had come: what `now` is to patterns of dates.
    pub received: SystemTime,
}

/// A request body, or what is known of one too large to keep.
#[derive(Clone, Debug)]
pub enum RequestBody {
    /// All of it, as it came (content coding not removed).
    Whole(Bytes),
    /// Only its digest: it exceeded the bound for bodies in memory.
    Hashed {
        /// Length in bytes.
        length: u64,
        /// SHA-256 of the bytes as they came.
        sha256: [u8; 32],
    },
}

/// Header or trailer fields in the order and spelling of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// No fields.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// No fields, with room for so many.
    pub fn with_capacity(fields: usize) -> Self {
        Self(Vec::with_capacity(fields))
    }

    /// Appends a field; an earlier one of that name stays.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The first value of a field, whatever the case of its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All values of a field, whatever the case of its name.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether a field of that name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Removes every field of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// Removes every field but those of which `keep`, given name and value, says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The fields in order, values changeable.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut String)> {
        self.0.iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<(String, String)>> for Headers {
    fn from(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }
}

impl From<&HeaderMap> for Headers {
    /// Bytes that are not UTF-8 are read as Latin-1.
    fn from(map: &HeaderMap) -> Self {
        Self(
            map.iter()
                .map(|(name, value)| (name.as_str().to_owned(), text_of(value.as_bytes())))
                .collect(),
        )
    }
}

/// A field value as text: UTF-8 where it is that, else Latin-1 (RFC 9110 §5.5).
pub fn text_of(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|&byte| byte as char).collect(),
    }
}

/// The first of 128 characters of a private use area (U+F780 to U+F7FF) that stand for the bytes 0x80
/// to 0xFF of a value that is not UTF-8.
const FIRST_STAND_IN: u32 = 0xF780;

/// A field value as text from which [`bytes_of`] makes the same bytes again: UTF-8 where it is that,
/// else with stand-ins for all bytes beyond ASCII.
pub fn exact_text_of(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|&byte| stand_in(byte)).collect(),
    }
}

/// The bytes of a field value that [`exact_text_of`] or a person wrote.
pub fn bytes_of(text: &str) -> Cow<'_, [u8]> {
    if !text.chars().any(|c| stands_for(c).is_some()) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match stands_for(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

fn stand_in(byte: u8) -> char {
    let beyond_ascii = byte.checked_sub(0x80).map(|offset| FIRST_STAND_IN + u32::from(offset));
    beyond_ascii.and_then(char::from_u32).unwrap_or(char::from(byte))
}

fn stands_for(c: char) -> Option<u8> {
    let offset = u32::from(c).checked_sub(FIRST_STAND_IN)?;
    u8::try_from(offset).ok().filter(|offset| *offset < 0x80).map(|offset| offset + 0x80)
}

/// Names of fields whose usual spelling is not that of most.
const USUAL: [(&str, &str); 5] = [
    ("dnt", "DNT"),
    ("etag", "ETag"),
    ("soapaction", "SOAPAction"),
    ("te", "TE"),
    ("www-authenticate", "WWW-Authenticate"),
];

/// A field's name, given in lower case, as most clients and servers spell it.
pub fn usual_spelling(name: &str) -> String {
    if let Some((_, usual)) = USUAL.iter().find(|(known, _)| *known == name) {
        return (*usual).to_owned();
    }
    let mut is_first = true;
    let spelled = name.chars().map(|c| {
        let upper = is_first;
        is_first = c == '-';
        if upper { c.to_ascii_uppercase() } else { c }
    });
    spelled.collect()
}

/// Whether a field's name is spelled as [`usual_spelling`] does.
pub fn is_usual_spelling(name: &str) -> bool {
    if let Some((_, usual)) = USUAL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return *usual == name;
    }
    let mut is_first = true;
    name.bytes().all(|byte| {
        let upper = is_first;
        is_first = byte == b'-';
        if upper { !byte.is_ascii_lowercase() } else { !byte.is_ascii_uppercase() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_most_do() {
        for name in ["Content-Type", "X-A", "ETag", "WWW-Authenticate", "X--B", "_a"] {
            let usual = usual_spelling(&name.to_ascii_lowercase());
            assert_eq!(usual, name);
            assert!(is_usual_spelling(name), "{name}");
        }
        for name in ["content-type", "X-a", "Etag", "X-AB"] {
            assert!(!is_usual_spelling(name), "{name}");
        }
    }

    #[test]
    fn every_field_value_comes_back_as_it_was() {
        for value in [&b"plain"[..], "caf\u{e9} \u{2603}".as_bytes(), b"caf\xe9 \xff\x80", b""] {
            assert_eq!(&*bytes_of(&exact_text_of(value)), value);
        }
    }
}
