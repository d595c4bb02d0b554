//! A live exchange becomes a line on the tape and a stub.
//!
//! May import: codec, library, matching, model, redaction, runtime, store.
