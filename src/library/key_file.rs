//! The key of the pseudonyms, beside the stubs: who replays them needs the one that they were made with.

use std::{fs, io, path::Path};

use super::error::LibraryError;

/// Its name in the stub folder.
pub const KEY_FILE: &str = ".ringer-key";

/// The key of the stub folder `root`; `None` if it has none.
///
/// # Errors
///
/// The file is there and cannot be read.
pub fn read(root: &Path) -> Result<Option<String>, LibraryError> {
    let path = root.join(KEY_FILE);
    match fs::read_to_string(&path) {
        Ok(key) => Ok(Some(key.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LibraryError::Read { path, source }),
    }
}

/// Puts a key into the stub folder `root`, which is made if it is not there.
///
/// # Errors
///
/// The file cannot be written.
pub fn write(root: &Path, key: &str) -> Result<(), LibraryError> {
    let path = root.join(KEY_FILE);
    fs::create_dir_all(root)
        .and_then(|()| fs::write(&path, format!("{key}\n")))
        .map_err(|source| LibraryError::Write { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("stubs");
        assert_eq!(read(&root).unwrap(), None);
        write(&root, "abc").unwrap();
        assert_eq!(read(&root).unwrap().as_deref(), Some("abc"));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("stubs");
        fs::write(&root, "a file").unwrap();
        let error = write(&root, "abc").unwrap_err().to_string();
        assert!(error.contains(KEY_FILE), "{error}");
    }
}
