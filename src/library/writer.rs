//! Files written whole: whoever looks at a folder, at any moment and after any crash, finds the old
//! file or the new one, never half of either.
//!
//! A temporary file in the same folder is written, synced and renamed. Its name starts with a dot, so
//! that readers and watchers pass it over.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    format::wiremock::{self, Syntax},
    model::Stub,
};

/// Files that are synced at the same time.
const PARALLEL: usize = 4;

const TEMP_PREFIX: &str = ".ringer-";
const TEMP_SUFFIX: &str = ".tmp";

/// A file that could not be written.
#[derive(Debug, Error)]
#[error("cannot write `{}`", path.display())]
#[non_exhaustive]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl WriteError {
    /// For the file at `path`.
    pub fn new(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self { path: path.into(), source }
    }

    /// What a person can do about it.
    pub fn way_out(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "make room on that disk; it is tried again until then"
            }
            io::ErrorKind::PermissionDenied => {
                "allow this user to write there, or choose another folder"
            }
            io::ErrorKind::ReadOnlyFilesystem => "choose a folder that is not read-only",
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                "a file stands where a folder is needed: move it away, or choose another folder"
            }
            _ => "it is tried again as long as ringer runs",
        }
    }
}

/// A file to be written.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Where; missing folders are made.
    pub path: PathBuf,
    /// All of it.
    pub content: Vec<u8>,
}

impl NewFile {
    /// The file of one stub. Of a YAML file that is there, what stays the same is not touched, so
    /// that comments survive.
    pub fn of_stub(path: PathBuf, stub: &Stub) -> Self {
        let text = match Syntax::of(&path) {
            Some(Syntax::Yaml) => match fs::read_to_string(&path) {
                Ok(old) => wiremock::rewrite_yaml(&old, stub),
                Err(_) => wiremock::write_yaml(stub),
            },
            _ => wiremock::write(stub),
        };
        Self { path, content: text.into_bytes() }
    }
}

/// What to put in a place.
#[derive(Clone, Copy, Debug)]
pub enum Source<'s> {
    /// These bytes.
    Bytes(&'s [u8]),
    /// What this file holds; a hard link where the file system allows one.
    File(&'s Path),
}

/// Writes files, several at a time; the results are in the order of the files. `true` is one that was
/// written, `false` one that was there with this content already.
pub fn write_all(files: &[NewFile]) -> Vec<Result<bool, WriteError>> {
    let share = files.len().div_ceil(PARALLEL).max(1);
    let mut results: Vec<Result<bool, WriteError>> = thread::scope(|scope| {
        let write = |files: &[NewFile]| -> Vec<_> {
            files.iter().map(|file| write_unsynced_folder(&file.path, &file.content)).collect()
        };
        // One share is for this thread, so that a single file needs no other.
        let mut shares = files.chunks(share);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> =
            shares.map(|share| (share, scope.spawn(move || write(share)))).collect();
        let mut results = write(first);
        for (share, handle) in others {
            results.extend(handle.join().unwrap_or_else(|_| write(share)));
        }
        results
    });
    let written = |(file, result): (&'_ NewFile, &Result<bool, WriteError>)| {
        matches!(result, Ok(true)).then(|| file.path.parent().map(Path::to_owned)).flatten()
    };
    let folders: BTreeSet<PathBuf> = files.iter().zip(&results).filter_map(written).collect();
    for folder in folders {
        let Err(error) = sync_folder(&folder) else { continue };
        for (file, result) in files.iter().zip(&mut results) {
            if file.path.parent() == Some(&folder) && result.is_ok() {
                *result = Err(WriteError::new(&file.path, error.kind().into()));
            }
        }
    }
    results
}

/// Writes one file whole. `true` when it was written, `false` when it was there with this content.
///
/// # Errors
///
/// The folder cannot be made, or the file in it not be written.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<bool, WriteError> {
    let written = write_unsynced_folder(path, content)?;
    if written && let Some(folder) = path.parent() {
        sync_folder(folder).map_err(|error| WriteError::new(path, error))?;
    }
    Ok(written)
}

/// Puts a body file in its place, unless a file is there: body files never change under a name.
///
/// # Errors
///
/// As [`write_whole`].
pub fn place(source: Source<'_>, path: &Path) -> Result<(), WriteError> {
    if path.exists() {
        return Ok(());
    }
    let failed = |error| WriteError::new(path, error);
    let from = match source {
        Source::Bytes(bytes) => return write_unsynced_folder(path, bytes).map(drop),
        Source::File(from) => from,
    };
    let folder = make_folder(path)?;
    let temp = temp_in(folder);
    if fs::hard_link(from, path).is_ok() {
        // A spool file is for its owner alone; what is committed is for all who may read the folder.
        let opened = OpenOptions::new().write(true).create_new(true).open(&temp).and_then(|file| {
            let usual = file.metadata()?.permissions();
            fs::remove_file(&temp)?;
            fs::set_permissions(path, usual)
        });
        return opened.map_err(failed);
    }
    let copied = fs::copy(from, &temp)
        .and_then(|_| File::open(&temp)?.sync_all())
        .and_then(|()| fs::rename(&temp, path));
    copied.map_err(|error| {
        // What is left of it only takes room.
        let _ = fs::remove_file(&temp);
        failed(error)
    })
}

