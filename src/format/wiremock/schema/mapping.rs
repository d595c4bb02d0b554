//! The keys of a mapping, of a file of mappings, and of listeners.

use super::key::{Key, Kind, NO_MAX, key};

/// A file of several mappings
pub(super) const FILE: &[Key] = &[
    key(
        "mappings",
        Kind::List(&Kind::Is("mapping")),
        "The mappings, in order: of two that match alike, the later answers.",
    ),
    key("meta", Kind::Anything, "WireMock's admin API writes it; it means nothing."),
    key("importOptions", Kind::Anything, "For WireMock's import; it means nothing in a file."),
];

/// A mapping
pub(super) const MAPPING: &[Key] = &[
    key(
        "id",
        Kind::Uuid,
        "Which stub it is, through all edits; made from the file's place and name when absent.",
    ),
    key("uuid", Kind::Uuid, "Another name of `id`."),
    key("name", Kind::Text, "What people call it, in logs and reports."),
    key(
        "priority",
        Kind::Whole(0, 4_294_967_295),
        "Lower goes first, 5 when absent; of equals the newest.",
    ),
    key("request", Kind::Is("request"), "Which requests it answers; any when absent."),
    key("response", Kind::Is("response"), "The answer; an empty 200 when absent."),
    key(
        "responses",
        Kind::AtLeast(1, &Kind::Is("step")),
        "ringer: several answers in turn, instead of `response`.",
    ),
    key(
        "afterLast",
        Kind::OneOf(|| vec!["stay", "restart", "miss"]),
        "ringer: what follows the last of `responses`: it again, the first again, or no match.",
    ),
    key(
        "metadata",
        Kind::Is("metadata"),
        "Yours to use, kept as it is; `ringer` in it is the recorder's.",
    ),
    key(
        "behavior",
        Kind::Is("behavior"),
        "ringer: how its answers behave: late, slow, wrong or refused.",
    ),
    key("persistent", Kind::Flag, "Whether the admin API keeps it in a file."),
    key("insertionIndex", Kind::Whole(0, NO_MAX), "WireMock writes it; it means nothing."),
    key("scenarioName", Kind::Text, "The scenario (state machine) that it takes part in."),
    key(
        "requiredScenarioState",
        Kind::Text,
        "It answers in this state of the scenario only; every scenario begins in `Started`.",
    ),
    key("newScenarioState", Kind::Text, "The scenario's state after its answer."),
    key(
        "serveEventListeners",
        Kind::List(&Kind::Is("listener")),
        "What is told of each answer, such as `webhook`.",
    ),
    key(
        "postServeActions",
        Kind::Either(&[Kind::List(&Kind::Is("action")), Kind::AnyObject]),
        "Older name of `serveEventListeners`.",
    ),
];

/// An item of `serveEventListeners`
pub(super) const LISTENER: &[Key] = &[
    key("name", Kind::Text, "Which listener: `webhook` is the one that there is."),
    key("requestPhases", Kind::List(&Kind::Text), "When it is told."),
    key(
        "parameters",
        Kind::Anything,
        "Its settings: `method`, `url`, `headers`, `body`, `delay` of a webhook.",
    ),
];

/// An item of `postServeActions`
pub(super) const ACTION: &[Key] = &[
    key("name", Kind::Text, "Which action: `webhook` is the one that there is."),
    key(
        "parameters",
        Kind::Anything,
        "Its settings: `method`, `url`, `headers`, `body`, `delay` of a webhook.",
    ),
];
