//! Which files of a stub folder are stub files, in the order in which they count.

use std::{
    io,
    path::{Path, PathBuf, is_separator},
    sync::Arc,
};

use walkdir::{DirEntry, WalkDir};

use super::error::LibraryError;
use crate::{format::wiremock::Syntax, model::ServiceName};

/// What a file is called that says what tests expect.
const EXPECTATIONS: &str = "expectations";

/// A stub file, or a file or folder that looks like stubs and cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: Arc<Path>,
    /// The service whose folder it lies in.
    pub(super) service: Option<ServiceName>,
    /// Why it cannot be used, and what to do about it.
    pub(super) trouble: Option<(String, Option<String>)>,
}

/// The stub files below `root`: those of the root first, then those of each service, by name.
///
/// # Errors
///
/// `root` is there and cannot be listed. A folder below it that cannot be is among the results.
pub(super) fn stub_files(root: &Path) -> Result<Vec<Found>, LibraryError> {
    let mut found = Vec::new();
    let mut folders = Vec::new();
    match root.metadata() {
        Ok(metadata) if !metadata.is_dir() => {
            return Err(LibraryError::NotAFolder { path: root.to_owned() });
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(source) => return Err(LibraryError::Read { path: root.to_owned(), source }),
    }
    for entry in walk(root, 1) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => folders.push(entry.into_path()),
            Ok(entry) if is_expectations(entry.path()) => {}
            Ok(entry) if is_stub_file(entry.path()) => found.push(Found {
                path: entry.into_path().into(),
                service: None,
                trouble: Some((
                    "a stub file outside `mappings`".to_owned(),
                    Some("move it into the folder `mappings` beside it".to_owned()),
                )),
            }),
            Ok(_) => {}
            Err(error) if error.path() == Some(root) => {
                return Err(LibraryError::Read { path: root.to_owned(), source: error.into() });
            }
            Err(error) => found.extend(trouble(&error, None)),
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    folders.sort();
    stub_files_in(&root.join("mappings"), None, &mut found);
    for folder in folders {
        let mappings = folder.join("mappings");
        if folder.ends_with("mappings") || folder.ends_with("__files") || !mappings.is_dir() {
            continue;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let service = ServiceName::new(&name);
        if service.as_str() == name {
            stub_files_in(&mappings, Some(&service), &mut found);
        } else {
            found.push(Found {
                path: folder.into(),
                service: None,
                trouble: Some((
                    format!("`{name}` cannot be the name of a service"),
                    Some(format!("rename the folder, for example to `{service}`")),
                )),
            });
        }
    }
    Ok(found)
}

/// The files at the top of a stub folder that say what tests expect, by name; there should be one.
pub fn expectations_in(root: &Path) -> Vec<PathBuf> {
    let files =
        ["json", "yaml", "yml"].map(|ending| root.join(EXPECTATIONS).with_extension(ending));
    files.into_iter().filter(|file| file.is_file()).collect()
}

fn is_expectations(path: &Path) -> bool {
    path.file_stem().is_some_and(|name| name == EXPECTATIONS)
}

/// The service that a file below `root` belongs to, by its path.
pub(super) fn service_of(root: &Path, path: &Path) -> Option<ServiceName> {
    let below = path.strip_prefix(root).ok()?;
    let first = below.components().next()?.as_os_str();
    (first != "mappings").then(|| ServiceName::new(&first.to_string_lossy()))
}

/// Whether a file lies below the `mappings` that it is of, also where links lead; that folder itself
/// may be a link. What is a link only itself lies where it stands: it is replaced or removed, and not
/// what it leads to.
pub(super) fn is_inside(root: &Path, file: &Path) -> bool {
    let mut mappings = root.to_owned();
    for part in file.strip_prefix(root).unwrap_or(Path::new("")).components() {
        mappings.push(part);
        if part.as_os_str() == "mappings" {
            break;
        }
    }
    match (file.parent().map(Path::canonicalize), mappings.canonicalize()) {
        (Some(Ok(folder)), Ok(mappings)) => folder.starts_with(&mappings),
        // There is no folder yet, and so no link in it.
        _ => true,
    }
}

fn stub_files_in(mappings: &Path, service: Option<&ServiceName>, found: &mut Vec<Found>) {
    let before = found.len();
    for entry in walk(mappings, usize::MAX) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_stub_file(entry.path()) => {
                let (path, service) = (entry.into_path().into(), service.cloned());
                found.push(Found { path, service, trouble: None });
            }
            Ok(_) => {}
            Err(error) => found.extend(trouble(&error, service)),
        }
    }
    if let Some(found) = found.get_mut(before..) {
        found.sort_by_cached_key(|file| name_order(&file.path));
    }
}

/// What orders paths as their names from the root down do, and is compared faster.
fn name_order(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    // Nothing in a name stands before what ends it.
    bytes.map(|&byte| if is_separator(char::from(byte)) { 0 } else { byte }).collect()
}

/// In no order; names that start with `.` are temporary files, ours and those of editors.
fn walk(
    folder: &Path,
    max_depth: usize,
) -> impl Iterator<Item = Result<DirEntry, walkdir::Error>> + use<> {
    WalkDir::new(folder)
        .min_depth(1)
        .max_depth(max_depth)
        .follow_links(true)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry))
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_stub_file(path: &Path) -> bool {
    Syntax::of(path).is_some()
}

/// What vanished while we looked is no trouble, it is just not there.
fn trouble(error: &walkdir::Error, service: Option<&ServiceName>) -> Option<Found> {
    let reason = match error.io_error() {
        Some(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Some(error) => format!("cannot read it: {error}"),
        None => "a link that leads back to a folder above it".to_owned(),
    };
    Some(Found {
        path: error.path()?.into(),
        service: service.cloned(),
        trouble: Some((reason, None)),
    })
}
