//! Text to model and back: stub files. No I/O.
//!
//! May import: codec, model.
