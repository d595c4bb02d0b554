//! Header fields that most messages have, and that bring no credential: known by one comparison.

/// A power of two, large enough for no two names to meet.
const PLACES: usize = 1024;

const NAMES: [&str; 40] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "access-control-allow-origin",
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "origin",
    "pragma",
    "range",
    "referer",
    "server",
    "traceparent",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "x-forwarded-for",
    "x-request-id",
];

static TABLE: [&str; PLACES] = {
    let mut table = [""; PLACES];
    let mut at = 0;
    while at < NAMES.len() {
        let name = NAMES[at].as_bytes();
        let place = place(name.len(), name[0], name[name.len() / 2], name[name.len() - 1]);
        assert!(table[place].is_empty(), "two names meet: choose other factors");
        table[place] = NAMES[at];
        at += 1;
    }
    table
};

const fn place(length: usize, first: u8, middle: u8, last: u8) -> usize {
    let hash =
        length * 131 + (first as usize) * 37 + (middle as usize) * 353 + (last as usize) * 59;
    hash & (PLACES - 1)
}

/// Whether a name, in lower case, is one of them.
#[inline]
pub(super) fn is_usual(name: &str) -> bool {
    let bytes = name.as_bytes();
    let (Some(&first), Some(&middle), Some(&last)) =
        (bytes.first(), bytes.get(bytes.len() / 2), bytes.last())
    else {
        return false;
    };
    TABLE.get(place(bytes.len(), first, middle, last)).is_some_and(|usual| *usual == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::names;

    #[test]
    fn usual_names_are_those_of_the_list_and_no_credentials() {
        for name in NAMES {
            assert!(is_usual(name), "{name}");
            assert_eq!(names::named_header(name), None, "{name}");
        }
        for name in ["", "a", "authorization", "cookie", "Host", "x-api-key"] {
            assert!(!is_usual(name), "{name}");
        }
    }
}
