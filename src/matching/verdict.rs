//! What became of one part of a pattern: the line of a near miss.

/// One part of a pattern against a request.
#[derive(Clone, Debug, PartialEq)]
pub struct PartVerdict {
    /// Which part: `method`, `path`, `url`, `header Range`, `query limit`, `body $.currency`.
    pub part: String,
    /// What would fit.
    pub expected: String,
    /// What the request has, `nothing` if it is not there.
    pub actual: String,
    /// Whether it fits.
    pub matched: bool,
    /// How far it is from fitting: 0 fits, 1 has nothing in common.
    pub distance: f64,
}

/// A text cut to what a line of output can show.
pub(super) fn shortened(text: &str) -> String {
    const MAX_CHARS: usize = 200;
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
