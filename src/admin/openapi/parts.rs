//! The files that describe routes, one for each kind of resource.
//!
//! ```yaml
//! tag: Clock                                # what its routes are listed under
//! description: The session's time.
//! operations:
//!   POST /ringer/clock/advance:             # method and path as in the table of routes
//!     operationId: advanceClock             # what generated clients call it
//!     requestBody:
//!       content:
//!         application/json:
//!           schema: { $ref: "#/components/schemas/ClockAdvance" }
//!           examples:                       # each is sent to a running ringer by a test
//!             hour: { value: { by: 1h } }
//!     responses:                            # every status that the route itself can answer
//!       200: { $ref: "#/components/responses/Clock" }
//!       422: { $ref: "#/components/responses/Invalid" }
//!     x-wiremock: …                           # what `ringer wiremock` answers otherwise
//! components:                               # what these operations refer to
//!   schemas:
//!     ClockAdvance: …
//! ```
//!
//! The summary comes from the table of routes. What every call takes and may be answered (a session,
//! 401, 403, 408, 413, 503) is added to each. A test fails where a route has no description, or a description no
//! route.

use crate::{
    codec::{json::Node, yaml},
    model::Json,
};

macro_rules! parts {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!($name, ".yaml")))),*]
    };
}

/// Each with its name, in the order in which the document lists their tags.
pub(super) const PARTS: &[(&str, &str)] = parts![
    "common",
    "stubs",
    "files",
    "requests",
    "events",
    "scenarios",
    "settings",
    "recordings",
    "behaviors",
    "clock",
    "verification",
    "sessions",
    "server",
];

/// A file, read.
pub(super) struct Part {
    /// What its routes are listed under.
    pub(super) tag: String,
    /// What they are about.
    pub(super) description: String,
    /// What each takes and answers, by `METHOD /path`.
    pub(super) operations: Vec<(String, Json)>,
    /// What they refer to, by kind: `schemas`, `parameters`, …
    pub(super) components: Vec<(String, Json)>,
}

/// Reads a file.
pub(super) fn read(text: &str) -> Part {
    let (documents, _) = yaml::parse_spanned(text);
    let mut value = documents.into_iter().next().map_or(Json::Null, Node::into_json);
    let mut text = |name: &str| match value.remove(name) {
        Some(Json::String(text)) => text,
        _ => String::new(),
    };
    let (tag, description) = (text("tag"), text("description"));
    let mut members = |name: &str| match value.remove(name) {
        Some(Json::Object(members)) => members,
        _ => Vec::new(),
    };
    Part { tag, description, operations: members("operations"), components: members("components") }
}
