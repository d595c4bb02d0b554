//! Keeps what passes of a body: in memory while it is small, in a file beyond.

use std::{
    io::Write as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::sync::Notify;

use crate::{
    model::{Headers, RecordedBody},
    redaction::stream::StreamRedactor,
};

/// Folder for large bodies that are on their way.
const SPOOL_FOLDER: &str = ".spool";

/// Where bodies go that are too large for memory.
#[derive(Clone, Debug)]
pub(super) struct Spool {
    /// The folder; made when it is first needed.
    pub(super) directory: Arc<Path>,
    /// Bodies up to this length in bytes stay in memory.
    pub(super) in_memory: usize,
}

impl Spool {
    /// In the folder of tapes.
    pub(super) fn beside(tapes: &Path, in_memory: usize) -> Self {
        Self { directory: tapes.join(SPOOL_FOLDER).into(), in_memory }
    }
}

/// A body as far as it has come.
#[derive(Debug)]
pub(super) struct Capture {
    spool: Spool,
    length: AtomicU64,
    state: Mutex<State>,
    ended: Notify,
}

/// Which bytes the length and digest of a body in a file are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Digested {
    /// Those of the file: an answer is given from it.
    #[default]
    AsKept,
    /// Those that passed: a request is compared with them.
    AsPassed,
}

#[derive(Debug, Default)]
struct State {
    memory: BytesMut,
    file: Option<SpoolFile>,
    /// Sanitises what goes to the file; a body in memory is sanitised as a whole by the recorder.
    sanitiser: Option<StreamRedactor>,
    digested: Digested,
    failure: Option<String>,
    end: Option<Duration>,
    /// It will not be complete.
    is_given_up: bool,
    trailers: Headers,
}

#[derive(Debug)]
struct SpoolFile {
    file: NamedTempFile,
    digested: Digested,
    length: u64,
    sha256: Sha256,
}

impl Capture {
    /// An empty body, which passes `sanitiser` on its way to a file.
    pub(super) fn new(spool: Spool, sanitiser: StreamRedactor, digested: Digested) -> Arc<Self> {
        let sanitiser = Some(sanitiser);
        Arc::new(Self {
            spool,
            length: AtomicU64::new(0),
            state: Mutex::new(State { sanitiser, digested, ..State::default() }),
            ended: Notify::new(),
        })
    }

    /// Takes a piece that passes. The file is written in place: its pages go to memory first, and
    /// the traffic must not run ahead of a disk that cannot follow.
    pub(super) fn push(&self, piece: &Bytes) {
        let length = self.length.fetch_add(piece.len() as u64, Ordering::AcqRel);
        let mut state = self.state.lock();
        if state.failure.is_some() {
            return;
        }
        if state.file.is_none() && length + piece.len() as u64 <= self.spool.in_memory as u64 {
            state.memory.extend_from_slice(piece);
            return;
        }
        if let Err(error) = state.spill(&self.spool.directory, piece) {
            let directory = self.spool.directory.display();
            let failure = format!("cannot keep a large body in `{directory}`: {error}");
            tracing::error!("{failure}; the traffic goes on, its recording will lack this body");
            *state = State {
                failure: Some(failure),
                end: state.end,
                is_given_up: state.is_given_up,
                ..State::default()
            };
        }
    }

    /// The body is complete.
    pub(super) fn end(&self, at: Duration, trailers: Option<&HeaderMap>) {
        let mut state = self.state.lock();
        state.end.get_or_insert(at);
        if let Some(trailers) = trailers {
            state.trailers = Headers::from(trailers);
        }
        drop(state);
        self.ended.notify_waiters();
    }

    /// No more will come.
    pub(super) fn give_up(&self) {
        self.state.lock().is_given_up = true;
        self.ended.notify_waiters();
    }

    /// Whether no more will come.
    pub(super) fn is_settled(&self) -> bool {
        let state = self.state.lock();
        state.end.is_some() || state.is_given_up
    }

    /// Waits until no more will come.
    pub(super) async fn settled(&self) {
        loop {
            let notified = self.ended.notified();
            if self.is_settled() {
                return;
            }
            notified.await;
        }
    }

