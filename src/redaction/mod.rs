//! Secrets become pseudonyms: before disk, log and journal, and on requests before matching. Pure.
//!
//! May import: codec, model.
