//! What follows when stub files change: they are taken in, and it is counted.

use std::{path::PathBuf, sync::Arc};

use crate::{
    library::{Keeper, LoadedFile},
    telemetry::Metrics,
};

/// Takes changes in, and counts them.
pub(super) fn follow(
    keeper: Arc<Keeper>,
    metrics: Arc<Metrics>,
) -> impl Fn(Vec<LoadedFile>, Vec<PathBuf>) + Send + 'static {
    move |changed, removed| {
        let bad = changed.iter().filter(|file| !file.problems.is_empty()).count();
        metrics.reload_errors.inc_by(bad as u64);
        if bad < changed.len() || !removed.is_empty() {
            metrics.reloads.inc();
        }
        keeper.follow(changed, removed);
    }
}
