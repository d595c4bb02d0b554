//! What a recording came to, for the last lines that a person sees.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    path::{Path, PathBuf},
};

use crate::{library::WriteError, model::ServiceName, telemetry::RecorderMetrics};

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

/// What went wrong and still is.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// Path → what is wrong with it, until it can be written.
    paths: BTreeMap<PathBuf, String>,
    /// Folders of these about which something was logged: a full disk is no news at each file.
    folders: BTreeSet<PathBuf>,
    /// What is lost for good.
    lost: BTreeMap<String, u64>,
    metrics: RecorderMetrics,
}

impl Troubles {
    /// None yet; each is counted.
    pub(super) fn new(metrics: RecorderMetrics) -> Self {
        Self { metrics, ..Self::default() }
    }

    /// A write failed; it is logged once, until the path is fine again.
    pub(super) fn note(&mut self, error: WriteError) {
        self.metrics.failed();
        let text = format!("{error}: {} ({})", error.source, error.way_out());
        let folder = error.path.parent().unwrap_or(&error.path).to_owned();
        if let Entry::Vacant(vacant) = self.paths.entry(error.path) {
            if self.folders.insert(folder) {
                tracing::error!("{text}");
            }
            vacant.insert(text);
        }
    }

    /// What failed before has been done.
    pub(super) fn is_fine(&mut self, path: &Path) {
        if !self.paths.is_empty() && self.paths.remove(path).is_some() {
            tracing::info!("`{}` is written now", path.display());
            if self.paths.is_empty() {
                self.folders.clear();
            }
        }
    }

    /// Something is lost.
    pub(super) fn lose(&mut self, what: String) {
        self.metrics.failed();
        *self.lost.entry(what).or_default() += 1;
    }

    /// A tape line had to be given up.
    pub(super) fn lost_lines(&mut self, folder: &Path) {
        let what = format!(
            "exchanges are missing on the tape in `{}`, which could not be written for too long",
            folder.display()
        );
        if !self.lost.contains_key(&what) {
            tracing::error!("{what}");
        }
        self.lose(what);
    }

    /// What is wrong now.
    pub(super) fn all(&self) -> Vec<String> {
        let counted = |(what, n): (&String, &u64)| {
            if *n > 1 { format!("{n} times: {what}") } else { what.clone() }
        };
        let mut folders: BTreeMap<_, (String, u64)> = BTreeMap::new();
        for (path, text) in &self.paths {
            folders.entry(path.parent()).or_insert_with(|| (text.clone(), 0)).1 += 1;
        }
        let paths = folders.into_values().map(|(text, n)| match n {
            1 => text,
            n => format!("{text}; so it is with {} more files there", n - 1),
        });
        paths.chain(self.lost.iter().map(counted)).collect()
    }
}
