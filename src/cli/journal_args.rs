//! Flags of how much of the requests is remembered.

use clap::Args;

use crate::config::{Layer, key::size};

const JOURNAL: &str = "Journal";

/// How much of the requests is remembered.
#[derive(Args, Debug)]
pub struct JournalArgs {
    /// Requests of a session that are remembered for the admin API; 0 remembers none [default: 10000]
    #[arg(long, value_name = "N", help_heading = JOURNAL)]
    pub journal_entries: Option<usize>,
    /// Bytes that those of a session may take [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = JOURNAL)]
    pub journal_bytes: Option<usize>,
    /// Bytes that those of all sessions may take together [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = JOURNAL)]
    pub journal_total_bytes: Option<usize>,
    /// Longer bodies are remembered by digest, length and beginning [default: 1MiB]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = JOURNAL)]
    pub journal_body_bytes: Option<usize>,
}

impl JournalArgs {
    /// What these flags decide.
    pub fn layer(&self) -> Layer {
        Layer {
            journal_entries: self.journal_entries,
            journal_bytes: self.journal_bytes,
            journal_total_bytes: self.journal_total_bytes,
            journal_body_bytes: self.journal_body_bytes,
            ..Layer::default()
        }
    }
}