    /// How much has passed, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length.load(Ordering::Acquire)
    }

    /// When it was complete.
    pub(super) fn ended_at(&self) -> Option<Duration> {
        self.state.lock().end
    }

    /// Waits until it is complete.
    pub(super) async fn ended(&self) {
        loop {
            let notified = self.ended.notified();
            if self.ended_at().is_some() {
                return;
            }
            notified.await;
        }
    }

    /// Takes out what was kept: the body and its trailers.
    ///
    /// # Errors
    ///
    /// Says why it could not be kept.
    pub(super) fn take(&self) -> Result<(RecordedBody, Headers), String> {
        let State { memory, file, sanitiser, failure, trailers, .. } =
            std::mem::take(&mut *self.state.lock());
        if let Some(failure) = failure {
            return Err(failure);
        }
        let body = match file {
            None => RecordedBody::Bytes(memory.freeze()),
            Some(file) => file.finish(sanitiser).map_err(|error| error.to_string())?,
        };
        Ok((body, trailers))
    }
}

impl State {
    fn spill(&mut self, directory: &Path, piece: &[u8]) -> std::io::Result<()> {
        let mut spool = match self.file.take() {
            Some(spool) => spool,
            None => {
                std::fs::create_dir_all(directory)?;
                let file = tempfile::Builder::new().prefix(".body-").tempfile_in(directory)?;
                let mut spool =
                    SpoolFile { file, digested: self.digested, length: 0, sha256: Sha256::new() };
                let memory = std::mem::take(&mut self.memory);
                spool.write(self.sanitiser.as_mut(), &memory)?;
                spool
            }
        };
        spool.write(self.sanitiser.as_mut(), piece)?;
        self.file = Some(spool);
        Ok(())
    }
}

impl SpoolFile {
    fn write(
        &mut self,
        sanitiser: Option<&mut StreamRedactor>,
        piece: &[u8],
    ) -> std::io::Result<()> {
        if self.digested == Digested::AsPassed {
            self.digest(piece);
        }
        match sanitiser {
            Some(sanitiser) => self.keep(&sanitiser.push(piece)),
            None => self.keep(piece),
        }
    }

    fn keep(&mut self, piece: &[u8]) -> std::io::Result<()> {
        if self.digested == Digested::AsKept {
            self.digest(piece);
        }
        self.file.write_all(piece)
    }

    fn digest(&mut self, piece: &[u8]) {
        self.length += piece.len() as u64;
        self.sha256.update(piece);
    }

    fn finish(mut self, sanitiser: Option<StreamRedactor>) -> std::io::Result<RecordedBody> {
        if let Some(mut sanitiser) = sanitiser {
            self.keep(&sanitiser.finish())?;
        }
        self.file.flush()?;
        // The recorder moves the file to its place, or deletes it.
        let (_, path) = self.file.keep().map_err(|error| error.error)?;
        let sha256 = self.sha256.finalize().into();
        Ok(RecordedBody::File { path, length: self.length, sha256 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::Redactor;

    fn capture(directory: &Path) -> Arc<Capture> {
        let spool = Spool { directory: directory.join("spool").into(), in_memory: 10 };
        let sanitiser = Redactor::off().answer_stream(&Headers::new());
        Capture::new(spool, sanitiser, Digested::AsKept)
    }

    #[test]
    fn a_small_body_stays_in_memory_and_a_large_one_goes_to_a_file_whole() {
        let directory = tempfile::tempdir().unwrap();
        let small = capture(directory.path());
        small.push(&Bytes::from_static(b"0123456789"));
        small.end(Duration::ZERO, None);
        assert_eq!(small.take().unwrap().0.bytes().unwrap(), "0123456789");
        assert!(!directory.path().join("spool").exists());

        let large = capture(directory.path());
        for _ in 0..5 {
            large.push(&Bytes::from_static(b"01234567"));
        }
        let RecordedBody::File { path, length, sha256 } = large.take().unwrap().0 else {
            panic!("in a file")
        };
        let kept = std::fs::read(path).unwrap();
        assert_eq!(kept, b"01234567".repeat(5));
        assert_eq!(length, 40);
        assert_eq!(sha256, <[u8; 32]>::from(Sha256::digest(&kept)));
    }

    #[test]
    fn a_body_that_cannot_be_kept_says_why_and_does_not_stop_the_traffic() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("spool"), "a file where a folder should be").unwrap();
        let capture = capture(directory.path());
        for _ in 0..5 {
            capture.push(&Bytes::from_static(b"01234567"));
        }
        assert_eq!(capture.length(), 40);
        assert!(capture.take().unwrap_err().contains("cannot keep a large body"));
    }
}
