//! How many requests a provider takes, and what it says to those above.

use std::{str::FromStr, time::Duration};

use super::{json::Json, pattern::RequestPattern};

/// A provider's limit: policies that all must have room, what is told of them, and what a client
/// gets that has none left.
#[derive(Clone, Debug, PartialEq)]
pub struct RateLimit {
    /// What it is called in reports and by who changes it; unique at its place.
    pub name: String,
    /// The preset that it was made from.
    pub preset: Option<String>,
    /// Which requests it counts; `None` is all.
    pub request: Option<RequestPattern>,
    /// Requests that cost nothing and are always let through.
    pub exempt: Vec<RequestPattern>,
    /// Requests that cost nothing and are answered with how the policies stand (GitHub's
    /// `GET /rate_limit`); the first that fits answers.
    pub status_endpoints: Vec<StatusEndpoint>,
    /// By what requests are told apart, all parts together; empty counts all together.
    pub key: Vec<LimitKey>,
    /// The policies, of which each must leave room.
    pub policies: Vec<Policy>,
    /// Which headers answers carry, in order.
    pub headers: Vec<LimitHeader>,
    /// On which answers.
    pub emit: Emit,
    /// What a request gets above the limit.
    pub refusal: Refusal,
    /// Whether a refused request counts like one that was let through.
    pub counts_refused: bool,
    /// What becomes of a client that tries again too early.
    pub penalty: Option<Penalty>,
    /// Seconds that the provider's clock is ahead of ours (negative: behind), in times that it tells as
    /// dates or seconds since 1970.
    pub clock_skew: i64,
    /// By up to how much later than true it tells when to come again, drawn for each answer.
    pub jitter: Duration,
    /// What is merged into JSON objects that answer a request that was let through, placeholders in its
    /// texts; a text with one that comes out as a number becomes a number.
    pub body_merge: Option<Json>,
}

impl RateLimit {
    /// So many requests in a window, all together, by token bucket; what is above gets 429 in ringer's
    /// own words.
    pub fn plain(limit: u64, window: Duration) -> Self {
        Self {
            name: "rate-limit".to_owned(),
            preset: None,
            request: None,
            exempt: Vec::new(),
            status_endpoints: Vec::new(),
            key: Vec::new(),
            policies: vec![Policy {
                name: "requests".to_owned(),
                label: None,
                algorithm: Algorithm::TokenBucket,
                limit,
                window,
                burst: None,
                cost: Cost::Fixed(1),
                request: None,
                key: None,
                refusal: None,
            }],
            headers: Vec::new(),
            emit: Emit::default(),
            refusal: Refusal::default(),
            counts_refused: false,
            penalty: None,
            clock_skew: 0,
            jitter: Duration::ZERO,
            body_merge: None,
        }
    }
}

impl FromStr for RateLimit {
    type Err = String;

    /// `10/s`, `100/min`, `5000/h`: [`RateLimit::plain`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "unknown rate limit `{text}`, expected requests per unit: `10/s`, `100/min` or `5000/h`"
            )
        };
        let (limit, unit) = text.split_once('/').ok_or_else(wrong)?;
        let limit: u64 = limit.trim().parse().map_err(|_| wrong())?;
        if limit == 0 {
            return Err(format!("rate limit `{text}` must allow at least one request"));
        }
        let window = match unit.trim() {
            "s" | "sec" | "second" => 1,
            "m" | "min" | "minute" => 60,
            "h" | "hour" => 3600,
            "d" | "day" => 86400,
            _ => return Err(wrong()),
        };
        Ok(Self::plain(limit, Duration::from_secs(window)))
    }
}

/// Where a provider tells how a client stands, as 200 with a body.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusEndpoint {
    /// The requests for it.
    pub request: RequestPattern,
    /// The body, with placeholders.
    pub body: String,
}

/// One of the limits of a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name: `requests`, `tokens`, `burst`.
    pub name: String,
    /// What answers call it, where that is other than its name (GitHub calls both of its limits of an
    /// hour `core`).
    pub label: Option<String>,
    /// How it counts.
    pub algorithm: Algorithm,
    /// How much passes in a window; for [`Algorithm::Concurrency`], at a time. More than 0.
    pub limit: u64,
    /// The time for which that is; not used by concurrency.
    pub window: Duration,
    /// What may come at once, where that is not `limit` (buckets and GCRA).
    pub burst: Option<u64>,
    /// What a request counts.
    pub cost: Cost,
    /// The requests that it counts, of those that the limit does; `None` is all.
    pub request: Option<RequestPattern>,
    /// By what its requests are told apart, where that is other than the limit's.
    pub key: Option<Vec<LimitKey>>,
    /// What a request gets above this policy, where that is other than the limit's.
    pub refusal: Option<Refusal>,
}

