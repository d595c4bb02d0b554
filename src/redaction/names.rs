//! Names under which credentials travel: header fields, cookies, parameters, JSON members.
//!
//! Names are compared without case and punctuation, so that `client_secret`, `clientSecret` and
//! `Client-Secret` are one. Personal data (names, addresses, phone numbers) is not looked for.

use super::{
    class::Class,
    name_tables::{HEADER_GATE, HEADERS, HeaderRule, PARAMETER_GATE, PARAMETERS, Weight, order},
    usual,
};

/// What the name of a parameter, member or element says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) class: Class,
    pub(super) weight: Weight,
}

const NORMAL: usize = 64;

/// A name in lower case with letters and digits only; none that is longer is in the tables.
struct Normal {
    bytes: [u8; NORMAL],
    length: usize,
}

impl Normal {
    fn new(name: &str) -> Option<Self> {
        let mut normal = Self { bytes: [0; NORMAL], length: 0 };
        for byte in innermost(name).bytes().filter(u8::is_ascii_alphanumeric) {
            *normal.bytes.get_mut(normal.length)? = byte.to_ascii_lowercase();
            normal.length += 1;
        }
        Some(normal)
    }

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

/// `password` of `user[password]`, `user[password][]`, `wsse:Password` and `user.password`.
fn innermost(name: &str) -> &str {
    let mut rest = name;
    while let Some(outer) = rest.strip_suffix("[]") {
        rest = outer;
    }
    match rest.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
        Some((_, inner)) => inner,
        None => rest.rsplit([':', '.', '/']).next().unwrap_or(rest),
    }
}

/// What the name of a query parameter, form field, JSON member or XML element says.
pub(super) fn parameter(name: &str) -> Option<Named> {
    if !may_be_named(name) {
        return None;
    }
    let normal = Normal::new(name)?;
    let name = normal.as_str();
    let listed = PARAMETER_GATE
        .admits(name)
        .then(|| PARAMETERS.binary_search_by(|row| order(row.0, name)).ok())
        .flatten()
        .and_then(|at| PARAMETERS.get(at));
    let (class, weight) = match listed {
        Some(&(_, class, weight)) => (class, weight),
        None => (by_ending(name)?, Weight::Strong),
    };
    Some(Named { class, weight })
}

/// Whether a name ends as one of a credential does. Rules out most, at little cost.
#[inline]
fn may_be_named(name: &str) -> bool {
    match last_two(name) {
        Some([first, second])
            if first.is_ascii_alphanumeric() && second.is_ascii_alphanumeric() =>
        {
            ENDS.get(end(*first, *second)).copied().unwrap_or_default()
        }
        // One of them does not count.
        _ => true,
    }
}

/// By the last two letters or digits, what [`end`] makes of them.
static ENDS: [bool; 1024] = {
    let mut ends = [false; 1024];
    let others = [*b"rd", *b"wd", *b"se", *b"et", *b"ey", *b"en"];
    let mut at = 0;
    while at < others.len() {
        ends[end(others[at][0], others[at][1])] = true;
        at += 1;
    }
    at = 0;
    while at < PARAMETERS.len() {
        let name = PARAMETERS[at].0.as_bytes();
        ends[end(name[name.len() - 2], name[name.len() - 1])] = true;
        at += 1;
    }
    ends
};

const fn end(first: u8, second: u8) -> usize {
    ((first as usize & 31) << 5) | (second as usize & 31)
}

