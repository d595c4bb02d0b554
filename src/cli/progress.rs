//! Something to look at while many stub files are read.

use std::{path::Path, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use walkdir::WalkDir;

use super::printer::{is_live, thousands};

/// Fewer files are read before one could read that they are.
const WORTH_A_WORD: usize = 2000;

/// A bar, or nothing where nobody looks or there is little to wait for. Clones show the same.
#[derive(Clone, Debug)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// A bar that appears when the first report says that there is much to do.
    pub fn start(quiet: bool) -> Self {
        if quiet || !is_live() {
            return Self(None);
        }
        let style = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::hidden().with_style(style).with_message("reading stub files");
        Self(Some(bar))
    }

    /// A sign of life for work that reports nothing, if there are many files below `folder`.
    pub fn of_reading(folder: &Path, quiet: bool) -> Self {
        if quiet || !is_live() {
            return Self(None);
        }
        let files = WalkDir::new(folder)
            .into_iter()
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "json"))
            .count();
        if files <= WORTH_A_WORD {
            return Self(None);
        }
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.set_message(format!("reading {} stub files", thousands(files as u64)));
        bar.enable_steady_tick(Duration::from_millis(80));
        Self(Some(bar))
    }

    /// So many files of so many are done.
    pub fn advance(&self, done: usize, all: usize) {
        let Some(bar) = self.0.as_ref().filter(|_| all > WORTH_A_WORD) else { return };
        if bar.is_hidden() {
            bar.set_length(all as u64);
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        bar.set_position(done as u64);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
