//! The keys that templates sign tokens with, kept so that tokens are good for the next run too.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use super::error::LibraryError;

/// Its name in the folder of certificates.
pub const TOKEN_KEY_FILE: &str = "token-keys.json";

/// The text of the keys in `folder`; `None` where there are none.
///
/// # Errors
///
/// The file is there and cannot be read.
pub fn read(folder: &Path) -> Result<Option<String>, LibraryError> {
    let path = folder.join(TOKEN_KEY_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LibraryError::Read { path, source }),
    }
}

/// Puts keys into `folder`, for nobody but the owner to read. Of two processes that do so at a time,
/// the first one's stay: the answer is the text that is there now.
///
/// # Errors
///
/// The file cannot be written.
pub fn write(folder: &Path, text: &str) -> Result<String, LibraryError> {
    let path = folder.join(TOKEN_KEY_FILE);
    let written = || {
        fs::create_dir_all(folder)?;
        // Its mode is 0600 from the start.
        let mut file = tempfile::Builder::new().prefix(".ringer-").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(&path) {
            Ok(_) => Ok(text.to_owned()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                fs::read_to_string(&path)
            }
            Err(error) => Err(error.error),
        }
    };
    written().map_err(|source| LibraryError::Write { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_keys_stay_and_are_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("certs");
        assert_eq!(read(&folder).unwrap(), None);
        assert_eq!(write(&folder, "a").unwrap(), "a");
        assert_eq!(write(&folder, "b").unwrap(), "a");
        assert_eq!(read(&folder).unwrap().as_deref(), Some("a"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.join(TOKEN_KEY_FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
