//! A body whose bytes are others: some at drawn places, or so that it is no JSON any more.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use rand::{Rng as _, RngExt as _};
use rand_chacha::ChaCha8Rng;

use crate::serve::reply::{BodyError, ReplyBody};

/// A body that is changed as it passes; its length stays.
pub(super) struct Changed {
    pub(super) body: ReplyBody,
    pub(super) change: Change,
    /// hyper is not told the length.
    pub(super) hides_length: bool,
}

/// What is done to the bytes.
#[derive(Debug)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// Some are others.
    Corrupt(Box<Corruption>),
    /// They are no JSON any more.
    NoJson(NoJson),
}

impl Change {
    fn apply(&mut self, bytes: Bytes) -> Bytes {
        let is_done = match self {
            Self::None => true,
            Self::Corrupt(corruption) => corruption.wanted == 0,
            Self::NoJson(no_json) => no_json.is_done,
        };
        if is_done || bytes.is_empty() {
            return bytes;
        }
        let mut changed = BytesMut::from(&bytes[..]);
        match self {
            Self::None => {}
            Self::Corrupt(corruption) => corruption.apply(&mut changed),
            Self::NoJson(no_json) => no_json.apply(&mut changed),
        }
        changed.freeze()
    }
}

/// Exactly so many bytes of a body become others, each choice of places being as likely as any other
/// (Knuth, TAOCP 2, algorithm 3.4.2 S); the pieces in which they pass make no difference.
#[derive(Debug)]
pub(super) struct Corruption {
    wanted: u64,
    left: u64,
    draws: ChaCha8Rng,
}

impl Corruption {
    pub(super) fn new(wanted: u32, length: u64, draws: ChaCha8Rng) -> Box<Self> {
        Box::new(Self { wanted: u64::from(wanted).min(length), left: length, draws })
    }

    fn apply(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.wanted == 0 || self.left == 0 {
                return;
            }
            if self.draws.random_range(0..self.left) < self.wanted {
                // Never 0: the byte is another.
                *byte ^= u8::try_from(self.draws.next_u32() % 255 + 1).unwrap_or(1);
                self.wanted -= 1;
            }
            self.left -= 1;
        }
    }
}

/// Exchanges the first bracket, which no other bracket closes then. In a stream of events that is the
/// first of an event's data.
#[derive(Debug)]
pub(super) struct NoJson {
    /// The body says that it is JSON, and so may begin with something else than a bracket.
    is_json: bool,
    is_stream: bool,
    has_begun: bool,
    is_done: bool,
}

impl NoJson {
    pub(super) fn of(content_type: &str) -> Self {
        let content_type = content_type.to_ascii_lowercase();
        Self {
            is_json: content_type.contains("json"),
            is_stream: content_type.starts_with("text/event-stream"),
            has_begun: false,
            is_done: false,
        }
    }

    fn apply(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            // Blanks and the byte order mark.
            if self.is_done || matches!(*byte, b' ' | b'\t'..=b'\r' | 0xef | 0xbb | 0xbf) {
                continue;
            }
            let is_first = !std::mem::replace(&mut self.has_begun, true);
            *byte = match *byte {
                b'{' if is_first || self.is_stream => b'[',
                b'[' if is_first || self.is_stream => b'{',
                _ if is_first && self.is_json => b'#',
                _ if self.is_stream => continue,
                other => other,
            };
            self.is_done = true;
        }
    }
}

impl Body for Changed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        Pin::new(&mut this.body)
            .poll_frame(cx)
            .map_ok(|frame| frame.map_data(|bytes| this.change.apply(bytes)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.hides_length { SizeHint::default() } else { self.body.size_hint() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Seed;

    fn corrupted(wanted: u32, body: &[u8], piece: usize) -> Vec<u8> {
        let draws = Seed(3).draws("", b"stub", 1);
        let length = body.len() as u64;
        let mut change = Change::Corrupt(Corruption::new(wanted, length, draws));
        body.chunks(piece).flat_map(|piece| change.apply(Bytes::copy_from_slice(piece))).collect()
    }

    #[test]
    fn so_many_bytes_are_others_at_places_that_do_not_depend_on_the_pieces() {
        let body = [b'a'; 500];
        for wanted in [1, 7, 499, 500, 9000] {
            let whole = corrupted(wanted, &body, 500);
            let others = whole.iter().zip(&body).filter(|(now, before)| now != before).count();
            assert_eq!(others, (wanted as usize).min(500));
            assert_eq!(whole, corrupted(wanted, &body, 3));
        }
        assert_eq!(corrupted(5, b"", 1), b"");
    }

    #[test]
    fn json_is_none_any_more() {
        let changed = |content_type: &str, body: &str| {
            let mut change = Change::NoJson(NoJson::of(content_type));
            let bytes = body.as_bytes().chunks(2);
            let changed = bytes.flat_map(|piece| change.apply(Bytes::copy_from_slice(piece)));
            String::from_utf8(changed.collect()).unwrap()
        };
        for body in ["{}", "[]", " \n{\"a\": [1, 2]}", "[{}]", "\"text\"", "12", "true", "null"] {
            let changed = changed("application/json", body);
            assert!(serde_json::from_str::<serde_json::Value>(&changed).is_err(), "{changed}");
            assert_eq!(changed.len(), body.len());
        }
        assert_eq!(changed("text/plain", "[1]"), "{1]");
        assert_eq!(changed("text/plain", "see [1]"), "see [1]");
        assert_eq!(
            changed("text/event-stream", "event: a\ndata: {\"b\":{}}\n\ndata: {}\n\n"),
            "event: a\ndata: [\"b\":{}}\n\ndata: {}\n\n"
        );
    }
}
