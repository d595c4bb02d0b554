//! A stub folder into stubs, with every mistake and where it stands.

use std::{
    fmt,
    fs::File,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Read as _},
    num::NonZero,
    panic,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use uuid::Uuid;
use walkdir::WalkDir;

use super::{
    body_files::BodyFiles,
    error::LibraryError,
    folder::{Found, service_of, stub_files},
    loaded::{Loaded, LoadedFile, Stamp},
    located::{Located, Source, locate_all},
    shared_ids::{Ids, report_shared_ids},
};
use crate::{
    format::{
        Problem,
        rule::{self, Rule},
        suggest,
        wiremock::{self, Mapping, Syntax},
    },
    model::{BodySpec, Stub, StubId},
};

/// More threads than this wait for the disk and each other.
const MAX_THREADS: usize = 8;

/// Files that are worth a further thread.
const FILES_PER_THREAD: usize = 64;

/// Files between two reports of progress.
const PROGRESS_STEP: usize = 500;

/// Namespace of the ids of stubs that have none in their file (RFC 9562 §5.5).
const FALLBACK_IDS: Uuid = Uuid::from_u128(0x8c3a_1f0e_5f1d_4c55_9d5b_6f2a_7c1e_90b4);

/// A mistake in a mapping whose form is right.
struct Mistake {
    rule: &'static Rule,
    /// JSON pointer into the mapping.
    pointer: String,
    message: String,
    hint: Option<String>,
}

/// Looks for further mistakes in a stub, such as a regular expression that does not compile: pairs of
/// a JSON pointer into the mapping and a message.
type Check = dyn Fn(&Stub) -> Vec<(String, String)> + Send + Sync;

/// Is told how many files of how many have been read.
type Progress = dyn Fn(usize, usize) + Send + Sync;

/// Reads a stub folder.
#[derive(Clone)]
pub struct Reader {
    root: PathBuf,
    check: Option<Arc<Check>>,
    progress: Option<Arc<Progress>>,
    may_miss_bodies: bool,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("root", &self.root).finish_non_exhaustive()
    }
}

/// Reads the stub folder `root`; one that is not there is empty.
///
/// # Errors
///
/// The folder is there and cannot be listed. Mistakes in files are part of the result.
pub fn read(root: &Path) -> Result<Loaded, LibraryError> {
    Reader::new(root).read()
}

/// Reads one stub file of the stub folder `root`.
pub fn read_file(root: &Path, path: &Path) -> LoadedFile {
    Reader::new(root).read_file(path)
}

