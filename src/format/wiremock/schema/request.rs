//! The keys of `request`.

use super::key::{Key, Kind, key};

const MATCHER: Kind = Kind::Is("matcher");
const NAMED: Kind = Kind::Is("namedMatcher");

/// `request`
pub(super) const REQUEST: &[Key] = &[
    key("scheme", Kind::OneOf(|| vec!["http", "https"]), "How the client came."),
    key("host", MATCHER, "The host that the client named, without its port."),
    key(
        "port",
        Kind::Either(&[Kind::Whole(0, 65_535), Kind::Text]),
        "The port that the client named, or that its scheme implies.",
    ),
    key("clientIp", MATCHER, "The address that the client came from."),
    key(
        "method",
        Kind::Either(&[Kind::Is("method"), Kind::Is("methods")]),
        "The method in capitals; `ANY` is any, `GET_OR_HEAD` both.",
    ),
    key("url", Kind::Text, "Path and query exactly as sent."),
    key("urlPath", Kind::Text, "The path exactly; any query."),
    key("urlPattern", Kind::Regex, "Regular expression over path and query, whole."),
    key("urlPathPattern", Kind::Regex, "Regular expression over the path, whole; any query."),
    key(
        "urlPathTemplate",
        Kind::Text,
        "A path in which `{name}` stands for one segment: `/books/{isbn}`; any query.",
    ),
    key(
        "pathParameters",
        Kind::Map(&MATCHER),
        "For each variable of `urlPathTemplate`, what it must look like.",
    ),
    key(
        "headers",
        Kind::Map(&NAMED),
        "For each header field (any case), what its values must look like.",
    ),
    key(
        "queryParameters",
        Kind::Map(&NAMED),
        "For each parameter of the query (case counts, values decoded), what its values must look like.",
    ),
    key("cookies", Kind::Map(&MATCHER), "For each cookie, what it must look like."),
    key(
        "formParameters",
        Kind::Map(&NAMED),
        "For each field of an `application/x-www-form-urlencoded` body, what its values must look like.",
    ),
    key(
        "basicAuth",
        Kind::Is("credentials"),
        "User name and password of Basic authentication; older name of `basicAuthCredentials`.",
    ),
    key(
        "basicAuthCredentials",
        Kind::Is("credentials"),
        "User name and password of Basic authentication (RFC 7617).",
    ),
    key(
        "bodyPatterns",
        Kind::List(&Kind::Is("bodyMatcher")),
        "What the body must look like, all of it.",
    ),
    key(
        "multipartPatterns",
        Kind::List(&Kind::Is("part")),
        "Parts that a multipart body must have.",
    ),
    key(
        "customMatcher",
        Kind::OneOf(Vec::new),
        "A matcher in Java, which ringer cannot run: say it with other matchers.",
    ),
];

/// `basicAuthCredentials`
pub(super) const CREDENTIALS: &[Key] = &[
    key("username", Kind::Scalar, "The user name."),
    key("password", Kind::Scalar, "The password."),
];

/// `method`, as an object
pub(super) const METHODS: &[Key] = &[
    key("oneOf", Kind::List(&Kind::Text), "Any of these methods."),
    key("noneOf", Kind::List(&Kind::Text), "Any method but these."),
];

/// An item of `multipartPatterns`
pub(super) const PART: &[Key] = &[
    key("name", Kind::Scalar, "A label; never compared."),
    key(
        "fileName",
        Kind::Scalar,
        "The part's file name; compared where `headers` or `bodyPatterns` ask for something too.",
    ),
    key(
        "matchingType",
        Kind::OneOf(|| vec!["ANY", "ALL"]),
        "`ANY`: one part must fit (as when absent). `ALL`: every part.",
    ),
    key(
        "headers",
        Kind::Map(&NAMED),
        "For each header field of the part, what its values must look like.",
    ),
    key(
        "bodyPatterns",
        Kind::List(&Kind::Is("bodyMatcher")),
        "What the part's body must look like.",
    ),
];
