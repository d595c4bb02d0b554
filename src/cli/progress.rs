//! Something to look at while many stub files are read.

use std::{path::Path, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

use super::printer::{is_live, thousands};

/// Fewer files are read before one could read that they are.
const WORTH_A_WORD: usize = 2000;

/// Shown until it is dropped.
#[derive(Debug)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// Starts to show that the files below `folder` are read, if they are many and a person looks.
    pub fn of_reading(folder: &Path, quiet: bool) -> Self {
        if quiet || !is_live() {
            return Self(None);
        }
        let files = walkdir::WalkDir::new(folder)
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
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
