//! What a run came to.

use crate::{record::RecordSummary, store::LimitReport, verify::Verdict};

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Requests that came.
    pub requests: u64,
    /// Answered by a stub.
    pub stub_answers: u64,
    /// Of these, by a stub that fits but for values that vary from run to run.
    pub nearest: u64,
    /// What was recorded, if anything could be.
    pub recorded: Option<RecordSummary>,
    /// Requests that no stub matched (method and target), with how often each came.
    pub misses: Vec<(String, u64)>,
    /// Stubs that no request used, where every answer had to come from a stub.
    pub unused_stubs: Vec<String>,
    /// Whether clients did what was expected of them; `None` where nothing was.
    pub verdict: Option<Verdict>,
    /// Answered 429.
    pub rate_limited: u64,
    /// How clients took their limits.
    pub limits: Vec<LimitReport>,
    /// Tries before the time that clients were told, all together.
    pub early_retries: u64,
    /// Given an error on purpose.
    pub injected: u64,
    /// Requests that the upstream failed.
    pub upstream_failures: u64,
    /// Mistakes in stub files, and what could not be written.
    pub problems: Vec<String>,
}
