//! Puts the values of the present client in the place of those that were recorded.
//!
//! An answer may name what the request brought: the address that the client used, a credential
//! that is a pseudonym in the stub, a nonce. A client notices when its own value comes back changed.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memmem;

/// Recorded values and what to put in their place, each where it occurs whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Substitutions(Vec<(String, String)>);

impl Substitutions {
    /// None.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a pair; an empty or unchanged value is no pair.
    pub fn push(&mut self, recorded: String, now: String) {
        if !recorded.is_empty() && recorded != now {
            self.0.push((recorded, now));
        }
    }

    /// The client knows the API as `now`, where `recorded` stands in the answer (both
    /// `scheme://host[:port]`).
    pub fn push_address(&mut self, recorded: &str, now: &str) {
        if recorded == now {
            return;
        }
        let authority = |origin: &str| {
            origin.split_once("://").map_or_else(String::new, |(_, authority)| authority.to_owned())
        };
        let (old, new) = (authority(recorded), authority(now));
        self.push(recorded.to_owned(), now.to_owned());
        self.push(percent_encoded(recorded), percent_encoded(now));
        self.push(recorded.replace('/', "\\/"), now.replace('/', "\\/"));
        // A bare host name may mean something else; with a port it is the address.
        if has_port(&old) {
            self.push(old.clone(), new.clone());
            self.push(old.replace(':', "%3A"), new.replace(':', "%3A"));
        }
    }

    /// The text with every recorded value replaced.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.bytes(text.as_bytes()) {
            // Both sides of every pair are UTF-8, and so is what is left of the text.
            Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
            None => Cow::Borrowed(text),
        }
    }

    /// The bytes with every recorded value replaced; `None` if none occurs. What was put in is not
    /// looked at again: values may have changed places.
    pub fn bytes(&self, bytes: &[u8]) -> Option<Bytes> {
        let first = |(recorded, now): &'_ (String, String)| {
            Some((find(bytes, recorded.as_bytes(), 0)?, recorded.clone(), now.clone()))
        };
        let mut due: Vec<(usize, String, String)> = self.0.iter().filter_map(first).collect();
        let mut out = Vec::new();
        let mut copied = 0;
        // Of values that begin at the same place the longest, which the others are part of.
        while let Some(at) = due
            .iter()
            .enumerate()
            .min_by_key(|(_, (at, recorded, _))| (*at, std::cmp::Reverse(recorded.len())))
            .map(|(place, _)| place)
        {
            let Some((begin, recorded, now)) = due.get(at) else { break };
            out.extend_from_slice(bytes.get(copied..*begin).unwrap_or_default());
            out.extend_from_slice(now.as_bytes());
            copied = begin + recorded.len();
            due.retain_mut(|(begin, recorded, _)| {
                if *begin >= copied {
                    return true;
                }
                let next = find(bytes, recorded.as_bytes(), copied);
                *begin = next.unwrap_or_default();
                next.is_some()
            });
        }
        if copied == 0 {
            return None;
        }
        out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
        Some(out.into())
    }
}

/// Whether one of the forms that [`Substitutions::push_address`] looks for occurs.
pub fn mentions_address(bytes: &[u8], address: &str) -> bool {
    let authority = address.split_once("://").map_or(address, |(_, authority)| authority);
    let occurs = |needle: &str| find(bytes, needle.as_bytes(), 0).is_some();
    if has_port(authority) {
        occurs(authority) || occurs(&authority.replace(':', "%3A"))
    } else {
        occurs(address) || occurs(&percent_encoded(address)) || occurs(&address.replace('/', "\\/"))
    }
}

fn has_port(authority: &str) -> bool {
    authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn percent_encoded(address: &str) -> String {
    address.replace(':', "%3A").replace('/', "%2F")
}

/// The next occurrence that is not part of a longer word or number.
fn find(text: &[u8], needle: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let rest = text.get(from..)?;
        let at = from + memmem::find(rest, needle)?;
        let end = at + needle.len();
        let joined = |left: Option<&u8>, right: Option<&u8>| {
            left.zip(right).is_some_and(|(left, right)| {
                left.is_ascii_alphanumeric() && right.is_ascii_alphanumeric()
            })
        };
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        // The last digit of a percent-encoded octet (`%2F`) ends no word.
        let escaped = at.checked_sub(3).and_then(|before| text.get(before)) == Some(&b'%');
        if (escaped || !joined(before, needle.first())) && !joined(needle.last(), text.get(end)) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(text: &str) -> String {
        let mut substitutions = Substitutions::none();
        substitutions.push_address("http://127.0.0.1:8080", "https://localhost:9000");
        assert_eq!(
            mentions_address(text.as_bytes(), "http://127.0.0.1:8080"),
            text != substitutions.text(text)
        );
        substitutions.text(text).into_owned()
    }

    #[test]
    fn an_address_moves_in_every_spelling() {
        assert_eq!(moved("http://127.0.0.1:8080/x"), "https://localhost:9000/x");
        assert_eq!(
            moved(r#"{"u":"http:\/\/127.0.0.1:8080\/"}"#),
            r#"{"u":"https:\/\/localhost:9000\/"}"#
        );
        assert_eq!(
            moved("?to=http%3A%2F%2F127.0.0.1%3A8080%2F"),
            "?to=https%3A%2F%2Flocalhost%3A9000%2F"
        );
        assert_eq!(moved("Host: 127.0.0.1:8080"), "Host: localhost:9000");
        assert_eq!(moved("127.0.0.1%3A8080"), "localhost%3A9000");
    }

    #[test]
    fn a_longer_address_is_another_address() {
        assert_eq!(moved("http://127.0.0.1:80801/"), "http://127.0.0.1:80801/");
        assert_eq!(moved("1127.0.0.1:8080"), "1127.0.0.1:8080");
    }

    #[test]
    fn values_that_changed_places_do_not_run_into_each_other() {
        let mut substitutions = Substitutions::none();
        for (recorded, now) in [("id-a", "id-b"), ("id-b", "id-c"), ("id-c", "id-a")] {
            substitutions.push(recorded.to_owned(), now.to_owned());
        }
        assert_eq!(substitutions.text("id-a, id-b, id-c, id-a"), "id-b, id-c, id-a, id-b");
    }

    #[test]
    fn a_bare_host_name_is_left_alone() {
        let mut substitutions = Substitutions::none();
        substitutions.push_address("https://example.com", "http://127.0.0.1:1");
        assert_eq!(
            substitutions.text("me@example.com https://example.com/a"),
            "me@example.com http://127.0.0.1:1/a"
        );
    }
}
