//! The keys of `behavior`: how the answers of a stub behave.

use super::key::{Key, Kind, NO_MAX, key};
use crate::format::behavior::fault_names::FaultName;

const TIME: Kind = Kind::Text;
const COUNT: Kind = Kind::Whole(1, NO_MAX);
const SIZE: Kind = Kind::Either(&[Kind::Whole(0, NO_MAX), Kind::Text]);
const WAIT: Kind = Kind::Either(&[Kind::Text, Kind::Is("wait")]);
const SHARE: Kind = Kind::NumberOrText;
const BODY: Kind = Kind::Either(&[
    Kind::Text,
    Kind::Is("bodyMatcher"),
    Kind::List(&Kind::Either(&[Kind::Text, Kind::Is("bodyMatcher")])),
]);

/// Rules of a kind: one or several, each a table or its short form.
macro_rules! rules {
    ($name:literal) => {
        Kind::Either(&[
            Kind::Is($name),
            Kind::Text,
            Kind::Whole(0, NO_MAX),
            Kind::List(&Kind::Either(&[Kind::Is($name), Kind::Text, Kind::Whole(0, NO_MAX)])),
        ])
    };
}

/// `behavior`
pub(super) const BEHAVIOR: &[Key] = &[
    key("description", Kind::Text, "Yours to use."),
    key(
        "latency",
        Kind::Either(&[Kind::Text, Kind::Is("drawnLatency")]),
        "Where latency comes from: `none`, `recorded*0.5`, `fixed:80ms`, `empirical`, or a distribution.",
    ),
    key("delay", rules!("delayRule"), "Waits that come on top of the latency."),
    key("bandwidth", rules!("bandwidthRule"), "How fast bytes go: `64kB/s`."),
    key("fault", rules!("faultRule"), "What goes wrong, and for which requests."),
    key(
        "rateLimit",
        Kind::Either(&[Kind::Text, Kind::AnyObject, Kind::List(&Kind::Anything)]),
        "How many requests are let through: `100/min`, `preset=stripe`.",
    ),
    key(
        "stage",
        Kind::Either(&[Kind::Is("stage"), Kind::List(&Kind::Is("stage"))]),
        "A schedule: one stage after the other, each with what befalls requests meanwhile.",
    ),
];

/// Which requests a rule befalls
pub(super) const SELECTION: &[Key] = &[
    key("name", Kind::Text, "What the rule is called in the journal and by who changes it."),
    key(
        "method",
        Kind::Either(&[Kind::Text, Kind::List(&Kind::Text)]),
        "Requests of these methods.",
    ),
    key(
        "url",
        Kind::Text,
        "Requests of this path; `*` is any text within a segment, `**` any text; with `?` the query counts too.",
    ),
    key(
        "header",
        Kind::Either(&[
            Kind::Text,
            Kind::List(&Kind::Text),
            Kind::Map(&Kind::Either(&[Kind::Text, Kind::Is("namedMatcher")])),
        ]),
        "Requests with this header: `Name: value`, `Name`, or matchers by name.",
    ),
    key("requestBody", BODY, "Requests whose body contains this text, or fits this matcher."),
    key("request", Kind::Is("request"), "Requests that fit this pattern."),
    key("session", Kind::Text, "Requests of this session."),
    key("probability", SHARE, "With this probability: `0.05` or `5%`."),
    key("p", SHARE, "Short for `probability`."),
    key(
        "nth",
        Kind::Either(&[COUNT, Kind::Text, Kind::List(&COUNT)]),
        "Only the requests of these numbers, from 1.",
    ),
    key("every", COUNT, "Only every so many requests: 3 is each third."),
    key("first", COUNT, "Only so many requests."),
    key("after", Kind::Whole(0, NO_MAX), "Only after so many requests; numbers count from there."),
    key(
        "count",
        Kind::Suggested(|| vec!["per-stub", "together"]),
        "What numbers count: the requests of each stub, or all together.",
    ),
    key("from", TIME, "From this time on, since the rule came into service."),
    key("until", TIME, "Up to this time."),
    key("for", TIME, "For this time."),
    key("repeatEvery", TIME, "And again after this time."),
    key(
        "ramp",
        Kind::Suggested(|| vec!["flat", "up", "down"]),
        "Whether it grows or fades over its time.",
    ),
    key(
        "windows",
        Kind::List(&Kind::Either(&[Kind::Text, Kind::Is("window")])),
        "Several stretches of time.",
    ),
];

/// An item of `windows`
pub(super) const WINDOW: &[Key] = &[
    key("from", TIME, "From this time on, since the rule came into service."),
    key("until", TIME, "Up to this time."),
    key("for", TIME, "For this time."),
    key("repeatEvery", TIME, "And again after this time."),
    key(
        "ramp",
        Kind::Suggested(|| vec!["flat", "up", "down"]),
        "Whether it grows or fades over its time.",
    ),
];

