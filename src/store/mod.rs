//! What is remembered: the live stubs, and per session how far each sequence has come.
//!
//! May import: behavior, codec, matching, model, runtime.
