//! What the recorder notes in `metadata.ringer`.

use super::key::{Key, Kind, NO_MAX, key};

const COUNT: Kind = Kind::Whole(0, NO_MAX);

/// On a stub
pub(super) const STUB_NOTES: &[Key] = &[
    key("upstream", Kind::Text, "Where it was recorded from: `https://api.example.com`."),
    key("redacted", Kind::List(&Kind::Text), "Where secrets were replaced."),
    key(
        "turn",
        Kind::Whole(0, NO_MAX),
        "Which of several stubs this is whose requests differ in noise alone, from 0.",
    ),
];

/// On an answer
pub(super) const ANSWER_NOTES: &[Key] = &[
    key("address", Kind::Text, "Under which address the client knew the API."),
    key("latency", Kind::Is("latency"), "The timing that was recorded."),
    key("interim", Kind::List(&Kind::Is("interim")), "Interim (1xx) answers that go before."),
    key(
        "computedHeaders",
        Kind::Map(&Kind::Either(&[COUNT, Kind::List(&COUNT)])),
        "Header fields that are made anew, with the place of each in the list of fields, from 0.",
    ),
    key(
        "headerOrder",
        Kind::List(&Kind::Text),
        "Names of the header fields in the order in which they were sent.",
    ),
    key(
        "contentCoding",
        Kind::Suggested(|| vec!["br", "deflate", "gzip", "zstd"]),
        "The coding to send the body in.",
    ),
    key("contentCodingLevel", COUNT, "Compression level that gives the recorded bytes again."),
    key("gzipHeader", Kind::Base64, "Header of the gzip member that was sent, in base64."),
    key("jsonStyle", Kind::Is("jsonStyle"), "How `jsonBody` is spaced and escaped."),
    key(
        "ending",
        Kind::OneOf(|| vec!["complete", "breaks", "staysOpen"]),
        "What follows the body.",
    ),
    key(
        "echoes",
        Kind::Map(&Kind::Text),
        "Request headers whose value the answer holds, with that value.",
    ),
];

/// `latency`
pub(super) const LATENCY: &[Key] = &[
    key("firstByteMs", COUNT, "When the answer's head came, in milliseconds since the request's."),
    key(
        "totalMs",
        COUNT,
        "When the answer was complete, in milliseconds since the request's head.",
    ),
    key(
        "chunks",
        Kind::List(&Kind::List(&COUNT)),
        "Pieces of the body: [milliseconds, bytes] or [milliseconds, bytes, bytes of the request that must have come].",
    ),
];

/// An item of `interim`
pub(super) const INTERIM: &[Key] = &[
    key("status", Kind::Whole(102, 199), "The status code."),
    key("headers", Kind::Map(&Kind::Is("fieldValue")), "Header fields."),
];

/// `jsonStyle`
pub(super) const STYLE: &[Key] = &[
    key("indent", Kind::Whole(0, 255), "Spaces of indentation; all on one line when absent."),
    key("spaceAfterComma", Kind::Flag, "A space after `,`."),
    key("spaceAfterColon", Kind::Flag, "A space after `:`."),
    key("ascii", Kind::Flag, "Characters beyond ASCII are written `\\uXXXX`."),
    key("escapedSlash", Kind::Flag, "`/` is written `\\/`."),
    key("finalNewline", Kind::Flag, "A line feed after the value."),
];
