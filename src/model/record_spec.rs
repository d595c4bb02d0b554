//! What a recording over the admin API is to make of exchanges: WireMock's `RecordSpec`.

use uuid::Uuid;

use super::pattern::RequestPattern;

/// What is recorded, and how (`RecordSpec`).
#[derive(Clone, Debug, PartialEq)]
pub struct RecordSpec {
    /// Where requests are sent while the recording is under way; `None` leaves that to the stubs that
    /// are there.
    pub target: Option<String>,
    /// Which exchanges become stubs.
    pub filters: RecordFilters,
    /// Request header → whether its case is ignored; `None` says nothing of it. In order.
    pub headers: Vec<(String, Option<bool>)>,
    /// By what request bodies are recognised.
    pub body: RecordedBodyPattern,
    /// Which bodies of answers go to files; `None` leaves all of them in their stubs.
    pub extract: Option<ExtractBodies>,
    /// The reply lists ids instead of whole stubs.
    pub ids_only: bool,
    /// Stubs are persistent.
    pub persist: bool,
    /// Like requests become a scenario; else the last answer is kept.
    pub repeats_as_scenarios: bool,
}

impl Default for RecordSpec {
    fn default() -> Self {
        Self {
            target: None,
            filters: RecordFilters::default(),
            headers: Vec::new(),
            body: RecordedBodyPattern::default(),
            extract: None,
            ids_only: false,
            persist: true,
            repeats_as_scenarios: true,
        }
    }
}

/// Which exchanges become stubs (`ProxiedServeEventFilters`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordFilters {
    /// What their requests must look like.
    pub request: RequestPattern,
    /// The entries of the journal that they must be.
    pub ids: Option<Vec<Uuid>>,
    /// Those too that stubs answered by themselves.
    pub allow_non_proxied: bool,
}

/// By what request bodies are recognised (`RequestBodyPatternFactory`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedBodyPattern {
    /// As what they are compared.
    pub kind: RecordedBodyKind,
    /// Of JSON: array elements may stand in any order; `None` is no.
    pub ignore_array_order: Option<bool>,
    /// Of JSON: there may be further elements; `None` is no.
    pub ignore_extra_elements: Option<bool>,
    /// Of text: case is ignored; `None` is no.
    pub case_insensitive: Option<bool>,
}

/// As what request bodies are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordedBodyKind {
    /// As what their content type says that they are.
    #[default]
    Auto,
    /// As JSON.
    Json,
    /// As text.
    Text,
    /// As XML.
    Xml,
}

impl Default for RecordedBodyPattern {
    fn default() -> Self {
        Self {
            kind: RecordedBodyKind::Auto,
            ignore_array_order: Some(true),
            ignore_extra_elements: Some(true),
            case_insensitive: Some(false),
        }
    }
}

/// Which bodies of answers go to files: those that are larger (`ResponseDefinitionBodyMatcher`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtractBodies {
    /// Of text, in UTF-16 units, as Java counts; `u64::MAX` where none goes.
    pub text: u64,
    /// Of all else, in bytes; `u64::MAX` where none goes.
    pub binary: u64,
}