/// How long
pub(super) const OF_WAIT: &[Key] = &[
    key(
        "distribution",
        Kind::Suggested(|| {
            vec!["fixed", "uniform", "normal", "lognormal", "gamma", "pareto", "quantiles"]
        }),
        "How times spread; what the other keys say when absent.",
    ),
    key("time", TIME, "Always this time."),
    key("min", TIME, "The shortest time, of `uniform` and `pareto`."),
    key("max", TIME, "The longest time."),
    key("lower", TIME, "The shortest time of `uniform`."),
    key("upper", TIME, "The longest time of `uniform`."),
    key("mean", TIME, "The mean, of `normal` and `gamma`."),
    key("deviation", TIME, "The standard deviation of `normal`."),
    key("median", TIME, "Half of the times are shorter, of `lognormal`."),
    key("sigma", Kind::NumberOrText, "The standard deviation of the logarithm, of `lognormal`."),
    key("p99", TIME, "One of a hundred times is longer, of `lognormal`."),
    key("shape", Kind::NumberOrText, "The shape of `gamma`."),
    key("scale", TIME, "The scale of `gamma`."),
    key("alpha", Kind::NumberOrText, "How fast the tail of `pareto` thins out."),
    key("quantiles", Kind::Map(&Kind::Text), "Measured times: `p50`, `p99`."),
];

/// What `latency` has besides
pub(super) const CHUNKS: &[Key] =
    &[key("chunks", WAIT, "The wait before each further piece of the body.")];

/// What a delay has besides
pub(super) const OF_DELAY: &[Key] =
    &[key("delay", WAIT, "How long."), key("body", BODY, "Another name of `requestBody`.")];

/// What a bandwidth has
pub(super) const OF_BANDWIDTH: &[Key] = &[
    key("rate", SIZE, "Bytes or bits a second: `64kB/s`, `512kbit/s`."),
    key(
        "direction",
        Kind::Suggested(|| vec!["downstream", "upstream", "both"]),
        "Which way: to the client, from the client, or both.",
    ),
    key("shared", Kind::Flag, "Whether all connections share the rate."),
    key("slice", SIZE, "The average size of the pieces that bodies are cut into."),
    key("jitter", SIZE, "By how much pieces are larger or smaller."),
    key("sliceDelay", TIME, "The wait between two pieces."),
    key("slowStart", TIME, "The round trip of a connection that has to find its speed first."),
    key("body", BODY, "Another name of `requestBody`."),
];

/// What a fault has
pub(super) const OF_FAULT: &[Key] = &[
    key("fault", Kind::Suggested(|| FaultName::words().collect()), "What goes wrong."),
    key(
        "status",
        Kind::Either(&[Kind::Whole(200, 999), Kind::Text]),
        "An answer with this status.",
    ),
    key(
        "headers",
        Kind::Either(&[Kind::Map(&Kind::Is("fieldValue")), Kind::Text, Kind::List(&Kind::Text)]),
        "Header fields of that answer.",
    ),
    key("body", Kind::Anything, "The body of that answer: a text, or JSON."),
    key(
        "grpcStatus",
        Kind::Either(&[Kind::Whole(1, 16), Kind::Text]),
        "A gRPC answer of nothing but this status: `UNAVAILABLE`.",
    ),
    key("message", Kind::Text, "`grpc-message` of that answer."),
    key("at", SIZE, "Where the body is cut: bytes, or `50%`."),
    key("time", TIME, "How long a `stall` lasts."),
    key("bytes", COUNT, "How many bytes are `corrupted`."),
    key("value", Kind::Text, "The other content type, or the name of the header."),
    key(
        "code",
        Kind::Either(&[Kind::Whole(0, 4_294_967_295), Kind::Text]),
        "The error code of HTTP/2: `CANCEL`.",
    ),
    key(
        "alert",
        Kind::Either(&[Kind::Whole(0, 255), Kind::Text]),
        "The alert of TLS: `handshake_failure`.",
    ),
    key(
        "offset",
        Kind::Either(&[Kind::Whole(i64::MIN, NO_MAX), Kind::Text]),
        "By how many bytes `Content-Length` is wrong.",
    ),
];

/// An item of `stage`
pub(super) const STAGE: &[Key] = &[
    key("name", Kind::Text, "What it is called."),
    key("for", TIME, "How long it lasts; the last may go on for ever."),
    key(
        "ramp",
        Kind::Suggested(|| vec!["flat", "up", "down"]),
        "Whether what befalls requests grows or fades over it.",
    ),
    key("like", Kind::Text, "The stage whose rules it has too."),
    key("repeat", Kind::Flag, "Whether the first stage follows this, the last."),
    key("delay", rules!("delayRule"), "Waits that come on top of the latency."),
    key("bandwidth", rules!("bandwidthRule"), "How fast bytes go."),
    key("fault", rules!("faultRule"), "What goes wrong, and for which requests."),
];
