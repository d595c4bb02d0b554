//! What a stub folder was read as.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use super::located::Located;
use crate::model::{ServiceName, Stub};

/// A stub folder, read.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Its files in name order; of two stubs that are equal otherwise, the later one counts as newer.
    pub files: Vec<LoadedFile>,
}

impl Loaded {
    /// The stubs of all files in order.
    pub fn stubs(&self) -> impl Iterator<Item = &Stub> {
        self.files.iter().flat_map(|file| &file.stubs)
    }

    /// The mistakes of all files in order.
    pub fn problems(&self) -> impl Iterator<Item = &Located> {
        self.files.iter().flat_map(|file| &file.problems)
    }
}

/// A stub file, read.
#[derive(Clone, Debug)]
pub struct LoadedFile {
    /// Its path, the root's included.
    pub path: Arc<Path>,
    /// The service whose folder it lies in.
    pub service: Option<ServiceName>,
    /// Its stubs that are right.
    pub stubs: Vec<Stub>,
    /// Its mistakes.
    pub problems: Vec<Located>,
    /// Body files that its stubs name, there or not.
    pub(super) bodies: Vec<PathBuf>,
    /// Whether a stub was left out because another file has its id.
    pub(super) shares_id: bool,
    /// The state of the file that was read.
    pub(super) stamp: Stamp,
}

/// By what a change of a file is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) modified: Option<SystemTime>,
    pub(super) size: u64,
    pub(super) hash: u64,
}
