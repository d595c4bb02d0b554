//! Sanitises a body that is too large for memory while it passes.
//!
//! A body is seen as text or as bytes, not as JSON: names and forms are found as in any text. A
//! credential may begin in one piece and end in a later one, so a tail is held back; text that has
//! passed is kept for a while too, as the name before a value decides about it.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::{
    body::{Label, kind_of},
    kind::Kind,
    pass::{Pass, Side},
    pseudonym::Pseudonyms,
    taint::Taint,
    written::LONGEST_VALUE,
};
use crate::codec::encoding;

/// No credential, its name included, is longer than this: what has so much text after it is decided.
const TAIL: usize = LONGEST_VALUE + 2048;

/// Text before a value that can decide about it.
const CONTEXT: usize = 2048;

/// Where edits leave no gap for so long, the text is cut all the same.
const BOUND: usize = 1024 * 1024;

/// Sanitises a body piece by piece; what it gives is the same however the body is cut.
pub struct StreamRedactor {
    /// `None` when there is nothing to do.
    walk: Option<Walk>,
    /// Text not given yet, after `context` bytes that were.
    held: Vec<u8>,
    context: usize,
    tail: usize,
}

struct Walk {
    keys: Pseudonyms,
    seen: Arc<Taint>,
    side: Side,
    content_type: String,
    /// Decided by the first piece.
    kind: Option<Kind>,
}

impl fmt::Debug for StreamRedactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRedactor").field("held", &self.held.len()).finish_non_exhaustive()
    }
}

impl StreamRedactor {
    pub(super) fn off() -> Self {
        Self { walk: None, held: Vec::new(), context: 0, tail: TAIL }
    }

    /// A body in a content coding passes unchanged: it has to be decoded before.
    pub(super) fn new(keys: Pseudonyms, seen: Arc<Taint>, side: Side, label: Label<'_>) -> Self {
        let content_type = label.content_type.to_owned();
        let walk = Walk { keys, seen, side, content_type, kind: None };
        let is_plain = encoding::is_identity(label.content_encoding);
        Self { walk: is_plain.then_some(walk), ..Self::off() }
    }

    /// Holds back less, so that small tests cut too.
    #[cfg(test)]
    pub(super) fn with_tail(self, tail: usize) -> Self {
        Self { tail, ..self }
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Takes a piece and gives what can no longer change.
    pub fn push(&mut self, piece: &[u8]) -> Bytes {
        if self.walk.is_none() {
            return Bytes::copy_from_slice(piece);
        }
        self.held.extend_from_slice(piece);
        // Every look costs a walk over all that is held, so it is taken when much has come.
        if self.held.len() < self.context + 2 * self.tail {
            return Bytes::new();
        }
        let decided = self.held.len() - self.tail;
        self.give(decided)
    }

    /// Gives the rest.
    pub fn finish(&mut self) -> Bytes {
        let all = self.held.len();
        self.give(all)
    }

    /// Gives the text up to `decided`, or up to an edit that reaches over it.
    fn give(&mut self, decided: usize) -> Bytes {
        let Some(walk) = &mut self.walk else {
            return Bytes::new();
        };
        let kind = *walk.kind.get_or_insert_with(|| match kind_of(&walk.content_type, b"") {
            // Without a content type the first piece has to look like text.
            Kind::Text if walk.content_type.is_empty() => kind_of("", whole_characters(&self.held)),
            kind => kind,
        });
        let mut pass = Pass::new(&walk.keys, walk.side);
        pass.taints = vec![&walk.seen];
        let mut edits = pass.edits(&self.held, kind);

        let mut cut = decided;
        if decided < self.held.len() {
            for edit in edits.iter().rev() {
                if edit.span().start < cut && edit.span().end > cut {
                    cut = edit.span().start;
                }
            }
            if cut <= self.context && self.held.len() < BOUND {
                return Bytes::new();
            }
            cut = cut.max(self.context);
        }
        edits.retain(|edit| edit.span().start >= self.context && edit.span().end <= cut);
        let text = self.held.get(..cut).unwrap_or_default();
        let given = match pass.apply(text, edits) {
            Some(replaced) => replaced,
            None => text.to_vec(),
        };
        let given = Bytes::from(given).slice(self.context..);

        let keep = cut.saturating_sub(CONTEXT.min(self.tail));
        self.held.drain(..keep);
        self.context = cut - keep;
        given
    }
}

/// Without the bytes of a character that the next piece completes.
fn whole_characters(text: &[u8]) -> &[u8] {
    match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => {
            text.get(..error.valid_up_to()).unwrap_or_default()
        }
        _ => text,
    }
}
