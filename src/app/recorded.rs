//! What follows when an exchange was recorded: its stub comes into service, and whoever listens is told.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::{
    model::{Ending, Handled, Outcome},
    record::OnRecorded,
    store::{StubFile, StubStore},
};

pub(super) fn on_recorded(events: broadcast::Sender<Handled>, stubs: Arc<StubStore>) -> OnRecorded {
    Box::new(move |exchange, changed, recorded_as| {
        let changes = changed
            .into_iter()
            .map(|(path, stub)| StubFile { path, stubs: vec![stub] })
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
        // Nobody listening is fine.
        let _ = events.send(Handled {
            number: exchange.number,
            method: exchange.request.method.clone(),
            target: exchange.request.target.clone(),
            status: exchange.response.as_ref().map(|response| response.status),
            latency: exchange.timing.total,
            outcome: Outcome::Recorded(recorded_as),
        });
    })
}
