//! Events of the system, gathered until a burst of them is over.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{Event, EventKind, event::ModifyKind};
use parking_lot::{Condvar, Mutex};

use crate::runtime::Clock;

/// A burst is over when nothing has happened for so long …
const QUIET: Duration = Duration::from_millis(40);

/// … or when it has gone on for so long.
const MAX_WAIT: Duration = Duration::from_millis(200);

/// More changed paths than this are not remembered one by one: every file is read again.
const MAX_PATHS: usize = 10_000;

/// What the system's events amount to, until the thread takes it.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Something happened.
    pub(super) woken: bool,
    /// Paths that were named, below the root as the root was given.
    pub(super) paths: HashSet<PathBuf>,
    /// Events were lost, or there were too many: no time or size is to be trusted.
    pub(super) everything: bool,
    /// Something was made, moved or removed.
    pub(super) structure: bool,
    /// The root itself was moved or removed.
    pub(super) root: bool,
    /// The watcher was dropped.
    pub(super) stopped: bool,
}

/// What the system's callback and the watcher's thread share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    changes: Mutex<Changes>,
    wake: Condvar,
}

impl Shared {
    /// Has the thread look though nothing has happened.
    pub(super) fn wake_up(&self) {
        self.changes.lock().woken = true;
        self.wake.notify_all();
    }

    /// Ends the thread.
    pub(super) fn stop(&self) {
        self.changes.lock().stopped = true;
        self.wake.notify_all();
    }

    /// Waits for a burst of changes to be over, or for `at_most`; `None` when the watcher is dropped.
    pub(super) fn next(&self, at_most: Option<Duration>) -> Option<Changes> {
        let mut changes = self.changes.lock();
        let clock = Clock::start();
        while !(changes.woken || changes.stopped) {
            match at_most.map(|at_most| at_most.checked_sub(clock.elapsed())) {
                None => self.wake.wait(&mut changes),
                Some(Some(left)) => _ = self.wake.wait_for(&mut changes, left),
                Some(None) => break,
            }
        }
        let clock = Clock::start();
        while changes.woken && !changes.stopped {
            let left = MAX_WAIT.saturating_sub(clock.elapsed());
            if self.wake.wait_for(&mut changes, QUIET.min(left)).timed_out() {
                break;
            }
        }
        (!changes.stopped).then(|| std::mem::take(&mut *changes))
    }

    /// Notes an event; `root` is how the system names the root, `given` how we do.
    pub(super) fn note(&self, root: &Path, given: &Path, event: notify::Result<Event>) {
        let mut changes = self.changes.lock();
        match event {
            Ok(event) if !event.need_rescan() => {
                // Reading raises events too.
                if matches!(event.kind, EventKind::Access(_)) {
                    return;
                }
                let grows = matches!(
                    event.kind,
                    EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_))
                );
                let mut is_ours = false;
                for path in &event.paths {
                    let Ok(below) = path.strip_prefix(root) else {
                        // The system may name it by another way there: reason enough to look.
                        is_ours = true;
                        continue;
                    };
                    changes.root |= below.as_os_str().is_empty();
                    if !(is_hidden(below) || (grows && is_tape(below))) {
                        is_ours = true;
                        changes.paths.insert(given.join(below));
                    }
                }
                if !is_ours {
                    return;
                }
                changes.structure |= !grows;
                if changes.paths.len() > MAX_PATHS {
                    changes.paths.clear();
                    changes.everything = true;
                }
            }
            Ok(_) => changes.everything = true,
            Err(error) => {
                tracing::warn!("watching stubs: {error}; looking at all of them");
                changes.everything = true;
            }
        }
        changes.woken = true;
        self.wake.notify_all();
    }
}

/// Whether a path is that of a tape in the stub folder, which grows with each exchange: neither a stub
/// nor the body of one.
fn is_tape(below: &Path) -> bool {
    below.extension().is_some_and(|ending| ending == "jsonl")
        && !below.components().any(|part| part.as_os_str() == "__files")
}

/// Whether a path lies in, or is, what starts with `.`: our own temporary files and those of editors.
fn is_hidden(below: &Path) -> bool {
    below.iter().any(|part| part.as_encoded_bytes().starts_with(b"."))
}
