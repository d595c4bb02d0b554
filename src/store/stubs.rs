//! The live stubs: compiled once, read without a lock, replaced as a whole.

use std::{
    num::NonZero,
    panic,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use thiserror::Error;

use super::{
    clock::SessionClock,
    layer::Layer,
    live::LiveStub,
    places::Places,
    set::{Over, StubSet},
};
use crate::{
    matching::CompileError,
    model::{BodySpec, Stub, StubId},
};

/// More threads than this gain nothing.
const MAX_THREADS: usize = 8;

/// Files that are worth a thread.
const FILES_PER_THREAD: usize = 128;

/// A file, and its stubs or why one of them cannot be used.
type CompiledFile = (Arc<Path>, Result<Vec<Arc<LiveStub>>, CompileError>);

/// What a file holds now; without stubs, it is gone.
#[derive(Debug)]
pub struct StubFile {
    /// The file.
    pub path: Arc<Path>,
    /// Its stubs in order.
    pub stubs: Vec<Stub>,
}

/// A stub whose patterns don't compile.
#[derive(Debug)]
pub struct Uncompiled {
    /// Its file.
    pub file: PathBuf,
    /// Why.
    pub error: CompileError,
}

/// Why a single stub was not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StubError {
    /// Its patterns do not compile.
    #[error("the stub's patterns cannot be used")]
    Compile(#[from] CompileError),
    /// Another stub has its id.
    #[error("the id `{0}` is taken by another stub")]
    Duplicate(StubId),
    /// No stub has this id.
    #[error("there is no stub `{0}`")]
    Unknown(StubId),
}

/// Where the live stubs are replaced and read.
///
/// Stubs of files come in the order of their files' names; those that were added one by one are
/// newer than all of them, in the order in which they came.
#[derive(Debug, Default)]
pub struct StubStore {
    current: ArcSwap<Layer>,
    places: Mutex<Places>,
    serials: AtomicU64,
    /// How often body files have changed.
    n_bodies: AtomicU64,
    clock: OnceLock<Arc<SessionClock>>,
}

impl StubStore {
    /// Has stubs come into service at the times that this clock shows, from now on.
    pub fn follow(&self, clock: &Arc<SessionClock>) {
        // Whoever came first stays.
        let _ = self.clock.set(Arc::clone(clock));
    }

    /// The stubs of this moment; later changes do not touch what is returned.
    pub fn snapshot(&self) -> StubSet {
        StubSet::new(self.current.load_full(), None)
    }

    /// The same with what a session has over them.
    pub(super) fn beneath(&self, over: Arc<Over>) -> StubSet {
        StubSet::new(self.current.load_full(), Some(over))
    }

    /// The newest stub of this id.
    pub fn get(&self, id: StubId) -> Option<Arc<LiveStub>> {
        self.places.lock().get(id).map(|(_, live)| live)
    }

    /// The newest stub of this id, and its place.
    pub(super) fn placed(&self, id: StubId) -> Option<(u64, Arc<LiveStub>)> {
        self.places.lock().get(id)
    }

    /// How many stubs a file keeps.
    pub fn count_of(&self, file: &Path) -> usize {
        self.places.lock().count_of(file)
    }

    /// Whether a file is that of a stub that was added by itself.
    pub fn keeps(&self, file: &Path) -> bool {
        self.places.lock().keeps(file)
    }

    /// Puts files in service, all in one step; files later in name order are the more recent.
    /// A file of which a stub does not compile keeps its last good version, and is reported. The
    /// file of a stub that was added by itself changes that stub and leaves it its place.
    pub fn apply(&self, changes: Vec<StubFile>) -> Vec<Uncompiled> {
        let compiled = self.compile_all(changes);
        self.put(&mut self.places.lock(), compiled)
    }

    /// Forgets every stub and puts these files in service, in one step.
    pub fn restart(&self, files: Vec<StubFile>) -> Vec<Uncompiled> {
        let compiled = self.compile_all(files);
        let mut places = self.places.lock();
        *places = Places::anew();
        self.put(&mut places, compiled)
    }

    /// Adds a stub, newer than all others; `file` is where it is kept, if it is.
    ///
    /// # Errors
    ///
    /// Its id is taken, or its patterns do not compile.
    pub fn add(&self, stub: Stub, file: Option<PathBuf>) -> Result<Arc<LiveStub>, StubError> {
        let live = self.compile(stub, &file.unwrap_or_default().into())?;
        let mut places = self.places.lock();
        if places.get(live.stub.id).is_some() {
            return Err(StubError::Duplicate(live.stub.id));
        }
        places.add(Arc::clone(&live));
        self.publish(&mut places);
        Ok(live)
    }

    /// Puts a stub in the place of the one with its id; `file` is where it is kept from now on, and
    /// without one it stays where it was.
    ///
    /// # Errors
    ///
    /// There is none with its id, or its patterns do not compile.
    pub fn replace(&self, stub: Stub, file: Option<&Path>) -> Result<Arc<LiveStub>, StubError> {
        let mut places = self.places.lock();
        let Some((place, known)) = places.get(stub.id) else {
            return Err(StubError::Unknown(stub.id));
        };
        let file = file.map_or_else(|| Arc::clone(&known.file), Arc::from);
        let live = self.compile(stub, &file)?;
        places.replace(place, Arc::clone(&live));
        self.publish(&mut places);
        Ok(live)
    }

    /// Takes stubs out of service, all in one step, and says which were there.
    pub fn remove(&self, ids: &[StubId]) -> Vec<Arc<LiveStub>> {
        let mut places = self.places.lock();
        let mut removed = Vec::new();
        for id in ids {
            while let Some((place, live)) = places.get(*id) {
                places.take(place);
                removed.push(live);
            }
        }
        self.publish(&mut places);
        removed
    }

    /// Makes the answers that come from body files anew: such a file has another content.
    pub fn forget_bodies(&self) {
        let mut places = self.places.lock();
        self.renew_bodies(&mut places);
        self.publish(&mut places);
        self.n_bodies.fetch_add(1, Ordering::Release);
    }

    /// How often [`Self::forget_bodies`] was called.
    pub(super) fn n_bodies(&self) -> u64 {
        self.n_bodies.load(Ordering::Acquire)
    }

    /// Makes stubs anew whose answers come from body files.
    pub(super) fn renew_bodies(&self, places: &mut Places) {
        let has_file = |stub: &Stub| {
            let mut steps = stub.responses.steps.iter();
            steps.any(|step| matches!(step.response.body, BodySpec::File(_)))
        };
        for (place, live) in places.all().filter(|(_, live)| has_file(&live.stub)) {
            // It compiled before.
            if let Ok(live) = live.renewed(self.serial()) {
                places.replace(place, Arc::new(live));
            }
        }
    }

    /// Compiles files in parallel, where they are many; their order is kept.
    fn compile_all(&self, files: Vec<StubFile>) -> Vec<CompiledFile> {
        let compile = |StubFile { path, stubs }: StubFile| {
            let live = stubs.into_iter().map(|stub| self.compile(stub, &path)).collect();
            (path, live)
        };
        let worthwhile = (files.len() / FILES_PER_THREAD).min(MAX_THREADS);
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        let n_threads = if worthwhile < 2 { 1 } else { worthwhile.min(cores()) };
        if n_threads < 2 {
            return files.into_iter().map(compile).collect();
        }
        let size = files.len().div_ceil(n_threads);
        let mut files = files.into_iter();
        let parts: Vec<Vec<StubFile>> =
            (0..n_threads).map(|_| files.by_ref().take(size).collect()).collect();
        thread::scope(|scope| {
            let threads: Vec<_> = parts
                .into_iter()
                .map(|part| scope.spawn(move || part.into_iter().map(compile).collect::<Vec<_>>()))
                .collect();
            let join = |thread: thread::ScopedJoinHandle<'_, Vec<CompiledFile>>| match thread.join()
            {
                Ok(compiled) => compiled,
                Err(cause) => panic::resume_unwind(cause),
            };
            threads.into_iter().flat_map(join).collect()
        })
    }

    fn compile(&self, stub: Stub, file: &Arc<Path>) -> Result<Arc<LiveStub>, CompileError> {
        let since = self.clock.get().map_or(Duration::ZERO, |clock| clock.elapsed());
        self.compile_at(stub, file, since)
    }

    /// Makes a stub ready that comes into service at `since`; no other has its serial number.
    pub(super) fn compile_at(
        &self,
        stub: Stub,
        file: &Arc<Path>,
        since: Duration,
    ) -> Result<Arc<LiveStub>, CompileError> {
        LiveStub::compile(stub, Arc::clone(file), self.serial(), since).map(Arc::new)
    }

    fn serial(&self) -> u64 {
        self.serials.fetch_add(1, Ordering::Relaxed)
    }

    /// Puts in service what compiled, and gives what did not.
    fn put(&self, places: &mut Places, compiled: Vec<CompiledFile>) -> Vec<Uncompiled> {
        let mut problems = Vec::new();
        let mut files = Vec::with_capacity(compiled.len());
        for (path, compiled) in compiled {
            match compiled {
                Ok(live) => files.push((path, live)),
                Err(error) => problems.push(Uncompiled { file: path.to_path_buf(), error }),
            }
        }
        places.put_files(files);
        self.publish(places);
        problems
    }

    fn publish(&self, places: &mut Places) {
        if let Some(layer) = places.next_layer(&self.current.load()) {
            self.current.store(Arc::new(layer));
        }
    }
}

#[cfg(test)]
mod order;
#[cfg(test)]
mod tests;
