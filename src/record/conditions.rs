//! Which request header tells two answers apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::{matching::noise, model::ValuePattern};

/// Lower-case name → values of a request's header fields.
pub(super) type HeaderValues = BTreeMap<String, Vec<String>>;

/// The headers of all requests that got one variant's answers, summed up.
#[derive(Clone, Debug, Default)]
pub(super) struct Earlier {
    count: usize,
    seen: BTreeMap<String, Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    /// How many of the requests had the header.
    count: usize,
    /// The values that all of those had; `None` once they varied.
    value: Option<Vec<String>>,
}

impl Earlier {
    /// Whether there was no request yet.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a request.
    pub(super) fn add(&mut self, headers: &HeaderValues) {
        self.count += 1;
        for (name, values) in headers {
            match self.seen.get_mut(name) {
                Some(seen) => {
                    seen.count += 1;
                    if seen.value.as_ref() != Some(values) {
                        seen.value = None;
                    }
                }
                None => {
                    let seen = Seen { count: 1, value: Some(values.clone()) };
                    self.seen.insert(name.clone(), seen);
                }
            }
        }
    }
}

/// What a stub demands of one header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Not there.
    Absent,
    /// One of its values is this.
    Equal(String),
    /// There, whatever its value.
    Present,
}

/// Headers that tell requests apart, the best first.
const PREFERRED: [&str; 19] = [
    "range",
    "if-none-match",
    "if-match",
    "if-modified-since",
    "if-unmodified-since",
    "if-range",
    "accept",
    "x-amz-target",
    "depth",
    "soapaction",
    "authorization",
    "git-protocol",
    "content-type",
    "accept-language",
    "accept-encoding",
    "x-http-method-override",
    "destination",
    "overwrite",
    "cookie",
];

/// Headers that change on each run or say how, not what: never a condition. Sorted.
const NEVER: [&str; 44] = [
    "age",
    "amz-sdk-invocation-id",
    "b3",
    "baggage",
    "connection",
    "content-digest",
    "content-length",
    "content-md5",
    "date",
    "digest",
    "dpop",
    "expect",
    "forwarded",
    "grpc-timeout",
    "host",
    "http2-settings",
    "idempotency-key",
    "keep-alive",
    "newrelic",
    "priority",
    "proxy-authorization",
    "proxy-connection",
    "repr-digest",
    "request-id",
    "retry-attempt",
    "sec-websocket-key",
    "sentry-trace",
    "signature",
    "signature-input",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "uber-trace-id",
    "upgrade",
    "user-agent",
    "via",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-ms-date",
    "x-real-ip",
    "x-retry-count",
];

impl Condition {
    /// The pattern that a stub file gets.
    pub(super) fn to_pattern(&self) -> ValuePattern {
        match self {
            Self::Absent => ValuePattern::Absent,
            Self::Equal(value) => ValuePattern::equal_to(value.clone()),
            // Contained in every value, and in none that is not there.
            Self::Present => ValuePattern::Contains(String::new()),
        }
    }

    /// A text of its own for each condition; ids are made from it, so it must not change.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Absent => "absent".to_owned(),
            Self::Equal(value) => format!("= {value}"),
            Self::Present => "present".to_owned(),
        }
    }

    /// The condition of a pattern, when it is one that the recorder writes.
    pub(super) fn from_pattern(pattern: &ValuePattern) -> Option<Self> {
        match pattern {
            ValuePattern::Absent => Some(Self::Absent),
            ValuePattern::EqualTo { value, case_insensitive: None | Some(false) } => {
                Some(Self::Equal(value.clone()))
            }
            ValuePattern::Contains(text) if text.is_empty() => Some(Self::Present),
            _ => None,
        }
    }

    /// Whether a request's values for the header satisfy it.
    pub(super) fn holds(&self, values: Option<&Vec<String>>) -> bool {
        match (self, values) {
            (Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::Equal(wanted), Some(values)) => values.contains(wanted),
            _ => false,
        }
    }

    /// The condition that a request with these values gets under a header that stubs are told apart by.
    pub(super) fn of(name: &str, values: Option<&Vec<String>>) -> Self {
        match values.map(Vec::as_slice) {
            None => Self::Absent,
            Some([value]) if !is_volatile(name, value) => Self::Equal(value.clone()),
            // A value that will be another on the next run is good for its presence only, and so are
            // several.
            Some(_) => Self::Present,
        }
    }
}

