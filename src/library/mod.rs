//! The disk: stub folders read, watched and written; recordings appended.
//!
//! May import: codec, format, lint, model, runtime, store.

pub mod body_files;
mod changes;
pub mod error;
pub mod fault_log;
pub mod file_name;
mod folder;
pub mod keeper;
pub mod key_file;
mod known;
pub mod loaded;
pub mod located;
pub mod measuring;
pub mod reader;
mod review;
pub mod session_keeper;
mod shared_ids;
pub mod tape;
mod tape_line;
mod tape_written;
pub mod token_key_file;
pub mod watcher;
pub mod writer;

pub use body_files::BodyFiles;
pub use error::LibraryError;
pub use fault_log::{FaultLog, FaultLogError};
pub use file_name::FileNames;
pub use folder::expectations_in;
pub use keeper::{ImportPolicy, KeepError, Keeper};
pub use known::Known;
pub use loaded::{Loaded, LoadedFile};
pub use located::{Located, Place};
pub use reader::Reader;
pub use session_keeper::SessionKeeper;
pub use tape::{Tape, TapeEntry, TapeError, TapeHeader};
pub use watcher::Watcher;
pub use writer::WriteError;
