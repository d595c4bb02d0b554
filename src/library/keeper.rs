//! Stubs that are made, changed and removed while ringer runs, and the files that keep them.
//!
//! A stub that asks to be persistent gets a file of its own. What the watcher finds is put in service
//! here too, so that it never takes back what was changed a moment ago.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::{Mutex, MutexGuard};
use thiserror::Error;

use super::{
    error::LibraryError,
    file_name::{self, FileNames},
    folder::is_inside,
    loaded::LoadedFile,
    reader::Reader,
    writer::{WriteError, write_whole},
};
use crate::{
    format::wiremock,
    model::{Stub, StubId},
    store::{LiveStub, StubError, StubFile, StubStore},
};

/// Why stubs or their files could not be changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The stub folder cannot be read.
    #[error("the stub folder cannot be read")]
    Library(#[from] LibraryError),
    /// The file lies where a link leads out of the stub folder.
    #[error("`{}` lies outside the stub directory, where a link leads to; change it there", .0.display())]
    Outside(PathBuf),
    /// A file cannot be removed.
    #[error("cannot remove `{}`", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of a stub holds others too, and is written by a person.
    #[error("`{}` holds several stubs; change it there", .0.display())]
    SeveralStubs(PathBuf),
    /// A stub is not as it must be.
    #[error("the stub cannot be used")]
    Stub(#[from] StubError),
    /// A file cannot be written.
    #[error("the stub cannot be kept")]
    Write(#[from] WriteError),
}

/// What an import does about stubs that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportPolicy {
    /// A stub of the same id is replaced; else the one that is there stays.
    pub overwrite: bool,
    /// Stubs that are not in the import are removed.
    pub delete_others: bool,
}

/// Keeps the live stubs and their files in step.
#[derive(Debug)]
pub struct Keeper {
    reader: Reader,
    stubs: Arc<StubStore>,
    /// Removing all stubs removes their files, whoever wrote them; else only files that were made
    /// here.
    owns_files: bool,
    /// What new files are called, where that is not as usual.
    names: Option<FileNames>,
    /// Held while stubs and files are not in step.
    changing: Mutex<()>,
}

impl Keeper {
    /// Keeps the stubs of the folder that `reader` reads. With `owns_files`, removing all stubs
    /// removes their files also where a person wrote them, as WireMock does.
    pub fn new(reader: Reader, stubs: Arc<StubStore>, owns_files: bool) -> Self {
        Self { reader, stubs, owns_files, names: None, changing: Mutex::new(()) }
    }

    /// Has new files called so.
    #[must_use]
    pub fn with_names(mut self, names: Option<FileNames>) -> Self {
        self.names = names;
        self
    }

    /// The live stubs.
    pub fn stubs(&self) -> &StubStore {
        &self.stubs
    }

    /// The stub folder.
    pub fn root(&self) -> &Path {
        self.reader.root()
    }

    /// Adds a stub, newer than all others, and writes its file if it is persistent.
    ///
    /// # Errors
    ///
    /// Its id is taken, its patterns do not compile, or its file cannot be written.
    pub fn create(&self, stub: Stub) -> Result<Arc<LiveStub>, KeepError> {
        self.create_locked(&self.changing.lock(), stub)
    }

    fn create_locked(
        &self,
        _: &MutexGuard<'_, ()>,
        stub: Stub,
    ) -> Result<Arc<LiveStub>, KeepError> {
        let file = (stub.persistent == Some(true)).then(|| self.place_of(&stub));
        let live = self.stubs.add(stub, file)?;
        if let Err(error) = self.write(&live) {
            self.stubs.remove(&[live.stub.id]);
            return Err(error);
        }
        Ok(live)
    }

    /// Puts a stub in the place of the one with its id. Its file follows if it is persistent; else it
    /// stays as it is, and comes back when the folder is read again.
    ///
    /// # Errors
    ///
    /// There is none with its id, its patterns do not compile, or its file cannot be written.
    pub fn edit(&self, stub: Stub) -> Result<Arc<LiveStub>, KeepError> {
        self.edit_locked(&self.changing.lock(), stub)
    }

    fn edit_locked(&self, _: &MutexGuard<'_, ()>, stub: Stub) -> Result<Arc<LiveStub>, KeepError> {
        let known = self.stubs.get(stub.id).ok_or(StubError::Unknown(stub.id))?;
        let mut file = None;
        if stub.persistent == Some(true) {
            if known.file.as_os_str().is_empty() {
                file = Some(self.place_of(&stub));
            } else if self.stubs.count_of(&known.file) > 1 {
                return Err(KeepError::SeveralStubs(known.file.to_path_buf()));
            } else if !is_inside(self.root(), &known.file) {
                return Err(KeepError::Outside(known.file.to_path_buf()));
            }
        }
        let live = self.stubs.replace(stub, file.as_deref())?;
        self.write(&live)?;
        Ok(live)
    }

    /// Removes stubs, and of their files those that were made by [`Self::create`] and its like and
    /// that no stub is left of. One that a person wrote stays, and is read again by
    /// [`Self::reload`], as in WireMock.
    ///
    /// # Errors
    ///
    /// A file cannot be removed. The stubs are out of service all the same.
    pub fn remove(&self, ids: &[StubId]) -> Result<Vec<Arc<LiveStub>>, KeepError> {
        self.remove_locked(&self.changing.lock(), ids, false)
    }

    fn remove_locked(
        &self,
        _: &MutexGuard<'_, ()>,
        ids: &[StubId],
        with_files: bool,
    ) -> Result<Vec<Arc<LiveStub>>, KeepError> {
        let removed = self.stubs.remove(ids);
        let mut failed = Ok(());
        for live in &removed {
            let is_ours = with_files || live.stub.persistent == Some(true);
            if live.file.as_os_str().is_empty() || !is_ours || self.stubs.count_of(&live.file) > 0 {
                continue;
            }
            if !is_inside(self.root(), &live.file) {
                // Only the stub was asked to be gone, and it is.
                tracing::warn!("`{}` lies outside the stub folder and stays", live.file.display());
                continue;
            }
            match fs::remove_file(&live.file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    failed =
                        Err(KeepError::Remove { path: live.file.to_path_buf(), source: error });
                }
                _ => {}
            }
        }
        failed.map(|()| removed)
    }

    /// Removes every stub, and every file where this keeper owns them.
    ///
    /// # Errors
    ///
    /// As [`Self::remove`].
    pub fn remove_all(&self) -> Result<(), KeepError> {
        let guard = self.changing.lock();
        let ids: Vec<_> = self.stubs.snapshot().all().map(|live| live.stub.id).collect();
        self.remove_locked(&guard, &ids, self.owns_files).map(drop)
    }

    /// Forgets every stub and reads the folder again. Mistakes in its files are logged.
    ///
    /// # Errors
    ///
    /// The folder cannot be read; the stubs stay as they are.
    pub fn reload(&self) -> Result<(), KeepError> {
        let _guard = self.changing.lock();
        let loaded = self.reader.read()?;
        for problem in loaded.problems() {
            tracing::error!("{}", problem.render(false).trim_end());
        }
        let files =
            loaded.files.into_iter().map(|file| StubFile { path: file.path, stubs: file.stubs });
        for problem in self.stubs.restart(files.collect()) {
            tracing::error!(
                file = %problem.file.display(), error = %problem.error, "a stub cannot be used"
            );
        }
        Ok(())
    }

    /// Makes every stub persistent: those without a file get one, and a changed one is written to its
    /// file.
    ///
    /// # Errors
    ///
    /// A file cannot be written, or a changed stub shares its file with others.
    pub fn save(&self) -> Result<(), KeepError> {
        let _guard = self.changing.lock();
        let all = self.stubs.snapshot();
        for live in all.all() {
            let mut stub = live.stub.clone();
            let mut file = None;
            if live.file.as_os_str().is_empty() {
                file = Some(self.place_of(&stub));
            } else {
                let kept = self.reader.read_file(&live.file).stubs;
                if kept.contains(&stub) {
                    continue;
                }
                if self.stubs.count_of(&live.file) > 1 {
                    return Err(KeepError::SeveralStubs(live.file.to_path_buf()));
                }
                if !is_inside(self.root(), &live.file) {
                    return Err(KeepError::Outside(live.file.to_path_buf()));
                }
            }
            stub.persistent = Some(true);
            let live = self.stubs.replace(stub, file.as_deref())?;
            self.write(&live)?;
        }
        Ok(())
    }

    /// Adds stubs, the first as the newest, and does about others what the policy says.
    ///
    /// # Errors
    ///
    /// As [`Self::create`]; what was added by then stays.
    pub fn import(&self, stubs: Vec<Stub>, policy: ImportPolicy) -> Result<(), KeepError> {
        let guard = self.changing.lock();
        let ids: Vec<_> = stubs.iter().map(|stub| stub.id).collect();
        for stub in stubs.into_iter().rev() {
            if self.stubs.get(stub.id).is_none() {
                self.create_locked(&guard, stub)?;
            } else if policy.overwrite {
                self.edit_locked(&guard, stub)?;
            }
        }
        if policy.delete_others {
            let snapshot = self.stubs.snapshot();
            let others = snapshot.all().map(|live| live.stub.id);
            let others: Vec<_> = others.filter(|id| !ids.contains(id)).collect();
            self.remove_locked(&guard, &others, false)?;
        }
        Ok(())
    }

    /// Puts in service what the watcher found. A file with a mistake keeps its last good version.
    pub fn follow(&self, changed: Vec<LoadedFile>, mut removed: Vec<Arc<Path>>) {
        let _guard = self.changing.lock();
        // What was read before the lock was there may have been changed by the one who held it.
        removed.retain(|path| !path.exists());
        let changed = changed.into_iter().filter(|file| file.path.exists()).map(|file| {
            if self.stubs.keeps(&file.path) { self.reader.read_file(&file.path) } else { file }
        });
        let (good, bad): (Vec<_>, Vec<_>) = changed.partition(|file| file.problems.is_empty());
        for problem in bad.iter().flat_map(|file| &file.problems) {
            tracing::error!("{}", problem.render(false).trim_end());
        }
        for file in &bad {
            tracing::warn!("`{}` stays in service as it was before", file.path.display());
        }
        if !good.is_empty() || !removed.is_empty() {
            tracing::info!(changed = good.len(), removed = removed.len(), "stubs reloaded");
            put_in_service(&self.stubs, good, removed);
        }
    }

    fn place_of(&self, stub: &Stub) -> PathBuf {
        self.root().join("mappings").join(file_name::of(stub, self.names.as_ref()))
    }

    fn write(&self, live: &LiveStub) -> Result<(), KeepError> {
        if live.stub.persistent == Some(true) && !live.file.as_os_str().is_empty() {
            write_whole(&live.file, wiremock::write(&live.stub).as_bytes())?;
        }
        Ok(())
    }
}

/// Puts what files hold in service; what cannot be used is logged.
pub fn put_in_service(stubs: &StubStore, files: Vec<LoadedFile>, removed: Vec<Arc<Path>>) {
    let changes = files
        .into_iter()
        .map(|file| StubFile { path: file.path, stubs: file.stubs })
        .chain(removed.into_iter().map(|path| StubFile { path, stubs: Vec::new() }))
        .collect();
    for problem in stubs.apply(changes) {
        tracing::error!(
            file = %problem.file.display(), error = %problem.error, "a stub cannot be used"
        );
    }
}
