//! The keys of `response`, of each of `responses`, and of their delays.

use super::key::{Key, Kind, NO_MAX, key};
use crate::model::WireFault;

const MAX_MS: i64 = 2_147_483_647;

fn faults() -> Vec<&'static str> {
    WireFault::OF_WIREMOCK.iter().map(|(_, name)| *name).collect()
}

const FIELDS: Kind = Kind::Map(&Kind::Is("fieldValue"));

/// What all answers have.
pub(super) const ANSWER: &[Key] = &[
    key("status", Kind::Status, "The status code, 200 when absent."),
    key("statusMessage", Kind::Scalar, "The reason phrase, where it is not the standard one."),
    key("headers", FIELDS, "Header fields: a value, or a list of values."),
    key("jsonBody", Kind::Anything, "The body as a JSON value."),
    key("body", Kind::Scalar, "The body as text."),
    key("base64Body", Kind::Base64, "The body in base64."),
    key("bodyFileName", Kind::Text, "The body as a file below `__files`."),
    key(
        "fixedDelayMilliseconds",
        Kind::Whole(0, NO_MAX),
        "Wait before the answer, in milliseconds.",
    ),
    key("delayDistribution", Kind::Is("delay"), "A further wait, drawn anew for each answer."),
    key("chunkedDribbleDelay", Kind::Is("dribble"), "Send the body in pieces over a time."),
    key("fault", Kind::OneOf(faults), "What goes wrong on the connection instead of the answer."),
    key(
        "proxyBaseUrl",
        Kind::Text,
        "Fetch the answer from here: the request's path and query are appended.",
    ),
    key(
        "proxyUrlPrefixToRemove",
        Kind::Text,
        "With `proxyBaseUrl`: what is taken off the front of the path first.",
    ),
    key(
        "additionalProxyRequestHeaders",
        FIELDS,
        "With `proxyBaseUrl`: header fields that the forwarded request gets.",
    ),
    key(
        "removeProxyRequestHeaders",
        Kind::List(&Kind::Text),
        "With `proxyBaseUrl`: names of header fields that it does not get.",
    ),
    key(
        "transformers",
        Kind::List(&Kind::Text),
        "What makes the answer anew for each request: `response-template` renders its `{{…}}`.",
    ),
    key("transformerParameters", Kind::AnyObject, "What templates see as `parameters`."),
    key("trailers", FIELDS, "ringer: trailer fields, after the body."),
];

/// What only `response` has.
pub(super) const OF_RESPONSE: &[Key] =
    &[key("fromConfiguredStub", Kind::Flag, "WireMock's admin API writes it; it means nothing.")];

/// What only an item of `responses` has.
pub(super) const OF_STEP: &[Key] = &[
    key(
        "times",
        Kind::Whole(1, 4_294_967_295),
        "How many requests in a row get this answer, 1 when absent.",
    ),
    key("metadata", Kind::Is("stepMetadata"), "What the recorder noted about this answer."),
];

/// The `metadata` of an item of `responses`.
pub(super) const STEP_METADATA: &[Key] =
    &[key("ringer", Kind::Is("answerNotes"), "What the recorder noted about this answer.")];

/// `delayDistribution` of type `fixed`
pub(super) const FIXED: &[Key] = &[
    key("type", Kind::OneOf(|| vec!["fixed"]), "How the wait is drawn."),
    key("milliseconds", Kind::Number(0, MAX_MS), "The wait, in milliseconds."),
];

/// `delayDistribution` of type `uniform`
pub(super) const UNIFORM: &[Key] = &[
    key("type", Kind::OneOf(|| vec!["uniform"]), "How the wait is drawn."),
    key("lower", Kind::Number(0, MAX_MS), "The shortest wait, in milliseconds."),
    key("upper", Kind::Number(0, MAX_MS), "The longest wait, in milliseconds."),
];

/// `delayDistribution` of type `lognormal`
pub(super) const LOG_NORMAL: &[Key] = &[
    key("type", Kind::OneOf(|| vec!["lognormal"]), "How the wait is drawn."),
    key("median", Kind::Number(0, MAX_MS), "Half of the waits are shorter, in milliseconds."),
    key(
        "sigma",
        Kind::Number(0, MAX_MS),
        "How far the waits spread: standard deviation of their logarithm.",
    ),
    key("maxValue", Kind::Number(0, MAX_MS), "No wait is longer, in milliseconds."),
];

/// `chunkedDribbleDelay`
pub(super) const DRIBBLE: &[Key] = &[
    key("numberOfChunks", Kind::Whole(0, NO_MAX), "Into how many pieces the body is cut."),
    key("totalDuration", Kind::Number(0, MAX_MS), "Over how long they are sent, in milliseconds."),
];
