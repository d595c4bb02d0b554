//! Notices changes of a stub folder, and gives them on in batches.
//!
//! What the system says about a change is only a reason to look: events get lost when a folder has
//! just been made, and an editor saves a file in many ways. So each burst of events ends in one look
//! at the whole folder, by time, size and, where these differ, content.

use std::{
    collections::{HashMap, HashSet},
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use parking_lot::{Condvar, Mutex};

use super::{
    error::LibraryError,
    folder::{Found, stub_files},
    reader::{Loaded, LoadedFile, Reader, Stamp},
};
use crate::runtime::Clock;

/// A burst is over when nothing has happened for so long …
const QUIET: Duration = Duration::from_millis(40);

/// … or when it has gone on for so long.
const MAX_WAIT: Duration = Duration::from_millis(200);

/// When to look again after something was made: what was put into a new folder before the system
/// began to watch it raised no event.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// How often to look for a folder that is not there yet, or no longer.
const LOOK_FOR_ROOT: Duration = Duration::from_millis(500);

/// More changed paths than this are not remembered one by one: every file is read again.
const MAX_PATHS: usize = 10_000;

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
        on_change: impl Fn(Vec<LoadedFile>, Vec<PathBuf>) + Send + 'static,
    ) -> Result<Self, LibraryError> {
        let reader = Reader::new(root);
        let (shared, watch) = Watch::begin(root)?;
        let loaded = reader.read()?;
        Self::run(reader, &loaded, shared, watch, on_change)
    }

    /// As [`Watcher::start`], for a folder that was read before: also what has changed since then is
    /// noticed, and `reader` with its check reads the changed files.
    ///
    /// # Errors
    ///
    /// As [`Watcher::start`].
    pub fn follow(
        reader: Reader,
        loaded: &Loaded,
        on_change: impl Fn(Vec<LoadedFile>, Vec<PathBuf>) + Send + 'static,
    ) -> Result<Self, LibraryError> {
        let (shared, watch) = Watch::begin(reader.root())?;
        Self::run(reader, loaded, shared, watch, on_change)
    }

    fn run(
        reader: Reader,
        loaded: &Loaded,
        shared: Arc<Shared>,
        mut watch: Watch,
        on_change: impl Fn(Vec<LoadedFile>, Vec<PathBuf>) + Send + 'static,
    ) -> Result<Self, LibraryError> {
        let mut known = Known::default();
        for file in &loaded.files {
            known.files.insert(file.path.clone(), KnownFile::of(file));
        }
        // The first look is for what changed between reading and watching.
        shared.changes.lock().woken = true;
        let thread = thread::Builder::new()
            .name("stub-watcher".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || {
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
        self.shared.changes.lock().stopped = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take()
            // Dropped by what it called: the thread ends when that returns.
            && thread.thread().id() != thread::current().id()
        {
            // A panic in `on_change` has been reported by then, and there is no one to tell.
            let _ = thread.join();
        }
    }
}

/// What the system's events amount to, until the thread takes it.
#[derive(Debug, Default)]
struct Changes {
    /// Something happened.
    woken: bool,
    /// Paths that were named, below the root as the root was given.
    paths: HashSet<PathBuf>,
    /// Events were lost, or there were too many: no time or size is to be trusted.
    everything: bool,
    /// Something was made, moved or removed.
    structure: bool,
    /// The root itself was moved or removed.
    root: bool,
    stopped: bool,
}

#[derive(Debug, Default)]
struct Shared {
    changes: Mutex<Changes>,
    wake: Condvar,
}

impl Shared {
    /// Waits for a burst of changes to be over, or for `at_most`; `None` when the watcher is dropped.
    fn next(&self, at_most: Option<Duration>) -> Option<Changes> {
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

    fn note(&self, root: &Path, given: &Path, event: notify::Result<notify::Event>) {
        let mut changes = self.changes.lock();
        match event {
            Ok(event) if !event.need_rescan() => {
                let before = changes.paths.len();
                let mut is_ours = false;
                // Reading raises events too.
                if matches!(event.kind, EventKind::Access(_)) {
                    return;
                }
                for path in &event.paths {
                    let Ok(below) = path.strip_prefix(root) else { continue };
                    changes.root |= below.as_os_str().is_empty();
                    if !is_hidden(below) {
                        is_ours = true;
                        changes.paths.insert(given.join(below));
                    }
                }
                if !is_ours {
                    return;
                }
                changes.structure |= !matches!(
                    event.kind,
                    EventKind::Modify(
                        notify::event::ModifyKind::Data(_) | notify::event::ModifyKind::Metadata(_)
                    )
                );
                if before > MAX_PATHS {
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
        let mut watch =
            Self { root: root.to_owned(), watcher, is_on: false, has_failed: false, again: &[] };
        watch.try_on().map_err(failed)?;
        Ok((shared, watch))
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

/// The folder as it was last seen.
#[derive(Debug, Default)]
struct Known {
    files: HashMap<PathBuf, KnownFile>,
}

#[derive(Debug)]
struct KnownFile {
    stamp: Stamp,
    bodies: Vec<(PathBuf, Option<(SystemTime, u64)>)>,
}

impl KnownFile {
    fn of(file: &LoadedFile) -> Self {
        let bodies = file.bodies.iter().map(|path| (path.clone(), state_of(path))).collect();
        Self { stamp: file.stamp, bodies }
    }

    /// Whether a body file came, went, or has another content.
    fn is_body_changed(&self, changes: &Changes) -> bool {
        self.bodies.iter().any(|(path, state)| {
            changes.everything || changes.paths.contains(path) || state_of(path) != *state
        })
    }
}

impl Known {
    /// Reads what has changed since the last look.
    fn look(&mut self, reader: &Reader, changes: &Changes) -> (Vec<LoadedFile>, Vec<PathBuf>) {
        let found = match stub_files(reader.root()) {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!("{error}; its stubs stay as they are");
                return (Vec::new(), Vec::new());
            }
        };
        let mut gone: HashSet<PathBuf> = self.files.keys().cloned().collect();
        let mut suspects: Vec<Found> = Vec::new();
        for file in found {
            gone.remove(&file.path);
            if self.may_have_changed(&file, changes) {
                suspects.push(file);
            }
        }
        let mut changed = Vec::new();
        for file in reader.read_all(&suspects) {
            let before = self.files.insert(file.path.clone(), KnownFile::of(&file));
            let is_same = before.is_some_and(|before| {
                before.stamp.hash == file.stamp.hash && !before.is_body_changed(changes)
            });
            if !is_same {
                changed.push(file);
            }
        }
        let mut removed: Vec<PathBuf> = gone.into_iter().collect();
        removed.sort_unstable();
        for path in &removed {
            self.files.remove(path);
        }
        (changed, removed)
    }

    fn may_have_changed(&self, file: &Found, changes: &Changes) -> bool {
        let Some(known) = self.files.get(&file.path) else { return true };
        let Stamp { modified, size, .. } = known.stamp;
        file.trouble.is_some()
            || changes.everything
            || changes.paths.contains(&file.path)
            || state_of(&file.path) != modified.map(|modified| (modified, size))
            || known.is_body_changed(changes)
    }
}

fn state_of(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Whether a path lies in, or is, what starts with `.`: our own temporary files and those of editors.
fn is_hidden(below: &Path) -> bool {
    below.iter().any(|part| part.as_encoded_bytes().starts_with(b"."))
}

#[cfg(test)]
mod tests;
