//! What follows when stub files change: they are taken in, it is counted, and told to who listens.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    library::{Keeper, LoadedFile},
    model::SessionName,
    store::{Change, Feed, Notice},
    telemetry::Metrics,
};

/// Takes changes in, counts them, and tells of them; files are told by their place below `root`.
pub(super) fn follow(
    keeper: Arc<Keeper>,
    metrics: Arc<Metrics>,
    feed: Arc<Feed>,
    root: PathBuf,
) -> impl Fn(Vec<LoadedFile>, Vec<Arc<Path>>) + Send + 'static {
    move |changed, removed| {
        let bad = changed.iter().filter(|file| !file.problems.is_empty()).count();
        metrics.reload_errors.inc_by(bad as u64);
        if bad < changed.len() || !removed.is_empty() {
            metrics.reloads.inc();
        }
        let told: Vec<_> = if feed.is_heard() {
            let written = changed.iter().map(|file| change("WRITE", &root, &file.path));
            let gone = removed.iter().map(|path| change("REMOVE", &root, path));
            written.chain(gone).collect()
        } else {
            Vec::new()
        };
        keeper.follow(changed, removed);
        // Who hears of it finds it done.
        for change in told {
            feed.tell(|| Notice::Changed(change));
        }
    }
}

fn change(method: &str, root: &Path, path: &Path) -> Change {
    let path = path.strip_prefix(root).unwrap_or(path);
    Change {
        session: SessionName::default(),
        what: "files".to_owned(),
        method: method.to_owned(),
        path: path.to_string_lossy().into_owned(),
    }
}