/// The header that tells a request from all `earlier` ones, with the condition that those satisfy and
/// the one that the new request does. Headers that are `taken` have a condition already.
pub(super) fn discriminator(
    earlier: &Earlier,
    now: &HeaderValues,
    taken: impl Fn(&str) -> bool,
) -> Option<(String, Condition, Condition)> {
    if earlier.count == 0 {
        return None;
    }
    let others: BTreeSet<&str> = earlier
        .seen
        .keys()
        .chain(now.keys())
        .map(String::as_str)
        .filter(|name| !PREFERRED.contains(name))
        .collect();
    PREFERRED
        .into_iter()
        .chain(others)
        .filter(|name| may_discriminate(name) && !taken(name))
        .find_map(|name| {
            let (before, after) = tells_apart(name, earlier, now)?;
            Some((name.to_owned(), before, after))
        })
}

/// Headers that an answer of this status depends on, of those that the request has.
pub(super) fn forced_by(status: u16, now: &HeaderValues) -> Option<&'static str> {
    let names: &[&'static str] = match status {
        206 | 416 => &["range"],
        304 => &["if-none-match", "if-modified-since"],
        412 => &["if-match", "if-unmodified-since", "if-none-match"],
        _ => &[],
    };
    names.iter().find(|name| now.contains_key(**name)).copied()
}

/// A header's name as stub files spell it, whatever the protocol that it came by: `If-None-Match`.
pub(super) fn spelled(name: &str) -> String {
    let mut starts_word = true;
    name.chars()
        .map(|c| {
            let c = if starts_word { c.to_ascii_uppercase() } else { c };
            starts_word = c == '-';
            c
        })
        .collect()
}

/// As [`discriminator`], for one header.
pub(super) fn tells_apart(
    name: &str,
    earlier: &Earlier,
    now: &HeaderValues,
) -> Option<(Condition, Condition)> {
    let value = now.get(name);
    let seen = earlier.seen.get(name);
    let n_with = seen.map_or(0, |seen| seen.count);
    if n_with > 0 && n_with < earlier.count {
        return None;
    }
    // Of a repeated field only its presence is looked at, and so it is of one that varied.
    let uniform = seen.and_then(|seen| seen.value.as_ref());
    match (seen, value) {
        (None, None) => None,
        (None, Some(_)) => Some((Condition::Absent, Condition::of(name, value))),
        (Some(_), None) => {
            let before = match uniform {
                Some(_) => Condition::of(name, uniform),
                None => Condition::Present,
            };
            Some((before, Condition::Absent))
        }
        (Some(_), Some(value)) => {
            let ([before], [value]) = (uniform?.as_slice(), value.as_slice()) else {
                return None;
            };
            let differs = !is_secret(name) && value != before && !noise::equal_text(before, value);
            differs.then(|| (Condition::Equal(before.clone()), Condition::Equal(value.clone())))
        }
    }
}