/// `user_password`, `stripe_api_key`, `webhook_secret`, `device_token`, …
fn by_ending(name: &str) -> Option<Class> {
    const ENDINGS: [(&str, Class); 9] = [
        ("password", Class::Password),
        ("passwd", Class::Password),
        ("passphrase", Class::Password),
        ("secret", Class::Secret),
        ("secretkey", Class::Secret),
        ("secretaccesskey", Class::Secret),
        ("privatekey", Class::PrivateKey),
        ("apikey", Class::ApiKey),
        ("token", Class::Token),
    ];
    if !matches!(last_two(name), Some(b"rd" | b"wd" | b"se" | b"et" | b"ey" | b"en")) {
        return None;
    }
    let class = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending))?.1;
    let csrf = name.contains("csrf") || name.contains("xsrf") || name == "authenticitytoken";
    match class {
        Class::Token if is_cursor(name) => None,
        Class::Token if csrf => Some(Class::Csrf),
        class => Some(class),
    }
}

/// What all endings are told apart by from most names.
fn last_two(name: &str) -> Option<&[u8; 2]> {
    name.as_bytes().last_chunk()
}

/// Tokens that mark a place in a list or a retried call: no credentials, and clients send them
/// back in places where matching needs them.
fn is_cursor(name: &str) -> bool {
    const WORDS: [&str; 16] = [
        "page",
        "next",
        "prev",
        "continu",
        "pagination",
        "cursor",
        "sync",
        "starting",
        "skip",
        "sequence",
        "resume",
        "change",
        "idempoten",
        "clientrequest",
        "concurrency",
        "delta",
    ];
    WORDS.iter().any(|word| name.contains(word))
        || matches!(name, "clienttoken" | "canceltoken" | "cancellationtoken" | "eostoken")
}

/// How to read a header field.
pub(super) fn header(name: &str) -> Option<HeaderRule> {
    if usual::is_usual(name) { None } else { named_header(name) }
}

/// As [`header`], for a name that is not usual.
pub(super) fn named_header(name: &str) -> Option<HeaderRule> {
    let mut lower = [0; NORMAL];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let name = std::str::from_utf8(lower).ok()?;
    // Binary metadata of gRPC.
    let name = name.strip_suffix("-bin").unwrap_or(name);
    let listed = HEADER_GATE
        .admits(name)
        .then(|| HEADERS.binary_search_by(|row| order(row.0, name)).ok())
        .flatten()
        .and_then(|at| HEADERS.get(at));
    match listed {
        Some(&(_, rule)) => Some(rule),
        None => header_by_ending(name).map(HeaderRule::Whole),
    }
}

/// Header names that end, or are, as names of parameters do: `X-Vault-Token`, `Client-Secret`.
fn header_by_ending(name: &str) -> Option<Class> {
    const ENDINGS: [(&str, Class); 7] = [
        ("-signature", Class::Signature),
        ("-signature-256", Class::Signature),
        ("-access-key", Class::ApiKey),
        ("-subscription-key", Class::ApiKey),
        ("-secret-key", Class::Secret),
        ("-customer-key", Class::Secret),
        ("-auth-key", Class::ApiKey),
    ];
    let by_ending = matches!(last_two(name), Some(b"re" | b"56" | b"ey"))
        .then(|| ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)))
        .flatten();
    if let Some((_, class)) = by_ending {
        return Some(*class);
    }
    let named = parameter(name.strip_prefix("x-").unwrap_or(name))?;
    let is_of_cards = matches!(named.class, Class::CardNumber | Class::CardCode);
    (named.weight == Weight::Strong && !is_of_cards).then_some(named.class)
}

/// The class of a cookie by its name.
pub(super) fn cookie(name: &str) -> Option<Class> {
    let normal = Normal::new(name)?;
    let name = normal.as_str();
    let name = name.strip_prefix("host").or(name.strip_prefix("secure")).unwrap_or(name);
    if name.contains("csrf") || name.contains("xsrf") {
        return Some(Class::Csrf);
    }
    const PARTS: [&str; 12] = [
        "sess",
        "token",
        "jwt",
        "secret",
        "passw",
        "apikey",
        "ticket",
        "login",
        "remember",
        "credential",
        "bearer",
        "signature",
    ];
    let is_credential = name.ends_with("sid")
        || PARTS.iter().any(|part| name.contains(part))
        || (name.contains("auth") && !name.contains("author"))
        || name.contains("authoriz");
    is_credential.then_some(Class::Cookie)
}