/// How a policy counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Windows one after the other.
    FixedWindow {
        /// Whether a window begins with its first request; else windows begin at multiples of their
        /// length since 1970.
        from_first: bool,
    },
    /// Every window that ends now, exactly: each request is remembered.
    SlidingLog,
    /// The count of this window and the share of the one before that a sliding window would cover.
    SlidingCounter,
    /// A bucket of `burst` tokens, refilled evenly at `limit` a window.
    TokenBucket,
    /// A bucket of `burst` that leaks evenly at `limit` a window; full, it takes no more.
    LeakyBucket,
    /// The generic cell rate algorithm (ITU-T I.371): evenly spaced, with `burst` of tolerance.
    Gcra,
    /// Requests that are being answered at a time.
    Concurrency,
    /// Calendar days of a time zone (IANA name).
    Daily {
        /// The zone, as `America/Los_Angeles`.
        zone: String,
    },
}

/// By what requests are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitKey {
    /// The value of a header.
    Header(String),
    /// Whatever credential the request carries: `Authorization`, an API key in a header, a query
    /// parameter or the user of a URL.
    Credential,
    /// The client's address.
    ClientIp,
    /// A segment of the path, from 0.
    PathSegment(usize),
    /// A query parameter.
    Query(String),
    /// A claim of the bearer token, a JWT that is not verified.
    JwtClaim(String),
    /// A value in the JSON body, by JSONPath.
    BodyField(String),
    /// Method and path: each endpoint for itself.
    Endpoint,
    /// Method and path, in which segments that look like ids stand for any.
    Route,
    /// Always the same.
    Constant(String),
}

/// What a request counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Cost {
    /// So much.
    Fixed(u64),
    /// So much for requests that fit, else as the last says; the first that fits counts.
    ByRequest(Vec<(RequestPattern, u64)>, u64),
    /// A number in the request's JSON body, by JSONPath, and one more that is added.
    RequestField {
        /// The path.
        path: String,
        /// Where there is none.
        otherwise: u64,
    },
    /// A number in the answer's JSON body, by JSONPath, taken when the answer is known; until then a
    /// request counts `reserved`.
    ResponseField {
        /// The path.
        path: String,
        /// What counts until then, and where there is none.
        reserved: u64,
    },
    /// The tokens of a language model: a quarter of the prompt's bytes and `max_tokens` are reserved,
    /// and what the answer's `usage` says is what counts in the end.
    Tokens(TokenKind),
    /// Bytes of the answer's body.
    ResponseBytes,
}

/// Which tokens count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Those of the prompt.
    Input,
    /// Those of the answer.
    Output,
    /// Both.
    Total,
}

/// A header of answers. Its value is a text with placeholders, `{remaining}`, `{tokens.reset:go}`; the
/// syntax is that of `behavior::placeholder`.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitHeader {
    /// Its name, spelled as on the wire.
    pub name: String,
    /// Its value.
    pub value: String,
    /// On which answers, where that is other than the limit's (`X-RateLimit-NearLimit` of Atlassian).
    pub emit: Option<Emit>,
}

/// On which answers the headers are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Emit {
    /// On all.
    #[default]
    Always,
    /// Once this share of a policy is used up, from 0 to 1.
    Near(f64),
    /// Only on refused ones.
    WhenLimited,
    /// On none.
    Never,
}

/// What a request gets above the limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Status code.
    pub status: u16,
    /// Further headers, values with placeholders.
    pub headers: Vec<LimitHeader>,
    /// How `Retry-After` says it.
    pub retry_after: RetryAfter,
    /// Rounds the wait up to at least this.
    pub min_retry_after: Duration,
    /// The body, with placeholders; its content type is one of the headers. `None` is ringer's own,
    /// as JSON or text, by what the client wants.
    pub body: Option<String>,
}

impl Default for Refusal {
    /// 429 with seconds to wait (RFC 6585 §4) and a body of ringer's own.
    fn default() -> Self {
        Self {
            status: 429,
            headers: Vec::new(),
            retry_after: RetryAfter::default(),
            min_retry_after: Duration::ZERO,
            body: None,
        }
    }
}

/// How `Retry-After` says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfter {
    /// In whole seconds, rounded up (RFC 9110 §10.2.3).
    #[default]
    Seconds,
    /// In seconds with a fraction, as Shopify does (`2.0`).
    Float,
    /// As a date (RFC 9110 §10.2.3).
    Date,
    /// Not at all.
    Absent,
}

/// What becomes of a client that tries again before it was told to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Penalty {
    /// Its wait begins anew.
    Restart,
    /// Its wait becomes longer by this factor with each early try, up to a bound.
    Escalate {
        /// More than 1.
        factor: f64,
        /// The longest wait.
        max: Duration,
    },
    /// After so many early tries it is refused for this long.
    Ban {
        /// How many.
        after: u32,
        /// How long.
        time: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_command_line_documents() {
        let second = Duration::from_secs(1);
        assert_eq!("10/s".parse(), Ok(RateLimit::plain(10, second)));
        assert_eq!("100/min".parse(), Ok(RateLimit::plain(100, 60 * second)));
        for wrong in ["", "10", "0/s", "x/s", "10/fortnight"] {
            assert!(wrong.parse::<RateLimit>().is_err(), "{wrong}");
        }
    }
}
