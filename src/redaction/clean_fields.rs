//! What a connection's requests brought last, and was looked through: the next one mostly brings the
//! same fields.

use http::HeaderMap;

use super::pass::Pass;

/// Fields that take more are looked through each time.
const MOST: usize = 4096;

/// The fields of a request in which no credential was found.
#[derive(Clone, Debug, Default)]
pub struct CleanFields {
    /// Each name and value, with their lengths before them.
    text: Vec<u8>,
}

impl CleanFields {
    /// Whether a pass finds nothing in any field; those that are known are not looked at.
    pub(super) fn are_clean(&mut self, pass: &mut Pass<'_>, fields: &HeaderMap) -> bool {
        let mut known = self.text.as_slice();
        let mut is_known = true;
        for (name, value) in fields {
            let (name, value) = (name.as_str(), value.as_bytes());
            match after(known, name.as_bytes(), value) {
                Some(rest) => known = rest,
                None => {
                    is_known = false;
                    known = skipped(known);
                    let Ok(value) = std::str::from_utf8(value) else { return false };
                    if pass.header(name, value).is_some() {
                        return false;
                    }
                }
            }
        }
        if !is_known || !known.is_empty() {
            self.know(fields);
        }
        pass.found.is_empty()
    }

    fn know(&mut self, fields: &HeaderMap) {
        self.text.clear();
        let size = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            name.as_str().len() + value.len() + 8
        };
        if fields.iter().map(size).sum::<usize>() > MOST {
            return;
        }
        for (name, value) in fields {
            let (name, value) = (name.as_str().as_bytes(), value.as_bytes());
            self.text.extend_from_slice(&lengths(name, value));
            self.text.extend_from_slice(name);
            self.text.extend_from_slice(value);
        }
    }
}

fn lengths(name: &[u8], value: &[u8]) -> [u8; 8] {
    let length = |bytes: &[u8]| u64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    ((length(name) << 32) | length(value)).to_le_bytes()
}

/// What follows this field, where it comes first.
fn after<'k>(known: &'k [u8], name: &[u8], value: &[u8]) -> Option<&'k [u8]> {
    known.strip_prefix(&lengths(name, value))?.strip_prefix(name)?.strip_prefix(value)
}

/// What follows the first field.
fn skipped(known: &[u8]) -> &[u8] {
    let Some((lengths, rest)) = known.split_first_chunk::<8>() else { return &[] };
    let lengths = u64::from_le_bytes(*lengths);
    let length = (lengths >> 32) + (lengths & u64::from(u32::MAX));
    usize::try_from(length).ok().and_then(|length| rest.get(length..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue, Method, Uri};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        model::{Request, RequestBody, Scheme},
        redaction::Redactor,
    };

    fn request(fields: &[(usize, usize)]) -> Request {
        const NAMES: [&str; 5] = ["accept", "authorization", "user-agent", "x-api-key", "x-trace"];
        const VALUES: [&str; 5] =
            ["*/*", "", "Bearer a1B2c3D4e5F6g7", "t-17", "sk_live_a1B2c3D4e5F6g7H8i9"];
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                HeaderName::from_static(NAMES[*name]),
                HeaderValue::from_static(VALUES[*value]),
            );
        }
        Request {
            method: Method::GET,
            scheme: Scheme::Http,
            authority: "h".to_owned(),
            target: Uri::from_static("/a").path_and_query().unwrap().clone(),
            headers,
            body: RequestBody::Whole(bytes::Bytes::new()),
            client: None,
            received: std::time::UNIX_EPOCH,
        }
    }

    proptest! {
        #[test]
        fn what_came_before_changes_no_verdict(
            requests in prop::collection::vec(prop::collection::vec((0..5_usize, 0..5_usize), 0..5), 1..6),
        ) {
            let redactor = Redactor::new(b"key");
            let mut known = CleanFields::default();
            for fields in requests {
                let request = request(&fields);
                let is_clean = matches!(redactor.seen(&request), std::borrow::Cow::Borrowed(_));
                prop_assert_eq!(redactor.is_clean(&request, &mut known), is_clean, "{:?}", fields);
            }
        }
    }
}