fn may_discriminate(name: &str) -> bool {
    const PREFIXES: [&str; 13] = [
        "amz-sdk-",
        "proxy-",
        "sec-ch-",
        "sec-fetch-",
        "x-amz-checksum-",
        "x-amz-sdk-",
        "x-amzn-trace",
        "x-b3-",
        "x-cloud-trace",
        "x-datadog-",
        "x-envoy-",
        "x-forwarded-",
        "x-stainless-",
    ];
    const SUFFIXES: [&str; 5] =
        ["-telemetry", "correlation-id", "idempotency-key", "request-id", "trace-id"];
    NEVER.binary_search(&name).is_err()
        && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// Headers whose value is a credential: that there is one is a fact, which one is none.
fn is_secret(name: &str) -> bool {
    name == "authorization"
}

/// Whether a value will be another on the next run, as far as can be told from it. Of the headers that
/// say what is wanted, the values are taken at their word.
fn is_volatile(name: &str, value: &str) -> bool {
    is_secret(name)
        || ((name == "cookie" || !PREFERRED.contains(&name)) && noise::is_volatile(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> HeaderValues {
        let mut headers = HeaderValues::new();
        for (name, value) in fields {
            headers.entry((*name).to_owned()).or_default().push((*value).to_owned());
        }
        headers
    }

    #[track_caller]
    fn check(
        earlier: &[&[(&str, &str)]],
        now: &[(&str, &str)],
        expect: Option<(&str, Condition, Condition)>,
    ) {
        let mut all = Earlier::default();
        for fields in earlier {
            all.add(&headers(fields));
        }
        let expect = expect.map(|(name, before, after)| (name.to_owned(), before, after));
        assert_eq!(discriminator(&all, &headers(now), |_| false), expect);
    }

    fn equal(value: &str) -> Condition {
        Condition::Equal(value.to_owned())
    }

    #[test]
    fn the_list_of_headers_never_used_is_sorted() {
        assert!(NEVER.is_sorted());
    }

    #[test]
    fn the_header_that_differs_tells_apart() {
        check(
            &[&[("accept", "image/png")]],
            &[("accept", "image/jpeg")],
            Some(("accept", equal("image/png"), equal("image/jpeg"))),
        );
        check(&[&[]], &[("x-a", "one")], Some(("x-a", Condition::Absent, equal("one"))));
        check(
            &[&[("accept", "a"), ("x-a", "1")]],
            &[("accept", "b"), ("x-a", "2"), ("range", "bytes=0-1")],
            Some(("range", Condition::Absent, equal("bytes=0-1"))),
        );
    }

    #[test]
    fn a_header_that_varied_among_earlier_requests_does_not() {
        check(&[&[("x-a", "1")], &[("x-a", "2")]], &[("x-a", "3")], None);
        check(&[&[("x-a", "1")], &[]], &[("x-a", "2")], None);
    }

    #[test]
    fn being_there_at_all_tells_apart() {
        check(
            &[&[("accept-encoding", "gzip")], &[("accept-encoding", "gzip, br")]],
            &[],
            Some(("accept-encoding", Condition::Present, Condition::Absent)),
        );
    }

    #[test]
    fn authorization_counts_by_its_presence() {
        check(
            &[&[]],
            &[("authorization", "Basic eDp5")],
            Some(("authorization", Condition::Absent, Condition::Present)),
        );
        check(&[&[("authorization", "Basic eDp5")]], &[("authorization", "Basic eDp6")], None);
    }

    #[test]
    fn what_changes_on_each_run_is_never_used() {
        for name in [
            "date",
            "x-amz-date",
            "user-agent",
            "idempotency-key",
            "x-request-id",
            "x-client-request-id",
            "traceparent",
            "x-stripe-client-telemetry",
            "amz-sdk-request",
            "x-amz-checksum-crc32",
            "x-forwarded-for",
            "grpc-timeout",
            "content-length",
            "host",
        ] {
            check(&[&[(name, "one")]], &[(name, "other")], None);
            check(&[&[]], &[(name, "other")], None);
        }
    }

    #[test]
    fn random_values_tell_apart_by_presence_only() {
        let random = "3f1c5d3e-7a0b-4c2d-9e41-6b8ad0f27c55";
        let other = "0b9d64e2-51f5-4a5b-8f7e-1f6a2f5f9d10";
        check(&[&[("x-k", random)]], &[("x-k", other)], None);
        check(&[&[]], &[("x-k", random)], Some(("x-k", Condition::Absent, Condition::Present)));
    }

    #[test]
    fn patterns_of_conditions_read_back() {
        for condition in [Condition::Absent, Condition::Present, equal("x")] {
            assert_eq!(Condition::from_pattern(&condition.to_pattern()), Some(condition));
        }
        assert_eq!(Condition::from_pattern(&ValuePattern::Contains("x".to_owned())), None);
    }
}
