//! Exchanges as stubs, as a recording over WireMock's admin API makes them: plain, one an exchange,
//! and not those that `ringer record` finds. Pure.
//!
//! May import: codec, matching, model, redaction.

mod answer;
mod mapping_file;
mod naming;
mod pattern;
mod repeats;
mod source;
mod stubs;

pub use mapping_file::MappingFile;
pub use source::Source;
pub use stubs::{Made, Maker};
