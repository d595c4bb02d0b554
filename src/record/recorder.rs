//! The door to a recording: takes finished exchanges off the hands of whoever serves them.
//!
//! Everything slow (sanitising, disk) happens on a thread of its own. A request takes a permit before
//! it is forwarded, so that a slow disk holds back new requests and never one under way.

use std::{sync::Arc, thread};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{
    config::{RecordError, RecorderConfig},
    queue::{Sender, queue},
    summary::RecordSummary,
    worker::{Message, Worker},
};
use crate::{model::Exchange, telemetry::RecorderMetrics};

/// Leave to record one exchange; dropping it unused gives it back.
#[derive(Debug)]
pub struct Permit(OwnedSemaphorePermit);

/// A running recording.
#[derive(Debug)]
pub struct Recorder {
    permits: Arc<Semaphore>,
    queue: Sender<Message>,
    metrics: RecorderMetrics,
}

impl Recorder {
    /// Reads the stubs that are there and starts the recorder's thread. Blocks while it reads.
    ///
    /// # Errors
    ///
    /// When the stub folder exists and cannot be read. A folder that cannot be written is no error
    /// here: it is reported when something has to be written, and in the summary.
    pub fn start(config: RecorderConfig) -> Result<Self, RecordError> {
        let permits = config.permits.clamp(1, Semaphore::MAX_PERMITS / 2);
        let (queue, messages) = queue();
        let metrics = config.metrics.clone();
        let worker = Worker::new(config)?;
        thread::Builder::new()
            .name("ringer-recorder".to_owned())
            .spawn(move || worker.run(&messages))
            .map_err(RecordError::Thread)?;
        Ok(Self { permits: Arc::new(Semaphore::new(permits)), queue, metrics })
    }

    /// Waits until one more exchange can be taken; to be asked before its request is forwarded.
    pub async fn permit(&self) -> Permit {
        match Arc::clone(&self.permits).acquire_owned().await {
            Ok(permit) => Permit(permit),
            // The semaphore lives as long as `self` and is never closed.
            Err(_) => std::future::pending().await,
        }
    }

    /// Hands over a finished exchange. Never blocks.
    pub fn record(&self, permit: Permit, exchange: Box<Exchange>) {
        match self.queue.send(Message::Exchange(permit.0, exchange)) {
            Ok(()) => self.metrics.queued(),
            Err(_) => {
                self.metrics.failed();
                tracing::error!("the recorder has stopped: an exchange is lost");
            }
        }
    }

    /// Waits until everything handed over so far has become a stub (or not), which may not be on
    /// disk yet.
    pub async fn settled(&self) {
        let (done, settled) = oneshot::channel();
        if self.queue.send(Message::Settle(done)).is_ok() {
            // An error says that the recorder has stopped: there is nothing to wait for.
            let _ = settled.await;
        }
    }

    /// Waits until everything handed over so far is on disk, and says what it came to. The recorder
    /// goes on; it ends when it is dropped.
    pub async fn finish(&self) -> RecordSummary {
        let (done, summary) = oneshot::channel();
        if self.queue.send(Message::Finish(done)).is_ok()
            && let Ok(summary) = summary.await
        {
            return summary;
        }
        RecordSummary {
            errors: vec!["the recorder has stopped: what came last is not on disk".to_owned()],
            ..RecordSummary::default()
        }
    }
}
