//! The recorder, and what follows when an exchange was recorded: its stub comes into service, and whoever listens is told.

use std::{path::PathBuf, sync::Arc};

use crate::{
    library::key_file,
    model::{Ending, Handled, Outcome},
    record::{LazyRecorder, OnRecorded, Recorder, RecorderConfig},
    redaction::Redactor,
    runtime::Clock,
    serve::Announcer,
    store::{StubFile, StubStore},
    telemetry::RecorderMetrics,
};

/// Exchanges that may be under way or wait for the disk.
const PERMITS: usize = 2048;

/// What a recorder is made of, when one is needed.
pub(super) struct Recorded {
    pub(super) stubs: PathBuf,
    pub(super) recordings: PathBuf,
    /// A key of the pseudonyms that is to be kept.
    pub(super) new_key: Option<String>,
    pub(super) clock: Clock,
    pub(super) redactor: Arc<Redactor>,
    pub(super) live: Arc<StubStore>,
    pub(super) announcer: Arc<Announcer>,
    pub(super) metrics: RecorderMetrics,
}

/// A recorder that starts when it is first needed.
pub(super) fn recorder(parts: Recorded) -> LazyRecorder {
    LazyRecorder::new(move || {
        if let Some(key) = &parts.new_key {
            key_file::write(&parts.stubs, key)?;
        }
        Recorder::start(RecorderConfig {
            stubs: parts.stubs.clone(),
            recordings: parts.recordings.clone(),
            clock: parts.clock,
            redactor: Arc::clone(&parts.redactor),
            permits: PERMITS,
            metrics: parts.metrics.clone(),
            on_recorded: on_recorded(Arc::clone(&parts.announcer), Arc::clone(&parts.live)),
        })
    })
}

fn on_recorded(announcer: Arc<Announcer>, stubs: Arc<StubStore>) -> OnRecorded {
    Box::new(move |exchange, changed, recorded_as| {
        let changes = changed
            .into_iter()
            .map(|(path, stub)| StubFile { path: path.into(), stubs: vec![stub] })
            .collect::<Vec<_>>();
        if !changes.is_empty() {
            for problem in stubs.apply(changes) {
                tracing::error!(file = %problem.file.display(), error = %problem.error, "a recorded stub cannot be used");
            }
        }
        if exchange.response.is_none() && matches!(exchange.ending, Ending::UpstreamBroke(_)) {
            // Whoever answered the client in its place has said so.
            return;
        }
        announcer.tell(|| Handled {
            number: exchange.number,
            method: exchange.request.method.clone(),
            target: exchange.request.target.clone(),
            status: exchange.response.as_ref().map(|response| response.status),
            latency: exchange.timing.total,
            outcome: Outcome::Recorded(recorded_as),
        });
    })
}
