//! What a recording came to, for the last lines that a person sees.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use crate::model::ServiceName;

/// The account of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSummary {
    /// Exchanges that were recorded, tape-only ones included.
    pub exchanges: u64,
    /// Exchanges that are on the tape alone.
    pub tape_only: u64,
    /// Stubs that were not there before.
    pub stubs_written: usize,
    /// The number of answers of each stub that grew to a sequence or grew further.
    pub sequences: Vec<usize>,
    /// Stubs that were there and say the same.
    pub unchanged: usize,
    /// Stubs that were there and said something else.
    pub updated: usize,
    /// Secrets that were replaced, by class.
    pub secrets: BTreeMap<&'static str, usize>,
    /// The services that were recorded.
    pub services: BTreeSet<ServiceName>,
    /// The tapes that were written.
    pub tapes: Vec<PathBuf>,
    /// What could not be written, each once: path, cause and way out. Empty when all is on disk.
    pub errors: Vec<String>,
}

impl RecordSummary {
    /// Whether everything that was recorded is on disk.
    pub fn is_saved(&self) -> bool {
        self.errors.is_empty()
    }
}
