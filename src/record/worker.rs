//! The recorder's thread: sanitise, tape, decide the stub, write.

use std::sync::mpsc::Receiver;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{
    config::{RecordError, RecorderConfig},
    summary::RecordSummary,
};
use crate::model::Exchange;

pub(super) enum Message {
    Exchange(OwnedSemaphorePermit, Box<Exchange>),
    Finish(oneshot::Sender<RecordSummary>),
}

pub(super) struct Worker {
    config: RecorderConfig,
    summary: RecordSummary,
}

impl Worker {
    pub(super) fn new(config: RecorderConfig) -> Result<Self, RecordError> {
        Ok(Self { config, summary: RecordSummary::default() })
    }

    pub(super) fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            match message {
                Message::Exchange(_permit, exchange) => {
                    let _ = (&self.config, exchange);
                    self.summary.exchanges += 1;
                }
                Message::Finish(done) => {
                    let _ = done.send(self.summary.clone());
                }
            }
        }
    }
}
