//! The stub language as a JSON Schema (draft 2020-12), for editors and other tools.
//!
//! The readers' tables say which keys there are; the tables here say what each key holds. A test
//! walks both, so that neither can have a key that the other lacks.
//! May import: codec, model.

mod answer;
mod behavior;
mod generate;
mod key;
mod mapping;
mod matcher;
mod notes;
mod request;
#[cfg(test)]
mod tests;

pub use generate::{DRAFT, schema, schema_text};