/// Removes temporary files that a killed process left in a folder and below.
pub fn remove_leftovers(root: &Path) -> usize {
    let is_leftover = |entry: &walkdir::DirEntry| {
        entry.file_type().is_file()
            && entry
                .file_name()
                .to_str()
                .and_then(|name| name.strip_prefix(TEMP_PREFIX)?.strip_suffix(TEMP_SUFFIX))
                .and_then(|middle| middle.split_once('-')?.0.parse::<u32>().ok())
                .is_some_and(|process| !is_running(process))
    };
    walkdir::WalkDir::new(root)
        .into_iter()
        .filter_map(Result::ok)
        .filter(is_leftover)
        .filter(|entry| fs::remove_file(entry.path()).is_ok())
        .count()
}

/// SHA-256 of a file's content.
///
/// # Errors
///
/// Those of reading it.
pub fn hash_file(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            n => hash.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

fn write_unsynced_folder(path: &Path, content: &[u8]) -> Result<bool, WriteError> {
    if is_already(path, content) {
        return Ok(false);
    }
    let folder = make_folder(path)?;
    let temp = temp_in(folder);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temp)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temp, path));
    match written {
        Ok(()) => Ok(true),
        Err(error) => {
            // What is left of it only takes room.
            let _ = fs::remove_file(&temp);
            Err(WriteError::new(path, error))
        }
    }
}

fn is_already(path: &Path, content: &[u8]) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == content.len() as u64)
        && fs::read(path).is_ok_and(|found| found == content)
}

fn make_folder(path: &Path) -> Result<&Path, WriteError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| WriteError::new(path, error))?;
    Ok(folder)
}

/// Makes a rename last through a loss of power.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// A name in `folder` that no other writer uses, in this process or another.
fn temp_in(folder: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("{TEMP_PREFIX}{}-{n}{TEMP_SUFFIX}", std::process::id()))
}

/// Whether another process of that number runs. Ours has just started and left nothing yet.
fn is_running(process: u32) -> bool {
    process != std::process::id() && Path::new("/proc").join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn comments_of_a_yaml_file_survive_a_change_of_its_stub() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.yaml");
        let stub = Stub { priority: Some(1), ..Stub::default() };
        fs::write(&path, format!("id: {}\n# why\npriority: 3 # first\n", stub.id)).unwrap();
        let file = NewFile::of_stub(path, &stub);
        let expect = format!("id: {}\n# why\npriority: 1 # first\n", stub.id);
        assert_eq!(String::from_utf8(file.content).unwrap(), expect);
    }

    #[test]
    fn missing_folders_are_made_and_nothing_else_is_left() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/f.json");
        assert!(write_whole(&path, b"one").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(path.parent().unwrap()), ["f.json"]);
    }

    #[test]
    fn the_same_content_is_not_written_again() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        assert!(write_whole(&path, b"one").unwrap());
        assert!(!write_whole(&path, b"one").unwrap());
        assert!(write_whole(&path, b"two").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn one_bad_file_of_many_costs_no_other() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), "").unwrap();
        let files: Vec<_> = (0..40)
            .map(|n| NewFile {
                path: root.path().join(if n == 17 { "file/x".to_owned() } else { n.to_string() }),
                content: vec![b'x'; n],
            })
            .collect();
        let results = write_all(&files);
        assert_eq!(results.len(), 40);
        for (n, result) in results.iter().enumerate() {
            assert_eq!(result.is_ok(), n != 17, "{n}");
        }
        let error = results.into_iter().find_map(Result::err).unwrap();
        assert!(error.to_string().contains("file/x"), "{error}");
        assert_eq!(names(root.path()).len(), 40);
    }

    #[test]
    fn a_reader_never_sees_half_a_file() {
        // A kill stops a writer at any moment; what a reader sees at that moment is what is left.
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f.json");
        let versions: Vec<Vec<u8>> = (1..=2u8).map(|n| vec![n; 200_000 * usize::from(n)]).collect();
        write_whole(&path, &versions[0]).unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..40 {
                    write_whole(&path, &versions[n % 2]).unwrap();
                }
                done.store(true, Ordering::Release);
            });
            while !done.load(Ordering::Acquire) {
                let seen = fs::read(&path).unwrap();
                assert!(versions.contains(&seen), "{} bytes", seen.len());
            }
        });
        assert_eq!(names(root.path()), ["f.json"]);
    }

    #[test]
    fn leftovers_of_a_dead_process_are_removed_and_those_of_others_kept() {
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("api/mappings");
        fs::create_dir_all(&below).unwrap();
        // No process has a number as large as this.
        fs::write(below.join(".ringer-4294967295-3.tmp"), "half").unwrap();
        fs::write(below.join(".ringer-1-3.tmp"), "of a running one").unwrap();
        fs::write(below.join(".ringer-key"), "0").unwrap();
        fs::write(below.join("x.json"), "{}").unwrap();
        assert_eq!(remove_leftovers(root.path()), 1);
        let kept = if Path::new("/proc/1").exists() { 3 } else { 2 };
        assert_eq!(names(&below).len(), kept);
        assert_eq!(remove_leftovers(&root.path().join("not there")), 0);
    }

    #[test]
    fn body_files_are_linked_or_copied_and_never_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let from = root.path().join("spool");
        fs::write(&from, "body").unwrap();
        let to = root.path().join("a/__files/x.bin");
        place(Source::File(&from), &to).unwrap();
        fs::remove_file(&from).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"body");
        place(Source::Bytes(b"other"), &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"body");
        assert!(place(Source::File(&from), &root.path().join("y")).is_err());
        assert_eq!(names(root.path()), ["a"]);
    }

    #[test]
    fn a_file_hashes_as_its_bytes_do() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        let body = vec![7; 200_000];
        fs::write(&path, &body).unwrap();
        let expect: [u8; 32] = Sha256::digest(&body).into();
        assert_eq!(hash_file(&path).unwrap(), expect);
    }
}
