//! The disk: stub folders read, watched and written; recordings appended.
//!
//! May import: codec, format, model, runtime, store.

pub mod writer;

pub use writer::WriteError;
