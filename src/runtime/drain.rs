//! A stop signal that many tasks watch, and the wait until they are done.

use tokio::sync::watch;

/// Tells watchers to stop and waits for them.
#[derive(Debug)]
pub struct Drain {
    stop: watch::Sender<bool>,
}

/// Held by each task that has something to finish; dropping it says that it has.
#[derive(Clone, Debug)]
pub struct Watch {
    stop: watch::Receiver<bool>,
}

impl Drain {
    /// A signal and its first watcher.
    pub fn new() -> (Self, Watch) {
        let (stop, watched) = watch::channel(false);
        (Self { stop }, Watch { stop: watched })
    }

    /// One more watcher.
    pub fn watch(&self) -> Watch {
        Watch { stop: self.stop.subscribe() }
    }

    /// Gives the signal.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until every watcher is gone.
    pub async fn finished(&self) {
        self.stop.closed().await;
    }
}

impl Watch {
    /// Waits for the signal (or for its sender to be gone).
    pub async fn stopped(&mut self) {
        // An error means that the sender is gone, which is as good as the signal.
        let _ = self.stop.wait_for(|stop| *stop).await;
    }
}
