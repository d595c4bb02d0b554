//! A body as the journal keeps it: all of it, or, where it is long, its digest, its length and its
//! beginning.

use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};

/// So much is kept of the beginning of a body that is too long to be kept.
const HEAD: usize = 16 * 1024;
/// Up to this length a body is copied: it may lie in a buffer of its connection that is far larger, and
/// that would be kept with it.
const SMALL: usize = 4 * 1024;

/// How much of a body is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit {
    /// Longer bodies are cut.
    pub whole: usize,
    /// To how many bytes.
    pub head: usize,
    /// Whether that is shown where the body is.
    pub is_shown: bool,
}

impl BodyLimit {
    /// Bodies up to `whole` bytes are kept whole; of others there is little.
    pub fn new(whole: usize) -> Self {
        Self { whole, head: HEAD.min(whole), is_shown: false }
    }

    /// Of every body at most the first `bytes`, shown where the body is: as WireMock does.
    pub fn beginning(bytes: usize) -> Self {
        Self { whole: bytes, head: bytes, is_shown: true }
    }
}

/// A body, or what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedBody {
    /// All of it, as far as it has come.
    Whole(Bytes),
    /// It was too long.
    Cut(CutBody),
}

/// What is kept of a long body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutBody {
    /// How it begins.
    pub head: Bytes,
    /// Its length in bytes.
    pub length: u64,
    /// SHA-256 of all of it.
    pub sha256: [u8; 32],
    /// Whether its beginning is shown where the body is.
    pub is_shown: bool,
}

impl Default for LoggedBody {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl LoggedBody {
    /// What is kept of a body that is there. One that is kept whole is shared, not copied, unless it is
    /// small.
    pub fn of(bytes: &Bytes, limit: BodyLimit) -> Self {
        match bytes.len() {
            length if length > limit.whole => Self::Cut(CutBody {
                head: Bytes::copy_from_slice(bytes.get(..limit.head).unwrap_or_default()),
                length: length as u64,
                sha256: Sha256::digest(bytes).into(),
                is_shown: limit.is_shown,
            }),
            ..=SMALL => Self::Whole(Bytes::copy_from_slice(bytes)),
            _ => Self::Whole(bytes.clone()),
        }
    }

    /// What there is of it: all, or its beginning.
    pub fn bytes(&self) -> &Bytes {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Cut(cut) => &cut.head,
        }
    }

    /// What is shown where the body is: all, or nothing that could be taken for it.
    pub fn shown(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Cut(cut) if cut.is_shown => &cut.head,
            Self::Cut(_) => &[],
        }
    }

    /// How long it was.
    pub fn length(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Cut(cut) => cut.length,
        }
    }

    /// What is kept of it, where that is not all.
    pub fn cut(&self) -> Option<&CutBody> {
        match self {
            Self::Whole(_) => None,
            Self::Cut(cut) => Some(cut),
        }
    }

    /// Replaces what is there of it, for somebody to see.
    pub(super) fn replace(&mut self, bytes: Bytes) {
        match self {
            Self::Whole(whole) => *whole = bytes,
            Self::Cut(cut) => cut.head = bytes,
        }
    }
}

/// A body that comes piece by piece.
#[derive(Debug)]
pub(super) struct Gathering {
    /// Pieces are copied: they lie in buffers of a connection, which are larger.
    kept: BytesMut,
    length: u64,
    /// Of a body that is too long.
    digest: Option<Sha256>,
    limit: BodyLimit,
}

impl Gathering {
    pub(super) fn new(limit: BodyLimit) -> Self {
        Self { kept: BytesMut::new(), length: 0, digest: None, limit }
    }

    /// Takes a piece; how many bytes are kept then.
    pub(super) fn push(&mut self, piece: &[u8]) -> usize {
        self.length += piece.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(piece);
        } else if self.kept.len() + piece.len() > self.limit.whole {
            let mut digest = Sha256::new();
            digest.update(&self.kept);
            digest.update(piece);
            self.digest = Some(digest);
            let mut head = BytesMut::with_capacity(self.limit.head);
            let room = |head: &BytesMut| self.limit.head - head.len();
            head.extend_from_slice(self.kept.get(..self.limit.head).unwrap_or(&self.kept));
            head.extend_from_slice(piece.get(..room(&head)).unwrap_or(piece));
            self.kept = head;
        } else {
            self.kept.extend_from_slice(piece);
        }
        self.kept.len()
    }

    /// What has come so far.
    pub(super) fn body(&self) -> LoggedBody {
        // A copy is as long as it must be.
        let bytes = Bytes::copy_from_slice(&self.kept);
        match &self.digest {
            None => LoggedBody::Whole(bytes),
            Some(digest) => LoggedBody::Cut(CutBody {
                head: bytes,
                length: self.length,
                sha256: digest.clone().finalize().into(),
                is_shown: self.limit.is_shown,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_come_to_the_same_as_the_whole(
            body in proptest::collection::vec(any::<u8>(), 0..200),
            cuts in proptest::collection::vec(0..200_usize, 0..6),
            whole in 0..150_usize,
            head in 0..150_usize,
        ) {
            let limit = BodyLimit { whole, head: head.min(whole), is_shown: false };
            let mut gathering = Gathering::new(limit);
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
            cuts.push(body.len());
            cuts.sort_unstable();
            let mut from = 0;
            for to in cuts {
                let kept = gathering.push(&body[from..to]);
                prop_assert!(kept <= whole);
                from = to;
            }
            prop_assert_eq!(gathering.body(), LoggedBody::of(&Bytes::from(body), limit));
        }
    }

    #[test]
    fn a_long_body_is_shared_and_a_longer_one_is_cut() {
        let limit = BodyLimit::new(100_000);
        let long = Bytes::from(vec![b'x'; 90_000]);
        match LoggedBody::of(&long, limit) {
            LoggedBody::Whole(kept) => assert_eq!(kept.as_ptr(), long.as_ptr()),
            LoggedBody::Cut(cut) => panic!("{cut:?}"),
        }
        let longer = LoggedBody::of(&Bytes::from(vec![b'x'; 100_001]), limit);
        assert_eq!((longer.bytes().len(), longer.length()), (HEAD, 100_001));
    }
}
