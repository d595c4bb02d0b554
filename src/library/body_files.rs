//! Where the bodies lie that stubs name by `bodyFileName`.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use super::error::LibraryError;
use crate::model::ServiceName;

/// Finds body files: `__files` beside the `mappings` that name them, and nothing outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyFiles {
    root: PathBuf,
}

impl BodyFiles {
    /// Body files of the stub folder `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder of a service's body files; of stubs that answer for any host without one.
    pub fn folder(&self, service: Option<&ServiceName>) -> PathBuf {
        match service {
            Some(service) => self.root.join(service.as_str()).join("__files"),
            None => self.root.join("__files"),
        }
    }

    /// The file that a stub of `service` calls `name`.
    ///
    /// # Errors
    ///
    /// The file is not there, cannot be looked at, or lies outside the folder, be it by `..`, as an
    /// absolute path or through a symbolic link.
    pub fn path(&self, service: Option<&ServiceName>, name: &str) -> Result<PathBuf, LibraryError> {
        let folder = self.folder(service);
        let path = self.place(service, name)?;
        let real = |path: &Path| match path.canonicalize() {
            Ok(real) => Ok(real),
            Err(error) if is_absence(&error) => {
                Err(LibraryError::MissingBody { name: name.to_owned(), folder: folder.clone() })
            }
            Err(source) => Err(LibraryError::Read { path: path.to_owned(), source }),
        };
        let real_path = real(&path)?;
        if !real_path.starts_with(real(&folder)?) {
            return Err(LibraryError::BodyOutside { name: name.to_owned(), folder });
        }
        if !real_path.is_file() {
            return Err(LibraryError::MissingBody { name: name.to_owned(), folder });
        }
        Ok(path)
    }

    /// Whether there is a folder of this name within that of a service.
    pub fn has_folder(&self, service: Option<&ServiceName>, name: &str) -> bool {
        let real = |path: PathBuf| path.canonicalize().ok();
        match (self.place(service, name).ok().and_then(real), real(self.folder(service))) {
            (Some(found), Some(folder)) => found.starts_with(folder) && found.is_dir(),
            _ => false,
        }
    }

    /// The names of all files that stubs of any host can use, in order; at most `limit`.
    pub fn list(&self, limit: usize) -> Vec<String> {
        let folder = self.folder(None);
        let files = walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().flatten();
        files
            .filter(|entry| entry.file_type().is_file())
            .take(limit)
            .filter_map(|entry| {
                let below = entry.path().strip_prefix(&folder).ok()?;
                let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
                Some(parts.join("/"))
            })
            .collect()
    }

    /// Where a file of this name may be written: inside the folder, also where links lead.
    ///
    /// # Errors
    ///
    /// It lies outside the folder, or names a folder.
    pub fn place_to_write(
        &self,
        service: Option<&ServiceName>,
        name: &str,
    ) -> Result<PathBuf, LibraryError> {
        let folder = self.folder(service);
        let path = self.place(service, name)?;
        let outside =
            || LibraryError::BodyOutside { name: name.to_owned(), folder: folder.clone() };
        let is_inside = match (
            path.ancestors().find_map(|part| part.canonicalize().ok()),
            folder.canonicalize(),
        ) {
            (Some(real), Ok(folder)) => real.starts_with(&folder),
            // There is no folder yet, and so no link in it.
            _ => true,
        };
        if !is_inside || path == folder || path.is_dir() {
            return Err(outside());
        }
        Ok(path)
    }

    /// Where that file lies or would lie, by its name alone.
    pub(super) fn place(
        &self,
        service: Option<&ServiceName>,
        name: &str,
    ) -> Result<PathBuf, LibraryError> {
        let folder = self.folder(service);
        let outside =
            || LibraryError::BodyOutside { name: name.to_owned(), folder: folder.clone() };
        if leads_out_on_windows(name) {
            return Err(outside());
        }
        let mut below = PathBuf::new();
        for component in Path::new(name).components() {
            let stays = match component {
                Component::Normal(part) => {
                    below.push(part);
                    true
                }
                Component::CurDir => true,
                Component::ParentDir => below.pop(),
                Component::Prefix(_) | Component::RootDir => false,
            };
            if !stays {
                return Err(outside());
            }
        }
        Ok(folder.join(below))
    }
}

