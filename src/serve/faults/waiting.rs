//! A client that is kept waiting: for a time, or until it leaves.

use std::{future::pending, sync::Arc, time::Duration};

use super::scene::Scene;
use crate::{
    runtime::Watch,
    serve::{reply::BodyError, tee::Stopwatch, wait},
    store::SessionClock,
};

/// A wait that is to come.
#[derive(Clone)]
pub(super) struct Waiting {
    /// How long; `None` is until the client leaves.
    time: Option<Duration>,
    clock: Arc<SessionClock>,
    since: Stopwatch,
    stop: Watch,
}

impl Waiting {
    pub(super) fn of(scene: &Scene<'_>, time: Option<Duration>) -> Self {
        Self {
            time,
            clock: Arc::clone(scene.clock),
            since: scene.watch,
            stop: scene.client.watch.clone(),
        }
    }

    /// Waits.
    ///
    /// # Errors
    ///
    /// That ringer stops.
    pub(super) async fn over(mut self) -> Result<(), BodyError> {
        let over = async {
            match self.time {
                Some(time) => wait::sleep(&self.clock, self.since, time).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = over => Ok(()),
            () = self.stop.stopped() => {
                Err("ringer stops while a fault keeps this request waiting".into())
            }
        }
    }
}
