//! Notices changes of a stub folder, and gives them on in batches.
//!
//! What the system says about a change is only a reason to look: events get lost when a folder has
//! just been made, and an editor saves a file in many ways. So each burst of events ends in one look
//! at the whole folder, by time, size and, where these differ, content.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::{
    changes::{Changes, Shared},
    error::LibraryError,
    known::Known,
    loaded::LoadedFile,
    reader::Reader,
};

/// When to look again after something was made: what was put into a new folder before the system
/// began to watch it raised no event.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// A look at so many files takes processor time that answers want more when ringer has just begun …
const MANY: usize = 2000;
/// … and comes so much later.
const FIRST_LOOK: [Duration; 1] = [Duration::from_secs(1)];
/// How often to look for a folder that is not there yet, or no longer.
const LOOK_FOR_ROOT: Duration = Duration::from_millis(500);

/// Watches a stub folder until dropped.
pub struct Watcher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}

impl Watcher {
    /// Watches the stub folder `root`, which need not be there yet.
    ///
    /// Each batch of changes goes to `on_change` in one call, on a thread of the watcher's own: the
    /// files that are new or have other content, read again, and the paths of those that are gone. A
    /// file with mistakes is among the first, and its `problems` say so. A file also counts as changed
    /// when a body file that it names comes, goes or changes. What changes after this has returned is
    /// noticed.
    ///
    /// # Errors
    ///
    /// The folder is there, and cannot be read or watched.
    pub fn start(
        root: &Path,
        on_change: impl Fn(Vec<LoadedFile>, Vec<Arc<Path>>) + Send + 'static,
    ) -> Result<Self, LibraryError> {
        let reader = Reader::new(root);
        let (shared, mut watch) = Watch::begin(root)?;
        watch.try_on().map_err(|source| watch.failed(source))?;
        let known = Known::of(&reader.read()?);
        Self::run(reader, known, shared, watch, on_change)
    }

    /// As [`Watcher::start`], for a folder that was read before: also what has changed since then is
    /// noticed, and `reader` with its check reads the changed files.
    ///
    /// # Errors
    ///
    /// As [`Watcher::start`].
    pub fn follow(
        reader: Reader,
        known: Known,
        on_change: impl Fn(Vec<LoadedFile>, Vec<Arc<Path>>) + Send + 'static,
    ) -> Result<Self, LibraryError> {
        let (shared, mut watch) = Watch::begin(reader.root())?;
        // The system's watch asks about each file: of many, not while somebody waits for the start.
        if known.len() < MANY {
            watch.try_on().map_err(|source| watch.failed(source))?;
        }
        Self::run(reader, known, shared, watch, on_change)
    }

    fn run(
        reader: Reader,
        mut known: Known,
        shared: Arc<Shared>,
        mut watch: Watch,
        on_change: impl Fn(Vec<LoadedFile>, Vec<Arc<Path>>) + Send + 'static,
    ) -> Result<Self, LibraryError> {
        // The first look is for what changed between reading and watching.
        if known.len() < MANY {
            shared.wake_up();
        } else {
            watch.again = &FIRST_LOOK;
        }
        let thread = thread::Builder::new()
            .name("stub-watcher".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || {
                    if !watch.is_on {
                        watch.before_look(&Changes::default());
                    }
                    while let Some(changes) = shared.next(watch.next_look()) {
                        let burst = watch.before_look(&changes);
                        let (changed, removed) = known.look(&reader, &changes);
                        if !(changed.is_empty() && removed.is_empty()) {
                            on_change(changed, removed);
                        }
                        watch.after_look(burst);
                    }
                }
            })
            .map_err(|source| LibraryError::WatchThread { source })?;
        Ok(Self { shared, thread: Some(thread) })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(thread) = self.thread.take()
            // Dropped by what it called: the thread ends when that returns.
            && thread.thread().id() != thread::current().id()
        {
            // A panic in `on_change` has been reported by then, and there is no one to tell.
            let _ = thread.join();
        }
    }
}

/// The system's watch of the root, and when to look without an event.
struct Watch {
    /// As it was given; a relative one is what paths are told by.
    root: PathBuf,
    watcher: RecommendedWatcher,
    /// Whether the root is watched: it is there.
    is_on: bool,
    /// Whether the last attempt to watch it failed.
    has_failed: bool,
    /// Looks that are still due after something was made.
    again: &'static [Duration],
}

impl Watch {
    fn begin(root: &Path) -> Result<(Arc<Shared>, Self), LibraryError> {
        let shared = Arc::new(Shared::default());
        let failed = |source| LibraryError::Watch { path: root.to_owned(), source };
        let absolute = std::path::absolute(root).map_err(|error| failed(error.into()))?;
        let watcher = notify::recommended_watcher({
            let (shared, given) = (Arc::clone(&shared), root.to_owned());
            move |event| shared.note(&absolute, &given, event)
        })
        .map_err(failed)?;
        let root = root.to_owned();
        let watch = Self { root, watcher, is_on: false, has_failed: false, again: &[] };
        Ok((shared, watch))
    }

    fn failed(&self, source: notify::Error) -> LibraryError {
        LibraryError::Watch { path: self.root.clone(), source }
    }

    fn try_on(&mut self) -> Result<(), notify::Error> {
        if !self.is_on && self.root.is_dir() {
            let root = std::path::absolute(&self.root)?;
            self.watcher.watch(&root, RecursiveMode::Recursive)?;
            self.is_on = true;
        }
        Ok(())
    }

    fn next_look(&self) -> Option<Duration> {
        match self.again {
            [next, ..] => Some(*next),
            [] => (!self.is_on).then_some(LOOK_FOR_ROOT),
        }
    }

    /// Sees to it that the root is watched; says whether what happened asks for further looks.
    fn before_look(&mut self, changes: &Changes) -> bool {
        if changes.root || (self.is_on && !self.root.is_dir()) {
            // It is gone with its watch, or another folder stands in its place.
            let root = std::path::absolute(&self.root).unwrap_or_default();
            let _ = self.watcher.unwatch(&root);
            self.is_on = false;
        }
        let was_on = self.is_on;
        match self.try_on() {
            Ok(()) => self.has_failed = false,
            // Said once; it is tried again at each look, and the looks go on.
            Err(error) if !self.has_failed => {
                self.has_failed = true;
                tracing::warn!("cannot watch `{}` yet: {error}", self.root.display());
            }
            Err(_) => {}
        }
        changes.structure || self.is_on != was_on
    }

    fn after_look(&mut self, is_burst: bool) {
        self.again = match self.again {
            _ if is_burst => &LOOK_AGAIN,
            [_, rest @ ..] => rest,
            [] => &[],
        };
    }
}

#[cfg(test)]
mod tests;
