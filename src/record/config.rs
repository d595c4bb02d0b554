//! What a recorder needs, and why it may not start.

use std::{fmt, io, path::PathBuf, sync::Arc};

use thiserror::Error;

use crate::{
    library::LibraryError,
    model::{Exchange, RecordedAs, Stub},
    redaction::Redactor,
    runtime::Clock,
    telemetry::RecorderMetrics,
};

/// Told of each exchange when its stub is decided: the sanitised exchange, the stubs that are new or
/// have changed (whole, with the file of each, their body files in place), and what became of it.
pub type OnRecorded = Box<dyn Fn(&Exchange, Vec<(PathBuf, Stub)>, RecordedAs) + Send>;

/// What a recorder needs.
pub struct RecorderConfig {
    /// The folder of stubs; each service gets a folder in it.
    pub stubs: PathBuf,
    /// The folder of tapes; each service gets a folder in it.
    pub recordings: PathBuf,
    /// The clock that `Exchange::started` is measured by.
    pub clock: Clock,
    /// Takes the secrets out before anything else is done.
    pub redactor: Arc<Redactor>,
    /// How many exchanges may be under way or wait for the disk; at least 1.
    pub permits: usize,
    /// What is counted.
    pub metrics: RecorderMetrics,
    /// Called on the recorder's thread; must not block for long.
    pub on_recorded: OnRecorded,
}

impl fmt::Debug for RecorderConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecorderConfig")
            .field("stubs", &self.stubs)
            .field("recordings", &self.recordings)
            .field("permits", &self.permits)
            .finish_non_exhaustive()
    }
}

/// Why a recording could not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The stubs that are already there could not be read.
    #[error("cannot read the stubs that are already there")]
    Library(#[from] LibraryError),
    /// The thread could not be made.
    #[error("cannot start the recorder's thread")]
    Thread(#[source] io::Error),
}
