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
    /// A signal for more than this one's watchers, which is as good.
    outer: Option<watch::Receiver<bool>>,
}

impl Drain {
    /// A signal and its first watcher.
    pub fn new() -> (Self, Watch) {
        let (stop, watched) = watch::channel(false);
        (Self { stop }, Watch { stop: watched, outer: None })
    }

    /// One more watcher.
    pub fn watch(&self) -> Watch {
        Watch { stop: self.stop.subscribe(), outer: None }
    }

    /// One more watcher, for whom the signal that `outer` watches counts as well: both wait for it.
    pub fn watch_within(&self, outer: &Watch) -> Watch {
        Watch { stop: self.stop.subscribe(), outer: Some(outer.stop.clone()) }
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
        let stop = self.stop.wait_for(|stop| *stop);
        match &mut self.outer {
            None => drop(stop.await),
            Some(outer) => tokio::select! {
                _ = stop => {}
                _ = outer.wait_for(|stop| *stop) => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_watcher_within_heeds_both_signals_and_keeps_both_waiting() {
        let (outer, watch) = Drain::new();
        let inner = Drain::new().0;
        let (mut first, mut second) = (inner.watch_within(&watch), inner.watch_within(&watch));
        drop(watch);
        inner.stop();
        first.stopped().await;
        drop(first);
        outer.stop();
        second.stopped().await;
        let both = async { tokio::join!(inner.finished(), outer.finished()) };
        tokio::pin!(both);
        tokio::select! {
            biased;
            _ = &mut both => panic!("one is left"),
            () = std::future::ready(()) => {}
        }
        drop(second);
        both.await;
    }
}