impl Reader {
    /// Reads the stub folder `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), check: None, progress: None, may_miss_bodies: false }
    }

    /// Has each stub looked at by `check`, which gives pairs of a JSON pointer into the mapping (such
    /// as `/request/urlPattern`) and a message. They are reported like any other mistake.
    #[must_use]
    pub fn with_check(
        mut self,
        check: impl Fn(&Stub) -> Vec<(String, String)> + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    /// Takes stubs also where the file of their body is missing: it may come later, as with WireMock.
    #[must_use]
    pub fn with_missing_bodies(mut self, may_miss_bodies: bool) -> Self {
        self.may_miss_bodies = may_miss_bodies;
        self
    }

    /// Tells `progress` now and then how many files of how many have been read.
    #[must_use]
    pub fn with_progress(
        mut self,
        progress: impl Fn(usize, usize) + Send + Sync + 'static,
    ) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// The stub folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Reads the whole folder; one that is not there is empty.
    ///
    /// # Errors
    ///
    /// The folder is there and cannot be listed. Mistakes in files are part of the result.
    pub fn read(&self) -> Result<Loaded, LibraryError> {
        let mut files = self.read_all(&stub_files(&self.root)?);
        report_shared_ids(&mut Ids::new(), &mut files);
        Ok(Loaded { files })
    }

    /// Reads one file of the folder.
    pub fn read_file(&self, path: &Path) -> LoadedFile {
        let service = service_of(&self.root, path);
        let found = Found { path: path.into(), service, trouble: None };
        self.load(&found).unwrap_or_else(|error| unreadable(&found, &error.to_string(), None))
    }

    /// Reads files in parallel; those that are gone by now are left out.
    pub(super) fn read_all(&self, found: &[Found]) -> Vec<LoadedFile> {
        let n_threads = match found.len() / FILES_PER_THREAD {
            0 | 1 => 1,
            // To ask for the cores costs more than a few files.
            worthwhile => {
                let cores = thread::available_parallelism().map_or(1, NonZero::get);
                cores.min(MAX_THREADS).min(worthwhile)
            }
        };
        let next = AtomicUsize::new(0);
        let work = || {
            let mut loaded = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(file) = found.get(at) else { return loaded };
                if let Some(progress) = &self.progress
                    && at.is_multiple_of(PROGRESS_STEP)
                {
                    progress(at, found.len());
                }
                match self.load(file) {
                    Ok(file) => loaded.push((at, file)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => loaded.push((at, unreadable(file, &error.to_string(), None))),
                }
            }
        };
        let mut loaded = thread::scope(|scope| {
            let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(work)).collect();
            let mut loaded = work();
            for other in others {
                match other.join() {
                    Ok(mut more) => loaded.append(&mut more),
                    Err(cause) => panic::resume_unwind(cause),
                }
            }
            loaded
        });
        loaded.sort_unstable_by_key(|(at, _)| *at);
        loaded.into_iter().map(|(_, file)| file).collect()
    }

    fn load(&self, found: &Found) -> io::Result<LoadedFile> {
        if let Some((message, hint)) = &found.trouble {
            return Ok(unreadable(found, message, hint.clone()));
        }
        let (stamp, bytes) = content(&found.path)?;
        let mut loaded = LoadedFile {
            path: found.path.clone(),
            service: found.service.clone(),
            stubs: Vec::new(),
            problems: Vec::new(),
            bodies: Vec::new(),
            shares_id: false,
            stamp,
        };
        match String::from_utf8(bytes) {
            Ok(text) => self.read_text(&text, &mut loaded),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                // What follows the place is not text, so that only what stands before it is shown.
                let text = String::from_utf8_lossy(error.as_bytes());
                let message = "not UTF-8".to_owned();
                let problem = Problem::new(rule::SYNTAX, valid..valid + 1, message);
                loaded.problems.push(Source::new(&text).locate(&found.path, problem));
            }
        }
        Ok(loaded)
    }

    fn read_text(&self, text: &str, loaded: &mut LoadedFile) {
        let fallback_id = self.fallback_ids(&loaded.path);
        let syntax = Syntax::of(&loaded.path).unwrap_or_default();
        let (mappings, mut problems) =
            wiremock::read_mappings(text, syntax, loaded.service.as_ref(), fallback_id);
        loaded.stubs.reserve_exact(mappings.len());
        for Mapping { stub, span, is_right } in mappings {
            let mut mistakes = self.check_bodies(&stub, &mut loaded.bodies);
            if let Some(check) = &self.check {
                mistakes.extend(check(&stub).into_iter().map(|(pointer, message)| Mistake {
                    rule: if pointer.starts_with("/responses/") {
                        rule::TEMPLATE
                    } else {
                        rule::INVALID_PATTERN
                    },
                    pointer,
                    message,
                    hint: None,
                }));
            }
            if is_right && mistakes.is_empty() {
                loaded.stubs.push(stub);
            }
            problems.extend(mistakes.into_iter().map(|mistake| {
                let Mistake { rule, pointer, message, hint } = mistake;
                Problem {
                    rule,
                    message,
                    span: wiremock::locate(text, syntax, &span, &pointer),
                    hint,
                }
            }));
        }
        if !problems.is_empty() {
            loaded.problems = locate_all(&loaded.path, text, syntax, problems);
        }
    }

    /// The ids of a file's mappings that give none, by their place in it.
    pub(super) fn fallback_ids(&self, path: &Path) -> impl Fn(usize) -> StubId + use<> {
        let below = path.strip_prefix(&self.root).unwrap_or(path).to_owned();
        move |index| {
            // The same on all systems, so that a stub keeps its id.
            let name: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            let name = name.join("/");
            StubId(Uuid::new_v5(&FALLBACK_IDS, format!("{name}#{index}").as_bytes()))
        }
    }

    /// Body files that are missing or outside their folder.
    fn check_bodies(&self, stub: &Stub, bodies: &mut Vec<PathBuf>) -> Vec<Mistake> {
        let files = || BodyFiles::new(&self.root);
        let service = stub.service.as_ref();
        let mut mistakes = Vec::new();
        for (at, step) in stub.responses.steps.iter().enumerate() {
            let BodySpec::File(name) = &step.response.body else { continue };
            if name.contains("{{") {
                // Which file it is, each request says.
                continue;
            }
            bodies.extend(files().place(service, name).ok());
            // Of a template, the name is known only when a request has come.
            if name.contains("{{") {
                continue;
            }
            let Err(error) = files().path(service, name) else { continue };
            if self.may_miss_bodies && matches!(error, LibraryError::MissingBody { .. }) {
                continue;
            }
            let hint = match &error {
                LibraryError::MissingBody { folder, .. } => {
                    similar_file(folder, name).map(|similar| format!("did you mean `{similar}`?"))
                }
                LibraryError::BodyOutside { .. } => {
                    Some("a body file must lie in `__files`".to_owned())
                }
                _ => None,
            };
            mistakes.push(Mistake {
                rule: rule::BODY_FILE,
                pointer: format!("/responses/{at}/bodyFileName"),
                message: error.to_string(),
                hint,
            });
        }
        mistakes
    }
}

/// A file or folder that could not be used at all.
fn unreadable(found: &Found, message: &str, hint: Option<String>) -> LoadedFile {
    let message = match found.trouble {
        Some(_) => message.to_owned(),
        None => format!("cannot read it: {message}"),
    };
    LoadedFile {
        stamp: Stamp { hash: hash_of(message.as_bytes()), ..Stamp::default() },
        problems: vec![Located::whole_file(&found.path, message, hint)],
        path: found.path.clone(),
        service: found.service.clone(),
        stubs: Vec::new(),
        bodies: Vec::new(),
        shares_id: false,
    }
}

/// A file's bytes, and the state that they belong to.
fn content(path: &Path) -> io::Result<(Stamp, Vec<u8>)> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let size = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let mut bytes = vec![0; size.saturating_add(1)];
    let read = file.read(&mut bytes)?;
    bytes.truncate(read);
    // Less than was asked for is the end of a file: only one that is being written has more.
    if read != size {
        // A file by itself would be asked for its size and place again.
        file.by_ref().take(u64::MAX).read_to_end(&mut bytes)?;
    }
    let stamp =
        Stamp { modified: metadata.modified().ok(), size: metadata.len(), hash: hash_of(&bytes) };
    Ok((stamp, bytes))
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn similar_file(folder: &Path, name: &str) -> Option<String> {
    let names: Vec<String> = WalkDir::new(folder)
        .into_iter()
        .take(1000)
        .filter_map(|entry| {
            let entry = entry.ok().filter(|entry| entry.file_type().is_file())?;
            Some(entry.path().strip_prefix(folder).ok()?.to_string_lossy().into_owned())
        })
        .collect();
    suggest::nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests;
