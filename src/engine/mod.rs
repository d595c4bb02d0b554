//! What to answer, as data. Knows no socket, never sleeps.
//!
//! May import: behavior, codec, matching, model, redaction, runtime, store.

pub mod mode;

pub use mode::Mode;
