//! What can go wrong with the disk.

use std::{io, path::PathBuf};

use thiserror::Error;

/// A folder or file that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LibraryError {
    /// A `bodyFileName` that is absolute, climbs out of its folder, or passes a link that does.
    #[error("`{name}` leads out of `{}`", folder.display())]
    BodyOutside {
        /// As the stub has it.
        name: String,
        /// The `__files` folder that it must stay in.
        folder: PathBuf,
    },
    /// A `bodyFileName` that names no file.
    #[error("there is no file `{name}` in `{}`", folder.display())]
    MissingBody {
        /// As the stub has it.
        name: String,
        /// The `__files` folder that it should be in.
        folder: PathBuf,
    },
    /// The stub folder is something else.
    #[error("the stub folder `{}` is not a folder", path.display())]
    NotAFolder {
        /// Its path.
        path: PathBuf,
    },
    /// A file that is there and cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder that the system does not let us watch.
    #[error(
        "cannot watch `{}` for changes; raise `fs.inotify.max_user_watches`, or switch watching off",
        path.display()
    )]
    Watch {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: notify::Error,
    },
    /// The thread that watches could not be started.
    #[error("cannot start the thread that watches stubs")]
    WatchThread {
        /// Why.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
