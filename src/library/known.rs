//! A stub folder as it was last seen, and what is other now.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use super::{
    changes::Changes,
    folder::{Found, stub_files},
    loaded::{Loaded, LoadedFile, Stamp},
    reader::Reader,
    shared_ids::{Ids, report_shared_ids},
};
use crate::model::{ServiceName, StubId};

/// The folder as it was last seen.
#[derive(Debug, Default)]
pub struct Known {
    files: HashMap<Arc<Path>, KnownFile>,
}

#[derive(Debug)]
struct KnownFile {
    stamp: Stamp,
    bodies: Vec<(PathBuf, Option<(SystemTime, u64)>)>,
    service: Option<ServiceName>,
    ids: Vec<StubId>,
    /// As in [`LoadedFile`]: may be right as soon as the other file is changed or gone.
    shares_id: bool,
}

impl KnownFile {
    fn of(file: &LoadedFile) -> Self {
        let bodies = file.bodies.iter().map(|path| (path.clone(), state_of(path))).collect();
        Self {
            stamp: file.stamp,
            bodies,
            service: file.service.clone(),
            ids: file.stubs.iter().map(|stub| stub.id).collect(),
            shares_id: file.shares_id,
        }
    }

    /// Whether a body file came, went, or has another content.
    fn is_body_changed(&self, changes: &Changes) -> bool {
        self.bodies.iter().any(|(path, state)| {
            changes.everything || changes.paths.contains(path) || state_of(path) != *state
        })
    }
}

impl Known {
    /// The folder as it was read.
    pub fn of(loaded: &Loaded) -> Self {
        let files = loaded.files.iter();
        Self { files: files.map(|file| (file.path.clone(), KnownFile::of(file))).collect() }
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Reads what has changed since the last look.
    pub(super) fn look(
        &mut self,
        reader: &Reader,
        changes: &Changes,
    ) -> (Vec<LoadedFile>, Vec<Arc<Path>>) {
        let found = match stub_files(reader.root()) {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!("{error}; its stubs stay as they are");
                return (Vec::new(), Vec::new());
            }
        };
        let mut gone: HashSet<Arc<Path>> = self.files.keys().cloned().collect();
        let mut suspects: Vec<Found> = Vec::new();
        let mut sharers: Vec<Found> = Vec::new();
        for file in found {
            gone.remove(&file.path);
            if self.may_have_changed(&file, changes) {
                suspects.push(file);
            } else if self.files.get(&file.path).is_some_and(|known| known.shares_id) {
                sharers.push(file);
            }
        }
        let mut removed: Vec<Arc<Path>> = gone.into_iter().collect();
        removed.sort_unstable();
        let mut before: HashMap<Arc<Path>, KnownFile> =
            removed.iter().filter_map(|path| self.files.remove_entry(path)).collect();
        if !(suspects.is_empty() && removed.is_empty()) {
            suspects.append(&mut sharers);
        }
        let mut read = reader.read_all(&suspects);
        before.extend(read.iter().filter_map(|file| self.files.remove_entry(&file.path)));
        if !read.is_empty() {
            report_shared_ids(&mut self.ids(), &mut read);
        }
        let mut changed = Vec::new();
        for file in read {
            let is_same = before.get(&file.path).is_some_and(|before| {
                before.stamp.hash == file.stamp.hash
                    && before.shares_id == file.shares_id
                    && !before.is_body_changed(changes)
            });
            self.files.insert(file.path.clone(), KnownFile::of(&file));
            if !is_same {
                changed.push(file);
            }
        }
        (changed, removed)
    }

    /// The ids of all stubs that are known.
    fn ids(&self) -> Ids {
        let files = self.files.iter();
        let ids = files.flat_map(|(path, file)| file.ids.iter().map(move |id| (path, file, id)));
        ids.map(|(path, file, id)| ((file.service.clone(), *id), path.clone())).collect()
    }

    fn may_have_changed(&self, file: &Found, changes: &Changes) -> bool {
        let Some(known) = self.files.get(&file.path) else { return true };
        let Stamp { modified, size, .. } = known.stamp;
        file.trouble.is_some()
            || changes.everything
            || changes.paths.contains(&*file.path)
            || state_of(&file.path) != modified.map(|modified| (modified, size))
            || known.is_body_changed(changes)
    }
}

fn state_of(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> String {
        format!(r#"{{"name": "{name}"}}"#)
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mappings/x.json");
        fs::create_dir(dir.path().join("mappings")).unwrap();
        fs::write(&path, named("a")).unwrap();
        (dir, path)
    }

    #[test]
    fn one_look_finds_all_changes() {
        let (dir, path) = folder();
        let reader = Reader::new(dir.path());
        let mut known = Known::default();
        assert_eq!(known.look(&reader, &Changes::default()).0.len(), 1);
        for at in 0..20 {
            fs::write(dir.path().join(format!("mappings/{at:02}.json")), "{}").unwrap();
        }
        fs::remove_file(path).unwrap();
        let (changed, removed) = known.look(&reader, &Changes::default());
        let names: Vec<_> = changed.iter().map(|file| file.path.file_stem().unwrap()).collect();
        assert!(names.is_sorted());
        assert_eq!((changed.len(), removed.len()), (20, 1));
        let (changed, removed) = known.look(&reader, &Changes::default());
        assert_eq!((changed.len(), removed.len()), (0, 0));
    }

    #[test]
    fn a_change_that_leaves_time_and_size_is_found_when_its_path_was_named() {
        let (dir, path) = folder();
        let reader = Reader::new(dir.path());
        let mut known = Known::of(&reader.read().unwrap());
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, named("b")).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        assert_eq!(known.look(&reader, &Changes::default()).0.len(), 0);
        let changes = Changes { paths: [path].into(), ..Changes::default() };
        assert_eq!(known.look(&reader, &changes).0[0].stubs[0].name.as_deref(), Some("b"));
    }
}
