//! A recorder that starts when something is first to be recorded: ringer may have been started to
//! replay, and then be told to record.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;

use super::{config::RecordError, recorder::Recorder};

/// Starts a recorder. Blocks while it reads the stubs that are there.
type Start = Box<dyn FnMut() -> Result<Recorder, RecordError> + Send>;

/// A recorder, once it is needed.
pub struct LazyRecorder {
    running: OnceLock<Arc<Recorder>>,
    /// Held while it starts, so that it is started once.
    start: Mutex<Start>,
}

impl fmt::Debug for LazyRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyRecorder").field("running", &self.running).finish_non_exhaustive()
    }
}

impl LazyRecorder {
    /// Nothing is started yet.
    pub fn new(start: impl FnMut() -> Result<Recorder, RecordError> + Send + 'static) -> Self {
        Self { running: OnceLock::new(), start: Mutex::new(Box::new(start)) }
    }

    /// The recorder, where it has been started.
    pub fn running(&self) -> Option<&Arc<Recorder>> {
        self.running.get()
    }

    /// Starts the recorder unless it runs. Blocks while it reads the stubs that are there.
    ///
    /// # Errors
    ///
    /// As [`Recorder::start`]; the next call tries again.
    pub fn start(&self) -> Result<&Arc<Recorder>, RecordError> {
        let mut start = self.start.lock();
        if let Some(running) = self.running.get() {
            return Ok(running);
        }
        let started = Arc::new(start()?);
        Ok(self.running.get_or_init(|| started))
    }
}
