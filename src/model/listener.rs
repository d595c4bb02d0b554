//! What happens after an answer was given.

use super::json::Json;

/// Something that is told of each answer of a stub (`serveEventListeners`).
#[derive(Clone, Debug, PartialEq)]
pub struct ServeListener {
    /// Which; `webhook` calls a URL.
    pub name: String,
    /// In which phases of a request (`requestPhases`); empty is after completion.
    pub phases: Vec<String>,
    /// Its settings, as the mapping has them.
    pub parameters: Option<Json>,
    /// It stood in `postServeActions`, the old name of the list.
    pub is_post_serve_action: bool,
}