/// Whether it is a path out of the folder as Windows reads it. Refused everywhere: elsewhere such names
/// would be good ones, of files that nobody can check out there.
fn leads_out_on_windows(name: &str) -> bool {
    let mut parts = name.split(['/', '\\']);
    let first = parts.clone().next().unwrap_or_default();
    let has_drive = matches!(first.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic());
    let has_backslash = name.contains('\\');
    has_drive
        || name.starts_with('\\')
        || (has_backslash && parts.any(|part| part == ".."))
        || (cfg!(windows) && name.split(['/', '\\']).any(is_device))
}

/// Names that Windows takes for devices, with any extension, and streams of a file.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let is_numbered =
        |kind| matches!(stem.strip_prefix(kind).map(str::as_bytes), Some([b'0'..=b'9']));
    part.contains(':')
        || ["con", "prn", "aux", "nul"].contains(&&*stem)
        || is_numbered("com")
        || is_numbered("lpt")
}

/// Also a name with a zero byte, too long a one, and one that goes on below a file, name nothing.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidFilename
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder() -> (tempfile::TempDir, BodyFiles) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("__files/sub")).unwrap();
        fs::create_dir_all(dir.path().join("api/__files")).unwrap();
        fs::write(dir.path().join("secret"), "s").unwrap();
        fs::write(dir.path().join("__files/a.bin"), "a").unwrap();
        fs::write(dir.path().join("__files/sub/b.bin"), "b").unwrap();
        fs::write(dir.path().join("api/__files/c.bin"), "c").unwrap();
        let files = BodyFiles::new(dir.path());
        (dir, files)
    }

    #[test]
    fn a_name_means_the_folder_of_its_service() {
        let (dir, files) = folder();
        let api = ServiceName::new("api");
        assert_eq!(files.path(None, "sub/../a.bin").unwrap(), dir.path().join("__files/a.bin"));
        assert!(files.path(None, "./sub/b.bin").is_ok());
        assert!(files.path(Some(&api), "c.bin").is_ok());
        assert!(matches!(files.path(None, "c.bin"), Err(LibraryError::MissingBody { .. })));
    }

    #[test]
    fn a_name_that_leads_out_is_refused() {
        let (dir, files) = folder();
        let absolute = dir.path().join("__files/a.bin");
        for name in [
            "../secret",
            "sub/../../secret",
            "/etc/hostname",
            absolute.to_str().unwrap(),
            "..\\secret",
            "sub\\..\\..\\secret",
            "C:\\secret",
            "c:secret",
            "\\\\host\\share",
        ] {
            let found = files.path(None, name);
            assert!(matches!(found, Err(LibraryError::BodyOutside { .. })), "{name}: {found:?}");
        }
    }

    #[test]
    fn devices_of_windows_are_told_by_their_names() {
        for name in ["NUL", "con.txt", "COM1", "lpt9.a.b", "aux ", "a.bin:stream"] {
            assert!(is_device(name), "{name}");
        }
        for name in ["null", "console.txt", "com", "com10x", "a.con", "", "prnt"] {
            assert!(!is_device(name), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_no_file_is_missing() {
        let (_dir, files) = folder();
        for name in ["", "sub", "a.bin/x", "no", "a\0b"] {
            let found = files.path(None, name);
            assert!(matches!(found, Err(LibraryError::MissingBody { .. })), "{name}: {found:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_out_is_refused() {
        let (dir, files) = folder();
        std::os::unix::fs::symlink(dir.path().join("secret"), dir.path().join("__files/link"))
            .unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("__files/up")).unwrap();
        std::os::unix::fs::symlink("a.bin", dir.path().join("__files/inside")).unwrap();
        for name in ["link", "up/secret"] {
            assert!(matches!(files.path(None, name), Err(LibraryError::BodyOutside { .. })));
        }
        assert!(files.path(None, "inside").is_ok());
    }
}