/// Whether a JSON member or header is by its name an identifier, a stamp or a checksum: an opaque
/// value there is not a credential.
pub(super) fn is_label(name: &str) -> bool {
    let Some(normal) = Normal::new(name) else {
        return false;
    };
    let name = normal.as_str();
    const WORDS: [&str; 22] = [
        "id",
        "uuid",
        "guid",
        "href",
        "url",
        "uri",
        "link",
        "name",
        "type",
        "version",
        "etag",
        "hash",
        "sha",
        "sha1",
        "sha256",
        "md5",
        "digest",
        "checksum",
        "fingerprint",
        "email",
        "date",
        "time",
    ];
    WORDS.contains(&name)
        || ["id", "ids", "url", "uri", "name", "type", "version", "hash", "at", "time", "date"]
            .iter()
            .any(|ending| name.len() > ending.len() && name.ends_with(ending))
        || ["user", "useragent", "slug", "path", "file", "phone"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_of_a_name_does_not_matter() {
        for name in [
            "client_secret",
            "clientSecret",
            "CLIENT-SECRET",
            "app[client_secret]",
            "a.clientSecret",
        ] {
            assert_eq!(parameter(name).map(|named| named.class), Some(Class::Secret), "{name}");
        }
        assert_eq!(parameter("wsse:Password").map(|named| named.class), Some(Class::Password));
        assert_eq!(parameter("csrfmiddlewaretoken").map(|named| named.class), Some(Class::Csrf));
    }

    #[test]
    fn every_name_of_the_table_is_found() {
        for (name, class, weight) in PARAMETERS {
            let named = Some(Named { class: *class, weight: *weight });
            for spelled in
                [(*name).to_owned(), name.to_uppercase(), format!("a.{name}"), format!("{name}[]")]
            {
                assert_eq!(parameter(&spelled), named, "{spelled}");
            }
        }
    }

    #[test]
    fn tables_can_be_searched() {
        assert!(PARAMETERS.is_sorted_by(|a, b| order(a.0, b.0).is_lt()));
        assert!(HEADERS.is_sorted_by(|a, b| order(a.0, b.0).is_lt()));
    }

    #[test]
    fn ordinary_names_are_no_credentials() {
        for name in [
            "id",
            "author",
            "tokens",
            "max_tokens",
            "next_page_token",
            "NextContinuationToken",
            "nextToken",
            "syncToken",
            "keyboard",
            "passenger",
            "token_type",
            "email",
            "description",
        ] {
            assert_eq!(parameter(name), None, "{name}");
        }
        for name in ["Idempotency-Key", "Sec-WebSocket-Key", "ETag", "Content-Type", "X-Request-Id"]
        {
            assert_eq!(header(name), None, "{name}");
        }
        for name in ["a", "theme", "lang", "author", "_ga"] {
            assert_eq!(cookie(name), None, "{name}");
        }
    }

    #[test]
    fn header_families_are_known_by_their_ending() {
        assert_eq!(header("X-Vault-Token"), Some(HeaderRule::Whole(Class::Token)));
        assert_eq!(header("PRIVATE-TOKEN"), Some(HeaderRule::Whole(Class::Token)));
        assert_eq!(header("X-CSRF-Token"), Some(HeaderRule::Whole(Class::Csrf)));
        assert_eq!(header("x-ms-continuation-token"), None);
        assert_eq!(header("Stripe-Signature"), Some(HeaderRule::Whole(Class::Signature)));
    }

    #[test]
    fn session_cookies_are_known() {
        for name in ["session", "JSESSIONID", "connect.sid", "__Host-auth", "sid", "remember_me"] {
            assert_eq!(cookie(name), Some(Class::Cookie), "{name}");
        }
    }
}
