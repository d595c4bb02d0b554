//! What expectations are judged by: the requests in the order in which they came.

use super::{
    evidence::{Evidence, Seen},
    verdict::{Cited, Finding},
};
use crate::codec::view::RequestView;

/// A request with its number and its parts.
pub(super) struct Entry<'e> {
    /// From 1, in the order in which requests came; those that were dropped are counted.
    pub(super) number: u64,
    pub(super) seen: &'e Seen,
    pub(super) view: RequestView<'e>,
}

impl Entry<'_> {
    pub(super) fn cite(&self) -> Cited {
        Cited::of(self.number, self.seen)
    }
}

/// What expectations are judged by.
pub(super) struct Case<'e> {
    pub(super) evidence: &'e Evidence,
    /// In the order in which they came.
    pub(super) entries: Vec<Entry<'e>>,
}

impl Case<'_> {
    /// Whether requests are missing.
    pub(super) fn has_gaps(&self) -> bool {
        self.evidence.dropped > 0
    }

    /// What cannot be judged, and what to do about it.
    pub(super) fn unjudged(&self, about: &'static str, expected: String) -> Finding {
        let Evidence { dropped, kept_entries, .. } = self.evidence;
        let why = format!(
            "cannot be judged: {} gone from the journal, which keeps {kept_entries}; raise \
             `--journal-entries` or `--journal-bytes`",
            match dropped {
                1 => "1 request is".to_owned(),
                several => format!("{several} requests are"),
            }
        );
        Finding::unjudged(about, expected, why)
    }
}
